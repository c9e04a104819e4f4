from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from integrations.contracts.model import ModelUnavailable
from learning.habits.suited import suited
from learning.store.weeks import Over, Weeks
from tests.bot.habit_place import FRIDAY, MONDAY, TUESDAY, HabitPlace, ScriptedModel

if TYPE_CHECKING:
    from tests.bot.support import World

WEEK = timedelta(weeks=1)


@pytest.fixture
def place(world: World) -> HabitPlace:
    return HabitPlace(world)


async def over(place: HabitPlace, user: str = "ann") -> Over:
    async with place.unit() as unit:
        return await Weeks(unit).over(user)


async def ratio(place: HabitPlace, slot: int) -> float:
    """Return what words make of a score: 1 where they change nothing."""
    habit = (await over(place)).habits[""]
    score = habit.score(place.time.date(), "design")
    return float(suited(score, habit.beside)[slot] / score[slot])


async def test_who_excels_on_tuesdays_is_told_once_and_no_longer_when_it_is_over(
    place: HabitPlace,
) -> None:
    await place.did("deep coding", TUESDAY, 1.0, times=8)
    await place.sync(hours=6)
    assert await place.insights() == ["excels at deep coding on Tuesdays at 10:00"]
    await place.did("deep coding", place.time - timedelta(hours=1), 1.0)
    await place.sync(hours=6)
    assert await place.insights() == ["excels at deep coding on Tuesdays at 10:00"]
    assert place.world.count("memories", "kind = 'insight'") == 1
    await place.did("deep coding", TUESDAY + 6 * WEEK, 0.1, times=6)
    place.time += 6 * WEEK
    await place.sync(hours=6)
    assert await place.insights() == []


async def test_the_friday_crash_is_told_with_numbers_and_said_words_lower_fridays(
    place: HabitPlace,
) -> None:
    await place.world.ask("By the way, Friday afternoons are when I crash. What is 2+2?")
    await place.did("coding", MONDAY, 0.9, times=5)
    await place.did("coding", FRIDAY - WEEK, 0.5, times=5)
    await place.sync(hours=6)
    (told,) = await place.insights()
    assert told == "Fridays go 44% below Mondays: 50% success in 5 against 90% in 5"
    assert await ratio(place, 5 * 24 + 15) == pytest.approx(0.7 + 0.3 * 0.7)
    assert await ratio(place, 2 * 24 + 15) == pytest.approx(1.0)
    assert "You said: says “By the way, Friday" in (await place.say("progress")).text


async def test_a_later_sync_replaces_and_never_compounds(place: HabitPlace) -> None:
    await place.world.ask("I am a morning person. What is 2+2?")
    for n in range(3):
        await place.did("email", TUESDAY + timedelta(days=n), 0.8)
        await place.sync(hours=24)
        assert await ratio(place, 58) == pytest.approx(1.06)
    await place.sync(hours=6)
    assert place.world.count("syncs") == 3  # nothing new, nobody looked at


async def test_the_morning_lover_is_read_by_a_model_once_and_its_cost_is_counted(
    world: World,
) -> None:
    model = ScriptedModel()
    place = HabitPlace(world, model)
    await place.did("deep coding", TUESDAY - WEEK, 0.9, comment="mornings are my best time")
    good = {"day_pattern": "all", "hour_range": [8, 9, 10, 11], "modifier": 1.2, "reason": "loves"}
    bad = {**good, "modifier": 50}
    answer = json.dumps({"adjustments": [good, bad, {**good, "hour_range": [25]}]})
    model.answers = [f"Here:\n```json\n{answer}\n```"]
    await place.sync(hours=6)
    assert "mornings are my best time" in model.asked[0].question
    (adjustment,) = (await over(place)).adjustments
    assert (adjustment.modifier, adjustment.hours) == (1.2, (8, 9, 10, 11))
    assert await ratio(place, 58 + 24) == pytest.approx(1.06)
    await place.did("deep coding", TUESDAY, 0.9)
    await place.did("deep coding", TUESDAY + timedelta(hours=1), 0.9)
    await place.did("deep coding", TUESDAY + timedelta(hours=2), 0.9)
    await place.sync(hours=6)
    assert len(model.asked) == 1  # the words are the same
    told = await place.say("progress")
    assert told.data["cost"] == {
        "calls": 1,
        "usd": 0.02,
        "schedules": 4,
        "calls_saved": 3,
        "share_saved": 0.75,
    }
    assert "75% saved" in told.text


