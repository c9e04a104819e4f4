"""A reply while it is being written: decides how often watchers hear of it.

Models emit many tiny pieces. They are joined until the next event may leave,
so that a reply costs a bounded number of events a second however fast it is
written. Refuses to know who watches, or how events travel.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from integrations.contracts.host import LiveEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from integrations.contracts.delivery import Target
    from integrations.contracts.host import Broadcast

GAP_S = 0.05
"""Shortest time between two events of one reply: twenty a second look fluent."""


@asynccontextmanager
async def live_reply(
    broadcast: Broadcast,
    target: Target,
    *,
    gap_s: float = GAP_S,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[LiveReply]:
    """Open a reply whose pieces are published while it is written.

    What has not left when the block ends is dropped: the whole reply follows.
    """
    reply = LiveReply(broadcast, target, gap_s=gap_s, pause=pause)
    pump = asyncio.create_task(reply.pump(), name=f"live reply {target.interaction_id}")
    try:
        yield reply
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


class LiveReply:
    """Implements ``Live`` by publishing joined events."""

    def __init__(
        self,
        broadcast: Broadcast,
        target: Target,
        *,
        gap_s: float,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._broadcast = broadcast
        self._target = target
        self._gap_s = gap_s
        self._pause = pause
        self._waiting: list[LiveEvent] = []
        self._wake = asyncio.Event()

    async def status(self, text: str) -> None:
        """Show what is going on; replaces a status that has not left yet."""
        self._waiting = [event for event in self._waiting if event.kind != "status"]
        self._add(LiveEvent("status", self._target.interaction_id, text))

    async def append(self, text: str) -> None:
        """Show some more of the answer."""
        if not text:
            return
        if self._waiting and self._waiting[-1].kind == "piece":
            text = self._waiting.pop().text + text
        self._add(LiveEvent("piece", self._target.interaction_id, text))

    async def restart(self) -> None:
        """Take back what was shown, and what was about to be shown."""
        self._waiting.clear()
        self._add(LiveEvent("restart", self._target.interaction_id))

    async def pump(self) -> None:
        """Publish what waits, one event a gap, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._broadcast.publish(self._target.conversation_id, self._waiting.pop(0))
                await self._pause(self._gap_s)

    def _add(self, event: LiveEvent) -> None:
        self._waiting.append(event)
        self._wake.set()
