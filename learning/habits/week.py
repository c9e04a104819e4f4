"""Weeks of 168 hours, on a person's own clock.

Decides which of them a moment falls into, and what it is called: Sunday 00:00 is the first. Refuses
to know whose week it is and what is done in it.

The clock is the one on the wall. The hour that is skipped in spring is no slot of that day; the one
that comes twice in autumn is one slot, both times.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date, tzinfo

DAYS: Final = 7
HOURS: Final = 24
SLOTS: Final = DAYS * HOURS
NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_HOUR: Final = timedelta(hours=1)


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its name; nothing if there is none of that name."""
    try:
        return ZoneInfo((name or "").strip())
    except (OSError, ValueError):  # not there, a folder, or no name for a file at all
        return None
    except KeyError:
        return None


def weekday(day: date) -> int:
    """Return the day of the week; Sunday is 0."""
    return day.isoweekday() % DAYS


def slot_of(at: datetime, zone: tzinfo) -> int:
    """Return the slot that a moment falls into.

    Args:
        at: aware.
        zone: where the person was.
    """
    local = at.astimezone(zone)
    return weekday(local) * HOURS + local.hour


def label(slot: int) -> str:
    """Return what a slot is called: "Tuesday 10:00"."""
    day, hour = divmod(slot % SLOTS, HOURS)
    return f"{NAMES[day]} {hour:02}:00"


def instants(day: date, zone: tzinfo) -> list[tuple[int, datetime]]:
    """Return the slots of a day and when each of them begins, in UTC, in their order."""
    at = datetime.combine(day, time(), zone).astimezone(UTC)
    found: dict[int, datetime] = {}
    # A day that begins in a skipped hour begins after it; the longest days have 25 hours.
    for _ in range(HOURS + 3):
        local = at.astimezone(zone)
        if local.date() == day:
            found.setdefault(slot_of(at, zone), at)
        # Zones that change by half an hour begin their hours on the wall clock's.
        at += _HOUR - timedelta(minutes=local.minute, seconds=local.second)
    return sorted(found.items(), key=lambda each: each[1])
