"""What is suggested, what is said of habits and nudges, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from learning.prompts import FIRST

if TYPE_CHECKING:
    from tests.bot.support import World


async def test_suggestions_come_from_goals_and_threads_of_this_very_place(world: World) -> None:
    host = world.mynah.host
    assert await host.prompts(world.person()) == FIRST
    await world.command("remember I'm building a REST API")
    await world.ask("What is the square root of 144?")
    await world.ask("I'm building a billing dashboard. What is 2+2?", channel="C1")
    assert any("dashboard" in text for text in await world.known(kind="goal"))
    found = await host.prompts(world.person())
    assert found[0] == "What is my next step to build a REST API?"
    assert found[1] == "What came of “What is the square root of 144”?"
    assert "dashboard" not in str(found)
    there = str(await host.prompts(world.person(channel="C1")))
    assert "dashboard" in there
    assert "REST" not in there
    assert await host.prompts(world.person("ben")) == FIRST
    await world.command("off")
    assert await host.prompts(world.person()) == FIRST


async def test_habits_are_told_from_five_questions_on_in_private(world: World) -> None:
    few = await world.command("habits")
    assert few.ok
    assert "5" in few.text
    for n in range(5):
        await world.accept(f"What is {n}+{n}?", thread=f"t{n}")
    await world.mynah.work_off()
    world.rows(
        "UPDATE interactions SET created_at = '2026-06-01 07:30+00' "
        "WHERE workspace_id = %s RETURNING id"
    )
    reply = await world.command("habits")
    assert "Mondays" in reply.text
    assert "07:00-08:00 (UTC)" in reply.text
    assert reply.data["kinds"] == {"maths": 1.0}
    in_tokyo = replace(world.person(), tz="Asia/Tokyo")
    assert "16:00-17:00 (Asia/Tokyo)" in (await world.mynah.host.command(in_tokyo, "habits")).text
    nowhere = replace(world.person(), tz="../etc/passwd")
    assert "(UTC)" in (await world.mynah.host.command(nowhere, "habits")).text
    aloud = await world.command("habits", channel="C1")
    assert not aloud.ok
    assert (await world.command("habits", user="ben")).data == {"questions": 0, "timezone": "UTC"}


async def test_nudges_are_off_until_somebody_says_yes(world: World) -> None:
    asked = await world.command("nudges")
    assert asked.data == {"nudges": False}
    assert "only after your yes" in asked.text
    assert (await world.command("nudges on")).data == {"nudges": True}
    assert (await world.command("me")).data["nudges"] is True
    assert (await world.command("nudges")).data == {"nudges": True}
    assert not (await world.command("nudges maybe")).ok
    assert (await world.command("nudges off")).data == {"nudges": False}


async def test_what_was_learned_in_a_channel_can_be_put_right_and_deleted_in_private(
    world: World,
) -> None:
    reply = await world.ask("Who owns the billing module?", channel="C1")
    await world.correct(reply, "Billing belongs to Team Heron.", channel="C1")
    (learning,) = (await world.command("learnings")).data["learnings"]
    id_ = learning["id"]
    assert (await world.command(f"show {id_}")).ok
    assert not (await world.command(f"show {id_}", user="ben")).ok
    assert (await world.command(f"correct {id_} Billing belongs to Team Wren.")).ok
    await world.mynah.work_off()
    (now,) = (await world.command("learnings")).data["learnings"]
    assert now["answer"] == "Billing belongs to Team Wren."
    again = await world.ask("Who owns the billing module?", channel="C1", thread="t2")
    assert "Wren" in again.text
    assert not (await world.command(f"forget {now['id']}", user="ben")).ok
    assert (await world.command(f"forget {now['id']}")).ok
    assert (await world.command("learnings")).data["learnings"] == []


async def test_only_admins_see_what_was_spent(world: World) -> None:
    await world.ask("What is 6 * 7?")
    plain = await world.command("model")
    assert {role["role"] for role in plain.data["roles"]} >= {"math", "lead"}
    assert "budgets" not in plain.data
    admin = await world.mynah.host.command(replace(world.person(), admin=True), "model")
    assert admin.data["budgets"]["spent_today_usd"] == 0.0
    assert admin.text == plain.text
