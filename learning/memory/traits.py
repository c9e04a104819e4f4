"""Decides what a request asks for, as things that can be counted.

What people ask for again and again says what they like, without their saying so. Refuses to
know who asks and what was asked before. A question about a thing is no wish for it, and what a
request rules out ("not in Java") is no trait of it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from learning.memory.phrases import bare
from learning.memory.quoted import own_words
from learning.memory.things import Mention, mentions, thing

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TRAITS: Final = 24
"""A request that names more is a list of things, not a wish for them."""

_SENTENCES: Final = re.compile(r"(?<=[.!?…;])\s+|\n+")
_FENCED: Final = re.compile(r"^\s{0,3}(?:`{3,}|~{3,})[ \t]*([A-Za-z+#.-]{1,20})", re.MULTILINE)
_MOST_FENCES: Final = 20
_BARE_WORDS: Final = 16
_BEFORE: Final = 40
"""Characters before a thing in which a denial of it stands."""
_NUMBER: Final = (
    r"(?<![\w.,:/-])(\d{1,3}(?:[,.]\d{3})+|\d{1,6}(?:\.\d{1,2})?)\+?"
    r"(?:\s?(?:-|–|to|bis|à|a)\s?(\d{1,6}))?[ -]?"
)
_SPELLED: Final = {
    word: float(number)
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        1,
    )
}


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that a request asks for.

    Attributes:
        slot: what it is about: "language", "tempo_bpm".
        value: what it is, folded; empty for a number.
        number: how much; ``None`` for a value.
    """

    slot: str
    value: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class _Rules:
    asking: re.Pattern[str]
    asked: re.Pattern[str]
    sentence: re.Pattern[str]
    denied: re.Pattern[str]
    leaves: re.Pattern[str]
    topic: re.Pattern[str]
    listed: re.Pattern[str]
    numbers: tuple[tuple[str, float, re.Pattern[str]], ...]


def traits(text: str) -> tuple[Trait, ...]:
    """Return what a request asks for, each once; nothing for a text that asks for nothing."""
    found: dict[Trait, None] = {}
    wished = False
    for sentence in _SENTENCES.split(bare(own_words(text))):
        if _wish(sentence.strip(" -*•\t")):
            wished = True
            found.update(dict.fromkeys(_named(sentence)))
            found.update(dict.fromkeys(_counted(sentence)))
    if wished:
        found.update(dict.fromkeys(_fenced(text)))
    return tuple(found) if len(found) <= MOST_TRAITS else ()


def _wish(sentence: str) -> bool:
    """Return whether a sentence asks for something to be made."""
    rules = _rules()
    if not sentence:
        return False
    if rules.asked.match(sentence):
        return True
    if sentence.endswith("?") or rules.asking.match(sentence):
        return False
    return len(sentence.split()) <= _BARE_WORDS and not rules.sentence.search(sentence)


def _named(sentence: str) -> Iterator[Trait]:
    denied: Mention | None = None
    for mention in mentions(sentence):
        if _denied(sentence, mention, denied):
            denied = mention
        else:
            yield Trait(mention.thing.slot, mention.thing.value)


def _denied(sentence: str, mention: Mention, before: Mention | None) -> bool:
    """Return whether a thing is ruled out, by a word before it or with the one before it."""
    rules = _rules()
    if before and rules.listed.fullmatch(sentence, before.end, mention.start):
        return True
    left = sentence[max(0, mention.start - _BEFORE) : mention.start]
    if rules.topic.search(left):
        return True
    match = rules.denied.search(left)
    if match is None:
        return False
    # "From" rules out where one comes from only if it is said where one goes to.
    return (
        match.group().strip().casefold() != "from"
        or rules.leaves.search(sentence, mention.end) is not None
    )


def _counted(sentence: str) -> Iterator[Trait]:
    for slot, one, pattern in _rules().numbers:
        for match in pattern.finditer(sentence):
            low, high, word = match.group(1), match.group(2), match.group(3)
            if re.search(r"\bnot $", sentence[: match.start()], re.IGNORECASE):
                continue
            number = _SPELLED[word.casefold()] if word else _value(low)
            if high:  # a range stands for its middle
                number = (number + _value(high)) / 2
            if number > 0:
                yield Trait(slot, "", round(number * one, 4))


def _value(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[,.]\d{3})+", digits):
        return float(re.sub(r"[,.]", "", digits))
    return float(digits)


def _fenced(text: str) -> Iterator[Trait]:
    """Yield the languages of fenced code: who pastes Python wants Python back."""
    for number, match in enumerate(_FENCED.finditer(text)):
        if number == _MOST_FENCES:
            return
        if (known := thing(match[1])) is not None and known.slot == "language":
            yield Trait(known.slot, known.value)


@cache
def _rules() -> _Rules:
    """Return the patterns, read once: they come with the package and do not change."""
    raw: dict[str, Any] = tomllib.loads(
        files("learning.memory").joinpath("traits.toml").read_text("utf-8")
    )
    spelled = "|".join(_SPELLED)

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    return _Rules(
        asking=compiled(raw["asking"]),
        asked=compiled(raw["asked"]),
        sentence=compiled(raw["sentence"]),
        denied=compiled(raw["denied"]),
        leaves=compiled(raw["leaves"]),
        topic=compiled(raw["topic"]),
        listed=compiled(raw["list"]),
        numbers=tuple(
            (
                row["slot"],
                row.get("one", 1.0),
                compiled(rf"(?:{_NUMBER}|\b({spelled})[ -])(?:{row['unit']})(?!\w)"),
            )
            for row in raw["numbers"]
        ),
    )
