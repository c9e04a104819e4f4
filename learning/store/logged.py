"""The log of free choices with what people thought of them, for evaluating policies on it.

Refuses to know what a reward is: ratings come out as they were stored. Choices
that somebody forced say nothing about a policy and stay out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from learning.store.attempts import choice_from
from learning.store.decisions import choices
from learning.store.schema import interactions

if TYPE_CHECKING:
    from learning.store.attempts import Choice
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class LoggedChoice:
    """A free choice.

    Attributes:
        choice: as it was logged.
        role: who answered in the end; another than the choice's arm after a failure.
        rating: mean vote in [1, 5]; ``None`` when nobody voted.
        votes: how many people voted.
    """

    choice: Choice
    role: str | None
    rating: float | None
    votes: int


class LoggedChoices:
    """Reads the log within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._db = unit.connection

    async def all(self, limit: int) -> list[LoggedChoice]:
        """Return the newest free choices whose turn has ended, oldest first.

        A turn that was begun again counts with its last choice.

        Raises:
            ValueError: if nothing may be returned.
        """
        if limit < 1:
            raise ValueError(f"a log of {limit} choices is none; give a limit from 1 on")
        latest = (
            select(choices.c.id)
            .where(choices.c.interaction_id == interactions.c.id)
            .order_by(choices.c.created_at.desc(), choices.c.id.desc())
            .limit(1)
            .correlate(interactions)
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(
                choices,
                interactions.c.role.label("answered_by"),
                interactions.c.rating,
                interactions.c.votes,
            )
            .join(
                interactions,
                and_(
                    interactions.c.workspace_id == choices.c.workspace_id,
                    interactions.c.id == choices.c.interaction_id,
                ),
            )
            .where(
                choices.c.forced == "",
                choices.c.arm != "",
                interactions.c.status == "done",
                choices.c.id == latest,
            )
            .order_by(choices.c.created_at.desc(), choices.c.id.desc())
            .limit(limit)
        )
        found = [LoggedChoice(choice_from(r), r.answered_by, r.rating, r.votes) for r in rows]
        return found[::-1]
