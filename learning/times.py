"""Reads the times that a question names.

Decides what "last Tuesday", "in May", "two weeks ago" or "before Christmas" mean,
seen from now. English is read as it is; German, French and Spanish words of time
are put into English first (``times.toml``). Refuses to guess: a word that may mean
something else ("may", "march", "second") counts only where it stands like a time.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from learning.spans import DAY, Span, ago, days, midnight_of, months, period, weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    _Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

MAX_CHARS: Final = 2_000
"""Characters of a question that are read for times; bounds the time."""
BEFORE: Final = 92 * DAY
"""How far "before" something short reaches back: one speaks so of the season past."""

_MONTH_NAMES: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTHS: Final = tuple(name[:3] for name in _MONTH_NAMES)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_WORD: Final = re.compile(r"\w+")
_LATE_DAY: Final = 12
"""The last number that can be a month as well as a day."""


@cache
def _data() -> dict[str, dict[str, Any]]:
    text = files("learning").joinpath("times.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _hints() -> frozenset[str]:
    """Return words of which one at least is in every time that is not written in figures."""
    english = _data()["english"]
    words = ("today", "yesterday", "tonight", "ago", "last", "past", "this", "previous", "quarter")
    quarters = [f"q{n}" for n in range(1, 5)]
    months = [m[:n] for m in _MONTH_NAMES for n in (3, 4, len(m))]
    feasts = [word for name in english["feasts"] for word in _WORD.findall(name)]
    return frozenset((*words, *quarters, *months, *_DAYS, *english["seasons"], *feasts))


@cache
def _grammar() -> tuple[tuple[re.Pattern[str], Callable[..., Span | None]], ...]:
    """Return the patterns of times, what is read first in front, with what each means."""
    english = _data()["english"]
    month = (
        r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
        r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
    )
    year = r"(?P<year>(?:19|20)\d\d)"
    day = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    since = (
        r"(?:in|during|since|of|last|this|early|mid|late|by|before|after|until|till|on|from)[ -]"
    )
    weekdays = rf"(?P<weekday>{'|'.join(_DAYS)})"
    part = rf"(?P<part>{'|'.join(english['parts'])})"
    count = rf"(?P<count>\d{{1,3}}|{_either(english['counts'])})(?: of)?"
    units = r"(?P<unit>day|week|month|quarter|year|weekend)s?"
    quarter = rf"(?:q(?P<quarter>[1-4])|(?P<nth>{_either(_ORDINALS)}) quarter)"
    season = rf"(?P<season>{_either(english['seasons'])})"
    rows = (
        (rf"\b{year}[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)\b", _date),
        (rf"\b(?P<day>\d\d?)(?P<dot>[./])(?P<month>\d\d?)(?P=dot){year}\b", _written),
        (rf"\b{day}(?: of|\.)?[ -]{month}\b(?:,?[ -]{year}\b)?", _date),
        (rf"\b{month}\.?[ -]{day}\b(?!\d)(?:,?[ -]{year}\b)?", _date),
        (rf"\b{month},?(?: of)?[ -]{year}\b", _date),
        (rf"\b{quarter}\b(?:(?: of)?[ -]{year}\b)?", _quarter),
        (rf"\b{since}(?:the )?{season}\b(?:(?: of)?[ -]{year}\b)?", _season),
        (rf"\b{season}(?: of)?[ -]{year}\b", _season),
        (rf"\b(?P<feast>{_either(english['feasts'])})(?:[ -]{year})?(?!\w)", _feast),
        (rf"\b{since}{month}\b", _date),
        (rf"\b{since}{year}\b", _date),
        (r"\b(?P<two>the day before yesterday)\b", _day),
        (rf"\b(?P<name>today|yesterday)(?: {part})?\b", _day),
        (rf"\b(?:(?P<tonight>tonight)|(?P<this>this|last) {part})\b", _day),
        (rf"\b(?:last|past) {count} {units}\b", _past),
        (rf"\b(?P<which>this|last|past|previous) {units}\b", _period),
        (rf"\b(?:last|past|this|on|since|before|after|until) {weekdays}(?: {part})?\b", _weekday),
        (rf"\b{count} {units} ago\b", _ago),
        (r"\b(?P<hours>\d{1,3}|an?|few|couple of) (?:hour|minute)s? ago\b", _just_now),
    )  # fmt: skip
    return tuple((re.compile(pattern), reader) for pattern, reader in rows)


def times(text: str, now: datetime) -> tuple[Span, ...]:
    """Return the stretches of time that a text names, each once.

    Args:
        text: a question.
        now: what "yesterday" counts from; aware, in the asker's time zone if known.
    """
    folded = _in_english(text[:MAX_CHARS].casefold())
    if not any(word in _hints() or word[0].isdigit() for word in _WORD.findall(folded)):
        return ()  # most questions name no time, and need not be read pattern by pattern
    taken: list[tuple[int, int]] = []
    found: list[Span] = []
    for pattern, reader in _grammar():
        for match in pattern.finditer(folded):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            try:
                span = reader(match.groupdict(), now)
                if span is not None:
                    found.append(_open_ended(span, folded, match.start(), now))
            except (ValueError, OverflowError):  # 30 February, or before the calendar begins
                continue
    return tuple(dict.fromkeys(found))


def language(text: str) -> str:
    """Return "german", "french", "spanish", or "english" for everything else.

    By function words, of which two must be seen, and more than of another language.
    """
    words = re.findall(r"[^\W\d_]+", text[:MAX_CHARS].casefold())
    counts = {
        name: sum(word in known for word in words)
        for name in ("german", "french", "spanish")
        if (known := set(_data()[name]["known_by"].split()))
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] >= 2 else "english"  # noqa: PLR2004 - "die" and "as" are English too


def _in_english(text: str) -> str:
    spoken = language(text)
    if spoken == "english":
        return text
    for pattern, put in _translations(spoken):
        text = pattern.sub(put, text)
    return text


@cache
def _translations(
    spoken: str,
) -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]:
    """Return what is looked for in a language, and the English it is put into."""
    data = _data()[spoken]
    words: dict[str, str] = dict(data["units"]) | dict(data["seasons"])
    words |= dict(zip(data["days"].split(), _DAYS, strict=True))
    words |= dict(pair.split("=") for pair in data["counts"].split())
    named = dict(zip(data["months"].split(), _MONTHS, strict=True))
    holes = {
        "{n}": rf"(?P<n>\d{{1,3}}|{_either(dict(p.split('=') for p in data['counts'].split()))})",
        "{u}": rf"(?P<u>{_either({**data['units'], **data['seasons']})})",
        "{d}": rf"(?P<d>{_either(data['days'].split())})",
        "{h}": r"(?P<h>\w+)",
    }
    found: list[_Rule] = [
        (re.compile(rf"(?<!\w)(?:{_either(named)})(?!\w)"), lambda m: named[m[0]])
    ]
    found.extend(_translation(phrase, english, holes, words) for phrase, english in data["phrases"])
    return tuple(found)


def _translation(phrase: str, english: str, holes: dict[str, str], words: dict[str, str]) -> _Rule:
    for hole, pattern in holes.items():
        phrase = phrase.replace(hole, pattern)

    def put(match: re.Match[str]) -> str:
        said = english
        for name, value in match.groupdict().items():
            said = said.replace("{" + name + "}", words.get(value, value))
        return said

    return re.compile(rf"(?<!\w)(?:{phrase})(?!\w)"), put


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _open_ended(span: Span, text: str, at: int, now: datetime) -> Span:
    """Return the span as "since", "after" or "before" in front of it change it."""
    # The words stand inside the match ("before may") or just in front of it.
    said = re.search(r"(since|after|before|until|till)(?: the)?(?: (?:last|this))? ?$", text[:at])
    word = said[1] if said else (re.match(r"since|after|before|until|till", text[at:]) or [""])[0]
    end = max(now, span.end)
    if word == "since":
        return Span(span.start, end)
    if word == "after":
        return Span(span.end, end) if span.end < end else span
    if word in {"before", "until", "till"}:
        return Span(span.start - max(BEFORE, span.end - span.start), span.start)
    return span


def _begun(of_year: Callable[[int], Span], year: str | None, now: datetime) -> Span:
    """Return the span in a year; without one, the latest that has begun."""
    if year:
        return of_year(int(year))
    span = of_year(now.year)
    return span if span.start <= now else of_year(now.year - 1)


def _date(part: dict[str, str | None], now: datetime) -> Span:
    """Return the year, month or day meant."""
    month, day = part.get("month"), part.get("day")
    if not month:
        return months(int(part["year"] or now.year), 1, 12, now)
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
    if day:
        return _begun(lambda y: days(y, number, int(day), int(day), now), part.get("year"), now)
    return _begun(lambda y: months(y, number, 1, now), part.get("year"), now)


def _written(part: dict[str, str | None], now: datetime) -> Span:
    """Return the day of 31.12.2023 or 12/31/2023; a dot means that the day comes first.

    With a stroke and both numbers small, the day is taken to come first as well,
    as most of the world writes it.
    """
    first, second = int(part["day"] or 0), int(part["month"] or 0)
    if part["dot"] == "/" and second > _LATE_DAY:
        first, second = second, first
    return days(int(part["year"] or 0), second, first, first, now)


def _quarter(part: dict[str, str | None], now: datetime) -> Span:
    number = int(part["quarter"] or _ORDINALS[part["nth"] or "first"])
    return _begun(lambda y: months(y, 3 * number - 2, 3, now), part["year"], now)


def _season(part: dict[str, str | None], now: datetime) -> Span:
    first = _data()["english"]["seasons"][part["season"]]
    return _begun(lambda y: months(y, first, 3, now), part["year"], now)


def _feast(part: dict[str, str | None], now: datetime) -> Span:
    month, first, last = _data()["english"]["feasts"][part["feast"]]
    return _begun(lambda y: days(y, month, first, last, now), part["year"], now)


def _day(part: dict[str, str | None], now: datetime) -> Span:
    """Return today, yesterday or one before, or a part of it."""
    midnight = midnight_of(now)
    back = 2 if part.get("two") else 0
    if part.get("name") == "yesterday" or part.get("this") == "last":
        back = 1
    named = "night" if part.get("tonight") else part.get("part")
    return _part_of(Span(midnight - back * DAY, midnight - (back - 1) * DAY), named)


def _part_of(day: Span, named: str | None) -> Span:
    if not named:
        return day
    first, last = _data()["english"]["parts"][named]
    return replace(day, start=day.start + first * DAY / 24, end=day.start + last * DAY / 24)


def _past(part: dict[str, str | None], now: datetime) -> Span | None:
    return period("past", _unit(part), midnight_of(now), _count(part))


def _period(part: dict[str, str | None], now: datetime) -> Span:
    which = "last" if part["which"] == "previous" else str(part["which"])
    return period(which, str(part["unit"]), midnight_of(now))


def _weekday(part: dict[str, str | None], now: datetime) -> Span:
    number = _DAYS.index(part["weekday"] or "")
    return _part_of(weekday(number, midnight_of(now)), part["part"])


def _ago(part: dict[str, str | None], now: datetime) -> Span:
    return ago(_count(part), _unit(part), midnight_of(now))


def _just_now(_: dict[str, str | None], now: datetime) -> Span:
    return Span(midnight_of(now - DAY / 2), midnight_of(now) + DAY)


def _count(part: dict[str, str | None]) -> int:
    said = part["count"] or "1"
    counts: dict[str, int] = _data()["english"]["counts"]
    return int(said) if said.isdigit() else counts[said]


def _unit(part: dict[str, str | None]) -> str:
    unit = part["unit"] or "day"
    return {"weekend": "week", "quarter": "month"}.get(unit, unit)
