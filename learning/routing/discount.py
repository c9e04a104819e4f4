"""Counts and sums that forget.

Decides how old evidence fades and how what was saved is read back. Refuses to know what is
counted. Everything here is bounded: a stored number that is none counts as nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST: Final = 1e9
_SLACK: Final = 1e-9
"""What rounding may add to a bound; what is within it is read back digit for digit."""


def fading(elapsed_s: float, half_life_s: float) -> float:
    """Return the share of old evidence that is left, in [0, 1].

    Args:
        elapsed_s: seconds since it was counted; less than 0, as when a clock was set back,
            is no time at all.
        half_life_s: seconds after which half of it is left.
    """
    if not math.isfinite(elapsed_s):
        return 1.0
    return math.exp2(-max(elapsed_s, 0.0) / half_life_s)


def number(value: object, low: float = 0.0, high: float = _MOST) -> float | None:
    """Return what was stored as a number within bounds, or ``None`` if it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return min(max(read, low), high) if math.isfinite(read) else None


def fields(value: object) -> Mapping[str, Any]:
    """Return what was stored as a mapping; nothing if it is none."""
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Count:
    """How often something went well and how often not, both discounted."""

    good: float = 0.0
    bad: float = 0.0

    @property
    def mass(self) -> float:
        """How much evidence there is."""
        return self.good + self.bad

    def __add__(self, other: Count) -> Count:
        return Count(self.good + other.good, self.bad + other.bad)

    def times(self, factor: float) -> Count:
        """Return it with the weight of all evidence multiplied."""
        return Count(self.good * factor, self.bad * factor)

    def within(self, most: float) -> Count:
        """Return it with no more than that much evidence, at the same rate."""
        return self if self.mass <= most * (1.0 + _SLACK) else self.times(most / self.mass)

    def rate(self, prior: float, strength: float) -> float:
        """Return the mean of the Beta posterior of the rate of ``bad``.

        It is ``(bad + strength · prior) / (good + bad + strength)``: a Beta prior with that mean
        and that many pseudo-counts. With discounted counts this is the estimate of discounted
        Thompson sampling (Raj & Kalyani 2017, "Taming non-stationary bandits").
        """
        return (self.bad + strength * prior) / (self.mass + strength)

    def as_data(self) -> list[float]:
        """Return it ready for JSON."""
        return [self.good, self.bad]

    @classmethod
    def from_data(cls, data: object) -> Count:
        """Read back what ``as_data`` wrote; anything else is no evidence."""
        if not isinstance(data, list | tuple) or len(data) != len(("good", "bad")):
            return cls()
        good, bad = (number(each) for each in data)
        return cls() if good is None or bad is None else cls(good, bad)


@dataclass(frozen=True, slots=True)
class Logs:
    """The discounted mean and spread of a positive quantity's logarithm.

    Attributes:
        mass: how many values, discounted.
        total: sum of their logarithms.
        squares: sum of the squares of these.
    """

    mass: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Logs) -> Logs:
        return Logs(self.mass + other.mass, self.total + other.total, self.squares + other.squares)

    def seen(self, value: float, most: float) -> Logs:
        """Return it with one value more, more than 0; beyond ``most`` the old ones fade."""
        log = math.log(value)
        kept = min(1.0, (most - 1.0) / self.mass) if self.mass > 0.0 else 1.0
        return self.times(kept) + Logs(1.0, log, log * log)

    def times(self, factor: float) -> Logs:
        """Return it with the weight of all values multiplied."""
        return Logs(self.mass * factor, self.total * factor, self.squares * factor)

    def mean(self, prior: float, strength: float) -> float:
        """Return the mean of the logarithm, shrunk towards ``prior``."""
        return (self.total + strength * prior) / (self.mass + strength)

    def deviation(self, prior: float, strength: float) -> float:
        """Return the standard deviation of the logarithm, its square shrunk towards ``prior²``."""
        within = 0.0
        if self.mass > 0.0:
            within = max(self.squares - self.total * self.total / self.mass, 0.0)
        return math.sqrt((within + strength * prior * prior) / (self.mass + strength))

    def as_data(self) -> list[float]:
        """Return it ready for JSON."""
        return [self.mass, self.total, self.squares]

    @classmethod
    def from_data(cls, data: object, low: float, high: float) -> Logs:
        """Read back what ``as_data`` wrote; anything else is no evidence.

        Args:
            data: what was stored.
            low: no value was less than this, and more than 0.
            high: no value was more than this.
        """
        if not isinstance(data, list | tuple) or len(data) != len(("mass", "total", "squares")):
            return cls()
        mass = number(data[0])
        if not mass:
            return cls()
        slack = mass * _SLACK
        least, most = math.log(low) * mass - slack, math.log(high) * mass + slack
        total = number(data[1], least, most)
        widest = max(least * least, most * most) / mass + slack
        squares = number(data[2], 0.0, widest)
        return cls() if total is None or squares is None else cls(mass, total, squares)
