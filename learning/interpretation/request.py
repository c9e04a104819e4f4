"""Reads a short request: its verb, if it has one, and what it is about.

Decides whether *all* of a text is one verb and one bare noun, or either alone.
Anything more, a name, a number, a "with", is a detail, and a request with
details is not read here. Refuses to know who asks and what is known of them.
English only: words of other languages are no verbs and no topics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.interpretation.intents import Topic, intents
from learning.lexemes import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from learning.interpretation.intents import VerbClass

MOST_CHARS: Final = 60
"""A longer text has details."""
_LONGEST_NAME: Final = 3
"""Words in the longest name of a topic or verb."""

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z'’/ -]*[A-Za-z0-9]\s*[?!.…]*")
"""Letters and little else; "k8s" may hold a digit, a sum or an identifier may not be."""
_DIGITS: Final = re.compile(r"\d")
_HUMP: Final = re.compile(r"[a-z][A-Z]")


@dataclass(frozen=True, slots=True)
class Request:
    """A short request.

    Attributes:
        verb: folded; empty for a bare topic.
        kind: what the verb asks for, or ``None`` without one.
        noun: what it is about, folded, without its article.
        topic: the topic of the noun; ``None`` if it is in no table.
        article: whether the noun had an article or a pronoun.
    """

    verb: str
    kind: VerbClass | None
    noun: str
    topic: Topic | None
    article: bool = False


def read(text: str) -> Request | None:
    """Return the request, or ``None`` if the text is anything else."""
    words = _words(text)
    if not words:
        return None
    table = intents()
    # "deploy" and "sign up" are verbs and topics; by itself, the topic says more.
    alone = table.topics.get(" ".join(words))
    if alone is not None:
        return Request("", None, " ".join(words), alone)
    verb, rest = _split(words, table.verbs)
    if not verb:
        return None
    article = bool(rest) and rest[0] in table.words["articles"]
    rest = _after(rest[1:] if article else rest, table.words["vague"])
    noun = " ".join(rest)
    topic = table.topics.get(noun)
    if topic is None and not _noun(rest, text):
        return None
    return Request(verb, table.verbs[verb], noun, topic, article)


def _words(text: str) -> list[str]:
    """Return the folded words without politeness; none if it is no plain short text."""
    stripped = text.strip()
    if len(stripped) > MOST_CHARS or not _PLAIN.fullmatch(stripped) or _HUMP.search(stripped):
        return []
    folded = stripped.rstrip("?!.… ").replace("’", "'").casefold()
    polite, after = intents().words["polite"], intents().words["after"]
    before = ""
    while before != folded:
        before = folded
        for phrase in polite:
            if folded.startswith(f"{phrase} "):
                folded = folded[len(phrase) :].strip()
        for phrase in after:
            if folded.endswith(f" {phrase}"):
                folded = folded[: -len(phrase)].strip()
    words = folded.split()
    if any(_DIGITS.search(word) and word not in intents().topics for word in words):
        return []
    return words


def _split(words: list[str], verbs: Collection[str]) -> tuple[str, list[str]]:
    """Return the longest verb that the words begin with, and what follows it."""
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        verb = " ".join(words[:length])
        if verb in verbs:
            return verb, words[length:]
    return "", words


def _after(words: list[str], skipped: Collection[str]) -> list[str]:
    """Return the words after those that say nothing."""
    at = 0
    while at < len(words) - 1 and words[at] in skipped:
        at += 1
    return words[at:]


def _noun(words: list[str], text: str) -> bool:
    """Tell whether this can be a common noun: one word, and not somebody's name."""
    if len(words) != 1 or not words[0].isalpha() or len(words[0]) < 3:  # noqa: PLR2004
        return False
    word = words[0]
    table = intents()
    if word in table.words["not_nouns"] or word in STOP_WORDS or word in table.verbs:
        return False
    return word in text or text.isupper()
