"""Calls to Slack go in order and no faster than allowed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.governor import MOST_WAITING, Governor
from integrations.surfaces.slack.speaking.limits import Bucket, Rate, slack_limits
from tests.surfaces.slack.calls import POST, UPDATE, Slack, refused, response, task

if TYPE_CHECKING:
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from tests.surfaces.slack.clockwork import Clockwork


async def test_posts_of_a_channel_keep_their_order_and_one_a_second_after_a_burst(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    calls = [task(governor.call(POST, "C1", slack.send(str(n)))) for n in range(6)]
    await time.advance(10)
    assert slack.sent == [(0, "0"), (0, "1"), (0, "2"), (1, "3"), (2, "4"), (3, "5")]
    assert [(await call)["name"] for call in calls] == ["0", "1", "2", "3", "4", "5"]


async def test_a_method_stays_inside_its_tier(time: Clockwork, governor: Governor) -> None:
    slack = Slack(time)
    calls = [
        task(governor.call(UPDATE, f"C{n}", slack.send(str(n)), patience_s=600)) for n in range(120)
    ]
    await time.advance(140)
    await asyncio.gather(*calls)
    rate = slack_limits().rate(UPDATE)
    for start in range(61):
        within = [at for at, _ in slack.sent if start <= at < start + 60]
        assert len(within) <= rate.per_minute + rate.burst
    assert slack.sent[rate.burst - 1][0] == 0 < slack.sent[rate.burst][0]


async def test_a_busy_channel_does_not_keep_a_quiet_one_waiting(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    for n in range(40):
        task(governor.call("reactions.add", "LOUD", slack.send(f"loud {n}"), patience_s=600))
    await time.advance(1)
    quiet = task(governor.call("reactions.add", "QUIET", slack.send("quiet")))
    await time.advance(5)
    assert quiet.done()
    assert slack.names.index("quiet") <= 16
    await governor.close()


async def test_workspaces_do_not_share_their_limits(time: Clockwork, governor: Governor) -> None:
    slack = Slack(time)
    for n in range(8):
        task(governor.call("chat.startStream", f"C{n}", slack.send("a"), workspace="T1"))
    await time.turn()
    await governor.call("chat.startStream", "D1", slack.send("b"), workspace="T2")
    assert slack.sent[-1] == (0, "b")
    assert slack.names.count("a") < 8
    await governor.close()


async def test_a_waiting_update_gives_way_to_a_newer_one_of_the_same_message(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, refused("ratelimited", 429, Retry_After="5"))
    first = task(governor.call(UPDATE, "C1", slack.send("old"), coalesce="1.1"))
    await time.turn()
    second = task(governor.call(UPDATE, "C1", slack.send("newer"), coalesce="1.1"))
    other = task(governor.call(UPDATE, "C1", slack.send("other"), coalesce="2.2"))
    third = task(governor.call(UPDATE, "C1", slack.send("newest"), coalesce="1.1"))
    await time.advance(30)
    assert slack.names == ["old", "newest", "other"]
    assert {(await call)["name"] for call in (first, second, third)} == {"newest"}
    assert (await other)["name"] == "other"


async def test_an_update_that_was_sent_is_not_replaced(time: Clockwork, governor: Governor) -> None:
    sending = asyncio.Event()
    slack = Slack(time)

    async def slow() -> AsyncSlackResponse:
        await sending.wait()
        return response(ok=True, name="old")

    first = task(governor.call(UPDATE, "C1", slow, coalesce="1.1"))
    await time.turn()
    second = task(governor.call(UPDATE, "C1", slack.send("new"), coalesce="1.1"))
    sending.set()
    assert (await first)["name"] == "old"
    assert (await second)["name"] == "new"


async def test_429_on_a_post_closes_the_channel_for_as_long_as_slack_says(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, refused("ratelimited", 429, Retry_After="7"))
    limited = task(governor.call(POST, "C1", slack.send("first")))
    await time.turn()
    behind = task(governor.call(POST, "C1", slack.send("second")))
    elsewhere = task(governor.call(POST, "C2", slack.send("elsewhere")))
    await time.advance(6.9)
    assert slack.sent == [(0, "first"), (0, "elsewhere")]
    await time.advance(3)
    assert slack.sent[2:] == [(7, "first"), (8, "second")]
    await asyncio.gather(limited, behind, elsewhere)


async def test_429_on_another_method_closes_it_in_the_workspace(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, refused("", 429, retry_after="4"))
    calls = [task(governor.call(UPDATE, "C1", slack.send("a")))]
    await time.turn()
    calls.append(task(governor.call(UPDATE, "C2", slack.send("b"))))
    await time.advance(3.9)
    assert slack.names == ["a"]
    await time.advance(5)
    await asyncio.gather(*calls)


async def test_who_had_a_place_when_slack_closed_the_method_waits_too(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    for n in range(5):
        await governor.call("chat.stopStream", f"C{n}", slack.send("early"))
    closing = Slack(time, refused("ratelimited", 429, Retry_After="10"))
    calls = [
        task(governor.call("chat.stopStream", "C5", closing.send("closes"))),
        task(governor.call("chat.stopStream", "C6", slack.send("had a place"))),
    ]
    await time.advance(9.9)
    assert "had a place" not in slack.names
    await time.advance(10)
    assert "had a place" in slack.names
    await asyncio.gather(*calls)


async def test_a_limit_of_the_workspace_closes_all_its_channels(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, refused("message_limit_exceeded", Retry_After="9"))
    calls = [task(governor.call(POST, "C1", slack.send("a"), workspace="T1"))]
    await time.turn()
    calls.append(task(governor.call(POST, "C2", slack.send("b"), workspace="T1")))
    calls.append(task(governor.call(POST, "C3", slack.send("c"), workspace="T2")))
    await time.advance(8.9)
    assert slack.names == ["a", "c"]
    await time.advance(1)
    assert sorted(slack.names[2:]) == ["a", "b"]
    await asyncio.gather(*calls)


async def test_who_is_impatient_hears_at_once_that_it_would_take_too_long(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    for n in range(6):
        await governor.call("chat.startStream", f"C{n}", slack.send("x"))
    with pytest.raises(DeliveryFailure) as told:
        await governor.call("chat.startStream", "C9", slack.send("late"), patience_s=1)
    assert told.value.retry_after_s == pytest.approx(3.0)
    assert "late" not in slack.names


async def test_a_call_whose_caller_has_gone_is_not_sent(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    calls = [task(governor.call(POST, "C1", slack.send(str(n)))) for n in range(6)]
    await time.turn()
    calls[4].cancel()
    await time.advance(10)
    assert slack.names == ["0", "1", "2", "3", "5"]
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_call_that_gave_up_does_not_take_its_replacement_along(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, refused("ratelimited", 429, Retry_After="5"))
    first = task(governor.call(UPDATE, "C1", slack.send("old"), coalesce="1.1"))
    await time.turn()
    second = task(governor.call(UPDATE, "C1", slack.send("new"), coalesce="1.1"))
    await time.turn()
    first.cancel()
    await time.advance(30)
    assert (await second)["name"] == "new"


async def test_memory_does_not_grow_with_the_channels_that_were_used(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time)
    for n in range(2_000):
        await governor.call(POST, f"C{n}", slack.send("x")) if n % 40 else None
        await time.advance(1)
    assert governor.kept < 600


async def test_a_line_that_is_too_long_is_closed(time: Clockwork, governor: Governor) -> None:
    slack = Slack(time)
    calls = [
        task(governor.call(POST, "C1", slack.send("x"), patience_s=9_999))
        for _ in range(MOST_WAITING + 4)
    ]
    await time.turn()
    told = [call.exception() for call in calls if call.done()]
    busy = [failure for failure in told if isinstance(failure, DeliveryFailure)]
    assert len(busy) == 4
    assert all(failure.retry_after_s for failure in busy)
    await governor.close()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_closing_fails_what_waits_and_sees_through_what_was_sent(
    time: Clockwork, governor: Governor
) -> None:
    arrived = asyncio.Event()

    async def slow() -> AsyncSlackResponse:
        await arrived.wait()
        return response(ok=True, name="slow")

    slack = Slack(time)
    sent = task(governor.call(POST, "C1", slow))
    waiting = task(governor.call(POST, "C1", slack.send("waiting")))
    await time.turn()
    closing = asyncio.create_task(governor.close())
    await time.turn()
    assert not closing.done()
    arrived.set()
    await closing
    assert (await sent)["name"] == "slow"
    with pytest.raises(DeliveryFailure, match="stopping"):
        await waiting
    with pytest.raises(DeliveryFailure, match="stopping"):
        await governor.call(POST, "C1", slack.send("late"))
    assert slack.names == []


def test_no_burst_follows_a_closed_bucket() -> None:
    bucket = Bucket(Rate(per_minute=60, burst=5))
    bucket.close(100.0)
    assert bucket.earliest(50.0) == 100.0
    bucket.take(100.0)
    assert bucket.earliest(100.0) == 101.0


def test_every_method_and_error_of_the_table_can_be_read() -> None:
    limits = slack_limits()
    assert limits.posts <= limits.methods.keys()
    assert limits.once <= limits.methods.keys()
    assert limits.rate("made.up").per_minute == 20
    kinds = [limits.passing, limits.limited, limits.limited_workspace, limits.unable]
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))
    assert not limits.refusals.keys() & (limits.passing | limits.limited)
    assert all(sentence.endswith(".") for sentence in limits.refusals.values())
