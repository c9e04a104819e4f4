"""What is remembered of a person is told where everybody who reads along may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bot.support import interaction_of

if TYPE_CHECKING:
    from tests.bot.support import World


async def test_a_contradiction_in_a_channel_does_not_tell_what_was_said_in_private(
    world: World,
) -> None:
    await world.ask("We deploy to Vercel.")
    reply = await world.ask("We deploy to Fly.", channel="C1")
    for user in ("ann", "bob"):
        told = await world.mynah.host.learned(world.person(user, "C1"), interaction_of(reply))
        assert any("Fly" in line for line in told)
        assert not any("Vercel" in line for line in told), told


async def test_a_contradiction_of_what_the_channel_knows_is_told_there(world: World) -> None:
    await world.ask("We deploy to Vercel.", channel="C1")
    reply = await world.ask("We deploy to Fly.", channel="C1")
    told = await world.mynah.host.learned(world.person("ann", "C1"), interaction_of(reply))
    assert any("Vercel" in line and "Fly" in line for line in told), told


async def test_a_channel_is_not_told_what_was_said_in_another_one(world: World) -> None:
    await world.ask("We deploy to Fly.", channel="C1")
    for line in ("me", "learnings"):
        there = await world.command(line, channel="C1")
        elsewhere = await world.command(line, channel="C2")
        assert [m["text"] for m in there.data["memories"]] == ["deploys to Fly"]
        assert elsewhere.data["memories"] == [], line
        assert "Fly" not in elsewhere.text


async def test_a_list_in_a_channel_leaves_out_what_was_said_in_private(world: World) -> None:
    await world.ask("I prefer Rust.")
    for line in ("me", "learnings"):
        assert "Rust" not in (await world.command(line, channel="C1")).text
        assert "Rust" in (await world.command(line)).text


async def test_how_somebody_likes_answers_is_told_in_private_alone(world: World) -> None:
    await world.ask("Explain what a mutex is")
    for _ in range(4):
        await world.ask("shorter please")
    reply = await world.ask("Explain what a semaphore is", channel="C1")
    assert (await world.command("me")).data["persona"]["concise"] > 0.5
    assert "How you like answers" in (await world.command("me")).text
    there = await world.command("me", channel="C1")
    assert there.data["persona"] == {}
    assert "How you like answers" not in there.text
    why = await world.command(f"why {interaction_of(reply)}", channel="C1")
    assert "semaphore" in why.text
    assert "How you like answers" not in why.text


async def test_what_remembering_contradicts_is_not_told_before_others(world: World) -> None:
    await world.ask("We deploy to Vercel.")
    assert "Vercel" not in (await world.command("remember I deploy to Fly", channel="C1")).text
    assert "Fly" in (await world.command("remember I deploy to Netlify")).text
