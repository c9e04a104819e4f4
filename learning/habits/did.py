"""Reads what a person says they did: "deep coding yesterday at 9 90m well: no interruptions".

Decides what of the line is the work, when it began, how long it took, how it went, and what is a
remark. Refuses to look into the future, and to guess a rating that is out of range: then it says
so in words. Times are those of the person's own clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from learning.due import lasting
from learning.spans import midnight_of

MOST_CHARS: Final = 500
"""The longest line that is read."""
FURTHEST: Final = timedelta(days=366)
"""How long ago something can have been done."""
LONGEST: Final = timedelta(hours=16)

WORDS: Final = {
    **dict.fromkeys(("great", "perfectly", "excellent", "brilliantly"), 1.0),
    **dict.fromkeys(("well", "good", "fine"), 0.9),
    **dict.fromkeys(("ok", "okay", "so-so"), 0.6),
    **dict.fromkeys(("badly", "bad", "poorly"), 0.2),
    **dict.fromkeys(("terribly", "awfully", "failed"), 0.0),
}
"""What people say of how something went, in [0, 1]."""

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS: Final = {"morning": 9, "afternoon": 14, "evening": 18, "night": 21}
_NOON: Final = 12
_DAY_HOURS: Final = 24
_DAY: Final = timedelta(days=1)
_SPAN: Final = re.compile(
    r"\s(?:from|between) (?P<one>\d{1,2})(?::(?P<past>[0-5]\d))? ?(?P<am>[ap]m)? ?"
    r"(?:to|until|till|and|-|–) ?(?P<two>\d{1,2})(?::(?P<until>[0-5]\d))? ?(?P<half>[ap]m)?"
    rf"(?: (?P<day>today|yesterday|(?:on |last )?(?:{'|'.join(_DAYS)})))?"
    rf"(?=$|[,;:]| (?:{'|'.join(WORDS)}|\d{{1,3}}[%/]|[-–—] ))",
    re.IGNORECASE,
)
_DECIMAL: Final = re.compile(r"(\d{1,3}\.\d) ?h", re.IGNORECASE)


class NotDone(ValueError):  # noqa: N818 - the field's word for this outcome
    """A line that says nothing that could have been done; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Did:
    """What somebody says they did.

    Attributes:
        work: what they call it.
        at: when it began; aware, in UTC.
        minutes: how long it took; nothing if they did not say.
        success: how it went, in [0, 1]; nothing if they did not say.
        comment: what else they said.
    """

    work: str
    at: datetime
    minutes: int | None = None
    success: float | None = None
    comment: str = ""


def did(line: str, now: datetime) -> Did:
    """Return what a line says was done.

    Args:
        line: what follows the command's name.
        now: aware, in the time zone of whoever says it.

    Raises:
        NotDone: if it says nothing of the kind, or what cannot have been.
    """
    said, comment = _parted(_SPAN.sub(_spanned, " ".join(line[:MOST_CHARS].split()), count=1))
    at: datetime | None = None
    length: timedelta | None = None
    success: float | None = None
    while True:
        before = said
        if success is None and (rated := _rating().search(said)):
            success, said = _rated(rated), said[: rated.start()]
        if length is None and (long := _length().search(said)):
            length, said = _long(long), said[: long.start()]
        if at is None and (when := _when().search(said)):
            at, said = _past(when, now), said[: when.start()]
        said = said.rstrip(" ,;")
        if said == before:
            break
    if not said:
        raise NotDone("Say what you did: `did deep coding 90m well`.")
    if at is None:
        at = now.astimezone(UTC) - (length or timedelta())
    if at > now:
        raise NotDone("That is still to come. Tell me once it is done.")
    if now - at > FURTHEST:
        raise NotDone("That is more than a year ago: too long to say anything of your week.")
    minutes = None if length is None else round(length.total_seconds() / 60)
    return Did(said, at.astimezone(UTC), minutes, success, comment)


def rating(said: str) -> float:
    """Return a rating in [0, 1]: "0.9", "4/5", "90%".

    Raises:
        NotDone: if it is none, or out of range.
    """
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)(?:(%)|/(\d{1,3}))?", said.strip())
    of = 100.0 if match is None or match[2] else float(match[3] or 1)
    if match is None or not of:
        raise NotDone("Give a rating as in 0.9, 4/5 or 90%.")
    value = float(match[1]) / of
    if value > 1:
        raise NotDone(f"{said.strip()} is out of range: a rating goes from 0 to {of:g}.")
    return value


def _parted(line: str) -> tuple[str, str]:
    """Return what was done, and the remark behind it."""
    mark = re.search(r":(?=\s)| [-–—] |, (?=but |and |because )| because ", line)
    if mark is not None:
        rest = line[mark.end() :] if mark[0] != " because " else f"because {line[mark.end() :]}"
        return line[: mark.start()].strip(), rest.strip()
    ends = [*_rating_inside().finditer(line)]
    if ends and line[ends[-1].end() :].strip():
        return line[: ends[-1].end()].strip(), line[ends[-1].end() :].strip(" ,.;")
    return line.strip(" ."), ""


def _rated(match: re.Match[str]) -> float:
    word = match[1].casefold()
    return WORDS[word] if word in WORDS else rating(match[1])


