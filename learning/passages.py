"""Cuts a long text into the windows that get a vector each.

A sentence model reads a few hundred tokens. What a message says after that has no
part in its vector, so a long text has two, and the better of them stands for it.

Decides where a text is cut, and how often. Refuses to know which model reads the
windows: ``estimated_tokens`` measures them, and errs on the high side.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW_TOKENS: Final = 240
"""Estimated tokens of a window: room in the 256 that sentence models read."""
MOST_WINDOWS: Final = 2
"""Windows of one text. Of a longer one they are spread evenly, first and last included.

Two find more than one: people begin and end with what matters. More find less: the best
of many draws is high by chance, and long messages then push short ones out.
"""
MAX_CHARS: Final = 100_000
"""Characters of a text that are read, as for words."""

_SENTENCE: Final = re.compile(r".+?(?:[.!?…]+[\"')\]]*\s+|[。！？]|\n+|\Z)", re.DOTALL)
_WORD: Final = re.compile(r"\S{1,64}\s*|\s+")


def windows(text: str, tokens: int = WINDOW_TOKENS, most: int = MOST_WINDOWS) -> tuple[str, ...]:
    """Return the windows of a text, in order: at least one, at most ``most``.

    They end where sentences or lines end, and are about equally long. A sentence
    longer than a window is cut between words, or anywhere if it has none.

    Args:
        text: any text.
        tokens: estimated tokens of a window; only a single word may have more.
        most: how many windows at most.
    """
    if len(text) <= tokens:  # a character is a token at most
        return (text,)
    pieces = list(_pieces(text[:MAX_CHARS], tokens))
    total = sum(cost for _, cost in pieces)
    if total <= tokens:
        return (text,)
    found = _packed(pieces, tokens, total / -(-total // tokens))
    if len(found) > most:
        last = len(found) - 1
        found = [found[round(n * last / max(1, most - 1))] for n in range(most)]
    return tuple(found)


def _pieces(text: str, tokens: int) -> Iterator[tuple[str, int]]:
    """Yield sentences with their costs, and the words of those longer than a window."""
    for match in _SENTENCE.finditer(text):
        cost = estimated_tokens(match[0])
        if cost <= tokens:
            yield match[0], cost
        else:
            for word in _WORD.finditer(match[0]):
                yield word[0], estimated_tokens(word[0])


def _packed(pieces: list[tuple[str, int]], tokens: int, aim: float) -> list[str]:
    """Return the pieces joined; a window is closed as soon as it has its even share."""
    found: list[str] = []
    held: list[str] = []
    size = 0
    for piece, cost in pieces:
        if held and size + cost > tokens:
            found.append("".join(held))
            held, size = [], 0
        held.append(piece)
        size += cost
        if size >= aim:
            found.append("".join(held))
            held, size = [], 0
    if held:
        found.append("".join(held))
    return [window.strip() for window in found if window.strip()]
