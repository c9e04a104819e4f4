"""What people say of their week, as figures beside what they do in it.

Decides which days and hours an adjustment speaks of and how strongly, and how it is merged: 70
parts of what was done, 30 of what was said. Everything that a model proposes is checked here: a
number that is none, or far out of range, is refused; one a little out of range is bounded. By
``by_rules`` words are read without a model. Refuses to know where words come from, and never
adds to an earlier merge: adjustments stay beside the week, so that new ones take their place.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.kinds import kind_of
from learning.habits.week import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

WEIGHT: Final = 0.3
"""What is said, against what is done."""
LEAST: Final = 0.5
MOST: Final = 1.5
"""Between these a modifier is bounded."""
ABSURD: Final = 3.0
"""What is this large, or not above nothing, is no modifier at all, and is refused."""
MOST_ADJUSTMENTS: Final = 20
MOST_REASON: Final = 200

_HOURS: Final = 24
_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_GROUPS: Final[Mapping[str, tuple[int, ...]]] = {
    **dict.fromkeys(("all", "every", "any", "daily", "everyday", "*"), tuple(range(7))),
    **dict.fromkeys(("weekday", "workday"), (1, 2, 3, 4, 5)),
    "weekend": (0, 6),
}
_CLAUSE: Final = re.compile(r"[.;!?\n]+| but |, (?:and|though|however) |—")
_NOT: Final = re.compile(
    r"\b(?:not|no|never|isn't|aren't|don't|doesn't|hardly|barely|nicht|less)\b(?:\W+\w+){0,3}\W*$"
)
_BETWEEN: Final = re.compile(
    r"\b(?:between |from )?(?P<first>\d{1,2})(?::\d\d)? ?(?P<am>am|pm)? (?:and|to|until|till|-) "
    r"(?P<last>\d{1,2})(?::\d\d)? ?(?P<pm>am|pm)?\b"
)
_AFTER: Final = re.compile(
    r"\b(?P<side>after|before) (?P<hour>\d{1,2})(?::\d\d)? ?(?P<pm>am|pm)?\b"
)
_AT: Final = re.compile(r"\b(?:at|around) (?P<hour>\d{1,2})(?::\d\d)? ?(?P<pm>am|pm)?\b")
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How well some hours of the week suit somebody, by their own words.

    Attributes:
        days: of the week, Sunday is 0.
        hours: of those days.
        modifier: what the score of these hours is multiplied by, in [0.5, 1.5].
        reason: why, in a few words for the person.
        kind: the kind of work it is about; empty for all.
    """

    days: tuple[int, ...]
    hours: tuple[int, ...]
    modifier: float
    reason: str
    kind: str = ""

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots it speaks of."""
        return tuple(day * _HOURS + hour for day in self.days for hour in self.hours)

    def as_data(self) -> dict[str, Any]:
        """Return it as ``checked`` reads it."""
        return {
            "days": list(self.days),
            "hours": list(self.hours),
            "modifier": self.modifier,
            "reason": self.reason,
            "kind": self.kind,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a proposal can be used, and how much of it cannot."""

    adjustments: tuple[Adjustment, ...] = ()
    refused: int = 0


def merge(
    week: NDArray[np.float64], adjustments: Iterable[Adjustment], weight: float = WEIGHT
) -> NDArray[np.float64]:
    """Return a week of scores as people's words change it; the week itself stays as it is.

    Each slot is changed once: what several adjustments say of it is multiplied first, and
    bounded. The same adjustments on the same week give the same, however often.
    """
    factor = np.ones(SLOTS)
    for each in adjustments:
        factor[list(each.slots)] *= each.modifier
    factor = np.clip(factor, LEAST, MOST)
    return np.asarray(np.clip(week * (1 - weight) + week * factor * weight, 0.0, 1.0))


def read(answer: str) -> Checked:
    """Return the adjustments in a model's answer, which may stand in prose or in a fence.

    Raises:
        ValueError: if there is no list of anything in it.
    """
    decoder = json.JSONDecoder()
    for match in re.finditer(r"[\[{]", answer):
        try:
            found, _ = decoder.raw_decode(answer, match.start())
        except (ValueError, RecursionError):
            continue
        listed = found.get("adjustments") if isinstance(found, dict) else found
        if isinstance(listed, list) and all(isinstance(each, dict) for each in listed):
            return checked(listed)
    raise ValueError("no list of adjustments in the answer")


def checked(proposed: Sequence[object]) -> Checked:
    """Return what of a proposal keeps to the form; what does not is left out, and counted."""
    found = [_one(each) for each in proposed[:MOST_ADJUSTMENTS]]
    good = dict.fromkeys(each for each in found if each is not None)
    return Checked(tuple(good), len(proposed) - sum(each is not None for each in found))


def by_rules(sayings: Iterable[str], kinds: Sequence[str] = ()) -> tuple[Adjustment, ...]:
    """Return what sayings mean, read by rules; the later of two about the same hours holds.

    Args:
        sayings: what a person said, oldest first: "Fridays I crash".
        kinds: the names of their kinds of work; a saying that names one is about it alone.
    """
    found: dict[tuple[object, ...], Adjustment] = {}
    for saying in sayings:
        kind = kind_of(saying, kinds)
        for each in _said(saying, kind if kind in kinds else ""):
            key = (each.days, each.hours, each.kind)
            found.pop(key, None)
            found[key] = each
    return tuple(found.values())[-MOST_ADJUSTMENTS:]


def speaks_of_week(text: str) -> bool:
    """Return whether rules find anything in a text."""
    return next(_said(text, ""), None) is not None


