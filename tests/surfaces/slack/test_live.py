"""A reply is watched while it is written, whatever Slack refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.governor import ATTEMPTS
from integrations.surfaces.slack.speaking.live import FULL_CHARS, MOST_SHOWN, LiveReplies, harmless
from integrations.surfaces.slack.speaking.posting import (
    DRAFT,
    Line,
    reply_mark,
)
from tests.surfaces.slack.replies import ANSWER, DIRECT, KEY, SPOT, THREAD, later, posts

if TYPE_CHECKING:
    from tests.surfaces.slack.chat_server import ChatServer
    from tests.surfaces.slack.clockwork import Clockwork


async def test_a_reply_is_streamed_and_its_message_becomes_the_answer(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.status("Reading 3 sources…")
        await slack.heard("agents.sessions.setStatus")
        await live.append("Use ")
        await later(time, 0.7)
        started = await slack.heard("chat.startStream")
        await live.append("a retry")
        await live.append(" budget.")
        await later(time, 0.7)
        await slack.heard("chat.appendStream")
        assert slack.shown[0].text == "Use a retry budget."
    ref = await replies.deliver(line, SPOT, ANSWER, posts("Use a retry budget. [1]"), KEY)
    (message,) = slack.shown
    assert ref == f"C1:{message.ts}"
    assert message.blocks == posts("Use a retry budget. [1]")[0].blocks
    assert message.metadata == reply_mark(KEY, 0)
    assert slack.statuses == ["Reading 3 sources…"]
    assert slack.sessions == ["processing", "active"]
    assert started["recipient_user_id"] == "U1"
    assert started["recipient_team_id"] == "T1"
    assert slack.order[-2:] == ["chat.stopStream", "chat.update"]


async def test_pieces_are_gathered_for_the_gap(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("0 ")
        await slack.heard("chat.startStream")
        for n in range(1, 8):
            await live.append(f"{n} ")
            await later(time, 0.08)
        assert slack.of("chat.appendStream") == []
        await later(time, 0.2)
        assert (await slack.heard("chat.appendStream"))["markdown_text"] == "1 2 3 4 5 6 7 "


async def test_many_characters_do_not_wait_for_the_gap(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("x ")
        await slack.heard("chat.startStream")
        await time.asleep()
        await live.append("y" * FULL_CHARS)
        await slack.heard("chat.appendStream")
        assert time.now == 1_000.0


async def test_what_is_posted_beside_the_stream_follows_it_in_order(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("long")
        await slack.heard("chat.startStream")
    ref = await replies.deliver(line, SPOT, ANSWER, posts("one", "two", "three"), KEY)
    assert [m.text for m in slack.shown] == ["one", "two", "three"]
    assert [m.metadata["event_payload"]["part"] for m in slack.shown] == [0, 1, 2]
    assert ref == ",".join(f"C1:{m.ts}" for m in slack.shown)
    assert all(m.thread_ts == THREAD for m in slack.shown)


async def test_another_model_that_starts_over_takes_back_what_was_shown(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("Wrong")
        await slack.heard("chat.startStream")
        await time.asleep()
        await live.restart()
        await later(time, 0.7)
        await slack.heard("chat.update")
        assert "Wrong" not in str(slack.shown)
        await live.append("Right")
        await later(time, 1.5)
        await slack.heard("chat.update", 2)
        assert slack.shown[0].text == "Right"
    await replies.deliver(line, SPOT, ANSWER, posts("Right."), KEY)
    assert [m.text for m in slack.shown] == ["Right."]
    assert slack.order.count("chat.startStream") == 1


async def test_what_was_on_its_way_when_another_model_started_over_is_taken_back(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("Wrong")
        await slack.heard("chat.startStream")  # and the answer to it is on its way
        await live.restart()
        await live.append("Right")
        await later(time, 0.7)
        await slack.heard("chat.update")
    await replies.deliver(line, SPOT, ANSWER, posts("Right."), KEY)
    assert [m.text for m in slack.shown] == ["Right."]


async def test_a_restart_before_anything_is_visible_calls_nobody(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("Wrong")
        await live.restart()
        await live.append("Right")
        assert (await slack.heard("chat.startStream"))["markdown_text"] == "Right"
    assert slack.order == ["chat.startStream", "chat.stopStream"]


@pytest.mark.parametrize("code", ["unknown_method", "missing_recipient_team_id", "user_not_found"])
async def test_without_streams_a_message_changes_instead(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork, code: str
) -> None:
    slack.refuse("chat.startStream", code)
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("Use ")
        await slack.heard("chat.postMessage")
        await live.append("retries")
        await later(time, 1.5)
        await slack.heard("chat.update")
        assert [m.text for m in slack.shown] == ["Use retries"]
        assert slack.shown[0].metadata["event_type"] == DRAFT
    await replies.deliver(line, SPOT, ANSWER, posts("Use retries."), KEY)
    assert [m.text for m in slack.shown] == ["Use retries."]


async def test_a_workspace_is_asked_once_for_what_it_cannot_do(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    slack.refuse("chat.startStream", "unknown_method")
    slack.refuse("agents.sessions.setStatus", "missing_scope")
    for n in (1, 2):
        async with replies.open(line, SPOT, UUID(int=n)) as live:
            await live.status("Thinking…")
            await time.asleep()
            await live.append("x")
            await later(time, 0.7)
            await slack.heard("chat.postMessage", n)
    assert len(slack.of("assistant.threads.setStatus")) == 2
    assert len(slack.of("agents.sessions.setStatus")) == 1
    assert len(slack.of("chat.startStream")) == 1


async def test_a_direct_message_outside_threads_shows_a_message_that_changes(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, DIRECT, ANSWER) as live:
        await live.status("Thinking…")
        await slack.heard("chat.postMessage")
        await live.append("Yes")
        await later(time, 1.5)
        await slack.heard("chat.update")
    await replies.deliver(line, DIRECT, ANSWER, posts("Yes."), KEY)
    (message,) = slack.shown
    assert (message.text, message.channel, message.thread_ts) == ("Yes.", "D1", None)
    assert set(slack.order) == {"chat.postMessage", "chat.update"}


async def test_a_stream_that_slack_ended_goes_on_as_a_message(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one ")
        await slack.heard("chat.startStream")
        slack.shown[0].streaming = False
        await live.append("two")
        await later(time, 0.7)
        await slack.heard("chat.update")
        assert [m.text for m in slack.shown] == ["one two"]
    await replies.deliver(line, SPOT, ANSWER, posts("one two"), KEY)
    assert len(slack.shown) == 1


async def test_a_stream_that_takes_no_more_is_stopped_and_goes_on_as_a_message(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    slack.refuse("chat.appendStream", "invalid_chunks")
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one ")
        await slack.heard("chat.startStream")
        await time.asleep()
        await live.append("two")
        await later(time, 0.7)
        await slack.heard("chat.update")
        assert [m.text for m in slack.shown] == ["one two"]


async def test_a_stream_that_could_not_be_stopped_is_not_forgotten(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    slack.refuse("chat.stopStream", "internal_error", times=2 * ATTEMPTS)
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
    with pytest.raises(DeliveryFailure) as told:
        await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert not told.value.final
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]


async def test_the_agent_rests_after_a_reply_that_was_not_streamed(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.status("Thinking…")
        await slack.heard("agents.sessions.setStatus")
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert slack.sessions == ["processing", "active"]
    assert [m.text for m in slack.shown] == ["done"]


async def test_live_never_fails_where_slack_does_and_deliver_says_why(
    slack: ChatServer, replies: LiveReplies, line: Line
) -> None:
    for method in ("assistant.threads.setStatus", "chat.startStream", "chat.postMessage"):
        slack.refuse(method, "is_archived", times=9)
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.status("Thinking…")
        await slack.heard("chat.postMessage")
        await live.append("x")
        await live.restart()
        await live.append("y")
    with pytest.raises(SlackRefusal, match="archived") as told:
        await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert told.value.final


async def test_no_more_is_shown_than_slack_takes(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        for _ in range(40):
            await live.append("@here " * 200)
        await slack.heard("chat.startStream")
        await later(time, 5)
    assert len(slack.shown[0].text) <= MOST_SHOWN
    assert "@here" not in slack.shown[0].text


@given(st.lists(st.text("<!@#channelhrvyo >U1x\n", max_size=12), max_size=12))
def test_whatever_the_pieces_nothing_pings_and_nothing_shown_changes(pieces: list[str]) -> None:
    written, shown = "", ""
    for piece in pieces:
        written += piece
        now = harmless(written)
        assert now.startswith(shown)
        shown = now
    assert not any(ping in shown for ping in ("<!", "<@", "<#"))
    assert "@channel " not in shown
    assert "@here\n" not in shown
    assert written.startswith(shown.replace("\u200b", ""))
    assert len(written) - len(shown.replace("\u200b", "")) <= len("<@everyone")
