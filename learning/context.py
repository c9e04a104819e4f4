"""How much of what is known fits into a prompt.

Decides which earlier messages go along with a question. Refuses to know what
they say; lengths are all it looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY_TOKENS: Final = 1_500
_CHARS_PER_TOKEN = 4
_LONGEST = 2_000
"""Characters of one earlier message that go along; its beginning says most."""

By = Literal["person", "mynah"]


def tokens(text: str) -> int:
    """Estimate the tokens of a text: four characters each, rounded up."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def fit_history(
    messages: Sequence[tuple[By, str]], budget: int = HISTORY_TOKENS
) -> list[tuple[By, str]]:
    """Return the latest messages that fit the budget, oldest first.

    Args:
        messages: who said what, oldest first.
        budget: tokens.
    """
    kept: list[tuple[By, str]] = []
    for by, text in reversed(messages):
        shown = text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"
        budget -= tokens(shown)
        if budget < 0:
            break
        kept.append((by, shown))
    return kept[::-1]
