"""What people do in Slack, over real sockets, with the whole of Mynah behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.app import open_mynah
from integrations.surfaces.slack.listening import SlackUnavailable
from integrations.surfaces.slack.reading import ids
from tests.bot.conftest import SCRIPTED
from tests.bot.slack_place import Place, open_place, words
from tests.bot.support import OPENAI_KEY, settings_of
from tests.standins.model_wire import Script
from tests.standins.slack_delivery import written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from integrations.contracts.host import Accepted, Host
    from integrations.contracts.incoming import Incoming
    from tests.standins.model_server import ModelServer

BILLING = "Which team owns our billing service?"


@pytest.fixture(params=["socket", "http"])
async def place(
    request: pytest.FixtureRequest, fresh_database: str, encryption_key: str, tmp_path: Path
) -> AsyncIterator[Place]:
    """A Mynah in a team, on either way."""
    socket = request.param == "socket"
    async with open_place(tmp_path / "home", fresh_database, encryption_key, socket=socket) as it:
        yield it


@pytest.fixture
async def by_socket(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> AsyncIterator[Place]:
    async with open_place(tmp_path / "home", fresh_database, encryption_key, socket=True) as it:
        yield it


@pytest.fixture
async def by_http(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path / "home", fresh_database, encryption_key, socket=False) as it:
        yield it


class Away:
    """A host whose database is away: it answers, and takes nothing."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    async def accept(self, incoming: Incoming) -> Accepted:
        raise ConnectionError(f"{incoming.kind} cannot be stored")


async def test_a_mention_is_answered_once_in_its_thread(place: Place) -> None:
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    (answer,) = place.answers(place.general)
    assert answer.thread_ts == asked.ts
    assert "42" in words(answer)
    # It came as a mention and as a message of the channel.
    assert len(place.slack.courier.deliveries) >= 2
    assert all(delivery.acked for delivery in place.slack.courier.deliveries)
    assert place.count("interactions") == 1


async def test_whatever_comes_twice_is_answered_once(place: Place) -> None:
    place.slack.courier.repeats = 2
    await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    (answer,) = place.answers(place.general)
    await place.team.react(place.bob, answer, "thumbsup")
    await place.work()
    assert place.ratings() == [5.0]
    assert place.count("interactions") == 1


async def test_a_follow_up_in_the_thread_needs_no_mention(by_socket: Place) -> None:
    place = by_socket
    first = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    second = await place.ask(place.bob, place.general, "and what is 6 * 8?", first.thread_ts)
    assert second.thread_ts == first.thread_ts
    assert "48" in words(second)


async def test_a_thread_without_us_is_none_of_our_business(by_socket: Place) -> None:
    place = by_socket
    root = await place.team.say(place.ada, place.general, "what is 6 * 7?")
    await place.team.say(place.bob, place.general, "42, I think", root.ts)
    await place.work()
    assert place.answers(place.general) == []
    assert place.count("inbox") == 0


async def test_a_direct_message_is_answered_where_it_is(by_socket: Place) -> None:
    place = by_socket
    direct = place.dm(place.ada)
    answer = await place.ask(place.ada, direct, "what is 6 * 7?")
    assert (answer.thread_ts, "42" in words(answer)) == ("", True)
    assert place.rows("SELECT thread_id, audience FROM conversations WHERE workspace_id = %s") == [
        ("dm", f"user:{place.ada.id}")
    ]


async def test_thumbs_down_by_emoji_and_by_button_change_the_rating(place: Place) -> None:
    answer = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.team.react(place.bob, answer, "thumbsdown::skin-tone-3")
    await place.work()
    assert place.ratings() == [1.0]
    await place.team.unreact(place.bob, answer, "thumbsdown::skin-tone-3")
    await place.work()
    assert place.ratings() == [None]
    done = await place.team.click(place.ada, answer, ids.FEEDBACK, "negative")
    assert not done.failure
    await place.work()
    assert place.ratings() == [1.0]


