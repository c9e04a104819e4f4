"""What an answer of each arm is expected to cost, kept apart from how good it is.

Decides an expected cost from what was paid. Refuses to know prices, budgets
and what a dollar is worth: the caller turns cost into a penalty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

_MEMORY: Final = 200.0
"""Answers after which an old price has mostly been forgotten."""


@dataclass(slots=True)
class Costs:
    """Moving means of cost by arm; JSON-ready."""

    means: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)

    def add(self, arm: str, cost: float) -> bool:
        """Count what an answer cost; return whether it was a cost."""
        if not math.isfinite(cost) or cost < 0.0:
            return False
        count = min(self.counts.get(arm, 0.0) + 1.0, _MEMORY)
        before = self.means.get(arm, 0.0)
        self.means[arm] = before + (cost - before) / count
        self.counts[arm] = count
        return True

    def penalties(self, weight: float) -> dict[str, float]:
        """Return what each known arm's expected cost takes off its quality.

        Args:
            weight: quality that a unit of cost is worth.
        """
        return {arm: weight * mean for arm, mean in self.means.items()}
