"""Reads what a question says about where its answer stands.

Decides which speakers, whose words and which times a question points at.
Refuses to know what was found; scoring is ``learning.recall``'s part. English
only: in other languages the cues stay silent and nothing is lost but a boost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIRST_PERSON: Final = re.compile(r"\b(?:i|my|mine|myself|we|our|ours)\b", re.IGNORECASE)
_YOUR_WORDS: Final = re.compile(
    r"\byour (?:advice|answer|explanation|idea|recommendation|reply|suggestion)s?\b"
    r"|\byou (?:(?:also|ever|had|have|just) )*(?:advise|answer|describe|explain|g[ai]ve|help|list"
    r"|mention|offer|propose|provide|recommend|said|say|show|suggest|t[eo]ld|tell|wr[io]te)",
    re.IGNORECASE,
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_SINCE: Final = r"(?:in|during|since|of|last|early|mid|late|by|before|after|until|on)[ -]"
_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
        rf"\b{_DAY}(?: of)?[ -]{_MONTH}\b(?:,?[ -]{_YEAR}\b)?",
        rf"\b{_MONTH}\.?[ -]{_DAY}\b(?!\d)(?:,?[ -]{_YEAR}\b)?",
        rf"\b{_MONTH},?[ -]{_YEAR}\b",
        rf"\b{_SINCE}{_MONTH}\b",
        rf"\b{_SINCE}{_YEAR}\b",
    )
)
_RELATIVE: Final = re.compile(
    r"\b(?P<today>today|yesterday)\b"
    r"|\b(?P<which>this|last|past) (?P<unit>week|month|year)\b"
    rf"|\b(?:last|this|on) (?P<weekday>{'|'.join(_DAYS)})\b"
    r"|\b(?P<count>\d{1,3}|an?|one|two|three|four|five|six) (?P<units>day|week|month|year)s? ago\b",
    re.IGNORECASE,
)
_COUNTS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_UNIT_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, ``start`` inclusive and ``end`` exclusive."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Return whether the moment lies inside."""
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class QueryFeatures:
    """What a question points at.

    Attributes:
        speakers: folded names of people it names, out of those asked about.
        about_asker: it speaks of the asker ("did I …", "my …").
        about_mynah: it asks for what Mynah said ("what did you recommend").
        spans: the times it names.
    """

    speakers: frozenset[str] = frozenset()
    about_asker: bool = False
    about_mynah: bool = False
    spans: tuple[Span, ...] = ()


def read_query(text: str, *, now: datetime, speakers: Iterable[str] = ()) -> QueryFeatures:
    """Read the cues of a question.

    Args:
        text: the question.
        now: what "yesterday" counts from; aware, in the asker's time zone if known.
        speakers: display names seen among the candidates.
    """
    folded = text.casefold()
    return QueryFeatures(
        speakers=frozenset(
            name
            for name in {speaker.casefold() for speaker in speakers}
            if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded)
        ),
        about_asker=_FIRST_PERSON.search(text) is not None,
        about_mynah=_YOUR_WORDS.search(text) is not None,
        spans=tuple(dict.fromkeys((*_dates(text, now), *_relative(text, now)))),
    )


def _dates(text: str, now: datetime) -> Iterator[Span]:
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            part = match.groupdict()
            span = _calendar(part.get("year"), part.get("month"), part.get("day"), now)
            taken.append(match.span())
            if span is not None:
                yield span


def _calendar(year: str | None, month: str | None, day: str | None, now: datetime) -> Span | None:
    """Return the year, month or day meant; without a year, the latest that has begun."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    number = _month_number(month) if month else 1
    try:
        start = midnight.replace(
            year=int(year) if year else now.year, month=number, day=int(day) if day else 1
        )
        if year is None and start > now:
            start = start.replace(year=now.year - 1)
    except ValueError:  # 30 February is not a date
        return None
    if day:
        return Span(start, start + timedelta(days=1))
    if month:
        return Span(start, (start + timedelta(days=32)).replace(day=1))
    return Span(start, start.replace(year=start.year + 1))


def _month_number(month: str) -> int:
    if month.isdigit():
        return int(month)
    return _MONTHS.index(month.casefold()[:3]) + 1


def _relative(text: str, now: datetime) -> Iterator[Span]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    for match in _RELATIVE.finditer(text):
        part = {name: value.casefold() for name, value in match.groupdict().items() if value}
        if "today" in part:
            start = midnight if part["today"] == "today" else midnight - day
            yield Span(start, start + day)
        elif "unit" in part:
            yield _period(part["which"], part["unit"], midnight)
        elif "weekday" in part:
            back = (midnight.weekday() - _DAYS.index(part["weekday"])) % 7 or 7
            yield Span(midnight - back * day, midnight - (back - 1) * day)
        else:
            count = _COUNTS.get(part["count"]) or int(part["count"])
            width = _UNIT_DAYS[part["units"]]
            middle = midnight - count * width * day
            # "Two weeks ago" is said of anything from eleven to seventeen days.
            slack = max(1, width // 2) * day if width > 1 else timedelta()
            yield Span(middle - slack, middle + slack + day)


def _period(which: str, unit: str, midnight: datetime) -> Span:
    day = timedelta(days=1)
    if which == "past":
        return Span(midnight - _UNIT_DAYS[unit] * day, midnight + day)
    if unit == "week":
        start = midnight - midnight.weekday() * day
        return Span(start, start + 7 * day) if which == "this" else Span(start - 7 * day, start)
    if unit == "month":
        start = midnight.replace(day=1)
        if which == "last":
            return Span((start - day).replace(day=1), start)
        return Span(start, (start + 32 * day).replace(day=1))
    start = midnight.replace(month=1, day=1)
    if which == "last":
        return Span(start.replace(year=start.year - 1), start)
    return Span(start, start.replace(year=start.year + 1))
