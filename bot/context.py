"""The context builder: what stands before a model when it answers.

Sequence only: candidates and their order come from ``bot.recall``, what earlier
answers advise from ``learning.precedent``, which corrections come along from
``learning.knowledge``, what of a person's profile bears on the question from
``learning.memory.profile``, and how the room is shared from ``learning.context``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.telemetry import span
from integrations.contracts.reranker import RerankerFailure
from learning.context import compose
from learning.extract import similarity
from learning.memory.profile import bearing, may_stand, recollection_of
from learning.precedent import SAME_QUESTION, Advice, Precedent, advise, outranked
from learning.projects.sought import seek
from learning.projects.where import is_code, located
from learning.recall import Candidate, Scored
from learning.reranking import blend
from learning.store.contents import Contents
from learning.store.interactions import Interactions
from learning.store.knowledge import Knowledge
from learning.store.memories import Memories
from learning.store.projects import Projects
from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from bot.recall import Recaller
    from integrations.contracts.reranker import Reranker
    from learning.context import Section
    from learning.evidence import ScopeEvidence
    from learning.lexicon import Lexicon
    from learning.memory.contract import Memory
    from learning.recollection import Recollection
    from learning.store.store import Unit

MAX_ITEMS: Final = 12
MAX_TOKENS: Final = 4_000
_LEAST_TOKENS: Final = 1_500
"""Of that, what files leave to everything else."""
LOOKED_UP: Final = 32
"""Candidates whose texts are read: enough to leave some out as repeats."""
_REPEATED: Final = 2
"""Earlier answers that are put before the model at most."""

_EVIDENCE_HOLDS: Final = timedelta(minutes=10)
_WORKSPACES_REMEMBERED: Final = 1_000

_CODE_AMONG: Final = 3
"""Among so many of the best, code makes it a question about its project."""

_RATED: Final = frozenset({"answer", "correction"})


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a turn has in front of it.

    Attributes:
        recollections: in the order of their citation marks.
        advice: what earlier answers to the same question say.
        lexical_only: the embedder was down.
        tokens: how much room each section takes, in estimated tokens.
    """

    recollections: tuple[Recollection, ...]
    advice: Advice
    lexical_only: bool
    tokens: Mapping[Section, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for a question, before room is shared out.

    Attributes:
        question: what was asked.
        lexical_only: the embedder was down.
        advice: what earlier answers to the same question say.
        ranked: everything but earlier answers, best first, without texts.
        usable: the best of it that may stand before the model, with texts.
        texts: by id.
    """

    question: str
    lexical_only: bool
    advice: Advice
    ranked: tuple[Scored, ...]
    usable: tuple[Scored, ...]
    texts: Mapping[UUID, Recollection]


class ContextBuilder:
    """Builds contexts.

    Args:
        recaller: finds and orders candidates.
        lexicon: for comparing questions.
        reranker: reads the best of what was found once more, if there is one.
    """

    def __init__(
        self, recaller: Recaller, lexicon: Lexicon, reranker: Reranker | None = None
    ) -> None:
        self._recaller = recaller
        self._lexicon = lexicon
        self._reranker = reranker
        self._evidence: dict[str, tuple[ScopeEvidence, datetime]] = {}
        self._log = structlog.get_logger("mynah.recall")

    @property
    def reranks(self) -> bool:
        """Whether a reranker reads what was found: that is not for an open transaction."""
        return self._reranker is not None

    async def evidence(self, unit: Unit, now: datetime) -> ScopeEvidence:
        """Return what votes say about the ways to find things here; it changes slowly.

        Args:
            unit: open for all audiences.
            now: what is older than a few minutes is worked out anew.
        """
        known = self._evidence.get(unit.workspace_id)
        if known is None or not timedelta() <= now - known[1] < _EVIDENCE_HOLDS:
            rows = await Interactions(unit).found_by()
            known = self._recaller.evidence(rows), now
            self._evidence[unit.workspace_id] = known
            if len(self._evidence) > _WORKSPACES_REMEMBERED:
                self._evidence.pop(next(iter(self._evidence)))
        return known[0]

    async def find(
        self,
        unit: Unit,
        question: str,
        vector: NDArray[np.float32] | None,
        user_id: str,
        evidence: ScopeEvidence | None,
        now: datetime,
    ) -> Found:
        """Return what there is for a question, with its texts.

        Args:
            unit: an open transaction; it decides what may be seen.
            question: what was asked.
            vector: its embedding, or ``None`` when there is none.
            user_id: who asks.
            evidence: from ``evidence``.
            now: what "yesterday" counts from.
        """
        with span("mynah.recall"):
            ranked = await self._recaller.rank(unit, question, vector, user_id, now, evidence)
            rated = [s for s in ranked if s.candidate.kind in _RATED][:LOOKED_UP]
            others = [s for s in ranked if s.candidate.kind not in _RATED]
            texts = await Contents(unit).load(_ids([*rated, *others[: LOOKED_UP * 2]]))
            if (sought := seek(question, self._lexicon)) is not None:
                # Code says "session" where people say "auth": a further search looks for that.
                more = await self._recaller.rank(unit, sought.query, None, user_id, now, evidence)
                both = [*more[: LOOKED_UP * 2], *others[: LOOKED_UP * 2]]
                known = {_id(s): s for s in both if s.candidate.kind == "knowledge"}
                texts |= await Contents(unit).load([id_ for id_ in known if id_ not in texts])
                others = located(sought, others, known, texts, self._lexicon)
            advice = await self._advice(unit, question, rated, texts)
            usable = [
                replace(s, candidate=replace(s.candidate, text=text.text))
                for s in others
                if (text := texts.get(_id(s))) is not None
                and text.id not in advice.avoid_items
                and not self._repeats(question, text)
                and may_stand(text, user_id)
            ][:LOOKED_UP]
            if sought is None:
                usable = await self._with_ways(unit, usable, texts)
        return Found(question, vector is None, advice, tuple(others), tuple(usable), texts)

    async def _with_ways(
        self, unit: Unit, usable: list[Scored], texts: dict[UUID, Recollection]
    ) -> list[Scored]:
        """Return what was found with the conventions of the project that its code stands in."""
        code = [_id(s) for s in usable[:_CODE_AMONG] if _is_code(texts[_id(s)])]
        told = await Projects(unit).ways_of(code) if code else []
        new = [id_ for id_ in told if all(_id(s) != id_ for s in usable)][:1]
        texts |= await Contents(unit).load(new)
        at = min(len(usable), _CODE_AMONG)
        below = usable[at - 1].score if usable else 0.0
        ways = [
            Scored(
                Candidate(id_, "knowledge", texts[id_].text, 0.0, None), below, {"project": below}
            )
            for id_ in new
            if id_ in texts
        ]
        return [*usable[:at], *ways, *usable[at:]][:LOOKED_UP]

    async def rerank(self, found: Found) -> Found:
        """Let the reranker read the best of what was found; a failure leaves the order."""
        if self._reranker is None or not found.usable:
            return found
        with span("mynah.rerank"):
            try:
                scores = await self._reranker.score(
                    found.question, [s.candidate.text for s in found.usable]
                )
            except RerankerFailure as failure:
                self._log.warning("reranker_failed", reason=str(failure))
                return found
        return replace(found, usable=tuple(blend(found.usable, scores)))

    async def compose(
        self,
        unit: Unit,
        found: Found,
        memories: Sequence[Memory],
        now: datetime,
        attached: Sequence[Recollection] = (),
    ) -> Recalled:
        """Return what to put before the model.

        Args:
            unit: an open transaction; it decides what may be seen.
            found: from ``find``.
            memories: what is known of the asker and may be said here.
            now: what validity counts from.
            attached: of the thread's files; they go first, and leave less room for the rest.
        """
        advice, texts = found.advice, found.texts
        ids = {_id(s) for s in found.ranked}
        taken = sum(estimated_tokens(piece.text) for piece in attached)
        profile = bearing(found.question, memories, ids, self._lexicon, now)
        composed = compose(
            advice.use[:_REPEATED],
            [(s, texts[_id(s)]) for s in found.usable],
            [recollection_of(memory) for memory in profile],
            max(MAX_TOKENS - taken, _LEAST_TOKENS),
            MAX_ITEMS,
        )
        ordered = await self._corrected(unit, composed.recollections, now)
        scores = {_id(s): s for s in (*found.ranked, *found.usable)}
        return Recalled(
            tuple(attached)
            + tuple(
                replace(r, score=scores[r.id].score, signals=_rounded(scores[r.id]))
                if r.id in scores
                else r
                for r in ordered
            ),
            advice,
            found.lexical_only,
            {**composed.tokens, "files": taken} if taken else composed.tokens,
        )

    async def precedents(
        self,
        unit: Unit,
        question: str,
        vector: NDArray[np.float32] | None,
        user_id: str,
        now: datetime,
    ) -> tuple[Recollection, ...]:
        """Return earlier answers worth repeating for a question, best first."""
        ranked = await self._recaller.rank(unit, question, vector, user_id, now)
        rated = [s for s in ranked if s.candidate.kind in _RATED][:LOOKED_UP]
        texts = await Contents(unit).load(_ids(rated))
        return (await self._advice(unit, question, rated, texts)).use

    async def _corrected(
        self, unit: Unit, recollections: Sequence[Recollection], now: datetime
    ) -> Sequence[Recollection]:
        """Return the recollections with what has been said against them since in front of them.

        That is corrections of answers built on a passage, and what took the place of what was
        learned from a message.
        """
        passages = [r.id for r in recollections if r.kind == "knowledge"]
        messages = {r.interaction_id: r.id for r in recollections if r.kind == "message"}
        against: dict[UUID, Sequence[UUID]] = {}
        if passages:
            against |= await Knowledge(unit).corrections_of(passages)
        said = [id_ for id_ in messages if id_ is not None]
        over: set[UUID] = set()
        if said:
            newer = await Memories(unit).newer_than_said(said, now)
            against |= {messages[id_]: ids for id_, (ids, _) in newer.items()}
            over = {messages[id_] for id_, (_, holds) in newer.items() if not holds}
        if not against:
            return recollections
        known = {r.id: r for r in recollections}
        wanted = {id_ for ids in against.values() for id_ in ids} - known.keys()
        found = known | await Contents(unit).load(sorted(wanted))
        ordered = outranked(
            recollections,
            {item: [found[id_] for id_ in ids if id_ in found] for item, ids in against.items()},
        )
        # Nothing that a message told holds any more: what took its place says it better.
        return [r for r in ordered if r.id not in over]

    async def _advice(
        self,
        unit: Unit,
        question: str,
        rated: Sequence[Scored],
        texts: Mapping[UUID, Recollection],
    ) -> Advice:
        recollections = [texts[_id(s)] for s in rated if _id(s) in texts]
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


def _is_code(recollection: Recollection) -> bool:
    return recollection.place is not None and is_code(recollection.place.path)


def _id(scored: Scored) -> UUID:
    return scored.candidate.id  # type: ignore[return-value]


def _ids(scored: Sequence[Scored]) -> list[UUID]:
    return [_id(each) for each in scored]


def _rounded(scored: Scored) -> dict[str, float]:
    return {name: round(value, 4) for name, value in scored.signals.items()}
