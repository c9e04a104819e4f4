"""When somebody is free: four weeks as minutes and quarters of an hour, some of them taken.

Decides which minutes a calendar and earlier bookings take, which hours of the day a person is up
and about, and which slot of the week each quarter is on their own clock. Refuses to know what is
good to do when; ``learning.habits.slots`` weighs that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from learning.spans import Span

STEP: Final = 15
"""Minutes between two beginnings."""
WEEKS: Final = 4
DAY_MINUTES: Final = 1_440
WEEK_MINUTES: Final = 7 * DAY_MINUTES
USUAL: Final = (7, 22)
"""Hours of the day between which people are up, until more is known of somebody."""
ENOUGH: Final = 20
"""Things done; fewer do not say when somebody is up."""
_TAIL: Final = 0.025
"""Share of the completions at either end of the day that are taken for exceptions."""
_SHORTEST: Final = 8
"""Hours that somebody is up and about at the least."""
_HOURS: Final = 24
_SUNDAY: Final = 4 * DAY_MINUTES
"""From Sunday to the Thursday on which counting began."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The quarters of an hour to come, on somebody's own clock.

    Attributes:
        start: the first, in minutes since 1970.
        local: minutes since the local 1970 of each quarter: days and hours of the wall clock.
        zone: whose clock.
    """

    start: int
    local: NDArray[np.int64]
    zone: tzinfo

    @property
    def slots(self) -> NDArray[np.int64]:
        """The slot of the week that each quarter is in."""
        return (self.local + _SUNDAY) % WEEK_MINUTES // 60

    @property
    def days(self) -> NDArray[np.int64]:
        """The number of the local day that each quarter is in."""
        return self.local // DAY_MINUTES

    @property
    def hours(self) -> NDArray[np.int64]:
        """The hour of the day that each quarter is in."""
        return self.local % DAY_MINUTES // 60

    @property
    def minutes(self) -> int:
        """How many minutes there are in all."""
        return STEP * len(self.local)

    def at(self, step: int) -> datetime:
        """Return when a quarter begins, on the person's clock."""
        return moment(self.start + STEP * step).astimezone(self.zone)


def grid(now: datetime, zone: tzinfo, weeks: int = WEEKS) -> Grid:
    """Return the quarters from the next full one on."""
    start = -(-int(now.timestamp()) // (60 * STEP)) * STEP
    times = start + STEP * np.arange(weeks * WEEK_MINUTES // STEP, dtype=np.int64)
    return Grid(start, times + _offsets(times, zone), zone)


def _offsets(times: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Return how far the zone is from UTC at each time; asking once a day mostly does."""
    per_day = DAY_MINUTES // STEP
    marks = [*range(0, len(times), per_day), len(times) - 1]
    known = [_offset(int(times[mark]), zone) for mark in marks]
    found = np.repeat(np.array(known[:-1], dtype=np.int64), per_day)[: len(times)]
    for (first, before), (last, after) in zip(
        zip(marks, known, strict=True), zip(marks[1:], known[1:], strict=True), strict=False
    ):
        if before != after:
            found[first : last + 1] = [_offset(int(t), zone) for t in times[first : last + 1]]
    return found


def _offset(minute: int, zone: tzinfo) -> int:
    away = moment(minute).astimezone(zone).utcoffset() or timedelta()
    return int(away.total_seconds()) // 60


def moment(minute: int) -> datetime:
    """Return a time by its minutes since 1970."""
    return datetime.fromtimestamp(60 * minute, UTC)


def edges(busy: Sequence[Span], within: Grid) -> NDArray[np.int64]:
    """Return the first and the last minute of each interval, one row an interval, the first first.

    What lies outside the grid is cut off; what has no length takes no time.
    """
    if not busy:
        return np.empty((0, 2), dtype=np.int64)
    seconds = np.array([(s.start.timestamp(), s.end.timestamp()) for s in busy])
    whole = np.empty(seconds.shape, dtype=np.int64)
    whole[:, 0] = np.floor(seconds[:, 0] / 60)
    whole[:, 1] = np.ceil(seconds[:, 1] / 60)
    whole = whole[seconds[:, 1] > seconds[:, 0]] - within.start
    inside = whole[(whole[:, 1] > 0) & (whole[:, 0] < within.minutes)]
    return inside[np.lexsort((inside[:, 1], inside[:, 0]))]


def taken(rows: NDArray[np.int64], within: Grid) -> NDArray[np.bool_]:
    """Return of each minute of a grid whether something takes it."""
    change = np.zeros(within.minutes + 1, dtype=np.int32)
    clipped = np.clip(rows, 0, within.minutes)
    np.add.at(change, clipped[:, 0], 1)
    np.add.at(change, clipped[:, 1], -1)
    covered: NDArray[np.bool_] = np.cumsum(change[:-1]) > 0
    return covered


def waking(done: NDArray[np.float64] | None = None, count: int = 0) -> NDArray[np.bool_]:
    """Return of each hour of the day whether somebody is up and about.

    Args:
        done: how much of what they do is done in each slot of the week, or each hour of the day.
        count: from how much that is known.
    """
    up = np.zeros(_HOURS, dtype=bool)
    if done is None or count < ENOUGH:
        up[USUAL[0] : USUAL[1]] = True
        return up
    counts = done.reshape(-1, _HOURS).sum(axis=0)
    # The day begins after the longest stretch in which next to nothing is done.
    quiet = np.convolve(np.concatenate([counts, counts]), np.ones(6), "valid")[:_HOURS]
    begins = (int(np.argmin(quiet)) + 6) % _HOURS
    shares = np.cumsum(np.roll(counts, -begins)) / counts.sum()
    first = int(np.argmax(shares > _TAIL))
    last = int(np.argmax(shares >= 1 - _TAIL))
    wanted = max(_SHORTEST, last - first + 1)
    first = max(0, first - (wanted - (last - first + 1)) // 2)
    for hour in range(first, min(first + wanted, _HOURS)):
        up[(begins + hour) % _HOURS] = True
    return up


def longest(free: NDArray[np.bool_]) -> int:
    """Return the minutes of the longest stretch of free minutes."""
    if not free.any():
        return 0
    turns = np.flatnonzero(np.diff(np.concatenate(([0], free.astype(np.int8), [0]))))
    return int((turns[1::2] - turns[::2]).max())
