from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from learning.store.habits import Energy, Habits
from learning.store.weeks import Weeks
from tests.bot.habit_place import TUESDAY, HabitPlace

if TYPE_CHECKING:
    from tests.bot.support import World

SLOT = 58  # Tuesday 10:00


@pytest.fixture
def place(world: World) -> HabitPlace:
    return HabitPlace(world)


async def score(place: HabitPlace, kind: str, slot: int = SLOT) -> float:
    async with place.unit() as unit:
        habit = await Habits(unit).load("ann", kind)
    return 0.5 if habit is None else float(habit.score(place.time.date(), "design")[slot])


async def test_a_success_on_tuesday_at_ten_moves_the_design_from_06_to_066(
    place: HabitPlace,
) -> None:
    assert (await place.say("did deep coding 100%")).ok
    assert await score(place, "deep coding") == pytest.approx(0.6, abs=1e-3)
    told = await place.say("did Deep Code well: no interruptions")
    assert "**deep coding** on Tuesday, 17 December at 10:00 (Europe/Berlin)" in told.text
    assert await score(place, "deep coding") == pytest.approx(0.66, abs=1e-3)
    async with place.unit() as unit:
        assert (await Weeks(unit).deeds("ann"))[-1].comment == "no interruptions"


async def test_how_it_went_is_rated_by_buttons_and_taken_back(place: HabitPlace) -> None:
    told = await place.say("did writing 90m")
    assert [b.label for b in told.buttons][:2] == ["😀 Great", "🙂 Well"]
    assert len(told.buttons) == 8
    great, low = told.buttons[0].line, told.buttons[6].line
    assert max(len(b.line) for b in told.buttons) <= 80
    rated = await place.say(great)
    assert (rated.data["success"], len(rated.buttons)) == (0.95, 4)
    done = await place.say(low)
    assert (done.data["energy"], len(done.buttons)) == (0.2, 1)
    async with place.unit() as unit:
        (deed,) = await Weeks(unit).deeds("ann")
        assert (deed.success, deed.energy, deed.slot) == (0.95, 0.2, 2 * 24 + 8)
        assert (await Energy(unit).load("ann")) is not None
    assert not (await place.say(great, "ben")).ok
    assert (await place.say(done.buttons[0].line)).ok
    async with place.unit() as unit:
        assert await Weeks(unit).deeds("ann") == []
        assert await Habits(unit).of("ann") == {}
    assert (await place.say("did undo")).text == "You told me of nothing yet."


@pytest.mark.parametrize("value", ["50", "-1", "nan", "6/5"])
async def test_a_rating_out_of_range_is_refused_and_changes_nothing(
    place: HabitPlace, value: str
) -> None:
    told = await place.say("did email 0.6/1")
    refused = await place.say(f"did rate {told.data['id']} energy {value}")
    assert not refused.ok
    assert "rating" in refused.text
    async with place.unit() as unit:
        assert (await Weeks(unit).deeds("ann"))[0].energy is None


async def test_a_week_is_told_in_private_and_only_of_who_lets_mynah_learn(
    place: HabitPlace,
) -> None:
    for line in ("did email", "progress", "zone"):
        assert not (await place.say(line, channel="C1")).ok
    assert (await place.say("did rate")).text.startswith("Say what you did")
    await place.world.command("off")
    for line in ("did email", "progress"):
        assert "off" in (await place.say(line)).text
    assert place.world.count("completions") == 0


async def test_a_person_who_travels_says_so_and_an_unknown_zone_is_said_to_be_none(
    place: HabitPlace,
) -> None:
    assert "10:00" in (await place.say("zone")).text
    assert "Mars" in (await place.say("zone Mars/Base")).text
    assert (await place.say("zone new york")).data["zone"] == "America/New_York"
    assert (await place.say("zone Asia/Tokyo")).data["zone"] == "Asia/Tokyo"
    assert "18:00 (Asia/Tokyo)" in (await place.say("did email")).text
    assert (await place.say("zone auto", tz="")).data["zone"] == "UTC"
    assert "Nobody told me your time zone" in (await place.say("zone", tz="../etc/passwd")).text


async def test_a_task_is_due_by_the_clock_that_somebody_named(place: HabitPlace) -> None:
    assert (await place.world.command("zone Asia/Tokyo")).ok
    told = await place.world.command('do task.add title=tea due="tomorrow at 9"')
    assert "09:00 (Asia/Tokyo)" in told.text


async def test_messages_and_actions_that_say_what_was_done_are_completions_once(
    place: HabitPlace,
) -> None:
    world = place.world
    id_ = await world.accept("I just finished the code review")
    await world.mynah.work_off()
    for _ in range(2):
        await place.noticing.message(
            world.workspace,
            id_,
            "ann",
            world.surface.name,
            "I just finished the code review",
            TUESDAY,
        )
        await place.noticing.message(
            world.workspace, id_, "ann", world.surface.name, "What is a review?", TUESDAY
        )
    async with place.unit() as unit:
        assert [done.kind for done in await Weeks(unit).deeds("ann")] == ["reviewing"]
    await world.command("forget-me yes")
    assert world.count("completions") == 0


async def test_progress_tells_how_far_a_week_is_known_and_shows_it(place: HabitPlace) -> None:
    assert (await place.say("progress")).data == {"completions": 0}
    assert "when you usually ask" in (await place.say("habits")).text
    await place.did("deep coding", TUESDAY, 0.9, times=8)
    await place.did("writing", TUESDAY.replace(day=16), 0.6, times=2)
    told = await place.say("progress")
    assert told.data["total_completions"] == 10
    assert told.data["learning_maturity"] == "forming"
    assert told.data["peak_slots"][0] == "Tuesday 10:00"
    assert told.data["patterns_learned"][0] == {
        "task_type": "deep coding",
        "peak_slots": ["Tuesday 10:00"],
        "best_day": "Tuesday",
        "completions": 8,
    }
    (picture,) = told.pictures
    assert picture.png.startswith(b"\x89PNG")
    assert "Best: Tuesday 10:00" in picture.alt
    one = await place.say("progress Deep Code")
    assert one.text.startswith("- **deep coding**: 8 times")
    assert "deep coding, writing" in (await place.say("progress juggling")).text
    habits = await place.say("habits")
    assert "deep coding: 8 times, best Tuesday 10:00 (bootstrap)" in habits.text
    assert habits.data["week"]["best_day"] == "Tuesday"
    assert habits.pictures
    assert replace(picture, png=b"").name == "week.png"
