"""Reads iCalendar files for the times that are taken, and for nothing else.

Decides what counts as busy: not what is marked free, cancelled or declined, and a whole day only
where it says that it is busy. Refuses to keep titles, places and guests. What repeats is followed
through a stretch of time, never to its end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

import recurring_ical_events
from icalendar import Calendar, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_BYTES: Final = 10_000_000
MOST_EVENTS: Final = 20_000
"""Events that are looked at, each series once."""
MOST_BUSY: Final = 5_000
"""Intervals that are kept; more are no calendar of one person."""
LONGEST: Final = timedelta(days=60)
"""Something longer is a state, not an event."""
_RULE: Final = re.compile(r"FREQ=(SECONDLY|MINUTELY)", re.IGNORECASE)
_NONE: Final = (
    "That is no calendar, or one that is cut short: give the iCalendar address (it often ends in "
    ".ics) or file, not the page that shows it."
)
_FREE: Final = frozenset({"FREE", "WORKINGELSEWHERE"})


class CalendarUnreadable(ValueError):  # noqa: N818 - it is the calendar that is unreadable
    """Something is no calendar that can be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Busy:
    """What a calendar says.

    Attributes:
        times: from when to when somebody is busy, in UTC, the first first, none touching another.
        events: how many events were looked at.
        skipped: how many could not be read, and are left out.
    """

    times: tuple[tuple[datetime, datetime], ...]
    events: int
    skipped: int


def read(data: bytes, since: datetime, until: datetime, zone: tzinfo, owner: str = "") -> Busy:
    """Return when somebody is busy.

    Args:
        data: an iCalendar file.
        since: aware; what is over before does not matter.
        until: aware; nor what begins later.
        zone: in which times without a zone are meant, and whole days.
        owner: their e-mail address if it is known, to see what they declined.

    Raises:
        CalendarUnreadable: if it is none.
    """
    if len(data) > MOST_BYTES:
        raise CalendarUnreadable(
            f"The calendar is larger than {MOST_BYTES // 1_000_000} MB: share one with fewer "
            "years in it."
        )
    calendars = _calendars(data)
    found: list[tuple[datetime, datetime]] = []
    events = skipped = 0
    for calendar in calendars:
        for series in _series(calendar):
            events += len(series)
            if events > MOST_EVENTS:
                raise CalendarUnreadable(
                    f"The calendar holds more than {MOST_EVENTS:,} events: share one with fewer "
                    "years in it."
                )
            try:
                found.extend(_times(calendar, series, since, until, zone, owner))
            except Exception:  # noqa: BLE001 - a broken event raises anything; the others count
                skipped += 1
    if events and skipped >= events:
        raise CalendarUnreadable("None of its events can be read: save it anew as an .ics file.")
    return Busy(tuple(_merged(found)), events, skipped)


def _calendars(data: bytes) -> list[Calendar]:
    try:
        found = Calendar.from_ical(data, multiple=True)
    except Exception as error:  # the parser raises anything
        raise CalendarUnreadable(_NONE) from error
    calendars = [each for each in found if each.name == "VCALENDAR"]
    if not calendars:
        raise CalendarUnreadable(_NONE)
    return calendars


def _series(calendar: Calendar) -> Iterable[list[Event]]:
    """Return the events of a calendar, those of a series together."""
    found: dict[str, list[Event]] = {}
    for number, each in enumerate(calendar.events):
        found.setdefault(str(each.get("UID") or f"#{number}"), []).append(each)
    return found.values()


def _times(
    calendar: Calendar,
    series: list[Event],
    since: datetime,
    until: datetime,
    zone: tzinfo,
    owner: str,
) -> Iterator[tuple[datetime, datetime]]:
    if len(series) == 1 and not _repeats(series[0]):
        if (one := _taken(series[0], zone, owner)) and one[0] < until and one[1] > since:
            yield one
        return
    if any(_RULE.search(rule) for each in series for rule in _rules(each)):
        raise ValueError("it repeats every minute")
    alone = Calendar()
    for name in ("X-WR-TIMEZONE", "CALSCALE"):
        if name in calendar:
            alone.add(name, calendar[name])
    for each in (*calendar.walk("VTIMEZONE"), *series):
        alone.add_component(each)
    # Times without a zone are compared with those of the person, so the stretch is widened.
    day = timedelta(days=1)
    first, last = (at.astimezone(zone) for at in (since - day, until + day))
    for number, each in enumerate(recurring_ical_events.of(alone).between(first, last)):
        if number >= MOST_BUSY:
            raise ValueError("it repeats too often")
        if (one := _taken(each, zone, owner)) and one[0] < until and one[1] > since:
            yield one


def _repeats(event: Event) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "EXDATE"))


def _rules(event: Event) -> list[str]:
    rules = event.get("RRULE") or []
    return [rule.to_ical().decode() for rule in (rules if isinstance(rules, list) else [rules])]


def _taken(event: Any, zone: tzinfo, owner: str) -> tuple[datetime, datetime] | None:  # noqa: ANN401 - the library's
    """Return from when to when an event makes somebody busy; nothing if it does not."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or "DTSTART" not in event:
        return None
    says = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    shown = str(event.get("TRANSP", "")).upper()
    if shown == "TRANSPARENT" or says in _FREE or _declined(event, owner):
        return None
    start, end = event.start, event.end
    whole_day = not isinstance(start, datetime)
    if whole_day and shown != "OPAQUE" and says not in {"BUSY", "OOF"}:
        return None  # birthdays, holidays, reminders: nobody said that they take the day
    first, last = _aware(start, zone), _aware(end, zone)
    if last <= first and isinstance(start, datetime) and isinstance(end, datetime):
        # In the hour that is skipped in spring it lasts as long as it says on the clock.
        last = first + max(end.replace(tzinfo=None) - start.replace(tzinfo=None), timedelta())
    if last <= first or last - first > LONGEST:
        return None
    return first, last


def _aware(at: date, zone: tzinfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _declined(event: Any, owner: str) -> bool:  # noqa: ANN401 - the library's
    """Return whether the owner said no; without an address, whether all who are asked did."""
    guests = event.get("ATTENDEE") or []
    guests = guests if isinstance(guests, list) else [guests]
    mine = [g for g in guests if owner and str(g).casefold().endswith(f":{owner.casefold()}")]
    answers = [str(g.params.get("PARTSTAT", "")).upper() for g in (mine or guests)]
    return bool(answers) and all(answer == "DECLINED" for answer in answers)


def _merged(times: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the intervals in order, without those that lie within another."""
    kept: list[tuple[datetime, datetime]] = []
    for start, end in sorted(set(times)):
        if kept and end <= kept[-1][1]:
            continue
        if kept and start < kept[-1][1]:
            # Two at once are one stretch; one after the other are two, which is what tires.
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    if len(kept) > MOST_BUSY:
        raise CalendarUnreadable("The calendar is busy all the time: share another one.")
    return kept
