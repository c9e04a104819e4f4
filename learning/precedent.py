"""What earlier answers to the same question advise, and what corrections outrank.

Decides which rated answers and corrections are put before the model, what is
kept from it because it led to a disliked answer, and what a person has said is
wrong. Refuses to know who asks;
the caller only hands over what the reader may see.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

OUTRANKED: Final = 0.5
"""What is left of the trust in a passage that somebody corrected: it is no longer the last
word, but a correction may speak of one sentence of it only."""


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


def outranked(
    recollections: Sequence[Recollection],
    corrections: Mapping[UUID, Sequence[Recollection]],
) -> tuple[Recollection, ...]:
    """Return the recollections with everything that was corrected behind its corrections.

    A correction comes along with what it speaks against, whatever question it
    answered; that loses half of its trust by it, once, however many there are. A
    correction that people disliked outranks nothing. An answer that was said to be wrong
    or out of date costs its sources as much, and takes their place at the end: nobody said
    what is right instead. Everything else keeps its order.

    Args:
        recollections: best first.
        corrections: passage or message → the corrections, the answers blamed on it and the
            newer memories that hold and speak against it, best first.
    """
    standing = {item: [c for c in found if _liked(c)] for item, found in corrections.items()}
    known = {r.id: r for r in recollections}
    blamed = {item for item, found in corrections.items() if any(_blames(c) for c in found)}
    placed: dict[UUID, Recollection] = {}
    last: list[Recollection] = []
    for recollection in recollections:
        against = standing.get(recollection.id, [])
        for correction in against:
            # One that was found by itself keeps its own score.
            along = known.get(correction.id) or replace(correction, score=recollection.score)
            placed.setdefault(correction.id, along)
        if against or recollection.id in blamed:
            recollection = replace(recollection, trust=recollection.trust * OUTRANKED)  # noqa: PLW2901
        if recollection.id in blamed:
            last.append(recollection)
        else:
            placed.setdefault(recollection.id, recollection)
    return (*placed.values(), *last)


def _blames(recollection: Recollection) -> bool:
    return recollection.kind == "answer" and _disliked(recollection)


def _liked(recollection: Recollection) -> bool:
    if recollection.kind == "memory":
        return True  # what somebody says of themselves is put to no vote
    if recollection.kind == "correction":
        return recollection.rating is None or recollection.rating > DISLIKED
    return recollection.rating is not None and recollection.rating >= LIKED


def _disliked(recollection: Recollection) -> bool:
    return recollection.rating is not None and recollection.rating <= DISLIKED
