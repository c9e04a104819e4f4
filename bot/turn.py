"""A turn: from a stored question to a stored answer.

Sequence only: load, recall and choose, answer, record. The three transactions
are short, and none is open while a model or an embedder works. A turn that
dies is started again by the queue; one that was recorded is never recorded
twice.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from bot.attachments import problems_of, with_problems
from bot.record import target_of
from bot.stages import Decided
from bot.stopping import stop_of
from bot.telemetry import span
from integrations.contracts.delivery import Outcome
from integrations.contracts.model import ModelRequest
from learning.routing.spending import exhausted_words
from learning.routing.wishes import wishes
from learning.store.interactions import Interactions
from learning.task_types import TASK_TYPES, continued

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    import numpy as np
    from numpy.typing import NDArray

    from bot.acting.turn import Acts
    from bot.acting.wanted import Executed
    from bot.answer import Answered, Answers
    from bot.attachments import Attending
    from bot.classify import Classifier
    from bot.clock import Clock
    from bot.context import ContextBuilder
    from bot.embedding import Embedding
    from bot.interpreting import Interpreting
    from bot.live import LiveEvents
    from bot.loading import Loading
    from bot.metrics import Metrics
    from bot.record import Recording
    from bot.routing import Routing
    from bot.stages import Interpreted, Loaded
    from integrations.contracts.surface import Live, Surface
    from learning.store.store import Store
    from learning.task_types import TaskEstimate


_MOST_STARTS = 8


class Turns:
    """Takes turns."""

    def __init__(
        self,
        store: Store,
        loading: Loading,
        recording: Recording,
        contexts: ContextBuilder,
        attending: Attending,
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
        acts: Acts | None = None,
    ) -> None:
        self._store = store
        self._loading = loading
        self._recording = recording
        self._contexts = contexts
        self._attending = attending
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
        self._acts = acts
        self._log = structlog.get_logger("mynah.turn")

    async def take(self, workspace_id: str, interaction_id: str) -> None:
        """Answer one question; do nothing if it has been answered or is gone."""
        began = perf_counter()
        with span("mynah.turn", {"mynah.interaction": interaction_id}):
            loaded = await self._loading.load(workspace_id, UUID(interaction_id))
            if loaded is None:
                return
            if loaded.interaction.attempts >= _MOST_STARTS:
                # Each start before ended with the process, or this one would not have come.
                await self._give_up(workspace_id, loaded, began)
                return
            there = await self._acted(workspace_id, loaded, began)
            if there is None:
                there = await self._through(workspace_id, loaded, began)
            if not there:
                await self._abandon(workspace_id, loaded)

    async def _through(self, workspace_id: str, loaded: Loaded, began: float) -> bool:
        """Take a turn to its end; return whether its question is still there."""
        interaction_id = str(loaded.interaction.id)
        async with (
            AsyncExitStack() as shown,
            stop_of(self._store, self._live, workspace_id, loaded) as stop,
        ):
            live, waited = None, perf_counter()
            if loaded.unread:
                live = await shown.enter_async_context(self._open(workspace_id, loaded))
                attended = await self._attending.prepare(
                    workspace_id, loaded, live, stop, self._loading.load
                )
                if attended is None:
                    return False
                if isinstance(attended, Outcome):  # which is told in what was shown so far
                    self._tell(interaction_id, attended, "", began, (waited - began) * 1e3)
                    return True
                loaded = attended
            estimate, vector, outsiders = await asyncio.gather(
                self._kind_of(loaded),
                self._embedding.query(loaded.question.text),
                self._outsiders(workspace_id, loaded),
            )
            loaded = loaded.read_by(outsiders=outsiders)
            outside_ms = (perf_counter() - waited) * 1e3
            interpreted = None  # who sends a file with it is clear enough
            if not loaded.own_files:
                interpreted = await self._interpreting.read(workspace_id, loaded, estimate, vector)
            if interpreted is not None and interpreted.mode == "asked":
                overhead_ms = (perf_counter() - began) * 1e3 - outside_ms
                await self._recording.ask(workspace_id, loaded, estimate, interpreted, overhead_ms)
                self._tell(interaction_id, Outcome.ASKED, "", began, overhead_ms)
                return True
            decided = await self._decide(workspace_id, loaded, estimate, vector, interpreted)
            if decided is None:
                return False
            if decided.cancelled:
                stop.set()
            answered, proposed = await self._answer(workspace_id, loaded, decided, live, stop)
        overhead_ms = (perf_counter() - began) * 1e3 - answered.model_ms - outside_ms
        recorded = await self._recording.record(
            workspace_id, loaded, decided, answered, overhead_ms, proposed
        )
        if recorded:
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
        return recorded

    async def _acted(self, workspace_id: str, loaded: Loaded, began: float) -> bool | None:
        """Do what a message asks to have done; return whether its question is still there.

        Nothing if it asks for no such thing: who sends a file with it wants it looked at.
        """
        if self._acts is None or loaded.own_files:
            return None
        request = await self._acts.requested(workspace_id, loaded)
        if request is None:
            return None
        overhead_ms = (perf_counter() - began) * 1e3
        async with self._open(workspace_id, loaded) as live:
            done = await self._acts.act(workspace_id, loaded, request, live)
        there = await self._recording.acted(
            workspace_id, loaded, done.text, done.buttons, done.explanation, overhead_ms
        )
        if there:
            self._tell(str(loaded.interaction.id), Outcome.ACTED, "", began, overhead_ms)
        return there

    async def _abandon(self, workspace_id: str, loaded: Loaded) -> None:
        """Leave nothing behind of an answer whose question was forgotten meanwhile."""
        await self._surfaces[loaded.interaction.surface].abandon(
            target_of(workspace_id, loaded.conversation, loaded.interaction)
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
        began = perf_counter()
        loaded = await self._loading.load(
            workspace_id, UUID(interaction_id), starting=False, settling=False
        )
        if loaded is not None:
            await self._give_up(workspace_id, loaded, began)

    async def _give_up(self, workspace_id: str, loaded: Loaded, began: float) -> None:
        if await self._recording.give_up(workspace_id, loaded):
            self._tell(str(loaded.interaction.id), Outcome.FAILED, "", began, 0.0)

    async def _kind_of(self, loaded: Loaded) -> TaskEstimate:
        """Return the kind of task; a wish about form goes on with the one before."""
        earlier = loaded.prepared.earlier
        if earlier is not None and wishes(loaded.question.text):
            for task in TASK_TYPES:
                if task == earlier.task_type:
                    return continued(task)
        return await self._classifier.classify(loaded.question.text)

    async def _outsiders(self, workspace_id: str, loaded: Loaded) -> bool:
        """Return whether somebody who is not of the workspace will read the reply."""
        target = target_of(workspace_id, loaded.conversation, loaded.interaction)
        return await self._surfaces[loaded.interaction.surface].outsiders(target)

    async def _decide(
        self,
        workspace_id: str,
        loaded: Loaded,
        estimate: TaskEstimate,
        vector: NDArray[np.float32] | None,
        interpreted: Interpreted | None,
    ) -> Decided | None:
        interaction, scope = loaded.interaction, loaded.scope(workspace_id)
        question = loaded.question.text
        if interpreted is not None and interpreted.taken is not None:
            # What it is taken to mean finds more than the few words that were said.
            question = f"{question}: {interpreted.taken.text}"
            vector = await self._embedding.query(question)
        contexts, now, found = self._contexts, self._clock(), None
        asked = (question, vector, interaction.user_id, loaded.evidence, now)
        attached = await self._attending.passages(loaded)
        if contexts.reranks:
            async with self._store.begin_in(scope) as unit:
                found = await contexts.find(unit, *asked)
            found = await contexts.rerank(found)
        async with self._store.begin_in(scope) as unit:
            if found is None:
                found = await contexts.find(unit, *asked)
            recalled = await contexts.compose(unit, found, loaded.memories, now, attached)
            # Held, or it could be deleted before what is chosen for it is written down.
            current = await Interactions(unit).find(interaction.id, lock=True)
            if current is None:
                return None
            chosen = await self._routing.choose(
                unit, loaded, estimate, vector, recalled, self._clock()
            )
        return Decided(recalled, estimate, chosen, current.cancel_requested, interpreted)

    async def _answer(
        self,
        workspace_id: str,
        loaded: Loaded,
        decided: Decided,
        shown: Live | None,
        stop: asyncio.Event,
    ) -> tuple[Answered, Sequence[Executed]]:
        taken = None if decided.interpreted is None else decided.interpreted.taken
        request = ModelRequest(
            question=loaded.question.text,
            reading="" if taken is None else taken.text,
            learns=loaded.learns,
            history=loaded.history,
            recollections=decided.recalled.recollections,
            task_type=decided.estimate.type,
            max_tokens=self._max_tokens,
            unread=problems_of(loaded.own_files),
        )
        async with nullcontext(shown) if shown else self._open(workspace_id, loaded) as live:
            await live.status(_status(decided))
            plan = decided.chosen.plan
            unpaid = None
            if plan.unpaid is not None:
                words = exhausted_words(decided.chosen.budgets, self._clock())
                unpaid = (plan.candidates[0].arm.role, words)
            hands = None
            if self._acts is not None:
                recalled = decided.recalled.recollections
                hands = await self._acts.hands(workspace_id, loaded, recalled, live)
                plan_ = await self._acts.plan(workspace_id, loaded)
                request = replace(request, hands=hands, plan=plan_)
            answered = await self._answers.answer(
                plan.steps, request, live, stop, unpaid, loaded.facets
            )
        answered.text = with_problems(answered.text, request.unread)
        return answered, () if hands is None else hands.proposed

    def _open(self, workspace_id: str, loaded: Loaded) -> AbstractAsyncContextManager[Live]:
        """Open the reply that people watch."""
        target = target_of(workspace_id, loaded.conversation, loaded.interaction)
        return self._surfaces[loaded.interaction.surface].live(target)


def _status(decided: Decided) -> str:
    count = len(decided.recalled.recollections)
    if not count:
        return "Thinking…"
    return f"Reading {count} source{'s' if count > 1 else ''}…"
