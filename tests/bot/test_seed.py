from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.learned import Learned
from bot.seed import Seeding
from integrations.contracts.model import (
    Finished,
    ModelDeclined,
    ModelRateLimited,
    ModelRefused,
    ModelRequest,
    ModelUnauthorized,
    ModelUnavailable,
)
from learning.roles import ROLE_NAMES
from learning.routing.contract import Context, Option
from learning.routing.registry import DEFAULT, open_policy
from learning.seeding.prompts import picked, seed_prompts
from learning.seeding.results import SEED_STATE, SeedResult, dump, load, merged, seeds
from learning.store.states import States

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bot.seed_run import Progress, Seeded
    from integrations.contracts.model import Piece
    from learning.routing.contract import Policy
    from learning.store.store import Store, Unit

PROMPTS = picked(seed_prompts(), 8)
BY_TEXT = {prompt.asked: prompt for prompt in PROMPTS}


class Scholar:
    """A model that knows the answers to some kinds of prompts."""

    streams_text = True

    def __init__(self, name: str, knows: tuple[str, ...] = (), version: str = "") -> None:
        self.id = f"test:{name}"
        self.version = version
        self._knows = knows
        self.asked: list[ModelRequest] = []
        self.failures: list[Exception] = []
        self.always: Exception | None = None
        self.together = 0
        self.most_together = 0

    def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        raise NotImplementedError

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        self.asked.append(request)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(0)
        self.together -= 1
        if self.failures:
            raise self.failures.pop(0)
        if self.always is not None:
            raise self.always
        prompt = BY_TEXT[request.question]
        right = RIGHT[prompt.key] if prompt.task_type in self._knows else "I cannot say."
        return right, Finished(100, 50, model=self.version)


def _right() -> dict[str, str]:
    """Return an answer that each prompt's check likes, tried out of a few."""
    tries = ["blue\nred\nyellow"]
    found = {}
    for prompt in PROMPTS:
        check = prompt.check
        values = [
            str(getattr(check, name))
            for name in ("value", "text", "letter")
            if hasattr(check, name)
        ] + [str(word) for word in getattr(check, "accepted", ())]
        said = [f"Answer: {value}" for value in values] + values + tries
        found[prompt.key] = next((s for s in said if prompt.score(s) == 1.0), "?")
    return found


RIGHT = _right()


class Rig:
    """Seeding of one workspace, with models that are easy to see through."""

    def __init__(self, store: Store, workspace: str, now: datetime) -> None:
        self.store, self.workspace, self.now = store, workspace, now
        self.models = {name: Scholar(name) for name in ROLE_NAMES}
        self.models["math"] = Scholar("math", ("maths",), "math-1")
        self.learned = Learned(DEFAULT, {}, None, "none", now)
        self.prices: dict[str, float] = dict.fromkeys((m.id for m in self.models.values()), 1e-5)
        self.slept: list[float] = []
        self.progress: list[Progress] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def locked(self, unit: Unit) -> Policy:
        stored = await States(unit).lock(self.learned.policy_state)
        return self.learned.open(stored.state if stored else None)

    def price(self, model: str, read: int, written: int) -> float | None:
        each = self.prices.get(model)
        return None if each is None else each * (read + written)

    def seeding(self, at_once: int = 4) -> Seeding:
        async def embed(_text: str) -> None:
            return None

        return Seeding(
            self.store,
            self.models,
            self.learned,
            self.locked,
            embed,
            self.price,
            lambda: self.now,
            max_tokens=100,
            at_once=at_once,
            sleep=self.sleep,
        )

    async def run(self, limit_usd: float | None = None) -> Seeded:
        return await self.seeding().run(
            self.workspace, PROMPTS, limit_usd=limit_usd, told=self.progress.append
        )

    async def results(self) -> list[SeedResult]:
        async with self.store.begin(self.workspace) as unit:
            stored = await States(unit).load(SEED_STATE)
        return load(stored.state if stored else None)

    async def state(self) -> bytes:
        async with self.store.begin(self.workspace) as unit:
            stored = await States(unit).load(self.learned.policy_state)
        return stored.state if stored else b""


@pytest.fixture
def rig(store: Store, workspace: str, now: datetime) -> Rig:
    return Rig(store, workspace, now)


