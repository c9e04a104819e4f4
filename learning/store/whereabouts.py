"""What is known of a message by where it is on its platform: ours, or somebody's question.

For what a platform tells without saying who did it, or to whom. Refuses to show what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from learning.store.decisions import signals
from learning.store.doors import Outbox
from learning.store.schema import conversations, interactions, messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ScalarSelect

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that is kept. ``asker`` is whose question it is, or who asked for the answer."""

    asker: str
    thread_id: str
    ours: bool


class Whereabouts:
    """Looks messages up within one transaction, whoever may read them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def at(self, surface: str, ref: str) -> Kept | None:
        """Return what is known of the message at a platform's reference."""
        answered = await Outbox(self._unit).of_ref(surface, ref)
        found = answered or await self._db.scalar(
            select(messages.c.interaction_id)
            .join(
                conversations,
                (conversations.c.workspace_id == messages.c.workspace_id)
                & (conversations.c.id == messages.c.conversation_id),
            )
            .where(
                conversations.c.surface == surface,
                messages.c.message_ref == ref,
                messages.c.by == "person",
            )
            .limit(1)
        )
        if found is None:
            return None
        row = (
            await self._db.execute(
                select(interactions.c.user_id, conversations.c.thread_id)
                .join(
                    conversations,
                    (conversations.c.workspace_id == interactions.c.workspace_id)
                    & (conversations.c.id == interactions.c.conversation_id),
                )
                .where(interactions.c.id == found)
            )
        ).one_or_none()
        return None if row is None else Kept(*row, ours=answered is not None)

    async def reactions(self, interaction_id: UUID) -> Sequence[tuple[str, str]]:
        """Return who reacted to an answer, and with what, where it was not taken back."""
        rows = await self._db.execute(
            select(signals.c.user_id, signals.c.value)
            .where(
                signals.c.interaction_id == interaction_id,
                signals.c.kind == "reaction",
                signals.c.removed_at.is_(None),
            )
            .order_by(signals.c.occurred_at, signals.c.id)
        )
        return [(user_id, value) for user_id, value in rows]


def asked_at() -> ScalarSelect[str]:
    """Return where the question of an interaction is, for a query of interactions.

    One that asks for another answer, or says which reading was meant, came without a message:
    then it is where what it goes back to is, or else the last question of its thread.
    """
    said = aliased(messages)
    of_it = said.c.interaction_id.in_(
        [interactions.c.id, interactions.c.again, interactions.c.clarifies]
    )
    return (
        select(said.c.message_ref)
        .where(
            said.c.workspace_id == interactions.c.workspace_id,
            said.c.conversation_id == interactions.c.conversation_id,
            said.c.by == "person",
            said.c.message_ref.is_not(None),
        )
        .order_by(func.coalesce(of_it, False).desc(), said.c.position.desc())
        .limit(1)
        .correlate(interactions)
        .scalar_subquery()
    )
