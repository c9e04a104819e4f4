"""Reads when something is to happen.

Decides what "in 20 minutes", "tomorrow at 9", "on Friday afternoon" or "3 May 14:00" mean, seen
from now, and what is left of the text without it. ``learning.times`` reads what has been. Refuses
to look into the middle of a text: "the report of 3 May" is no time to do anything at, so a time
counts where it begins or ends what was said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from learning.spans import DAY, UNIT_DAYS, midnight_of

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CHARS: Final = 2_000
"""Characters of a text that are read for a time."""

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_PARTS: Final = {"morning": 9, "afternoon": 14, "evening": 18, "night": 20}
_NAMED: Final = {"noon": 12, "midday": 12, "midnight": 24}
_COUNTS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_MORNING: Final = 9
"""The hour of a day that is named without one."""
_OFFICE_ENDS: Final = 17
_NOON: Final = 12
_SECONDS: Final = {"s": 1, "min": 60, "h": 3600}
_AGAIN: Final = re.compile(
    r"\b(?:(?:every|each)(?: \w+)?|daily|weekly|monthly|hourly)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Due:
    """A time to come.

    Attributes:
        at: when; aware, in the time zone of ``now``.
        words: what was said beside it.
    """

    at: datetime
    words: str


def due(text: str, now: datetime) -> Due | None:
    """Return the time that a text begins or ends with, if it does.

    Args:
        text: "call Bob tomorrow at 9".
        now: what "tomorrow" counts from; aware, in the time zone of whoever says it.
    """
    said = text[:MAX_CHARS].strip()
    for pattern in _patterns():
        if (match := pattern.search(said)) is None:
            continue
        try:
            at = _at({k: v.casefold() for k, v in match.groupdict().items() if v}, now)
        except (ValueError, OverflowError):  # 30 February, or after the calendar ends
            return None
        words = f"{said[: match.start()]} {said[match.end() :]}"
        return Due(at, words.strip(" ,;:"))
    return None


def recurs(words: str) -> bool:
    """Return whether what was said beside a time wants it again and again: "x every day"."""
    return bool(_AGAIN.search(words))


def lasting(text: str) -> timedelta | None:
    """Return how long "1h", "20 minutes" or "two days" is."""
    match = _lasting().fullmatch(text.strip())
    return None if match is None else _long({k: v.casefold() for k, v in match.groupdict().items()})


@cache
def _lasting() -> re.Pattern[str]:
    return re.compile(_LENGTH, re.IGNORECASE)


_LENGTH: Final = (
    rf"(?P<count>half an|\d{{1,4}}|{'|'.join(_COUNTS)}) ?"
    r"(?P<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|years?)\b"
)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a time at the end of a text, and at its beginning."""
    month = rf"(?P<month#>{'|'.join(f'{m}[a-z]*' for m in _MONTHS)})"
    day = (
        r"(?:(?:on |by )?(?:the )?(?:"
        r"(?P<iso#>\d{4}-\d\d?-\d\d?)"
        r"|(?P<dotted#>\d{1,2}\.\d{1,2}\.(?:\d{4})?)"
        rf"|(?P<day#>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {month}(?:,? (?P<year#>\d{{4}}))?"
        rf"|{month.replace('month', 'named')} (?P<date#>\d{{1,2}})(?:st|nd|rd|th)?"
        r"(?:,? (?P<ayear#>\d{4}))?"
        r"|(?P<over#>day after tomorrow)|(?P<near#>today|tomorrow|tonight)"
        rf"|(?P<which#>next |this |coming )?(?P<weekday#>{'|'.join(_DAYS)})"
        r"|(?P<next#>next (?:week|month)))"
        rf"(?: (?P<part#>{'|'.join(_PARTS)}))?|(?P<this#>this (?:{'|'.join(_PARTS)})))"
    )
    clock = (
        r"(?:(?:at |T|@ ?)(?P<hour#>\d{1,2})(?:[:.h](?P<minute#>\d\d))?"
        r"(?: ?(?P<half#>[ap]\.?m\.?))?"
        r"|(?P<hour2#>\d{1,2}):(?P<minute2#>\d\d)(?: ?(?P<half2#>[ap]\.?m\.?))?"
        r"|(?P<hour3#>\d{1,2}) ?(?P<half3#>[ap]\.?m\.?)"
        rf"|(?:at )?(?P<name#>{'|'.join(_NAMED)}))(?: o'?clock)?"
    )
    numbered = iter(range(9))

    def fresh(pattern: str) -> str:
        return pattern.replace("#", f"_{next(numbered)}")

    when = (
        rf"(?:in {_LENGTH}|{fresh(day)}(?:(?:,? |(?=T)){fresh(clock)})?"
        rf"|{fresh(clock)}(?:,? {fresh(day)})?)"
    )
    return (
        re.compile(rf"(?:(?<=\s)|^){when}(?=[.!]?$)[.!]?", re.IGNORECASE),
        re.compile(rf"^(?:me )?{when}(?=[\s,:]|$)", re.IGNORECASE),
    )


