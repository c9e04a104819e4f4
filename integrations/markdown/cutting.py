"""How long a text is, and where it may be cut.

Decides what belongs together: a sentence before a word, a word before a character, and what
looks like one character always. Refuses to know what the limits are.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from integrations.markdown.document import sendable

if TYPE_CHECKING:
    from collections.abc import Iterator


def size(text: str) -> int:
    """Return the length as chat clients count it, in UTF-16 units: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clip(text: str, most: int) -> str:
    """Return the text in one line, with an ellipsis where it is too long; never empty."""
    text = re.sub(r"\s+", " ", sendable(text)).strip() or "…"
    if size(text) <= most:
        return text
    end = most - 1
    while size(text[:end]) > most - 1:
        end -= 1
    return text[:end].rstrip() + "…"


def cut(text: str, most: int, first: int = 0) -> Iterator[str]:
    """Cut a text into parts of at most ``most``.

    Args:
        text: all of it; the parts joined are the text again.
        most: how long a part may be.
        first: how long the first may be, if that is less and still worth it.
    """
    room = first if most // 4 < first < most else most
    while size(text) > room:
        at = _border(text, room)
        yield text[:at]
        text, room = text[at:], most
    yield text


_BORDERS: Final = (
    re.compile(r"\n+"),
    re.compile(r"[.!?…]\s+|[。！？]"),
    re.compile(r"\s+"),
)
_JOINER: Final = "\u200d"


def _border(text: str, most: int) -> int:
    """Return where to cut: after a line, a sentence or a word, or at least not in a character."""
    end = most
    while (over := size(text[:end]) - most) > 0:
        end -= (over + 1) // 2
    for border in _BORDERS:
        last = max((found.end() for found in border.finditer(text, 0, end)), default=0)
        if last > end // 2:
            return last
    at = end
    while at > end // 2 and _joined(text, at):
        at -= 1
    return at


def _joined(text: str, at: int) -> bool:
    """Whether a character belongs to the one before: accents, skin tones, joined emoji, flags."""
    ch = text[at]
    if ch == _JOINER or text[at - 1] == _JOINER or unicodedata.category(ch)[0] == "M":
        return True
    if "\U0001f3fb" <= ch <= "\U0001f3ff" or "\U000e0020" <= ch <= "\U000e007f":
        return True
    halves = at  # of flags: the letters come in pairs
    while halves and "\U0001f1e6" <= text[halves - 1] <= "\U0001f1ff":
        halves -= 1
    return "\U0001f1e6" <= ch <= "\U0001f1ff" and (at - halves) % 2 == 1
