"""What wears somebody out: meetings one after the other, and days and weeks that hold too much.

Decides how much of a stretch's worth is left after such meetings, when a day or a week is
overloaded, and what to say of the week to come. Refuses to know what a meeting is about: it
knows when, and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.habits.free import (
    DAY_MINUTES,
    STEP,
    Grid,
    edges,
    grid,
    taken,
    waking,
)
from learning.spans import midnight_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from numpy.typing import NDArray

    from learning.spans import Span

REDUCTION: Final = 0.2
"""What two meetings in a row take away; each further one takes half as much again."""
_AT_MOST: Final = 0.5
BREAK: Final = 15
"""Minutes between two meetings that are no break."""
_RESTED: Final = 45
"""Minutes after which a third of it is left."""
_WHOLE_DAY: Final = 8 * 60
"""Minutes from which on something is no meeting any more, but an absence."""
FULL_DAY: Final = 6.0
"""Hours of a day that may be taken before it counts as full."""
FULL_WEEK: Final = 30.0
_OVERFULL: Final = 3.0
"""Hours beyond that by which as much is taken away as ever is."""
_CROWDED: Final = 0.25


@dataclass(frozen=True, slots=True)
class Tired:
    """What meetings do to the quarters of a grid.

    Attributes:
        factors: what is left of each quarter's worth, in (0, 1].
        before: how many meetings in a row end just before each quarter.
    """

    factors: NDArray[np.float64]
    before: NDArray[np.int64]


def tired(rows: NDArray[np.int64], within: Grid) -> Tired:
    """Return what meetings in a row leave of what comes after them.

    Args:
        rows: their first and last minutes, as ``free.edges`` gives them.
        within: the grid.
    """
    begins = STEP * np.arange(len(within.local))
    ends, meetings, worn = _chains(rows)
    last = np.searchsorted(ends, begins, side="right") - 1
    known = last >= 0
    passed = begins - ends[last]
    before = np.where(known & (passed <= 2 * BREAK), meetings[last], 0)
    lost = np.where(known, worn[last] * np.exp(-passed / _RESTED), 0.0)
    return Tired(1 - lost, before)


def _chains(
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return when each meeting ends, how many in a row it is, and what is worn away by then."""
    found: list[tuple[int, int, float]] = [(-DAY_MINUTES, 0, 0.0)]
    for first, last in rows.tolist():
        ends, meetings, worn = found[-1]
        if last - first >= _WHOLE_DAY or last <= ends:
            continue  # no meeting, or beside another one
        row = 1 if first > ends + BREAK else meetings + (first >= ends)
        worn *= math.exp((ends - last) / _RESTED)
        most = min(_AT_MOST, REDUCTION * row / 2) if row > 1 else 0.0
        found.append((last, row, max(worn, most)))
    ends_, meetings_, worn_ = zip(*found, strict=True)
    return np.array(ends_), np.array(meetings_), np.array(worn_)


@dataclass(frozen=True, slots=True)
class Load:
    """How full the days and weeks of a grid are.

    Attributes:
        day: hours that are taken on the day of each quarter.
        week: hours that are taken in its week, from Monday on.
        factors: what is left of each quarter's worth, in (0, 1].
    """

    day: NDArray[np.float64]
    week: NDArray[np.float64]
    factors: NDArray[np.float64]


def load(covered: NDArray[np.bool_], up: NDArray[np.bool_], within: Grid) -> Load:
    """Return how full days and weeks are; an hour in which somebody sleeps anyway is not taken.

    Args:
        covered: of each minute, whether something takes it.
        up: of each hour of the day, whether the person is up.
        within: the grid.
    """
    quarters = covered.reshape(-1, STEP).sum(axis=1) / 60.0 * up[within.hours]
    day_of = within.days - within.days[0]
    week_of = (within.days + 3) // 7  # the first of all days was a Thursday
    week_of -= week_of[0]
    day = np.bincount(day_of, quarters).astype(np.float64)[day_of]
    week = np.bincount(week_of, quarters).astype(np.float64)[week_of]
    crowded = np.clip((day - FULL_DAY) / _OVERFULL, 0, 1)
    crowded = np.maximum(crowded, np.clip((week - FULL_WEEK) / (5 * _OVERFULL), 0, 1))
    return Load(day, week, 1 - _CROWDED * crowded)


@dataclass(frozen=True, slots=True)
class Overload:
    """A week that holds too much.

    Attributes:
        hours: that are taken in all.
        worst: the fullest day, with the hours of it.
        text: what to say.
    """

    hours: float
    worst: tuple[str, float]
    text: str


def overload(
    busy: Sequence[Span],
    now: datetime,
    zone: tzinfo,
    up: NDArray[np.bool_] | None = None,
    *,
    following: bool = True,
) -> Overload | None:
    """Return what to say of a week that holds too much; nothing of one that does not.

    Args:
        busy: what is taken, meetings and bookings.
        now: aware.
        zone: the person's.
        up: of each hour of the day, whether they are up; the usual ones if nobody knows.
        following: the week that begins next Monday, rather than the rest of this one.
    """
    local = now.astimezone(zone)
    monday = midnight_of(local) + timedelta(days=7 - local.weekday())
    within = grid(monday if following else now, zone, 1)
    first = int((monday if following else now).timestamp()) // 60
    rows = edges([s for s in busy if s.end - s.start < timedelta(minutes=_WHOLE_DAY)], within)
    if not following:
        rows = rows[rows[:, 0] < (int(monday.timestamp()) // 60) - first]
    full = load(taken(rows, within), waking() if up is None else up, within)
    hours = float(full.week[0])
    top = int(np.argmax(full.day))
    worst = within.at(top).strftime("%A"), float(full.day[top])
    named = "Next week" if following else "The rest of this week"
    if hours > FULL_WEEK:
        return Overload(
            hours,
            worst,
            f"{named} holds {hours:.0f} h of meetings and bookings, {worst[1]:.0f} h of them on "
            f"{worst[0]}. Could some of that move to a lighter day?",
        )
    if worst[1] > FULL_DAY + _OVERFULL / 2:
        return Overload(
            hours,
            worst,
            f"{worst[0]} holds {worst[1]:.0f} h of meetings and bookings. Could one of them move?",
        )
    return None
