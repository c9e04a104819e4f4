"""Tallies of options: additions that may come in any order, from anywhere."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from learning.routing.slots import Tally
from learning.store.arms import ArmRow, Arms
from learning.store.ids import new_id
from tests.store.support import NOW

if TYPE_CHECKING:
    from random import Random

    from learning.store.store import Store

AT_ONCE = 6


def tally(reward: float, weight: float) -> Tally:
    return Tally(weight, weight * reward)


async def test_rewards_add_up_per_option_and_person(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        arms = Arms(unit)
        await arms.add("prompt", "math", "math", "concise", "", tally(1.0, 1.0), NOW)
        await arms.add("prompt", "math", "math", "concise", "", tally(0.5, 0.5), NOW)
        await arms.add("prompt", "math", "math", "concise", "U1", tally(0.25, 1.0), NOW)
        await arms.add("prompt", "math", "math", "concise", "U2", tally(1.0, 1.0), NOW)
        await arms.add("prompt", "lead", "general", "default", "", tally(1.0, 1.0), NOW)
        await arms.add("temperature", "math", "math", "0.2", "", tally(1.0, 1.0), NOW)
        everybodys = ArmRow("", "prompt", "math", "math", "concise", 1.5, 1.25)
        assert await arms.tallies(["prompt"], "math", "math", "U1") == [
            everybodys,
            ArmRow("U1", "prompt", "math", "math", "concise", 1.0, 0.25),
        ]
        assert await arms.tallies(["prompt"], role="math") == [everybodys]
        assert len(await arms.tallies(["prompt", "temperature"], None, "math")) == 2
        assert len(await arms.tallies(["prompt", "temperature"])) == 3
        assert await arms.tallies([]) == []
    async with store.begin(f"{workspace}-other") as unit:
        assert await Arms(unit).tallies(["prompt"]) == []


async def test_of_additions_at_once_none_is_lost(store: Store, workspace: str) -> None:
    together = asyncio.Barrier(AT_ONCE)

    async def add(reward: float) -> None:
        async with store.begin(workspace) as unit:
            await together.wait()
            await Arms(unit).add("prompt", "lead", "math", "concise", "", tally(reward, 1.0), NOW)

    await asyncio.gather(*(add(float(number % 2)) for number in range(AT_ONCE)))
    async with store.begin(workspace) as unit:
        (row,) = await Arms(unit).tallies(["prompt"])
    assert (row.weight, row.total) == (AT_ONCE, AT_ONCE / 2)


@given(
    given_=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1).filter(lambda w: w == 0 or w > 1e-6)),
        min_size=1,
        max_size=6,
    ),
    order=st.randoms(use_true_random=False),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_what_is_taken_back_is_gone_in_whatever_order(
    store: Store, given_: list[tuple[float, float]], order: Random
) -> None:
    changes = [*given_, *((reward, -weight) for reward, weight in given_)]
    order.shuffle(changes)
    async with store.begin(str(new_id())) as unit:
        arms = Arms(unit)
        await arms.add("prompt", "lead", "math", "left", "", tally(0.5, 1.0), NOW)
        for option in ("left", "gone"):
            for reward, weight in changes:
                await arms.add("prompt", "lead", "math", option, "", tally(reward, weight), NOW)
        (row,) = await arms.tallies(["prompt"])
        assert row.option == "left"
        assert (row.weight, row.total) == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
async def test_what_is_no_number_changes_nothing(store: Store, workspace: str, bad: float) -> None:
    async with store.begin(workspace) as unit:
        arms = Arms(unit)
        await arms.add("prompt", "lead", "math", "concise", "", tally(0.5, 1.0), NOW)
        for reward, weight in ((bad, 1.0), (0.5, bad)):
            with pytest.raises(ValueError, match="'concise': weight and total must be finite"):
                await arms.add("prompt", "lead", "math", "concise", "", tally(reward, weight), NOW)
        (row,) = await arms.tallies(["prompt"])
        assert (row.weight, row.total) == (1.0, 0.5)
