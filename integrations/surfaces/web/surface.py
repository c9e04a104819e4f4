"""The web surface: decides how replies reach a page that may be in another process.

The transcript is in the store, which pages read through the host. So a
delivery only says that there is something new to read, and repeating it shows
nothing twice. Refuses to know how the page looks.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integrations.contracts.host import LiveEvent
from integrations.contracts.surface import Capabilities, NoSuchSpot, Spot, Surface
from integrations.surfaces.live import GAP_S, live_reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from fastapi import FastAPI

    from integrations.contracts.delivery import Delivery, Target
    from integrations.contracts.host import Broadcast, Host
    from integrations.contracts.surface import Live

EXAMPLES = (
    "What can you help me with?",
    "Solve x^2 - 5x + 6 = 0",
    "Where do we handle retries, and why like that?",
)
"""Questions offered to a newcomer; the first two work before anything is ingested."""


OWN_THREAD = "mynah"
"""The thread of what nobody asked for."""
OWN_LABEL = "your thread “Mynah” on the page"


class WebSurface(Surface):
    """A chat page at ``/`` for one local person, or for several by name.

    Args:
        workspace_id: the workspace that the page belongs to.
        broadcast: carries live events to the processes that show the page.
        user_id: who sits before the page.
        allow_user_parameter: whether ``/?user=NAME`` speaks as somebody else.
            There is no password behind it; leave it off outside of trials.
        examples: questions to click on an empty page.
        live_gap_s: shortest time between two live events of one reply, in seconds.
        now: tells the time, aware, UTC.
        pause: waits for some seconds.
    """

    def __init__(
        self,
        workspace_id: str,
        broadcast: Broadcast,
        *,
        user_id: str = "you",
        allow_user_parameter: bool = False,
        examples: Sequence[str] = EXAMPLES,
        live_gap_s: float = GAP_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._workspace_id = workspace_id
        self._broadcast = broadcast
        self._user_id = user_id
        self._allow_user_parameter = allow_user_parameter
        self._examples = tuple(examples)
        self._live_gap_s = live_gap_s
        self._now = now
        self._pause = pause
        self._stopping = False

    @property
    def name(self) -> str:
        """Always "web"."""
        return "web"

    @property
    def capabilities(self) -> Capabilities:
        """The page streams, and an answer may be as long as a book."""
        return Capabilities(streaming=True, max_chars=200_000)

    def mount(self, app: FastAPI, host: Host) -> None:
        """Put the page at ``/`` of an application that has not started yet.

        Call it after the application's own routes are in place, because the
        page also answers every path that nothing else has claimed. A process
        has one page: mounting again, on another application, moves it there.
        """
        # The page toolkit costs a second and 30 MB; processes without a page never load it.
        from integrations.surfaces.web import page  # noqa: PLC0415 - see the line above

        page.mount(
            app,
            host,
            page.Settings(
                workspace_id=self._workspace_id,
                user_id=self._user_id,
                allow_user_parameter=self._allow_user_parameter,
                examples=self._examples,
                now=self._now,
                stopping=lambda: self._stopping,
            ),
        )

    async def start(self, host: Host) -> None:  # noqa: ARG002 - the page got its host when mounted
        """Take messages again after ``stop``; the page listens since it was mounted."""
        self._stopping = False

    async def stop(self) -> None:
        """Take no more messages; a page that sends one keeps the text and says so."""
        self._stopping = True

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        """Open a reply that can be watched while it is written."""
        return live_reply(self._broadcast, target, gap_s=self._live_gap_s, pause=self._pause)

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Spot:
        """Return the person's own thread for what Mynah says first.

        Raises:
            NoSuchSpot: if a channel is named: the page has none.
        """
        del workspace_id
        if name.strip():
            raise NoSuchSpot("The page has no channels: leave the name out, and it is told here.")
        return Spot(f"web:{user_id}", OWN_THREAD, private=True, label=OWN_LABEL)

    async def deliver(self, delivery: Delivery) -> str:
        """Tell every page that shows the conversation to read it again."""
        await self._broadcast.publish(
            delivery.target.conversation_id,
            LiveEvent("changed", delivery.target.interaction_id),
        )
        return delivery.ref or f"web:{delivery.key}"
