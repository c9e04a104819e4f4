"""How models have performed, per role and kind of task: the view over the runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.sql import column, table

from learning.store.tables import SCHEMA

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class ModelPerformance:
    """What came of asking a model in a role for a kind of task.

    Attributes:
        task_type: empty where the turn did not come to know it.
        runs: attempts.
        answered: those that ended well.
        failures: those that the model ended; not those that a person stopped or money did.
        ok_share: answered of answered and failures, in [0, 1].
        rated: answers that people rated.
        mean_rating: of these, in [1, 5].
        mean_latency_ms: of those that ended well, like the quantiles.
        mean_cost_usd: of the runs with a known price.
        total_cost_usd: US dollars.
    """

    model: str
    role: str
    task_type: str
    runs: int
    answered: int
    failures: int
    ok_share: float | None
    rated: int
    mean_rating: float | None
    mean_latency_ms: float | None
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    mean_cost_usd: Decimal | None
    total_cost_usd: Decimal
    last_used_at: datetime


_NAMES = tuple(ModelPerformance.__dataclass_fields__)
_VIEW = table("model_performance", *(column(name) for name in _NAMES), schema=SCHEMA)


class Performance:
    """Reads the view within one transaction; what that may not read is not counted."""

    def __init__(self, unit: Unit) -> None:
        self._db = unit.connection

    async def rows(self) -> list[ModelPerformance]:
        """Return the workspace's figures, by model, role and kind of task."""
        rows = await self._db.execute(
            select(_VIEW).order_by(_VIEW.c.model, _VIEW.c.role, _VIEW.c.task_type)
        )
        return [ModelPerformance(*row) for row in rows]
