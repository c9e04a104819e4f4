"""Pruning: what has not proved itself fades, and what was learned is counted.

Sequence only: what fades is decided in ``learning.memory.fading``, what may be
concluded about a person in ``learning.memory.insights``. Nothing learned is deleted here:
what faded is kept, unused, and holds again when it is seen again. What was never to be learned
from goes first, and for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from learning.memory.fading import Candidate, confidence_of, faded
from learning.memory.insights import Question, insights
from learning.memory.preferences import discover
from learning.scope import person
from learning.store.consents import Consents
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.learning_metrics import LearningMetrics
from learning.store.learnings import Learnings
from learning.store.memories import Memories
from learning.store.observations import Observations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.clock import Clock
    from bot.memorise import Memorising
    from bot.retention import Retention
    from learning.memory.contract import Memory
    from learning.store.learnings import Learning
    from learning.store.store import Store, Unit

_BATCH: Final = 500


class Pruning:
    """Lets learnings and memories fade, and draws conclusions about people for themselves.

    Args:
        store: where they are.
        memorising: keeps conclusions.
        retention: deletes what nobody allowed to learn from, once it is old.
        clock: tells the time.
    """

    def __init__(
        self, store: Store, memorising: Memorising, retention: Retention, clock: Clock
    ) -> None:
        self._store = store
        self._memorising = memorising
        self._retention = retention
        self._clock = clock
        self._log = structlog.get_logger("mynah.prune")

    async def prune(self, workspace_id: str) -> None:
        """Recompute every confidence of a workspace and end what faded; twice is as good as once.

        Works through the workspace in batches, each in a transaction of its own.
        """
        await self._retention.clear(workspace_id)
        now = self._clock()
        counts: dict[str, int] = {}
        confidences: list[float] = []
        trials = [0, 0]
        after: UUID | None = None
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                batch = await Learnings(unit).page(after, _BATCH)
                await self._fade_learnings(unit, batch, counts, confidences, now)
            trials[0] += sum(learning.successes for learning in batch)
            trials[1] += sum(learning.failures for learning in batch)
            if len(batch) < _BATCH:
                break
            after = batch[-1].id
        people: dict[str, None] = {}
        after = None
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                memories = await Memories(unit).page(after, _BATCH)
                await self._fade_memories(unit, memories, counts, confidences, now)
            people |= dict.fromkeys(memory.user_id for memory in memories)
            if len(memories) < _BATCH:
                break
            after = memories[-1].id
        for user_id in people:
            await self._conclude(workspace_id, user_id, now)
        async with self._store.begin(workspace_id, None) as unit:
            metrics = LearningMetrics(unit)
            if gone := sum(counts.values()):
                await metrics.add(now.date(), faded=gone)
            await metrics.set_means(
                now.date(),
                sum(confidences) / len(confidences) if confidences else None,
                trials[0] / sum(trials) if sum(trials) else None,
                len(confidences),
            )
        self._log.info("pruned", kept=len(confidences), **counts)

    async def _fade_learnings(
        self,
        unit: Unit,
        batch: Sequence[Learning],
        counts: dict[str, int],
        confidences: list[float],
        now: datetime,
    ) -> None:
        found = faded([_of_learning(learning) for learning in batch], now)
        learnings = Learnings(unit)
        await learnings.invalidate(found.ids, now)
        await RecallIndex(unit).invalidate(found.ids, now)
        kept = {id_: c for id_, c in found.confidences.items() if id_ not in set(found.ids)}
        stood = {learning.id: learning.confidence for learning in batch}
        await learnings.trust({id_: c for id_, c in kept.items() if c != stood[id_]})
        confidences += kept.values()
        for kind, count in found.counts.items():
            counts[kind] = counts.get(kind, 0) + count

    async def _fade_memories(
        self,
        unit: Unit,
        batch: Sequence[Memory],
        counts: dict[str, int],
        confidences: list[float],
        now: datetime,
    ) -> None:
        found = faded([_of_memory(memory) for memory in batch], now)
        memories, index = Memories(unit), RecallIndex(unit)
        over = [*found.ids, *found.ended]
        await memories.end(found.ids, now)
        await index.invalidate(over, now)
        kept = {id_: c for id_, c in found.confidences.items() if id_ not in set(over)}
        stood = {memory.id: memory.confidence for memory in batch}
        await memories.trust({id_: c for id_, c in kept.items() if c != stood[id_]})
        await index.believe(kept)
        confidences += kept.values()
        for kind, count in found.counts.items():
            counts[kind] = counts.get(kind, 0) + count

    async def _conclude(self, workspace_id: str, user_id: str, now: datetime) -> None:
        """Keep what a person's questions and memories come to, for that person alone."""
        async with self._store.begin(workspace_id, None) as unit:
            since = await Consents(unit).willing_everywhere(user_id)
            if since is None:
                return
            goals = await Memories(unit).of(user_id, kinds=["goal"], now=now)
            observations = await Observations(unit).of(user_id)
            asked = await Interactions(unit).recent_of(user_id)
        questions = [Question(*each) for each in asked if each[2] >= since]
        drafts = insights(goals, discover(observations, now), questions, now)
        if not drafts:
            return
        vectors = await self._memorising.vectors(drafts)
        async with self._store.begin(workspace_id, None) as unit:
            # Forgotten or refused while the embedder worked: then nothing is concluded.
            learns = await Consents(unit).willing_everywhere(user_id) is not None
            if learns and await Interactions(unit).latest(user_id) is not None:
                await self._memorising.apply(
                    unit, user_id, person(user_id), drafts, [], vectors, now
                )


def after_trials(learning: Learning, now: datetime) -> float:
    """Return how sure a learning is after its uses so far, as pruning will see it."""
    return confidence_of(_of_learning(learning), now)


def _of_learning(learning: Learning) -> Candidate:
    corrected = learning.kind == "correction"
    return Candidate(
        learning.id,
        learning.kind,
        "stated" if corrected else "observed",
        times_observed=1,
        times_used=learning.times_used,
        successes=learning.successes,
        failures=learning.failures,
        last_seen=learning.last_used_at or learning.created_at,
        created=learning.created_at,
        valid_to=learning.valid_to,
        confidence=learning.confidence,
    )


def _of_memory(memory: Memory) -> Candidate:
    return Candidate(
        memory.id,
        memory.kind,
        memory.origin,
        times_observed=memory.times_observed,
        times_used=memory.times_used,
        successes=memory.successes,
        failures=memory.failures,
        last_seen=max(memory.last_seen_at, memory.last_used_at or memory.last_seen_at),
        created=memory.created_at,
        valid_to=memory.valid_to,
        confidence=memory.confidence,
    )
