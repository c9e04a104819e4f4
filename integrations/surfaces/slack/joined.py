"""A workspace that was joined: who we are there, whom we serve, and how we speak.

Decides what becomes of work that nobody waits for: it is followed until it ends, and its
failures are logged without anybody's words. Refuses to know what the work is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from integrations.contracts.surface import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from integrations.contracts.surface import Host
    from integrations.surfaces.slack.payload import Bot, Origin
    from integrations.surfaces.slack.posting import Line
    from integrations.surfaces.slack.speech import Speech


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


def person_of(origin: Origin) -> Person:
    """Return who did something. What they get in answer to a press is for their eyes alone."""
    return Person(
        origin.workspace_id, origin.user_id, "slack", channel_id=origin.channel_id, private=True
    )
