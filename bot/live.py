"""Live events between processes, in the words of the surfaces."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from integrations.contracts.host import LiveEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from learning.store.notifications import Notifications


class LiveEvents:
    """The surfaces' ``Broadcast``, over the store's notifications."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications
        self._log = structlog.get_logger("mynah.live")

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
        """Pass an event on; one that is lost is lost quietly, the tables have it all."""
        try:
            await self._notifications.publish(
                conversation_id,
                {
                    "kind": event.kind,
                    "interaction_id": str(event.interaction_id) if event.interaction_id else None,
                    "text": event.text,
                },
            )
        except Exception as error:  # noqa: BLE001 - nothing live may break what is durable
            self._log.warning("live_event_lost", error=type(error).__name__)

    @asynccontextmanager
    async def watch(self, conversation_id: UUID) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """Follow a conversation."""
        async with self._notifications.watch(conversation_id) as raw:

            async def events() -> AsyncIterator[LiveEvent]:
                async for event in raw:
                    id_ = event.get("interaction_id")
                    yield LiveEvent(event["kind"], UUID(id_) if id_ else None, event["text"])

            yield events()
