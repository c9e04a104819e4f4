"""What may be spent, and how dearly it is spent.

Decides which budget forbids an answer, what a dollar is worth while a budget is used up faster
than its period passes, and what cost and delay take off an arm. Refuses to know prices, what
was spent on, and who spent it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.routing.cost_model import Cost
    from learning.routing.weights import Weights

_Arm = TypeVar("_Arm", bound=str)

_STEEP: Final = 10.0
"""How fast the price rises; e^10 when the rest of a budget is gone and time is left."""
_DEAREST: Final = 1e3
"""The most that pressure on a budget multiplies the price of a dollar with."""
_LAST: Final = 0.01
"""Share added to what is left of a budget and of its period, so that both may end."""
_PENALTY_MOST: Final = 1e3
_ROUNDING_USD: Final = 1e-9
_CENT: Final = 0.01


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be spent. A budget of 0 allows none; no limit is no budget.

    What is no number is taken for the careful reading: a limit for 0, money spent for all of
    it, elapsed time for none.

    Attributes:
        name: "turn", "person" or "workspace".
        limit_usd: US dollars a period, or a turn.
        spent_usd: so far.
        elapsed: share of the period that has passed, in [0, 1].
        resets_at: when the period ends; ``None`` for a turn, which has no period.
    """

    name: str
    limit_usd: float
    spent_usd: float = 0.0
    elapsed: float = 1.0
    resets_at: datetime | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__  # frozen: this is the one place that may
        limit = 0.0 if math.isnan(self.limit_usd) else max(self.limit_usd, 0.0)
        put(self, "limit_usd", limit)
        put(self, "spent_usd", limit if math.isnan(self.spent_usd) else max(self.spent_usd, 0.0))
        elapsed = 0.0 if math.isnan(self.elapsed) else min(max(self.elapsed, 0.0), 1.0)
        put(self, "elapsed", elapsed)

    @property
    def left_usd(self) -> float:
        """What may still be spent, 0 or more."""
        return max(self.limit_usd - self.spent_usd, 0.0)


def affordable(cost_high: float, budgets: Iterable[Budget]) -> Budget | None:
    """Return the budget that forbids an answer, the tightest if several do; else ``None``.

    Args:
        cost_high: what it will hardly exceed, in US dollars. What costs nothing is never
            forbidden; what is no number always.
        budgets: those that are set.
    """
    cost = math.inf if math.isnan(cost_high) else cost_high
    if cost <= 0.0:
        return None
    forbidding = [each for each in budgets if cost > each.left_usd + _ROUNDING_USD]
    return min(forbidding, key=lambda each: each.left_usd, default=None)


def price_of_a_dollar(weights: Weights, budgets: Iterable[Budget]) -> float:
    """Return the quality that one dollar is worth now.

    It is the weight of a dollar, times ``exp(10 · d)`` within [1, 1000], where ``d`` is the share
    by which the rest of the budget falls short of the rest of its period:
    ``1 - (1 - spent) / (1 - elapsed)``, with 1 % added to both rests. The budget under the most
    pressure counts.

    This is the dual price of the budget's constraint, as bandits with knapsacks learn it by
    multiplicative updates on the gap between what was spent and what the period allows
    (Badanidiyuru, Kleinberg & Slivkins 2013; Agrawal & Devanur 2016). The updates telescope, so
    what was spent until now is all the state there is; and the gap is measured against what is
    left of both, so that the price settles where spending leads to the end of the period and
    not to a date before it. It never falls below the weight itself: a budget is a limit, not
    something that has to be used up.
    """
    pressure = max((_pressure(each) for each in budgets), default=0.0)
    exponent = min(_STEEP * max(pressure, 0.0), math.log(_DEAREST))
    return weights.quality_per_usd / weights.quality * math.exp(exponent)


def penalties(
    options: Mapping[_Arm, tuple[Cost, float]], weights: Weights, budgets: Iterable[Budget]
) -> dict[_Arm, float]:
    """Return what each arm's expected cost and delay take off its quality, 0 or more.

    Args:
        options: by arm, what an answer costs and how many seconds it takes.
        weights: what a dollar and a second are worth.
        budgets: those that are set.
    """
    usd = price_of_a_dollar(weights, budgets)
    second = weights.quality_per_second / weights.quality
    return {
        arm: min(usd * _sound(cost.mean) + second * _sound(latency_s), _PENALTY_MOST)
        for arm, (cost, latency_s) in options.items()
    }


def period_of(now: datetime) -> tuple[datetime, datetime]:
    """Return when the period of a budget began and when it ends: the day, in UTC.

    A person's budget and a workspace's both go by the day: whoever has used one up waits hours
    at most, and one runaway loop costs a day's money and not a month's.
    """
    begin = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


def exhausted_words(budgets: Iterable[Budget], now: datetime) -> str:
    """Return what to tell a person when nothing affordable is left.

    Args:
        budgets: those that are set; the one with the least left is spoken of.
        now: aware.
    """
    tightest = min(budgets, key=lambda each: each.left_usd, default=None)
    if tightest is None:
        return "Nothing that I may spend money on can answer this."
    raise_it = f"an admin can raise MYNAH_{tightest.name.upper()}_BUDGET_USD"
    free = "or give a role to a model that costs nothing"
    limit = _usd(tightest.limit_usd)
    if tightest.limit_usd <= 0.0:
        whose = _WHOSE.get(tightest.name, f"the {tightest.name} budget")
        return (
            f"No money may be spent here: {whose} is {limit}. To change that, {raise_it}, {free}."
        )
    if tightest.resets_at is None:
        return (
            f"One question may cost {limit} at most, and every model that could answer this one "
            f"may cost more. Ask something shorter; or {raise_it}, {free}."
        )
    whose = _WHOSE.get(tightest.name, f"the {tightest.name} budget")
    return (
        f"{whose[0].upper()}{whose[1:]} of {limit} a day does not allow another answer: "
        f"{_usd(min(tightest.spent_usd, tightest.limit_usd))} of it is spent. It starts afresh at "
        f"{tightest.resets_at.astimezone(UTC):%H:%M} UTC, {_in_words(tightest.resets_at - now)}. "
        f"Ask again then; or {raise_it}, {free}."
    )


_WHOSE: Final[Mapping[str, str]] = {
    "turn": "the budget of one question",
    "person": "your budget",
    "workspace": "the workspace's budget",
}


def _pressure(budget: Budget) -> float:
    if budget.resets_at is None or math.isinf(budget.limit_usd):
        return 0.0
    if budget.limit_usd <= 0.0:
        return 1.0
    left = budget.left_usd / budget.limit_usd
    return 1.0 - (left + _LAST) / (1.0 - budget.elapsed + _LAST)


def _sound(value: float) -> float:
    return max(value, 0.0) if math.isfinite(value) else 0.0


def _usd(amount: float) -> str:
    return f"${amount:.4f}" if 0.0 < amount < _CENT else f"${amount:.2f}"


def _in_words(wait: timedelta) -> str:
    minutes = max(math.ceil(wait.total_seconds() / 60.0), 1)
    hours = round(minutes / 60.0)
    if hours:
        return f"in about {hours} hour{'s' * (hours != 1)}"
    return f"in {minutes} minute{'s' * (minutes != 1)}"
