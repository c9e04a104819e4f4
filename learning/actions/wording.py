"""How people ask for something to be done: the tables of ``requests.toml``.

Decides how they are read, and what of a message is only politeness. Refuses to know which
tools there are.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_READ: Final = 6_000
"""Characters of a message that is read as a request; a longer one is something to read."""
_PART: Final = re.compile(r"\{([a-z_]+)\}")
_CONTENT: Final = re.compile(r":|\bthat\b")
_NUMBERED: Final = re.compile(r"_\d$")


@dataclass(frozen=True, slots=True)
class Row:
    """Ways to ask for one tool.

    Attributes:
        tool: its name.
        says: what the whole request looks like, the first that fits counts.
        also: parameters that follow from asking in this way.
        asks: whether it is natural to ask this as a question.
    """

    tool: str
    says: tuple[re.Pattern[str], ...]
    also: Mapping[str, str]
    asks: bool


@dataclass(frozen=True, slots=True)
class Bare:
    """A message without its politeness.

    Attributes:
        text: what is left.
        asked: whether it began like "could you".
        question: whether it ended with a question mark.
    """

    text: str
    asked: bool
    question: bool


@cache
def data() -> dict[str, Any]:
    """Return the tables as they are written."""
    text = resources.files("learning.actions").joinpath("requests.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def rows() -> tuple[Row, ...]:
    """Return the ways to ask, in the order in which they are tried."""
    return tuple(
        Row(
            row["tool"],
            tuple(pattern(each) for each in row["says"]),
            row.get("also", {}),
            row.get("asks", False),
        )
        for row in data()["rows"]
    )


def pattern(says: str) -> re.Pattern[str]:
    """Return what a way to ask matches: its parts in place, any blanks for a space."""
    parts: dict[str, str] = data()["parts"]
    while found := _PART.search(says):
        says = says[: found.start()] + parts[found[1]] + says[found.end() :]
    return re.compile(says.replace(" ?", r"\s*").replace(" ", r"\s+"), re.IGNORECASE)


def either(words: Iterable[str]) -> str:
    """Return a pattern of any of some words, the longest first."""
    return "|".join(
        re.escape(word).replace(r"\ ", r"[\s-]+") for word in sorted(words, key=len, reverse=True)
    )


def values(match: re.Match[str]) -> dict[str, Any]:
    """Return what a request says, by parameter."""
    said: dict[str, Any] = {}
    for group, value in match.groupdict().items():
        if value is None:
            continue
        name = _NUMBERED.sub("", group)
        said[name] = _value(name, value.strip())
    return said


def _value(name: str, value: str) -> str | int:
    if name == "number":
        return int(value)
    known: dict[str, str] = data()["values"].get(name, {})
    text = unquoted(value)
    return known.get(" ".join(text.casefold().split()), text)


def unquoted(text: str) -> str:
    """Return a text without the quotation marks around the whole of it."""
    for opening, closing in (('"', '"'), ("“", "”"), ("'", "'"), ("`", "`")):
        inside = text[1:-1]
        if text[:1] == opening and text[-1:] == closing and inside and closing not in inside:
            return inside.strip()
    return text


@cache
def _openings() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = data()["openings"]
    return (
        re.compile(rf"(?:{either(words['polite'])})(?![\w'’-])[,:!]?\s+", re.IGNORECASE),
        re.compile(rf"(?:{either(words['asking'])})\s+", re.IGNORECASE),
        re.compile(
            rf"(?:,?\s+(?:{either(words['closings'])})|[,.!]\s+(?:{either(words['thanks'])}))[.!?]*$",
            re.IGNORECASE,
        ),
        re.compile(rf"\b(?:{either(words['taken_back'])})[.!]*$", re.IGNORECASE),
    )


def bare(text: str) -> Bare | None:
    """Return a message without its politeness; nothing if it can be no request at all."""
    text = text.strip().replace("’", "'")
    if not text or len(text) > MOST_READ or text[0] in ">\"“'`*_(":
        return None  # somebody's words, or code
    polite, asking, closing, taken_back = _openings()
    if taken_back.search(text):
        return None
    asked = False
    while found := polite.match(text) or asking.match(text):
        asked = asked or asking.match(text) is not None
        text = text[found.end() :]
    first, broken, rest = text.partition("\n")
    # What follows a colon or "that" is content, and its last words belong to it.
    if not broken and not _CONTENT.search(first):
        while found := closing.search(first):
            question = first.endswith("?")
            first = first[: found.start()] + ("?" if question else "")
    text = first + broken + rest
    return Bare(
        text.rstrip("?").rstrip() if text.endswith("?") else text, asked, text.endswith("?")
    )


def leaves(text: str) -> bool:
    """Return whether somebody who was asked for more wants no more of it."""
    said = " ".join(text.casefold().replace("’", "'").strip(" .!").split())
    return said in data()["openings"]["leaving"]
