"""How an answer that is already whole is handed out in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def in_pieces(text: str) -> Iterator[str]:
    """Yield the text line by line; joined, the pieces are the text."""
    yield from text.splitlines(keepends=True)
