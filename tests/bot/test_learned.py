"""What is learned is opened from the store, and not all of it stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.learned import Learned, Seen, health_state
from learning.routing.contract import Context, Evidence, Option
from learning.routing.health import Attempt, Health
from learning.routing.registry import DEFAULT
from learning.store.states import States

if TYPE_CHECKING:
    from datetime import datetime

    from learning.store.store import Store

EVIDENCE = Evidence(Option("math", "m1"), Context({"maths": 1.0}), 1.0)


async def test_of_many_workspaces_only_a_few_stay_open(
    store: Store, workspace: str, now: datetime
) -> None:
    learned = Learned(DEFAULT, {}, None, "none", now, kept_open=3)
    for number in range(6):
        async with store.begin(f"{workspace}-{number}", None) as unit:
            await learned.policy(unit)
    assert len(learned._open) == 3


async def test_a_state_is_read_again_when_another_process_changed_it(
    store: Store, workspace: str, now: datetime
) -> None:
    learned = Learned(DEFAULT, {}, None, "none", now)
    async with store.begin(workspace, None) as unit:
        first = await learned.policy(unit)
        assert await learned.policy(unit) is first
        changed = learned.open(None)
        changed.credit(EVIDENCE)
        await States(unit).save(learned.policy_state, changed.dump(), now)
    async with store.begin(workspace, None) as unit:
        assert (await learned.policy(unit)).dump() == changed.dump()


async def test_a_rest_from_before_this_process_began_is_over(
    store: Store, workspace: str, now: datetime
) -> None:
    wrong_key = Attempt("auth", 5.0, None, None, "code", 10)
    async with store.begin(workspace, None) as unit:
        resting = Seen(Health().after(wrong_key, now.replace(hour=1)), "v1")
        await States(unit).save(health_state("openai:x"), resting.dump(), now)
        assert not resting.health.allows(now.replace(hour=1))
        seen = await Learned(DEFAULT, {}, None, "none", now).seen(unit, ["openai:x", "openai:y"])
    assert seen["openai:x"].health.allows(now.replace(hour=1))
    assert seen["openai:x"].version == "v1"
    assert seen["openai:y"] == Seen(Health())
