"""What people did, as their weeks are told from it; and what is laid over these weeks.

Decides nothing. What was done is summed up elsewhere; here only what was said of a week, and what
people alike do, is put beside the sums and taken away again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Text, cast, func, select

from learning.habits.adjust import checked
from learning.habits.habit import ALL
from learning.habits.insights import Deed
from learning.habits.suited import ADJUSTMENTS, SIMILAR
from learning.store.habits import Completions, Habits
from learning.store.habitual import completions
from learning.store.schema import consents

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from learning.habits.adjust import Adjustment
    from learning.habits.habit import Habit
    from learning.store.store import Unit

_READ: Final = "read"
"""Who read the words that the adjustments are of, and a digest of them."""


@dataclass(frozen=True, slots=True)
class Over:
    """Somebody's weeks, with what is laid over them.

    Attributes:
        habits: by kind of work; "" is all together.
        adjustments: what they said of their week.
        read: who read that, and a digest of it.
    """

    habits: Mapping[str, Habit] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)


class Weeks:
    """Reads and writes within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def deeds(self, user_id: str) -> list[Deed]:
        """Return what a person did, oldest first."""
        return [
            Deed(
                each.task_type,
                each.done.slot,
                each.done_at,
                each.done.success,
                each.done.energy,
                each.comment,
            )
            for each in await Completions(self._unit).of(user_id)
        ]

    async def any_of(self, user_id: str) -> bool:
        """Return whether a person did anything that is known."""
        found = select(completions.c.id).where(completions.c.user_id == user_id).limit(1)
        return (await self._db.execute(found)).one_or_none() is not None

    async def kinds(self, user_id: str) -> list[str]:
        """Return what a person calls their work, the most frequent first."""
        rows = await self._db.execute(
            select(completions.c.task_type)
            .where(completions.c.user_id == user_id, completions.c.task_type != ALL)
            .group_by(completions.c.task_type)
            .order_by(func.count().desc(), completions.c.task_type)
            .limit(100)
        )
        return list(rows.scalars())

    async def resolve(self, user_id: str, suffix: str) -> list[UUID]:
        """Return those of a person's completions whose ids end with what they typed."""
        ends = func.replace(cast(completions.c.id, Text), "-", "").endswith(suffix, autoescape=True)
        found = await self._db.scalars(
            select(completions.c.id).where(ends, completions.c.user_id == user_id).limit(2)
        )
        return list(found)

    async def latest(self, user_id: str) -> UUID | None:
        """Return what a person told of last."""
        found: UUID | None = await self._db.scalar(
            select(completions.c.id)
            .where(completions.c.user_id == user_id, completions.c.source == "said")
            .order_by(completions.c.created_at.desc(), completions.c.id.desc())
            .limit(1)
        )
        return found

    async def over(self, user_id: str) -> Over:
        """Return a person's weeks, and what is laid over them."""
        habits = await Habits(self._unit).of(user_id)
        beside = habits[ALL].beside if ALL in habits else {}
        said = beside.get(ADJUSTMENTS)
        adjustments = checked(said).adjustments if isinstance(said, list) else ()
        return Over(habits, adjustments, beside.get(_READ, {}))

    async def lay_over(
        self,
        user_id: str,
        adjustments: Sequence[Adjustment],
        shared: NDArray[np.float64] | None,
        read: Mapping[str, str],
        now: datetime,
    ) -> None:
        """Lay adjustments over a person's weeks in the place of those that were there."""
        signal = None
        if shared is not None:
            signal = [None if np.isnan(v) else float(v) for v in shared]
        held = await Habits(self._unit).lock(user_id)
        for kind, week in held.items():
            # All of them beside all work together; each kind of work has those that are about it.
            about = [a.as_data() for a in adjustments if kind == ALL or a.kind in {"", kind}]
            over: dict[str, Any] = {ADJUSTMENTS: about}
            if kind == ALL:
                over[_READ] = dict(read)
            if signal is not None:
                over[SIMILAR] = signal
            beside = {**_without(week.habit, {ADJUSTMENTS, SIMILAR, _READ}), **over}
            held[kind] = replace(week, habit=replace(week.habit, beside=beside))
        await Habits(self._unit).save(user_id, held, now)

    async def lift(
        self,
        user_id: str,
        now: datetime,
        names: Collection[str] = (ADJUSTMENTS, SIMILAR, _READ),
    ) -> None:
        """Take away what is laid over a person's weeks: its words were forgotten."""
        held = {
            kind: replace(week, habit=replace(week.habit, beside=_without(week.habit, names)))
            for kind, week in (await Habits(self._unit).lock(user_id)).items()
            if not week.habit.beside.keys().isdisjoint(names)
        }
        await Habits(self._unit).save(user_id, held, now)

    async def agreed(self, kind: str, limit: int) -> list[str]:
        """Return people who said yes to something that is theirs alone to allow."""
        rows = await self._db.execute(
            select(consents.c.user_id)
            .where(consents.c.kind == kind, consents.c.granted, consents.c.user_id != "")
            .order_by(consents.c.user_id)
            .limit(limit)
        )
        return list(rows.scalars())


def _without(habit: Habit, names: Collection[str]) -> dict[str, Any]:
    return {name: each for name, each in habit.beside.items() if name not in names}
