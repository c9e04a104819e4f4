"""One answer: ask the chosen model, and the next one when it fails.

Decides when to fall back and how the attempt ended. Refuses to know where the
answer is shown and where it is stored.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING

from bot.telemetry import span
from integrations.contracts.delivery import Outcome
from integrations.contracts.model import (
    Finished,
    ModelDeclined,
    ModelEmpty,
    ModelFailure,
    ModelTimeout,
)
from learning.persona import shape
from learning.roles import role
from learning.routing.parameters import temperature_of, tokens_of
from learning.routing.variants import instructions
from learning.store.interactions import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from integrations.contracts.model import Model, ModelRequest
    from integrations.contracts.surface import Live
    from learning.roles import RoleName
    from learning.routing.situation import Step


@dataclass(frozen=True, slots=True)
class Limits:
    """What one turn may take.

    Attributes:
        timeout_s: for the whole turn, every attempt together.
        budget_usd: spent so far at most, before another model is asked.
    """

    timeout_s: float
    budget_usd: float


@dataclass(slots=True)
class Answered:
    """How a turn's attempts ended.

    ``text`` is what to show, whatever the outcome; ``reason`` is the sentence
    behind an outcome that is not an answer.
    """

    outcome: Outcome
    text: str
    role: str
    model: str
    cited: tuple[int, ...] | None = None
    runs: list[Run] = field(default_factory=list)
    model_ms: float = 0.0
    waits_s: Mapping[str, float] = field(default_factory=dict)
    """How long providers asked us to wait, by model."""
    loads: Mapping[str, int] = field(default_factory=dict)
    """How many requests were in flight with each model that was asked, this one included."""


class Load:
    """How many requests are in flight with each model, in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def of(self, model: str) -> int:
        """Return how many are in flight."""
        return self._open[model]

    @contextmanager
    def one(self, model: str) -> Iterator[None]:
        """Count one until the block ends."""
        self._open[model] += 1
        try:
            yield
        finally:
            self._open[model] -= 1