async def test_a_correction_by_dialog_answers_the_same_question_from_then_on(place: Place) -> None:
    answer = await place.ask(place.ada, place.general, f"{place.called} {BILLING}")
    await place.team.click(place.ada, answer, ids.CORRECT)
    await place.slack.until(lambda: place.team.modal(place.ada))
    view = place.team.modal(place.ada)
    assert view is not None
    refused = await place.team.submit(place.ada, view, {ids.TEXT: " \u200b "})
    assert "empty" in str(refused.reply)
    assert place.count("learnings") == 0
    done = await place.team.submit(place.ada, view, {ids.TEXT: "Billing belongs to Team Heron."})
    assert not done.failure
    assert place.team.modal(place.ada) is None
    await place.work()
    again = await place.ask(place.ada, place.general, f"{place.called} {BILLING}")
    assert "Team Heron" in words(again)
    assert again.thread_ts != answer.thread_ts


async def test_what_was_meant_is_chosen_by_a_button(place: Place) -> None:
    asked = await place.ask(place.ada, place.general, f"{place.called} build api")
    choices = [
        element["action_id"]
        for block in asked.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"].startswith(ids.CHOOSE)
    ]
    assert len(choices) == 3
    assert not (await place.team.click(place.ada, asked, choices[0])).failure
    await place.work()
    answers = place.answers(place.general, asked.thread_ts)
    assert len(answers) == 2
    chosen = place.rows(
        "SELECT outcome FROM interpretations WHERE workspace_id = %s AND outcome IS NOT NULL"
    )
    assert chosen == [("first",)]
    # Somebody else did not ask it, and is told so alone.
    await place.team.click(place.bob, asked, choices[1])
    await place.slack.until(lambda: place.whispers(place.bob, place.general))
    assert "not yours" in place.whispers(place.bob, place.general)[0]


async def test_commands_are_answered_to_who_typed_them_alone(place: Place) -> None:
    answer = await place.ask(place.ada, place.general, f"{place.called} {BILLING}")
    await place.team.click(place.ada, answer, ids.CORRECT)
    await place.slack.until(lambda: place.team.modal(place.ada))
    view = place.team.modal(place.ada)
    assert view is not None
    await place.team.submit(place.ada, view, {ids.TEXT: "Billing belongs to Team Heron."})
    await place.work()
    told = len(place.whispers(place.ada, place.general))
    assert not (await place.team.command(place.ada, place.general, "/mynah learnings")).failure
    await place.slack.until(lambda: len(place.whispers(place.ada, place.general)) > told)
    assert "billing" in place.whispers(place.ada, place.general)[-1]
    assert "Mynah can be wrong" not in place.whispers(place.ada, place.general)[-1]
    await place.team.command(place.bob, place.general, "/mynah")
    await place.slack.until(lambda: place.whispers(place.bob, place.general))
    assert "forget ID" in place.whispers(place.bob, place.general)[-1]


async def test_why_and_forget_are_a_button_each(by_socket: Place) -> None:
    place = by_socket
    answer = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.team.click(place.bob, answer, ids.WHY)
    await place.slack.until(lambda: place.whispers(place.bob, place.general))
    assert "math" in place.whispers(place.bob, place.general)[0].lower()
    await place.team.click(place.bob, answer, ids.FORGET)
    await place.slack.until(lambda: len(place.whispers(place.bob, place.general)) == 2)
    assert "Somebody else asked" in place.whispers(place.bob, place.general)[1]
    assert place.count("interactions") == 1
    await place.team.click(place.ada, answer, ids.FORGET)
    await place.slack.until(lambda: place.whispers(place.ada, place.general))
    assert place.count("interactions") == 0


async def test_whoever_deletes_their_question_has_it_forgotten(by_socket: Place) -> None:
    place = by_socket
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    await place.team.delete(place.ada, asked)
    assert place.count("interactions") == 0
    assert place.count("messages") == 0


