"""The best slots for a task in the weeks to come.

Decides by the person's habits (0.6) and energy (0.4) over the whole stretch, within their free
time, less what meetings in a row and full days take away, more the nearer a deadline is; and says
why. Refuses to offer three neighbours, and the same hour of one week after the other: who is
asked wants a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.habits.fatigue import FULL_DAY, FULL_WEEK, load, tired
from learning.habits.free import STEP, edges, grid, longest, moment, taken, waking

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from numpy.typing import NDArray

    from learning.habits.fatigue import Load, Tired
    from learning.habits.free import Grid
    from learning.spans import Span

SLOTS: Final = 168
HABITS: Final = 0.6
ENERGY: Final = 0.4
URGENCY: Final = 1.3
"""How much more the earliest slot is worth when a deadline is near."""
SHORTEST: Final = 5
LONGEST: Final = 12 * 60
MOST: Final = 3
_PRESSING: Final = 3 * 24 * 60
"""Minutes before a deadline at which it presses fully, and at which it begins to."""
_FAR: Final = 14 * 24 * 60
_LATER: Final = 0.01
"""What each day of waiting takes away: of two that are as good, the sooner."""
_AT_ONCE: Final = 5
"""Minutes that it takes to make up one's mind."""
_APART: Final = 180
"""Minutes between two proposals."""
_SAME_DAY: Final = 0.9
_SAME_HOUR: Final = 0.8
"""What is left of a proposal on a day, or at an hour of the week, that was proposed already."""
_CLEARLY: Final = 0.1
"""How far habits and energy must be from what is usual to be worth a word."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A slot that suits a task.

    Attributes:
        start: when it begins, on the person's own clock.
        end: when it is over.
        score: how well it suits, in [0, 1] but for what urgency adds.
        reasons: why, in words, the weightiest first.
    """

    start: datetime
    end: datetime
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Search:
    """All that is known of the weeks to come."""

    grid: Grid
    habits: NDArray[np.float64]
    energy: NDArray[np.float64]
    covered: NDArray[np.bool_]
    tired: Tired
    load: Load
    seen: bool


def propose(
    task: str,
    minutes: int,
    habits: NDArray[np.float64],
    energy: NDArray[np.float64],
    busy: Sequence[Span],
    now: datetime,
    zone: tzinfo,
    deadline: datetime | None = None,
    after: datetime | None = None,
    *,
    up: NDArray[np.bool_] | None = None,
    beside: Sequence[Span] = (),
    seen: bool = True,
    count: int = MOST,
) -> tuple[Proposal, ...]:
    """Return the slots that suit a task best, the best first; none if there is no room for it.

    Args:
        task: what it is called.
        minutes: how long it takes.
        habits: how well each slot of the week suits the task, in [0, 1].
        energy: how much energy there is in each slot of the week, in [0, 1].
        busy: what is taken already, in any order.
        now: aware.
        zone: the person's.
        deadline: when it must be done.
        after: when it can begin at the earliest.
        up: of each hour of the day, whether they are up; the usual ones if nobody knows.
        beside: what was proposed before, and is not wanted again.
        seen: whether they were seen at it often enough to speak of what is usual.
        count: how many.

    Raises:
        ValueError: if nothing takes so long, or a week is none.
    """
    if not SHORTEST <= minutes <= LONGEST:
        raise ValueError(f"Say how long in minutes or hours: from {SHORTEST} minutes to 12 hours.")
    if habits.shape != (SLOTS,) or energy.shape != (SLOTS,):
        raise ValueError(f"a week has {SLOTS} slots")
    within = grid(now, zone)
    up = waking() if up is None else up
    rows = edges(busy, within)
    covered = taken(rows, within)
    search = _Search(
        within,
        np.clip(np.nan_to_num(habits, nan=0.5), 0, 1),
        np.clip(np.nan_to_num(energy, nan=0.5), 0, 1),
        covered,
        tired(rows, within),
        load(covered, up, within),
        seen,
    )
    worth = _worth(search, minutes, deadline)
    soonest = now + timedelta(minutes=_AT_ONCE)
    begin = soonest if after is None else max(after, soonest)
    worth[~_possible(search, minutes, up, deadline, begin)] = -1
    for span in beside:
        _shut(worth, within, span, minutes)
    return tuple(_best(search, worth, task, minutes, deadline, count))


def room(
    busy: Sequence[Span],
    now: datetime,
    zone: tzinfo,
    deadline: datetime | None = None,
    after: datetime | None = None,
    *,
    up: NDArray[np.bool_] | None = None,
) -> int:
    """Return the minutes of the longest free stretch in which somebody is up."""
    within = grid(now, zone)
    up = waking() if up is None else up
    free = ~taken(edges(busy, within), within) & np.repeat(up[within.hours], STEP)
    free[: _minute(after, within, 0)] = False
    free[_minute(deadline, within, within.minutes) :] = False
    return longest(free)


