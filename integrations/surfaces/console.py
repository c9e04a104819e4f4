"""The console surface: one question at a time, answered on standard output.

The reply reaches the terminal as live events, because another process may be
the one that answers; the transcript is in the store, so a delivery only says
that there is something to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.contracts.host import LiveEvent
from integrations.contracts.surface import Capabilities, NoSuchSpot, Surface
from integrations.surfaces.live import live_reply

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from integrations.contracts.delivery import Delivery, Target
    from integrations.contracts.host import Broadcast, Host
    from integrations.contracts.surface import Live, Spot


class ConsoleSurface(Surface):
    """Replies to ``mynah ask``, in whichever process it waits."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast

    @property
    def name(self) -> str:
        """Always "console"."""
        return "console"

    @property
    def capabilities(self) -> Capabilities:
        """A terminal scrolls."""
        return Capabilities(streaming=True, max_chars=200_000)

    async def start(self, host: Host) -> None:
        """Do nothing: the command line calls the host itself."""

    async def stop(self) -> None:
        """Do nothing."""

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        """Open a reply that can be watched while it is written."""
        return live_reply(self._broadcast, target)

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Spot:
        """Find none: a command has ended by then.

        Raises:
            NoSuchSpot: always.
        """
        del workspace_id, user_id, name
        raise NoSuchSpot(
            "a terminal cannot be spoken to later: ask on the page (`mynah run`), in Slack or "
            "in Discord"
        )

    async def deliver(self, delivery: Delivery) -> str:
        """Tell the terminal that waits for it."""
        await self._broadcast.publish(
            delivery.target.conversation_id, LiveEvent("changed", delivery.target.interaction_id)
        )
        return delivery.ref or f"console:{delivery.key}"