async def test_another_answer_and_another_expert_can_be_had(by_socket: Place) -> None:
    place = by_socket
    answer = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.team.click(place.ada, answer, ids.REGENERATE)
    await place.work()
    interaction = place.rows("SELECT id FROM interactions WHERE workspace_id = %s ORDER BY id")[0][
        0
    ]
    await place.team.click(place.ada, answer, ids.ANOTHER, f"{interaction}:senior")
    await place.work()
    assert len(place.answers(place.general, answer.thread_ts)) == 3
    assert place.rows(
        "SELECT again IS NOT NULL, asked_role FROM interactions WHERE workspace_id = %s ORDER BY id"
    ) == [(False, None), (True, None), (True, "senior")]


async def test_a_question_by_command_is_shown_and_answered_in_its_thread(by_socket: Place) -> None:
    place = by_socket
    await place.team.command(place.ada, place.general, "/mynah ask what is 6 * 7?")
    await place.slack.until(lambda: place.answers(place.general))
    (question,) = place.answers(place.general)
    await place.work()
    (_, answer) = place.answers(place.general)
    assert (answer.thread_ts, "42" in words(answer)) == (question.ts, True)
    assert place.ada.id in words(question)


async def test_the_tab_shows_what_is_known_and_turns_learning_off(by_socket: Place) -> None:
    place = by_socket
    await place.ask(place.ada, place.dm(place.ada), "I prefer TypeScript. What is 6 * 7?")
    await place.team.open_home(place.ada)
    await place.slack.until(lambda: place.team.home(place.ada))
    view = place.team.home(place.ada)
    assert view is not None
    assert "TypeScript" in str(view["blocks"])
    await place.team.click_view(place.ada, view, f"{ids.RUN}_off", "off")
    await place.slack.until(lambda: "Learn from me again" in str(place.team.home(place.ada)))
    assert place.rows("SELECT granted FROM consents WHERE workspace_id = %s") == [(False,)]


async def test_only_our_name_is_answered_with_what_to_write(by_socket: Place) -> None:
    place = by_socket
    await place.team.say(place.ada, place.general, place.called)
    await place.slack.until(lambda: place.whispers(place.ada, place.general))
    await place.work()
    (told,) = place.whispers(place.ada, place.general)
    assert "write a question" in told
    assert "validation error" not in told


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    place: Place,
) -> None:
    surface = place.mynah.surfaces["slack"]
    await surface.stop()
    await surface.start(Away(place.mynah.host))
    place.slack.courier.ack_within_s = 1.0
    await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    assert not any(delivery.acked for delivery in place.slack.courier.deliveries)
    await surface.stop()
    await surface.start(place.mynah.host)
    await place.slack.courier.retry()
    await place.work()
    assert all(delivery.acked for delivery in place.slack.courier.deliveries)
    (answer,) = place.answers(place.general)
    assert "42" in words(answer)


async def test_requests_that_slack_did_not_sign_are_refused(by_http: Place) -> None:
    place, courier = by_http, by_http.slack.courier
    await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    body, kind = written("events_api", courier.deliveries[0].body)
    signed = courier.headers(place.slack.app, body)
    url = place.slack.app.request_url
    async with httpx.AsyncClient(trust_env=False) as client:
        for headers, content in (
            (signed | {"X-Slack-Signature": "v0=" + "0" * 64}, body),
            (signed, body.replace("6 * 7", "6 * 8")),
            (courier.headers(place.slack.app, body, age_s=600), body),
            ({"Content-Type": kind}, body),
        ):
            refused = await client.post(url, headers=headers, content=content)
            assert refused.status_code == 401
        garbage = "{" * 9
        headers = courier.headers(place.slack.app, garbage)
        assert (await client.post(url, headers=headers, content=garbage)).status_code == 400
        # Through a tunnel it comes under another name.
        named = signed | {"Host": "mynah.example.com"}
        assert (await client.post(url, headers=named, content=body)).status_code == 200
        page = await client.get(url.replace("/slack/events", "/"), headers={"Host": "example.com"})
        assert page.status_code == 400
    assert place.count("interactions") == 1


