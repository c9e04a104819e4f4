"""Somebody who waits sees that an answer is being written, and then the answer, once."""

from __future__ import annotations

from integrations.contracts.delivery import Citation
from integrations.surfaces.discord.hearing.places import spot_of
from integrations.surfaces.discord.showing.live import START_OVER, TYPING_S
from integrations.surfaces.discord.showing.posting import GAP_S
from tests.surfaces.discord.speaking import ANSWER, EDIT, POST, Speaking, speaking

TYPING = "POST /channels/{channel_id}/typing"


async def _later(here: Speaking, seconds: float) -> None:
    await here.time.asleep()
    await here.time.advance(seconds)


async def test_mynah_types_while_an_answer_is_written_and_not_after_it() -> None:
    async with speaking() as here:
        replies = here.replies()
        delivery = here.delivery("So.")
        async with replies.open(spot_of(delivery.target), ANSWER) as live:
            await live.status("Reading 3 sources…")
            await live.append("So")
            await here.discord.until(lambda: len(here.discord.called(TYPING)) == 1)
            await _later(here, TYPING_S)
            await here.discord.until(lambda: len(here.discord.called(TYPING)) == 2)
            assert here.shown == []
        await here.deliver(delivery, replies)
        await here.time.advance(10 * TYPING_S)
        assert len(here.discord.called(TYPING)) == 2
        assert len(here.shown) == len(here.discord.called(POST)) == 1
        assert here.discord.called("GET /channels/{channel_id}/messages") == []


async def test_where_an_admin_wants_it_a_message_grows_and_becomes_the_answer() -> None:
    async with speaking() as here:
        replies = here.replies(edits=True)
        delivery = here.delivery("Use a retry budget [1].", citations=(Citation(1, "a.py", ""),))
        async with replies.open(spot_of(delivery.target), ANSWER) as live:
            await live.append("Use ")
            await here.discord.until(lambda: here.shown)
            for piece in ("a ", "retry ", "@everyone"):
                await live.append(piece)
            assert here.discord.called(EDIT) == []
            await _later(here, GAP_S)
            await here.discord.until(lambda: here.shown[0].edited)
            assert here.shown[0].text == "Use a retry @\u2060everyone"
            assert here.shown[0].replied_to == here.question.id
        ref = await here.deliver_at(delivery, replies)
        (message,) = here.shown
        assert ref == message.ref
        assert "a.py" in message.text
        assert "Writing" not in str(message.components)


async def test_another_model_that_starts_over_takes_back_what_was_shown() -> None:
    async with speaking() as here:
        replies = here.replies(edits=True)
        spot = spot_of(here.delivery("").target)
        async with replies.open(spot, ANSWER) as live:
            await live.append("Wrong")
            await here.discord.until(lambda: here.shown)
            await live.restart()
            await _later(here, GAP_S)
            await here.discord.until(lambda: here.shown[0].text == START_OVER)
        await replies.abandon(ANSWER)
        assert here.shown == []


async def test_another_process_delivers_into_the_draft_of_one_that_died() -> None:
    async with speaking() as here:
        delivery = here.delivery("So.")
        async with here.replies(edits=True).open(spot_of(delivery.target), ANSWER) as live:
            await live.append("S")
            await here.discord.until(lambda: here.shown)
        here.discord.pass_time(7_200)
        ref = await here.deliver(delivery)
        (message,) = here.shown
        assert ref == message.ref
        assert message.text.startswith("So.")


async def test_a_draft_that_somebody_deleted_or_nobody_lets_us_write_loses_nothing() -> None:
    async with speaking() as here:
        replies, delivery = here.replies(edits=True), here.delivery("So.")
        here.discord.fail(TYPING, 403, 50_013)
        async with replies.open(spot_of(delivery.target), ANSWER) as live:
            await live.append("S")
            await here.discord.until(lambda: here.shown)
            await here.general.delete(here.ada, here.shown[0])
        await here.deliver_at(delivery, replies)
        (message,) = here.shown
        assert message.text.startswith("So.")
