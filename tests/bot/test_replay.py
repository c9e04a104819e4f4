from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot.replay import Replaying, logged
from learning.routing.contract import Context
from learning.routing.registry import POLICIES
from learning.scope import person
from learning.seeding.results import SEED_STATE, SeedResult, dump
from learning.store.arrivals import Arrival, arrive
from learning.store.ids import new_id
from learning.store.interactions import Interactions
from learning.store.logged import LoggedChoices
from learning.store.states import States

if TYPE_CHECKING:
    from datetime import datetime

    from learning.store.store import Store, Unit
    from learning.task_types import TaskType

KINDS: tuple[TaskType, ...] = ("maths", "code", "general")
ROLES = ("math", "lead", "router")
QUALITY = np.array([[0.95, 0.3, 0.2], [0.2, 0.9, 0.3], [0.3, 0.2, 0.9]])
"""A row a kind of question, a column a role."""
STRENGTHS: dict[str, dict[TaskType, float]] = {
    role: {kind: float(QUALITY[at, column]) for at, kind in enumerate(KINDS)}
    for column, role in enumerate(ROLES)
}
BEST = float(QUALITY.max(1).mean())


class Log:
    """Writes choices as turns and feedback leave them."""

    def __init__(self, store: Store, workspace: str, now: datetime) -> None:
        self.store, self.workspace, self.now = store, workspace, now
        self.written = 0

    async def write(
        self,
        unit: Unit,
        arm: str,
        *,
        kind: TaskType = "maths",
        rating: float | None = 5.0,
        propensity: float = 1 / 3,
        answered_by: str = "",
        done: bool = True,
        forced: str = "",
    ) -> None:
        self.written += 1
        at = self.now + timedelta(minutes=self.written)
        interactions = Interactions(unit)
        arrival = Arrival(
            "web", str(new_id()), "C1", f"t{self.written}", "ann", person("ann"), "Why?", at
        )
        interaction_id = (await arrive(unit, arrival, at)).interaction_id
        await interactions.choose(
            interaction_id,
            policy="random",
            arm=arm,
            propensity=propensity,
            context={**Context({kind: 1.0}).as_data(), "length": 4, "recalled": 0},
            candidates=[candidate(role) for role in ROLES],
            forced=forced,
            now=at,
        )
        if done:
            await interactions.finish(
                interaction_id,
                outcome="answered",
                task_type=kind,
                role=answered_by or arm,
                model="m",
                explanation={},
                overhead_ms=1.0,
                now=at,
            )
        await interactions.rate(interaction_id, rating, 0 if rating is None else 1)

    async def live(self, turns: int) -> None:
        """Let chance choose; half the answers are rated."""
        rng = np.random.default_rng(0)
        async with self.store.begin(self.workspace, None) as unit:
            for _ in range(turns):
                kind, arm = int(rng.integers(3)), int(rng.integers(3))
                good = rng.random() < QUALITY[kind, arm]
                rating = (5.0 if good else 1.0) if rng.random() < 0.5 else None
                await self.write(unit, ROLES[arm], kind=KINDS[kind], rating=rating)


def candidate(role: str, **values: Any) -> dict[str, Any]:
    given = {"role": role, "model": f"m:{role}", "version": "", "score": 0.5, "deviation": 0.1}
    return given | {"propensity": 1 / 3, "note": ""} | values


@pytest.fixture
def log(store: Store, workspace: str, now: datetime) -> Log:
    return Log(store, workspace, now)


def replaying(log: Log) -> Replaying:
    return Replaying(log.store, STRENGTHS, None)


async def test_the_policy_that_is_known_to_be_best_comes_out_first(log: Log) -> None:
    await log.live(240)
    found = await replaying(log).replay(log.workspace, ["random", "fixed", "static_rules"])
    assert found.evaluations[0].policy == "static_rules"
    best = found.evaluations[0]
    assert found.n == 240
    assert found.rated == best.used
    assert 90 < best.used < 150
    assert found.logged is not None
    assert best.dr is not None
    assert best.gain is not None
    assert best.dr.low < BEST < best.dr.high
    assert best.dr.low > found.logged.high
    assert best.gain.low > 0.0


async def test_all_policies_are_replayed_unless_some_are_named(log: Log) -> None:
    await log.live(30)
    found = await replaying(log).replay(log.workspace)
    assert {e.policy for e in found.evaluations} == set(POLICIES)
    assert await replaying(log).replay(log.workspace) == found
    assert found.as_data()["evaluations"][0]["policy"] in POLICIES


