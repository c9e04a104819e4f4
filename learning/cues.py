"""Reads what a question says about where its answer stands.

Decides which speakers, whose words, which times and which things a question points
at, and what kind of words its answer holds. Refuses to know what was found; scoring
is ``learning.recall``'s part. Where a language is not known, the cues stay silent
and nothing is lost but a boost.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from learning.lexemes import lexemes
from learning.spans import Span
from learning.times import MAX_CHARS, times

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["QueryFeatures", "Span", "read_query"]

_FIRST_PERSON: Final = re.compile(r"\b(?:i|my|mine|myself|we|our|ours)\b", re.IGNORECASE)
_YOUR_WORDS: Final = re.compile(
    r"\byour (?:advice|answer|explanation|idea|recommendation|reply|suggestion)s?\b"
    # "Would you suggest" asks for something new, not for what was said.
    r"|(?<!\bwould )(?<!\bcould )(?<!\bcan )(?<!\bwill )(?<!\bdo )(?<!\bshould )(?<!\bmight )"
    r"\byou (?:(?:also|ever|had|have|just) )*(?:advise|answer|describe|explain|g[ai]ve|help|list"
    r"|mention|offer|propose|provide|recommend|said|say|show|suggest|t[eo]ld|tell|wr[io]te)",
    re.IGNORECASE,
)
_THING: Final = re.compile(
    r"\"([^\"]{2,80})\"|“([^”]{2,80})”|`([^`]{2,80})`"  # quoted
    r"|(?<=[\w,;:)] )([A-ZÀ-ÖØ-Þ][\w'’-]+)"  # a capital inside a sentence
    r"|\b([A-ZÀ-ÖØ-Þ]{2,})\b"  # an abbreviation, wherever it stands
    r"|\b(\w*\d[\w.,:-]*\w|\d)\b"  # numbers, versions
    r"|\b(\w+(?:[._]\w+)+|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*)\b"  # identifiers
)


@dataclass(frozen=True, slots=True)
class QueryFeatures:
    """What a question points at.

    Attributes:
        speakers: folded names of people it names, out of those asked about.
        about_asker: it speaks of the asker ("did I …", "my …").
        about_mynah: it asks for what Mynah said ("what did you recommend").
        spans: the times it names.
        things: terms of the names, identifiers, numbers and quoted words in it.
        expected: terms of which an answer is likely to hold some: words of time for
            "when", words of liking for "recommend me"; empty if nothing is known.
        preference: what people like decides its answer.
    """

    speakers: frozenset[str] = frozenset()
    about_asker: bool = False
    about_mynah: bool = False
    spans: tuple[Span, ...] = ()
    things: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    preference: bool = False


def read_query(text: str, *, now: datetime, speakers: Iterable[str] = ()) -> QueryFeatures:
    """Read the cues of a question.

    Args:
        text: the question; of a long one, the beginning is read.
        now: what "yesterday" counts from; aware, in the asker's time zone if known.
        speakers: display names seen among the candidates.
    """
    text = text[:MAX_CHARS]
    about_mynah = _YOUR_WORDS.search(text) is not None
    kinds = [name for name, (asks, _) in _kinds().items() if asks.search(text)]
    preference = "preference" in kinds and not about_mynah
    return QueryFeatures(
        speakers=named(text, speakers),
        about_asker=_FIRST_PERSON.search(text) is not None,
        about_mynah=about_mynah,
        spans=times(text, now),
        things=things(text),
        expected=frozenset[str]().union(
            *(_kinds()[name][1] for name in kinds if name != "preference" or preference)
        ),
        preference=preference,
    )


def named(text: str, speakers: Iterable[str]) -> frozenset[str]:
    """Return the folded names out of ``speakers`` that stand in a text as whole words."""
    folded = text.casefold()
    return frozenset(
        name
        for name in {speaker.casefold() for speaker in speakers}
        if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded)
    )


def things(text: str) -> frozenset[str]:
    """Return the terms of names, identifiers, numbers and quoted words in a text.

    Where everything is in capitals, or most words begin with one, capitals say nothing.
    """
    words = text.split()
    capitals = sum(word[:1].isupper() for word in words)
    found: set[str] = set()
    for match in _THING.finditer(text):
        by_capital = match[4] or match[5]
        if by_capital and 2 * capitals > len(words):
            continue
        found.update(lexemes(next(group for group in match.groups() if group)))
    return frozenset(found)


@cache
def _kinds() -> dict[str, tuple[re.Pattern[str], frozenset[str]]]:
    """Return each kind of question: what it looks like, and terms of its answers."""
    text = files("learning").joinpath("cues.toml").read_text("utf-8")
    return {
        name: (
            re.compile("|".join(kind["asks"]), re.IGNORECASE),
            frozenset(lexemes(kind["words"])),
        )
        for name, kind in tomllib.loads(text).items()
    }