def names_a_time(text: str) -> bool:
    """Return whether a text names a day, a part of the day or an hour at all."""
    folded = text.casefold()
    return bool(_days_in(folded) or _hours_in(folded))


def _one(raw: object) -> Adjustment | None:
    if not isinstance(raw, dict):
        return None
    modifier = raw.get("modifier")
    if isinstance(modifier, bool) or not isinstance(modifier, int | float):
        return None
    if not 0 < modifier < ABSURD:  # nor is what is no number, or too long for one
        return None
    days = _days(raw.get("days", raw.get("day_pattern")))
    hours = _hours(raw.get("hours", raw.get("hour_range")))
    reason, kind = raw.get("reason", ""), raw.get("kind", "")
    if not days or not hours or not isinstance(reason, str) or not isinstance(kind, str):
        return None
    bounded = round(min(max(float(modifier), LEAST), MOST), 3)
    return Adjustment(days, hours, bounded, _plain(reason)[:MOST_REASON], _named(kind))


def _plain(said: str) -> str:
    return "".join(c for c in " ".join(said.split()) if c.isprintable())


def _named(kind: str) -> str:
    return _plain(kind).casefold()[:60]


def _days(raw: object) -> tuple[int, ...]:
    """Return the days that "all", "tuesday", "weekdays", 2 or a list of such mean."""
    if isinstance(raw, list | tuple):
        if len(raw) > len(_DAYS) or any(isinstance(each, list | tuple) for each in raw):
            return ()
        return tuple(sorted({day for each in raw for day in _days(each)}))
    if isinstance(raw, int) and not isinstance(raw, bool):
        return (raw,) if 0 <= raw < len(_DAYS) else ()
    if not isinstance(raw, str):
        return ()
    found: set[int] = set()
    for word in re.findall(r"[a-z*]+", raw.casefold()):
        single = word.removesuffix("s")
        found.update(_GROUPS.get(word, _GROUPS.get(single, ())))
        found.update(n for n, day in enumerate(_DAYS) if single in {day, day[:3], day[:4]})
    return tuple(sorted(found))


def _hours(raw: object) -> tuple[int, ...]:
    """Return the hours of a list that there are."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = [raw]
    if not isinstance(raw, list | tuple):
        return ()
    whole = (int(h) for h in raw[: 2 * _HOURS] if _is_hour(h))
    return tuple(sorted(set(whole)))


def _is_hour(raw: object) -> bool:
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return number and raw in range(_HOURS)


def _said(saying: str, kind: str) -> Iterator[Adjustment]:
    reason = " ".join(saying.split())[:MOST_REASON]
    for part in _CLAUSE.split(" ".join(saying.casefold().replace("’", "'").split())):
        strength = _strength(part)
        if strength is None:
            continue
        days, hours = _days_in(part), _hours_in(part)
        if days or hours:
            every = tuple(range(len(_DAYS)))
            yield Adjustment(days or every, hours or tuple(range(_HOURS)), strength, reason, kind)


def _strength(clause: str) -> float | None:
    """Return how strongly a clause speaks for or against its time; nothing if it does not."""
    persons: Mapping[str, str] = _data()["persons"]
    words: Mapping[str, float] = _data()["words"]
    strengths = dict.fromkeys(persons, 1.2) | dict(words)
    for word in sorted(strengths, key=len, reverse=True):
        match = re.search(rf"\b{re.escape(word)}(?:s|es|ed|ing)?\b", clause)
        if match is not None:
            against = _NOT.search(clause[: match.start()])
            value = strengths[word]
            if not against:
                return value
            # Who never crashes does not thrive for that.
            return round(2 - value if value > 1 else 1 + (1 - value) / 2, 3)
    return None


def _days_in(clause: str) -> tuple[int, ...]:
    names = "|".join(_DAYS)
    said = re.findall(rf"\b(?:{names}|weekday|workday|weekend)s?\b", clause)
    return _days(list(dict.fromkeys(said))[: len(_DAYS)]) if said else ()


def _hours_in(clause: str) -> tuple[int, ...]:
    parts: Mapping[str, Sequence[int]] = _data()["parts"]
    persons: Mapping[str, str] = _data()["persons"]
    if match := _BETWEEN.search(clause):
        last_half = match["pm"]
        first = _hour(match["first"], match["am"] or (last_half if last_half == "am" else None))
        last = _hour(match["last"], last_half)
        if last_half == "pm" and not match["am"] and first + _NOON < last:
            first += _NOON  # "from 2 to 4 pm"
        return tuple(range(first, last)) if first < last <= _HOURS else ()
    if match := _AFTER.search(clause):
        hour = _hour(match["hour"], match["pm"])
        after = range(hour, _HOURS) if match["side"] == "after" else range(min(hour, _HOURS))
        return tuple(after)
    if match := _AT.search(clause):
        hour = _hour(match["hour"], match["pm"])
        return (hour,) if hour < _HOURS else ()
    for name, part in persons.items():
        if re.search(rf"\b{name}s?\b", clause):
            return tuple(sorted(parts[part]))
    found = {h for name, hs in parts.items() if re.search(rf"\b{name}s?\b", clause) for h in hs}
    if re.search(r"\bearly mornings?\b", clause):
        found = set(parts["early morning"])
    return tuple(sorted(found))


def _hour(said: str, half: str | None) -> int:
    hour = int(said)
    return hour % _NOON + (_NOON if half == "pm" else 0) if half and hour <= _NOON else hour


@cache
def _data() -> dict[str, Any]:
    text = files("learning.habits").joinpath("adjust.toml").read_text("utf-8")
    return tomllib.loads(text)
