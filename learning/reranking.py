"""Lets a reranker's reading move the order of what was recalled.

Decides how much it counts beside everything else that is known. Refuses to know which
model reads, and how long it took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from learning.recall import Scored

if TYPE_CHECKING:
    from collections.abc import Sequence

RERANKED: Final = 0.5
"""A reranker's share of the score of what it has read."""


def blend(scored: Sequence[Scored], relevances: Sequence[float]) -> list[Scored]:
    """Return the order after a reranker has read the first of it.

    Its scores are put between 0 and the best fused score, whatever their scale, and
    have ``RERANKED`` of the say: it reads the words of a text, and knows nothing of
    who said it, when, and what people thought of it. What it has not read keeps its score.

    Args:
        scored: as ``fuse`` returns it.
        relevances: the reranker's scores of the first ``len(relevances)`` of them; one that
            is not a number leaves the order as it is.
    """
    read = np.array(relevances[: len(scored)], dtype=np.float64)
    if read.size < 2 or not np.isfinite(read).all() or read.max() <= read.min():  # noqa: PLR2004 - an order takes two
        return list(scored)
    placed = scored[0].score * (read - read.min()) / (read.max() - read.min())
    changed = [
        Scored(
            item.candidate,
            item.score + move,
            {**item.signals, "reranker": move},
        )
        for item, move in (
            (item, RERANKED * (float(place) - item.score))
            for item, place in zip(scored, placed, strict=False)
        )
    ]
    return sorted([*changed, *scored[len(changed) :]], key=lambda item: -item.score)
