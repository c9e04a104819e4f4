"""Recall: candidates for a question, in order of relevance.

Sequence only: candidates come from the store's index, their order from
``learning.recall``. What of it goes before a model is ``bot.context``'s part.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from learning.cues import named, read_query
from learning.evidence import UNTRAINED_QUALITY, ScopeEvidence, evidence_of
from learning.recall import WEIGHTS, Candidate, Scored, Weights, fuse
from learning.store.index import RecallIndex

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from learning.evidence import Outcome
    from learning.store.store import Unit

RANKED: Final = 96
"""Candidates that are kept in order; nobody looks further down."""


class Recaller:
    """Finds and orders.

    Args:
        embedder: name of the embedder of question vectors.
        weights: how much each sign of relevance counts.
    """

    def __init__(self, embedder: str, weights: Weights = WEIGHTS) -> None:
        self._embedder = embedder
        self._weights = weights
        trained = not embedder.startswith("hashing:")
        self._quality = 1.0 if trained else UNTRAINED_QUALITY

    async def rank(
        self,
        unit: Unit,
        question: str,
        vector: NDArray[np.float32] | None,
        user_id: str,
        now: datetime,
        evidence: ScopeEvidence | None = None,
    ) -> list[Scored]:
        """Return the candidates for a question, best first, without their texts.

        Args:
            unit: an open transaction; it decides what may be seen.
            question: what was asked.
            vector: its embedding, or ``None`` when there is none.
            user_id: who asks: "did I say" means their words.
            now: what "yesterday" counts from.
            evidence: what is known of the scope, as ``evidence`` returns it; without it,
                only the embedder is known.
        """
        features = read_query(question, now=now)
        found = await RecallIndex(unit).search(
            question,
            vector,
            self._embedder,
            beside=[
                {unit.hasher.term(term): 1.0 for term in terms}
                for terms in (features.things, features.expected)
            ],
        )
        names = {unit.hasher.term(name): name for name in _possible_names(question)}
        candidates = [
            Candidate(
                id=hit.id,
                kind=hit.kind,  # type: ignore[arg-type]
                text="?" if hit.asks else "",
                lexical=hit.lexical or 0.0,
                dense=hit.dense,
                thread=hit.sequence_id,
                position=hit.position,
                speaker=names.get(hit.speaker or 0, ""),
                author="asker"
                if hit.user_id == user_id
                else "mynah"
                if hit.user_id == "mynah"
                else "other",
                said_at=hit.occurred_at,
                length=hit.length,
                rating=hit.rating if hit.kind == "correction" else None,
                trust=hit.trust,
                confidence=hit.confidence,
                entities=hit.beside[0],
                expected=hit.beside[1],
            )
            for hit in found.hits
        ]
        speakers = named(question, {candidate.speaker for candidate in candidates})
        return fuse(
            replace(features, speakers=speakers),
            candidates,
            evidence or self.evidence(),
            now,
            RANKED,
            self._weights,
        )

    def evidence(self, outcomes: Iterable[Outcome] = ()) -> ScopeEvidence:
        """Return what is known of the legs, from what came of earlier recollections."""
        return evidence_of(outcomes, self._quality)


def _possible_names(question: str) -> set[str]:
    """Return the words of a question, and pairs of them, that could name a speaker."""
    words = re.findall(r"[^\W_]+", question.casefold())
    return {*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))}
