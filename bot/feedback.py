"""Feedback: a reaction or a correction changes what the same question gets next time.

What somebody only did with an answer, such as copying it, changes who is asked.

Sequence only: what a signal means is decided in ``learning.feedback``, what an
earlier answer advises in ``learning.precedent``. Every effect can be taken
back, because a reaction can.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from bot.cited import credit_cited
from bot.queue import LEARNING, memory_lock
from bot.reasons import Reasons
from bot.said import answered, may_be_kept, question_of
from bot.standing import CALM_S
from bot.voices import willing
from integrations.contracts.delivery import Outcome
from integrations.contracts.host import LiveEvent
from integrations.contracts.incoming import (
    IncomingCorrection,
    IncomingReaction,
    IncomingReason,
    IncomingSignal,
)
from learning.confidence import of_lesson
from learning.feedback import Feedback, canonical
from learning.memory.edits import learned
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.doors import Inbox
from learning.store.feedback import Signals
from learning.store.index import Item, RecallIndex
from learning.store.interactions import Interactions
from learning.store.knowledge import Knowledge
from learning.store.learnings import Learnings
from learning.store.people import People

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from bot.embedding import Embedding
    from bot.live import LiveEvents
    from bot.opinions import Opinions
    from bot.queue import Queue
    from bot.standing import Standings
    from learning.scope import Audience
    from learning.store.doors import Received
    from learning.store.interactions import Interaction
    from learning.store.store import Store, Unit


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A question with an answer that people had something to say about."""

    kind: str
    learned_from: UUID
    user_id: str
    audience: Audience
    question: str
    answer: str
    replaces: str = ""