def test_there_is_a_right_answer_to_every_prompt_here() -> None:
    assert "?" not in RIGHT.values()
    assert {prompt.task_type for prompt in PROMPTS} == {"maths", "code", "architecture", "general"}


async def test_what_models_know_is_what_the_policy_believes_afterwards(rig: Rig) -> None:
    done = await rig.run()
    assert done.scored == done.calls == len(PROMPTS) * len(ROLE_NAMES)
    assert set(done.rewards["math", "maths"]) == {1.0}
    assert set(done.rewards["lead", "maths"]) == {0.0}
    policy = open_policy(DEFAULT, {}, None, await rig.state())
    options = [Option(n, m.version or m.id) for n, m in rig.models.items()]
    decision = policy.choose(
        Context({"maths": 1.0}), options, np.random.default_rng(0), explore=False
    )
    assert decision.arm == "math"


async def test_progress_is_told_call_by_call(rig: Rig) -> None:
    done = await rig.run()
    assert [step.done for step in rig.progress] == list(range(1, done.calls + 1))
    assert {step.calls for step in rig.progress} == {done.calls}
    assert rig.progress[-1].spent_usd == pytest.approx(done.calls * 150 * 1e-5)
    assert all(m.most_together <= 4 for m in rig.models.values())


async def test_running_it_twice_counts_once(rig: Rig) -> None:
    await rig.run()
    before, asked = await rig.state(), len(rig.models["lead"].asked)
    again = await rig.run()
    assert (again.calls, again.known) == (0, len(PROMPTS) * len(ROLE_NAMES))
    assert len(rig.models["lead"].asked) == asked
    assert await rig.state() == before
    assert (await rig.seeding().estimate(rig.workspace, PROMPTS)).calls == 0


async def test_two_runs_at_the_same_time_count_once(rig: Rig) -> None:
    await asyncio.gather(rig.run(), rig.run())
    assert len(await rig.results()) == len(PROMPTS) * len(ROLE_NAMES)
    both = await rig.state()
    other = Rig(rig.store, f"{rig.workspace}-b", rig.now)
    await other.run()
    counts = [open_policy(DEFAULT, {}, None, state) for state in (both, await other.state())]
    options = [Option(n, m.version or m.id) for n, m in rig.models.items()]
    one, two = (
        policy.choose(Context({"maths": 1.0}), options, np.random.default_rng(0)).estimates
        for policy in counts
    )
    assert {e.arm: e.mean for e in one} == pytest.approx({e.arm: e.mean for e in two}, abs=0.02)
    assert {e.arm: e.deviation for e in one} == pytest.approx(
        {e.arm: e.deviation for e in two}, rel=0.02
    )


async def test_a_policy_that_is_rebuilt_learns_the_same_from_the_results(rig: Rig) -> None:
    await rig.run()
    policy = rig.learned.open(None)
    async with rig.store.begin(rig.workspace) as unit:
        stored = await States(unit).load(SEED_STATE)
    for evidence in seeds(stored.state if stored else None):
        policy.credit(evidence)
    assert policy.dump() == await rig.state()


async def test_another_version_of_a_model_is_asked_again(rig: Rig) -> None:
    await rig.run()
    rig.models["math"].version = "math-2"
    async with rig.store.begin(rig.workspace) as unit:
        seen = (await rig.learned.seen(unit, ["test:math"]))["test:math"]
    assert seen.version == "math-1"
    rig.models["lead"].version = "lead-1"  # the provider names it from now on
    assert (await rig.run()).calls == 0
    results = [r for r in await rig.results() if r.role == "math"]
    newer = [SeedResult(r.role, r.model, "math-0", r.task, r.reward, r.context) for r in results]
    async with rig.store.begin(rig.workspace) as unit:
        await States(unit).save(SEED_STATE, dump(merged(await rig.results(), newer)), rig.now)
    assert (await rig.run()).calls == len(PROMPTS)


async def test_the_cost_is_known_before_anything_is_spent(rig: Rig) -> None:
    del rig.prices["test:senior"]
    estimate = await rig.seeding().estimate(rig.workspace, PROMPTS)
    assert estimate.calls == len(PROMPTS) * len(ROLE_NAMES)
    assert 0.0 < estimate.usd_mean < estimate.usd_high
    assert estimate.unknown_prices == ("test:senior",)
    assert all(model.asked == [] for model in rig.models.values())
    done = await rig.run()
    assert done.spent_usd < estimate.usd_high


