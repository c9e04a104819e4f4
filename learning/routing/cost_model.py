"""What an answer of a model is expected to cost.

Decides from what was paid and from the list price of a turn of this size. Refuses to know
whose price list it is, what a budget allows, and what a dollar is worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from learning.routing.discount import Logs, fields, number
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

UNPRICED_USD: Final = 1e-6
"""The most that a model without any known price is said to cost.

It is next to nothing, since nobody knows; but it is not nothing, so that a budget that is used
up, or that allows no spending at all, keeps such a model from being asked.
"""

_LEAST_USD: Final = 1e-9
_MOST_USD: Final = 1e4
_MASS: Final = 100.0
"""Answers of a type after which an old price has mostly been forgotten."""
_STRENGTH: Final = 4.0
"""How many answers the list price, or the mean of all types, is worth."""
_SPREAD: Final = 0.7
"""Standard deviation of log cost before anything was seen: answers differ by a factor of two."""
_WIDEST: Final = 1.5
_HIGH: Final = 1.645
"""Standard deviations below which 95 % of a normal distribution lie."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer is expected to cost, in US dollars.

    Attributes:
        mean: on average.
        high: what it will hardly exceed, one time in twenty or less.
    """

    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class CostModel:
    """What answers cost by type of task.

    Attributes:
        paid: of the answers that cost something, by task type.
        free: how many cost nothing, discounted.
    """

    paid: Mapping[str, Logs] = field(default_factory=dict)
    free: float = 0.0

    def seen(self, task_type: str, cost_usd: float | None) -> CostModel:
        """Return it with one answer more; a cost that is unknown or cannot be changes nothing."""
        if cost_usd is None or not math.isfinite(cost_usd) or cost_usd < 0.0:
            return self
        if cost_usd == 0.0:
            return CostModel(self.paid, min(self.free + 1.0, _MASS))
        paid = dict(self.paid)
        value = min(max(cost_usd, _LEAST_USD), _MOST_USD)
        paid[task_type] = paid.get(task_type, Logs()).seen(value, _MASS)
        # A model that has begun to cost something is soon no longer taken for free.
        return CostModel(paid, self.free * (1.0 - 1.0 / _MASS))

    def times(self, factor: float) -> CostModel:
        """Return it with the weight of all evidence multiplied."""
        return CostModel(
            {task: logs.times(factor) for task, logs in self.paid.items()}, self.free * factor
        )

    def expected(self, task_type: str, prior_usd: float | None) -> Cost:
        """Return what the next answer is expected to cost.

        The logarithm of what an answer costs is taken for normal. Its mean is shrunk from the
        type's to that of all types, and from there to the list price; its spread likewise (the
        posterior means of a hierarchical normal model with fixed pseudo-counts, Gelman et al.,
        *Bayesian Data Analysis*, ch. 5).

        Args:
            task_type: of the turn.
            prior_usd: the list price of a turn of this size: 0 is free, ``None`` is unknown.
        """
        prior = number(prior_usd, 0.0, _MOST_USD)
        if prior_usd is not None and prior_usd < 0.0:
            prior = None
        every = sum(self.paid.values(), Logs())
        if every.mass <= 0.0:
            if prior == 0.0 or (prior is None and self.free > 0.0):
                return Cost(0.0, 0.0)
            if prior is None:
                return Cost(0.0, UNPRICED_USD)
        if prior:
            anchor, strength = math.log(max(prior, _LEAST_USD)) - _SPREAD**2 / 2.0, _STRENGTH
        else:
            anchor, strength = every.total / every.mass, 0.0
        overall = every.mean(anchor, strength)
        spread = every.deviation(_SPREAD, _STRENGTH)
        own = self.paid.get(task_type, Logs())
        mean = own.mean(overall, _STRENGTH)
        deviation = min(own.deviation(spread, _STRENGTH), _WIDEST)
        share = (every.mass + strength) / (every.mass + strength + self.free)
        usual = math.exp(mean + deviation**2 / 2.0)
        unsure = deviation * math.sqrt(1.0 + 1.0 / (own.mass + _STRENGTH))
        high = math.exp(mean + _HIGH * unsure)
        # A long prompt costs more than what was seen; its list price knows.
        return Cost(share * usual, max(high, usual, prior or 0.0))

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "paid": {task: logs.as_data() for task, logs in self.paid.items()},
            "free": self.free,
        }

    @classmethod
    def from_data(cls, data: object) -> CostModel:
        """Read back what ``as_data`` wrote; what cannot be read is no evidence."""
        stored = fields(data)
        paid = {
            task: Logs.from_data(logs, _LEAST_USD, _MOST_USD)
            for task, logs in fields(stored.get("paid")).items()
            if task in TASK_TYPES
        }
        return cls(
            {task: logs for task, logs in paid.items() if logs.mass},
            number(stored.get("free"), high=_MASS) or 0.0,
        )
