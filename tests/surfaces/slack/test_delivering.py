"""A reply ends as one message, however often it is delivered and whatever fails."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.contracts.delivery import Target
from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.governor import Governor
from integrations.surfaces.slack.speaking.live import LiveReplies
from integrations.surfaces.slack.speaking.posting import (
    REPLY,
    Line,
    Spot,
    already_posted,
    reply_mark,
    since,
)
from tests.surfaces.slack.clockwork import Clockwork, Instant
from tests.surfaces.slack.replies import ANSWER, DIRECT, KEY, SPOT, THREAD, later, posts

if TYPE_CHECKING:
    from tests.surfaces.slack.chat_server import ChatServer


async def test_a_draft_that_was_deleted_is_posted_anew(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
    slack.messages.clear()
    ref = await replies.deliver(line, SPOT, ANSWER, posts("one"), KEY)
    assert [f"C1:{m.ts}" for m in slack.shown] == [ref]


async def test_a_draft_that_cannot_be_changed_is_replaced(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
    slack.refuse("chat.update", "edit_window_closed")
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]


async def test_nothing_is_asked_for_a_reply_that_was_never_shown_before_its_first_post(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER):
        pass
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert slack.order == ["chat.postMessage"]


async def test_a_repeated_delivery_posts_nothing_again(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    first = await replies.deliver(line, SPOT, ANSWER, posts("one", "two"), KEY)
    again = await LiveReplies(time.sleep).deliver(line, SPOT, ANSWER, posts("one", "two"), KEY)
    assert again == first
    assert [m.text for m in slack.shown] == ["one", "two"]


async def test_another_key_is_another_reply(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    await replies.deliver(line, SPOT, ANSWER, posts("one"), KEY)
    await replies.deliver(line, SPOT, ANSWER, posts("two"), "other")
    assert [m.text for m in slack.shown] == ["one", "two"]


async def test_another_process_finishes_the_message_that_was_streamed_here(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
    assert not slack.shown[0].streaming
    await LiveReplies(time.sleep).deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]


async def test_a_post_whose_answer_was_lost_is_not_posted_twice(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
    slack.swallow("chat.postMessage")
    with pytest.raises(DeliveryFailure) as told:
        await replies.deliver(line, SPOT, ANSWER, posts("one", "two", "three"), KEY)
    assert not told.value.final
    ref = await replies.deliver(line, SPOT, ANSWER, posts("one", "two", "three"), KEY)
    assert [m.text for m in slack.shown] == ["one", "two", "three"]
    assert ref == ",".join(f"C1:{m.ts}" for m in slack.shown)


@pytest.mark.parametrize("lost", ["chat.stopStream", "chat.update", "chat.postMessage"])
async def test_whatever_answer_is_lost_another_process_shows_every_part_once_and_in_order(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork, lost: str
) -> None:
    parts = posts("one", "two", "three")
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("o")
        await slack.heard("chat.startStream")
        if lost == "chat.stopStream":
            slack.swallow(lost)
    if lost != "chat.stopStream":
        slack.swallow(lost)
    slack.limit("chat.postMessage", 3)
    with suppress(DeliveryFailure):
        await replies.deliver(line, SPOT, ANSWER, parts, KEY)
    ref = await LiveReplies(time.sleep).deliver(line, SPOT, ANSWER, parts, KEY)
    assert [m.text for m in slack.shown] == ["one", "two", "three"]
    assert ref == ",".join(f"C1:{m.ts}" for m in slack.shown)


async def test_a_draft_whose_answer_was_lost_is_found_for_the_reply(
    slack: ChatServer, line: Line, replies: LiveReplies, time: Clockwork
) -> None:
    slack.swallow("chat.postMessage")
    async with replies.open(line, DIRECT, ANSWER) as live:
        await live.status("Thinking…")
        await slack.heard("chat.postMessage")
        await later(time, 2)
    await replies.deliver(line, DIRECT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]


async def test_429_is_waited_for_a_while_and_the_reply_still_comes_once(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    async with replies.open(line, SPOT, ANSWER) as live:
        await live.append("one")
        await slack.heard("chat.startStream")
        slack.limit("chat.stopStream", 3)
    slack.limit("chat.update", 8)
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]
    assert len(slack.of("chat.update")) == 2
    # Who would have to wait longer lets others go first, and says when to come again.
    slack.limit("chat.postMessage", 60)
    with pytest.raises(DeliveryFailure) as told:
        await replies.deliver(line, SPOT, UUID(int=9), posts("more"), "answer:more")
    assert 50 < (told.value.retry_after_s or 0) <= 60
    assert len(slack.of("chat.postMessage")) == 1


async def test_an_unknown_token_is_refused_without_being_named(
    slack: ChatServer, replies: LiveReplies
) -> None:
    instant = Instant()
    governor = Governor(instant.clock, instant.sleep)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient("xoxb-other", slack.url, session=session, retry_handlers=[])
        with pytest.raises(SlackRefusal, match="does not know") as told:
            await replies.deliver(Line(governor, client, "T1"), SPOT, ANSWER, posts("x"), KEY)
    assert "xoxb" not in str(told.value)
    assert slack.shown == []


async def test_where_the_thread_cannot_be_read_the_reply_is_posted(
    slack: ChatServer, line: Line, replies: LiveReplies
) -> None:
    slack.refuse("conversations.replies", "missing_scope")
    await replies.deliver(line, SPOT, ANSWER, posts("done"), KEY)
    assert [m.text for m in slack.shown] == ["done"]


async def test_marks_are_found_page_by_page(slack: ChatServer, line: Line) -> None:
    slack.page = 15
    for _ in range(100):
        slack.add(THREAD)
    mine = slack.add(THREAD, **reply_mark(KEY, 0))
    slack.add(THREAD, event_type=REPLY, event_payload={"key": KEY, "part": "x"})
    slack.add(THREAD, event_type=REPLY, event_payload={"key": "other", "part": 1})
    found = await already_posted(line, "C1", THREAD, KEY)
    assert found.parts == {0: mine.ts}
    assert len(slack.of("conversations.replies")) == 7


async def test_a_thread_is_looked_through_from_the_question_on(
    slack: ChatServer, line: Line
) -> None:
    await already_posted(line, "C1", THREAD, KEY, interaction_id=ANSWER)
    (asked,) = slack.of("conversations.replies")
    milliseconds = ANSWER.int >> 80
    assert float(asked["oldest"]) == pytest.approx(milliseconds / 1000 - 60)
    assert since(UUID("5f0c1f5e-2f5c-4a51-9b1e-4f9d3e6f1c11")) is None


@pytest.mark.parametrize(
    ("workspace", "team", "thread", "expected"),
    [
        ("T1", "", THREAD, Spot("T1", "C1", THREAD, "U1", "T1")),
        ("E1", "", "dm", Spot("E1", "C1", None, "U1", "")),
        ("E1", "T9", THREAD, Spot("E1", "C1", THREAD, "U1", "T9")),
    ],
)
def test_a_spot_is_read_from_a_target(
    workspace: str, team: str, thread: str, expected: Spot
) -> None:
    more: dict[str, Any] = {"conversation_id": ANSWER, "interaction_id": ANSWER, "private": False}
    target = Target("slack", workspace, "C1", thread, "U1", **more)
    assert Spot.of(target, team) == expected
