"""The front door: verify, dedupe, store and queue an event, in one transaction.

Decides nothing about answers. When ``accept`` returns, the event is in the
database together with the job that will handle it; when it raises, neither is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.queue import turn_queue
from bot.readers import audience_of
from integrations.contracts.incoming import IncomingChoice, IncomingMessage, IncomingStop
from integrations.contracts.surface import Accepted, Refusal
from learning.interpretation.choice import outcome_of
from learning.scope import person
from learning.store.arrivals import Arrival, Repeated, arrive
from learning.store.conversations import Conversations
from learning.store.doors import Inbox
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.queue import Queue
    from integrations.contracts.incoming import (
        Incoming,
        IncomingCorrection,
        IncomingReaction,
        IncomingSignal,
    )
    from learning.store.store import Store, Unit


class UnknownInteraction(Refusal):
    """Something refers to an answer that is not there, or not for this person to see."""

    def __init__(self) -> None:
        super().__init__("that answer is not here any more, or it is not yours to see")


class UnknownReading(Refusal):
    """Somebody chose what was not offered, or is not any more."""

    def __init__(self, reading: str, known: Sequence[str]) -> None:
        self.reading = reading
        super().__init__(
            f"there is no reading {reading!r} of that question: choose {' or '.join(known)}, "
            "or say it in your own words"
            if known
            else "what that question could mean was forgotten: ask it once more"
        )


class Acceptance:
    """Accepts events."""

    def __init__(self, store: Store, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    async def accept(self, incoming: Incoming) -> Accepted:
        """Store an event and queue its job.

        Raises:
            UnknownInteraction: if it refers to an answer that is not there.
            UnknownReading: if it chooses what was not offered.
        """
        visible = (audience_of(incoming), person(incoming.user_id))
        try:
            async with self._store.begin(incoming.workspace_id, visible) as unit:
                if isinstance(incoming, IncomingChoice):
                    return await self._choice(unit, incoming)
                if isinstance(incoming, IncomingMessage):
                    conversation_id, interaction_id = await self._message(unit, incoming)
                else:
                    conversation_id, interaction_id = await self._about(unit, incoming)
        except Repeated:
            async with self._store.begin(incoming.workspace_id, visible) as unit:
                earlier = await Inbox(unit).earlier(incoming.surface, incoming.event_id)
            return Accepted(
                duplicate=True,
                conversation_id=earlier.conversation_id if earlier else None,
                interaction_id=earlier.interaction_id if earlier else None,
            )
        return Accepted(
            duplicate=False, conversation_id=conversation_id, interaction_id=interaction_id
        )

    async def _message(self, unit: Unit, incoming: IncomingMessage) -> tuple[UUID, UUID]:
        return await self._turn(
            unit,
            Arrival(
                surface=incoming.surface,
                event_id=incoming.event_id,
                channel_id=incoming.channel_id,
                thread_id=incoming.thread_id,
                user_id=incoming.user_id,
                audience=audience_of(incoming),
                text=incoming.text,
                said_at=incoming.occurred_at,
                message_ref=incoming.message_ref or None,
                again=incoming.again,
                asked_role=incoming.role,
            ),
        )

    async def _choice(self, unit: Unit, incoming: IncomingChoice) -> Accepted:
        """Let what a person chose arrive as if they had said it, once for each choice.

        The question's row is locked first, so that of two taps at the same moment the second
        finds what the first one began.
        """
        interactions, interpretations = Interactions(unit), Interpretations(unit)
        question = await interactions.find(incoming.interaction_id, lock=True)
        asked = await interpretations.of(incoming.interaction_id)
        if question is None or asked is None or asked.user_id != incoming.user_id:
            raise UnknownInteraction
        thread = await Conversations(unit).find(question.conversation_id)
        if thread is None:
            raise UnknownInteraction
        chosen = next((each for each in asked.readings if each.id == incoming.reading), None)
        if chosen is None:
            raise UnknownReading(incoming.reading, [each.id for each in asked.readings])
        outcome = outcome_of(chosen, asked.readings)
        now = self._clock()
        if asked.chosen == chosen.id:
            began = await interactions.settling(question.id)
            if began is None and asked.mode == "advanced":
                # It was taken before anybody tapped it: its answer stands already.
                await interpretations.settle(question.id, outcome, chosen.id, chosen.text, now)
                began = question.id
            if began is not None:
                return Accepted(duplicate=True, conversation_id=thread.id, interaction_id=began)
        await interpretations.settle(question.id, outcome, chosen.id, chosen.text, now)
        conversation_id, interaction_id = await self._turn(
            unit,
            Arrival(
                surface=incoming.surface,
                event_id=incoming.event_id,
                channel_id=thread.channel_id,
                thread_id=thread.thread_id,
                user_id=incoming.user_id,
                audience=question.audience,
                text=chosen.text,
                said_at=incoming.occurred_at,
                clarifies=question.id,
            ),
        )
        return Accepted(
            duplicate=False, conversation_id=conversation_id, interaction_id=interaction_id
        )

    async def _turn(self, unit: Unit, arrival: Arrival) -> tuple[UUID, UUID]:
        """Store a message and queue the turn that answers it."""
        arrived = await arrive(unit, arrival, self._clock())
        await self._queue.defer(
            unit,
            "turn",
            queue=turn_queue(arrival.surface),
            lock=f"conversation:{arrived.conversation_id}",
            workspace_id=unit.workspace_id,
            interaction_id=str(arrived.interaction_id),
        )
        return arrived.conversation_id, arrived.interaction_id

    async def _about(
        self,
        unit: Unit,
        incoming: IncomingReaction | IncomingCorrection | IncomingSignal | IncomingStop,
    ) -> tuple[UUID, UUID]:
        inbox = Inbox(unit)
        inbox_id = await inbox.receive(
            incoming.surface,
            incoming.event_id,
            incoming.kind,
            incoming.user_id,
            incoming.model_dump(mode="json"),
            self._clock(),
        )
        if inbox_id is None:
            raise Repeated
        interactions = Interactions(unit)
        interaction = await interactions.find(incoming.interaction_id)
        if interaction is None:
            raise UnknownInteraction
        if isinstance(incoming, IncomingStop):
            await interactions.request_cancel(interaction.id, incoming.user_id)
            await inbox.handled(inbox_id, self._clock())
        else:
            await self._queue.defer(
                unit,
                "feedback",
                queue=turn_queue(incoming.surface),
                lock=f"feedback:{interaction.conversation_id}",
                workspace_id=incoming.workspace_id,
                inbox_id=str(inbox_id),
            )
        await inbox.concerns(inbox_id, interaction.conversation_id, interaction.id)
        return interaction.conversation_id, interaction.id
