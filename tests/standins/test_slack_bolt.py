"""Events, interactions and commands of the stand-in for Slack, in a real Bolt app."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack_bolt_app import Noted, bolt, over_http, over_socket
from tests.standins.slack_place import Place, actions, button, modal, section

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MODES = pytest.mark.parametrize("mode", ["http", "socket"])


@asynccontextmanager
async def running(place: Place, mode: str) -> AsyncIterator[Noted]:
    """A Bolt app with the place's token, connected in one of the two ways."""
    noted = Noted()
    token = place.installed.token
    if mode == "http":
        app = bolt(place.slack, noted, token=token, signing_secret=place.slack.app.signing_secret)
        async with over_http(place.slack, app):
            yield noted
            await place.slack.courier.settled()
    else:
        async with over_socket(place.slack, bolt(place.slack, noted, token=token)):
            await place.slack.until(lambda: place.slack.sockets.links)
            yield noted
            await place.slack.courier.settled()
        assert place.slack.sockets.faults == []


def feedback() -> list[dict[str, Any]]:
    sides = {
        f"{side}_button": {"text": {"type": "plain_text", "text": side}, "value": f"{side}:1"}
        for side in ("positive", "negative")
    }
    element = {"type": "feedback_buttons", "action_id": "rate", **sides}
    return [{"type": "context_actions", "elements": [element]}]


# Events.


@MODES
async def test_a_mention_is_two_events_of_one_message(place: Place, mode: str) -> None:
    async with running(place, mode) as noted:
        said = await place.team.say(place.ada, place.general, f"<@{place.installed.bot.id}> why?")
        await noted.heard("app_mention", "message")
        bodies = noted.of("app_mention") + noted.of("message")
        assert {body["event"]["ts"] for body in bodies} == {said.ts}
        assert len({body["event_id"] for body in bodies}) == 2
        assert {body["event"]["user"] for body in bodies} == {place.ada.id}
        assert all(delivery.acked for delivery in place.slack.courier.deliveries)


@MODES
async def test_what_people_do_reaches_its_listeners(place: Place, mode: str) -> None:
    async with running(place, mode) as noted:
        team, ada, general = place.team, place.ada, place.general
        said = await team.say(ada, general, "one")
        reply = await team.say(place.bo, general, "two", said.ts)
        await team.edit(ada, said, "uno")
        await team.delete(place.bo, reply)
        await team.react(place.bo, said, "+1::skin-tone-2")
        await team.unreact(place.bo, said, "+1::skin-tone-2")
        await team.join(team.user("cy"), general)
        await team.leave(place.bo, general)
        await team.open_home(ada)
        await team.open_assistant(ada)
        await noted.heard(
            *["message"] * 4,
            "reaction_added",
            "reaction_removed",
            "member_joined_channel",
            "member_left_channel",
            "app_home_opened",
            "assistant_thread_started",
        )
        messages = [body["event"] for body in noted.of("message")]
        subtypes = {event.get("subtype") for event in messages}
        assert subtypes == {None, "message_changed", "message_deleted"}
        changed = next(e for e in messages if e.get("subtype") == "message_changed")
        assert changed["message"]["text"] == "uno"
        assert changed["previous_message"]["text"] == "one"
        [added] = noted.of("reaction_added")
        assert added["event"]["item"] == {"type": "message", "channel": general.id, "ts": said.ts}


async def test_an_app_hears_only_where_it_is_and_what_it_subscribed_to(place: Place) -> None:
    elsewhere = place.team.channel("elsewhere", place.ada)
    await place.team.say(place.ada, elsewhere, f"<@{place.installed.bot.id}>")
    assert not place.slack.courier.deliveries
    place.slack.app.events = frozenset({"message.groups"})
    await place.team.say(place.ada, place.general, f"<@{place.installed.bot.id}>")
    assert not place.slack.courier.deliveries
    secret = place.team.channel("secret", place.ada, place.installed.bot, kind="group")
    await place.team.say(place.ada, secret, "hello")
    assert [d.name for d in place.slack.courier.deliveries] == ["message.groups"]
    place.team.install(scopes={"chat:write"})
    await place.team.say(place.ada, secret, "unheard: no groups:history")
    assert len(place.slack.courier.deliveries) == 1


async def test_what_an_app_writes_comes_back_to_it_marked_as_its_own(place: Place) -> None:
    async with running(place, "http") as noted:
        await place.post()
        await place.slack.courier.settled()
        [delivery] = place.slack.courier.deliveries
        assert delivery.event["bot_id"] == place.installed.bot.bot_id
        assert delivery.acked
        assert noted.names() == []


