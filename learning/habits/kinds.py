"""What kind of work something is, by the words people use and the tools that do it.

Decides by rules (``kinds.toml``), after the names that a person gave their work themselves.
Refuses to guess: what fits no rule is of no kind, and a message counts as work only where it
says that something was done, or begins with asking for it.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from learning.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_CHARS: Final = 60
"""The longest name of a kind."""
_READ: Final = 400
"""Characters of a message that are read for what was done."""
_LEAD: Final = re.compile(
    r"^(?:(?:hi|hey|ok|okay|so|well|yes|today|this morning|finally)[,!.]? )*", re.IGNORECASE
)
_ASKING: Final = re.compile(
    r"^(?:(?:please|pls|mynah|can you|could you|would you|help me(?: to)?|let's|i need to|"
    r"i want to)[,:]? )*",
    re.IGNORECASE,
)
_PAST: Final = {"wrote": "write", "drafted": "draft", "shipped": "release", "coded": "code"}
"""Pasts that no stemmer knows, or that mean another word."""
_I: Final = r"(?:i(?:'ve| have)? )?(?:just |already |finally )?"


def kind_of(text: str, own: Iterable[str] = ()) -> str:
    """Return the kind of work that a text, or the name of a tool, speaks of; empty if of none.

    Args:
        text: "review the pull request", or "github.create_release".
        own: the names that the person gave to their work; they go before all rules.
    """
    stems = _stems(text[:_READ])
    named = max((n for n in own if _within(_stems(n), stems)), key=len, default="")
    return named or _of_tool(text) or _by_words(stems)


def named(said: str, own: Sequence[str] = ()) -> str:
    """Return the name of the kind that a person names, as they named it first.

    "Deep Code" is "deep coding" to whoever has called it so; what nobody has a rule for is a
    kind of its own.
    """
    name = " ".join(unicodedata.normalize("NFKC", said).casefold().split()).strip(" .,:;!?\"'`*_")
    name = "".join(c for c in name if c.isprintable())[:MOST_CHARS].rstrip()
    stems = set(_stems(name))
    for known in own:
        if known == name or (stems and set(_stems(known)) == stems):
            return known
    return next((kind for phrase, kind in _phrases() if set(phrase) == stems), name)


def worked_on(text: str, own: Iterable[str] = ()) -> str:
    """Return the kind of work that a message says was done or asks for; empty if of none."""
    said = _LEAD.sub("", " ".join(text[:_READ].split()), count=1)
    if said.endswith("?") and not _ASKING.match(said):
        return ""
    match = _done().match(said)
    if match is not None:
        past = (match["past"] or "").casefold()
        return kind_of(f"{_PAST.get(past, past)} {said[match.end() :]}", own)
    first = _ASKING.sub("", said, count=1).partition(" ")
    asked: Mapping[str, str] = _data()["asked"]
    kind = asked.get(first[0].casefold().strip(",:"), "")
    return (kind_of(said, own) or kind) if kind and first[2] else ""


def _by_words(stems: Sequence[str]) -> str:
    return next((kind for phrase, kind in _phrases() if _within(phrase, stems)), "")


def _of_tool(name: str) -> str:
    if "." not in name or " " in name:
        return ""
    tools: Mapping[str, str] = _data()["tools"]
    return next((kind for begin, kind in tools.items() if name.startswith(begin)), "")


def _within(phrase: Sequence[str], stems: Sequence[str]) -> bool:
    """Return whether a phrase stands in a text, its words one after the other."""
    count = len(phrase)
    return bool(count) and any(
        list(stems[at : at + count]) == list(phrase) for at in range(len(stems) - count + 1)
    )


@cache
def _phrases() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return the stems of each phrase with its kind, the longest first."""
    words: Mapping[str, Sequence[str]] = _data()["words"]
    found = [(tuple(_stems(phrase)), kind) for kind, said in words.items() for phrase in said]
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


@cache
def _done() -> re.Pattern[str]:
    done: Mapping[str, Sequence[str]] = _data()["done"]
    verbs, pasts = ("|".join(done[name]) for name in ("verbs", "pasts"))
    return re.compile(
        rf"{_I}(?:(?:{verbs}) (?!you |we |they |it |he |she )|(?P<past>{pasts})\b)", re.IGNORECASE
    )


@cache
def _data() -> dict[str, Any]:
    text = files("learning.habits").joinpath("kinds.toml").read_text("utf-8")
    return tomllib.loads(text)


def _stems(text: str) -> list[str]:
    return _lexicon().stems(text)


@cache
def _lexicon() -> Lexicon:
    return Lexicon()