def _minute(at: datetime | None, within: Grid, otherwise: int) -> int:
    if at is None:
        return otherwise
    return int(np.clip(int(at.timestamp()) // 60 - within.start, 0, within.minutes))


def _worth(search: _Search, minutes: int, deadline: datetime | None) -> NDArray[np.float64]:
    """Return how well the stretch that begins with each quarter suits."""
    slots = search.grid.slots
    each = HABITS * search.habits[slots] + ENERGY * search.energy[slots]
    mean = _over(each, minutes)
    worth = mean * search.tired.factors * search.load.factors
    at = STEP * np.arange(len(worth))
    worth *= 1 - _LATER * at / (24 * 60)
    if deadline is not None:
        left = max(1, int(deadline.timestamp()) // 60 - search.grid.start)
        pressing = float(np.clip((_FAR - left) / (_FAR - _PRESSING), 0, 1))
        worth *= 1 + (URGENCY - 1) * pressing * np.clip(1 - at / left, 0, 1)
    return worth


def _over(each: NDArray[np.float64], minutes: int) -> NDArray[np.float64]:
    """Return the mean over the minutes from each quarter on."""
    whole, part = divmod(minutes, STEP)
    padded = np.concatenate([each, np.zeros(whole + 1)])
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    count = len(each)
    total = STEP * (sums[whole : whole + count] - sums[:count]) + part * padded[whole:][:count]
    mean: NDArray[np.float64] = total / minutes
    return mean


def _possible(
    search: _Search,
    minutes: int,
    up: NDArray[np.bool_],
    deadline: datetime | None,
    after: datetime,
) -> NDArray[np.bool_]:
    """Return at which quarters the task can begin."""
    within = search.grid
    begins = STEP * np.arange(len(within.local))
    ends = begins + minutes
    last = _minute(deadline, within, within.minutes)
    first = -(-int(after.timestamp()) // 60) - within.start
    possible = (begins >= first) & (ends <= last)
    busy = np.concatenate([[0], np.cumsum(search.covered)])
    asleep = np.concatenate([[0], np.cumsum(np.repeat(~up[within.hours], STEP))])
    until = np.minimum(ends, within.minutes)
    possible &= busy[until] == busy[begins]
    possible &= asleep[until] == asleep[begins]
    return possible


def _shut(worth: NDArray[np.float64], within: Grid, span: Span, minutes: int) -> None:
    """Leave out what would overlap with something."""
    start, end = (int(at.timestamp()) // 60 - within.start for at in (span.start, span.end))
    worth[max(0, (start - minutes) // STEP + 1) : max(0, -(-end // STEP))] = -1


def _best(
    search: _Search,
    worth: NDArray[np.float64],
    task: str,
    minutes: int,
    deadline: datetime | None,
    count: int,
) -> list[Proposal]:
    within = search.grid
    found: list[Proposal] = []
    real = worth.copy()
    days, slots = within.days, within.slots
    booked = search.load.day.copy()
    while len(found) < count:
        step = int(np.argmax(worth))
        if worth[step] < 0:
            break
        found.append(_proposal(search, step, float(real[step]), task, minutes, deadline))
        near = slice(max(0, step - _APART // STEP + 1), step + max(_APART, minutes) // STEP)
        worth[near] = -1
        same_day, open_ = days == days[step], worth > 0
        booked[same_day] += minutes / 60
        worth[same_day & open_] *= _SAME_DAY
        worth[(np.abs(slots - slots[step]) <= 1) & open_] *= _SAME_HOUR
        worth[same_day & (booked > FULL_DAY + 1)] = -1  # two of them would overload that day
    return sorted(found, key=lambda each: -each.score)


def _proposal(
    search: _Search,
    step: int,
    score: float,
    task: str,
    minutes: int,
    deadline: datetime | None,
) -> Proposal:
    start = search.grid.at(step)
    # Hours that pass, not hours on the clock: one of those is missing when summer begins.
    end = moment(search.grid.start + STEP * step + minutes).astimezone(search.grid.zone)
    return Proposal(
        start, end, round(score, 4), tuple(_reasons(search, step, task, start, end, deadline))
    )


def _reasons(
    search: _Search,
    step: int,
    task: str,
    start: datetime,
    end: datetime,
    deadline: datetime | None,
) -> list[str]:
    """Return why a stretch suits, the weightiest first."""
    reasons = []
    slot = int(search.grid.slots[step])
    when = f"on {start:%A}s at {start:%H}"
    habit, usual = search.habits[slot], float(search.habits.mean())
    if not search.seen:
        # What is only guessed is never told as a habit of theirs.
        reasons += ["my guess so far"] * bool(habit > usual + _CLEARLY)
    elif habit >= search.habits.max() - 1e-9 and habit > usual + _CLEARLY:
        reasons.append(f"you do {task} best {when}")
    elif habit > usual + _CLEARLY:
        reasons.append(f"{task} usually goes well {when}")
    elif habit < usual - _CLEARLY:
        reasons.append(f"not your usual hour for {task}")
    energy = search.energy[slot]
    if abs(energy - 0.5) > _CLEARLY:
        reasons.append(f"energy {'high' if energy > 0.5 else 'low'}")  # noqa: PLR2004 - neutral
    reasons.append(_free(search, step, start, end))
    meetings = int(search.tired.before[step])
    if meetings:
        named = ("one meeting", "two meetings", "three meetings")
        many = named[meetings - 1] if meetings <= len(named) else f"{meetings} meetings"
        reasons.append(f"{many}{' in a row' if meetings > 1 else ''} just before")
    if deadline is not None:
        left = deadline - end
        spare = f"{left.days} days" if left.days > 1 else f"{left.total_seconds() / 3600:.0f} h"
        reasons.append(f"{spare} to spare")
    day, week = search.load.day[step], search.load.week[step]
    if day > FULL_DAY:
        reasons.append(f"the day holds {day:.0f} h already")
    elif week > FULL_WEEK:
        reasons.append(f"the week holds {week:.0f} h already")
    return reasons


def _free(search: _Search, step: int, start: datetime, end: datetime) -> str:
    """Return until when somebody is free after a slot began."""
    ahead = np.flatnonzero(search.covered[STEP * step :])
    if len(ahead):
        until = moment(search.grid.start + STEP * step + int(ahead[0])).astimezone(start.tzinfo)
        if until.date() == start.date():
            return f"free until {until:%H:%M}" if until > end else f"just fits before {until:%H:%M}"
    return "free for the rest of the day"
