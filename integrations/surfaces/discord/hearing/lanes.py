"""Work on what Discord tells us, in the order in which it told it.

Decides that what happens in one channel is done one after another, and channels beside each
other; that what fails is tried again for a while, because Discord does not say it twice.
Refuses to know what the work is: failures are logged without anybody's words.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

PAUSES_S: Final = (0.5, 2.0, 8.0, 30.0)
"""Between the attempts: a database that is restarted is back by the last."""


class Lanes:
    """Keeps things in order.

    Args:
        pauses_s: between the attempts at something that fails.
    """

    def __init__(self, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._pauses_s = pauses_s
        self._last: dict[int, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("mynah.discord")

    def run(self, lane: int, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do something once all before it in its lane is done; return at once."""
        before = self._last.get(lane)
        task = asyncio.create_task(self._after(before, name, work), name=f"discord {name}")
        self._last[lane] = task
        task.add_done_callback(lambda done: self._leave(lane, done))

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        while self._last:
            await asyncio.wait(self._last.values())

    async def stop(self) -> None:
        """Finish; what fails now is not tried again."""
        self._stopping.set()
        await self.finish()

    def _leave(self, lane: int, done: asyncio.Task[None]) -> None:
        if self._last.get(lane) is done:
            del self._last[lane]

    async def _after(
        self,
        before: asyncio.Task[None] | None,
        name: str,
        work: Callable[[], Awaitable[object]],
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        for pause_s in (*self._pauses_s, None):
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - nobody else would hear of it
                last = pause_s is None or self._stopping.is_set()
                what = "lost" if last else "tried again"
                self._log.warning(what, event_=name, error=type(error).__name__)
                if last:
                    return
                await self._pause(pause_s or 0.0)
            else:
                return

    async def _pause(self, seconds: float) -> None:
        """Wait, unless we are told to stop meanwhile: then the next attempt is the last."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
