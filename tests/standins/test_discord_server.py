"""The stand-in for Discord against the real client: it refuses what Discord refuses."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import aiohttp
import discord
import pytest
from discord import ui

from tests.standins.discord_place import INTENTS, Small, refused, small_discord
from tests.standins.discord_showing import MESSAGE_CONTENT

_POST = "POST /channels/{channel_id}/messages"
_NONE = discord.AllowedMentions.none()


async def test_a_mention_is_heard_and_the_reply_to_it_is_seen() -> None:
    async with small_discord() as place:
        text = f"{place.discord.bot.mention} how?"
        asked = await place.general.say(place.ada, text)
        heard: discord.Message = await place.client.hears("message")
        assert (heard.content, heard.author.id) == (text, int(place.ada.id))
        assert isinstance(heard.author, discord.Member)
        await heard.reply(f"so, {place.bo.mention} @everyone", allowed_mentions=_NONE)
        await heard.reply("and so")
        quiet, loud = place.discord.posts(place.general)
        assert (quiet.replied_to, quiet.pings) == (asked.id, set())
        assert (loud.replied_to, loud.pings) == (asked.id, {place.ada.id})


async def test_without_the_intent_contents_stay_closed_save_where_the_bot_is_meant() -> None:
    async with small_discord() as place:
        await place.general.say(place.ada, "among us", files=[place.ada.file("a.txt", b"a")])
        closed: discord.Message = await place.client.hears("message")
        assert (closed.content, closed.attachments) == ("", [])
        own = await place.channel.send("mine")
        await place.general.say(place.bo, "and I?", reply_to=place.discord.posts(place.general)[0])
        await place.client.hears("message", 3)
        assert place.client.last("message").content == "and I?"
        assert [one.content async for one in place.channel.history()] == ["and I?", own.content, ""]
        await place.ada.dm("between us", files=[place.ada.file("a.txt", b"a")])
        direct: discord.Message = await place.client.hears("message", 4)
        assert direct.content == "between us"
        assert await direct.attachments[0].read() == b"a"
    intents = discord.Intents._from_value(INTENTS.value | MESSAGE_CONTENT)
    async with small_discord(intents, connect=False) as place:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await asyncio.wait_for(place.client.connect(), 5)
    async with small_discord(intents, connect=False) as place:
        place.discord.app.message_content = True
        await place.connect()
        await place.general.say(place.ada, "open")
        assert (await place.client.hears("message")).content == "open"


async def test_a_token_that_is_wrong_is_refused() -> None:
    async with small_discord(connect=False):
        other = discord.Client(intents=INTENTS)
        with pytest.raises(discord.LoginFailure):
            await other.login("made-up")
        await other.close()


async def test_messages_have_their_sizes() -> None:
    async with small_discord(connect=False) as place:
        send = place.channel.send
        await send("👍" * 2000)
        assert await refused(send("x" * 2001)) == (400, 50035)
        assert await refused(send("👍" * 2001)) == (400, 50035)
        assert await refused(send("  \n ")) == (400, 50006)
        assert await refused(send(embed=discord.Embed(description="x" * 4097))) == (400, 50035)
        crowd = [discord.Embed(description="x" * 3001) for _ in range(2)]
        assert await refused(send(embeds=crowd)) == (400, 50035)
        assert await refused(send("n", nonce="x" * 26)) == (400, 50035)
        view = ui.View()
        view.add_item(ui.Button(label="a", custom_id="same"))
        view.add_item(ui.Button(label="b", custom_id="same"))
        assert await refused(send("v", view=view)) == (400, 50035)
        big = discord.File(io.BytesIO(b"x" * (10 * 1024 * 1024 + 1)), "big.bin")
        assert await refused(send(file=big)) == (413, 40005)
        await send(file=discord.File(io.BytesIO(b"# Hi"), "answer.md", description="whole"))
        kept = place.discord.posts(place.general)[-1].attachments[0]
        assert (kept.filename, kept.content, kept.description) == ("answer.md", b"# Hi", "whole")


async def test_a_layout_has_its_own_sizes_and_no_content_beside_it() -> None:
    async with small_discord(connect=False) as place:

        def layout(*texts: str, buttons: int = 0) -> ui.LayoutView:
            view = ui.LayoutView()
            for text in texts:
                view.add_item(ui.TextDisplay(text))
            row: ui.ActionRow[Any] = ui.ActionRow()
            for number in range(buttons):
                row.add_item(ui.Button(label="b", custom_id=f"b{number}"))
            return view.add_item(row) if buttons else view

        send = place.channel.send
        sent = await send(view=layout("a" * 2000, "b" * 2000, buttons=2))
        post = place.discord.posts(place.general)[0]
        assert post.custom_ids == ["b0", "b1"]
        assert post.text.startswith("aaa")
        assert await refused(send(view=layout("a" * 2000, "b" * 2001))) == (400, 50035)
        everything = layout(*["t"] * 36, buttons=3)
        await send(view=everything)
        raw = {"flags": 1 << 15, "components": [{"type": 10, "content": "t"}] * 41}
        assert await _raw(place, raw) == (400, 50035)
        mixed = {"flags": 1 << 15, "content": "x", "components": [{"type": 10, "content": "t"}]}
        assert await _raw(place, mixed) == (400, 50035)
        plain = await send("plain")
        await plain.edit(content=None, view=layout("now a layout"))
        assert place.discord.posts(place.general)[-1].text == "now a layout"
        assert await refused(sent.edit(content="back")) == (400, 50035)


async def _raw(place: Small, body: dict[str, Any]) -> tuple[int, int]:
    url = f"{place.discord.api_url}/channels/{place.general.id}/messages"
    headers = {"Authorization": f"Bot {place.discord.token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=headers) as response,
    ):
        return response.status, (await response.json()).get("code", 0)


async def test_the_same_nonce_is_the_same_message_for_a_while() -> None:
    async with small_discord(connect=False) as place:
        first = await place.channel.send("one", nonce="n1")
        assert (await place.channel.send("one", nonce="n1")).id == first.id
        assert (await place.channel.send("one", nonce="n2")).id != first.id
        place.discord.pass_time(3600)
        assert (await place.channel.send("one", nonce="n1")).id != first.id
        assert len(place.discord.posts(place.general)) == 3


async def test_a_reply_to_nothing_is_refused_or_sent_plain() -> None:
    async with small_discord(connect=False) as place:
        gone = await place.general.say(place.ada, "soon gone")
        await place.general.delete(place.ada, gone)
        reference = discord.MessageReference(
            message_id=int(gone.id), channel_id=int(gone.channel_id)
        )
        assert await refused(place.channel.send("r", reference=reference)) == (400, 50035)
        reference.fail_if_not_exists = False
        await place.channel.send("r", reference=reference)
        assert place.discord.posts(place.general)[0].replied_to == ""


async def test_permissions_hold_by_guild_channel_and_thread() -> None:
    async with small_discord(connect=False) as place:
        secret = place.guild.channel("secret", private=[place.ada])
        hidden = place.client.get_partial_messageable(int(secret.id))
        assert await refused(hidden.send("x")) == (403, 50001)
        assert await refused(place.client.fetch_channel(int(secret.id))) == (403, 50001)
        nowhere = place.client.get_partial_messageable(int(place.ada.id))
        assert await refused(nowhere.send("x")) == (404, 10003)
        asked = await place.general.say(place.ada, "quiet")
        place.general.deny(place.discord.bot, "send_messages", "read_message_history")
        assert await refused(place.channel.send("x")) == (403, 50013)
        assert [one async for one in place.channel.history()] == []
        place.general.allow(place.discord.bot, "send_messages")
        reply = discord.MessageReference(message_id=int(asked.id), channel_id=int(asked.channel_id))
        assert await refused(place.channel.send("x", reference=reply)) == (403, 160002)
        theirs = place.channel.get_partial_message(int(asked.id))
        assert await refused(theirs.delete()) == (403, 50013)
        place.bo.takes_dms = False
        bo = await place.client.fetch_user(int(place.bo.id))
        assert await refused(bo.send("x")) == (403, 50007)


async def test_threads_private_ones_forum_posts_and_locked_ones() -> None:
    async with small_discord() as place:
        thread = await place.general.thread(place.ada, "aside", message=None)
        heard: discord.Thread = await place.client.hears("thread_create")
        assert (heard.id, heard.parent_id) == (int(thread.id), int(place.general.id))
        await heard.send("in it")
        await thread.archive()
        await heard.send("opens again")
        assert not thread.archived
        sent = place.client.get_partial_messageable(int(thread.id))
        mine = sent.get_partial_message(int(place.discord.posts(thread)[0].id))
        await thread.archive(locked=True)
        assert await refused(heard.send("x")) == (400, 50083)
        assert await refused(mine.edit(content="x")) == (400, 50083)
        private = await place.general.thread(place.ada, "hush", private=True)
        await private.say(place.ada, "not for apps")
        assert await refused(place.client.fetch_channel(int(private.id))) == (403, 50001)
        await private.add(place.discord.bot)
        await private.say(place.ada, f"{place.discord.bot.mention} now you")
        assert (await place.client.hears("message", 3)).channel.id == int(private.id)
        forum = place.guild.forum("help")
        await place.discord.flush()
        post, first = await forum.post(place.ada, "Reset", f"{place.discord.bot.mention} how?")
        assert first.id == post.id
        started: discord.Message = await place.client.hears("message", 4)
        assert isinstance(started.channel, discord.Thread)
        assert started.channel.parent_id == int(forum.id)


async def test_reactions_come_and_go_with_who_gave_them() -> None:
    async with small_discord() as place:
        sent = await place.channel.send("rate me")
        post = place.discord.posts(place.general)[0]
        await place.general.react(place.ada, post, "👍")
        added = await place.client.hears("raw_reaction_add")
        assert (str(added.emoji), added.user_id) == ("👍", int(place.ada.id))
        assert added.message_author_id == int(place.discord.bot.id)
        await sent.add_reaction("👀")
        fresh = await sent.fetch()
        assert [(str(r.emoji), r.count, r.me) for r in fresh.reactions] == [
            ("👍", 1, False),
            ("👀", 1, True),
        ]
        assert [user.id async for user in fresh.reactions[0].users()] == [int(place.ada.id)]
        await place.general.unreact(place.ada, post, "👍")
        await place.client.hears("raw_reaction_remove")
        await place.general.clear_reactions(place.ada, post, "👀")
        await place.client.hears("raw_reaction_clear_emoji")
        assert await refused(sent.add_reaction("thumbs")) == (400, 10014)
        with pytest.raises(ValueError, match="already"):
            await place.general.unreact(place.ada, post, "👍")


async def test_edits_and_deletes_are_heard_and_others_messages_are_theirs() -> None:
    async with small_discord() as place:
        asked = await place.general.say(place.ada, f"{place.discord.bot.mention} one")
        heard: discord.Message = await place.client.hears("message")
        await place.general.edit(place.ada, asked, f"{place.discord.bot.mention} two")
        edited = await place.client.hears("raw_message_edit")
        assert edited.data["content"].endswith("two")
        assert await refused(heard.edit(content="mine now")) == (403, 50005)
        more = [await place.general.say(place.bo, str(number)) for number in range(2)]
        await place.general.delete(place.ada, *more)
        assert (await place.client.hears("raw_bulk_message_delete")).message_ids == {
            int(one.id) for one in more
        }
        await place.general.delete(place.ada, asked)
        assert (await place.client.hears("raw_message_delete")).message_id == int(asked.id)
        assert await refused(heard.reply("late")) == (400, 50035)
        assert await refused(place.channel.fetch_message(int(asked.id))) == (404, 10008)


async def test_limits_failures_and_gates_come_as_a_test_asks() -> None:
    async with small_discord(connect=False) as place:
        place.discord.limit(_POST, 0.01, times=2, everywhere=True)
        place.discord.fail(_POST, 503)
        assert await refused(place.channel.send("down")) == (503, 0)
        await place.channel.send("after")
        assert [seen.status for seen in place.discord.called(_POST)] == [429, 429, 503, 200]
        gate = place.discord.hold(_POST)
        sending = asyncio.create_task(place.channel.send("held"))
        await place.discord.until(lambda: gate.held)
        assert len(place.discord.posts(place.general)) == 1
        gate.open()
        await sending
        place.discord.fail(_POST, 0, done=True)
        with pytest.raises(aiohttp.ClientError):
            await place.channel.send("lost answer")
        assert place.discord.posts(place.general)[-1].text == "lost answer"
        with pytest.raises(ValueError, match="no route"):
            place.discord.hold("POST /nowhere")
        place.discord.bucket(_POST, 2, 0.05)
        await asyncio.gather(*(place.channel.send(str(number)) for number in range(4)))
        assert len(place.discord.posts(place.general)) == 7


# The gateway.


async def test_what_is_missed_is_replayed_and_repeats_come_when_asked_for() -> None:
    async with small_discord() as place:
        first = await place.general.say(place.ada, f"{place.discord.bot.mention} one")
        await place.client.hears("message")
        async with place.discord.away():
            second = await place.general.say(place.ada, f"{place.discord.bot.mention} two")
        await place.client.hears("message", 2)
        place.discord.repeat = 2
        await place.discord.drop()
        await place.client.hears("resumed", 2)
        again = [one.id for name, one in place.client.heard if name == "message"]
        assert again == [int(first.id), int(second.id), int(second.id)]
        assert (place.discord.gateway.identified, place.discord.gateway.resumed) == (1, 2)


async def test_the_gateway_closes_on_who_does_not_keep_to_its_rules() -> None:
    async with small_discord() as place, aiohttp.ClientSession() as session:

        async def answered(*frames: Any, version: int = 10) -> Any:
            """What comes after these frames: a close code, or the operation."""
            url = f"{place.discord.gateway_url}?v={version}&encoding=json"
            async with session.ws_connect(url) as socket:
                for frame in frames:
                    await socket.send_json(frame)
                while True:
                    message = await socket.receive()
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return socket.close_code
                    if message.json()["op"] != 10:
                        return message.json()["op"], message.json()["d"]

        token = place.discord.token
        identify = {"op": 2, "d": {"token": token, "intents": 1, "shard": [0, 1]}}
        resume = {"token": token, "session_id": "long-gone", "seq": 1}
        assert await answered(version=6) == 4012
        assert await answered({"op": 8, "d": {}}) == 4003
        assert await answered({"op": 2, "d": {"token": "made-up", "intents": 1}}) == 4004
        assert await answered({"op": 2, "d": {"token": token}}) == 4013
        assert await answered({"op": 2, "d": {"token": token, "intents": 1 << 15}}) == 4014
        assert await answered({"op": 6, "d": resume}) == (9, False)
        assert await answered({"op": 1, "d": None}) == (11, None)
        op, ready = await answered(identify)
        assert (op, ready["guilds"][0]["id"]) == (0, place.guild.id)


async def test_events_come_only_with_their_intent_and_from_channels_that_are_seen() -> None:
    async with small_discord(discord.Intents(guilds=True)) as place:
        await place.general.say(place.ada, f"{place.discord.bot.mention} deaf?")
        secret = place.guild.channel("secret", private=[place.ada])
        await place.general.thread(place.ada, "heard")
        await place.client.hears("thread_create")
        assert "message" not in place.client.names()
        assert place.client.get_channel(int(secret.id)) is None


async def test_a_guild_that_is_out_is_not_one_that_is_left() -> None:
    async with small_discord() as place:
        await place.guild.outage()
        await place.client.hears("guild_unavailable")
        await place.guild.recover()
        await place.client.hears("guild_available")
        other = place.discord.guild("other")
        other.join(place.bo)
        other.install()
        await place.discord.flush()
        joined: discord.Guild = await place.client.hears("guild_join")
        assert joined.id == int(other.id)
        await other.kick()
        await place.client.hears("guild_remove")
        assert await refused(place.client.fetch_guild(int(other.id))) == (403, 50001)
        assert await refused(place.client.fetch_guild(1)) == (404, 10004)
        member = place.client.get_guild(int(place.guild.id))
        assert member is not None
        assert await refused(member.fetch_member(1)) == (404, 10013)
        assert (await member.fetch_member(int(place.ada.id))).guild_permissions.manage_guild