class Feedbacks:
    """Applies reactions, corrections and signals."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        embedding: Embedding,
        live: LiveEvents,
        standings: Standings,
        opinions: Opinions,
        clock: Clock,
    ) -> None:
        self._standings = standings
        self._opinions = opinions
        self._reasons = Reasons(opinions, clock)
        self._store = store
        self._queue = queue
        self._embedding = embedding
        self._live = live
        self._clock = clock
        self._log = structlog.get_logger("mynah.feedback")

    async def apply(self, workspace_id: str, inbox_id: str) -> None:
        """Apply one event from the inbox; applying it twice changes nothing."""
        async with self._store.begin(workspace_id, None) as unit:
            received = await Inbox(unit).find(UUID(inbox_id))
            if received is None or received.handled or received.payload is None:
                return
            question = await question_of(unit, received.interaction_id)
            if question is None or received.interaction_id is None:
                return
            answer = await answered(unit, received.interaction_id)
        # Embedding and comparing happen between the transactions: none is open meanwhile.
        vector, kept = None, 0.0
        if received.kind in {"reaction", "correction"}:
            vector = (await self._embedding.passages([question]))[0]
        if received.kind == "correction":
            kept = await asyncio.to_thread(_kept, answer or "", received.payload["text"])
        async with self._store.begin(workspace_id, None) as unit:
            inbox = Inbox(unit)
            received = await inbox.find(UUID(inbox_id))
            if received is None or received.handled or received.payload is None:
                return
            await self._heed(unit, received.kind, received.payload, question, vector, kept)
            await inbox.handled(received.id, self._clock())
            await self._follow(unit, received)
        # Nobody sees what somebody only did.
        if received.conversation_id is not None and received.kind != "signal":
            await self._live.publish(
                received.conversation_id,
                LiveEvent("changed", received.interaction_id),
            )

    async def _heed(
        self,
        unit: Unit,
        kind: str,
        payload: Mapping[str, Any],
        question: str,
        vector: NDArray[np.float32] | None,
        kept: float,
    ) -> None:
        if kind == "reaction":
            await self._react(unit, IncomingReaction.model_validate(payload), question, vector)
        elif kind == "correction":
            correction = IncomingCorrection.model_validate(payload)
            await self._correct(unit, correction, question, vector, kept)
        elif kind == "reason":
            await self._reasons.keep(unit, IncomingReason.model_validate(payload))
        elif kind == "signal":
            await self._note(unit, IncomingSignal.model_validate(payload))

    async def _follow(self, unit: Unit, received: Received) -> None:
        """Queue what learns from it: for everybody who answers, and about the person."""
        interaction_id = str(received.interaction_id)
        if received.kind in {"reaction", "correction"} and received.interaction_id is not None:
            await self._standings.changed(unit, received.interaction_id, calm_s=CALM_S)
        await self._queue.defer(
            unit,
            "credit",
            queue=LEARNING,
            workspace_id=unit.workspace_id,
            interaction_id=interaction_id,
        )
        if received.kind != "signal" and received.payload is not None:
            user_id = received.payload["user_id"]
            await self._queue.defer(
                unit,
                "reflect",
                queue=LEARNING,
                lock=memory_lock(user_id),
                workspace_id=unit.workspace_id,
                interaction_id=interaction_id,
                user_id=user_id,
            )

    async def _react(
        self,
        unit: Unit,
        reaction: IncomingReaction,
        question: str,
        vector: NDArray[np.float32] | None,
    ) -> None:
        interactions, signals = Interactions(unit), Signals(unit)
        interaction = await interactions.find(reaction.interaction_id, lock=True)
        if interaction is None:
            return
        before = await self._heard(unit, interaction)
        change = signals.take_back if reaction.removed else signals.give
        await change(
            interaction.id,
            reaction.user_id,
            "reaction",
            canonical(reaction.emoji),
            reaction.occurred_at,
        )
        standing = await signals.standing(interaction.id)
        feedback = self._opinions.feedback(standing)
        await interactions.rate(interaction.id, feedback.rating, feedback.votes)
        await Actions(unit).rate(interaction.id, feedback.rating, feedback.votes)
        # Everybody's vote is shown; what is learned comes from those who allow that.
        heard = await self._heard(unit, interaction)
        await credit_cited(unit, interaction, before, heard, self._clock())
        if await may_be_kept(unit, interaction):
            await self._learn(unit, interaction, heard, question, vector)
        else:
            await self._give_up(unit, interaction, feedback)
        await self._reasons.blame(unit, interaction)
        self._log.info(
            "reaction",
            interaction=str(interaction.id),
            rating=feedback.rating,
            votes=feedback.votes,
            removed=reaction.removed,
        )

    async def _heard(self, unit: Unit, interaction: Interaction) -> Feedback:
        """Return what those say of an answer who may be learned from."""
        standing = await Signals(unit).standing(interaction.id)
        return self._opinions.feedback(await willing(unit, standing, interaction))

    async def _note(self, unit: Unit, signal: IncomingSignal) -> None:
        """Note what somebody did with an answer: once, however often they do it."""
        about = await Interactions(unit).find(signal.interaction_id, lock=True)
        if about is None or not await Consents(unit).learns(signal.user_id, about.surface):
            return
        # A surface's clock may be ahead; what people say afterwards is to count as later.
        at = min(signal.occurred_at, self._clock())
        await Signals(unit).give(signal.interaction_id, signal.user_id, signal.signal, "", at)

    async def _learn(
        self,
        unit: Unit,
        interaction: Interaction,
        feedback: Feedback,
        question: str,
        vector: NDArray[np.float32] | None,
    ) -> None:
        """Make the rating count the next time: keep, renew or retire the learning."""
        learnings, index = Learnings(unit), RecallIndex(unit)
        known = {
            learning.kind: learning for learning in await learnings.of_interaction(interaction.id)
        }
        corrected = known.get("correction")
        if corrected is None and not (feedback.liked or feedback.disliked):
            retired = [learning.id for learning in known.values()]
            await learnings.invalidate(retired, self._clock())
            await index.invalidate(retired, self._clock())
            return
        if await People(unit).buried(unit.digest("interaction", str(interaction.id))):
            return
        if corrected is not None:
            lesson = _Lesson(
                "correction",
                interaction.id,
                corrected.user_id,
                interaction.audience,
                corrected.content["question"],
                corrected.content["answer"],
                corrected.content.get("replaces", ""),
            )
        else:
            answer = await answered(unit, interaction.id)
            if answer is None or interaction.outcome not in {Outcome.ANSWERED, Outcome.FELL_BACK}:
                return
            lesson = _Lesson(
                "rated_answer",
                interaction.id,
                interaction.user_id,
                interaction.audience,
                question,
                answer,
            )
        await self._keep(unit, lesson, feedback, vector)

    async def _give_up(self, unit: Unit, interaction: Interaction, feedback: Feedback) -> None:
        """Retire what the votes no longer bear out: that needs nobody's consent."""
        verdict = (feedback.liked, feedback.disliked)
        retired = []
        for learning in await Learnings(unit).of_interaction(interaction.id):
            earlier = Feedback(learning.rating, 1)
            borne_out = (
                not feedback.disliked
                if learning.kind == "correction"
                else verdict == (earlier.liked, earlier.disliked)
            )
            if not borne_out:
                retired.append(learning.id)
        await Learnings(unit).invalidate(retired, self._clock())
        await RecallIndex(unit).invalidate(retired, self._clock())

    async def _correct(
        self,
        unit: Unit,
        correction: IncomingCorrection,
        question: str,
        vector: NDArray[np.float32] | None,
        kept: float,
    ) -> None:
        """Put a person's answer in the place of ours, as an answer that can be rated itself."""
        interactions, conversations = Interactions(unit), Conversations(unit)
        original = await interactions.find(correction.interaction_id, lock=True)
        if original is None:
            return
        now = self._clock()
        replaced = await answered(unit, original.id) or ""
        new_id = await interactions.open(
            original.conversation_id,
            correction.user_id,
            correction.surface,
            original.audience,
            now,
            supersedes=original.id,
        )
        await interactions.finish(
            new_id,
            outcome=Outcome.ANSWERED,
            task_type=original.task_type or "general",
            role="",
            model="",
            explanation={"corrects": str(original.id), "kept": round(kept, 3)},
            overhead_ms=0.0,
            now=now,
        )
        await conversations.say(
            original.conversation_id,
            "correction",
            correction.user_id,
            correction.text,
            correction.occurred_at,
            original.audience,
            interaction_id=new_id,
        )
        await Signals(unit).give(
            original.id, correction.user_id, "correction", str(new_id), correction.occurred_at
        )
        if not await may_be_kept(unit, original, correction.user_id):
            return
        lesson = _Lesson(
            "correction",
            new_id,
            correction.user_id,
            original.audience,
            question,
            correction.text,
            replaced,
        )
        correction_id = await self._keep(unit, lesson, Feedback(None, 0), vector)
        await Knowledge(unit).corrected(correction_id, original.id)
        learnings, index = Learnings(unit), RecallIndex(unit)
        older = [x.id for x in await learnings.of_interaction(original.id)]
        await learnings.invalidate(older, now, superseded_by=correction_id)
        await index.invalidate(older, now)
        self._log.info("correction", interaction=str(original.id))

    async def _keep(
        self,
        unit: Unit,
        lesson: _Lesson,
        feedback: Feedback,
        vector: NDArray[np.float32] | None,
    ) -> UUID:
        now = self._clock()
        learning_id = await Learnings(unit).put(
            lesson.kind,
            lesson.learned_from,
            lesson.user_id,
            lesson.audience,
            {"question": lesson.question, "answer": lesson.answer, "replaces": lesson.replaces},
            rating=feedback.rating,
            confidence=of_lesson(feedback.reward, feedback.votes),
            now=now,
        )
        index = RecallIndex(unit)
        await index.add(
            [
                Item(
                    id=learning_id,
                    kind="correction" if lesson.kind == "correction" else "answer",
                    audience=lesson.audience,
                    user_id=lesson.user_id,
                    sequence_id=learning_id,  # beside a thread's messages it has no place
                    position=0,
                    speaker=lesson.user_id,
                    occurred_at=now,
                    text=f"{lesson.question}\n{lesson.answer}",
                    vectors=vector,
                    rating=feedback.rating,
                )
            ],
            self._embedding.name,
        )
        await index.fold()
        return learning_id


def _kept(answer: str, correction: str) -> float:
    """Return how much of an answer a correction kept, in [0, 1]; 0 if it is another answer."""
    edit = learned(answer, correction)
    return edit.similarity if edit.kind == "modified" else 0.0
