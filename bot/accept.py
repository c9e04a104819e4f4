"""The front door: verify, dedupe, store and queue an event, in one transaction.

Decides nothing about answers. When ``accept`` returns, the event is in the
database together with the job that will handle it; when it raises, neither is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.queue import turn_queue
from bot.readers import audience_of
from integrations.contracts.surface import (
    Accepted,
    IncomingCorrection,
    IncomingMessage,
    IncomingReaction,
    IncomingStop,
)
from learning.scope import person
from learning.store.arrivals import Arrival, Repeated, arrive
from learning.store.doors import Inbox
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from uuid import UUID

    from bot.clock import Clock
    from bot.queue import Queue
    from integrations.contracts.surface import Incoming
    from learning.store.store import Store, Unit


class UnknownInteraction(LookupError):  # noqa: N818 - it is the interaction that is unknown
    """Something refers to an answer that is not there, or not for this person to see."""

    def __init__(self) -> None:
        super().__init__("that answer is not here any more, or it is not yours to see")


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
        """
        visible = (audience_of(incoming), person(incoming.user_id))
        try:
            async with self._store.begin(incoming.workspace_id, visible) as unit:
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
        arrived = await arrive(
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
            self._clock(),
        )
        await self._queue.defer(
            unit,
            "turn",
            queue=turn_queue(incoming.surface),
            lock=f"conversation:{arrived.conversation_id}",
            workspace_id=incoming.workspace_id,
            interaction_id=str(arrived.interaction_id),
        )
        return arrived.conversation_id, arrived.interaction_id

    async def _about(
        self,
        unit: Unit,
        incoming: IncomingReaction | IncomingCorrection | IncomingStop,
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
