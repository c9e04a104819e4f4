"""What an edit changes: whether a message asks for something else than before.

Decides by the words alone. Refuses to know what was answered. In doubt it asks for
something else: an answer too many is seen, one that fits no longer is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Final

from learning.lexicon import STOPWORDS

MOST_READ: Final = 40_000
"""Characters of each text that are looked at one by one."""
MOST_MENDED: Final = 2
"""Words that may be mended before the message is taken for another one."""
SHORTEST_MENDED: Final = 4
"""In shorter words a letter makes another word of it."""

_CODE: Final = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
_WORD: Final = re.compile(
    r"(?<![\w.])[-−]?\d[\w.,:/-]*\w|\d"  # a figure, with its sign, point and unit
    r"|[^\W\d_]\w*(?:['’][^\W\d_]+)?(?:\+\+|#)?"
    r"|[@#$€£]\w+|\S*[/\\=_]\S*"  # names, paths and addresses, as they are
    r"|[-+*/^=<>%&|~]|(?<=\d)!"
)
_COURTESY: Final = frozenset({"please", "thanks", "thank", "thx", "pls", "plz", "bitte", "danke"})
_NEGATING: Final = """
no not never none nothing nobody nowhere neither nor without cannot unless except
nicht kein keine keinen nie niemals ohne pas jamais sans rien nunca sin
"""
_NEGATIONS: Final = frozenset(_NEGATING.split())


def asks_anew(before: str, after: str) -> bool:
    """Tell whether a message, after an edit, asks for something else than before."""
    if before == after:
        return False
    if len(before) > MOST_READ or len(after) > MOST_READ or _code(before) != _code(after):
        return True
    old, new = _words(before), _words(after)
    if [w.casefold() for w in old] == [w.casefold() for w in new]:
        return False
    if len(old) != len(new) or _negations(old) != _negations(new):
        return True
    changed = [
        (one, other)
        for one, other in zip(old, new, strict=True)
        if one.casefold() != other.casefold()
    ]
    return len(changed) > MOST_MENDED or not all(_mended(*pair) for pair in changed)


def _code(text: str) -> list[str]:
    """Return what is code, to the letter: in it every sign counts."""
    return [found.strip("`~ \n") for found in _CODE.findall(text)]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", _CODE.sub(" ", text)).replace("’", "'")
    return [w for w in _WORD.findall(plain) if w.casefold() not in _COURTESY]


def _negations(words: list[str]) -> Counter[str]:
    folded = (word.casefold() for word in words)
    return Counter(w for w in folded if w in _NEGATIONS or w.endswith("n't"))


def _mended(one: str, other: str) -> bool:
    """Tell whether two words are one, mistyped once."""
    if not (one.isalpha() and other.isalpha()) or min(len(one), len(other)) < SHORTEST_MENDED:
        return False
    one, other = one.casefold(), other.casefold()
    if one in STOPWORDS and other in STOPWORDS:
        return False
    # Whoever mistypes rarely does so in the first letter; "import" and "export" are two words.
    return one[0] == other[0] and _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    """Tell whether a letter too many, too few, exchanged or swapped makes one of the other."""
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(other) - len(one) > 1:
        return False
    if len(other) > len(one):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2][::-1] + one[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped == other[at:]
