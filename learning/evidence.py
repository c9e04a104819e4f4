"""What is known of a scope's ways to find things: how far each is to be believed.

Decides how what people did with answers moves the balance between words and meaning.
Refuses to know how it was stored: the rows come as data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

UNTRAINED_QUALITY: Final = 0.6
"""``ScopeEvidence.dense_quality`` for feature hashing, which sees letters, not meaning."""
PRIOR: Final = 40.0
"""How many recalled items the belief that both legs are equally good is worth."""
MOST_LEAN: Final = math.log(2)
"""No evidence makes one leg's odds more than twice what they are without it."""


@dataclass(frozen=True, slots=True)
class ScopeEvidence:
    """What is known about the scope's legs.

    Attributes:
        dense_quality: how far the embedder is to be believed, in [0, 1]:
            1 for a trained one, ``UNTRAINED_QUALITY`` for feature hashing.
        lean: what people's use of answers says: the logarithm of how much likelier
            an item is to be of use if meaning brought it than if words did; 0 if
            nothing is known.
    """

    dense_quality: float = 1.0
    lean: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recalled item, and what came of it.

    Attributes:
        lexical: what its words added to its score, as the signals of a recollection say.
        dense: what its meaning added.
        useful: it was cited in an answer that was liked; false if it stood in front of a
            liked answer uncited, or was cited in a disliked one.
    """

    lexical: float
    dense: float
    useful: bool


def evidence_of(rows: Iterable[Outcome], dense_quality: float = 1.0) -> ScopeEvidence:
    """Return what the outcomes of recalled items say about the legs.

    Each item counts for a leg by the leg's part in bringing it. A leg's share of useful
    items is estimated with a Beta prior of ``PRIOR`` items around the share among all of
    them, so that a few votes change nothing; ``lean`` is the log ratio of the two.

    Args:
        rows: outcomes of the scope, in any order. Items that neither leg brought
            (a neighbour, say) and figures that are none are passed over.
        dense_quality: as for ``ScopeEvidence``.
    """
    useful = {"lexical": 0.0, "dense": 0.0}
    seen = {"lexical": 0.0, "dense": 0.0}
    for row in rows:
        parts = {"lexical": max(0.0, row.lexical), "dense": max(0.0, row.dense)}
        whole = sum(parts.values())
        if not (math.isfinite(row.lexical) and math.isfinite(row.dense) and whole > 0):
            continue
        for leg, part in parts.items():
            seen[leg] += part / whole
            useful[leg] += part / whole * row.useful
    base = (sum(useful.values()) + 1) / (sum(seen.values()) + 2)
    shares = {leg: (useful[leg] + PRIOR * base) / (seen[leg] + PRIOR) for leg in seen}
    lean = math.log(shares["dense"] / shares["lexical"])
    return ScopeEvidence(dense_quality, min(MOST_LEAN, max(-MOST_LEAN, lean)))
