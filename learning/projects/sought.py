"""What a question wants to be shown in the code.

Decides whether a question asks for a place at all, what it is about, and how code may call
that: words that code uses for one another ("auth", "session") are data beside this module.
Refuses to know what was found.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from learning.lexicon import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.lexicon import Lexicon

Wanted = Literal["definition", "use"]

_DEED: Final = 0.6
"""What is done with a thing ("where are cats *sorted*") says less than the thing."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question wants to be shown.

    Attributes:
        terms: the stems it is about, with how much each matters.
        related: per stem, the stems that code uses for it.
        names: names from code that stand in it as they are.
        wanted: whether it asks where a thing is made, or where it is used.
    """

    terms: Mapping[str, float]
    related: Mapping[str, frozenset[str]]
    names: frozenset[str]
    wanted: Wanted = "definition"

    @property
    def query(self) -> str:
        """What else to search for: the thing without the question, and what code may call it."""
        words = {word for found in self.related.values() for word in found}
        return " ".join([*self.terms, *sorted(self.names), *sorted(words)])


def seek(question: str, lexicon: Lexicon) -> Sought | None:
    """Return what a question wants to be shown in the code; nothing if it wants something else."""
    asked = _ASKS.search(question)
    if asked is None:
        return None
    names = {m[1] or m[0] for m in IDENTIFIER.finditer(question)}
    if subject := _SUBJECT.search(question):
        names.add(subject[1] or subject[2])
    names = {name.removesuffix("()").strip("`") for name in names} - {""}
    plain = _NOISE.sub(" ", question)
    terms = {s: w for s, w in lexicon.terms(plain).items() if w >= 1.0}
    if not terms:  # "where are files uploaded?": the common words are all there is
        terms = dict.fromkeys(lexicon.terms(question), 1.0)
    if not terms:
        return None
    done = [*_DEEDS.findall(plain), *(match[1] for match in _DOES.finditer(question))]
    deeds = {stem for word in done for stem in lexicon.stems(word)}
    if terms.keys() - deeds:
        terms = {s: w * _DEED if s in deeds else w for s, w in terms.items()}
    related = {term: found for term in terms if (found := _related(lexicon).get(term))}
    wanted: Wanted = "use" if _USE.search(question) else "definition"
    return Sought(terms, related, frozenset(names), wanted)


@lru_cache(maxsize=4)
def _related(lexicon: Lexicon) -> Mapping[str, frozenset[str]]:
    """Return the stems that code uses for each, read once."""
    text = files("learning.projects").joinpath("related.toml").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for group in tomllib.loads(text)["groups"]:
        stems = {stem for word in group.split() for stem in lexicon.stems(word)}
        for stem in stems:
            found.setdefault(stem, set()).update(stems - {stem})
    return {stem: frozenset(others) for stem, others in found.items()}


_ASKS: Final = re.compile(
    r"\bwhere(?:'s|\u2019s|\b)|\b(?:in )?(?:which|what) (?:file|module|class|function|line|package"
    r"|folder|directory|part of the (?:code|project))"
    r"|\b(?:find|show me|locate|point me (?:at|to)) the \w+ ?(?:\w+ )?"
    r"(?:code|logic|implementation|definition)|\bwo (?:ist|wird|steht)\b|\boù\b|\bdónde\b",
    re.IGNORECASE,
)
_NOISE: Final = re.compile(
    r"\b(?:where|logic|code|codebase|repo|repository|project|source|live|lives|sit|sits|stand"
    r"|stands|responsible|part|function|class|module|definition|implementation|handle|handles|handled|handling)\b",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"\b(?:is|are|does|do|of) (?:the )?`?([A-Z]\w+|\w+\(\))`?(?!\w)"
    r"|\b(?:is|are) (?:the )?`?(\w+)`? (?:\w+ )?"
    r"(?:defined|declared|called|used|implemented|imported|instantiated)\b"
)
_DEEDS: Final = re.compile(
    r"\b(?:\w{2,}ed|done|run|runs|read|cut|built|build|made|sent|kept|found|come|comes|go|goes"
    r"|parse|compute|calculate|do|does)\b",
    re.IGNORECASE,
)
_DOES: Final = re.compile(
    r"\b(?:file|module|class|function|package|code) (?:that )?(\w+s)\b", re.IGNORECASE
)
_USE: Final = re.compile(
    r"\b(?:used|called|invoked|imported|referenced|instantiated|who (?:calls|uses))\b"
    r"|\b(?:calls?|uses?) (?:of|to) ",
    re.IGNORECASE,
)