async def test_a_policy_that_does_not_exist_is_named(log: Log) -> None:
    with pytest.raises(ValueError, match="no routing policy 'best'"):
        await replaying(log).replay(log.workspace, ["best"])


async def test_an_empty_workspace_has_nothing_to_tell(log: Log) -> None:
    found = await replaying(log).replay(log.workspace, ["random"])
    assert (found.n, found.logged) == (0, None)
    assert "Nobody has rated" in found.evaluations[0].warnings[0]


async def test_forced_open_and_empty_choices_are_no_part_of_the_log(log: Log) -> None:
    async with log.store.begin(log.workspace, None) as unit:
        for forced in ("asked", "pinned", "sticky", "only_one"):
            await log.write(unit, "math", forced=forced)
        await log.write(unit, "math", done=False)
        await log.write(unit, "")
        await log.write(unit, "lead")
        found = await LoggedChoices(unit).all(10)
        assert [row.choice.arm for row in found] == ["lead"]
    async with log.store.begin(f"{log.workspace}-other", None) as unit:
        assert await LoggedChoices(unit).all(10) == []


async def test_the_newest_choices_are_read_oldest_first(log: Log) -> None:
    async with log.store.begin(log.workspace, None) as unit:
        for arm in ("math", "lead", "router", "lead"):
            await log.write(unit, arm)
        assert [r.choice.arm for r in await LoggedChoices(unit).all(3)] == [
            "lead",
            "router",
            "lead",
        ]
        with pytest.raises(ValueError, match="log of 0"):
            await LoggedChoices(unit).all(0)


async def test_a_turn_that_was_begun_again_counts_once(log: Log) -> None:
    async with log.store.begin(log.workspace, None) as unit:
        await log.write(unit, "math")
        (row,) = await LoggedChoices(unit).all(10)
        await Interactions(unit).choose(
            row.choice.interaction_id,
            policy="random",
            arm="lead",
            propensity=0.5,
            context={},
            candidates=[candidate("lead")],
            now=log.now + timedelta(hours=1),
        )
        assert [r.choice.arm for r in await LoggedChoices(unit).all(10)] == ["lead"]


async def test_a_row_is_read_with_its_options_and_its_reward(log: Log) -> None:
    async with log.store.begin(log.workspace, None) as unit:
        await log.write(unit, "math", rating=4.0)
        await log.write(unit, "math", rating=None)
        await log.write(unit, "math", rating=5.0, answered_by="lead")
        liked, silent, fell_back = map(logged, await LoggedChoices(unit).all(10))
    assert [(o.name, o.version) for o in liked.options] == [(r, f"m:{r}") for r in ROLES]
    assert liked.reward == pytest.approx(0.75)
    assert liked.context == Context({"maths": 1.0})
    assert liked.propensity == pytest.approx(1 / 3)
    assert silent.reward is None
    assert fell_back.reward is None, "somebody else answered"


async def test_who_was_ruled_out_is_no_option(log: Log) -> None:
    async with log.store.begin(log.workspace, None) as unit:
        await log.write(unit, "math", propensity=1.0)
        (row,) = await LoggedChoices(unit).all(10)
    row.choice.candidates[:] = [  # type: ignore[index]
        candidate("math", propensity=1.0, note="pinned here"),
        candidate("lead", propensity=0.0),
        candidate("router", propensity=0.0, note="over the turn budget"),
    ]
    assert [option.name for option in logged(row).options] == ["math", "lead"]


async def test_policies_start_from_what_seeding_has_shown(log: Log) -> None:
    rng = np.random.default_rng(1)
    await log.live(120)
    plain = Replaying(log.store, {}, None)
    before = (await plain.replay(log.workspace, ["beta_thompson"])).evaluations[0]
    shown = [
        SeedResult(
            role,
            f"m:{role}",
            f"m:{role}",
            f"{kind}{number}",
            float(rng.random() < QUALITY[at, column]),
            Context({kind: 1.0}),
        )
        for at, kind in enumerate(KINDS)
        for column, role in enumerate(ROLES)
        for number in range(30)
    ]
    async with log.store.begin(log.workspace, None) as unit:
        await States(unit).save(SEED_STATE, dump(shown), log.now)
    after = (await plain.replay(log.workspace, ["beta_thompson"])).evaluations[0]
    assert before.dr is not None
    assert after.dr is not None
    assert after.dr.value > before.dr.value + 0.05
