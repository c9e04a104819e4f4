"""Ways to tell a right answer from a wrong one without running it and without a judge.

Decides a score in [0, 1] from the text alone. Refuses to know who answered.
Every check wants one committed answer: a text that lists all possible ones,
takes both sides or repeats the question gets nothing.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from learning.seeding.statement import MAX_READ, bare, conclusion, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<digits>[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)(?!\d)"
    r"(?:\s*[×x*]\s*10\s*(?:\^|\*\*)\s*\{?(?P<power>[-+]?\d{1,3})\}?|e(?P<e>[-+]?\d{1,3}))?"
    r"(?:\s*/\s*(?P<under>\d+(?:\.\d+)?))?",
    re.IGNORECASE,
)
_FENCED: Final = re.compile(r"```[\w+-]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_LETTER: Final = re.compile(r"(?<![A-Za-z'])([A-F])(?![A-Za-z'])")
_ARTICLE: Final = re.compile(r"(?<![A-Za-z'])A(?=\s+(?!or\b|and\b)[a-z])")
_OPTION_LINE: Final = re.compile(r"^[\s*_\-]*\(?[A-F][).:]", re.MULTILINE)
_DENIED: Final = re.compile(r"(?:\b(?:not|never|neither|nor|isn't|rather than)\s+(?:\w+\s+)?)$")
_OR: Final = re.compile(r"\W*\b(?:or|either|maybe|perhaps)\b\W*(?:\w+\W+){0,2}")
_LOOSE: Final = re.compile(r"[\s,;|*\-]*(?:and\b)?[\s,;|*\-]*")
_WORDS: Final = 60
"""A conclusion that names one thing is not longer."""
_MANY: Final = 12
"""Different numbers in a conclusion that does not say which of them it is."""
_LISTED: Final = 6
"""Short items in a row that make a text a list."""


class Check(Protocol):
    """Tells how right an answer is."""

    @property
    def instruction(self) -> str:
        """How the question asks for the form that the check reads; may be empty."""

    def score(self, answer: str) -> float:
        """Return 0 for wrong, 1 for right; what lies between is partly right."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number.

    Attributes:
        value: the right one.
        tolerance: the largest absolute difference that is still right.
    """

    value: float
    tolerance: float = 1e-9

    @property
    def instruction(self) -> str:
        """Ask for a marked number."""
        return "End with a line that begins with “Answer:” and then has just the number."

    def score(self, answer: str) -> float:
        """Score the number that the answer concludes with."""
        stated = conclusion(answer)
        found = [(match, _value(match)) for match in _NUMBER.finditer(stated.text)]
        if not found or self._undecided(stated.text, found, stated.marked):
            return 0.0
        # In "6 × 7 = 42" what follows the sign is meant.
        meant = [value for match, value in found if match.start() > stated.text.rfind("=")]
        values = meant or [value for _, value in found]
        return float(self._same(values[0] if stated.marked else values[-1], self.value))

    def _same(self, one: float, other: float) -> bool:
        return abs(one - other) <= self.tolerance + 1e-9 * abs(self.value)

    def _undecided(
        self, text: str, found: Sequence[tuple[re.Match[str], float]], marked: bool
    ) -> bool:
        """Return whether numbers are offered to choose from."""
        if not marked and len({value for _, value in found}) > _MANY:
            return True
        pairs = list(pairwise(found))
        for number, ((one, value), (other, next_value)) in enumerate(pairs, 1):
            gap = text[one.end() : other.start()].casefold()
            ends = number == len(pairs) or marked
            if not self._same(value, next_value) and (
                _OR.fullmatch(gap) or (ends and _LOOSE.fullmatch(gap))
            ):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Word:
    """One name for a thing.

    Attributes:
        accepted: every right one, as people write them; letter case does not matter.
        wrong: what else might be said; naming one of these is taking two sides.
    """

    accepted: Sequence[str]
    wrong: Sequence[str] = ()

    @property
    def instruction(self) -> str:
        """Ask for a marked word."""
        return "End with a line that begins with “Answer:” and then names just that."

    def score(self, answer: str) -> float:
        """Score the word that the answer concludes with."""
        stated = conclusion(answer).text
        if len(stated.split()) > _WORDS or _enumerates(stated):
            return 0.0
        if any(_affirmed(stated, word) for word in self.wrong):
            return 0.0
        return float(any(_affirmed(stated, word) for word in self.accepted))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options that the question names by letter."""

    letter: str

    @property
    def instruction(self) -> str:
        """Ask for a marked letter."""
        return "End with a line that begins with “Answer:” and then has just the letter."

    def score(self, answer: str) -> float:
        """Score the letter that the answer concludes with."""
        stated = conclusion(answer)
        if not stated.marked and len(_OPTION_LINE.findall(stated.text)) > 1:
            return 0.0
        text = stated.text
        if bare(text) != "A":
            text = _ARTICLE.sub("", text)
        if not stated.marked and len(text.split()) > _WORDS:
            return 0.0
        return float(set(_LETTER.findall(text)) == {self.letter})