class Answers:
    """Asks models.

    Args:
        models: the model of each role.
        last_resort: the built-in expert of each role, asked when no connected model answers:
            a provider that is down leaves what was read and said.
        limits: what one turn may take.
        load: is told what is in flight.
    """

    def __init__(
        self,
        models: Mapping[RoleName, Model],
        last_resort: Mapping[str, Model],
        limits: Limits,
        load: Load,
    ) -> None:
        self._models = models
        self._last_resort = last_resort
        self._limits = limits
        self._load = load

    async def answer(
        self,
        steps: Sequence[Step],
        request: ModelRequest,
        live: Live,
        stop: asyncio.Event,
        unpaid: tuple[RoleName, str] | None = None,
        facets: Mapping[str, float] | None = None,
    ) -> Answered:
        """Ask the models in order until one answers.

        Args:
            steps: the choice and its fallbacks; empty if nothing can be paid for.
            request: what to ask; each step adds instructions and parameters of its own.
            live: where pieces are shown while they come.
            stop: set when the person pressed stop.
            unpaid: when a budget left somebody out, whose built-in expert is asked if there are
                no steps, and what to tell the person about the budget.
            facets: how the person likes answers, where a step says nothing about it.
        """
        line = self._line_up(steps, request, facets or {}, unpaid)
        attempt = _Attempt(line[0].role, line[0].model.id)
        reasons: list[tuple[str, ModelFailure]] = []
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                answered = await self._through(line, live, stop, attempt, reasons)
        except TimeoutError:
            attempt.close("timeout")
            return attempt.ended(
                Outcome.TIMED_OUT,
                f"I ran out of time: no complete answer within {self._limits.timeout_s:g} seconds. "
                "Try again, or ask something smaller.",
            )
        if unpaid is None:
            return answered
        return _without_money(answered, unpaid[1], stood_in=not steps)

    async def _through(
        self,
        line: Sequence[_Asked],
        live: Live,
        stop: asyncio.Event,
        attempt: _Attempt,
        reasons: list[tuple[str, ModelFailure]],
    ) -> Answered:
        over = ""
        for number, asked in enumerate(line):
            if attempt.spent > self._limits.budget_usd and not asked.free:
                over = (
                    f"This question has used up its budget of ${self._limits.budget_usd:.2f}. "
                    "An admin can raise MYNAH_TURN_BUDGET_USD."
                )
                continue
            if number:
                await live.restart()
            attempt.open(asked.role, asked.model.id, self._load.of(asked.model.id) + 1)
            try:
                with self._load.one(asked.model.id):
                    stopped = await self._one(asked, live, stop, attempt)
            except ModelFailure as failure:
                attempt.close(failure.kind, failure.retry_after_s)
                reasons.append((role(asked.role).display_name, failure))
                continue
            attempt.close("cancelled" if stopped else "ok")
            if stopped:
                return attempt.ended(
                    Outcome.CANCELLED, f"{attempt.text}\n\n_Stopped._".strip(), keep=True
                )
            text = attempt.text
            if over:
                text = f"{text}\n\n_{over} A model that costs nothing answered instead._"
            return attempt.ended(Outcome.FELL_BACK if number else Outcome.ANSWERED, text, keep=True)
        outcome, text = (Outcome.OVER_BUDGET, over) if over else _gave_up(reasons)
        if outcome is Outcome.DECLINED:
            attempt.role, attempt.model = line[0].role, line[0].model.id
        return attempt.ended(outcome, text)

    def _line_up(
        self,
        steps: Sequence[Step],
        request: ModelRequest,
        facets: Mapping[str, float],
        unpaid: tuple[RoleName, str] | None,
    ) -> list[_Asked]:
        line = [
            _Asked(
                step.arm.role,
                self._models[step.arm.role],
                self._shaped(request, step.arm.role, step, facets),
                step.patience_s,
                step.free,
            )
            for step in steps
        ]
        first = line[0].role if line else unpaid[0] if unpaid else "router"
        expert = self._last_resort[first]
        if expert.id not in {asked.model.id for asked in line}:
            shaped = self._shaped(request, first, None, facets)
            line.append(_Asked(first, expert, shaped, shaped.timeout_s, free=True))
        return line

    def _shaped(
        self,
        request: ModelRequest,
        name: RoleName,
        step: Step | None,
        facets: Mapping[str, float],
    ) -> ModelRequest:
        """Return the request as a role is asked it, in the way that was chosen."""
        system = role(name).system_prompt
        timeout_s = min(request.timeout_s, self._limits.timeout_s)
        if step is None:
            return replace(request, system=system, timeout_s=timeout_s)
        settings = step.settings
        variant, task = settings.get("variant", ""), request.task_type
        form = shape(variant, facets, role=name, task_type=task)
        return replace(
            request,
            system=f"{system} {instructions(form)}".strip(),
            temperature=temperature_of(settings.get("temperature", "")),
            max_tokens=tokens_of(settings.get("max_tokens", ""), request.max_tokens),
            timeout_s=timeout_s,
        )

    async def _one(self, asked: _Asked, live: Live, stop: asyncio.Event, attempt: _Attempt) -> bool:
        """Stream one model's answer; return whether it was stopped.

        Patience is for the first piece alone: who has begun may pause for as long as the
        request allows.
        """
        model, request = asked.model, asked.request
        hurry_at = perf_counter() + asked.patience_s
        with span("mynah.model", {"mynah.model": model.id, "mynah.role": attempt.role}):
            stopping = asyncio.create_task(stop.wait())
            try:
                async with aclosing(model.stream(request)) as stream:  # type: ignore[type-var]
                    while True:
                        arriving = asyncio.ensure_future(anext(stream, None))
                        left_s = None if attempt.first else max(hurry_at - perf_counter(), 0.0)
                        try:
                            await asyncio.wait(
                                {arriving, stopping},
                                timeout=left_s,
                                return_when=asyncio.FIRST_COMPLETED,
                            )
                        finally:
                            # Also when time runs out: a stream cannot be closed while it is read.
                            if waited_for := not arriving.done():
                                arriving.cancel()
                                await asyncio.gather(arriving, return_exceptions=True)
                        if waited_for and not stopping.done():
                            raise ModelTimeout(
                                model.id,
                                f"it said nothing for {asked.patience_s:.3g} seconds, which is "
                                "longer than it usually takes",
                            )
                        if waited_for:
                            return True
                        piece = arriving.result()
                        if piece is None:
                            break
                        if isinstance(piece, Finished):
                            attempt.finished = piece
                        else:
                            attempt.add(piece.text)
                            if piece.text:  # an empty one says that it is at work
                                await live.append(piece.text)
            finally:
                stopping.cancel()
            if not attempt.text.strip():
                raise ModelEmpty(model.id, "it finished without saying anything")
            return False