def _long(match: re.Match[str]) -> timedelta:
    first, second = match["first"], match["second"]
    decimal = _DECIMAL.match(first)
    length = timedelta(hours=float(decimal[1])) if decimal else lasting(first) or timedelta()
    length += (lasting(f"{second}m") or timedelta()) if second else timedelta()
    if not timedelta(minutes=1) <= length <= LONGEST:
        raise NotDone(f"Say how long in minutes or hours, at most {LONGEST.seconds // 3600} h.")
    return length


def _spanned(match: re.Match[str]) -> str:
    """Return "at 9 120m" for "from 9 to 11"; as it was, if it is no stretch of a day."""
    half = match["half"] or ""
    ends = []
    for hour, minute, own in (("one", "past", "am"), ("two", "until", "half")):
        said = int(match[hour]), int(match[minute] or 0)
        late = (match[own] or half).casefold() == "pm" and said[0] < _NOON
        ends.append(said[0] * 60 + said[1] + late * _NOON * 60)
    length = ends[1] - ends[0]
    if not 0 < length <= LONGEST.total_seconds() / 60 or ends[1] > _DAY_HOURS * 60:
        return match[0]
    at = f"{ends[0] // 60}:{ends[0] % 60:02}"
    return " ".join(["", *filter(None, [match["day"], f"at {at} {length}m"])])


def _past(match: re.Match[str], now: datetime) -> datetime:
    """Return the time in the past that is meant."""
    part = {n.rstrip("_"): v.casefold() for n, v in match.groupdict().items() if v}
    if "ago" in part:
        return (now.astimezone(UTC) - (lasting(part["ago"]) or timedelta())).astimezone(now.tzinfo)
    try:
        day = _day(part, now)
        hour, minute = _clock(part, now)
        at = (day or midnight_of(now)).replace(hour=hour, minute=minute)
    except ValueError:
        raise NotDone("There is no such time. Say it as in: yesterday at 14:30.") from None
    if day is None and at > now:  # "at 22:00", said in the morning
        at -= _DAY
    return at


def _day(part: dict[str, str], now: datetime) -> datetime | None:
    midnight = midnight_of(now)
    if "date" in part:
        year, month, number = map(int, part["date"].split("-"))
        return midnight.replace(year=year, month=month, day=number)
    if "weekday" in part:
        back = (midnight.weekday() - _DAYS.index(part["weekday"])) % 7
        return midnight - (back or (0 if "last" not in part else 7)) * _DAY
    if part.get("near") in {"yesterday", "last night"}:
        return midnight - _DAY
    return midnight if "near" in part or "this" in part else None


def _clock(part: dict[str, str], now: datetime) -> tuple[int, int]:
    if "hour" not in part:
        night = "night" if part.get("near") == "last night" else ""
        named = part.get("part") or part.get("this") or night
        if named:
            return _PARTS[named], 0
        return now.hour, now.minute
    hour, minute = int(part["hour"]), int(part.get("minute", 0))
    if "half" in part:
        if not 1 <= hour <= _NOON:
            raise ValueError("twelve hours have no such hour")
        hour = hour % _NOON + (_NOON if part["half"].startswith("p") else 0)
    return hour % _DAY_HOURS if hour == _DAY_HOURS and not minute else hour, minute


@cache
def _when() -> re.Pattern[str]:
    """Return the pattern of a time at the end of what was said."""
    part = rf"(?P<part>{'|'.join(_PARTS)})"
    day = (
        rf"(?:(?P<date>\d{{4}}-\d\d?-\d\d?)|(?:on )?(?P<last>last )?(?P<weekday>{'|'.join(_DAYS)})"
        rf"|(?P<near>today|yesterday|last night))(?: {part})?"
    )
    hour = r"(?P<hour#>\d{1,2})(?::(?P<minute#>\d\d))?(?: ?(?P<half#>[ap]\.?m\.?))?"
    dated = rf"{day}(?:[ T](?:at |@ ?)?{hour.replace('#', '')})?"
    lone = rf"(?:at |@ ?){hour.replace('#', '_')}"
    ago = r"(?P<ago>(?:\d{1,3}|an?|half an) ?(?:minutes?|mins?|hours?|h|days?)) ago"
    this = rf"this (?P<this>{'|'.join(_PARTS)})"
    return re.compile(rf"(?:^|\s)(?:{dated}|{lone}|{ago}|{this})$", re.IGNORECASE)


@cache
def _length() -> re.Pattern[str]:
    return re.compile(
        r"(?:^|\s)(?:for )?(?P<first>\d{1,4}(?:\.\d)? ?(?:minutes?|mins?|m|hours?|hrs?|h)"
        r"|(?:half an|an) hour)(?: ?(?P<second>\d{1,2}) ?(?:minutes?|mins?|m)?)?$",
        re.IGNORECASE,
    )


@cache
def _rating() -> re.Pattern[str]:
    words = "|".join(sorted(WORDS, key=len, reverse=True))
    return re.compile(rf"(?:^|\s)({words}|\d{{1,3}}(?:\.\d)?/\d{{1,3}}|\d{{1,3}}%)$", re.IGNORECASE)


@cache
def _rating_inside() -> re.Pattern[str]:
    return re.compile(_rating().pattern.removesuffix("$") + r"(?=[\s,.;])", re.IGNORECASE)
