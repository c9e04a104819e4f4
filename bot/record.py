"""Recording a turn: its answer, what led to it, and the jobs that follow, at once.

Sequence only. The interaction's row is locked first, so that of two workers
with the same turn one records it and the other finds it done.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from bot.explained import explained, read_as
from bot.queue import LEARNING, memory_lock, turn_queue
from integrations.contracts.delivery import Outcome, Target
from learning import citations
from learning.interpretation.contract import numbered
from learning.store.conversations import Conversations
from learning.store.doors import Outbox
from learning.store.interactions import Interactions, Recall
from learning.store.interpretations import Interpretations
from learning.store.learning_metrics import LearningMetrics
from learning.store.learnings import Learnings
from learning.store.memories import Memories
from learning.store.noticed import Noticed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.acting.wanted import Executed
    from bot.answer import Answered
    from bot.clock import Clock
    from bot.queue import Queue
    from bot.stages import Decided, Interpreted, Loaded
    from integrations.contracts.delivery import Button
    from learning.recollection import Recollection
    from learning.store.conversations import Conversation
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit
    from learning.task_types import TaskEstimate

MYNAH = "mynah"
"""Who Mynah's own messages are by."""

_READ = frozenset({"knowledge", "file"})
"""Kinds of what was read, not learned."""

SORRY = (
    "Something went wrong on my side and I could not answer, though I tried several "
    "times. Your question is kept; ask again in a moment."
)


