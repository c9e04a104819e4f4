"""Streams, sessions and views of the stand-in for Slack, against the real SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.slack_place import Place, actions, button, modal, refused, section


async def test_a_stream_is_started_fed_and_stopped_in_this_order(place: Place) -> None:
    root = await place.team.say(place.ada, place.general, "why?")
    about: dict[str, Any] = {"channel": place.general.id}
    stream: dict[str, Any] = {**about, "thread_ts": root.ts}
    start = place.client.chat_startStream
    assert await refused(start(**stream)) == "missing_recipient_user_id"
    assert await refused(start(**stream, recipient_user_id="U1")) == "missing_recipient_team_id"
    started = await start(**stream, recipient_user_id=place.ada.id, recipient_team_id=place.team.id)
    about["ts"] = started["ts"]
    update = place.client.chat_update(text="x", **about)
    assert await refused(update) == "streaming_state_conflict"
    await place.client.chat_appendStream(markdown_text="be", **about)
    await place.client.chat_appendStream(
        chunks=[{"type": "markdown_text", "text": "cause"}], **about
    )
    bad = place.client.chat_appendStream(chunks=[{"type": "song"}], **about)
    assert await refused(bad) == "invalid_chunks"
    await place.client.chat_stopStream(blocks=actions(button()), **about)
    message = place.general.messages[about["ts"]]
    assert (message.text, message.stream) == ("because", "stopped")
    late = place.client.chat_appendStream(markdown_text="!", **about)
    assert await refused(late) == "message_not_in_streaming_state"
    await place.client.chat_update(text="final", **about)


async def test_the_sdks_own_streamer_works_in_a_direct_conversation(place: Place) -> None:
    dm = place.team.dm(place.installed.bot, place.ada)
    root = await place.team.say(place.ada, dm, "why?")
    streamer = await place.client.chat_stream(channel=dm.id, thread_ts=root.ts, buffer_size=1)
    await streamer.append(markdown_text="be")
    await streamer.stop(markdown_text="cause", session_status="active")
    assert dm.messages[str(streamer.ts)].text == "because"
    assert place.slack.state.threads[dm.id, root.ts]["session"] == "active"


async def test_a_stream_that_is_too_old_is_closed(place: Place) -> None:
    dm = place.team.dm(place.installed.bot, place.ada)
    root = await place.team.say(place.ada, dm, "why?")
    started = await place.client.chat_startStream(channel=dm.id, thread_ts=root.ts)
    place.slack.pass_time(400)
    late = place.client.chat_appendStream(channel=dm.id, ts=started["ts"], markdown_text="x")
    assert await refused(late) == "message_not_in_streaming_state"


async def test_stop_ends_the_stream_of_a_session(place: Place) -> None:
    dm = place.team.dm(place.installed.bot, place.ada)
    root = await place.team.say(place.ada, dm, "why?")
    with pytest.raises(ValueError, match="no stop button"):
        await place.team.stop(place.ada, dm, root.ts)
    session: dict[str, Any] = {"channel_id": dm.id, "thread_ts": root.ts}
    await place.client.agents_sessions_setStatus(status="processing", title="Why", **session)
    wrong = place.client.agents_sessions_setStatus(status="thinking", **session)
    assert await refused(wrong) == "invalid_arguments"
    started = await place.client.chat_startStream(channel=dm.id, thread_ts=root.ts)
    await place.team.stop(place.ada, dm, root.ts)
    event = place.slack.courier.deliveries[-1].event
    assert event["type"] == "agent_session_stopped"
    assert event["streaming_message_ts"] == [started["ts"]]
    late = place.client.chat_appendStream(channel=dm.id, ts=started["ts"], markdown_text="x")
    assert await refused(late) == "stopped_by_user"
    await place.client.agents_sessions_rename(title="Because", **session)
    assert place.slack.state.threads[dm.id, root.ts]["title"] == "Because"
    place.slack.app.events = frozenset({"app_mention"})
    warned = await place.client.agents_sessions_setStatus(status="processing", **session)
    assert "agent_session_stopped" in warned["warning"]


async def test_the_assistant_shows_status_title_and_prompts(place: Place) -> None:
    root = await place.team.open_assistant(place.ada)
    about: dict[str, Any] = {"channel_id": root.channel, "thread_ts": root.ts}
    threads = place.client
    await threads.assistant_threads_setStatus(
        status="is looking", loading_messages=["Reading…"], **about
    )
    await threads.assistant_threads_setTitle(title="Resets", **about)
    prompt = {"title": "Reset", "message": "How do I reset it?"}
    await threads.assistant_threads_setSuggestedPrompts(prompts=[prompt], **about)
    too_many = threads.assistant_threads_setSuggestedPrompts(prompts=[prompt] * 5, **about)
    assert await refused(too_many) == "invalid_arguments"
    kept = place.slack.state.threads[root.channel, root.ts]
    assert (kept["status"], kept["title"], kept["prompts"]) == ("is looking", "Resets", [prompt])


async def test_a_home_tab_is_published_and_guarded_by_its_hash(place: Place) -> None:
    home = {"type": "home", "blocks": [section("hello")]}
    first = await place.client.views_publish(user_id=place.ada.id, view=home)
    await place.client.views_publish(user_id=place.ada.id, view=home, hash=first["view"]["hash"])
    late = place.client.views_publish(user_id=place.ada.id, view=home, hash=first["view"]["hash"])
    assert await refused(late) == "hash_conflict"
    assert place.team.home(place.bo) is None
    view = place.team.home(place.ada)
    assert view is not None
    assert view["id"] == first["view"]["id"]


@pytest.mark.parametrize(
    ("view", "error"),
    [
        (modal(title={"type": "plain_text", "text": "x" * 25}), "invalid_arguments"),
        (modal(private_metadata="x" * 3_001), "invalid_arguments"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "invalid_blocks"),
        (modal(type="home"), "invalid_arguments"),
        (modal(submit=None) | {"colour": "red"}, "invalid_arguments"),
    ],
)
async def test_a_view_that_slack_would_refuse_is_refused(
    place: Place, view: dict[str, Any], error: str
) -> None:
    trigger = place.slack.state.trigger(place.team.id, place.ada.id, place.slack.app)
    assert await refused(place.client.views_open(trigger_id=trigger, view=view)) == error


async def test_a_trigger_opens_one_modal_and_not_for_long(place: Place) -> None:
    state, open_view = place.slack.state, place.client.views_open
    trigger = state.trigger(place.team.id, place.ada.id, place.slack.app)
    await open_view(trigger_id=trigger, view=modal())
    assert place.team.modal(place.ada) is not None
    assert await refused(open_view(trigger_id=trigger, view=modal())) == "exchanged_trigger_id"
    assert await refused(open_view(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"
    trigger = state.trigger(place.team.id, place.ada.id, place.slack.app)
    place.slack.pass_time(3.5)
    assert await refused(open_view(trigger_id=trigger, view=modal())) == "expired_trigger_id"
