"""How learning goes: counts and means of a workspace, a row a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.remembered import learning_metrics

if TYPE_CHECKING:
    from datetime import date

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class DayOfLearning:
    """What was learned on one day.

    Attributes:
        day: in UTC.
        total: what holds at the end of it.
        confidence_avg: of these, in [0, 1]; ``None`` if it was not taken.
        success_rate: of their uses, in [0, 1]; ``None`` if none is known.
        applied: how often something learned was put before a model.
        successful: how often that was liked.
        failed: how often it was not.
        faded: what ceased to be used.
    """

    day: date
    total: int
    confidence_avg: float | None
    success_rate: float | None
    applied: int
    successful: int
    failed: int
    faded: int


class LearningMetrics:
    """Reads and writes the days of a workspace within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(
        self, day: date, *, applied: int = 0, successful: int = 0, failed: int = 0, faded: int = 0
    ) -> None:
        """Add to a day's counts; negative numbers take back, and never below nothing."""
        moved = {
            "learnings_applied": applied,
            "learnings_successful": successful,
            "learnings_failed": failed,
            "learnings_faded": faded,
        }
        column = learning_metrics.c
        await self._db.execute(
            upsert(learning_metrics)
            .values(
                workspace_id=self._unit.workspace_id,
                day=day,
                **{name: max(count, 0) for name, count in moved.items()},
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "day"],
                set_={name: func.greatest(column[name] + n, 0) for name, n in moved.items()},
            )
        )

    async def set_means(
        self, day: date, confidence_avg: float | None, success_rate: float | None, total: int
    ) -> None:
        """Store what holds on a day and how well; the counts stay."""
        means = {
            "confidence_avg": confidence_avg,
            "success_rate": success_rate,
            "total_learnings": total,
        }
        await self._db.execute(
            upsert(learning_metrics)
            .values(workspace_id=self._unit.workspace_id, day=day, **means)
            .on_conflict_do_update(index_elements=["workspace_id", "day"], set_=means)
        )

    async def of(self, days: int) -> list[DayOfLearning]:
        """Return the latest so many days on which there was anything, oldest first."""
        rows = (
            await self._db.execute(
                select(learning_metrics).order_by(learning_metrics.c.day.desc()).limit(days)
            )
        ).all()
        return [
            DayOfLearning(
                row.day,
                row.total_learnings,
                row.confidence_avg,
                row.success_rate,
                row.learnings_applied,
                row.learnings_successful,
                row.learnings_failed,
                row.learnings_faded,
            )
            for row in reversed(rows)
        ]
