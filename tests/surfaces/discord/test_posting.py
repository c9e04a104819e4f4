"""A reply is posted once, found again after a crash, and says plainly why it cannot be posted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from integrations.contracts.delivery import Citation, Standing
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.discord.hearing.places import Spot, refs_of, spot_of
from integrations.surfaces.discord.showing.failures import DiscordRefusal, DiscordSilence
from integrations.surfaces.discord.showing.posting import GAP_S, Poster, restate, withdraw
from integrations.surfaces.discord.showing.rendering import render, said
from tests.surfaces.discord.speaking import ANSWER, EDIT, POST, Speaking, speaking

LONG = "\n\n".join(f"Paragraph {n} " + "word " * 300 for n in range(3))
SOURCES = (Citation(1, "retry/handler.py:12-40", "…"),)
HISTORY = "GET /channels/{channel_id}/messages"


async def test_a_reply_is_below_the_question_mentions_nobody_and_is_posted_once() -> None:
    async with speaking() as here:
        delivery = here.delivery(f"Ask {here.ada.mention} or @everyone.")
        ref = await here.deliver(delivery)
        (message,) = here.shown
        assert ref == message.ref
        assert message.replied_to == here.question.id
        assert message.pings == set()
        assert await here.deliver(delivery) == ref
        assert len(here.shown) == len(here.discord.called(POST)) == 1


async def test_hours_later_a_reply_is_found_by_its_buttons_and_not_by_what_it_says() -> None:
    async with speaking() as here:
        ref = await here.deliver(here.delivery(LONG))
        here.discord.pass_time(7_200)
        other = replace(here.delivery(LONG), key="answer:other")
        assert await here.deliver(here.delivery(LONG)) == ref
        assert len(here.shown) == 3
        await here.deliver(other)
        assert len(here.shown) == 6


async def test_a_split_answer_goes_on_with_the_part_that_is_missing() -> None:
    async with speaking() as here:
        here.discord.fail(POST, 503, 0, after=1)
        with pytest.raises(DiscordSilence):
            await here.deliver(here.delivery(LONG))
        assert len(here.shown) == 1
        here.discord.pass_time(7_200)
        ref = await here.deliver(here.delivery(LONG))
        assert [message.text[:11] for message in here.shown] == [f"Paragraph {n}" for n in range(3)]
        assert ref == ",".join(message.ref for message in here.shown)
        assert [message.replied_to for message in here.shown] == [here.question.id, "", ""]


async def test_what_was_posted_although_nobody_was_told_is_not_posted_again() -> None:
    async with speaking() as here:
        here.discord.fail(POST, 503, 0, done=True)
        replies = here.replies()
        with pytest.raises(DeliveryFailure):
            await here.deliver(here.delivery("So."), replies)
        here.discord.fail(HISTORY, 403, 50_001)  # only the nonce is left to tell
        assert await here.deliver(here.delivery("So."), replies) == here.shown[0].ref
        assert len(here.shown) == 1


async def test_an_answer_with_sources_is_taken_as_a_layout_and_can_lose_them() -> None:
    async with speaking() as here:
        delivery = here.delivery("So [1]. " + "word " * 500, citations=SOURCES)
        ref = await here.deliver(delivery)
        (message,) = here.shown
        assert message.content == ""
        assert "retry/handler.py:12-40" in message.text
        poster = Poster(here.client, here.time.sleep, here.time.clock)
        forgotten = replace(delivery, citations=())
        await restate(poster, render(forgotten, Standing(), messages=1), ref)
        assert "retry/handler.py" not in here.shown[0].text
        short = replace(forgotten, text="Less.")
        changing = asyncio.create_task(restate(poster, render(short, Standing(), messages=1), ref))
        await here.time.asleep()
        await here.time.advance(GAP_S)
        await changing
        assert here.shown[0].text.startswith("Less.")


async def test_an_answer_without_end_comes_with_a_file_that_stays_when_it_is_restated() -> None:
    async with speaking() as here:
        delivery = here.delivery("paragraph\n\n" * 2_000)
        ref = await here.deliver(delivery)
        poster = Poster(here.client, here.time.sleep, here.time.clock)
        await restate(poster, render(delivery, Standing(down=1)), ref)
        (message,) = here.shown
        (file,) = message.attachments
        assert (file.filename, file.content.decode()) == ("answer.md", delivery.text)
        assert "👎 1 · noted" in message.text
        (edit,) = here.discord.called(EDIT)
        assert "attachments" not in str(edit.body)


async def test_only_the_last_message_is_restated_and_changes_are_joined() -> None:
    async with speaking() as here:
        delivery = here.delivery(LONG)
        refs = await here.deliver(delivery)
        poster = Poster(here.client, here.time.sleep, here.time.clock)
        await restate(poster, render(delivery, Standing(up=1)), refs)
        later = [
            asyncio.create_task(restate(poster, render(delivery, Standing(up=n)), refs))
            for n in (2, 3, 4)
        ]
        await here.time.asleep()
        assert len(here.discord.called(EDIT)) == 1
        await here.time.advance(GAP_S)
        await asyncio.gather(*later)
        assert len(here.discord.called(EDIT)) == 2
        assert "👍 4 · noted" in here.shown[-1].text
        assert not here.shown[0].edited


async def test_a_withdrawn_reply_is_gone_and_once_more_changes_nothing() -> None:
    async with speaking() as here:
        delivery = here.delivery(LONG)
        ref = await here.deliver(delivery)
        poster = Poster(here.client)
        await here.general.delete(here.ada, here.shown[1])
        for _ in range(2):
            await withdraw(poster, ref)
        assert here.shown == []
        await restate(poster, render(delivery, Standing(up=1)), ref)


async def _refused(here: Speaking, spot: Spot) -> DeliveryFailure:
    posts = render(here.delivery("So."))
    with pytest.raises(DeliveryFailure) as failed:
        await here.replies().deliver(spot, ANSWER, posts, "answer:k")
    return failed.value


async def test_what_discord_never_takes_is_said_in_a_sentence() -> None:
    async with speaking() as here:
        spot = spot_of(here.delivery("").target)
        here.general.deny(here.discord.bot, "send_messages")
        mute = await _refused(here, spot)
        assert mute.final
        assert "Send Messages" in str(mute)
        unknown = await _refused(here, Spot(4))
        assert unknown.final
        assert isinstance(unknown, DiscordRefusal)
        direct = here.discord.dm(here.ada)
        here.ada.takes_dms = False
        closed = await _refused(here, Spot(int(direct.id)))
        assert (closed.final, "direct messages" in str(closed)) == (True, True)


async def test_what_passes_is_tried_again() -> None:
    async with speaking() as here:
        spot = spot_of(here.delivery("").target)
        for status, code in ((503, 0), (400, 20_016), (0, 0)):
            here.discord.fail(POST, status, code)
            failure = await _refused(here, spot)
            assert not failure.final
        assert here.shown == []


async def test_an_archived_thread_is_opened_again_unless_it_is_locked() -> None:
    async with speaking() as here:
        thread = await here.general.thread(here.ada, "retries", message=here.question)
        spot = Spot(int(thread.id))
        await thread.archive(locked=True)
        assert (await _refused(here, spot)).final
        await thread.archive()
        ref = await here.replies().deliver(spot, ANSWER, render(here.delivery("So.")), "answer:k")
        assert refs_of(ref)[0][0] == int(thread.id)
        assert not thread.archived


async def test_a_question_that_is_gone_or_cannot_be_read_is_answered_all_the_same() -> None:
    async with speaking() as here:
        await here.general.delete(here.ada, here.question)
        await here.deliver(here.delivery("So."))
        here.discord.fail(POST, 403, 160_002)
        poster = Poster(here.client)
        await poster.send(Spot(int(here.general.id), int(here.question.id)), said("Yes.")[0], "n")
        assert [message.replied_to for message in here.shown] == ["", ""]
