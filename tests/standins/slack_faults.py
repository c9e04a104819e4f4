"""Rate limits, failures and delays of the stand-in for Slack, when a test asks for them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from tests.standins.slack_state import Json, Refused, State

if TYPE_CHECKING:
    from collections.abc import Callable


class Dropped(Exception):  # noqa: N818 - it ends a connection
    """The answer is not sent."""


@dataclass(slots=True)
class Gate:
    """Holds calls of a method back until it is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0
    """How many calls came to it."""

    def open(self) -> None:
        self.opened.set()


@dataclass(slots=True)
class Limit:
    after: int
    retry_after: int
    channel: str
    times: int | None
    until: float | None = None


@dataclass(slots=True)
class Fault:
    error: str
    status: int
    times: int
    done: bool

    def answer(self) -> web.Response:
        if self.status == 0:
            raise Dropped
        if self.status == 200:
            raise Refused(self.error)
        return web.Response(status=self.status, text="upstream connect error")


class Faults:
    """What goes wrong, by method."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._limits: dict[str, Limit] = {}
        self._faults: dict[str, Fault] = {}
        self._gates: dict[str, Gate] = {}

    def limit(
        self,
        method: str,
        *,
        after: int = 0,
        retry_after: int = 1,
        channel: str = "",
        times: int | None = None,
    ) -> None:
        """Answer 429 after so many more calls: ``times`` times, or until the time has passed."""
        self._limits[method] = Limit(after, retry_after, channel, times)

    def fail(
        self,
        method: str,
        error: str = "internal_error",
        *,
        status: int = 200,
        times: int = 1,
        done: bool = False,
    ) -> None:
        """Let calls fail. Status 0 drops the connection; ``done`` does the work all the same."""
        self._faults[method] = Fault(error, status, times, done)

    def hold(self, method: str) -> Gate:
        """Hold calls of a method back until the gate is opened."""
        gate = self._gates[method] = Gate()
        return gate

    def open_all(self) -> None:
        for gate in self._gates.values():
            gate.open()

    async def pass_gate(self, method: str, changed: Callable[[], None]) -> None:
        gate = self._gates.get(method)
        if gate is not None and not gate.opened.is_set():
            gate.held += 1
            changed()
            await gate.opened.wait()

    def check_limit(self, method: str, args: Json) -> None:
        limit = self._limits.get(method)
        if limit is None or limit.channel not in {"", args.get("channel")}:
            return
        if limit.after > 0:
            limit.after -= 1
            return
        if limit.until is None:
            limit.until = self._state.now + limit.retry_after
        over = limit.times == 0 if limit.times is not None else self._state.now >= limit.until
        if over:
            del self._limits[method]
            return
        if limit.times is not None:
            limit.times -= 1
        raise Refused("ratelimited", retry_after=limit.retry_after)

    def take(self, method: str) -> Fault | None:
        """The failure of this call, if it is to fail."""
        fault = self._faults.get(method)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self._faults[method]
        return fault
