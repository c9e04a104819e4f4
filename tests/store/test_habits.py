"""What was done and people's weeks in the store: once each, encrypted, and nothing lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from learning.habits.contract import Done
from learning.habits.energy import energy, rated, unrated
from learning.habits.habit import ALL, Habit
from learning.store.completing import Completed
from learning.store.habits import Completion, Completions, Energy, Habits, Week
from learning.store.ids import new_id
from learning.store.interactions import Interactions
from tests.store.support import NOW, exchange

if TYPE_CHECKING:
    from learning.store.store import Store

TUESDAY = date(2026, 3, 3)
DONE = Done(58, TUESDAY, 0.9, 0.8)
AT = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)


def completion(user_id: str = "U1", kind: str = "coding", done: Done = DONE) -> Completion:
    return Completion(new_id(), user_id, kind, AT, done, "Europe/Berlin", "said", "went well")


async def test_what_was_done_is_kept_once_a_message_and_goes_with_it(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        asked = await exchange(unit, "U1", "I finished the parser")
        said = replace(completion(), interaction_id=asked.interaction_id)
        log = Completions(unit)
        assert await log.add(said, NOW)
        assert not await log.add(replace(said, id=new_id()), NOW)
        assert await log.add(replace(said, id=new_id(), task_type="review"), NOW)
        assert await log.add(completion(), NOW)
        assert await log.add(completion("U2"), NOW)
        assert await log.get(said.id) == said
        await log.rate(replace(said, done=replace(DONE, success=0.1)))
    async with store.begin(workspace) as unit:
        log = Completions(unit)
        found = await log.of("U1")
        assert [each.task_type for each in found] == ["coding", "review", "coding"]
        assert {each.done.success for each in found} == {0.1, 0.9}
        await Interactions(unit).delete([asked.interaction_id])
        (left,) = await log.of("U1")
        await log.forget(left.id)
        assert await log.of("U1") == []
        assert len(await log.of("U2")) == 1


async def test_what_one_thing_leaves_is_saved_at_once_or_not_at_all(
    store: Store, workspace: str
) -> None:
    first = replace(completion(), action_id=None)
    async with store.begin(workspace) as unit:
        asked = await exchange(unit, "U1", "done")
        first = replace(first, interaction_id=asked.interaction_id)
        completed = Completed(unit)
        before = await completed.before("U1", {ALL, "coding"})
        assert before.weeks == {}
        weeks = {kind: Week(Habit().observed(DONE)) for kind in (ALL, "coding")}
        assert await completed.after(first, weeks, rated(unrated(), 58, 0.8), NOW) is True
        # Known before: nothing changes, whatever it is said to have taught.
        again = replace(first, id=new_id())
        later = {kind: replace(week, version=1) for kind, week in weeks.items()}
        assert await completed.after(again, later, rated(before.ratings, 58, 0.0), NOW) is None
    async with store.begin(workspace) as unit:
        before = await Completed(unit).before("U1", {ALL, "coding"})
        assert {kind: week.version for kind, week in before.weeks.items()} == {ALL: 1, "coding": 1}
        assert before.weeks[ALL].habit == weeks[ALL].habit
        assert energy(before.ratings)[58] > 0.5
        # A week that changed since it was read is not overwritten.
        late = {ALL: Week(Habit(), 0), "coding": before.weeks["coding"]}
        assert await Completed(unit).after(completion(), late, None, NOW) is False
        habits = await Habits(unit).of("U1")
        assert {kind: each.count for kind, each in habits.items()} == {ALL: 1, "coding": 1}
        assert (await Energy(unit).load("U1")).count == 1
        await Energy(unit).forget("U1")
        await Habits(unit).forget("U1", [ALL])
        assert list(await Habits(unit).lock("U1")) == ["coding"]
        assert (await Energy(unit).load("U1")).count == 0
    async with store.begin(f"{workspace}-other") as unit:
        assert await Habits(unit).load("U1", "coding") is None


async def test_a_week_is_learned_by_one_after_the_other(store: Store, workspace: str) -> None:
    together = asyncio.Barrier(4)

    async def learn() -> None:
        async with store.begin(workspace) as unit:
            habits = Habits(unit)
            await habits.lock("U1", ["coding"])
            await together.wait()
            left = {"coding"}
            while left:
                week = (await habits.lock("U1", left)).get("coding", Week(Habit()))
                left = await habits.save(
                    "U1", {"coding": replace(week, habit=week.habit.observed(DONE))}, NOW
                )

    await asyncio.gather(*(learn() for _ in range(4)))
    async with store.begin(workspace) as unit:
        week = (await Habits(unit).lock("U1", ["coding"]))["coding"]
        assert (week.habit.count, week.version) == (4, 4)
        assert await Habits(unit).save("U1", {}, NOW) == set()
