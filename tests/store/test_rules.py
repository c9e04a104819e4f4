"""Whom people want to answer, and who may know of that."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import ProgrammingError

from learning.scope import WORKSPACE, channel, person
from learning.store.rules import RoutingRules, Rule
from tests.store.support import NOW

if TYPE_CHECKING:
    from learning.store.store import Store

LATER = NOW + timedelta(minutes=1)
MINE, HERE = person("U1"), channel("C1")


async def test_an_audience_has_one_pin_and_any_number_of_bans(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        rules = RoutingRules(unit)
        await rules.pin(HERE, "math", "U1", NOW)
        await rules.pin(HERE, "lead", "U2", LATER)
        await rules.ban(HERE, "math", "U1", NOW)
        await rules.ban(HERE, "senior", "U1", NOW)
        await rules.ban(HERE, "math", "U2", LATER)
        await rules.pin(WORKSPACE, "senior", "U3", NOW)
        found = await rules.of([HERE])
        assert sorted(found, key=lambda r: (r.rule, r.role)) == [
            Rule(HERE, "ban", "math", "U2", LATER),
            Rule(HERE, "ban", "senior", "U1", NOW),
            Rule(HERE, "pin", "lead", "U2", LATER),
        ]
        assert await rules.of([WORKSPACE, MINE]) == [Rule(WORKSPACE, "pin", "senior", "U3", NOW)]
        assert await rules.of([]) == []


async def test_a_rule_is_taken_away_by_role_or_all_at_once(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        rules = RoutingRules(unit)
        await rules.pin(HERE, "math", "U1", NOW)
        for role in ("math", "lead"):
            await rules.ban(HERE, role, "U1", NOW)
            await rules.ban(MINE, role, "U1", NOW)
        assert await rules.free(HERE, "math") == 2
        assert await rules.free(HERE, "math") == 0
        assert [rule.role for rule in await rules.of([HERE])] == ["lead"]
        assert await rules.free(MINE) == 2
        assert len(await rules.of([HERE, MINE])) == 1


async def test_two_pins_at_once_leave_one(store: Store, workspace: str) -> None:
    together = asyncio.Barrier(4)

    async def pin(role: str) -> None:
        async with store.begin(workspace, [HERE]) as unit:
            await together.wait()
            await RoutingRules(unit).pin(HERE, role, "U1", NOW)
            await RoutingRules(unit).ban(HERE, "senior", "U1", NOW)

    await asyncio.gather(*(pin(role) for role in ("math", "lead", "math", "lead")))
    async with store.begin(workspace, [HERE]) as unit:
        rules = await RoutingRules(unit).of([HERE])
    assert sorted(rule.rule for rule in rules) == ["ban", "pin"]


async def test_others_do_not_see_a_persons_own_rules_nor_change_them(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, [WORKSPACE, MINE]) as unit:
        await RoutingRules(unit).pin(MINE, "math", "U1", NOW)
        await RoutingRules(unit).ban(WORKSPACE, "lead", "U1", NOW)
    async with store.begin(workspace, [WORKSPACE, person("U2"), HERE]) as unit:
        rules = RoutingRules(unit)
        assert [rule.rule for rule in await rules.of([WORKSPACE, MINE])] == ["ban"]
        assert await rules.free(MINE) == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with unit.connection.begin_nested():
                await rules.pin(MINE, "lead", "U2", LATER)
    async with store.begin(workspace, [MINE]) as unit:
        assert await RoutingRules(unit).of([MINE]) == [Rule(MINE, "pin", "math", "U1", NOW)]
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await RoutingRules(unit).of([WORKSPACE, MINE]) == []
