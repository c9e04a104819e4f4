"""Decides which technologies and tastes a text names, and what each of them answers.

Knows the table in ``things.toml``; refuses to know who speaks and whether they want the
thing or are rid of it. A spelling that is also a plain word ("go", "rust", "dark") counts
only where its surroundings say that the thing is meant.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_Sureness = Literal["sure", "shy", "strict"]

_TOKEN: Final = re.compile(r"\.?[^\W_]+(?:\.[^\W_]+|[+#]+)*")
_JOINT: Final = re.compile(r"[\s\-_/&]{1,3}|'")
_BESIDE: Final = re.compile(r"\s*(?:,|/|\+|&|\band\b|\bor\b|\bwith\b|\bund\b|\bet\b|\by\b)\s*")
_MOST_WORDS: Final = 4
_NEAR: Final = 60
"""Characters in which what makes a plain word a thing may stand before it."""
_ARTICLES: Final = ("the ", "a ", "an ", "der ", "die ", "das ", "le ", "la ", "el ")
NOT: Final = "not:"
"""What stands before the value of something that is rejected: "not:tabs"."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something a person may use or like.

    Attributes:
        slot: what it answers: "language", "deployment".
        value: its name as it is compared, folded.
        name: its name as it is spelled.
        exclusive: whether a person has one of its kind at a time.
    """

    slot: str
    value: str
    name: str
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing, and from where to where a text names it."""

    thing: Thing
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Slot:
    exclusive: bool
    taste: bool
    says: str
    before: frozenset[str]
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    spellings: Mapping[tuple[str, ...], tuple[Thing, _Sureness]]
    named: Mapping[tuple[str, str], Thing]
    slots: Mapping[str, _Slot]
    after: frozenset[str]


def folded(text: str) -> str:
    """Return a name as it is compared: lower case, without accents and doubled spaces."""
    if text.isascii():
        return " ".join(text.casefold().split())
    letters = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return " ".join("".join(c for c in letters if unicodedata.category(c) != "Mn").split())


def thing(text: str) -> Thing | None:
    """Return the thing that the whole of a text names; ``None`` if it is no known one.

    The caller knows that a thing is meant, so plain words count too.
    """
    bare = folded(text).lstrip(" ,;:!?\"'`").rstrip(" .,;:!?\"'`")
    for each in (bare, *(bare.removeprefix(a) for a in _ARTICLES if bare.startswith(a))):
        if (found := _table().spellings.get(_words(each))) is not None:
            return found[0]
    return None


def things_in(text: str) -> tuple[Thing, ...]:
    """Return the things that running text names, each once, in its order."""
    return tuple(dict.fromkeys(mention.thing for mention in mentions(text)))


def mentions(text: str) -> tuple[Mention, ...]:
    """Return every place where running text names a thing; the longest spelling wins."""
    tokens = [(folded(m.group()), m) for m in _TOKEN.finditer(text)]
    found: list[tuple[Mention, bool]] = []
    at = 0
    while at < len(tokens):
        match = _longest(text, tokens, at)
        if match is None:
            at += 1
            continue
        known, sureness, count = match
        mention = Mention(known, tokens[at][1].start(), tokens[at + count - 1][1].end())
        sure = sureness == "sure" or _meant(text, tokens, at, count, known, sureness)
        found.append((mention, sure))
        at += count
    return tuple(m for n, (m, sure) in enumerate(found) if sure or _beside(text, found, n))


def of_value(slot: str, value: str) -> Thing | None:
    """Return the known thing with this slot and folded value."""
    return _table().named.get((slot, value))


def is_exclusive(slot: str) -> bool:
    """Return whether only one value of a slot holds at a time.

    Slots outside the table are those of one answer: a name, a place, a favourite colour.
    """
    known = _table().slots.get(slot)
    return bool(slot) if known is None else known.exclusive


def is_taste(slot: str) -> bool:
    """Return whether liking a thing of the slot is as good as choosing it."""
    known = _table().slots.get(slot)
    return known is not None and (known.taste or not known.exclusive)


def said(slot: str, name: str) -> str:
    """Return what is told of a person who has this thing: "deploys to Fly"."""
    known = _table().slots.get(slot)
    return (known.says if known else "uses {}").replace("{}", name)


def _longest(
    text: str, tokens: list[tuple[str, re.Match[str]]], at: int
) -> tuple[Thing, _Sureness, int] | None:
    spellings = _table().spellings
    for count in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
        words = tuple(word for word, _ in tokens[at : at + count])
        if (known := spellings.get(words)) is not None and all(
            _JOINT.fullmatch(text, tokens[n][1].end(), tokens[n + 1][1].start())
            for n in range(at, at + count - 1)
        ):
            return (*known, count)
    return None


def _meant(
    text: str,
    tokens: list[tuple[str, re.Match[str]]],
    at: int,
    count: int,
    known: Thing,
    sureness: _Sureness,
) -> bool:
    """Return whether a plain word is meant as the thing, by what stands around it."""
    slot = _table().slots[known.slot]
    match = tokens[at][1]
    if sureness == "shy" and at and match.group()[0].isupper() and not text.isupper():
        between = text[tokens[at - 1][1].end() : match.start()]
        if not set(between) & set('.!?:;\n"“«*•') and not tokens[at - 1][1].group()[0].isupper():
            return True
    if at + count < len(tokens) and tokens[at + count][0] in _table().after:
        return True
    if not at or tokens[at - 1][0] not in slot.before:
        return False
    before = folded(text[max(0, match.start() - _NEAR) : match.start()])
    return not slot.near or any(cue in before for cue in slot.near)


def _beside(text: str, found: list[tuple[Mention, bool]], n: int) -> bool:
    """Return whether a plain word is listed together with a thing beyond doubt."""
    here = found[n][0]
    for other, sure in (found[m] for m in (n - 1, n + 1) if 0 <= m < len(found)):
        first, second = sorted((here, other), key=lambda mention: mention.start)
        if sure and _BESIDE.fullmatch(text, first.end, second.start):
            return True
    return False


def _words(text: str) -> tuple[str, ...]:
    return tuple(folded(m.group()) for m in _TOKEN.finditer(text))


@cache
def _table() -> _Table:
    """Return the table, read once: it comes with the package and does not change."""
    raw: dict[str, Any] = tomllib.loads(
        files("learning.memory").joinpath("things.toml").read_text("utf-8")
    )
    cues = raw.pop("cues")
    spellings: dict[tuple[str, ...], tuple[Thing, _Sureness]] = {}
    named: dict[tuple[str, str], Thing] = {}
    slots: dict[str, _Slot] = {}
    for slot, row in raw.items():
        exclusive = row.get("exclusive", False)
        slots[slot] = _Slot(
            exclusive=exclusive,
            taste=row.get("taste", False),
            says=row.get("says", "uses {}"),
            before=frozenset(row.get("before", cues["before"])),
            near=tuple(row.get("near", ())),
        )
        for name, others in row["things"].items():
            each = Thing(slot, folded(name), name, exclusive)
            named[slot, each.value] = each
            # A marked spelling comes last: it may doubt the proper name itself.
            for spelling in (name, *others):
                sureness: _Sureness = {"?": "shy", "!": "strict"}.get(spelling[-1], "sure")  # type: ignore[assignment]
                spellings[_words(spelling.rstrip("?!"))] = (each, sureness)
    return _Table(spellings, named, slots, frozenset(cues["after"]))