async def test_after_it_was_removed_nothing_is_said_any_more(by_socket: Place) -> None:
    place = by_socket
    await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.team.uninstall()
    await place.mynah.work_off()
    tried = {seen.method for seen in place.slack.calls}
    assert tried <= {"auth.test", "apps.connections.open"}
    assert place.rows("SELECT status FROM outbox WHERE workspace_id = %s") == [("failed",)]


async def test_a_wrong_token_is_said_at_the_start_without_repeating_it(
    by_socket: Place, fresh_database: str, encryption_key: str, tmp_path: Path
) -> None:
    api = {"SLACK_API_URL": by_socket.slack.api_url}
    for tokens, named in (
        ({"SLACK_BOT_TOKEN": "xoxb-made-up"}, "SLACK_BOT_TOKEN"),
        (
            {"SLACK_BOT_TOKEN": by_socket.installed.token, "SLACK_APP_TOKEN": "xapp-made-up"},
            "SLACK_APP_TOKEN",
        ),
    ):
        settings = settings_of(tmp_path / "home", fresh_database, encryption_key, **tokens, **api)
        async with open_mynah(settings, only=["slack"]) as mynah:
            with pytest.raises(SlackUnavailable, match=named) as caught:
                await mynah.surfaces["slack"].start(mynah.host)
        assert "made-up" not in str(caught.value) + repr(settings)


async def test_stop_is_heard_while_an_answer_is_written(
    fresh_database: str, encryption_key: str, tmp_path: Path, models: ModelServer
) -> None:
    models.answer = lambda _: Script(("First. ", "Never."), first_delay_s=0, delay_s=30)
    scripted = SCRIPTED | {"OPENAI_BASE_URL": models.openai_url, "OPENAI_API_KEY": OPENAI_KEY}
    async with open_place(
        tmp_path / "home", fresh_database, encryption_key, socket=True, **scripted
    ) as place:
        asked = await place.team.say(
            place.ada, place.general, f"{place.called} write a python function that never ends"
        )
        working = asyncio.create_task(place.mynah.work_off())
        threads = place.slack.state.threads
        here = (place.general.id, asked.ts)
        await place.slack.until(lambda: threads.get(here, {}).get("session") == "processing")
        await place.team.stop(place.ada, place.general, asked.ts)
        await working
        (answer,) = place.answers(place.general)
        assert "First." in words(answer)
        assert "Stopped" in words(answer)
        assert threads[here]["session"] == "active"


async def test_a_mention_that_is_edited_in_is_a_question(
    by_socket: Place,
) -> None:
    place = by_socket
    said = await place.team.say(place.ada, place.general, "what is 6 * 7?")
    await place.work()
    assert place.answers(place.general) == []
    await place.team.edit(place.ada, said, f"{place.called} what is 6 * 7?")
    await place.work()
    (answer,) = place.answers(place.general, said.ts)
    assert "42" in words(answer)


async def test_a_delivery_that_was_lost_on_the_way_back_is_not_posted_again(
    by_socket: Place,
) -> None:
    place = by_socket
    place.slack.fail("chat.postMessage", status=0, done=True)
    await place.team.say(place.ada, place.dm(place.ada), "what is 6 * 7?")
    await place.work()
    place.rows(
        "UPDATE procrastinate_jobs SET scheduled_at = now() "
        "WHERE status = 'todo' AND args->>'workspace_id' = %s"
    )
    await place.work()
    assert len(place.answers(place.dm(place.ada))) == 1
    assert place.rows("SELECT status FROM outbox WHERE workspace_id = %s") == [("delivered",)]