@pytest.mark.parametrize("answer", ["I think mornings are nice.", ModelUnavailable("m", "gone")])
async def test_a_model_that_fails_leaves_the_reading_to_rules(world: World, answer: Any) -> None:
    model = ScriptedModel([answer])
    place = HabitPlace(world, model)
    await place.did("deep coding", TUESDAY, 0.9, comment="mornings are my best time")
    await place.sync(hours=6)
    (adjustment,) = (await over(place)).adjustments
    assert (adjustment.modifier, len(model.asked)) == (1.2, 1)


async def test_a_sync_that_crashes_midway_leaves_no_half_merged_week(world: World) -> None:
    class Crashing(ScriptedModel):
        async def complete(self, request: Any) -> Any:
            self.asked.append(request)
            raise RuntimeError("the power went")

    place = HabitPlace(world, Crashing())
    await place.did("deep coding", TUESDAY, 1.0, times=8, comment="mornings are my best time")
    with pytest.raises(RuntimeError):
        await place.sync(hours=6)
    assert await place.insights() == []
    assert (await over(place)).adjustments == ()
    assert world.count("syncs", "ended_at IS NULL") == 1
    place = HabitPlace(world, ScriptedModel(['{"adjustments": []}']), place.time)
    await place.sync(hours=6)
    assert await place.insights() == ["excels at deep coding on Tuesdays at 10:00"]
    assert world.count("syncs", "ended_at IS NOT NULL AND completions = 8") == 1


async def test_one_whose_sync_fails_holds_up_nobody_else(world: World) -> None:
    class Choosy(ScriptedModel):
        async def complete(self, request: Any) -> Any:
            if "ann" in request.question:
                raise RuntimeError("of all people")
            return await super().complete(request)

    place = HabitPlace(world, Choosy(['{"adjustments": []}']))
    await place.did("deep coding", TUESDAY, 1.0, comment="mornings suit me, ann")
    await place.did("deep coding", TUESDAY, 1.0, comment="mornings suit me", user="zoe")
    with pytest.raises(RuntimeError):
        await place.sync(hours=6)
    assert world.count("syncs", "ended_at IS NOT NULL AND user_id = 'zoe'") == 1


@pytest.mark.parametrize("line", ["off", "did undo"])
async def test_of_who_said_no_or_forgot_meanwhile_nothing_is_concluded(
    world: World, line: str
) -> None:
    class Slow(ScriptedModel):
        async def complete(self, request: Any) -> Any:
            assert (await world.command(line)).ok
            return await super().complete(request)

    place = HabitPlace(world, Slow(['{"adjustments": []}']))
    await place.did("deep coding", TUESDAY, 1.0, times=8, comment="mornings are my best time")
    await place.sync(hours=6)
    assert world.count("memories", "kind = 'insight'") == 0
    assert world.count("syncs", "ended_at IS NOT NULL") == 0


async def test_people_alike_count_a_little_once_five_of_them_agreed(place: HabitPlace) -> None:
    people = ["ann", "ben", "cem", "dia", "eva", "fay"]
    for user in people:
        for hours in (0, 1, 5):
            await place.did("email", MONDAY + timedelta(hours=hours), 1.0 - hours / 10, user)
        if user != "ann":
            await place.did("email", MONDAY + timedelta(hours=24), 1.0, user)
            await place.did("email", MONDAY + timedelta(hours=30), 0.2, user)
    for user in people[:5]:
        assert (await place.say("similar on", user)).ok
    await place.sync(hours=6)
    assert await ratio(place, 58) == pytest.approx(1.0)
    await place.say("similar on", "fay")
    await place.did("email", MONDAY, 1.0)
    await place.sync(hours=6)
    assert await ratio(place, 58) > 1.0
    assert "similar" not in (await over(place, "ben")).habits[""].beside
    await place.say("similar off")
    assert await ratio(place, 58) == pytest.approx(1.0)
