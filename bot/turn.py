"""A turn: from a stored question to a stored answer.

Sequence only: load, recall and choose, answer, record. The three transactions
are short, and none is open while a model or an embedder works. A turn that
dies is started again by the queue; one that was recorded is never recorded
twice.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from bot.record import target_of
from bot.stages import Decided, Loaded
from bot.telemetry import span
from integrations.contracts.model import ModelRequest, Said
from learning.context import fit_history
from learning.routing.spending import exhausted_words
from learning.routing.wishes import wishes
from learning.scope import Scope
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions
from learning.store.people import Consents
from learning.task_types import TASK_TYPES, continued

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bot.answer import Answered, Answers
    from bot.classify import Classifier
    from bot.clock import Clock
    from bot.embedding import Embedding
    from bot.live import LiveEvents
    from bot.metrics import Metrics
    from bot.recall import Recaller
    from bot.record import Recording
    from bot.routing import Routing
    from integrations.contracts.surface import LiveEvent, Surface
    from learning.store.store import Store
    from learning.task_types import TaskEstimate


_MOST_STARTS = 8


class Turns:
    """Takes turns."""

    def __init__(
        self,
        store: Store,
        recording: Recording,
        recaller: Recaller,
        embedding: Embedding,
        classifier: Classifier,
        routing: Routing,
        answers: Answers,
        surfaces: Mapping[str, Surface],
        live: LiveEvents,
        metrics: Metrics,
        max_tokens: int,
        clock: Clock,
    ) -> None:
        self._store = store
        self._recording = recording
        self._recaller = recaller
        self._embedding = embedding
        self._classifier = classifier
        self._routing = routing
        self._answers = answers
        self._surfaces = surfaces
        self._live = live
        self._metrics = metrics
        self._max_tokens = max_tokens
        self._clock = clock
        self._log = structlog.get_logger("mynah.turn")

    async def take(self, workspace_id: str, interaction_id: str) -> None:
        """Answer one question; do nothing if it has been answered or is gone."""
        began = perf_counter()
        id_ = UUID(interaction_id)
        with span("mynah.turn", {"mynah.interaction": interaction_id}):
            loaded = await self._load(workspace_id, id_)
            if loaded is None:
                return
            if loaded.interaction.attempts >= _MOST_STARTS:
                # Each start before ended with the process, or this one would not have come.
                await self._recording.give_up(workspace_id, loaded)
                return
            async with self._stop_of(workspace_id, loaded) as stop:
                waited = perf_counter()
                estimate, vector = await asyncio.gather(
                    self._kind_of(loaded),
                    self._embedding.query(loaded.question.text),
                )
                outside_ms = (perf_counter() - waited) * 1e3
                decided = await self._decide(workspace_id, loaded, estimate, vector)
                if decided.cancelled:
                    stop.set()
                answered = await self._answer(workspace_id, loaded, decided, stop)
            overhead_ms = (perf_counter() - began) * 1e3 - answered.model_ms - outside_ms
            await self._recording.record(workspace_id, loaded, decided, answered, overhead_ms)
        self._metrics.turn(
            answered.outcome, answered.role, perf_counter() - began, overhead_ms / 1e3
        )
        self._log.info(
            "turn",
            interaction=interaction_id,
            outcome=answered.outcome.value,
            role=answered.role,
            model=answered.model,
            task_type=decided.estimate.type,
            overhead_ms=round(overhead_ms, 1),
            model_ms=round(answered.model_ms, 1),
        )

    async def give_up(self, workspace_id: str, interaction_id: str) -> None:
        """Tell the person that a turn failed for good, when even the queue gave up."""
        loaded = await self._load(workspace_id, UUID(interaction_id), starting=False)
        if loaded is not None:
            await self._recording.give_up(workspace_id, loaded)

    async def _load(
        self, workspace_id: str, interaction_id: UUID, *, starting: bool = True
    ) -> Loaded | None:
        async with self._store.begin(workspace_id, None) as unit:
            interactions = Interactions(unit)
            interaction = await interactions.find(interaction_id)
            if interaction is None or interaction.status == "done":
                return None
            if starting:
                await interactions.start(interaction_id)
            conversations = Conversations(unit)
            conversation = await conversations.find(interaction.conversation_id)
            messages = await conversations.of_interaction(interaction_id)
            if conversation is None or not messages:
                return None
            question = messages[0]
            earlier = await conversations.messages(
                conversation.id, before=question.position, limit=20
            )
            learns = await Consents(unit).given(interaction.user_id, "learning", default=True)
            prepared = await self._routing.prepare(
                unit, interaction, conversation.channel_id, self._clock()
            )
        history = fit_history(
            [("person" if m.by == "person" else "mynah", m.text) for m in earlier]
        )
        return Loaded(
            interaction,
            conversation,
            question,
            tuple(Said(by, text) for by, text in history),
            tuple(
                m.id
                for m in earlier[len(earlier) - len(history) :]
                if m.by != "mynah" and m.author_id != interaction.user_id
            ),
            learns,
            prepared,
        )

    async def _kind_of(self, loaded: Loaded) -> TaskEstimate:
        """Return the kind of task; a wish about form goes on with the one before."""
        earlier = loaded.prepared.earlier
        if earlier is not None and wishes(loaded.question.text):
            for task in TASK_TYPES:
                if task == earlier.task_type:
                    return continued(task)
        return await self._classifier.classify(loaded.question.text)

    async def _decide(
        self,
        workspace_id: str,
        loaded: Loaded,
        estimate: TaskEstimate,
        vector: NDArray[np.float32] | None,
    ) -> Decided:
        interaction = loaded.interaction
        scope = Scope(workspace_id, interaction.user_id, interaction.audience)
        async with self._store.begin_in(scope) as unit:
            recalled = await self._recaller.recall(
                unit, loaded.question.text, vector, loaded.question, self._clock()
            )
            chosen = await self._routing.choose(
                unit, loaded, estimate, vector, recalled, self._clock()
            )
            current = await Interactions(unit).find(interaction.id)
        cancelled = current is None or current.cancel_requested
        return Decided(recalled, estimate, chosen, cancelled)

    async def _answer(
        self, workspace_id: str, loaded: Loaded, decided: Decided, stop: asyncio.Event
    ) -> Answered:
        request = ModelRequest(
            question=loaded.question.text,
            history=loaded.history,
            recollections=decided.recalled.recollections,
            task_type=decided.estimate.type,
            max_tokens=self._max_tokens,
        )
        surface = self._surfaces[loaded.interaction.surface]
        async with surface.live(
            target_of(workspace_id, loaded.conversation, loaded.interaction)
        ) as live:
            await live.status(_status(decided))
            plan = decided.chosen.plan
            unpaid = None
            if plan.unpaid is not None:
                words = exhausted_words(decided.chosen.budgets, self._clock())
                unpaid = (plan.candidates[0].arm.role, words)
            return await self._answers.answer(plan.steps, request, live, stop, unpaid)

    @asynccontextmanager
    async def _stop_of(self, workspace_id: str, loaded: Loaded) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set when the person presses stop, wherever they do.

        A live event only says when to look: others may press too, and the table holds who may.
        """
        stop = asyncio.Event()
        wanted = loaded.interaction.id

        async def listen(events: AsyncIterator[LiveEvent]) -> None:
            async for event in events:
                if event.kind == "stop" and event.interaction_id == wanted:
                    async with self._store.begin(workspace_id, None) as unit:
                        current = await Interactions(unit).find(wanted)
                    if current is None or current.cancel_requested:
                        stop.set()

        async with self._live.watch(loaded.conversation.id) as events:
            listening = asyncio.create_task(listen(events))
            try:
                yield stop
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


def _status(decided: Decided) -> str:
    count = len(decided.recalled.recollections)
    if not count:
        return "Thinking…"
    return f"Reading {count} source{'s' if count > 1 else ''}…"
