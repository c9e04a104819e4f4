"""Decides how a message falls into clauses, which are left alone, and how long one holds.

Knows the patterns of ``statements.toml``; refuses to know what a clause states.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

MOST_CLAUSES: Final = 24
"""Clauses that are read: nobody states more about themselves in one message."""
LONGEST: Final = 300
"""Characters of a clause that can be one statement."""
FOR_NOW: Final = timedelta(days=7)
"""How long "for now" holds: it names no end, and is rarely meant for long."""

_SENTENCES: Final = re.compile(r"(?<=[.!?…;])[\"')\]]*\s+|\n+")
_DOTTED: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|z\.b|etc|vs|approx|no|dr|mr|mrs|ms|st)\.)$", re.IGNORECASE
)
_COUNTS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


@dataclass(frozen=True, slots=True)
class Frame:
    """One way of stating something.

    Attributes:
        act: what is done with it.
        verb: how it is told of a person; "{verb}" is the verb that was matched.
        known: whether only a known thing will do as its object.
        named: whether its object must be a known thing or a name with a capital.
        patterns: each for the whole of a clause.
    """

    act: str
    verb: str
    known: bool
    named: bool
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The patterns, compiled. ``leave`` holds those that are looked for by name."""

    frames: tuple[Frame, ...]
    nouns: Mapping[str, str]
    leave: Mapping[str, re.Pattern[str]]
    until: tuple[re.Pattern[str], ...]
    weekdays: Mapping[str, int]
    units: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a sentence that may state one thing.

    Attributes:
        text: without polite words around it.
        said: the clause as it was said, for quoting it back.
        correction: the words that take back what was said before: "actually no"; empty if none.
        until: when it ends to hold, if that was said.
        to_keep: whether the person asked for it to be remembered.
        parts: the pieces of what is to be remembered, if they may state things of their own.
        sentence: the number of its sentence in the message.
    """

    text: str
    said: str
    correction: str
    until: datetime | None
    to_keep: bool
    parts: tuple[Clause, ...] = ()
    sentence: int = 0

    @property
    def corrects(self) -> bool:
        """Whether it takes back what was said before it."""
        return bool(self.correction)

    @property
    def denies(self) -> bool:
        """Whether it says so plainly: "no, …", "I meant …", not only "sorry, …"."""
        return phrases().leave["denial"].match(self.correction) is not None

    @property
    def retracts(self) -> bool:
        """Whether what was said is wrong, whatever is right: "actually no", "scratch that"."""
        return phrases().leave["retraction"].search(self.correction) is not None


@cache
def phrases() -> Phrases:
    """Return the patterns, read once: they come with the package and do not change."""
    raw: dict[str, Any] = tomllib.loads(
        files("learning.memory").joinpath("statements.toml").read_text("utf-8")
    )
    parts: dict[str, str] = raw["parts"]
    until = raw["until"]
    weekdays = {name: day for day, names in enumerate(until["weekdays"]) for name in names}
    endings = {"weekday": "|".join(weekdays)}
    shouted = raw["leave"].pop("shouted")
    return Phrases(
        frames=tuple(
            Frame(
                row["act"],
                row.get("verb", ""),
                row.get("known", False),
                row.get("named", False),
                tuple(re.compile(_filled(each, parts), re.IGNORECASE) for each in row["says"]),
            )
            for row in raw["frames"]
        ),
        nouns=raw["nouns"],
        leave={
            **{
                k: re.compile(_filled(v, parts), re.IGNORECASE | re.MULTILINE)
                for k, v in (raw["leave"] | raw["speech"]).items()
            },
            "shouted": re.compile(shouted),
            "places": re.compile(raw["leave"]["places"]),
        },
        until=tuple(
            re.compile(
                rf"^(?:{each}),?\s+(?=\S)|(?:^|[\s,]+)(?:{each.replace('?P<', '?P<end_')})$",
                re.IGNORECASE,
            )
            for each in (_filled(until[k], endings) for k in ("end", "this", "now", "span"))
        ),
        weekdays=weekdays,
        units=tuple(map(tuple, until["units"])),
    )


def bare(text: str) -> str:
    """Return the text in one normal form, with straight apostrophes."""
    return unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'")


def clauses(text: str, now: datetime) -> Iterator[Clause]:
    """Yield the clauses of a person's own words that may state something.

    Leaves out questions, hypotheses, reports, shouting and secrets; a message with irony or
    with orders to a model in it is left alone as a whole.
    """
    leave = phrases().leave
    if leave["irony"].search(text) or leave["orders"].search(text):
        return
    count = silent = number = 0
    held = ""
    for number, sentence in _stating(text):
        pieces = leave["joints"].sub("\n", sentence).split("\n")[: MOST_CLAUSES - count]
        count += len(pieces)
        if leave["remember"].match(sentence) is not None:
            if pieces and len(sentence) <= LONGEST:
                parts = tuple(_clause(piece, now, kept=True) for piece in pieces)
                whole = _clause(sentence, now, kept=True)
                yield replace(whole, parts=parts, sentence=number - silent)
            continue
        correction = ""
        for piece in pieces:
            said = f"{held}, {piece}" if held else piece
            held = ""
            if 1 < len(said) <= LONGEST:
                clause = _clause(said, now, correction)
                correction = clause.correction
                if clause.text or not correction:
                    yield replace(clause, sentence=number - silent)
                else:
                    held = said.strip(" ,")
        silent += bool(held)  # who only said "No." goes on with the sentence before
    if held:
        yield replace(_clause(held, now), sentence=number - silent + 1)


def _stating(text: str) -> Iterator[tuple[int, str]]:
    """Yield the sentences that can be taken at their word, numbered, without questions in them."""
    for number, sentence in enumerate(_sentences(bare(text))):
        told = phrases().leave["questions"].split(sentence, maxsplit=1)
        asked = sentence.rstrip().endswith("?") and len(told) == 1
        if not asked and not left_alone(told[0]):
            yield number, told[0]


def left_alone(sentence: str) -> bool:
    """Return whether a sentence cannot be taken at its word, or holds a secret."""
    leave = phrases().leave
    wishful = re.sub(
        r"\b(?:i|we)(?:'d| would) (?:like|love|rather)\b", "", sentence, flags=re.IGNORECASE
    )
    own = re.sub(r"\bas (?:i|we) (?:said|told you)\b", "", wishful, flags=re.IGNORECASE)
    return bool(
        leave["unsure"].search(leave["remember"].sub("", own))
        or leave["others"].search(own)
        or (leave["shouted"].search(sentence) and not sentence.isupper())
        or secret(sentence)
    )


def secret(text: str) -> bool:
    """Return whether a text seems to hold a password, a token or a card number."""
    return phrases().leave["secret"].search(text) is not None


def validity(clause: str, now: datetime) -> tuple[str, datetime | None]:
    """Return a clause without the words that say how long it holds, and when it ends to."""
    for pattern in phrases().until:
        if (match := pattern.search(clause)) is not None:
            rest = (clause[: match.start()] + clause[match.end() :]).strip(" ,")
            said = {k.removeprefix("end_"): v.casefold() for k, v in match.groupdict().items() if v}
            # Who moved this week did not move for the week.
            lasts = "this" in said and phrases().leave["changed"].match(rest)
            return rest, None if lasts else _end(said, now)
    return clause, None


def _end(said: Mapping[str, str], now: datetime) -> datetime | None:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if "now" in said:
        return now + FOR_NOW
    if "count" in said:
        count = _COUNTS.get(said["count"]) or int(said["count"])
        return now + timedelta(days=count * {"day": 1, "week": 7, "month": 30}[said["unit"]])
    named = said.get("day") or said["this"]
    if (weekday := phrases().weekdays.get(named)) is not None:
        # Said on a Friday, "until Friday" means the next one.
        return today + timedelta(days=((weekday - today.weekday() - 1) % 7) + 2)
    if named[0].isdigit():
        year, month, day = map(int, named.split("-"))
        try:
            return today.replace(year=year, month=month, day=day) + timedelta(days=1)
        except (ValueError, OverflowError):  # 30 February is no date, nor is the last day of all
            return None
    return _end_of(named, today)


def _end_of(named: str, today: datetime) -> datetime:
    """Return when the week, month, year or day ends that is named."""
    week, month_, year_ = (any(unit in named for unit in each) for each in phrases().units)
    if week:
        return today + timedelta(days=7 - today.weekday())
    if month_:
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if year_:
        return today.replace(year=today.year + 1, month=1, day=1)
    tomorrow = named in {"tomorrow", "morgen", "demain", "mañana"}
    return today + timedelta(days=2 if tomorrow else 1)


def _sentences(text: str) -> Iterator[str]:
    held = ""
    for piece in _SENTENCES.split(text):
        held = f"{held} {piece}".strip() if held else piece.strip()
        if held and not _DOTTED.search(held):
            yield held
            held = ""
    if held:
        yield held


def _clause(said: str, now: datetime, before_it: str = "", *, kept: bool = False) -> Clause:
    """Return a piece as a clause; ``before_it`` is the correction that its sentence began with."""
    leave = phrases().leave
    text = said.strip(" \t,;:–—-*_~")
    taken = leave["correction"].match(text)
    correction = taken[0] if taken else before_it
    text = text[taken.end() :] if taken else text
    before = ""
    while before != text:
        before = text
        for part in ("opening", "remember"):
            if (match := leave[part].match(text)) is not None:
                text = text[match.end() :]
    text = text.rstrip(" .!…;,:)*_~")
    if leave["changed"].match(text):
        text = leave["ago"].sub("", text)
    if kept:
        return Clause(leave["also"].sub("", text), said.strip(), correction, None, to_keep=True)
    text, until = validity(text, now)
    text = re.sub(rf"(?:{leave['closing'].pattern})$", "", text, flags=re.IGNORECASE)
    if until is None:
        text, until = validity(text, now)
    return Clause(text.strip(" .!,"), said.strip(), correction, until, to_keep=False)


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """Return a pattern with its named parts put in; quantifiers in braces stay as they are."""
    before = ""
    while before != pattern:
        before = pattern
        for name, part in parts.items():
            pattern = pattern.replace(f"{{{name}}}", part)
    return pattern