@dataclass(frozen=True, slots=True)
class Exact:
    """A short text to the letter, such as what a program prints; spaces do not matter."""

    text: str

    @property
    def instruction(self) -> str:
        """Ask for a marked text."""
        return "End with a line that begins with “Answer:” and then has exactly that."

    def score(self, answer: str) -> float:
        """Score what the answer concludes with."""
        stated = conclusion(answer)
        said = stated.text
        if not stated.marked and (blocks := _FENCED.findall(answer[-MAX_READ:])):
            said = blocks[-1]
        return float(_closed(said) == _closed(self.text))


@dataclass(frozen=True, slots=True)
class Shape:
    """A whole answer of a given form.

    Attributes:
        pattern: what the whole answer must match, without the space around it.
        banned: words that must not occur.
    """

    pattern: str
    banned: Sequence[str] = ()
    instruction: str = ""

    def score(self, answer: str) -> float:
        """Score the whole answer."""
        said = tidy(answer).strip()
        if len(answer) > MAX_READ or re.fullmatch(self.pattern, said) is None:
            return 0.0
        return float(not any(_affirmed(said, word) for word in self.banned))


@dataclass(frozen=True, slots=True)
class Json:
    """One JSON value, in a fenced block or bare, with nothing else around it."""

    text: str
    instruction: str = ""

    def score(self, answer: str) -> float:
        """Score the value; the order of keys does not matter."""
        said = answer[-MAX_READ:].strip()
        if fenced := _FENCED.fullmatch(said):
            said = fenced[1]
        try:
            return float(_typed(json.loads(said)) == _typed(json.loads(self.text)))
        except (ValueError, RecursionError):
            return 0.0


@dataclass(frozen=True, slots=True)
class Covers:
    """A short text that has to touch several points.

    Attributes:
        points: each a list of words any of which will do.
        banned: words that show a misunderstanding.
        most_words: a longer answer gets nothing: it was asked to be short, and a text that
            mentions everything would touch every point.
    """

    points: Sequence[Sequence[str]]
    banned: Sequence[str] = ()
    most_words: int = 60

    @property
    def instruction(self) -> str:
        """Ask for a short text."""
        return f"Answer in at most {self.most_words} words."

    def score(self, answer: str) -> float:
        """Score the share of points that were touched."""
        said = tidy(answer)
        # A model that counts badly has understood all the same.
        if len(said.split()) > 1.5 * self.most_words or _enumerates(said):
            return 0.0
        if any(_affirmed(said, word) for word in self.banned):
            return 0.0
        touched = [any(_affirmed(said, word) for word in point) for point in self.points]
        return sum(touched) / len(touched)


def _value(match: re.Match[str]) -> float:
    number = float(match["digits"].replace(",", ""))
    number *= 10.0 ** float(match["power"] or match["e"] or 0)
    under = float(match["under"] or 1)
    return number / under if under else math.nan


def _enumerates(text: str) -> bool:
    """Return whether a text is mostly a list of short things."""
    parts = [part for part in re.split(r"[,;/|\n]|\bor\b|\band\b", text) if part.strip(" *-.")]
    return len(parts) > _LISTED and len(text.split()) <= 4 * len(parts)


def _affirmed(text: str, word: str) -> bool:
    """Return whether a word stands in a text, and not only to be denied."""
    folded = text.casefold()
    wanted = re.escape(word.casefold()).replace(r"\ ", r"[\s-]+")
    for match in re.finditer(rf"(?<!\w){wanted}(?!\w)", folded):
        if _DENIED.search(folded[max(0, match.start() - 40) : match.start()]) is None:
            return True
    return False


def _closed(text: str) -> str:
    """Return a text with one kind of quote, and with space only between words."""
    spaced = re.sub(r"\s+", " ", bare(tidy(text))).replace('"', "'")
    return re.sub(r" ?([\[\](){},;:]) ?", r"\1", spaced)


def _typed(value: object) -> object:
    """Return a JSON value in which 1, 1.0 and true are three different things."""
    if isinstance(value, dict):
        return {key: _typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each) for each in value]
    return type(value).__name__, value
