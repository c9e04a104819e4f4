"""Rate limits, failures and delays of the stand-in for Discord, when a test asks for them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from tests.standins.discord_calls import ROUTES, route_key
from tests.standins.discord_state import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

_PLENTY = 10_000


class Dropped(Exception):  # noqa: N818 - it ends a connection
    """The answer is not sent."""


@dataclass(slots=True)
class Gate:
    """Holds calls of a route back until it is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0
    """How many calls came to it."""

    def open(self) -> None:
        self.opened.set()


@dataclass(slots=True)
class Limit:
    retry_after: float
    times: int
    after: int
    channel: str
    everywhere: bool


@dataclass(slots=True)
class Fault:
    status: int
    code: int
    times: int
    done: bool
    after: int

    def answer(self) -> Refused:
        if self.status == 0:
            raise Dropped
        message = "" if self.code else f"{self.status}: it failed because a test said so"
        return Refused(self.code, self.status, message)


@dataclass(slots=True)
class Bucket:
    """A real rate limit, by the real clock: so many calls in so many seconds a channel."""

    most: int
    per_s: float
    calls: dict[str, deque[float]] = field(default_factory=dict)

    def take(self, place: str) -> tuple[int, float]:
        """How many calls are left, and for how long; -1 if this one is too many."""
        now, calls = time.monotonic(), self.calls.setdefault(place, deque())
        while calls and now - calls[0] >= self.per_s:
            calls.popleft()
        if len(calls) >= self.most:
            return -1, self.per_s - (now - calls[0])
        calls.append(now)
        return self.most - len(calls), self.per_s - (now - calls[0])


class Faults:
    """What goes wrong, by route: ``POST /channels/{channel_id}/messages``."""

    def __init__(self) -> None:
        self._limits: dict[str, Limit] = {}
        self._faults: dict[str, Fault] = {}
        self._gates: dict[str, Gate] = {}
        self._buckets: dict[str, Bucket] = {}

    def limit(
        self,
        route: str,
        retry_after: float = 0.02,
        *,
        times: int = 1,
        after: int = 0,
        channel: str = "",
        everywhere: bool = False,
    ) -> None:
        """Answer 429 so many times, after so many more calls; discord.py sleeps really."""
        self._limits[_known(route)] = Limit(retry_after, times, after, channel, everywhere)

    def bucket(self, route: str, most: int, per_s: float) -> None:
        """Limit a route as Discord does, with the headers that tell it beforehand."""
        self._buckets[_known(route)] = Bucket(most, per_s)

    def fail(
        self,
        route: str,
        status: int = 500,
        code: int = 0,
        *,
        times: int = 1,
        after: int = 0,
        done: bool = False,
    ) -> None:
        """Let calls fail. Status 0 drops the connection; ``done`` does the work all the same."""
        self._faults[_known(route)] = Fault(status, code, times, done, after)

    def hold(self, route: str) -> Gate:
        """Hold calls of a route back until the gate is opened."""
        gate = self._gates[_known(route)] = Gate()
        return gate

    def open_all(self) -> None:
        for gate in self._gates.values():
            gate.open()

    async def pass_gate(self, route: str, changed: Callable[[], None]) -> None:
        gate = self._gates.get(route)
        if gate is not None and not gate.opened.is_set():
            gate.held += 1
            changed()
            await gate.opened.wait()

    def check_limit(self, route: str, place: str) -> dict[str, str]:
        """The headers about rate limits.

        Raises:
            Refused: if the call is one too many.
        """
        limit, bucket = self._limits.get(route), self._buckets.get(route)
        most, left, reset = _PLENTY, _PLENTY - 1, 1.0
        if bucket is not None:
            most, (left, reset) = bucket.most, bucket.take(place)
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(left, 0)),
            "X-RateLimit-Reset": f"{time.time() + reset:.3f}",
            "X-RateLimit-Reset-After": f"{reset:.3f}",
            "X-RateLimit-Bucket": f"{crc32(route.encode()):08x}",
        }
        if left < 0:
            raise _too_many(reset, headers, "user")
        if limit is None or limit.channel not in {"", place}:
            return headers
        if limit.after > 0:
            limit.after -= 1
            return headers
        limit.times -= 1
        if limit.times <= 0:
            del self._limits[route]
        raise _too_many(limit.retry_after, headers, "global" if limit.everywhere else "user")

    def take(self, route: str) -> Fault | None:
        """The failure of this call, if it is to fail."""
        fault = self._faults.get(route)
        if fault is None:
            return None
        if fault.after > 0:
            fault.after -= 1
            return None
        fault.times -= 1
        if fault.times <= 0:
            del self._faults[route]
        return fault


def _too_many(retry_after: float, headers: dict[str, str], scope: str) -> Refused:
    everywhere = scope == "global"
    message = "You are being rate limited."
    refused = Refused(-1, 429, message, retry_after=retry_after)
    refused.body |= {"global": everywhere}
    del refused.body["code"]
    refused.headers = headers | {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": f"{retry_after:.3f}",
        "X-RateLimit-Scope": scope,
        "Retry-After": str(max(1, round(retry_after))),
        "Via": "1.1 google",
    }
    if everywhere:
        refused.headers["X-RateLimit-Global"] = "true"
    return refused


def _known(route: str) -> str:
    key = route_key(route)
    if key not in {one.key for one in ROUTES}:
        raise ValueError(f"there is no route {route}")
    return key
