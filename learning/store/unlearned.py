"""What was said and nothing was learned from: found by its age, and deleted.

Decides nothing about whom may be learned from: it names the people of a thread and is told which
threads are concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, delete, exists, literal, select, union

from learning.store.acted import actions
from learning.store.conversations import Conversations
from learning.store.decisions import ledger
from learning.store.remembered import memory_sources, observations, persona_changes
from learning.store.schema import conversations, interactions, learnings, messages, recall_items

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class OldThread:
    """A thread with old words in it that nothing rests on, and everybody who spoke there."""

    id: UUID
    surface: str
    people: frozenset[str]


_COUNTED: Final = "turn"
"""Under this the ledger holds that a turn was looked at; it counts for nothing."""
_RESTING: Final[tuple[Any, ...]] = (
    learnings.c.learned_from,
    memory_sources.c.interaction_id,
    observations.c.interaction_id,
    persona_changes.c.interaction_id,
)


class Unlearned:
    """Finds and deletes old words; the transaction must be open for all audiences."""

    def __init__(self, unit: Unit) -> None:
        if unit.audiences is not None:
            raise ValueError("what is old is deleted for everybody: with begin(workspace_id, None)")
        self._unit = unit
        self._db = unit.connection

    async def threads(
        self, surfaces: Collection[str], before: datetime, after: UUID | None, limit: int
    ) -> list[OldThread]:
        """Return threads on these surfaces with something older in them, in the order of ids."""
        old = select(interactions.c.id).where(
            interactions.c.conversation_id == conversations.c.id, _idle(before)
        )
        statement = (
            select(conversations.c.id, conversations.c.surface)
            .where(conversations.c.surface.in_(surfaces), exists(old))
            .order_by(conversations.c.id)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(conversations.c.id > after)
        return [
            OldThread(row.id, row.surface, await self._people(row.id))
            for row in (await self._db.execute(statement)).all()
        ]

    async def clear(self, conversation_id: UUID, before: datetime) -> int:
        """Delete the older questions of a thread with their answers; return how many.

        A thread that is empty then goes too.
        """
        rows = await self._db.execute(
            select(interactions.c.id)
            .where(interactions.c.conversation_id == conversation_id, _idle(before))
            .order_by(interactions.c.id)
            .with_for_update()
        )
        ids = list(rows.scalars())
        if not ids:
            return 0
        said = await self._db.scalars(select(messages.c.text).where(_of(ids)))
        await Conversations(self._unit).forget_title(conversation_id, list(said))
        await self._db.execute(delete(interactions).where(interactions.c.id.in_(ids)))
        await self._db.execute(
            delete(conversations).where(
                conversations.c.id == conversation_id,
                ~exists(
                    select(literal(1)).where(interactions.c.conversation_id == conversations.c.id)
                ),
                ~exists(select(literal(1)).where(messages.c.conversation_id == conversations.c.id)),
            )
        )
        return len(ids)

    async def doers(self, surfaces: Collection[str], before: datetime) -> list[tuple[str, str]]:
        """Return for whom something was done outside of a turn, and where, that is old and over."""
        rows = await self._db.execute(
            select(actions.c.user_id, actions.c.surface)
            .where(actions.c.surface.in_(surfaces), _over(before))
            .distinct()
            .order_by(actions.c.surface, actions.c.user_id)
        )
        return [(row.user_id, row.surface) for row in rows]

    async def clear_actions(self, user_id: str, surface: str, before: datetime) -> int:
        """Delete the old actions of a person that belong to no turn; return how many."""
        gone = await self._db.scalars(
            delete(actions)
            .where(actions.c.user_id == user_id, actions.c.surface == surface, _over(before))
            .returning(actions.c.id)
        )
        return len(gone.all())

    async def _people(self, conversation_id: UUID) -> frozenset[str]:
        rows = await self._db.scalars(
            union(
                select(interactions.c.user_id).where(
                    interactions.c.conversation_id == conversation_id
                ),
                select(messages.c.author_id).where(
                    messages.c.conversation_id == conversation_id, messages.c.by != "mynah"
                ),
            )
        )
        return frozenset(rows.all())


def _over(before: datetime) -> ColumnElement[bool]:
    """Return the condition for actions of commands that nobody waits for, and nothing finds."""
    return (
        actions.c.interaction_id.is_(None)
        & actions.c.conversation_id.is_(None)
        & (actions.c.created_at < before)
        & actions.c.status.not_in(("proposed", "approved", "running"))
        & ~exists(select(literal(1)).where(recall_items.c.id == actions.c.id))
    )


def _of(ids: list[UUID]) -> ColumnElement[bool]:
    return messages.c.interaction_id.in_(ids)


def _idle(before: datetime) -> ColumnElement[bool]:
    """Return the condition for what is over, old, and borne in mind by nothing that was learned."""
    indexed = (
        select(recall_items.c.id)
        .join(
            messages,
            (messages.c.workspace_id == recall_items.c.workspace_id)
            & (messages.c.id == recall_items.c.id),
        )
        .where(messages.c.interaction_id == interactions.c.id)
    )
    counted = select(literal(1)).where(
        ledger.c.interaction_id == interactions.c.id, ledger.c.subject != _COUNTED
    )
    bare: ColumnElement[bool] = (
        (interactions.c.status == "done")
        & (interactions.c.created_at < before)
        & ~exists(indexed)
        & ~exists(counted)
    )
    for resting in _RESTING:
        bare &= ~exists(select(literal(1)).where(resting == interactions.c.id))
    return bare
