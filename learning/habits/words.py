"""What somebody says of their own week, in passing: "I'm no morning person", "Fridays I crash".

Decides which sentences of a message are worth keeping for that, and keeps them in the person's
own words. Refuses questions, irony, secrets, long sentences, and what is said of others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from learning.habits.adjust import speaks_of_week
from learning.memory.contract import Draft
from learning.memory.phrases import bare, left_alone, phrases
from learning.memory.quoted import own_words

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 3
"""Sentences of one message."""
_LONGEST: Final = 140
_SENTENCE: Final = re.compile(r"[^.;!?\n]+[.;!?\n]?")
_MINE: Final = re.compile(r"\b(?:i|i'm|i've|my|me|myself|i’m|i’ve)\b", re.IGNORECASE)
_UNREAL: Final = re.compile(
    r"\b(?:if|would|could|used to|yesterday|today|tomorrow)\b", re.IGNORECASE
)


def of_own_week(text: str, ours: Sequence[str] = ()) -> tuple[Draft, ...]:
    """Return what a message says of its writer's week.

    Args:
        text: the message.
        ours: what Mynah wrote before it: repeating that is not saying it.
    """
    leave = phrases().leave
    if leave["irony"].search(bare(text)) or leave["orders"].search(bare(text)):
        return ()
    found: list[Draft] = []
    for match in _SENTENCE.finditer(own_words(text, ours)[:2_000]):
        sentence = " ".join(match[0].split())
        if sentence.endswith("?") or len(sentence) > _LONGEST or sentence.startswith(">"):
            continue
        said = sentence.rstrip(".;! ")
        if left_alone(bare(said)):
            continue
        if _MINE.search(said) and not _UNREAL.search(said) and speaks_of_week(said):
            found.append(
                Draft(
                    kind="insight",
                    text=f"says “{said}”",
                    origin="stated",
                    confidence=0.8,
                    tags=("week",),
                )
            )
    return tuple(found[:MOST])