class Recording:
    """Records turns.

    Args:
        store: where they are kept.
        queue: takes the jobs that follow.
        clock: tells the time.
    """

    def __init__(self, store: Store, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    async def record(
        self,
        workspace_id: str,
        loaded: Loaded,
        decided: Decided,
        answered: Answered,
        overhead_ms: float,
        proposed: Sequence[Executed] = (),
    ) -> bool:
        """Record how a turn ended, unless it was recorded meanwhile.

        Args:
            workspace_id: where.
            loaded: what it started from.
            decided: what was recalled and chosen.
            answered: how it ended.
            overhead_ms: what it took beside the model.
            proposed: what the model wants done and the person decides about.

        Returns:
            Whether the question is still there. One that was forgotten meanwhile is not.
        """
        recollections = decided.recalled.recollections
        text = answered.text
        cited: tuple[tuple[int, Recollection], ...] = ()
        if answered.outcome in {Outcome.ANSWERED, Outcome.FELL_BACK, Outcome.CANCELLED}:
            text, cited = citations.resolve(answered.text, recollections)
        text = "\n\n".join([text, *(each.text for each in proposed)])
        cited_ids = {recollection.id for _, recollection in cited}
        async with self._store.begin(workspace_id, None) as unit:
            interactions = Interactions(unit)
            current = await interactions.find(loaded.interaction.id, lock=True)
            if current is None or current.status == "done":
                return current is not None  # another worker was faster
            now = self._clock()
            await interactions.finish(
                current.id,
                outcome=answered.outcome,
                task_type=decided.estimate.type,
                role=answered.role,
                model=answered.model,
                explanation=explained(loaded, decided),
                overhead_ms=overhead_ms,
                now=now,
            )
            await interactions.ran(current.id, decided.chosen.choice_id, answered.runs, now)
            await interactions.recalled(
                current.id,
                [
                    Recall(r.id, mark, r.id in cited_ids, r.score, r.signals)
                    for mark, r in _once(recollections)
                ]
                + [
                    Recall(id_, 0, cited=False, score=0.0)
                    for id_ in loaded.heard
                    if id_ not in {r.id for r in recollections}  # heard before, and recalled too
                ],
            )
            used = [r.id for r in recollections if r.id in cited_ids and r.kind not in _READ]
            if used:
                await Learnings(unit).used(used, now)
                await LearningMetrics(unit).add(now.date(), applied=len(used))
            if known := [r.id for r in recollections if r.kind == "memory"]:
                await Memories(unit).used(known, now)
            interpreted = decided.interpreted
            if interpreted is not None:
                await self._keep(unit, loaded, interpreted, now)
            await self._deliver(
                unit,
                workspace_id,
                loaded,
                text,
                answered.outcome,
                [
                    cite(mark, recollection, loaded.interaction.user_id)
                    for mark, recollection in cited
                ],
                answered.role,
                answered.model,
                interpreted,
                [button for each in proposed for button in each.buttons],
            )
            await self._queue.defer(
                unit,
                "credit",
                queue=LEARNING,
                workspace_id=workspace_id,
                interaction_id=str(current.id),
                waits_s=dict(answered.waits_s),
                loads=dict(answered.loads),
            )
            await self._learn(unit, loaded)
        return True

    async def ask(
        self,
        workspace_id: str,
        loaded: Loaded,
        estimate: TaskEstimate,
        interpreted: Interpreted,
        overhead_ms: float,
    ) -> None:
        """Record that the person is asked what they mean, and ask them."""
        async with self._store.begin(workspace_id, None) as unit:
            interactions = Interactions(unit)
            current = await interactions.find(loaded.interaction.id, lock=True)
            if current is None or current.status == "done":
                return
            now = self._clock()
            await interactions.finish(
                current.id,
                outcome=Outcome.ASKED,
                task_type=estimate.type,
                role="",
                model="",
                explanation={"task": estimate.why(), "read": read_as(interpreted)},
                overhead_ms=overhead_ms,
                now=now,
            )
            await self._keep(unit, loaded, interpreted, now)
            await self._deliver(
                unit,
                workspace_id,
                loaded,
                numbered(interpreted.readings),
                Outcome.ASKED,
                (),
                "",
                "",
                interpreted,
            )
            await self._learn(unit, loaded)

    async def _keep(
        self, unit: Unit, loaded: Loaded, interpreted: Interpreted, now: datetime
    ) -> None:
        """Keep what a request could mean, for the choice and for learning from it."""
        await Interpretations(unit).put(
            loaded.interaction.id,
            loaded.interaction.user_id,
            loaded.interaction.audience,
            interpreted.readings,
            interpreted.mode,
            interpreted.threshold,
            interpreted.context,
            "" if interpreted.taken is None else interpreted.taken.id,
            now,
        )
        # A model that makes readings has read what others said in the thread, too.
        sources = {source for reading in interpreted.readings for source in reading.sources}
        await Noticed(unit).speaks_of(loaded.interaction.id, {*sources, *loaded.heard})

    async def _learn(self, unit: Unit, loaded: Loaded) -> None:
        if loaded.learns:
            await self._queue.defer(
                unit,
                "learn",
                queue=LEARNING,
                lock=memory_lock(loaded.interaction.user_id),
                workspace_id=unit.workspace_id,
                interaction_id=str(loaded.interaction.id),
            )

    async def acted(
        self,
        workspace_id: str,
        loaded: Loaded,
        text: str,
        buttons: Sequence[Button],
        explanation: Mapping[str, Any],
        overhead_ms: float,
    ) -> bool:
        """Record a turn in which something was done or proposed, and nobody was asked.

        Returns:
            Whether the question is still there.
        """
        became = await self._tell(
            workspace_id, loaded, Outcome.ACTED, text, buttons, explanation, overhead_ms
        )
        return became != "gone"

    async def give_up(self, workspace_id: str, loaded: Loaded) -> bool:
        """Tell the person that a turn failed for good; return whether nobody had answered."""
        return await self.say(workspace_id, loaded, Outcome.FAILED, SORRY)

    async def say(self, workspace_id: str, loaded: Loaded, outcome: Outcome, text: str) -> bool:
        """Record a turn in which nobody was asked, and tell the person why.

        Returns:
            Whether it was still to be recorded.
        """
        return await self._tell(workspace_id, loaded, outcome, text) == "told"

    async def _tell(
        self,
        workspace_id: str,
        loaded: Loaded,
        outcome: Outcome,
        text: str,
        buttons: Sequence[Button] = (),
        explanation: Mapping[str, Any] | None = None,
        overhead_ms: float = 0.0,
    ) -> Literal["told", "over", "gone"]:
        async with self._store.begin(workspace_id, None) as unit:
            interactions = Interactions(unit)
            current = await interactions.find(loaded.interaction.id, lock=True)
            if current is None or current.status == "done":
                return "gone" if current is None else "over"
            await interactions.finish(
                current.id,
                outcome=outcome,
                task_type="general",
                role="",
                model="",
                explanation=explanation or {},
                overhead_ms=overhead_ms,
                now=self._clock(),
            )
            await self._deliver(
                unit, workspace_id, loaded, text, outcome, (), "", "", buttons=buttons
            )
            if outcome is Outcome.ACTED:
                await self._learn(unit, loaded)
        return "told"

    async def _deliver(
        self,
        unit: Unit,
        workspace_id: str,
        loaded: Loaded,
        text: str,
        outcome: Outcome,
        cited: Sequence[dict[str, Any]],
        role: str,
        model: str,
        interpreted: Interpreted | None = None,
        buttons: Sequence[Button] = (),
    ) -> None:
        interaction = loaded.interaction
        await Conversations(unit).say(
            loaded.conversation.id,
            "mynah",
            MYNAH,
            text,
            self._clock(),
            interaction.audience,
            interaction_id=interaction.id,
            citations=cited,
        )
        outbox_id = await Outbox(unit).put(
            f"answer:{interaction.id}",
            interaction.surface,
            loaded.conversation.id,
            interaction.id,
            interaction.user_id,
            {
                "text": text,
                "citations": list(cited),
                "outcome": outcome,
                "role": role,
                "model": model,
                "readings": []
                if interpreted is None
                else [
                    {"id": r.id, "text": r.text, "confidence": r.confidence}
                    for r in interpreted.readings
                ],
                "read_as": interpreted.taken.id if interpreted and interpreted.taken else "",
                "buttons": [asdict(button) for button in buttons],
            },
            self._clock(),
        )
        if outbox_id is not None:
            await self._queue.defer(
                unit,
                "deliver",
                queue=turn_queue(interaction.surface),
                lock=delivery_lock(loaded.conversation.id),
                workspace_id=workspace_id,
                outbox_id=str(outbox_id),
            )


def _once(recollections: Sequence[Recollection]) -> list[tuple[int, Recollection]]:
    """Return what was recalled with its marks; of a file's passages the first stands for all."""
    first: dict[UUID, tuple[int, Recollection]] = {}
    for mark, recollection in enumerate(recollections, 1):
        first.setdefault(recollection.id, (mark, recollection))
    return list(first.values())


def delivery_lock(conversation_id: UUID) -> str:
    """Return the lock of what is shown in a conversation: one reply after another."""
    return f"deliver:{conversation_id}"


def target_of(workspace_id: str, conversation: Conversation, interaction: Interaction) -> Target:
    """Return where the reply to an interaction goes."""
    return Target(
        surface=conversation.surface,
        workspace_id=workspace_id,
        channel_id=conversation.channel_id,
        thread_id=conversation.thread_id,
        user_id=interaction.user_id,
        conversation_id=conversation.id,
        interaction_id=interaction.id,
        private=interaction.audience.kind == "user",
        title=conversation.title,
        message_ref=interaction.asked_at,
    )


def cite(mark: int, recollection: Recollection, reader: str) -> dict[str, Any]:
    """Return a citation as it is stored beside an answer."""
    place = recollection.place
    return {
        "mark": mark,
        "label": citations.label(recollection, reader=reader),
        "quote": citations.quote(recollection),
        "item_id": str(recollection.id),
        "place": None
        if place is None
        else {
            "path": place.path,
            "start_line": place.start_line,
            "end_line": place.end_line,
            "title": place.title,
        },
    }
