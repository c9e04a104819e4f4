"""When a habit is due: on which days, at which minute.

Decides the days of a shape and the next occasions of a habit. Refuses to know how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

Cadence = Literal["weekly", "fortnightly", "monthly"]

NEAR: Final = 75
"""Minutes around the usual one that are still the habit."""
DAY: Final = 1440
NTH: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_EVERY: Final = tuple(range(7))
_WORKDAYS: Final = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that was done.

    Attributes:
        kind: what: a name that all of a habit share.
        at: when.
        prompted: whether a nudge led to it: then it says that the habit lives, not at what time.
    """

    kind: str
    at: datetime
    prompted: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """On which days something recurs.

    Attributes:
        cadence: how often.
        days: the weekdays, Sunday is 0; all of them for a day of the month.
        nth: every second week: which, 0 or 1. Monthly: which of the weekdays, -1 is the last.
        day: the day of the month, if it goes by that.
    """

    cadence: Cadence
    days: tuple[int, ...] = _EVERY
    nth: int = 0
    day: int = 0

    def on(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        if day.isoweekday() % 7 not in self.days:
            return False
        if self.cadence == "fortnightly":
            return _week(day) % 2 == self.nth
        if self.cadence == "monthly":
            if self.day:
                return day.day == self.day
            return self.nth in ((day.day - 1) // 7 + 1, -1 if _is_last(day) else 0)
        return True

    def __str__(self) -> str:
        if self.cadence == "fortnightly":
            return f"every second {_NAMES[self.days[0]]}"
        if self.cadence == "monthly":
            if self.day:
                return f"on day {self.day} of the month"
            return f"on the {NTH[self.nth]} {_NAMES[self.days[0]]} of the month"
        if self.days == _EVERY:
            return "every day"
        if self.days == _WORKDAYS:
            return "on weekdays"
        names = [f"{_NAMES[day]}s" for day in sorted(self.days, key=lambda d: d or 7)]
        return "on " + " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


@dataclass(frozen=True, slots=True)
class Recurring:
    """A habit.

    Attributes:
        kind: what is done.
        shape: on which days.
        minute: of the day, in the person's time zone: the usual one of late.
        support: how often it was seen.
        share: of its latest occasions, those on which it happened.
        confidence: how sure it is, in [0, 1].
        recent: the minutes of its latest occasions, the latest first; ``None`` where it did not
            happen.
    """

    kind: str
    shape: Shape
    minute: int
    support: int
    share: float
    confidence: float
    recent: tuple[int | None, ...] = ()

    @property
    def text(self) -> str:
        """Say when: "on Fridays at 15:00"."""
        return f"{self.shape} at {self.minute // 60:02}:{self.minute % 60:02}"

    def same(self, other: Recurring) -> bool:
        """Tell whether two are one habit, as seen at two times."""
        return (
            self.kind == other.kind
            and apart(self.minute, other.minute) <= 2 * NEAR
            and bool(set(self.shape.days) & set(other.shape.days))
        )


def apart(one: int, other: int) -> int:
    """Return how far two minutes of the day are apart, across midnight too."""
    return abs((one - other + DAY // 2) % DAY - DAY // 2)


def occasions(
    habit: Recurring, after: datetime, zone: tzinfo, days: int = 35
) -> Iterable[tuple[date, datetime]]:
    """Yield the next days and times at which a habit is due, later than a time.

    A time that the clock skips on a day is none; of one that comes twice, it is the first.
    """
    first = after.astimezone(zone).date()
    clock = time(habit.minute // 60, habit.minute % 60)
    for n in range(days + 1):
        day = first + timedelta(days=n)
        if not habit.shape.on(day):
            continue
        at = datetime.combine(day, clock, zone).astimezone(UTC)
        if at > after and at.astimezone(zone).time() == clock:
            yield day, at


def _week(day: date) -> int:
    return (day.toordinal() - 1) // 7


def _is_last(day: date) -> bool:
    return (day + timedelta(days=7)).month != day.month
