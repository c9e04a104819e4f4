"""The front door: verify, dedupe, store and queue an event, in one transaction.

Decides nothing about answers. When ``accept`` returns, the event is in the
database together with the job that will handle it; when it raises, neither is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING

from bot.opinions import USUAL
from bot.queue import turn_queue
from bot.readers import audience_of
from integrations.contracts.host import Accepted, Refusal
from integrations.contracts.incoming import (
    IncomingChoice,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
    IncomingStop,
)
from learning.attached import Enclosed
from learning.interpretation.choice import outcome_of
from learning.scope import person
from learning.store.arrivals import Arrival, Repeated, arrive
from learning.store.conversations import Conversations
from learning.store.doors import Inbox
from learning.store.feedback import Signals
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.opinions import Opinions
    from bot.queue import Queue
    from integrations.contracts.incoming import (
        Incoming,
        IncomingCorrection,
        IncomingReason,
        IncomingSignal,
    )
    from learning.store.arrivals import Arrived
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


_REMEMBERED = 1_000
"""Messages of which this process knows that they were taken."""


class Acceptance:
    """Accepts events.

    A platform may tell of one message twice at once: as a message, and as one that mentions us.
    The second is answered from memory. Any other repetition is known by the inbox's key.
    """

    def __init__(
        self, store: Store, queue: Queue, clock: Clock, opinions: Opinions = USUAL
    ) -> None:
        self._opinions = opinions
        self._store = store
        self._queue = queue
        self._clock = clock
        self._taken: OrderedDict[tuple[str, str, str], asyncio.Task[Accepted]] = OrderedDict()

    async def accept(self, incoming: Incoming) -> Accepted:
        """Store an event and queue its job.

        Raises:
            UnknownInteraction: if it refers to an answer that is not there.
            UnknownReading: if it chooses what was not offered.
        """
        if not isinstance(incoming, IncomingMessage):
            return await self._accept(incoming)
        name = (incoming.workspace_id, incoming.surface, incoming.event_id)
        taken = self._taken.get(name)
        if taken is not None:
            # Its twin may still be under way; if that fails, this one is the first.
            await asyncio.wait({taken})
            if not taken.cancelled() and taken.exception() is None:
                return taken.result().model_copy(update={"duplicate": True})
        taking = asyncio.create_task(self._accept(incoming))
        self._taken[name] = taking
        while len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
        return await taking

    async def _accept(self, incoming: Incoming) -> Accepted:
        visible = (audience_of(incoming), person(incoming.user_id))
        ask_why = ""
        try:
            async with self._store.begin(incoming.workspace_id, visible) as unit:
                if isinstance(incoming, IncomingChoice):
                    return await self._choice(unit, incoming)
                if isinstance(incoming, IncomingMessage):
                    conversation_id, interaction_id = await self._message(unit, incoming)
                elif isinstance(incoming, IncomingEdit):
                    conversation_id, interaction_id = await self._edit(unit, incoming)
                else:
                    conversation_id, interaction_id = await self._about(unit, incoming)
                    ask_why = await self._ask_why(unit, incoming, conversation_id)
        except Repeated:
            async with self._store.begin(incoming.workspace_id, visible) as unit:
                earlier = await Inbox(unit).earlier(incoming.surface, incoming.event_id)
            return Accepted(
                duplicate=True,
                conversation_id=earlier.conversation_id if earlier else None,
                interaction_id=earlier.interaction_id if earlier else None,
            )
        return Accepted(
            duplicate=False,
            conversation_id=conversation_id,
            interaction_id=interaction_id,
            ask_why=ask_why,
        )

    async def _ask_why(self, unit: Unit, incoming: Incoming, conversation_id: UUID) -> str:
        """Return the thread of an answer that somebody finds bad who did not before."""
        if not isinstance(incoming, IncomingReaction) or incoming.removed:
            return ""
        if not self._opinions.finds_bad(incoming.emoji):
            return ""
        earlier = await Signals(unit).reacted_with(incoming.interaction_id, incoming.user_id)
        if any(self._opinions.finds_bad(emoji) for emoji in earlier):
            return ""
        thread = await Conversations(unit).find(conversation_id)
        return "" if thread is None else thread.thread_id

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
                files=tuple(
                    Enclosed(file.name, file.media_type, file.size, file.ref)
                    for file in incoming.files
                ),
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
        await defer_turn(self._queue, unit, arrival.surface, arrived)
        return arrived.conversation_id, arrived.interaction_id

    async def _edit(self, unit: Unit, incoming: IncomingEdit) -> tuple[UUID, UUID]:
        """Store an edit for the job that takes it in; one message's edits go one after another."""
        began = await Conversations(unit).said_at_ref(
            incoming.surface, incoming.message_ref, incoming.user_id
        )
        interaction = None if began is None else await Interactions(unit).find(began)
        if interaction is None:
            raise UnknownInteraction
        inbox, payload = Inbox(unit), incoming.model_dump(mode="json")
        inbox_id = await inbox.receive(
            incoming.surface,
            incoming.event_id,
            incoming.kind,
            incoming.user_id,
            payload,
            self._clock(),
        )
        if inbox_id is None:
            raise Repeated
        await self._queue.defer(
            unit,
            "edit",
            queue=turn_queue(incoming.surface),
            lock=f"edit:{interaction.conversation_id}",
            workspace_id=incoming.workspace_id,
            inbox_id=str(inbox_id),
        )
        await inbox.concerns(inbox_id, interaction.conversation_id, interaction.id)
        return interaction.conversation_id, interaction.id

    async def _about(
        self,
        unit: Unit,
        incoming: (
            IncomingReaction | IncomingCorrection | IncomingReason | IncomingSignal | IncomingStop
        ),
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


async def defer_turn(queue: Queue, unit: Unit, surface: str, arrived: Arrived) -> None:
    """Queue the turn that answers a message which arrived in this transaction."""
    await queue.defer(
        unit,
        "turn",
        queue=turn_queue(surface),
        lock=f"conversation:{arrived.conversation_id}",
        workspace_id=unit.workspace_id,
        interaction_id=str(arrived.interaction_id),
    )