def _at(named: dict[str, str], now: datetime) -> datetime:
    """Return the time that the parts of a match mean."""
    part = {name.partition("_")[0].rstrip("23"): value for name, value in named.items()}
    if "count" in part:
        return _from_now(part, now)
    clock = _clock(part)
    date = _date(part, now)
    if date is None:
        at = _on(midnight_of(now), clock or (now.hour, now.minute))
        return at if at > now else _on(midnight_of(now) + DAY, clock or (0, 0))
    if clock is None:
        return _some_time(part, date, now)
    if clock[0] < _NOON and "half" not in part and part.get("near") == "tonight":
        clock = (clock[0] + _NOON, clock[1])  # "tonight at 9"
    return _on(date, clock)


def _from_now(part: dict[str, str], now: datetime) -> datetime:
    length = _long(part)
    if part["unit"].startswith(("s", "h", "min")) or part["unit"] == "m":
        return (now.astimezone(UTC) + length).astimezone(now.tzinfo)
    return now + length  # by the clock on the wall: the same time of day


def _long(part: dict[str, str]) -> timedelta:
    said, unit = part["count"], part["unit"]
    count = 0.5 if said == "half an" else float(_COUNTS.get(said, 0) or said)
    for name, days in UNIT_DAYS.items():
        if unit.rstrip("s") == name or (unit in {"d", "w"} and name[0] == unit):
            return count * days * DAY
    return timedelta(seconds=count * _SECONDS["min" if unit[0] == "m" else unit[0]])


def _clock(part: dict[str, str]) -> tuple[int, int] | None:
    if "name" in part:
        return _NAMED[part["name"]], 0
    if "hour" not in part:
        return None
    hour, minute = int(part["hour"]), int(part.get("minute", 0))
    if "half" in part:
        if not 1 <= hour <= _NOON:
            raise ValueError("twelve hours have no such hour")
        hour = hour % _NOON + (_NOON if part["half"].startswith("p") else 0)
    return hour, minute


def _on(midnight: datetime, clock: tuple[int, int]) -> datetime:
    hour, minute = clock
    if hour == 2 * _NOON and not minute:
        return midnight + DAY
    return midnight.replace(hour=hour, minute=minute)


def _date(part: dict[str, str], now: datetime) -> datetime | None:
    """Return the midnight that begins the day meant, if a day is."""
    midnight = midnight_of(now)
    readers: dict[str, Callable[[], datetime]] = {
        "iso": lambda: _calendar(midnight, *map(int, part["iso"].split("-"))),
        "dotted": lambda: _dotted(part["dotted"], midnight),
        "month": lambda: _coming(part["month"], part["day"], part.get("year"), midnight),
        "named": lambda: _coming(part["named"], part["date"], part.get("ayear"), midnight),
        "over": lambda: midnight + 2 * DAY,
        "near": lambda: midnight + (part["near"] == "tomorrow") * DAY,
        "weekday": lambda: _weekday(part["weekday"], midnight),
        "next": lambda: _next(part["next"], midnight),
        "this": lambda: midnight,
    }
    return next((read() for name, read in readers.items() if name in part), None)


def _calendar(like: datetime, year: int, month: int, day: int) -> datetime:
    return like.replace(year=year, month=month, day=day)


def _dotted(said: str, midnight: datetime) -> datetime:
    day, month, year = said.split(".")
    return _coming(_MONTHS[int(month) - 1] if 0 < int(month) <= _NOON else "", day, year, midnight)


def _coming(month: str, day: str, year: str | None, midnight: datetime) -> datetime:
    """Return a day of the year; without one, the next that comes."""
    number = _MONTHS.index(month[:3]) + 1
    if year:
        return _calendar(midnight, int(year), number, int(day))
    this = _calendar(midnight, midnight.year, number, int(day))
    return this if this >= midnight else _calendar(midnight, midnight.year + 1, number, int(day))


def _weekday(name: str, midnight: datetime) -> datetime:
    return midnight + ((_DAYS.index(name) - midnight.weekday()) % 7 or 7) * DAY


def _next(which: str, midnight: datetime) -> datetime:
    if which.endswith("week"):
        return _weekday("monday", midnight)
    return (midnight.replace(day=1) + 32 * DAY).replace(day=1)


def _some_time(part: dict[str, str], date: datetime, now: datetime) -> datetime:
    """Return a good time on a day that was named without one."""
    named = part.get("part") or part.get("this", "").removeprefix("this ")
    if part.get("near") == "tonight":
        named = "night"
    if named:
        at = _on(date, (_PARTS[named], 0))
    elif date == midnight_of(now):
        at = _on(date, (_OFFICE_ENDS, 0))
    else:
        at = _on(date, (_MORNING, 0))
    passed = at <= now and date == midnight_of(now)
    return now + timedelta(hours=1) if passed else at
