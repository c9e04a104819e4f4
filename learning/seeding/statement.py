"""What an answer finally states, apart from the way it got there.

Decides which part of a text is the conclusion, and whether it commits itself.
Refuses to know what would be right.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_READ: Final = 20_000
"""Characters that are looked at, from the end: conclusions stand there."""
_SHORT: Final = 40
"""Words of an answer that is all conclusion."""
_ITEM: Final = 3
"""Words of a paragraph that concludes nothing when the one before is as short."""

_MARKER: Final = re.compile(
    r"^[\s>#*_`\-]*(?:(?:the|my|final|correct)\s+)*answer\b[*_\s]*(?:is\b\s*:?|[:=])[*_]*(.*)$",
    re.IGNORECASE,
)
_HEADLINE: Final = re.compile(r"\*\*([^*\n]+)\*\*[ \t]*(?:\n|$)")
"""A first line in bold: the conclusion ahead of the way to it."""
_LATEX: Final = (
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"\1/\2"),
    (re.compile(r"\\(?:boxed|text|mathrm|mathbf|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\(?:times|cdot)"), "×"),
    (re.compile(r"\\(?:left|right|[,;!:()\[\] ])"), ""),
    (re.compile(r"\$"), ""),
)
_DASHES: Final = str.maketrans(dict.fromkeys("−–—‐‑", "-") | dict.fromkeys("’‘", "'"))
_GROUPED: Final = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_OUTER: Final = " \t\r\n*_`\"'“”«»"


@dataclass(frozen=True, slots=True)
class Statement:
    """The conclusion of an answer.

    Attributes:
        text: the conclusion; empty if there is none, or if several contradict each other.
        marked: whether the answer called it its answer.
    """

    text: str
    marked: bool


def tidy(text: str) -> str:
    """Return the text with one kind of dash, quote and space, and without LaTeX's dress."""
    text = unicodedata.normalize("NFC", text[-MAX_READ:]).translate(_DASHES)
    text = _GROUPED.sub(",", text).replace("\u00a0", " ").replace("\u202f", " ")
    for pattern, instead in _LATEX:
        text = pattern.sub(instead, text)
    return text


def bare(text: str) -> str:
    """Return the text without the quotes, stars, backticks and full stop around it."""
    return text.strip(_OUTER).removesuffix(".").strip(_OUTER)


def without(text: str, question: str) -> str:
    """Return an answer without a verbatim repetition of the question, whatever its line breaks."""
    words = question.split()
    if not words:
        return text
    # Possessive pieces: nothing here can be matched in two ways.
    return re.sub(r"\s+".join(re.escape(word) for word in words), " ", text, flags=re.IGNORECASE)


def conclusion(text: str) -> Statement:
    """Return what the answer finally states.

    That is what stands after "Answer:" if that is said, once or always the same; otherwise a
    first line that is bold as a whole, the whole of a short answer, or the last paragraph of a
    long one.
    """
    lines = tidy(text).splitlines()
    marked = []
    for number, line in enumerate(lines):
        if (found := _MARKER.match(line)) is None:
            continue
        said = bare(found[1])
        if not said:  # the value stands on the next line
            said = bare(next((after for after in lines[number + 1 :] if bare(after)), ""))
        marked.append(said)
    if marked:
        agreed = len({said.casefold() for said in marked}) == 1
        return Statement(marked[0] if agreed else "", marked=True)
    whole = "\n".join(lines).strip()
    if (headline := _HEADLINE.match(whole)) and whole != headline[0].strip():
        return Statement(bare(headline[1]), marked=True)
    if len(whole.split()) <= _SHORT:
        return Statement(whole, marked=False)
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", whole)]
    if all(len(part.split()) <= _ITEM for part in paragraphs[-2:]):
        return Statement("", marked=False)  # a list with a last item, not a conclusion
    return Statement(paragraphs[-1], marked=False)
