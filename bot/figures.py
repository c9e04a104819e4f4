"""What an admin looks at: who plays each role, what was spent, what is on trial.

Sequence only. Figures are sums over the workspace; nobody's words and nobody's name are in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.due import due_in
from learning.roles import ROLES
from learning.routing.situation import KINDS
from learning.routing.spending import period_of
from learning.store.arms import Arms
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.routing import Limits
    from learning.roles import RoleName
    from learning.store.performance import ModelPerformance
    from learning.store.store import Unit

_MOST_TRIALS: Final = 20


class Figures:
    """Reads the figures of a workspace.

    Args:
        models: the model that plays each role, as "provider:model".
        limits: what may be spent.
        policy: name of the policy that chooses who answers.
    """

    def __init__(self, models: Mapping[RoleName, str], limits: Limits, policy: str) -> None:
        self._models = models
        self._limits = limits
        self._policy = policy

    def roles(self, rows: Sequence[ModelPerformance]) -> list[dict[str, Any]]:
        """Return how each role fares, all kinds of task and models together."""
        return [
            {
                "role": role.name,
                "display_name": role.display_name,
                "model": self._models.get(role.name, ""),
                **_together([row for row in rows if row.role == role.name]),
            }
            for role in ROLES
        ]

    async def of(self, unit: Unit, now: datetime) -> dict[str, Any]:
        """Return budgets, what was spent today in UTC, what is on trial, and what is due."""
        begin, _ = period_of(now)
        spent = await Interactions(unit).spent(begin)
        tallies = await Arms(unit).tallies(KINDS)
        heaviest = sorted(tallies, key=lambda tally: -tally.weight)[:_MOST_TRIALS]
        return {
            "budgets": {
                "turn_usd": self._limits.turn,
                "person_usd": self._limits.person,
                "workspace_usd": self._limits.workspace,
                "spent_today_usd": float(spent),
            },
            "policy": self._policy,
            "due": {each.what: each.data() for each in await due_in(unit, now)},
            "trials": [
                {
                    "kind": tally.kind,
                    "role": tally.role,
                    "task_type": tally.task_type,
                    "option": tally.option,
                    "weight": round(tally.weight, 3),
                    "mean": round(tally.total / tally.weight, 3),
                }
                for tally in heaviest
            ],
        }


def _together(rows: Sequence[ModelPerformance]) -> dict[str, Any]:
    tried = sum(row.answered + row.failures for row in rows)
    rated = sum(row.rated for row in rows)
    total = sum((row.mean_rating or 0.0) * row.rated for row in rows)
    return {
        "runs": sum(row.runs for row in rows),
        "ok_share": sum(row.answered for row in rows) / tried if tried else None,
        "rated": rated,
        "mean_rating": total / rated if rated else None,
        "total_cost_usd": float(sum(row.total_cost_usd for row in rows)),
    }
