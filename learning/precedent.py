"""What earlier answers to the same question advise.

Decides which rated answers and corrections are put before the model, and what
is kept from it because it led to a disliked answer. Refuses to know who asks;
the caller only hands over what the reader may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.extract import similarity
from learning.feedback import DISLIKED, LIKED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from learning.lexicon import Lexicon
    from learning.recollection import Recollection

SAME_QUESTION: Final = 0.75
"""Similarity from which two questions are taken to be the same."""


RELATED: Final = 0.35
"""Similarity from which an answer to the one may help with the other."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier answer, who gave it, and the items it was built on."""

    recollection: Recollection
    role: str = ""
    cited: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do differently because the question was answered before.

    Attributes:
        use: answers worth repeating, best first; corrections lead.
        avoid_items: items that only led to disliked answers.
        avoid_roles: roles whose answer to this question was disliked.
    """

    use: tuple[Recollection, ...] = ()
    avoid_items: frozenset[UUID] = frozenset()
    avoid_roles: frozenset[str] = frozenset()


def advise(question: str, precedents: Sequence[Precedent], lexicon: Lexicon) -> Advice:
    """Return what earlier answers advise for a question.

    An answer is used when it was liked (or is a correction that nobody
    disliked) and answers a similar question; what a disliked answer to the
    *same* question cited is avoided, unless a liked one cited it too.
    """
    closeness: Mapping[UUID, float] = {
        p.recollection.id: similarity(question, p.recollection.question, lexicon)
        for p in precedents
    }
    same = [p for p in precedents if closeness[p.recollection.id] >= SAME_QUESTION]
    related = [p for p in precedents if closeness[p.recollection.id] >= RELATED]
    liked = [p for p in related if _liked(p.recollection)]
    disliked = [p for p in same if _disliked(p.recollection)]
    kept = frozenset(item for p in same if _liked(p.recollection) for item in p.cited)
    return Advice(
        use=tuple(
            sorted(
                (p.recollection for p in liked),
                key=lambda r: (
                    -(closeness[r.id] >= SAME_QUESTION),
                    r.kind != "correction",
                    -closeness[r.id],
                    -r.said_at.timestamp(),
                ),
            )
        ),
        avoid_items=frozenset(item for p in disliked for item in p.cited) - kept,
        avoid_roles=frozenset(p.role for p in disliked if p.role)
        - frozenset(p.role for p in same if _liked(p.recollection)),
    )


def _liked(recollection: Recollection) -> bool:
    if recollection.kind == "correction":
        return recollection.rating is None or recollection.rating > DISLIKED
    return recollection.rating is not None and recollection.rating >= LIKED


def _disliked(recollection: Recollection) -> bool:
    return recollection.rating is not None and recollection.rating <= DISLIKED
