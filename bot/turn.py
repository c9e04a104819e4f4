"""A turn: from a stored question to a stored answer.

Sequence only: load, recall and choose, answer, record. The three transactions
are short, and none is open while a model or an embedder works. A turn that
dies is started again by the queue; one that was recorded is never recorded
twice.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from bot.record import target_of
from bot.stages import Decided, Loaded
from bot.telemetry import span
from integrations.contracts.model import ModelRequest, Said
from integrations.contracts.surface import Outcome
from learning.context import fit_history
from learning.interpretation.choice import of_words, outcome_of, settles
from learning.routing.spending import exhausted_words
from learning.routing.wishes import wishes
from learning.scope import Scope, may_tell
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.memories import Memories
from learning.store.people import Consents
from learning.store.personas import Personas
from learning.task_types import TASK_TYPES, continued

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bot.answer import Answered, Answers
    from bot.classify import Classifier
    from bot.clock import Clock
    from bot.context import ContextBuilder
    from bot.embedding import Embedding
    from bot.interpreting import Interpreted, Interpreting
    from bot.live import LiveEvents
    from bot.metrics import Metrics
    from bot.record import Recording
    from bot.routing import Routing
    from bot.stages import Prepared
    from integrations.contracts.surface import LiveEvent, Surface
    from learning.memory.contract import Memory
    from learning.store.conversations import Message
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit
    from learning.task_types import TaskEstimate


_MOST_STARTS = 8


class Turns:
    """Takes turns."""

    def __init__(
        self,
        store: Store,
        recording: Recording,
        contexts: ContextBuilder,
        embedding: Embedding,
        classifier: Classifier,
        interpreting: Interpreting,
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
        self._contexts = contexts
        self._embedding = embedding
        self._classifier = classifier
        self._interpreting = interpreting
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
                interpreted = await self._interpreting.read(workspace_id, loaded, estimate, vector)
                if interpreted is not None and interpreted.mode == "asked":
                    overhead_ms = (perf_counter() - began) * 1e3 - outside_ms
                    await self._recording.ask(
                        workspace_id, loaded, estimate, interpreted, overhead_ms
                    )
                    self._tell(interaction_id, Outcome.ASKED, "", began, overhead_ms)
                    return
                decided = await self._decide(workspace_id, loaded, estimate, vector, interpreted)
                if decided.cancelled:
                    stop.set()
                answered = await self._answer(workspace_id, loaded, decided, stop)
            overhead_ms = (perf_counter() - began) * 1e3 - answered.model_ms - outside_ms
            await self._recording.record(workspace_id, loaded, decided, answered, overhead_ms)
        self._tell(
            interaction_id,
            answered.outcome,
            answered.role,
            began,
            overhead_ms,
            model=answered.model,
            task_type=decided.estimate.type,
            model_ms=round(answered.model_ms, 1),
        )

    def _tell(
        self,
        interaction_id: str,
        outcome: Outcome,
        role: str,
        began: float,
        overhead_ms: float,
        **further: Any,  # noqa: ANN401 - what a log line takes
    ) -> None:
        self._metrics.turn(outcome, role, perf_counter() - began, overhead_ms / 1e3)
        self._log.info(
            "turn",
            interaction=interaction_id,
            outcome=outcome.value,
            role=role,
            overhead_ms=round(overhead_ms, 1),
            **further,
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
            memories = await self._known_of(unit, interaction)
            facets, _ = await Personas(unit).of(interaction.user_id)
            evidence = await self._contexts.evidence(unit, self._clock())
            settles = None
            if starting:
                settles, question = await self._settle(unit, interaction, question, prepared)
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
            memories,
            facets,
            settles,
            evidence,
        )

    async def _known_of(self, unit: Unit, interaction: Interaction) -> tuple[Memory, ...]:
        """Return what is known of a person, as far as everybody who reads the reply may know it.

        In private that is all of it: it comes from what they said themselves.
        """
        known = await Memories(unit).of(interaction.user_id)
        return tuple(m for m in known if may_tell(m.audience, interaction.audience))

    async def _settle(
        self, unit: Unit, interaction: Interaction, question: Message, prepared: Prepared
    ) -> tuple[UUID | None, Message]:
        """Return what a message settles, if it follows a question of ours, and what it means.

        "2" means the second reading; anything else is taken in the person's own words. A turn
        that is started again finds what it settled the first time.
        """
        interpretations = Interpretations(unit)
        asked = prepared.asked
        if interaction.clarifies is not None:
            asked = await interpretations.of(interaction.clarifies)
        if asked is None or asked.user_id != interaction.user_id:
            return None, question
        reading = of_words(question.text, asked.readings)
        if interaction.clarifies is None:
            about = str(asked.context.get("question", ""))
            if reading is None and (
                asked.mode == "advanced" or not settles(question.text, about, asked.readings)
            ):
                return None, question  # of something else; ours stays open
            await interpretations.settle(
                asked.interaction_id,
                outcome_of(reading, asked.readings),
                reading.id if reading else "",
                question.text,
                self._clock(),
            )
            await Interactions(unit).clarify(interaction.id, asked.interaction_id)
        if reading is not None:
            question = replace(question, text=reading.text)
        return asked.interaction_id, question

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
        interpreted: Interpreted | None,
    ) -> Decided:
        interaction = loaded.interaction
        scope = Scope(workspace_id, interaction.user_id, interaction.audience)
        question = loaded.question.text
        if interpreted is not None and interpreted.taken is not None:
            # What it is taken to mean finds more than the few words that were said.
            question = f"{question}: {interpreted.taken.text}"
            vector = await self._embedding.query(question)
        contexts, now, found = self._contexts, self._clock(), None
        asked = (question, vector, interaction.user_id, loaded.evidence, now)
        if contexts.reranks:
            async with self._store.begin_in(scope) as unit:
                found = await contexts.find(unit, *asked)
            found = await contexts.rerank(found)
        async with self._store.begin_in(scope) as unit:
            if found is None:
                found = await contexts.find(unit, *asked)
            recalled = await contexts.compose(unit, found, loaded.memories, now)
            chosen = await self._routing.choose(
                unit, loaded, estimate, vector, recalled, self._clock()
            )
            current = await Interactions(unit).find(interaction.id)
        cancelled = current is None or current.cancel_requested
        return Decided(recalled, estimate, chosen, cancelled, interpreted)

    async def _answer(
        self, workspace_id: str, loaded: Loaded, decided: Decided, stop: asyncio.Event
    ) -> Answered:
        taken = None if decided.interpreted is None else decided.interpreted.taken
        request = ModelRequest(
            question=loaded.question.text,
            reading="" if taken is None else taken.text,
            learns=loaded.learns,
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
            return await self._answers.answer(
                plan.steps, request, live, stop, unpaid, loaded.facets
            )

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
