"""Recall for a turn: find, order, look up the texts, and heed earlier answers.

Sequence only: candidates come from the store's index, their order from
``learning.recall``, and what earlier answers advise from ``learning.precedent``.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.telemetry import span
from learning.cues import read_query
from learning.extract import similarity
from learning.precedent import SAME_QUESTION, Advice, Precedent, advise
from learning.recall import (
    UNTRAINED_QUALITY,
    Candidate,
    ScopeEvidence,
    Scored,
    fill_budget,
    fuse,
)
from learning.store.contents import Contents
from learning.store.index import RecallIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from learning.lexicon import Lexicon
    from learning.recollection import Recollection
    from learning.store.conversations import Message
    from learning.store.store import Unit

MAX_ITEMS: Final = 12
MAX_TOKENS: Final = 4_000
RANKED: Final = 96
"""Candidates that are kept in order; nobody looks further down."""
LOOKED_UP: Final = 32
"""Candidates whose texts are read: enough to leave some out as repeats."""

_RATED: Final = frozenset({"answer", "correction"})


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a turn has in front of it.

    Attributes:
        recollections: in the order of their citation marks.
        advice: what earlier answers to the same question say.
        lexical_only: the embedder was down.
    """

    recollections: tuple[Recollection, ...]
    advice: Advice
    lexical_only: bool


class Recaller:
    """Recalls.

    Args:
        embedder: name of the embedder of question vectors.
        lexicon: for comparing questions.
    """

    def __init__(self, embedder: str, lexicon: Lexicon) -> None:
        self._embedder = embedder
        self._lexicon = lexicon
        trained = not embedder.startswith("hashing:")
        self._evidence = ScopeEvidence(1.0 if trained else UNTRAINED_QUALITY)

    async def rank(
        self,
        unit: Unit,
        question: str,
        vector: NDArray[np.float32] | None,
        user_id: str,
        now: datetime,
    ) -> list[Scored]:
        """Return the candidates for a question, best first, without their texts.

        Args:
            unit: an open transaction; it decides what may be seen.
            question: what was asked.
            vector: its embedding, or ``None`` when there is none.
            user_id: who asks: "did I say" means their words.
            now: what "yesterday" counts from.
        """
        found = await RecallIndex(unit).search(question, vector, self._embedder)
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
            )
            for hit in found.hits
        ]
        features = read_query(question, now=now, speakers={c.speaker for c in candidates})
        return fuse(features, candidates, self._evidence, now, RANKED)

    async def recall(
        self,
        unit: Unit,
        question: str,
        vector: NDArray[np.float32] | None,
        asked: Message,
        now: datetime,
    ) -> Recalled:
        """Return what to put before the model for a question."""
        with span("mynah.recall"):
            ranked = await self.rank(unit, question, vector, asked.author_id, now)
            contents = Contents(unit)
            rated = [s for s in ranked if s.candidate.kind in _RATED][:LOOKED_UP]
            others = [s for s in ranked if s.candidate.kind not in _RATED]
            texts = await contents.load(_ids([*rated, *others[: LOOKED_UP * 2]]))
            advice = await self._advice(unit, question, rated, texts)
            usable = [
                s
                for s in others
                if s.candidate.id in texts
                and s.candidate.id not in advice.avoid_items
                and not self._repeats(question, texts[s.candidate.id])  # type: ignore[index]
            ][:LOOKED_UP]
            chosen = fill_budget(
                [replace(s, candidate=replace(s.candidate, text=_text(s, texts))) for s in usable],
                MAX_TOKENS,
                MAX_ITEMS - min(len(advice.use), 2),
            )
        scores = {s.candidate.id: s for s in ranked}
        return Recalled(
            tuple(
                replace(r, score=scores[r.id].score, signals=_rounded(scores[r.id]))
                for r in (
                    *advice.use[:2],
                    *(texts[s.candidate.id] for s in chosen),  # type: ignore[index]
                )
            ),
            advice,
            vector is None,
        )

    async def _advice(
        self,
        unit: Unit,
        question: str,
        rated: Sequence[Scored],
        texts: dict[UUID, Recollection],
    ) -> Advice:
        recollections = [
            texts[s.candidate.id]  # type: ignore[index]
            for s in rated
            if s.candidate.id in texts
        ]
        origins = await Contents(unit).provenance(
            [r.interaction_id for r in recollections if r.interaction_id is not None]
        )
        precedents = [
            Precedent(r, *origins.get(r.interaction_id, ("", frozenset())))  # type: ignore[arg-type]
            for r in recollections
        ]
        return advise(question, precedents, self._lexicon)

    def _repeats(self, question: str, recollection: Recollection) -> bool:
        """Return whether a message only asks the same thing again.

        One that tells something in the question's words is likely its answer.
        """
        return (
            recollection.kind == "message"
            and similarity(question, recollection.text, self._lexicon) >= SAME_QUESTION
            and (
                "?" in recollection.text
                or self._lexicon.terms(recollection.text).keys()
                <= self._lexicon.terms(question).keys()
            )
        )


def _ids(scored: Sequence[Scored]) -> list[UUID]:
    return [s.candidate.id for s in scored]  # type: ignore[misc]


def _text(scored: Scored, texts: dict[UUID, Recollection]) -> str:
    return texts[scored.candidate.id].text  # type: ignore[index]


def _rounded(scored: Scored) -> dict[str, float]:
    return {name: round(value, 4) for name, value in scored.signals.items()}


def _possible_names(question: str) -> set[str]:
    """Return the words of a question, and pairs of them, that could name a speaker."""
    words = re.findall(r"[^\W_]+", question.casefold())
    return {*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))}
