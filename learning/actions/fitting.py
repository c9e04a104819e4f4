"""Which tools a model gets to see for a question.

Decides by the words that a question shares with a tool. Refuses to know who asks: what somebody
may use is settled before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SHOWN: Final = 24
"""Tools that stand before a model at most: each costs room, and many confuse it."""
_WORD: Final = re.compile(r"[a-z0-9]{3,}")
_COMMON: Final = frozenset(
    ("the", "and", "for", "with", "that", "this", "from", "what", "how", "are", "you", "can", "our")
)


class Shown(Protocol):
    """What a model sees of a tool."""

    @property
    def name(self) -> str:
        """Unique."""

    @property
    def title(self) -> str:
        """For people."""

    @property
    def description(self) -> str:
        """For models."""


_Tool = TypeVar("_Tool", bound=Shown)


def fitting(question: str, tools: Sequence[_Tool], most: int = MOST_SHOWN) -> tuple[_Tool, ...]:
    """Return the tools that fit a question best, in their own order; all where there are few."""
    if len(tools) <= most:
        return tuple(tools)
    asked = _words(question)
    # A word in a tool's name says more than one in its description.
    ranked = sorted(
        range(len(tools)),
        key=lambda n: (
            -2 * len(asked & _words(f"{tools[n].name} {tools[n].title}"))
            - len(asked & _words(tools[n].description)),
            n,
        ),
    )
    return tuple(tools[n] for n in sorted(ranked[:most]))


def _words(text: str) -> set[str]:
    folded = _WORD.findall(text.casefold().replace("_", " "))
    return {word.removesuffix("s") for word in folded} - _COMMON