async def test_a_shared_channel_says_whose_words_they_are(place: Place) -> None:
    partner = place.slack.team("partner")
    fay = partner.user("fay")
    place.general.members.append(fay.id)
    await place.team.share(place.general, partner)
    await partner.say(fay, place.general, "from outside")
    body = place.slack.courier.deliveries[-1].body
    assert body["is_ext_shared_channel"] is True
    assert body["event"]["user_team"] == partner.id
    assert body["authorizations"][0]["team_id"] == place.team.id


# Delivery.


async def test_a_forged_or_stale_request_is_not_taken(place: Place) -> None:
    async with running(place, "http") as noted, aiohttp.ClientSession() as session:
        courier, app = place.slack.courier, place.slack.app
        body = '{"type": "event_callback", "event": {"type": "app_mention"}}'
        assert await courier.challenge(app)
        statuses = []
        good = courier.headers(app, body)
        for headers in (
            good,
            good | {"X-Slack-Signature": "v0=00"},
            courier.headers(app, body, age_s=400),
            courier.headers(app, body + " "),
        ):
            async with session.post(app.request_url, data=body, headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [200, 401, 401, 401]
        await noted.heard("app_mention")


async def test_an_event_that_was_not_taken_is_sent_again_three_times(place: Place) -> None:
    headers: list[dict[str, str]] = []
    statuses = [500, 500, 404, 200]

    async def take(request: aiohttp.web.Request) -> aiohttp.web.Response:
        headers.append(dict(request.headers))
        return aiohttp.web.Response(status=statuses[len(headers) - 1])

    served = aiohttp.web.Application()
    served.add_routes([aiohttp.web.post("/", take)])
    runner = aiohttp.web.AppRunner(served)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        place.slack.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        await place.team.say(place.ada, place.general, "again?")
        [delivery] = place.slack.courier.deliveries
        while await place.slack.courier.retry():
            pass
    finally:
        await runner.cleanup()
    assert [one.get("X-Slack-Retry-Num") for one in headers] == [None, "1", "2", "3"]
    assert headers[1]["X-Slack-Retry-Reason"] == "http_error"
    assert delivery.acked
    assert await place.slack.courier.retry() == []


async def test_slack_gives_up_after_three_retries(place: Place) -> None:
    await place.team.say(place.ada, place.general, "nobody listens")
    while await place.slack.courier.retry():
        pass
    [delivery] = place.slack.courier.deliveries
    assert [a.failure for a in delivery.attempts] == ["connection_failed"] * 4


@MODES
async def test_every_event_can_come_twice_under_the_same_id(place: Place, mode: str) -> None:
    place.slack.courier.repeats = 1
    async with running(place, mode) as noted:
        await place.team.say(place.ada, place.general, "twice")
        await noted.heard("message", "message")
        assert len({body["event_id"] for body in noted.of("message")}) == 1


# Interactions.


@MODES
async def test_a_button_a_modal_a_command_and_a_shortcut(place: Place, mode: str) -> None:
    async with running(place, mode) as noted:
        team, ada, general = place.team, place.ada, place.general
        ts = await place.post(blocks=actions(button()) + feedback())
        message = general.messages[ts]
        await team.click(ada, message, "rate", "negative")
        await team.click(ada, message, "rate", "1")
        kinds = [body["actions"][0]["type"] for body in noted.of("action")]
        assert kinds == ["feedback_buttons", "button"]
        clicked = noted.of("action")[0]
        assert clicked["actions"][0]["value"] == "negative:1"
        opened = await place.client.views_open(trigger_id=clicked["trigger_id"], view=modal())
        answer = await team.submit(ada, opened["view"].copy(), {"reason": "too long"})
        assert answer.status == 200
        [sent] = noted.of("view")
        assert sent["view"]["state"]["values"]["b"]["reason"]["value"] == "too long"
        assert team.modal(ada) is None
        noted.command_answer = "Here is how."
        await team.command(ada, general, "/mynah help")
        assert (noted.of("command")[0]["command"], noted.of("command")[0]["text"]) == (
            "/mynah",
            "help",
        )
        assert team.sees(ada, general)[-1].text == "Here is how."
        assert team.sees(place.bo, general)[-1].text != "Here is how."
        await team.shortcut(ada, "teach", message)
        await team.shortcut(ada, "teach")
        assert [b["type"] for b in noted.of("shortcut")] == ["message_action", "shortcut"]


@MODES
async def test_a_form_can_be_sent_back_with_errors_or_go_on(place: Place, mode: str) -> None:
    async with running(place, mode) as noted:
        state, team, ada = place.slack.state, place.team, place.ada
        trigger = state.trigger(team.id, ada.id, place.slack.app)
        form = modal(notify_on_close=True)
        view = (await place.client.views_open(trigger_id=trigger, view=form))["view"]
        for wrong in ({}, {"reason": "x" * 21}, {"reason": "fine", "colour": "red"}):
            with pytest.raises(ValueError, match=r"required|characters|no such field"):
                await team.submit(ada, view, wrong)
        noted.view_answer = {"response_action": "errors", "errors": {"b": "Say more."}}
        await team.submit(ada, view, {"reason": "x"})
        assert team.modal(ada) is not None
        following = modal(blocks=[section("Thanks")])
        noted.view_answer = {"response_action": "update", "view": following}
        await team.submit(ada, view, {"reason": "more"})
        shown = team.modal(ada)
        assert shown is not None
        assert shown["blocks"][0]["text"]["text"] == "Thanks"
        await team.close(ada, shown)
        assert team.modal(ada) is None
        assert noted.names() == ["view", "view"]


async def test_people_cannot_do_what_slack_does_not_offer(place: Place) -> None:
    ts = await place.post(blocks=actions(button()))
    message, team = place.general.messages[ts], place.team
    outsider = team.user("cy")
    with pytest.raises(ValueError, match="no control"):
        await team.click(place.ada, message, "missing")
    with pytest.raises(ValueError, match="does not see"):
        await team.click(outsider, message, "rate")
    with pytest.raises(ValueError, match="cannot write"):
        await team.say(outsider, place.general, "hello")
    with pytest.raises(ValueError, match="not a valid command"):
        await team.command(place.ada, place.general, "/other")
    with pytest.raises(ValueError, match="did not write"):
        await team.edit(place.ada, message, "x")
    await team.uninstall()
    with pytest.raises(ValueError, match="gone"):
        await team.click(place.ada, message, "rate")


# Socket Mode.


async def test_a_link_is_replaced_when_slack_asks_for_it(place: Place) -> None:
    async with running(place, "socket") as noted:
        [old] = place.slack.sockets.links
        await place.slack.sockets.refresh(place.slack.app)
        await place.slack.until(
            lambda: place.slack.sockets.links and old not in place.slack.sockets.links
        )
        await place.team.say(place.ada, place.general, "still there?")
        await noted.heard("message")


async def test_an_event_goes_over_one_of_several_links_and_never_over_an_eleventh(
    place: Place,
) -> None:
    slack = place.slack
    slack.app.socket_mode = True
    client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        links, url = [], ""
        for number in range(11):
            opened = await client.apps_connections_open(app_token=slack.app.app_token)
            url = str(opened["url"])
            links.append(await session.ws_connect(url))
            hello = await links[-1].receive_json()
            assert hello["type"] == ("hello" if number < 10 else "disconnect")
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        said = asyncio.create_task(place.team.say(place.ada, place.general, "one of you"))
        await slack.until(lambda: sum(link.delivered for link in slack.sockets.links) == 1)
        index = [link.delivered for link in slack.sockets.links].index(1)
        envelope = await links[index].receive_json()
        ack = {"envelope_id": envelope["envelope_id"]}
        await links[index].send_json({**ack, "payload": {"text": "no"}})
        await slack.until(lambda: slack.sockets.faults)
        await links[index].send_json(ack)
        await said
        await links[index].send_json(ack)
        await links[index].send_json({"envelope_id": "made-up"})
        await slack.until(lambda: len(slack.sockets.faults) == 3)
        for link in links:
            await link.close()
    await slack.until(lambda: not slack.sockets.links)
    await place.team.say(place.ada, place.general, "nobody there")
    assert slack.courier.deliveries[-1].attempts[0].failure == "connection_failed"


async def test_an_unacknowledged_envelope_comes_again_over_another_link(place: Place) -> None:
    slack = place.slack
    slack.app.socket_mode, slack.courier.ack_within_s = True, 0.01
    client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        opened = await client.apps_connections_open(app_token=slack.app.app_token)
        async with session.ws_connect(opened["url"]) as link:
            await link.receive_json()
            await place.team.say(place.ada, place.general, "are you there?")
            first = await link.receive_json()
            slack.courier.ack_within_s = 3
            again = asyncio.create_task(slack.courier.retry())
            second = await link.receive_json()
            await link.send_json({"envelope_id": second["envelope_id"]})
            [delivery] = await again
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
    assert second["retry_reason"] == "timeout"
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert delivery.acked
