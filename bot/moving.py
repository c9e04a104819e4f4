"""Channels that go by another id: what is kept of them follows, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.queue import LEARNING
from learning.store.channels import Channels

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.queue import Queue
    from learning.store.store import Store


class Moving:
    """Moves channels.

    Args:
        store: where everything is.
        queue: takes the job.
        clock: tells the time.
    """

    def __init__(self, store: Store, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    async def begin(self, surface: str, workspace_id: str, old: str, new: str) -> None:
        """Queue the move: when this returns, it is sure to happen."""
        async with self._store.begin(workspace_id, None) as unit:
            await self._queue.defer(
                unit,
                "move",
                queue=LEARNING,
                lock=f"move:{workspace_id}",
                workspace_id=workspace_id,
                surface=surface,
                old=old,
                new=new,
            )

    async def move(self, workspace_id: str, surface: str, old: str, new: str) -> None:
        """Let everything that is kept of a channel be of another."""
        async with self._store.begin(workspace_id, None) as unit:
            await Channels(unit).move(surface, old, new, self._clock())
