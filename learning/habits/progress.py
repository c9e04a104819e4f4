"""How far Mynah has come to know somebody's week.

Decides what is told of it: how much was done, how settled that is, the best slots and days, which
way it goes, and what knowing it cost beside asking a model for every schedule. Refuses to know
where any of it is kept, and what a picture looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from learning.habits.insights import best_day, peaks
from learning.habits.week import SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from learning.habits.insights import Deed

Maturity = Literal["bootstrap", "forming", "mature"]
Trend = Literal["up", "down", "steady"]

FORMING: Final = 10
MATURE: Final = 40
MOST_KINDS: Final = 8

_SPAN: Final = timedelta(weeks=4)
_CHANGE: Final = 0.2
"""The share by which something must change to go up or down."""
_LEAST: Final = 6
"""Of fewer in eight weeks no direction is told."""


@dataclass(frozen=True, slots=True)
class KindProgress:
    """What is known of one kind of work.

    Attributes:
        kind: its name; empty for all together.
        completions: how often it was done.
        maturity: how settled its week is.
        peaks: the slots that suit best, the best first.
        best_day: the day on which most of it goes well.
        success: the mean of its ratings; nothing if there are none.
        trend: of how often it is done, the last four weeks against the four before.
    """

    kind: str
    completions: int
    maturity: Maturity
    peaks: tuple[int, ...]
    best_day: str
    success: float | None
    trend: Trend


@dataclass(frozen=True, slots=True)
class Spent:
    """What knowing weeks cost.

    Attributes:
        schedules: how often a model would have been asked, were there no weeks.
        calls: how often one was asked.
        cost_usd: for these calls.
    """

    schedules: int = 0
    calls: int = 0
    cost_usd: float = 0.0

    @property
    def saved(self) -> int:
        """The calls that were not made."""
        return max(self.schedules - self.calls, 0)

    @property
    def share(self) -> float:
        """The share of calls that were not made."""
        return self.saved / self.schedules if self.schedules else 0.0


def maturity(completions: int) -> Maturity:
    """Return how settled a week is after so many completions."""
    if completions < FORMING:
        return "bootstrap"
    return "forming" if completions < MATURE else "mature"


def progress(
    scores: Mapping[str, NDArray[np.float64]], log: Sequence[Deed], now: datetime
) -> tuple[KindProgress, ...]:
    """Return what is known of each kind of work, the most frequent first; all together before.

    Args:
        scores: by kind, how well each slot suits; "" is all together.
        log: what was done, in any order.
        now: aware.
    """
    kinds: dict[str, list[Deed]] = {"": list(log)}
    for each in log:
        kinds.setdefault(each.kind, []).append(each)
    ordered = sorted(kinds, key=lambda k: (-len(kinds[k]), k))[: MOST_KINDS + 1]
    return tuple(_of(kind, kinds[kind], scores.get(kind), now) for kind in ordered)


def trend(times: Sequence[datetime], now: datetime) -> Trend:
    """Return which way it goes, the last four weeks against the four before."""
    late = sum(now - _SPAN < at <= now for at in times)
    early = sum(now - 2 * _SPAN < at <= now - _SPAN for at in times)
    if late + early < _LEAST or min(times) > now - 2 * _SPAN + _SPAN / 2:
        return "steady"  # too little, or begun too late to compare
    if late > early * (1 + _CHANGE):
        return "up"
    return "down" if late < early * (1 - _CHANGE) else "steady"


def counted(log: Sequence[Deed]) -> NDArray[np.float64]:
    """Return how often something was done in each slot."""
    return np.bincount([each.slot for each in log], minlength=SLOTS).astype(np.float64)


def _of(
    kind: str, log: Sequence[Deed], score: NDArray[np.float64] | None, now: datetime
) -> KindProgress:
    rated = [each.success for each in log if each.success is not None]
    return KindProgress(
        kind,
        len(log),
        maturity(len(log)),
        peaks(counted(log) if score is None else score, log),
        best_day(log),
        sum(rated) / len(rated) if rated else None,
        trend([each.at for each in log], now),
    )
