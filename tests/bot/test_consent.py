"""Consent: where both must say yes first, nothing is learned before, and old words go."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from bot.app import open_mynah
from bot.memorise import Memorising
from bot.prune import Pruning
from bot.retention import Retention
from tests.bot.reader import Reader, distilling, thread_of
from tests.bot.support import BEGIN, RecordingSurface, World, interaction_of, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from integrations.contracts.host import CommandReply

LEARNED = ("recall_items", "memories", "observations", "personas", "persona_changes", "learnings")
TOLD = "I prefer TypeScript and we deploy to Vercel."


@asynccontextmanager
async def server(workspace: str, database: str, key: str, home: Path) -> AsyncIterator[World]:
    """Open a Mynah on a surface where consent is asked first."""
    surface, ticks = RecordingSurface("discord"), count(1)
    async with open_mynah(
        settings_of(home, database, key),
        further=[surface],
        only=["console"],
        now=lambda: BEGIN + timedelta(seconds=next(ticks)),
    ) as mynah:
        yield World(mynah, surface, workspace, ticks)


@pytest.fixture
async def guild(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with server(workspace, database, encryption_key, tmp_path) as world:
        yield world


def learned(world: World) -> dict[str, int]:
    """Return how much is kept of people beside what was said."""
    found = {table: world.count(table) for table in LEARNED}
    found["signals"] = world.count("signals", "kind NOT IN ('reaction', 'correction')")
    found["credits"] = world.count("credits", "subject <> 'turn'")
    return {table: rows for table, rows in found.items() if rows}


async def admin(world: World, line: str) -> CommandReply:
    """Run a command as somebody who decides for all."""
    who = world.person("root", "general")
    reply = await world.mynah.host.command(
        type(who)(who.workspace_id, who.user_id, who.surface, "general", False, True), line
    )
    await world.mynah.work_off()
    return reply


async def clear(world: World, after: timedelta) -> None:
    retention = Retention(world.mynah.store, timedelta(days=30), lambda: BEGIN + after)
    await retention.clear(world.workspace)


async def use(world: World, thread: str) -> UUID:
    """Do with an answer everything that is learned from elsewhere."""
    await world.ask(TOLD, "ann", "general", thread=thread)
    reply = await world.ask("What is 6 * 7?", "ann", "general", thread=thread)
    assert "42" in reply.text
    await world.react(reply, "👍", "ann", "general")
    await world.ask("Keep it short, please", "ann", "general", thread=thread)
    await world.correct(reply, "It is 42, exactly.", "bob", "general")
    return interaction_of(reply)


async def test_nothing_is_learned_before_admin_and_person_said_yes(guild: World) -> None:
    about = await use(guild, "t1")
    assert learned(guild) == {}
    # What they did still counts where they did it.
    assert guild.rows("SELECT votes FROM interactions WHERE workspace_id = %s AND id = %s", about)[
        0
    ] == (1,)
    assert guild.count("messages", "by = 'correction'") == 1
    assert not (await guild.command("remember I deploy to Fly", "ann")).ok
    assert not (await guild.command("habits", "ann")).ok
    me = await guild.command("me", "ann")
    assert me.data["learning"] is False
    assert "`on`" in me.text
    assert "`learning here on`" in me.text

    said = await guild.command("on", "ann")
    assert said.data == {"learning": False}
    assert "once an admin allows it" in said.text
    await use(guild, "t2")
    assert learned(guild) == {}

    refused = await guild.command("learning here on", "ann")
    assert not refused.ok
    assert "Only an admin" in refused.text
    allowed = await admin(guild, "learning here on")
    assert allowed.data == {"here": True, "learning": False}  # an admin is a person too
    assert (await guild.command("learning", "ann")).data == {"learning": True, "lacking": []}
    await use(guild, "t3")
    found = learned(guild)
    assert {"recall_items", "memories", "credits"} <= found.keys()
    # Bob said nothing: his correction is shown, and is no lesson.
    assert guild.count("learnings", "user_id = 'bob'") == 0
    assert guild.count("learnings", "user_id = 'ann'") == 1
    for table in ("recall_items", "memories", "personas"):
        assert guild.count(table, "user_id <> 'ann'") == 0


async def test_a_vote_counts_for_learning_only_from_whom_it_may(guild: World) -> None:
    await admin(guild, "learning here on")
    await guild.command("on", "ann")
    reply = await guild.ask("What is 6 * 7?", "ann", "general", thread="t1")
    await guild.react(reply, "👍", "bob", "general")
    assert guild.count("learnings") == 0
    assert guild.count("interactions", "votes = 1") == 1
    await guild.react(reply, "👍", "ann", "general")
    assert guild.count("learnings", "kind = 'rated_answer'") == 1
    # The question of somebody who said nothing is nobody's lesson.
    reply = await guild.ask("What is 7 * 8?", "bob", "general", thread="t2")
    await guild.react(reply, "👍", "ann", "general")
    await guild.correct(reply, "It is 56, exactly.", "ann", "general")
    assert guild.count("learnings") == 1


async def test_an_admins_no_ends_learning_at_once_and_keeps_what_was_learned(guild: World) -> None:
    await admin(guild, "learning here on")
    await guild.command("on", "ann")
    await guild.ask(TOLD, "ann", "general", thread="t1")
    await guild.ask("Where does QUETZAL sleep?", "ann", "general", thread="t1")
    before = learned(guild)
    assert before["recall_items"] > before["memories"]
    reply = await admin(guild, "learning here off")
    assert "stays until it is forgotten" in reply.text
    await guild.ask("I prefer Rust and we deploy to Fly.", "ann", "general", thread="t2")
    assert learned(guild) == before
    assert "once an admin" in (await guild.command("learnings", "ann")).text
    await clear(guild, timedelta(days=90))
    assert learned(guild) == before
    assert guild.rows("SELECT DISTINCT thread_id FROM conversations WHERE workspace_id = %s") == [
        ("t1",)
    ]
    assert guild.count("messages") == 4  # found again, though no memory rests on the second


async def test_what_nobody_allowed_to_learn_from_goes_after_its_time(guild: World) -> None:
    await guild.ask("Where does QUETZAL sleep?", "bob", "general", thread="old")
    await clear(guild, timedelta(days=29))
    assert guild.count("messages") == 2
    await admin(guild, "learning here on")
    await guild.command("on", "ann")
    await guild.ask("What is 6 * 7?", "bob", "general", thread="shared")
    await guild.ask("And what is 7 * 8?", "ann", "general", thread="shared")
    await clear(guild, timedelta(days=31))
    await clear(guild, timedelta(days=31))
    assert guild.rows("SELECT DISTINCT thread_id FROM conversations WHERE workspace_id = %s") == [
        ("shared",)
    ]
    assert guild.count("messages") == 4
    assert guild.count("outbox") == 2
    assert (await guild.command("why", "bob", "general")).ok


async def test_what_was_done_for_who_allowed_nothing_goes_after_its_time(guild: World) -> None:
    for user in ("ann", "bob"):
        assert (await guild.command("task add Feed the QUETZAL", user)).ok
    await admin(guild, "learning here on")
    await guild.command("on", "ann")
    await clear(guild, timedelta(days=29))
    assert guild.count("actions") == 2
    await clear(guild, timedelta(days=31))
    query = "SELECT user_id FROM actions WHERE workspace_id = %s"
    assert guild.rows(query) == [("ann",)]
    assert guild.count("tasks") == 2  # the board is kept until it is dropped


async def test_the_daily_pruning_clears(guild: World) -> None:
    await guild.ask("Where does QUETZAL sleep?", "bob", "general", thread="old")
    guild.rows(
        "UPDATE interactions SET created_at = created_at - interval '31 days' "
        "WHERE workspace_id = %s"
    )
    store, queue = guild.mynah.store, guild.mynah.queue
    async with store.begin(guild.workspace, None) as unit:
        await queue.defer(unit, "prune", queue="learning", workspace_id=guild.workspace)
    await guild.mynah.work_off()
    assert guild.count("messages") == guild.count("conversations") == 0


async def test_in_private_the_persons_yes_is_enough(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> None:
    async with server(f"dm:{workspace}", database, encryption_key, tmp_path) as own:
        await own.ask(TOLD)
        assert learned(own) == {}
        assert not (await admin(own, "learning here on")).ok
        assert (await own.command("on")).data == {"learning": True}
        await own.ask(TOLD)
        assert await own.known()
        await own.command("off")
        assert (await own.command("learning")).data["lacking"] == ["workspace", "person"]


async def test_elsewhere_an_admin_may_say_no_for_everybody(world: World) -> None:
    assert (await world.command("learning")).data["learning"] is True
    await admin(world, "learning here off")
    await world.ask(TOLD)
    assert learned(world) == {}
    assert "once an admin" in (await world.command("on")).text
    assert not (await world.command("learning everywhere on")).ok
    await admin(world, "learning here on")
    await world.ask(TOLD)
    assert await world.known()
    await clear(world, timedelta(days=365))
    assert world.count("interactions") == 2


async def test_what_was_said_before_the_yes_is_not_read_later(guild: World) -> None:
    await guild.ask("Our kiln in the pottery class is made of bricks.", "ann", "general")
    await admin(guild, "learning here on")
    await guild.command("on", "ann")
    reply = await guild.ask("The glaze of our pottery class is cobalt blue.", "ann", "general")
    await guild.command("on", "ann")  # once more changes nothing
    reader = Reader("has a kiln of bricks, with cobalt blue glaze")
    distil = distilling(guild, reader).distil
    await distil(guild.workspace, await thread_of(guild, reply))
    (asked,) = reader.read
    assert "cobalt" in asked
    assert "bricks" not in asked


async def test_only_questions_since_the_yes_make_an_insight(guild: World) -> None:
    for number in range(12):
        await guild.ask(f"Write a Python function that reads file {number}")
    await admin(guild, "learning here on")
    await guild.command("on")
    await guild.ask(TOLD)
    store, now = guild.mynah.store, guild.later
    retention = Retention(store, timedelta(days=30), now)
    pruning = Pruning(store, Memorising(guild.mynah.embedding), retention, now)
    await pruning.prune(guild.workspace)
    assert guild.count("memories", "kind = 'insight'") == 0
    guild.rows(
        "UPDATE consents SET changed_at = changed_at - interval '1 day' WHERE workspace_id = %s"
    )
    await pruning.prune(guild.workspace)
    assert guild.count("memories", "kind = 'insight'") == 1
