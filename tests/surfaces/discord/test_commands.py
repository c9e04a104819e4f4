"""Commands and menus in Discord, over real sockets, against a host that notes them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.app_commands import CommandTree, Group

from integrations.contracts.host import CommandHelp, CommandReply
from integrations.contracts.incoming import IncomingMessage, IncomingReaction
from integrations.surfaces.discord.client import logged_in
from integrations.surfaces.discord.pressing.commands import build
from integrations.surfaces.discord.pressing.presses import NOT_YOURS, register
from integrations.surfaces.discord.pressing.private import LATE
from integrations.surfaces.discord.pressing.telling import LATE as TOLD_LATE
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.sayings import HOW_TO_RATE, WRONG
from tests.surfaces.discord.pressing import ANSWER, named, pressing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.surfaces.discord.pressing import Here

LEARNED = {
    "learnings": [{"id": str(ANSWER), "learned_from": str(ANSWER), "question": "Who? " * 40}],
    "memories": [{"id": "0197a000-0000-7000-8000-00000000feed", "text": "likes tables"}],
}


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    async with pressing() as it:
        yield it


def _commands(here: Here) -> dict[str, Any]:
    return {each["name"]: each for each in here.discord.state.commands[""].values()}


async def test_discord_is_told_of_the_table_in_four_languages_and_only_when_it_changed(
    here: Here,
) -> None:
    known = _commands(here)
    own = {"learnings", "why", "forget", "correct", "export", "nudges", "model"}
    assert set(known) == {"ask", "mynah", *own, "Rate answer", "Teach Mynah", "Forget this"}
    below = {each["name"] for each in known["mynah"]["options"]}
    assert below == {"me", "remember", "forget-me", "forget-source", "off", "learning", "knowledge"}
    assert set(known["forget"]["description_localizations"]) >= {"de", "fr", "es-ES"}
    assert known["ask"]["contexts"] == [0, 1, 2]
    assert known["ask"]["integration_types"] == [0, 1]
    assert here.discord.state.syncs == 1
    server = here.discord
    restarted = await logged_in(
        server.token, server.api_url, server.gateway_url, message_content=False
    )
    await register(restarted, here.host, here.clock)
    await restarted.http.close()
    assert here.discord.state.syncs == 1


async def test_commands_for_which_there_is_no_room_below_ours_stand_alone(here: Here) -> None:
    tree: CommandTree[Any] = CommandTree(discord.Client(intents=discord.Intents.none()))
    table = [CommandHelp(f"c{n}", f"c{n} [TEXT]", "Do it.") for n in range(30)]
    build(tree, [*table, CommandHelp("why", "why [ID]", "Why.")], here.presses)
    found = {each.name: each for each in tree.get_commands()}
    assert set(found) == {"ask", "mynah", "why", *(f"c{n}" for n in range(25, 30))}
    group = found["mynah"]
    assert isinstance(group, Group)
    assert len(group.commands) == 25


async def test_a_command_runs_for_who_gave_it_and_only_they_see_what_it_says(here: Here) -> None:
    said = await here.ada.slash(here.general, "mynah off")
    await here.discord.until(lambda: said.text)
    assert (said.deferred, said.ephemeral, said.text) == (False, True, "done: off")
    await here.bo.slash(here.general, "model", does="pin", expert="math", where="everywhere")
    await here.ada.slash(here.general, "mynah forget-me", sure=True)
    await here.ada.slash(here.general, "mynah learning", state="here on")
    await here.ada.slash(here.general, "correct", id="a1", text="The *platform* team.")
    await here.ada.slash(here.general, "why")
    await here.presses.finish()
    assert here.host.commands_run == [
        (str(here.ada.id), "off"),
        (str(here.bo.id), "model pin math everywhere"),
        (str(here.ada.id), "forget-me yes"),
        (str(here.ada.id), "learning here on"),
        (str(here.ada.id), "correct a1 The *platform* team."),
        (str(here.ada.id), "why"),
    ]
    ada, bo = here.host.people[0], here.host.people[1]
    assert (ada.workspace_id, ada.channel_id) == (str(here.guild.id), str(here.general.id))
    assert (ada.admin, bo.admin) == (True, False)


async def test_who_wants_to_be_forgotten_is_asked_once_more(here: Here) -> None:
    asked = await here.ada.slash(here.general, "mynah forget-me")
    await here.discord.until(lambda: asked.messages)
    (message,) = asked.messages
    await here.ada.press(message, named(message, ids.RUN))
    await here.presses.finish()
    assert [line for _, line in here.host.commands_run] == ["forget-me", "forget-me yes"]


async def test_long_answers_come_in_parts_and_an_export_as_a_file(here: Here) -> None:
    paragraph = "All of it is true. " * 40
    here.host.says["learnings"] = CommandReply("\n\n".join([paragraph] * 6))
    here.host.says["export"] = CommandReply("Everything:", {"export": {"runs": [{"text": "ä"}]}})
    long = await here.ada.slash(here.general, "learnings")
    given = await here.ada.slash(here.general, "export")
    await here.presses.finish()
    assert len(long.messages) > 1
    assert long.text.count("All of it is true.") == 240
    (file,) = given.messages[-1].attachments
    assert file.filename == "mynah-export.json"
    assert json.loads(file.content) == {"runs": [{"text": "ä"}]}
    assert long.ephemeral
    assert given.ephemeral


async def test_ids_are_offered_by_what_they_name(here: Here) -> None:
    here.host.says["learnings"] = CommandReply("", LEARNED)
    offered = await here.ada.complete(here.general, "forget", "id", "TABLES")
    (choice,) = offered.choices
    assert choice["value"].endswith("feed")
    assert choice["name"] == "#0000feed likes tables"
    for_why = await here.ada.complete(here.general, "why", "id", "")
    assert [each["value"] for each in for_why.choices] == [str(ANSWER)]
    assert len(for_why.choices[0]["name"]) == 100
    here.host.says = None  # type: ignore[assignment]
    assert (await here.ada.complete(here.general, "forget", "id", "")).choices == []


async def test_what_is_asked_by_a_command_is_shown_and_answered_there(here: Here) -> None:
    said = await here.bo.slash(here.general, "ask", question="Who owns billing?", expert="math")
    await here.presses.finish()
    (shown,) = here.discord.posts(here.general)
    assert shown.text == "> Who owns billing?"
    assert not said.ephemeral
    (asked,) = here.host.accepted
    assert isinstance(asked, IncomingMessage)
    assert (asked.text, asked.role, asked.private) == ("Who owns billing?", "math", False)
    assert (asked.thread_id, asked.message_ref) == (str(shown.id), shown.ref)
    thread = await here.general.thread(here.ada, "billing")
    await here.ada.slash(thread, "ask", question="And @everyone?")
    await here.presses.finish()
    direct = here.discord.dm(here.ada)
    await here.ada.slash(direct, "ask", question="Line.\n" * 900)
    await here.presses.finish()
    (_, in_thread, alone) = here.host.accepted
    assert isinstance(alone, IncomingMessage)
    assert (alone.workspace_id, alone.thread_id) == (f"dm:{here.ada.id}", "main")
    assert alone.private
    assert alone.text.count("Line.") == 900
    (cut,) = here.discord.posts(direct)
    assert (alone.message_ref, cut.text[-1]) == (cut.ref, "…")
    assert isinstance(in_thread, IncomingMessage)
    assert (in_thread.channel_id, in_thread.thread_id) == (str(here.general.id), str(thread.id))


async def test_what_discord_says_twice_is_done_once(here: Here) -> None:
    await here.ada.slash(here.general, "ask", question="Who owns billing?")
    await here.ada.slash(here.general, "mynah off")
    await here.presses.finish()
    here.discord.repeat = 9
    refusals = len(here.discord.errors())
    await here.discord.drop()
    # Both are told that they were answered before.
    await here.discord.until(lambda: len(here.discord.errors()) == refusals + 2)
    await here.presses.finish()
    assert len(here.host.accepted) == len(here.host.commands_run) == 1
    assert len(here.discord.posts(here.general)) == 1


async def test_a_private_question_is_answered_in_the_reply_to_it_alone(here: Here) -> None:
    said = await here.ada.slash(here.general, "ask", question="What do I earn?", private=True)
    await here.presses.finish()
    (asked,) = here.host.accepted
    assert isinstance(asked, IncomingMessage)
    assert asked.private
    assert said.deferred
    reply = here.reply(asked.thread_id, text="Much.\n\n" * 500)
    shown = await here.private.deliver(reply, here.post)
    assert await here.private.deliver(reply, here.post) == shown
    assert len(shown.split(",")) == len(said.messages) > 1
    assert said.text.count("Much.") == 500
    assert said.ephemeral
    assert here.posted == []
    # A press below it may be answered in the reply to that one.
    pressed = await here.ada.press(said.messages[-1], named(said.messages[-1], ids.REGENERATE))
    await here.presses.finish()
    assert pressed.deferred
    again = here.reply(asked.thread_id, key="again", text="More.")
    await here.private.deliver(again, here.post)
    assert pressed.text.startswith("More.")


async def test_a_private_answer_that_comes_too_late_is_a_direct_message(here: Here) -> None:
    await here.ada.slash(here.general, "ask", question="What do I earn?", private=True)
    await here.presses.finish()
    (asked,) = here.host.accepted
    assert isinstance(asked, IncomingMessage)
    here.clock.late = timedelta(minutes=15)
    await here.private.deliver(here.reply(asked.thread_id), here.post)
    (posted,) = here.posted
    assert posted.target.channel_id == str(here.discord.dm(here.ada).id)
    assert posted.target.thread_id == "main"


async def test_who_waits_too_long_is_told_where_the_answer_will_be() -> None:
    async with pressing(holds=timedelta()) as here:
        said = await here.ada.slash(here.general, "ask", question="What?", private=True)
        await here.discord.until(lambda: said.text)
        assert said.text == LATE


async def test_where_we_are_not_what_is_asked_is_the_persons_own(here: Here) -> None:
    elsewhere = here.discord.guild("elsewhere")
    elsewhere.join(here.ada)
    hall = elsewhere.channel("hall")
    here.ada.install()
    said = await here.ada.slash(hall, "ask", question="Who owns billing?")
    await here.presses.finish()
    (asked,) = here.host.accepted
    assert isinstance(asked, IncomingMessage)
    assert (asked.workspace_id, asked.private) == (f"dm:{here.ada.id}", True)
    await here.private.deliver(here.reply(asked.thread_id), here.post)
    assert said.ephemeral
    assert "payments" in said.text


async def test_a_command_that_comes_too_late_is_done_and_told_by_direct_message(
    here: Here,
) -> None:
    route = "POST /interactions/{interaction_id}/{token}/callback"
    here.discord.fail(route, 404, 10062, times=2)
    giving = asyncio.create_task(here.ada.slash(here.general, "mynah off"))
    direct = here.discord.dm(here.ada)
    await here.discord.until(lambda: len(here.discord.posts(direct)) > 1)
    here.discord.pass_time(3)
    assert (await giving).failed
    assert here.host.commands_run == [(str(here.ada.id), "off")]
    assert [each.text for each in here.discord.posts(direct)] == [TOLD_LATE, "done: off"]


async def test_what_cannot_be_taken_is_given_back_with_a_sentence(here: Here) -> None:
    empty = await here.ada.slash(here.general, "ask", question="\u200b \u200b")
    await here.discord.until(lambda: empty.text)
    assert empty.text.startswith("the message is empty: write a question")
    assert here.discord.posts(here.general) == []
    here.host.says = None  # type: ignore[assignment]
    broken = await here.ada.slash(here.general, "mynah me")
    await here.discord.until(lambda: broken.text)
    assert broken.text == WRONG


async def test_the_menu_of_a_message_rates_teaches_and_forgets(here: Here) -> None:
    answer = await here.answered()
    here.host.at[answer.ref] = ANSWER
    opened = await here.bo.menu(answer, "Rate answer")
    assert opened.modal is not None
    rated = await here.bo.submit(opened.modal, {ids.RATING: ["4"]})
    await here.discord.until(lambda: rated.text)
    (stars,) = here.host.accepted
    assert isinstance(stars, IncomingReaction)
    assert (stars.emoji, stars.interaction_id) == ("4\ufe0f\u20e3", ANSWER)
    message = await here.general.say(here.ada, "We deploy on Fridays.")
    none = await here.ada.menu(message, "Rate answer")
    await here.discord.until(lambda: none.text)
    assert none.text == HOW_TO_RATE
    await here.ada.menu(message, "Teach Mynah")
    others = await here.bo.menu(message, "Teach Mynah")
    await here.discord.until(lambda: others.text)
    assert others.text == NOT_YOURS
    asks = await here.ada.menu(answer, "Forget this")
    await here.discord.until(lambda: asks.text)
    await here.ada.press(asks.messages[0], ids.custom_id(ids.FORGET_SURELY, ANSWER))
    await here.presses.finish()
    lines = [line for _, line in here.host.commands_run]
    assert lines == ["remember We deploy on Fridays.", f"forget {ANSWER}"]
