"""What several numbers have in common, and how to say it shortly.

Decides which numbers are exceptions and in how few words the rest is told. Refuses
to know what they measure.
"""

from __future__ import annotations

import math
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FENCE: Final = 1.5
_NARROWEST: Final = 0.05
_ABOUT: Final = 0.05
_RANGE: Final = 0.1
_CEILING: Final = 2.0
_GRAIN: Final = 0.08
_FINE_GRAIN: Final = 0.04
_FINEST: Final = 1e-9
_GREATEST: Final = 1e12


def is_amount(number: float | None) -> bool:
    """Return whether something is a number that somebody may have meant."""
    return number is not None and abs(number) <= _GREATEST


def fences(amounts: Sequence[float]) -> tuple[float, float]:
    """Return Tukey's fences: what lies outside is an exception, not a taste."""
    first, middle, third = quantiles(amounts, n=4, method="inclusive")
    reach = max(_FENCE * (third - first), _NARROWEST * abs(middle))
    return first - reach, third + reach


def spread_of(amounts: Sequence[float]) -> float:
    """Return the distance between the ends, in medians; infinite about 0, or of nothing."""
    if not amounts:
        return math.inf
    between, middle = max(amounts) - min(amounts), abs(median(amounts))
    return between / middle if middle else (math.inf if between else 0.0)


def in_words(amounts: Sequence[float]) -> str:
    """Return numbers in few words: "about 145", "140–150", "140+", or "up to 160".

    Close ones are told by their middle or their ends. Others are open to the side on which
    they trail off: upwards unless they crowd at their upper end.
    """
    low, high, middle = min(amounts), max(amounts), median(amounts)
    spread = spread_of(amounts)
    close = spread <= _RANGE
    whole = all(amount.is_integer() for amount in amounts)
    step = _step(abs(middle) * (_FINE_GRAIN if close else _GRAIN), whole=whole)
    floor, ceiling = _rounded(low, step, math.floor), _rounded(high, step, math.ceil)
    if low == high:
        return _spelled(low)
    if spread <= _ABOUT:
        return f"about {_spelled(_rounded(middle, step, round))}"
    if close:
        return f"{_spelled(floor)}–{_spelled(ceiling)}"
    if middle - low > _CEILING * (high - middle):
        return f"up to {_spelled(ceiling)}"
    return f"{_spelled(floor)}+"


def _step(grain: float, *, whole: bool) -> float:
    """Return what to round to: 1 or 5 times a power of ten, no more than a grain."""
    power = 10.0 ** math.floor(math.log10(max(grain, _FINEST)))
    step = 5 * power if grain >= 5 * power else power
    return max(step, 1.0) if whole else step


def _rounded(amount: float, step: float, to: Callable[[float], int]) -> float:
    """Return the multiple of a step beside an amount, without a float's dust."""
    return float(f"{to(round(amount / step, 9)) * step:.12g}")


def _spelled(amount: float) -> str:
    return f"{int(amount):,}" if amount.is_integer() else f"{amount:.12g}"
