"""Time for tests: it passes when a test says so, or at once where nobody cares."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

TURNS = 40
"""Rounds of the event loop in which everything that can go on without time goes on."""


class Clockwork:
    """A clock, and sleepers that wake when it reaches their time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._fell_asleep = asyncio.Event()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), woken))
        self._fell_asleep.set()
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time pass; wake whoever is due on the way, in order."""
        end = self.now + seconds
        await self.turn()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
                await self.turn()
        self.now = end
        await self.turn()

    async def asleep(self) -> None:
        """Wait until somebody sleeps."""
        self._fell_asleep.clear()
        if all(woken.done() for _, _, woken in self._sleepers):
            await self._fell_asleep.wait()

    async def turn(self) -> None:
        """Let everything go on that waits for no time."""
        for _ in range(TURNS):
            await asyncio.sleep(0)


class Instant:
    """A clock that is moved by whoever sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)
