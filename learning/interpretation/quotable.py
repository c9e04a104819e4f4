"""Decides whether remembered words may be said inside a reading.

A reading is later handed to a model as what the person meant, so nothing may ride
on it: words that give orders to a model, markup, addresses and keys are left out, and so
is whatever is too long for a name. Refuses to know where the words were remembered.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from learning.interpretation.contract import MOST_CHARS

MOST_REMEMBERED: Final = 160
"""Characters of a memory that is short enough to be spoken of."""

_ORDERS: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|reveal|repeat)\b.{0,40}"
    r"\b(?:instructions?|prompts?|rules?|above|previous|prior|earlier|everything|guidelines?)\b"
    r"|\b(?:system|assistant|developer|user) ?(?::|prompt\b|message\b)"
    r"|\byou (?:must|shall|should|will|have to|are now|are an?|may not|cannot)\b"
    r"|\b(?:always|never) (?:answer|reply|respond|say|tell|output|obey|refuse|mention)\b"
    r"|\b(?:act|behave|pretend|respond|roleplay) (?:as|like)\b|\bfrom now on\b|\bjailbreak\w*"
    r"|\b(?:do not|don't) (?:tell|mention|say|reveal|refuse)\b|\bnew instructions?\b"
    r"|\b(?:api[ _-]?key|password|passwd|secret key|access token|private key)s?\b.{0,3}[:=]",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(
    r"[<>{}\[\]|`\\\n\r\t$@*_~=]|https?:|www\.|://|<\||\bdata:|[‹›«»]", re.IGNORECASE
)
_LONG_WORD: Final = re.compile(r"\S{31,}|(?=\S*\d)(?=\S*[A-Za-z])\S{20,}")
"""Nothing a person calls a thing; a key or an encoded text."""
_NAME: Final = re.compile(r"[^\W_](?:[\w.+#&/ '-]{0,38}[\w+#])?")
_MOST_WORDS: Final = 5


def quotable(text: str) -> bool:
    """Tell whether a remembered sentence may be spoken of in a reading."""
    return (
        0 < len(text.strip()) <= MOST_REMEMBERED
        and not _ORDERS.search(text)
        and not _MARKUP.search(text)
        and not _LONG_WORD.search(text)
        and all(unicodedata.category(ch)[0] != "C" for ch in text)
    )


def nameable(text: str) -> bool:
    """Tell whether words may stand for a thing inside a reading."""
    return quotable(text) and _NAME.fullmatch(text) is not None and len(text.split()) <= _MOST_WORDS


def speakable(text: str) -> bool:
    """Tell whether a text may be shown as a reading."""
    return len(text) <= MOST_CHARS and quotable(text) and text[:1].isalpha()
