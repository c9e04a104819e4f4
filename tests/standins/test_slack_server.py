"""The stand-in for Slack against the real SDK: it refuses what Slack refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.standins.slack_place import Place, actions, button, refused, section

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")


# Tokens.


async def test_who_has_no_good_token_is_told_so(place: Place) -> None:
    url = place.slack.api_url
    assert await refused(AsyncWebClient(base_url=url).auth_test()) == "not_authed"
    assert await refused(AsyncWebClient("xoxb-made-up", base_url=url).auth_test()) == "invalid_auth"
    app_level = AsyncWebClient(place.slack.app.app_token, base_url=url)
    assert await refused(app_level.auth_test()) == "not_allowed_token_type"
    assert await refused(place.client.api_call("chat.shout")) == "unknown_method"
    me = await place.client.auth_test()
    assert (me["user_id"], me["team_id"]) == (place.installed.bot.id, place.team.id)


async def test_a_token_in_the_body_counts_too(place: Place) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            place.slack.api_url + "chat.postMessage",
            data={"token": place.installed.token, "channel": place.general.id, "text": "form"},
        ) as response,
    ):
        assert (await response.json())["message"]["text"] == "form"
    assert "token" not in place.slack.called("chat.postMessage")[0]


async def test_a_revoked_token_and_an_uninstalled_app_are_told_apart(place: Place) -> None:
    await place.client.auth_revoke()
    assert await refused(place.client.auth_test()) == "token_revoked"
    again = place.team.install()
    client = AsyncWebClient(again.token, base_url=place.slack.api_url)
    await client.auth_test()
    await place.team.uninstall()
    assert await refused(client.auth_test()) == "account_inactive"


async def test_a_method_needs_its_scope(place: Place) -> None:
    installed = place.team.install(scopes={"chat:write"})
    client = AsyncWebClient(installed.token, base_url=place.slack.api_url)
    await client.chat_postMessage(channel=place.general.id, text="may")
    with pytest.raises(SlackApiError) as caught:
        await client.reactions_add(channel=place.general.id, timestamp="1.1", name="eyes")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "reactions:write"
    other = place.team.install(scopes={"im:history"})
    client = AsyncWebClient(other.token, base_url=place.slack.api_url)
    assert await refused(client.conversations_history(channel=place.general.id)) == "missing_scope"


# Messages.


async def test_a_message_is_kept_with_its_thread_and_its_metadata(place: Place) -> None:
    root = await place.post()
    metadata = Metadata("mynah_reply", {"key": "k"})
    ts = await place.post(text="reply", thread_ts=root, metadata=metadata)
    bare = await place.client.conversations_replies(channel=place.general.id, ts=root)
    assert [m["text"] for m in bare["messages"]] == ["hello", "reply"]
    assert "metadata" not in bare["messages"][1]
    full = await place.client.conversations_replies(
        channel=place.general.id, ts=ts, include_all_metadata=True
    )
    assert full["messages"][1]["metadata"]["event_payload"] == {"key": "k"}
    assert full["messages"][1]["ts"] == ts
    shown = await place.client.conversations_history(channel=place.general.id)
    assert [m["ts"] for m in shown["messages"]] == [root]
    link = await place.client.chat_getPermalink(channel=place.general.id, message_ts=ts)
    assert f"thread_ts={root}" in link["permalink"]


async def test_only_who_is_in_a_channel_may_write_there(place: Place) -> None:
    empty = place.team.channel("empty", place.ada)
    secret = place.team.channel("secret", place.ada, kind="group")
    post = place.client.chat_postMessage
    assert await refused(post(channel=empty.id, text="x")) == "not_in_channel"
    assert await refused(post(channel=secret.id, text="x")) == "channel_not_found"
    assert await refused(post(channel="C404", text="x")) == "channel_not_found"
    await place.client.conversations_join(channel=empty.id)
    await post(channel=empty.id, text="x")
    await place.team.archive(empty, place.ada)
    assert await refused(post(channel=empty.id, text="x")) == "is_archived"


async def test_a_message_to_a_person_goes_to_their_direct_conversation(place: Place) -> None:
    sent = await place.client.chat_postMessage(channel=place.bo.id, text="psst")
    opened = await place.client.conversations_open(users=place.bo.id)
    assert sent["channel"] == opened["channel"]["id"]
    dm = place.slack.state.channels[sent["channel"]]
    assert place.team.sees(place.ada, dm) == []
    info = await place.client.conversations_info(channel=dm.id)
    assert info["channel"]["is_im"] is True
    assert info["channel"]["user"] == place.bo.id


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": ""}, "no_text"),
        ({"text": None, "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "both"}, "markdown_text_conflict"),
        ({"thread_ts": "1.1"}, "thread_not_found"),
        ({"blocks": "{"}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "bogus"}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "colour": "red"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "x" * 12_001}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 2_700)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [section("x") | {"block_id": "b"}] * 2}, "invalid_blocks"),
        ({"blocks": actions(button(value="x" * 2_001))}, "invalid_blocks"),
        ({"blocks": actions(button(action_id="x" * 256))}, "invalid_blocks"),
        ({"blocks": actions(button(), button())}, "invalid_blocks"),
        ({"blocks": actions(button(text={"type": "mrkdwn", "text": "x"}))}, "invalid_blocks"),
        (
            {"blocks": actions(button(text={"type": "plain_text", "text": "x" * 76}))},
            "invalid_blocks",
        ),
        ({"blocks": actions({"type": "lever", "action_id": "a"})}, "invalid_blocks"),
        ({"blocks": [{"type": "context_actions", "elements": [button()]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [button()]}]}, "invalid_blocks"),
        (
            {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}]},
            "invalid_blocks",
        ),
        ({"metadata": {"event_type": "a b", "event_payload": {}}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"metadata": {"event_type": "a", "event_payload": {"k": "x" * 9_000}}},
            "metadata_too_large",
        ),
    ],
)
async def test_a_message_that_slack_would_refuse_is_refused(
    place: Place, content: dict[str, Any], error: str
) -> None:
    assert await refused(place.post(**content)) == error
    assert place.slack.posts(place.general.id) == []
    assert place.slack.errors() == [("chat.postMessage", error)]


async def test_blocks_of_every_kind_that_we_send_are_taken(place: Place) -> None:
    plain = {"type": "plain_text", "text": "Good"}
    feedback = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": {"text": plain, "value": "up"},
        "negative_button": {"text": plain, "value": "down", "accessibility_label": "bad"},
    }
    cell = {"type": "raw_text", "text": "cell"}
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]}
    option = {"text": plain, "value": "teacher"}
    blocks: list[dict[str, Any]] = [
        {"type": "markdown", "text": "**bold**"},
        {"type": "rich_text", "elements": [code]},
        {"type": "table", "rows": [[cell, cell], [cell, cell]]},
        {"type": "header", "text": plain},
        section("text") | {"accessory": button(action_id="other")},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "[1] a.py"}]},
        {"type": "context_actions", "elements": [feedback]},
        *actions(button(), {"type": "overflow", "action_id": "more", "options": [option]}),
    ]
    await place.post(blocks=blocks)
    kept = place.slack.posts(place.general.id)[0].blocks
    assert [block["type"] for block in kept] == [block["type"] for block in blocks]
    assert len({block["block_id"] for block in kept}) == len(blocks)


async def test_only_the_author_changes_or_deletes_a_message(place: Place) -> None:
    said = await place.team.say(place.ada, place.general, "mine")
    update, channel = place.client.chat_update, place.general.id
    assert await refused(update(channel=channel, ts=said.ts, text="x")) == "cant_update_message"
    deletion = place.client.chat_delete(channel=channel, ts=said.ts)
    assert await refused(deletion) == "cant_delete_message"
    ts = await place.post(blocks=[section("old")], metadata=Metadata("e", {"k": 1}))
    await update(channel=channel, ts=ts, text="new")
    message = place.general.messages[ts]
    assert (message.text, message.blocks, bool(message.metadata)) == ("new", [], True)
    assert await refused(update(channel=channel, ts=ts, text="x" * 4_001)) == "msg_too_long"
    await place.client.chat_delete(channel=channel, ts=ts)
    assert await refused(update(channel=channel, ts=ts, text="x")) == "message_not_found"


async def test_what_one_person_is_shown_nobody_else_sees(place: Place) -> None:
    sent = await place.client.chat_postEphemeral(
        channel=place.general.id, user=place.bo.id, text="only you"
    )
    ts = sent["message_ts"]
    assert [m.text for m in place.team.sees(place.bo, place.general)] == ["only you"]
    assert place.team.sees(place.ada, place.general) == []
    shown = await place.client.conversations_history(channel=place.general.id)
    assert shown["messages"] == []
    root = await place.post()
    await place.client.chat_postEphemeral(
        channel=place.general.id, user=place.bo.id, text="only you", thread_ts=root
    )
    thread = await place.client.conversations_replies(channel=place.general.id, ts=root)
    assert [message["ts"] for message in thread["messages"]] == [root]
    update = place.client.chat_update(channel=place.general.id, ts=ts, text="x")
    assert await refused(update) == "message_not_found"
    outsider = place.team.user("cy")
    call = place.client.chat_postEphemeral(
        channel=place.general.id, user=outsider.id, text="only you"
    )
    assert await refused(call) == "user_not_in_channel"


async def test_pages_follow_each_other_to_the_end(place: Place) -> None:
    wanted = [await place.post(text=str(number)) for number in range(5)]
    seen: list[str] = []
    async for page in await place.client.conversations_history(channel=place.general.id, limit=2):
        assert len(page["messages"]) <= 2
        seen += [message["ts"] for message in page["messages"]]
    assert seen == wanted[::-1]
    call = place.client.conversations_history(channel=place.general.id, cursor="made-up")
    assert await refused(call) == "invalid_cursor"
    members = await place.client.conversations_members(channel=place.general.id, limit=1)
    assert members["response_metadata"]["next_cursor"]


async def test_reactions_are_unique_and_well_named(place: Place) -> None:
    ts = await place.post()
    about: dict[str, Any] = {"channel": place.general.id, "timestamp": ts}
    await place.client.reactions_add(name="+1::skin-tone-3", **about)
    add, remove = place.client.reactions_add, place.client.reactions_remove
    assert await refused(add(name="+1::skin-tone-3", **about)) == "already_reacted"
    assert await refused(add(name=":eyes:", **about)) == "invalid_name"
    assert await refused(remove(name="eyes", **about)) == "no_reaction"
    got = await place.client.reactions_get(**about)
    assert got["message"]["reactions"][0]["users"] == [place.installed.bot.id]


# People, files, response URLs.


async def test_people_and_teams_are_shown_as_they_are(place: Place) -> None:
    other = place.slack.team("partner")
    guest, foreign = place.team.user("gus", guest=True), other.user("fay")
    unseen = other.user("uma")
    place.general.members += [guest.id, foreign.id]
    await place.team.share(place.general, other)
    user = place.client.users_info
    assert (await user(user=place.ada.id))["user"]["is_admin"] is True
    assert (await user(user=guest.id))["user"]["is_restricted"] is True
    assert (await user(user=foreign.id))["user"]["is_stranger"] is True
    assert await refused(user(user=unseen.id)) == "user_not_visible"
    info = await place.client.conversations_info(channel=place.general.id)
    assert info["channel"]["is_ext_shared"] is True
    assert (await place.client.team_info())["team"]["name"] == "acme"
    bot = await place.client.bots_info(bot=place.installed.bot.bot_id)
    assert bot["bot"]["app_id"] == place.slack.app.id
    mine = await place.client.users_conversations()
    assert [channel["id"] for channel in mine["channels"]] == [place.general.id]


async def test_a_private_file_is_only_for_a_token(place: Place) -> None:
    file = place.team.file(place.ada, "notes.txt", b"secret notes")
    await place.team.say(place.ada, place.general, "see", files=[file])
    assert (await place.client.files_info(file=file.id))["file"]["size"] == 12
    async with aiohttp.ClientSession() as session:
        async with session.get(file.url) as page:
            assert "Sign in" in await page.text()
        headers = {"Authorization": f"Bearer {place.installed.token}"}
        async with session.get(file.url, headers=headers) as response:
            assert await response.read() == b"secret notes"


async def test_a_response_url_serves_five_times_in_half_an_hour(place: Place) -> None:
    state = place.slack.state
    url = state.response_url(place.installed.bot.id, place.general.id, place.ada.id)
    hook = AsyncWebhookClient(url)
    for number in range(5):
        assert (await hook.send(text=str(number))).status_code == 200
    assert (await hook.send(text="6")).body == "used_url"
    assert len(place.team.sees(place.ada, place.general)) == 5
    assert place.team.sees(place.bo, place.general) == []
    url = state.response_url(place.installed.bot.id, place.general.id, place.ada.id)
    place.slack.pass_time(1_801)
    assert (await AsyncWebhookClient(url).send(text="late")).body == "expired_url"


# What goes wrong.


async def test_a_rate_limit_says_how_long_to_wait_and_lifts_when_time_has_passed(
    place: Place,
) -> None:
    place.slack.limit("chat.postMessage", after=1, retry_after=7)
    await place.post()
    with pytest.raises(SlackApiError) as caught:
        await place.post()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    place.slack.pass_time(6)
    assert await refused(place.post()) == "ratelimited"
    place.slack.pass_time(1)
    await place.post()
    place.slack.limit("chat.postMessage", times=1, channel="C404")
    await place.post()
    place.slack.limit("chat.postMessage", times=1)
    assert await refused(place.post()) == "ratelimited"
    await place.post()


async def test_failures_come_as_asked_even_after_the_work_was_done(place: Place) -> None:
    place.slack.fail("chat.postMessage", "fatal_error")
    assert await refused(place.post()) == "fatal_error"
    place.slack.fail("chat.postMessage", status=0, done=True)
    with pytest.raises(aiohttp.ClientError):
        await place.post(text="done")
    assert [message.text for message in place.slack.posts(place.general.id)] == ["done"]
    place.slack.fail("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as caught:
        await place.post()
    assert caught.value.response.status_code == 503


async def test_a_gate_holds_a_call_back(place: Place) -> None:
    gate = place.slack.hold("chat.postMessage")
    waiting = asyncio.create_task(place.post())
    await place.slack.until(lambda: gate.held == 1)
    assert place.slack.posts(place.general.id) == []
    gate.open()
    await waiting
    assert len(place.slack.posts(place.general.id)) == 1
