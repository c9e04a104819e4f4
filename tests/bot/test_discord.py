"""What people do in Discord, over real sockets, with the whole of Mynah behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from bot.app import open_mynah
from integrations.contracts.delivery import Target
from integrations.surfaces.discord.client import DiscordUnavailable
from tests.bot.discord_place import House, open_house
from tests.bot.support import settings_of
from tests.standins.discord_server import discord_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.standins.discord_people import Person


@pytest.fixture
async def house(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "home", fresh_database, encryption_key) as it:
        yield it


@pytest.fixture
async def reading(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    """A Mynah that may read what is not said to it."""
    opening = open_house(tmp_path / "home", fresh_database, encryption_key, content=True)
    async with opening as it:
        yield it


async def test_a_mention_is_answered_once_in_place_as_a_reply(house: House) -> None:
    asked = await house.general.say(house.ada, f"{house.called} what is 6 * 7?")
    await house.general.say(house.bob, "what is 6 * 9?")
    await house.work()
    (answer,) = house.posts(house.general)
    assert "42" in answer.text
    assert answer.replied_to == asked.id
    assert answer.pings == set()
    assert house.count("interactions") == house.count("inbox") == 1


async def test_replies_go_on_and_another_question_is_another_thread(house: House) -> None:
    first = await house.ask(house.ada, house.general, f"{house.called} what is 6 * 7?")
    second = await house.ask(house.bob, house.general, "and what is 6 * 8?", reply_to=first)
    assert "48" in second.text
    await house.ask(house.bob, house.general, f"{house.called} what is 2 + 2?")
    threads = house.rows("SELECT thread_id FROM conversations WHERE workspace_id = %s ORDER BY id")
    assert len(threads) == 2
    assert threads[0] == (first.replied_to,)
    await house.general.say(house.bob, "and what is 6 * 9?", reply_to=second, ping=False)
    await house.heard()
    assert "mention me" in house.posts(house.general)[-1].text


async def test_a_direct_message_is_its_authors_alone(house: House) -> None:
    asked = await house.ada.dm("what is 6 * 7?")
    await house.work()
    direct = house.discord.dm(house.ada)
    (answer,) = house.posts(direct)
    assert "42" in answer.text
    assert house.rows(
        "SELECT thread_id, audience FROM conversations WHERE workspace_id = %s",
        workspace=f"dm:{house.ada.id}",
    ) == [("main", f"user:{house.ada.id}")]
    assert house.count("interactions") == 0
    await direct.delete(house.ada, asked)
    await house.heard()
    assert house.count("messages", f"dm:{house.ada.id}") == 0


async def test_in_a_thread_follow_ups_need_no_mention(reading: House) -> None:
    house = reading
    thread = await house.general.thread(house.ada, "sums")
    assert "42" in (await house.ask(house.ada, thread, f"{house.called} what is 6 * 7?")).text
    await thread.say(house.bob, f"{house.ada.mention} are you sure?")
    assert "48" in (await house.ask(house.bob, thread, "what is 6 * 8?")).text
    answer = await house.ask(house.ada, house.general, f"{house.called} what is 2 + 2?")
    on_it = await house.general.thread(house.ada, "more", message=answer)
    assert "5" in (await house.ask(house.bob, on_it, "what is 2 + 3?")).text
    other = await house.general.thread(house.ada, "weather")
    await other.say(house.ada, "what is 6 * 9?")
    secret = await house.general.thread(house.bob, "secret", private=True, members=[house.bob])
    await secret.add(house.discord.bot)
    await house.ask(house.bob, secret, f"{house.called} what is 1 + 1?")
    await house.work()
    assert house.posts(other) == []
    found = house.rows("SELECT thread_id, audience FROM conversations WHERE workspace_id = %s")
    assert {
        thread.id: f"channel:{house.general.id}",
        secret.id: f"channel:{secret.id}",
    }.items() <= (dict(found).items())


async def test_a_post_in_a_forum_is_a_thread_and_its_title_may_be_the_question(
    reading: House,
) -> None:
    house = reading
    forum = house.guild.forum("help")
    post, _ = await forum.post(house.ada, "what is 6 * 7?", house.called)
    await house.work()
    assert "42" in house.posts(post)[-1].text
    assert "48" in (await house.ask(house.bob, post, "what is 6 * 8?")).text
    await post.say(house.bob, "\u200b")  # nothing that could be read, like a sticker
    await forum.post(house.bob, "what is 6 * 9?", "Not for an assistant.")
    await house.work()
    assert house.count("interactions") == len(house.posts(post)) == 2
    found = house.rows("SELECT thread_id, audience FROM conversations WHERE workspace_id = %s")
    assert found == [(post.id, f"channel:{forum.id}")]


async def test_a_reaction_changes_the_rating_and_taken_back_changes_it_back(house: House) -> None:
    answer = await house.ask(house.ada, house.general, f"{house.called} what is 6 * 7?")
    for act, ratings in (
        (house.general.react, [1.0]),
        (house.general.unreact, [None]),
        (house.general.react, [1.0]),
    ):
        await act(house.bob, answer, "👎")
        await house.work()
        assert house.ratings() == ratings
    await house.general.clear_reactions(house.ada, answer)
    await house.work()
    assert house.ratings() == [None]


async def test_what_discord_says_again_after_a_lost_connection_is_done_once(house: House) -> None:
    answer = await house.ask(house.ada, house.general, f"{house.called} what is 6 * 7?")
    await house.general.react(house.bob, answer, "👎")
    await house.general.unreact(house.bob, answer, "👎")
    await house.work()
    house.discord.repeat = 100
    async with house.discord.away():
        missed = await house.general.say(house.bob, f"{house.called} what is 6 * 8?")
        await house.general.react(house.bob, answer, "👍")
    await house.discord.until(lambda: house.discord.gateway.resumed)
    await house.work()
    assert [post.replied_to for post in house.posts(house.general)][1:] == [missed.id]
    assert house.ratings() == [5.0, None]
    (given,) = house.rows(
        "SELECT count(*) FROM inbox WHERE workspace_id = %s AND kind = 'reaction'"
    )
    assert given == (3,)


async def test_a_deleted_question_is_forgotten_also_by_a_moderator(house: House) -> None:
    first = await house.general.say(house.bob, f"{house.called} what is 6 * 7?")
    second = await house.general.say(house.bob, f"{house.called} what is 6 * 8?")
    third = await house.general.say(house.bob, f"{house.called} what is 6 * 9?")
    await house.work()
    await house.general.delete(house.bob, first)
    await house.heard()
    assert house.count("interactions") == 2
    await house.general.delete(house.ada, second, third)
    await house.heard()
    await house.work()
    assert (house.count("interactions"), house.count("messages")) == (0, 0)
    assert house.posts(house.general) == []


async def test_an_edited_question_is_answered_anew_and_a_mention_added_asks(house: House) -> None:
    asked = await house.general.say(house.bob, f"{house.called} what is 6 * 7?")
    await house.work()
    await house.general.edit(house.bob, asked, f"{house.called} what is 6 * 8?")
    await house.work()
    aside = await house.general.say(house.bob, "what is 6 * 9?")
    await house.general.edit(house.bob, aside, f"{house.called} what is 6 * 9?")
    await house.work()
    assert "54" in house.posts(house.general)[-1].text
    # A preview of a message that was edited long ago asks nothing: it may have been forgotten.
    house.discord.pass_time(-600)
    old = await house.general.say(house.bob, "what is 7 * 9?")
    await house.general.edit(house.bob, old, f"{house.called} what is 7 * 9?")
    house.discord.pass_time(600)
    await house.general.unfurl(old, {"type": "link", "url": "https://example.org"})
    await house.work()
    assert house.count("interactions") == 2
    assert any("48" in post.text for post in house.posts(house.general))


async def test_a_guild_is_told_once_what_is_kept_and_erased_when_we_are_put_out(
    house: House,
) -> None:
    other = house.discord.guild("other")
    other.join(house.ada, admin=True)
    hidden = other.channel("hidden", private=[house.ada, house.discord.bot])
    silent, lobby = other.channel("silent"), other.channel("lobby")
    silent.deny(house.discord.bot, "send_messages")
    other.place_for_notices(silent)
    other.install()
    await house.heard()
    (notice,) = house.posts(lobby)
    assert "/mynah off" in notice.text
    assert house.posts(hidden) == []
    await house.ask(house.ada, lobby, f"{house.called} what is 6 * 7?")
    await other.outage()
    await other.recover()
    await house.heard()
    house.hurry()
    await house.work()
    assert len(house.posts(lobby)) == 2
    assert house.count("interactions", other.id) == 1
    await other.kick()
    await house.heard()
    house.hurry()
    await house.mynah.work_off()
    assert house.count("interactions", other.id) == house.count("messages", other.id) == 0
    assert house.count("installations", other.id) == 0


async def test_a_guild_that_put_us_out_while_we_were_away_is_erased(house: House) -> None:
    await house.ask(house.ada, house.general, f"{house.called} what is 6 * 7?")
    await house.surface.stop()
    await house.guild.kick()
    await house.surface.start(house.mynah.host)
    await house.discord.connected()
    await house.heard()
    house.hurry()
    await house.mynah.work_off()
    assert house.count("interactions") == house.count("installations") == 0


async def test_only_our_name_is_told_what_to_write_where_we_may_write(house: House) -> None:
    asked = await house.general.say(house.ada, house.called)
    quiet = house.guild.channel("quiet")
    quiet.deny(house.discord.bot, "send_messages")
    await quiet.say(house.ada, house.called)
    await quiet.say(house.ada, f"{house.called} what is 6 * 7?")
    await house.work()
    (told,) = house.posts(house.general)
    assert "write a question" in told.text
    assert (told.replied_to, told.pings) == (asked.id, set())
    assert house.posts(quiet) == []
    # A missing permission is not asked for again.
    assert house.rows("SELECT status FROM outbox WHERE workspace_id = %s") == [("failed",)]


async def test_who_is_not_in_the_guild_is_an_outsider(house: House) -> None:
    def target(user: Person, workspace: str = "") -> Target:
        where = (workspace or house.guild.id, house.general.id, "1", user.id)
        return Target("discord", *where, uuid4(), None, private=False)

    carol = house.discord.user("carol")
    assert [await house.surface.outsiders(target(who)) for who in (house.bob, carol)] == [
        False,
        True,
    ]
    assert not await house.surface.outsiders(target(carol, f"dm:{carol.id}"))


async def test_files_come_from_where_discord_keeps_them(house: House) -> None:
    file = house.ada.file("heron.txt", b"Billing belongs to Team Heron.")
    asked = f"{house.called} which team owns billing, by this file?"
    await house.general.say(house.ada, asked, files=[file])
    await house.work()
    (answer,) = house.posts(house.general)
    assert "Heron" in answer.text


async def test_an_intent_that_is_refused_is_done_without(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> None:
    wanted = {"DISCORD_MESSAGE_CONTENT": True}
    async with open_house(tmp_path / "home", fresh_database, encryption_key, **wanted) as house:
        assert (
            "42"
            in (await house.ask(house.ada, house.general, f"{house.called} what is 6 * 7?")).text
        )


async def test_a_wrong_token_is_said_at_the_start_without_repeating_it(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> None:
    async with discord_server() as discord:
        given = {"DISCORD_TOKEN": "made.up.token", "DISCORD_API_URL": discord.api_url}
        settings = settings_of(tmp_path / "home", fresh_database, encryption_key, **given)
        async with open_mynah(settings, only=["discord"]) as mynah:
            with pytest.raises(DiscordUnavailable, match="DISCORD_TOKEN") as caught:
                await mynah.surfaces["discord"].start(mynah.host)
        assert "made.up" not in str(caught.value) + repr(settings)


async def test_a_worker_that_does_not_listen_delivers(house: House) -> None:
    await house.general.say(house.ada, f"{house.called} what is 6 * 7?")
    await house.heard()
    await house.surface.stop()
    began = house.discord.gateway.identified
    await asyncio.wait_for(house.mynah.work_off(), 20)
    (answer,) = house.posts(house.general)
    assert "42" in answer.text
    assert house.discord.gateway.identified == began
