"""A failed call is repeated, or says what to do, and repeats nobody's words."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.speaking.failures import SlackRefusal, SlackSilence
from integrations.surfaces.slack.speaking.governor import ATTEMPTS, Governor
from tests.surfaces.slack.calls import POST, UPDATE, Slack, api_error, refused, response, task

if TYPE_CHECKING:
    from tests.surfaces.slack.clockwork import Clockwork


async def test_a_limit_that_stays_is_told_with_the_time_to_wait(
    time: Clockwork, governor: Governor
) -> None:
    slack = Slack(time, *[refused("ratelimited", 429, Retry_After="3")] * ATTEMPTS)
    call = task(governor.call(POST, "C1", slack.send("x")))
    await time.advance(60)
    with pytest.raises(DeliveryFailure, match=r"takes no more chat\.postMessage") as told:
        await call
    assert (told.value.final, told.value.retry_after_s) == (False, 3.0)
    assert len(slack.sent) == ATTEMPTS


@pytest.mark.parametrize(("said", "waited"), [("soon", 30.0), ("-4", 30.0), ("0", 1.0), ("", 30.0)])
async def test_a_retry_after_that_makes_no_sense_does_not_hurry(
    time: Clockwork, governor: Governor, said: str, waited: float
) -> None:
    slack = Slack(time, refused("ratelimited", 429, Retry_After=said))
    call = task(governor.call(POST, "C1", slack.send("x")))
    await time.advance(waited)
    assert [at for at, _ in slack.sent] == [0, waited]
    await call


@pytest.mark.parametrize(
    "error",
    [
        refused("", 503),
        refused("internal_error"),
        aiohttp.ServerDisconnectedError(),
        TimeoutError(),
        ConnectionResetError(),
    ],
)
async def test_what_can_be_repeated_is_sent_again_after_a_failure(
    time: Clockwork, governor: Governor, error: Exception
) -> None:
    slack = Slack(time, error)
    call = task(governor.call(UPDATE, "C1", slack.send("x")))
    await time.turn()
    assert len(slack.sent) == 1
    await time.advance(1)
    assert (await call)["name"] == "x"
    assert len(slack.sent) == 2


async def test_a_failure_that_stays_is_not_final(time: Clockwork, governor: Governor) -> None:
    slack = Slack(time, *[refused("", 502)] * ATTEMPTS)
    call = task(governor.call(UPDATE, "C1", slack.send("x")))
    await time.advance(60)
    with pytest.raises(DeliveryFailure, match="status 502") as told:
        await call
    assert not told.value.final
    assert len(slack.sent) == ATTEMPTS


@pytest.mark.parametrize("error", [refused("", 500), TimeoutError(), ConnectionResetError()])
async def test_a_post_that_may_have_arrived_is_not_sent_again(
    time: Clockwork, governor: Governor, error: Exception
) -> None:
    slack = Slack(time, error)
    call = task(governor.call(POST, "C1", slack.send("x")))
    await time.advance(60)
    with pytest.raises(SlackSilence) as told:
        await call
    assert not told.value.final
    assert len(slack.sent) == 1


async def test_a_post_that_surely_did_not_arrive_is_sent_again(
    time: Clockwork, governor: Governor
) -> None:
    key: Any = None
    slack = Slack(time, aiohttp.ClientConnectorError(key, OSError(111, "refused")))
    call = task(governor.call(POST, "C1", slack.send("x")))
    await time.advance(1)
    assert (await call)["name"] == "x"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("channel_not_found", "invite Mynah"),
        ("is_archived", "unarchive"),
        ("not_in_channel", "/invite"),
        ("account_inactive", "install Mynah again"),
        ("token_revoked", "install Mynah again"),
        ("msg_too_long", "too long"),
        ("no_text", "no text"),
        ("some_new_error", r"refused chat\.update: some_new_error"),
    ],
)
async def test_what_slack_refuses_is_final_and_says_why(
    time: Clockwork, governor: Governor, code: str, says: str
) -> None:
    slack = Slack(time, refused(code))
    call = task(governor.call(UPDATE, "C1", slack.send("x")))
    await time.advance(60)
    with pytest.raises(SlackRefusal, match=says) as told:
        await call
    assert told.value.final
    assert told.value.code == code
    assert len(slack.sent) == 1


async def test_a_missing_scope_is_named(time: Clockwork, governor: Governor) -> None:
    lacking = response(ok=False, error="missing_scope", needed="reactions:write", provided="chat")
    slack = Slack(time, api_error(lacking))
    with pytest.raises(SlackRefusal, match="reactions:write") as told:
        await governor.call("reactions.add", "C1", slack.send("x"))
    assert told.value.unable


async def test_neither_logs_nor_failures_repeat_what_slack_said(
    time: Clockwork, governor: Governor
) -> None:
    errors = [
        api_error(response(200, ok=False, error="xoxb-SECRET words")),
        refused("ratelimited", 429, Retry_After="1"),
        aiohttp.ClientOSError(5, "xoxb-secret hello"),
        refused("channel_not_found"),
    ]
    slack = Slack(time, *errors)
    with capture_logs() as logs:
        call = task(governor.call(UPDATE, "C1", slack.send("x")))
        await time.advance(60)
    told = await asyncio.gather(call, return_exceptions=True)
    assert logs
    assert not re.search("secret|hello|words", f"{logs} {told}", re.IGNORECASE)


async def test_a_bug_is_not_taken_for_a_failure_of_slack(
    time: Clockwork, governor: Governor
) -> None:
    with pytest.raises(KeyError):
        await governor.call(UPDATE, "C1", Slack(time, KeyError("ts")).send("x"))