async def test_no_more_than_the_limit_is_spent(rig: Rig) -> None:
    del rig.prices["test:senior"]
    done = await rig.run(limit_usd=0.02)
    assert 0.01 < done.spent_usd <= 0.02
    assert done.left["unknown price"] == len(PROMPTS)
    assert done.left["limit"] > 0
    assert done.scored + sum(done.left.values()) == done.calls
    assert rig.models["senior"].asked == []
    more = await rig.run()
    assert more.known == done.scored
    assert more.scored == more.calls == done.calls - done.scored


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
async def test_a_limit_that_cannot_be_kept_is_refused(rig: Rig, limit: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        await rig.run(limit_usd=limit)
    assert all(model.asked == [] for model in rig.models.values())


async def test_a_model_that_is_away_loses_no_quality_and_stops_nobody(rig: Rig) -> None:
    rig.models["lead"].always = ModelUnavailable("test:lead", "nobody there")
    done = await rig.run()
    assert done.failures["lead", "unavailable"] >= 3
    assert done.left["gave up"] > 0
    assert not any(role == "lead" for role, _ in done.rewards)
    assert all(result.role != "lead" for result in await rig.results())
    assert len(done.rewards["math", "code"]) == sum(p.task_type == "code" for p in PROMPTS)
    rig.models["lead"].always = None
    assert (await rig.run()).scored == len(PROMPTS)


async def test_a_wrong_key_is_tried_no_second_time(rig: Rig) -> None:
    rig.models["lead"].always = ModelUnauthorized("test:lead", "the key is wrong")
    await rig.seeding(at_once=1).run(rig.workspace, PROMPTS)
    assert len(rig.models["lead"].asked) == 1


async def test_a_provider_that_asks_for_patience_gets_it(rig: Rig) -> None:
    slow = ModelRateLimited("test:lead", "slow down", retry_after_s=7.0)
    endless = ModelRateLimited("test:math", "slow down", retry_after_s=9e9)
    rig.models["lead"].failures = [slow, slow]
    rig.models["math"].failures = [endless]
    done = await rig.run()
    assert sorted(rig.slept) == [7.0, 7.0, 60.0]
    assert done.failures == Counter()
    assert done.scored == done.calls


async def test_refusing_is_an_answer_and_declining_is_none(rig: Rig) -> None:
    rig.models["lead"].always = ModelRefused("test:lead", "no")
    rig.models["senior"].always = ModelDeclined("test:senior", "this is not for me")
    done = await rig.run()
    assert set(done.rewards["lead", "code"]) == {0.0}
    assert not any(role == "senior" for role, _ in done.rewards)
    assert len(rig.models["senior"].asked) == len(PROMPTS)


async def test_what_was_paid_for_is_kept_when_a_run_is_cut_short(rig: Rig) -> None:
    def stop(step: Progress) -> None:
        if step.done == 7:
            raise KeyError("cut")

    with pytest.raises(KeyError):
        await rig.seeding(at_once=1).run(rig.workspace, PROMPTS, told=stop)
    assert len(await rig.results()) == 7


async def test_built_in_experts_are_asked_the_bare_question(rig: Rig) -> None:
    rig.models["lead"].streams_text = False
    BY_TEXT.update({prompt.text: prompt for prompt in PROMPTS})
    await rig.run()
    assert {request.question for request in rig.models["lead"].asked} == {p.text for p in PROMPTS}
    assert {request.question for request in rig.models["math"].asked} == {p.asked for p in PROMPTS}
    (system,) = {request.system for request in rig.models["math"].asked}
    assert "mathematician" in system


def test_results_come_back_as_they_were_saved() -> None:
    context = Context({"maths": 0.9, "code": 0.1}, hardness=0.3)
    results = [
        SeedResult(role, "m", "v", task, 0.5, context) for role in ("a", "b") for task in ("t", "u")
    ]
    assert load(dump(results)) == results
    assert len(dump(results * 1)) < 2 * len(dump(results[:1])) + 200


@pytest.mark.parametrize(
    "stored", [None, b"", b"{", b"[]", b'{"results": [{}], "contexts": []}', b'{"results": [7]}']
)
def test_results_that_cannot_be_read_are_none(stored: bytes | None) -> None:
    assert load(stored) == []
    assert seeds(stored) == []
