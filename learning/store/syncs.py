"""Syncs: when whose week was looked through, what came of it and what it cost.

Decides nothing: what is concluded is decided in ``learning.habits``. A sync that has not ended
counts for nothing but its cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select, update

from learning.habits.progress import Spent
from learning.store.habitual import completions, slot_offers, syncs
from learning.store.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Subquery

    from learning.store.store import Unit

_MOST: Final = 32_767
"""The largest number of a small column."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody who did something since their last sync.

    Attributes:
        completions: how much of it is new.
        schedules: how often a model would have been asked for it, were there no weeks: for
            each completion, and each time slots were offered.
    """

    user_id: str
    completions: int
    schedules: int


class Syncs:
    """Reads and writes syncs within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def due(self, after: str = "", limit: int = 200) -> list[Due]:
        """Return people with completions since their last sync that ended, in order of their ids.

        Args:
            after: only ids behind this one.
            limit: at most so many.
        """
        # What was done in the very moment a sync began may have come too late for it.
        last = _last()
        offered = (
            select(func.count())
            .select_from(slot_offers)
            .where(
                slot_offers.c.workspace_id == completions.c.workspace_id,
                slot_offers.c.user_id == completions.c.user_id,
                last.c.at.is_(None) | (slot_offers.c.created_at >= last.c.at),
            )
            .correlate(completions, last)
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(completions.c.user_id, func.count().label("fresh"), offered.label("offered"))
            .outerjoin(last, last.c.user_id == completions.c.user_id)
            .where(
                completions.c.user_id > after,
                last.c.at.is_(None) | (completions.c.created_at >= last.c.at),
            )
            .group_by(completions.c.workspace_id, completions.c.user_id, last.c.at)
            .order_by(completions.c.user_id)
            .limit(limit)
        )
        return [Due(row.user_id, row.fresh, row.fresh + row.offered) for row in rows]

    async def waiting(self) -> int:
        """Return how many people did something since their last sync."""
        last = _last()
        fresh = (
            select(completions.c.user_id)
            .outerjoin(last, last.c.user_id == completions.c.user_id)
            .where(last.c.at.is_(None) | (completions.c.created_at >= last.c.at))
            .distinct()
            .subquery()
        )
        return (await self._db.execute(select(func.count()).select_from(fresh))).scalar_one()

    async def begin(self, due: Due, now: datetime) -> UUID:
        """Record that a sync begins; return its id."""
        id_ = new_id()
        await self._db.execute(
            insert(syncs).values(
                workspace_id=self._unit.workspace_id,
                id=id_,
                user_id=due.user_id,
                completions=due.completions,
                schedules=due.schedules,
                began_at=now,
            )
        )
        return id_

    async def spend(self, sync_id: UUID, model: str, cost_usd: float | None) -> None:
        """Record which model was asked, and what it cost, whether or not anything came of it."""
        cost = None if cost_usd is None else Decimal(str(cost_usd))
        await self._db.execute(
            update(syncs).where(syncs.c.id == sync_id).values(model=model, cost_usd=cost)
        )

    async def end(self, sync_id: UUID, insights: int, adjustments: int, now: datetime) -> bool:
        """Record that a sync ended; return whether it had not, and none that began later did.

        Who gets no yes must leave everything as it is: somebody else was faster.
        """
        other = syncs.alias()
        overtaken = (
            select(other.c.id)
            .where(
                other.c.workspace_id == syncs.c.workspace_id,
                other.c.user_id == syncs.c.user_id,
                other.c.began_at > syncs.c.began_at,
                other.c.ended_at.is_not(None),
            )
            .exists()
        )
        changed = await self._db.execute(
            update(syncs)
            .where(syncs.c.id == sync_id, syncs.c.ended_at.is_(None), ~overtaken)
            .values(
                ended_at=now,
                insights=min(insights, _MOST),
                adjustments=min(adjustments, _MOST),
            )
        )
        return bool(changed.rowcount)

    async def spent(self, user_id: str | None = None) -> Spent:
        """Return what knowing the weeks of a person, or of all, cost and saved so far."""
        ended = syncs.c.ended_at.is_not(None)
        statement = select(
            func.coalesce(func.sum(syncs.c.schedules).filter(ended), 0).label("schedules"),
            func.count().filter(syncs.c.model != "").label("calls"),
            func.coalesce(func.sum(syncs.c.cost_usd), 0).label("cost"),
        )
        if user_id is not None:
            statement = statement.where(syncs.c.user_id == user_id)
        row = (await self._db.execute(statement)).one()
        return Spent(int(row.schedules), int(row.calls), float(row.cost))


def _last() -> Subquery:
    """Return when the last sync that ended began, by person."""
    return (
        select(syncs.c.user_id, func.max(syncs.c.began_at).label("at"))
        .where(syncs.c.ended_at.is_not(None))
        .group_by(syncs.c.user_id)
        .subquery()
    )
