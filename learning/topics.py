"""What a document or an answer is about, in a few words.

Decides which words and pairs of words tell a text apart from the others of its
workspace. Refuses to know where the other texts are: the caller says in how many
of them each word stands.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from learning.lexemes import idf, lexemes
from learning.lexicon import GENERIC, STOPWORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_TOPICS: Final = 5
MAX_CHARS: Final = 20_000
"""Characters of a text that are looked at, taken evenly from all of its passages."""
MAX_TITLES: Final = 200
"""Different headings of a document that are looked at."""
MOST_STEMS: Final = 120
"""Stems of a text that can become topics: those that it uses most."""

_TITLE, _HEADING, _NAME, _TEXT = 4, 2, 2, 1
"""How much a word counts, by where it stands: what something is called says most."""
_TOGETHER: Final = 0.25
"""Share of a word's uses that a pair must make up to be more than chance."""
_PAIR_WEIGHT: Final = 0.6
"""A pair has two words to be rare by; it stands before either, not before both."""
_REPEATED: Final = 2
_ENOUGH: Final = 3
_LONGEST_WORD: Final = 40
_LONGEST_ACRONYM: Final = 5
_MOST_DIGITS: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_JOIN = re.compile(r"[ \t_-]{0,2}")
"""What may stand between the two words of a pair."""

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Background:
    """How common words are where a text stands.

    Attributes:
        documents: how many texts there are.
        holding: stem → in how many of them it stands; one that is absent is in none.
    """

    documents: int = 0
    holding: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The words and pairs of words that a text could be about.

    Attributes:
        weights: stem or pair of stems → how often and how prominently it is used.
        shown: how the text spells each of them.
    """

    weights: Mapping[Key, float]
    shown: Mapping[Key, str]

    @property
    def stems(self) -> frozenset[str]:
        """Whose frequency in other texts matters."""
        return frozenset(stem for key in self.weights for stem in key)


def mentions(name: str, title: str, passages: Sequence[tuple[str, str]]) -> Mentions:
    """Return what a text could be about.

    Args:
        name: its path or address; empty for an answer.
        title: its own title; for an answer, the question.
        passages: its pieces, each with its heading.
    """
    weights: defaultdict[Key, float] = defaultdict(float)
    spelled: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for text, weight in _parts(name, title, passages):
        for line in text.splitlines():
            for key, surface in _keys(line):
                weights[key] += weight
                spelled[key][surface] += 1
    stems = sorted((key for key in weights if len(key) == 1), key=lambda k: (-weights[k], k))
    kept = {key[0] for key in stems[:MOST_STEMS]}
    chosen = {key: weight for key, weight in weights.items() if kept.issuperset(key)}
    return Mentions(
        chosen,
        {key: min(spelled[key].items(), key=lambda s: (-s[1], s[0]))[0] for key in chosen},
    )


def topics_of(found: Mentions, background: Background) -> tuple[str, ...]:
    """Return what a text is about, most telling first.

    A word is worth ``(1 + ln tf)·idf`` (Salton and Buckley, "Term-weighting
    approaches in automatic text retrieval", 1988), a pair the sum of its words'
    idf at its own frequency. Words that are used once tell little, so they only
    fill up; a word whose pair was taken says nothing more.
    """
    worth = {key: _worth(key, weight, found, background) for key, weight in found.weights.items()}
    order = sorted((key for key, value in worth.items() if value > 0), key=lambda k: (-worth[k], k))
    repeated = [key for key in order if found.weights[key] >= _REPEATED]
    once = [key for key in order if found.weights[key] < _REPEATED]
    chosen: list[Key] = []
    for key in (*repeated, *once):
        full = MOST_TOPICS if found.weights[key] >= _REPEATED else _ENOUGH
        if len(chosen) < full and not any(set(key) & set(other) for other in chosen):
            chosen.append(key)
    return tuple(found.shown[key] for key in chosen)


def stems_of(topic: str) -> frozenset[str]:
    """Return what topics are compared by: "retry policies" is "Retry policy"."""
    return frozenset(
        stem
        for match in _WORD.finditer(topic)
        for part in _humps(match[0])
        for stem, _ in _stems(part)
    )


def _worth(key: Key, weight: float, found: Mentions, background: Background) -> float:
    rare = sum(idf(background.holding.get(stem, 0), background.documents) for stem in key)
    if len(key) == 1:
        return rare * (1 + math.log(weight))
    if weight < _REPEATED or weight < _TOGETHER * max(found.weights[(stem,)] for stem in key):
        return 0.0
    return _PAIR_WEIGHT * rare * (1 + math.log(weight))


def _parts(name: str, title: str, passages: Sequence[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    yield title[:MAX_CHARS], _TITLE
    last = name.rstrip("/").rpartition("/")[2]
    yield last.rpartition(".")[0] or last, _NAME
    headings = dict.fromkeys(heading for heading, _ in passages if heading)
    for heading in list(headings)[:MAX_TITLES]:
        yield heading.replace("›", "\n").replace(".", "\n")[:MAX_CHARS], _HEADING
    share = MAX_CHARS // max(1, len(passages))
    for _, text in passages[:MAX_CHARS]:
        yield text[: max(1, share)], _TEXT


def _keys(line: str) -> Iterator[tuple[Key, str]]:
    """Yield the words of a line and the pairs that stand side by side."""
    words = list(_words(line))
    for stem, surface, _, _ in words:
        yield (stem,), surface
    for (a, first, _, end), (b, second, start, _) in pairwise(words):
        if a != b and _JOIN.fullmatch(line, end, start):
            yield (a, b), f"{first} {second}"


def _words(line: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield stem, spelling, beginning and end of each word that can be a topic."""
    for match in _WORD.finditer(line):
        at = match.start()
        for part in _humps(match[0]):
            start = line.index(part, at)
            at = start + len(part)
            for stem, surface in _stems(part):
                yield stem, surface, start, at


def _humps(word: str) -> Iterable[str]:
    return _HUMP.findall(word) if word.isascii() and not word.islower() else (word,)


# Bounded, and holds single words only; a text cannot be read back from it.
@lru_cache(maxsize=32_768)
def _stems(word: str) -> tuple[tuple[str, str], ...]:
    """Return the stems of a word with how to show each; none if it says nothing."""
    folded = word.casefold()
    if len(word) > _LONGEST_WORD or folded in _silent():
        return ()
    if sum(ch.isdigit() for ch in word) > _MOST_DIGITS or not any(ch.isalpha() for ch in word):
        return ()
    if word.isascii() and len(word) < 3 and not (len(word) == 2 and word.isupper()):  # noqa: PLR2004
        return ()
    surface = word if word.isupper() and 1 < len(word) <= _LONGEST_ACRONYM else folded
    found = list(lexemes(word))
    if word.isascii() or len(found) == 1:
        return tuple((stem, surface) for stem in found[:1])
    # Scripts without spaces give pairs of characters, which are mostly words.
    return tuple((stem, stem) for stem in found)


@lru_cache(maxsize=1)
def _silent() -> frozenset[str]:
    text = files("learning").joinpath("topics.toml").read_text("utf-8")
    words = (word for value in tomllib.loads(text).values() for word in value.split())
    return frozenset(words) | STOPWORDS | GENERIC
