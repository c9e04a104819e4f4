"""Every call to Slack's Web API goes through here: in order, no faster than allowed, once.

Decides when a call goes. Messages of one channel appear in the order in which they were given;
so do calls of any other method for the same channel. Channels take turns: each has one call at
a time in line for a method, however many wait behind it. An update that still waits gives way
to a newer one under the same name. Refuses to know, and never logs, what a call says.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.failures import Limited, Lost, SlackSilence, judge
from integrations.surfaces.slack.speaking.limits import Bucket, Limits, Rate, slack_limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    Send = Callable[[], Awaitable[AsyncSlackResponse]]
    _Key = tuple[str, ...]

ATTEMPTS: Final = 4
"""Times that a call is sent before its failure is told."""
LONGEST_WAIT_S: Final = 120.0
"""Who would have to wait longer is told so instead, and the queue tries again later."""
MOST_WAITING: Final = 1_000
"""Calls that may wait in one line."""
BACKOFF_S: Final = 0.5
"""The first pause after a failure is at most this long; each further one twice as long."""
SWEEP_AT: Final = 256
"""Buckets that are kept before idle ones are looked for."""

_UNLIMITED: Final = Rate(per_minute=float("inf"), burst=1)


@dataclass(slots=True, eq=False)
class _Call:
    """A call that waits. Several may wait for its result, if it took the place of others."""

    method: str
    send: Send
    coalesce: str | None
    deadline: float
    done: asyncio.Future[AsyncSlackResponse]
    waiting: int = 1
    sending: bool = False


@dataclass(slots=True, eq=False)
class _Lane:
    """Calls that go one after another: one line of a channel of a workspace."""

    workspace: str
    channel: str
    line: str
    calls: deque[_Call] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Governor:
    """Sends calls when they may go.

    Args:
        clock: Seconds on a clock that only rises.
        sleep: Waits for some seconds.
        rng: Spreads repeated calls.
        limits: What is allowed; Slack's limits if left out.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or Random()  # noqa: S311 - spreads calls in time, keeps no secret
        self._limits = limits or slack_limits()
        self._buckets: dict[_Key, Bucket] = {}
        self._lanes: dict[_Key, _Lane] = {}
        self._sweep_at = SWEEP_AT
        self._closed = False
        self._log = structlog.get_logger("mynah.slack")

    async def call(
        self,
        method: str,
        channel: str,
        send: Send,
        *,
        workspace: str = "",
        coalesce: str | None = None,
        patience_s: float = LONGEST_WAIT_S,
    ) -> AsyncSlackResponse:
        """Send a call as soon as it may go; return what Slack answered.

        Args:
            method: Slack's name of it: ``chat.postMessage``.
            channel: The channel that it is about, or nothing.
            send: Sends it. Called again for every attempt.
            workspace: Whose limits it counts against.
            coalesce: A name for what it changes. While a call of the same name waits, the newer
                one takes its place, and both get the newer one's answer.
            patience_s: Rather fail than wait longer than this.

        Raises:
            SlackRefusal: if Slack will not do it; trying again is useless.
            SlackSilence: if it must not be done twice, and may have been done.
            DeliveryFailure: if it cannot be done now.
        """
        if self._closed:
            raise _stopping(method)
        lane = self._lane(method, workspace, channel)
        deadline = self._clock() + patience_s
        call = self._same(lane, coalesce)
        if call is None:
            if len(lane.calls) >= MOST_WAITING:
                raise self._busy(method, LONGEST_WAIT_S)
            done = asyncio.get_running_loop().create_future()
            call = _Call(method, send, coalesce, deadline, done)
            lane.calls.append(call)
        else:
            call.send, call.deadline = send, max(call.deadline, deadline)
            call.waiting += 1
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(lane), name=f"slack {method}")
        try:
            return await asyncio.shield(call.done)
        finally:
            call.waiting -= 1

    async def close(self) -> None:
        """Take no more calls, fail those that wait, and see those through that were sent."""
        self._closed = True
        tasks = []
        for lane in list(self._lanes.values()):
            for call in list(lane.calls):
                if not call.sending:
                    lane.calls.remove(call)
                    _fail(call, _stopping(call.method))
            if lane.task is not None:
                if not lane.calls:
                    lane.task.cancel()
                tasks.append(lane.task)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lanes.clear()

    @property
    def kept(self) -> int:
        """How many lines and buckets are in memory."""
        return len(self._lanes) + len(self._buckets)

    def _lane(self, method: str, workspace: str, channel: str) -> _Lane:
        line = "posts" if method in self._limits.posts else method
        key = (workspace, channel, line)
        return self._lanes.setdefault(key, _Lane(workspace, channel, line))

    @staticmethod
    def _same(lane: _Lane, coalesce: str | None) -> _Call | None:
        if coalesce is None:
            return None
        waiting = (call for call in lane.calls if not call.sending)
        return next((call for call in waiting if call.coalesce == coalesce), None)

    async def _run(self, lane: _Lane) -> None:
        """Send what waits in a line, until nothing does."""
        try:
            while lane.calls:
                call = lane.calls[0]
                await self._perform(lane, call)
                if lane.calls and lane.calls[0] is call:
                    lane.calls.popleft()
        finally:
            # No await since the line was seen to be empty: nobody can have joined it.
            self._lanes.pop((lane.workspace, lane.channel, lane.line), None)
            self._forget_idle()

    async def _perform(self, lane: _Lane, call: _Call) -> None:
        failure: DeliveryFailure | None = None
        try:
            for attempt in range(ATTEMPTS):
                if call.waiting:
                    await self._turn(lane, call)
                if not call.waiting:
                    return  # whoever asked for it has gone
                failure = await self._attempt(lane, call, attempt)
                if failure is None:
                    return
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the call
            _fail(call, error)
        else:
            if failure is not None:
                _fail(call, failure)

    async def _attempt(self, lane: _Lane, call: _Call, attempt: int) -> DeliveryFailure | None:
        """Send once. Return the failure if another attempt may mend it.

        Raises:
            Exception: if none can.
        """
        call.sending = True
        try:
            response = await call.send()
        except Exception as error:
            verdict = judge(call.method, error, self._limits)
            if verdict is None:
                raise
        else:
            if not call.done.done():
                call.done.set_result(response)
            return None
        finally:
            call.sending = False
        if isinstance(verdict, Limited):
            return self._limited(lane, call.method, verdict)
        if isinstance(verdict, Lost):
            return await self._lost(call.method, verdict, attempt)
        raise verdict

    def _limited(self, lane: _Lane, method: str, verdict: Limited) -> DeliveryFailure:
        """Close what Slack closed."""
        self._log.info("slack limits", method=method, after_s=verdict.after_s)
        gates = self._gates(lane, method) or [self._shared(lane, method)]
        gate = gates[0] if verdict.workspace_wide else gates[-1]
        gate.close(self._clock() + verdict.after_s)
        failure = self._busy(method, verdict.after_s)
        if self._closed:
            raise failure
        return failure

    async def _lost(self, method: str, verdict: Lost, attempt: int) -> DeliveryFailure:
        """Wait before the next attempt.

        Full jitter: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
        """
        self._log.info("slack failed", method=method, why=verdict.what)
        pause_s = self._rng.uniform(0, BACKOFF_S * 2**attempt)
        words = f"{method}: {verdict.what}."
        if verdict.arrived and method in self._limits.once:
            raise SlackSilence(words, retry_after_s=BACKOFF_S)
        failure = DeliveryFailure(words, retry_after_s=BACKOFF_S)
        if self._closed:
            raise failure
        if attempt < ATTEMPTS - 1:
            await self._sleep(pause_s)
        return failure

    async def _turn(self, lane: _Lane, call: _Call) -> None:
        """Wait until a call may go, and count it.

        Raises:
            DeliveryFailure: if that would be too late.
        """
        while True:
            for gate in self._gates(lane, call.method):
                while (at := gate.earliest(self._clock())) > self._clock():
                    await self._wait(at, call)
            shared = self._shared(lane, call.method)
            at = shared.earliest(self._clock())
            self._in_time(at, call)
            shared.take(at)  # taking a place first is what lets channels take turns
            await self._wait(at, call)
            gates = self._gates(lane, call.method)
            if all(gate.closed_until <= self._clock() for gate in (shared, *gates)):
                break
        for gate in gates:
            gate.take(self._clock())

    def _gates(self, lane: _Lane, method: str) -> list[Bucket]:
        """Return what only calls that make a message appear have to pass."""
        if method not in self._limits.posts:
            return []
        wide = self._buckets.setdefault(("workspace", lane.workspace), Bucket(_UNLIMITED))
        key = ("channel", lane.workspace, lane.channel)
        return [wide, self._buckets.setdefault(key, Bucket(self._limits.channel))]

    def _shared(self, lane: _Lane, method: str) -> Bucket:
        """Return what all calls of a method in a workspace share."""
        key = ("method", lane.workspace, method)
        return self._buckets.setdefault(key, Bucket(self._limits.rate(method)))

    async def _wait(self, at: float, call: _Call) -> None:
        self._in_time(at, call)
        if (left := at - self._clock()) > 0:
            await self._sleep(left)

    def _in_time(self, at: float, call: _Call) -> None:
        """Refuse to wait beyond the call's patience."""
        now = self._clock()
        if at > now and at > call.deadline:
            raise self._busy(call.method, at - now)

    def _busy(self, method: str, after_s: float) -> DeliveryFailure:
        return DeliveryFailure(
            f"Slack takes no more {method} for {after_s:.0f} s.", retry_after_s=after_s
        )

    def _forget_idle(self) -> None:
        if len(self._buckets) > self._sweep_at:
            now = self._clock()
            self._buckets = {k: b for k, b in self._buckets.items() if not b.idle(now)}
            self._sweep_at = max(SWEEP_AT, 2 * len(self._buckets))  # so that looking stays cheap


def _fail(call: _Call, failure: Exception) -> None:
    if call.done.done():
        return
    if call.waiting:
        call.done.set_exception(failure)
    else:
        call.done.cancel()


def _stopping(method: str) -> DeliveryFailure:
    return DeliveryFailure(f"{method} was not sent: Mynah is stopping.", retry_after_s=1.0)
