"""Showing a reply once, however often the job that shows it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from bot.outgoing import delivery_of
from bot.telemetry import span
from integrations.contracts.surface import DeliveryFailure
from learning.store.conversations import Conversations
from learning.store.doors import Outbox, Shown
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.standing import Standings
    from integrations.contracts.delivery import Delivery
    from integrations.contracts.surface import Surface
    from learning.store.doors import Outgoing
    from learning.store.store import Store, Unit

    Lost = Callable[[Unit, Outgoing, str], Awaitable[None]]


class Deliveries:
    """Hands replies from the outbox to their surface.

    Args:
        store: where the outbox is.
        surfaces: those of this process.
        standings: changes what was shown already.
        metrics: counts.
        clock: tells the time.
        lost: is told, in the transaction that records it, of each reply that can never be
            shown, and why.
    """

    def __init__(
        self,
        store: Store,
        surfaces: Mapping[str, Surface],
        standings: Standings,
        metrics: Metrics,
        clock: Clock,
        lost: Lost | None = None,
    ) -> None:
        self._store = store
        self._lost = lost
        self._standings = standings
        self._surfaces = surfaces
        self._metrics = metrics
        self._clock = clock
        self._log = structlog.get_logger("mynah.deliver")

    async def deliver(self, workspace_id: str, outbox_id: str) -> None:
        """Show a reply, unless it was shown already."""
        id_ = UUID(outbox_id)
        loaded = await self._load(workspace_id, id_)
        if loaded is None:
            return
        delivery, body = loaded
        surface = self._surfaces[delivery.target.surface]
        with span("mynah.deliver"):
            try:
                ref = await surface.deliver(delivery)
            except DeliveryFailure as failure:
                if not failure.final:
                    raise  # the queue tries again, with the same key
                self._log.warning("undeliverable", surface=surface.name, outbox=outbox_id)
                self._metrics.delivery(surface.name, "failed")
                await self._failed(workspace_id, id_, str(failure))
                return
        async with self._store.begin(workspace_id, None) as unit:
            now = await Outbox(unit).delivered(id_, ref, self._clock())
            interaction_id = delivery.target.interaction_id
            if now is None:  # forgotten while it was shown
                lost = Shown(id_, interaction_id, surface.name, ref)
                await self._standings.withdrawn(unit, lost)
            elif now == body:
                pass
            elif interaction_id is None:  # changed meanwhile, or emptied
                await self._standings.restated(unit, id_, surface.name)
            else:
                await self._standings.changed(unit, interaction_id)
        if now is not None:
            self._metrics.delivery(surface.name, "delivered")

    async def give_up(self, workspace_id: str, outbox_id: str) -> None:
        """Record that a reply could not be shown; it stays in the transcript."""
        await self._failed(workspace_id, UUID(outbox_id), "every attempt to show it failed")

    async def _failed(self, workspace_id: str, id_: UUID, why: str) -> None:
        async with self._store.begin(workspace_id, None) as unit:
            outbox = Outbox(unit)
            outgoing = await outbox.find(id_)
            await outbox.failed(id_, why)
            if self._lost is not None and outgoing is not None:
                await self._lost(unit, outgoing, why)

    async def _load(
        self, workspace_id: str, id_: UUID
    ) -> tuple[Delivery, Mapping[str, Any]] | None:
        async with self._store.begin(workspace_id, None) as unit:
            outbox = Outbox(unit)
            outgoing = await outbox.find(id_)
            if outgoing is None or outgoing.status != "pending":
                return None
            conversation = await Conversations(unit).find(outgoing.conversation_id)
            interaction = (
                await Interactions(unit).find(outgoing.interaction_id)
                if outgoing.interaction_id
                else None
            )
            if conversation is None or (outgoing.interaction_id and interaction is None):
                return None
            await outbox.attempt(id_)
        return delivery_of(workspace_id, outgoing, conversation, interaction), outgoing.body