@dataclass(frozen=True, slots=True)
class _Asked:
    """One model with what it is asked, and how long its first piece may take."""

    role: RoleName
    model: Model
    request: ModelRequest
    patience_s: float
    free: bool = False


class _Attempt:
    """The bookkeeping of a turn's attempts."""

    def __init__(self, role_: str, model: str) -> None:
        self.role = role_
        self.model = model
        self.text = ""
        self.spent = 0.0
        self.finished: Finished | None = None
        self._runs: list[Run] = []
        self._waits_s: dict[str, float] = {}
        self._loads: dict[str, int] = {}
        self._began: float | None = None
        self.first: float | None = None
        self._model_s = 0.0

    def open(self, role_: str, model: str, load: int) -> None:
        self._loads[model] = load
        self.role, self.model, self.text, self.finished = role_, model, "", None
        self._began, self.first = perf_counter(), None

    def add(self, text: str) -> None:
        if self.first is None:
            self.first = perf_counter()
        self.text += text

    def close(self, outcome: str, wait_s: float | None = None) -> None:
        if self._began is None:
            return
        if wait_s is not None:
            self._waits_s[self.model] = wait_s
        ended = perf_counter()
        finished = self.finished or Finished()
        cost = None if finished.cost_usd is None else Decimal(str(finished.cost_usd))
        self.spent += float(cost or 0)
        self._model_s += ended - self._began
        self._runs.append(
            Run(
                role=self.role,
                model=self.model,
                outcome=outcome,
                latency_ms=(ended - self._began) * 1e3,
                first_piece_ms=None if self.first is None else (self.first - self._began) * 1e3,
                model_version=finished.model,
                input_tokens=finished.input_tokens,
                output_tokens=finished.output_tokens,
                cost_usd=cost,
            )
        )
        self._began = None

    def ended(self, outcome: Outcome, text: str, *, keep: bool = False) -> Answered:
        cited = self.finished.cited if keep and self.finished else None
        return Answered(
            outcome,
            text,
            self.role,
            self.model,
            cited=cited if keep else (),
            runs=self._runs,
            model_ms=self._model_s * 1e3,
            waits_s=self._waits_s,
            loads=self._loads,
        )


def _without_money(answered: Answered, words: str, *, stood_in: bool) -> Answered:
    """Say that a budget kept somebody from answering, where that made a difference."""
    if answered.outcome is Outcome.DECLINED:
        return replace(answered, outcome=Outcome.OVER_BUDGET, text=words)
    if answered.outcome is Outcome.ANSWERED and stood_in:
        text = f"{answered.text}\n\n_{words} A built-in expert answered instead._"
        return replace(answered, outcome=Outcome.FELL_BACK, text=text)
    return answered


def _gave_up(reasons: Sequence[tuple[str, ModelFailure]]) -> tuple[Outcome, str]:
    """Return the outcome and the words when every model failed."""
    declined = [failure for _, failure in reasons if isinstance(failure, ModelDeclined)]
    failed = [each for each in reasons if not isinstance(each[1], ModelDeclined)]
    if not failed:
        # The chosen expert speaks; the others only confirm that they do not know either.
        return Outcome.DECLINED, declined[0].reason
    if all(isinstance(failure, ModelTimeout) for _, failure in failed):
        return Outcome.TIMED_OUT, "No model answered in time. " + _list(failed)
    return Outcome.FAILED, "No model could answer this. " + _list(failed)


def _list(reasons: Sequence[tuple[str, ModelFailure]]) -> str:
    lines = "\n".join(
        f"- **{name}** ({failure.model}): {failure.reason}" for name, failure in reasons
    )
    return f"What went wrong:\n\n{lines}"
