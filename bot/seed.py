"""Seeding: every arm answers prompts with known answers, and the policy starts from that.

Sequence only: what is asked and what counts as right is ``learning.seeding``. No transaction
is open while a model works. Results are kept as they come, so a run that was cut short is
continued by the next one, and a prompt counts once however often this is run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.classify import combine
from bot.learned import Seen, health_state
from bot.seed_run import Answer, Call, Progress, SeedRun
from integrations.contracts.model import ModelRequest
from learning.roles import role
from learning.routing.health import Attempt
from learning.routing.topics import context_of
from learning.seeding.results import SEED_STATE, SeedResult, dump, load, merged
from learning.store.states import States
from learning.task_types import classify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from bot.learned import Learned
    from bot.seed_run import Asked, Seeded
    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from learning.routing.contract import Context, Policy
    from learning.routing.topics import Topics
    from learning.seeding.prompts import SeedPrompt
    from learning.store.store import Store, Unit

    Price = Callable[[str, int, int], float | None]

_CHARS_A_TOKEN: Final = 4
_CAUTION: Final = 1.5
"""How much longer than estimated a prompt may be for its tokenizer."""
_USUAL_SHARE: Final = 0.35
"""Of the longest answer allowed, how much a usual one takes."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take, before anything is spent.

    Attributes:
        calls: models asked, all together.
        known: results that are there already and are not asked for again.
        usd_mean: the expected cost in US dollars, by the price list.
        usd_high: the same if every answer is as long as it may be.
        unknown_prices: models whose price is not known; their calls are not in the sums.
    """

    calls: int
    known: int
    usd_mean: float
    usd_high: float
    unknown_prices: tuple[str, ...]


class Seeding:
    """Asks the prompts.

    Args:
        store: where results are kept.
        models: the model of each role.
        learned: names and opens what was learned.
        locked: the policy of a workspace, locked for changing until the transaction ends.
        embed: the vector of a question, or ``None`` when the embedder is down.
        price: the list price of a call, from model, tokens in and tokens out.
        clock: tells the time.
        max_tokens: of an answer.
        timeout_s: the longest wait for a piece.
        at_once: calls in flight.
        sleep: waits; only after a provider asked for it.
    """

    def __init__(
        self,
        store: Store,
        models: Mapping[RoleName, Model],
        learned: Learned,
        locked: Callable[[Unit], Awaitable[Policy]],
        embed: Callable[[str], Awaitable[NDArray[np.float32] | None]],
        price: Price,
        clock: Clock,
        *,
        max_tokens: int = 1_024,
        timeout_s: float = 60.0,
        at_once: int = 4,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._models = models
        self._learned = learned
        self._locked = locked
        self._embed = embed
        self._price = price
        self._clock = clock
        self._max_tokens = max_tokens
        self._timeout_s = timeout_s
        self._at_once = at_once
        self._sleep = sleep

    async def estimate(self, workspace_id: str, prompts: Sequence[SeedPrompt]) -> Estimate:
        """Return what asking these prompts would take, less what is known already."""
        calls = await self._calls(workspace_id, prompts)
        return Estimate(
            len(calls),
            len(prompts) * len(self._models) - len(calls),
            sum(call.usd_mean or 0.0 for call in calls),
            sum(call.usd_high or 0.0 for call in calls),
            tuple(sorted({call.model.id for call in calls if call.usd_high is None})),
        )

    async def run(
        self,
        workspace_id: str,
        prompts: Sequence[SeedPrompt],
        *,
        limit_usd: float | None = None,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> Seeded:
        """Ask every role every prompt that it has not answered yet, and learn from it.

        Args:
            workspace_id: which workspace learns.
            prompts: in the order they are asked.
            limit_usd: a call that could cost more than what is left of this is not made, and
                neither is one whose price is not known.
            told: called after each call.

        Raises:
            ValueError: if the limit is no amount of money.
        """
        if limit_usd is not None and not limit_usd >= 0.0:
            raise ValueError(f"a limit of {limit_usd} dollars cannot be kept; give 0 or more")
        calls = await self._calls(workspace_id, prompts)
        known = len(prompts) * len(self._models) - len(calls)
        async with self._store.begin(workspace_id, None) as unit:
            topics = await self._learned.topics(unit)
        contexts: dict[str, Context] = {}

        async def keep(asked: Sequence[Asked]) -> None:
            for each in asked:
                prompt = each.call.prompt
                if each.reward is not None and prompt.key not in contexts:
                    contexts[prompt.key] = await self._context(prompt, topics)
            await self._save(workspace_id, asked, contexts)

        run = SeedRun(calls, self._complete, keep, limit_usd, told, self._sleep)
        run.seeded.known = known
        return await run.through(self._at_once)

    async def _calls(self, workspace_id: str, prompts: Sequence[SeedPrompt]) -> list[Call]:
        """Return what is to be asked: prompt after prompt, so that a cut run is fair to all."""
        async with self._store.begin(workspace_id, None) as unit:
            stored = await States(unit).load(SEED_STATE)
            seen = await self._learned.seen(unit, {model.id for model in self._models.values()})
        known = {
            (result.role, result.model, result.task)
            for result in load(stored.state if stored else None)
            # Another version is another model: what the earlier one knew says little.
            if result.model in seen
            and result.version == (seen[result.model].version or result.model)
        }
        return [
            Call(prompt, name, model, *self._costs(prompt, name, model))
            for prompt in prompts
            for name, model in self._models.items()
            if (name, model.id, prompt.key) not in known
        ]

    def _costs(
        self, prompt: SeedPrompt, name: RoleName, model: Model
    ) -> tuple[float | None, float | None]:
        if not model.streams_text:
            return 0.0, 0.0
        read = (len(role(name).system_prompt) + len(prompt.asked)) / _CHARS_A_TOKEN
        return (
            self._price(model.id, round(read), round(self._max_tokens * _USUAL_SHARE)),
            self._price(model.id, round(read * _CAUTION), self._max_tokens),
        )

    async def _context(self, prompt: SeedPrompt, topics: Topics | None) -> Context:
        estimate = classify(prompt.text)
        if self._models["router"].streams_text:
            # In a turn a model that plays the router has its say; here it is known what is right.
            estimate = combine(estimate, prompt.task_type)
        return context_of(
            prompt.text,
            estimate.probabilities,
            await self._embed(prompt.text),
            topics,
            self._learned.embedder,
        )

    async def _complete(self, call: Call) -> Answer:
        request = ModelRequest(
            call.question,
            role(call.role).system_prompt,
            task_type=call.prompt.task_type,
            max_tokens=self._max_tokens,
            timeout_s=self._timeout_s,
        )
        text, finished = await call.model.complete(request)
        cost = finished.cost_usd
        if cost is None and call.model.streams_text:
            cost = self._price(call.model.id, finished.input_tokens, finished.output_tokens)
        return Answer(text, finished.model, cost)

    async def _save(
        self, workspace_id: str, asked: Sequence[Asked], contexts: Mapping[str, Context]
    ) -> None:
        now = self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            states = States(unit)
            # Locks are taken in the order of the names: health, policy, seed.
            for model in sorted({each.call.model.id for each in asked}):
                name = health_state(model)
                stored = await states.lock(name)
                seen = Seen.load(stored.state if stored else None)
                for each in asked:
                    if each.call.model.id == model:
                        health = seen.health.after(_attempt(each), now)
                        seen = Seen(health, each.version or seen.version)
                await states.save(name, seen.dump(), now)
            policy = await self._locked(unit)
            stored = await states.lock(SEED_STATE)
            before = load(stored.state if stored else None)
            there = {(each.role, each.model, each.version, each.task) for each in before}
            results = [
                _result(each, each.reward, contexts) for each in asked if each.reward is not None
            ]
            # Somebody else may have seeded at the same time.
            new = [r for r in results if (r.role, r.model, r.version, r.task) not in there]
            for result in new:
                policy.credit(result.evidence)
            if new:
                await states.save(self._learned.policy_state, policy.dump(), now)
                await states.save(SEED_STATE, dump(merged(before, new)), now)


def _result(asked: Asked, reward: float, contexts: Mapping[str, Context]) -> SeedResult:
    call = asked.call
    return SeedResult(
        call.role,
        call.model.id,
        asked.version or call.model.id,
        call.prompt.key,
        reward,
        contexts[call.prompt.key],
    )


def _attempt(asked: Asked) -> Attempt:
    outcome = asked.failure.kind if asked.failure else "ok"
    return Attempt(
        # Who knows no answer to made-up questions may know all about this workspace's.
        outcome="cancelled" if outcome == "declined" else outcome,
        latency_ms=asked.latency_s * 1_000,
        first_piece_ms=None,
        cost_usd=asked.cost_usd,
        task_type=asked.call.prompt.task_type,
        length=len(asked.call.question),
        retry_after_s=asked.failure.retry_after_s if asked.failure else None,
    )
