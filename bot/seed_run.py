"""One run through prompts with known answers: who is asked next, and when to stop.

Decides what a failure means, how much may be in flight for the money, and when a model is given
up. Refuses to know prompts' contexts, and what is learned from the results.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

from integrations.contracts.model import ModelFailure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from integrations.contracts.model import FailureKind, Model
    from learning.roles import RoleName
    from learning.seeding.prompts import SeedPrompt
    from learning.task_types import TaskType

_KEEP_EVERY: Final = 20
"""Calls whose results may be lost when the machine goes down."""
_GIVE_UP_AFTER: Final = 3
"""Failures of a model in a row."""
_TRIES: Final = 3
_LONGEST_WAIT_S: Final = 60.0
_HOPELESS: Final = frozenset[str]({"auth", "unknown_model"})
_NO_ANSWER: Final = frozenset[str]({"refused", "empty"})
"""What the model did with the question: that is its quality, not a failure to be reached."""


@dataclass(frozen=True, slots=True)
class Call:
    """One prompt for one role.

    Attributes:
        usd_mean: what it is expected to cost; ``None`` if no price is known.
        usd_high: what it costs at most.
    """

    prompt: SeedPrompt
    role: RoleName
    model: Model
    usd_mean: float | None
    usd_high: float | None

    @property
    def question(self) -> str:
        """What is asked: built-in experts read the bare question, they follow no instruction."""
        return self.prompt.asked if self.model.streams_text else self.prompt.text


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: its text, the version that answered, and the cost if it is known."""

    text: str
    version: str
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was made; without a reward it says nothing about quality."""

    call: Call
    latency_s: float
    reward: float | None
    version: str = ""
    cost_usd: float | None = None
    failure: ModelFailure | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One more call is done."""

    done: int
    calls: int
    spent_usd: float
    role: RoleName
    reward: float | None
    failure: FailureKind | None = None


@dataclass(slots=True)
class Seeded:
    """What a run came to.

    Attributes:
        calls: that were to be made.
        known: results that were there before.
        rewards: of the new results, by role and task type.
        failures: by role and kind.
        left: calls that were not made, by reason: "limit", "unknown price", "gave up".
        spent_usd: as providers said, or by the price list.
    """

    calls: int
    known: int = 0
    rewards: dict[tuple[RoleName, TaskType], list[float]] = field(default_factory=dict)
    failures: Counter[tuple[RoleName, FailureKind]] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    spent_usd: float = 0.0

    @property
    def scored(self) -> int:
        """How many results are new."""
        return sum(map(len, self.rewards.values()))


class SeedRun:
    """A run, while it lasts.

    Args:
        calls: in the order they are made.
        complete: makes one; raises what the model raises.
        keep: saves what was asked; is never called twice at once.
        limit_usd: never spent more than, as far as the price list holds.
        told: called after each call.
        sleep: waits when a provider asks for it.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        complete: Callable[[Call], Awaitable[Answer]],
        keep: Callable[[Sequence[Asked]], Awaitable[None]],
        limit_usd: float | None,
        told: Callable[[Progress], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.seeded = Seeded(len(calls))
        self._waiting = deque(calls)
        self._complete = complete
        self._keep = keep
        self._limit_usd = limit_usd
        self._told = told
        self._sleep = sleep
        self._reserved = 0.0
        self._failed: Counter[str] = Counter()
        self._done = 0
        self._unkept: list[Asked] = []
        self._keeping = asyncio.Lock()

    async def through(self, at_once: int) -> Seeded:
        """Make the calls, so many at a time."""
        try:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(at_once, len(self._waiting))):
                        group.create_task(self._work())
            finally:
                # What was paid for is kept, also when somebody presses Ctrl-C.
                await self._kept()
        except ExceptionGroup as together:
            # The first failure ended the others: it is what a person should read.
            raise together.exceptions[0] from together
        return self.seeded

    async def _work(self) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            if reason := self._forbidden(call):
                self.seeded.left[reason] += 1
                continue
            self._reserved += call.usd_high or 0.0
            try:
                asked = await self._ask(call)
            finally:
                self._reserved -= call.usd_high or 0.0
            self._count(asked)
            if len(self._unkept) >= _KEEP_EVERY:
                await self._kept()

    def _forbidden(self, call: Call) -> str:
        if self._failed[call.model.id] >= _GIVE_UP_AFTER:
            return "gave up"
        if self._limit_usd is None:
            return ""
        if call.usd_high is None:
            return "unknown price"
        # What is in flight may still cost its most.
        most = self.seeded.spent_usd + self._reserved + call.usd_high
        return "limit" if most > self._limit_usd else ""

    async def _ask(self, call: Call) -> Asked:
        for tried in range(1, _TRIES + 1):
            began = perf_counter()
            try:
                answer = await self._complete(call)
            except ModelFailure as failure:
                took = perf_counter() - began
                if failure.kind == "rate_limited" and tried < _TRIES:
                    wait = failure.retry_after_s
                    await self._sleep(min(2.0**tried if wait is None else wait, _LONGEST_WAIT_S))
                    continue
                reward = 0.0 if failure.kind in _NO_ANSWER else None
                return Asked(call, took, reward, failure=failure)
            took = perf_counter() - began
            reward = call.prompt.score(answer.text)
            return Asked(call, took, reward, answer.version, answer.cost_usd)
        raise AssertionError("the last try returns")

    def _count(self, asked: Asked) -> None:
        call, failure, seeded = asked.call, asked.failure, self.seeded
        if asked.cost_usd is not None:
            seeded.spent_usd += asked.cost_usd
        if asked.reward is not None:
            seeded.rewards.setdefault((call.role, call.prompt.task_type), []).append(asked.reward)
        if failure is not None:
            seeded.failures[call.role, failure.kind] += 1
        # An expert that declines works; it knows no answer to this one.
        if failure is None or failure.kind in _NO_ANSWER or failure.kind == "declined":
            self._failed[call.model.id] = 0
        else:
            hopeless = failure.kind in _HOPELESS
            self._failed[call.model.id] += _GIVE_UP_AFTER if hopeless else 1
        self._unkept.append(asked)
        self._done += 1
        self._told(
            Progress(
                self._done,
                seeded.calls,
                seeded.spent_usd,
                call.role,
                asked.reward,
                failure.kind if failure else None,
            )
        )

    async def _kept(self) -> None:
        async with self._keeping:
            ready, self._unkept = self._unkept, []
            if not ready:
                return
            try:
                await self._keep(ready)
            except BaseException:
                self._unkept = [*ready, *self._unkept]
                raise
