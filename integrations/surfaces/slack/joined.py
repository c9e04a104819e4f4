"""A workspace that was joined: who we are there, whom we serve, and how we speak.

Decides what becomes of work that nobody waits for: it is followed until it ends, and its
failures are logged without anybody's words. Refuses to know what the work is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.host import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from integrations.contracts.host import Host
    from integrations.surfaces.slack.reading.payload import Bot, Origin
    from integrations.surfaces.slack.speaking.posting import Line
    from integrations.surfaces.slack.speaking.speech import Speech
    from integrations.surfaces.slack.teams.outsiders import Circle


MOST_TABS: Final = 1_000


class Tabs:
    """Whose tabs were opened, and on which page each is."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, int] = OrderedDict()

    def page(self, user_id: str) -> int | None:
        """Return the page that somebody looks at; ``None`` if they did not open their tab."""
        return self._pages.get(user_id)

    def turned(self, user_id: str, page: int) -> None:
        """Remember the page that somebody looks at."""
        self._pages[user_id] = page
        self._pages.move_to_end(user_id)
        while len(self._pages) > MOST_TABS:
            self._pages.popitem(last=False)


class Errands:
    """Work that goes on after Slack was answered."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("mynah.slack")

    def run(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Begin something, and see it through."""
        task = asyncio.create_task(self._followed(name, work), name=f"slack {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        while self._running:
            await asyncio.wait(self._running)

    async def _followed(self, name: str, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self._log.warning("errand failed", errand=name, error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class Joined:
    """What there is to work with once a workspace is joined."""

    workspace_id: str
    bot: Bot
    host: Host
    line: Line
    speech: Speech
    errands: Errands
    now: Callable[[], datetime]
    circle: Circle
    tabs: Tabs = field(default_factory=Tabs)

    async def person(self, origin: Origin) -> Person:
        """Return who did something, as Slack knows them: it is asked if it has to be."""
        return await self.circle.people.person(origin)


def person_of(origin: Origin) -> Person:
    """Return who did something, without asking Slack who that is: an event is taken at once.

    Nobody is an admin here; for what is answered after Slack was, ``Joined.person`` knows more.
    """
    return Person(
        origin.workspace_id,
        origin.user_id,
        "slack",
        channel_id=origin.channel_id,
        private=True,
        outsider=origin.external,
    )
