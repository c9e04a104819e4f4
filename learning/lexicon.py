"""Decides which words of a text carry meaning, and how much.

Refuses to know what is done with them. English is stemmed; the function words
of a few more languages are known too, so that questions in them still work.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import snowballstemmer

IDENTIFIER: Final = re.compile(r"\b(?:\w*[a-z0-9][A-Z]\w*|\w+_\w+|\w+(?:\.\w+)+)\b|`([^`\n]+)`")
"""A name from code; where it stood in backticks, group 1 holds it."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FAINT: Final = 0.1
_AGENT: Final = 5


class Lexicon:
    """Cuts text into word stems, and knows which words carry no meaning.

    Args:
        language: a Snowball algorithm, such as "english" or "german".
    """

    def __init__(self, language: str = "english") -> None:
        self._stem = snowballstemmer.stemmer(language).stemWord
        # The same words come again and again, all the more in code.
        self._of_word = lru_cache(maxsize=20_000)(self._stems_of)

    def stems(self, text: str) -> list[str]:
        """Return the stems of all words; identifiers give their parts."""
        return [stem for word in _WORD.findall(text) for stem in self._of_word(word)]

    def _stems_of(self, word: str) -> tuple[str, ...]:
        parts = (part.lower().replace("’", "'").removesuffix("'s") for part in _CAMEL.split(word))
        # Snowball keeps the agent apart from the deed; here the handler is who handles.
        return tuple(
            s[:-2] if len(s) >= _AGENT and s.endswith("er") else s for s in map(self._stem, parts)
        )

    def terms(self, text: str) -> dict[str, float]:
        """Return the meaningful stems of a question, with how much each matters.

        Function words are left out, words that fit any question count little,
        and the parts of identifiers count double.
        """
        marked = {s for m in IDENTIFIER.finditer(text) for s in self.stems(m[1] or m[0])}
        weights: dict[str, float] = {}
        for word in _WORD.findall(text):
            lowered = word.lower().replace("’", "'")
            # Capitals tell the acronym IT from the pronoun it, and "US" from "us".
            acronym = word.isupper() and len(word) > 1 and not text.isupper()
            if lowered in STOPWORDS and not acronym:
                continue
            for stem in self.stems(word):
                weight = _FAINT if lowered in GENERIC else 2.0 if stem in marked else 1.0
                weights[stem] = max(weight, weights.get(stem, 0.0))
        return weights


_GENERIC = """
work works working use uses used using make makes made get gets thing things code file files
function class method project tell show explain describe find give look module line lines
handled handle handling happen happens mean means list name called please way exactly implement
implemented implementation defined definition located place documentation docs default say says
argument arguments parameter parameters take takes accept accepts return returns need needs
answer call calls go goes
"""
_STOPWORDS = """
a an and any are as at be been but by can could did do does doing don't for from had has have
having he her here him his how i i'd i'm if in into is isn't it its it's just let's like me my
no not of off on or our out over own s she should so some t than that that's the their them then
there these they this those to too up us very was we were what what's when where where's which
while who whom whose who's why will with would you your about again all also because before
after between both each few more most much many once only other same such under until am being
during further now hey hi hello know want need ask anyone somebody something der das den dem ein
eine einen und oder ist sind wo wie was wer wann warum wird in im zu mit le la les un une des et
ou est sont où que qui quand pourquoi dans de du en el los las una y o es dónde cómo qué quién
cuándo por para del al often times
"""

GENERIC: Final = frozenset(_GENERIC.split())
"""Words that fit most questions about a project; alone they are no evidence."""

STOPWORDS: Final = frozenset(_STOPWORDS.split())
"""Words without meaning of their own."""
