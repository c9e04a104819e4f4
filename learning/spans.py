"""A stretch of time, and the calendar's stretches around a moment.

Decides where days, weeks, months, quarters, seasons and years begin and end.
Refuses to know words: ``learning.times`` reads those.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)
UNIT_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
_QUARTER: Final = 3
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, ``start`` inclusive and ``end`` exclusive."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Return whether the moment lies inside."""
        return self.start <= moment < self.end


def midnight_of(moment: datetime) -> datetime:
    """Return when the moment's day began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def days(year: int, month: int, first: int, last: int, like: datetime) -> Span:
    """Return the days of a month, in the time zone of ``like``.

    Raises:
        ValueError: if there is no such day.
    """
    start = midnight_of(like).replace(year=year, month=month, day=first)
    return Span(start, start + (last - first + 1) * DAY)


def months(year: int, month: int, count: int, like: datetime) -> Span:
    """Return ``count`` whole months from one on."""
    start = midnight_of(like).replace(year=year, month=month, day=1)
    end = start
    for _ in range(count):
        end = (end + 32 * DAY).replace(day=1)
    return Span(start, end)


def ago(count: int, unit: str, midnight: datetime) -> Span:
    """Return what "two weeks ago" may mean: anything from eleven to seventeen days."""
    width = UNIT_DAYS[unit]
    middle = midnight - count * width * DAY
    slack = max(1, width // 2) * DAY if width > 1 else timedelta()
    return Span(middle - slack, middle + slack + DAY)


def period(which: str, unit: str, midnight: datetime, count: int = 1) -> Span:
    """Return "this week", "last month", "past year" or, with a count, "the last 3 days"."""
    if unit == "weekend":
        return _weekend(which, midnight)
    if which == "past" or count > 1 or unit == "day":
        return Span(midnight - count * UNIT_DAYS[unit] * DAY, midnight + DAY)
    this = _current(unit, midnight)
    if which == "this":
        return this
    return Span(_current(unit, this.start - DAY).start, this.start)


def weekday(number: int, midnight: datetime) -> Span:
    """Return the latest such day before today; 0 is Monday."""
    back = (midnight.weekday() - number) % 7 or 7
    return Span(midnight - back * DAY, midnight - (back - 1) * DAY)


def _current(unit: str, midnight: datetime) -> Span:
    if unit == "week":
        start = midnight - midnight.weekday() * DAY
        return Span(start, start + 7 * DAY)
    if unit == "month":
        return months(midnight.year, midnight.month, 1, midnight)
    if unit == "quarter":
        first = (midnight.month - 1) // _QUARTER * _QUARTER + 1
        return months(midnight.year, first, _QUARTER, midnight)
    return months(midnight.year, 1, 12, midnight)


def _weekend(which: str, midnight: datetime) -> Span:
    saturday = midnight + (_SATURDAY - midnight.weekday()) * DAY
    if which != "this" and saturday + 2 * DAY > midnight:
        saturday -= 7 * DAY
    return Span(saturday, saturday + 2 * DAY)
