"""One answer: ask the chosen model, and the next one when it fails.

Decides when to fall back and how the attempt ended. Refuses to know where the
answer is shown and where it is stored.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING

from bot.telemetry import span
from integrations.contracts.model import (
    Finished,
    ModelDeclined,
    ModelEmpty,
    ModelFailure,
    ModelTimeout,
)
from integrations.contracts.surface import Outcome
from learning.roles import role
from learning.store.interactions import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from integrations.contracts.model import Model, ModelRequest
    from integrations.contracts.surface import Live
    from learning.roles import RoleName
    from learning.routing.declared import Arm


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


class Answers:
    """Asks models.

    Args:
        models: the model of each role.
        last_resort: the built-in expert of each role, asked when no connected model answers:
            a provider that is down leaves what was read and said.
        limits: what one turn may take.
    """

    def __init__(
        self,
        models: Mapping[RoleName, Model],
        last_resort: Mapping[str, Model],
        limits: Limits,
    ) -> None:
        self._models = models
        self._last_resort = last_resort
        self._limits = limits

    async def answer(
        self, order: Sequence[Arm], request: ModelRequest, live: Live, stop: asyncio.Event
    ) -> Answered:
        """Ask the models in order until one answers.

        Args:
            order: the choice and its fallbacks; not empty.
            request: what to ask; each role adds its own instructions.
            live: where pieces are shown while they come.
            stop: set when the person pressed stop.
        """
        attempt = _Attempt(order[0].role, str(order[0].model))
        reasons: list[tuple[str, ModelFailure]] = []
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._through(order, request, live, stop, attempt, reasons)
        except TimeoutError:
            attempt.close("timeout")
            return attempt.ended(
                Outcome.TIMED_OUT,
                f"I ran out of time: no complete answer within {self._limits.timeout_s:g} seconds. "
                "Try again, or ask something smaller.",
            )

    async def _through(
        self,
        order: Sequence[Arm],
        request: ModelRequest,
        live: Live,
        stop: asyncio.Event,
        attempt: _Attempt,
        reasons: list[tuple[str, ModelFailure]],
    ) -> Answered:
        for number, (role_name, model) in enumerate(self._line_up(order)):
            if attempt.spent > self._limits.budget_usd:
                return attempt.ended(
                    Outcome.OVER_BUDGET,
                    f"This question has used up its budget of ${self._limits.budget_usd:.2f}. "
                    "An admin can raise MYNAH_TURN_BUDGET_USD.",
                )
            if number:
                await live.restart()
            attempt.open(role_name, model.id)
            who = role(role_name)
            asked = replace(
                request,
                system=who.system_prompt,
                timeout_s=min(request.timeout_s, self._limits.timeout_s),
            )
            try:
                stopped = await self._one(model, asked, live, stop, attempt)
            except ModelFailure as failure:
                attempt.close(failure.kind)
                reasons.append((who.display_name, failure))
                continue
            attempt.close("cancelled" if stopped else "ok")
            if stopped:
                return attempt.ended(
                    Outcome.CANCELLED, f"{attempt.text}\n\n_Stopped._".strip(), keep=True
                )
            return attempt.ended(
                Outcome.FELL_BACK if number else Outcome.ANSWERED, attempt.text, keep=True
            )
        return attempt.ended(*_gave_up(reasons))

    def _line_up(self, order: Sequence[Arm]) -> list[tuple[RoleName, Model]]:
        chosen = [(arm.role, self._models[arm.role]) for arm in order]
        expert = self._last_resort[order[0].role]
        if expert.id not in {model.id for _, model in chosen}:
            chosen.append((order[0].role, expert))
        return chosen

    async def _one(
        self,
        model: Model,
        request: ModelRequest,
        live: Live,
        stop: asyncio.Event,
        attempt: _Attempt,
    ) -> bool:
        """Stream one model's answer; return whether it was stopped."""
        with span("mynah.model", {"mynah.model": model.id, "mynah.role": attempt.role}):
            stopping = asyncio.create_task(stop.wait())
            try:
                async with aclosing(model.stream(request)) as stream:  # type: ignore[type-var]
                    while True:
                        arriving = asyncio.ensure_future(anext(stream, None))
                        try:
                            await asyncio.wait(
                                {arriving, stopping}, return_when=asyncio.FIRST_COMPLETED
                            )
                        finally:
                            # Also when time runs out: a stream cannot be closed while it is read.
                            if waited_for := not arriving.done():
                                arriving.cancel()
                                await asyncio.gather(arriving, return_exceptions=True)
                        if waited_for:
                            return True
                        piece = arriving.result()
                        if piece is None:
                            break
                        if isinstance(piece, Finished):
                            attempt.finished = piece
                        elif piece.text:
                            attempt.add(piece.text)
                            await live.append(piece.text)
            finally:
                stopping.cancel()
            if not attempt.text.strip():
                raise ModelEmpty(model.id, "it finished without saying anything")
            return False


class _Attempt:
    """The bookkeeping of a turn's attempts."""

    def __init__(self, role_: str, model: str) -> None:
        self.role = role_
        self.model = model
        self.text = ""
        self.spent = 0.0
        self.finished: Finished | None = None
        self._runs: list[Run] = []
        self._began: float | None = None
        self._first: float | None = None
        self._model_s = 0.0

    def open(self, role_: str, model: str) -> None:
        self.role, self.model, self.text, self.finished = role_, model, "", None
        self._began, self._first = perf_counter(), None

    def add(self, text: str) -> None:
        if self._first is None:
            self._first = perf_counter()
        self.text += text

    def close(self, outcome: str) -> None:
        if self._began is None:
            return
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
                first_piece_ms=None if self._first is None else (self._first - self._began) * 1e3,
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
        )


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
