"""The tab, suggestions, titles and commands in Slack, with the whole of Mynah behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from integrations.contracts.host import CommandReply, Person
from integrations.surfaces.slack.reading import ids
from tests.bot.slack_place import Place, open_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from integrations.contracts.host import Host
    from tests.standins.slack_state import User


class Wordy:
    """A host that has much to say."""

    TEXT = "Once more with feeling. " * 4_000

    def __init__(self, host: Host) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    async def command(self, person: Person, line: str) -> CommandReply:
        del person, line
        return CommandReply(self.TEXT)


@pytest.fixture
async def place(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path / "home", fresh_database, encryption_key, socket=True) as it:
        yield it


async def tab(place: Place, user: User, *shows: str) -> dict[str, Any]:
    """The tab of somebody, once it shows this."""
    await place.slack.until(lambda: all(text in str(place.team.home(user)) for text in shows))
    view = place.team.home(user)
    assert view is not None
    return view


async def told(place: Place, user: User, line: str) -> str:
    """What a command is answered with, to the person alone."""
    before = len(place.whispers(user, place.general))
    assert not (await place.team.command(user, place.general, f"/mynah {line}")).failure
    await place.slack.until(lambda: len(place.whispers(user, place.general)) > before)
    return place.whispers(user, place.general)[-1]


async def test_a_tab_shows_corrects_and_deletes_what_is_known(place: Place) -> None:
    team, ada = place.team, place.ada
    await team.open_home(ada)
    await tab(place, ada, "Nothing yet")
    await told(place, ada, "remember I prefer TypeScript")
    view = await tab(place, ada, "prefers TypeScript")  # shown anew without being opened again
    ((id_,),) = place.rows("SELECT id FROM memories WHERE workspace_id = %s")
    await team.click_view(ada, view, ids.ITEM, f"correct {id_}")
    await place.slack.until(lambda: team.modal(ada))
    dialog = team.modal(ada)
    assert dialog is not None
    assert "TypeScript" in dialog["blocks"][0]["element"]["initial_value"]
    refused = await team.submit(ada, dialog, {ids.TEXT: "\u200b"})
    assert "empty" in str(refused.reply)
    await team.submit(ada, dialog, {ids.TEXT: "prefers Rust"})
    view = await tab(place, ada, "prefers Rust", "Thank you")
    (item,) = [b for b in view["blocks"] if b.get("accessory", {}).get("action_id") == ids.ITEM]
    delete = item["accessory"]["options"][1]["value"]
    await team.click_view(ada, view, ids.ITEM, delete)
    view = await tab(place, ada, "Forgotten", "holds again", "prefers TypeScript")
    assert "prefers Rust" not in str(view)
    await team.open_home(place.bob)
    await tab(place, place.bob, "Nothing yet")
    assert "For admins" not in str(place.team.home(place.bob))
    assert place.slack.errors() == []


async def test_learning_nudges_export_and_erasure_are_a_button_each(place: Place) -> None:
    team, ada = place.team, place.ada
    await place.ask(ada, place.dm(ada), "I prefer TypeScript. What is 6 * 7?")
    await team.open_home(ada)
    view = await tab(place, ada, "prefers TypeScript")
    await team.click_view(ada, view, f"{ids.RUN}_off", "off")
    view = await tab(place, ada, "Learn from me again", "no longer learn")
    await team.click_view(ada, view, f"{ids.RUN}_nudges", "nudges on")
    view = await tab(place, ada, "Turn nudges off")
    await team.click_view(ada, view, f"{ids.RUN}_export", "export")
    await tab(place, ada, "as a file")
    (file,) = place.slack.state.files.values()
    assert file.channels == [place.dm(ada).id]
    taken = json.loads(file.content)
    assert "TypeScript" in str(taken["memories"])
    assert {row["kind"] for row in taken["consents"]} == {"learning", "nudges"}
    assert "delete" in str(view).lower()
    await team.click_view(ada, view, f"{ids.RUN}_erase", "forget-me yes")
    await tab(place, ada, "are deleted", "Nothing yet")
    assert place.count("memories") == place.count("interactions") == 0


async def test_an_admin_decides_for_everybody_on_their_tab(place: Place) -> None:
    boss = place.team.user("boss", admin=True)
    await place.team.open_home(boss)
    view = await tab(place, boss, "For admins", "Spent today")
    await place.team.click_view(boss, view, f"{ids.RUN}_rule_senior", "model ban senior everywhere")
    await tab(place, boss, "banned everywhere")
    assert place.rows("SELECT rule, role, audience FROM routing_rules WHERE workspace_id = %s") == [
        ("ban", "senior", "workspace")
    ]
    assert "Only an admin" in await told(place, place.bob, "model ban math everywhere")


async def test_every_command_answers_and_an_unknown_one_says_what_there_is(place: Place) -> None:
    ada = place.ada
    await place.ask(ada, place.general, f"{place.called} what is 6 * 7?")
    for line, shows in (
        ("learnings", "nothing from you yet"),
        ("why", "6 * 7"),
        ("forget", "forget ID"),
        ("forget 0000aaaa", "There is no"),
        ("off", "no longer learn"),
        ("on", "learn from you from now on"),
        ("habits", "asked 1 question"),
        ("nudges", "only after your yes"),
        ("model", "math"),
        ("help", "nudges [on|off]"),
        ("frobnicate", "habits"),
        ("export", "as a file"),
    ):
        assert shows in await told(place, ada, line), line
    # Nobody else sees any of it, and the file is in her direct messages.
    assert place.whispers(place.bob, place.general) == []
    (shared,) = [m for m in place.answers(place.dm(ada)) if m.files]
    assert shared.files[0].name == "mynah-export.json"
    assert place.slack.errors() == []


async def test_an_answer_that_is_longer_than_five_messages_comes_as_a_file(place: Place) -> None:
    surface = place.mynah.surfaces["slack"]
    await surface.stop()
    await surface.start(Wordy(place.mynah.host))
    assert "as a file" in await told(place, place.ada, "learnings")
    (file,) = place.slack.state.files.values()
    assert (file.name, len(file.content)) == ("mynah-answer.md", len(Wordy.TEXT))
    assert file.channels == [place.dm(place.ada).id]
    place.slack.fail("files.getUploadURLExternal", "missing_scope")
    assert "could not send" in await told(place, place.ada, "learnings")


async def test_suggestions_are_for_the_person_in_their_direct_messages(place: Place) -> None:
    team, ada = place.team, place.ada
    here = (place.dm(ada).id, "")
    threads = place.slack.state.threads
    await team.open_home(ada, tab="messages")
    await place.slack.until(lambda: "What can you do for me?" in str(threads.get(here)))
    await told(place, ada, "remember I'm building a REST API")
    await team.open_home(ada, tab="messages")
    await place.slack.until(lambda: "What is my next step to build a REST API?" in str(threads))
    # The older pane has a thread of its own for each.
    root = await team.open_assistant(ada)
    assert (place.dm(ada).id, root.ts) not in threads  # an agent is not told of it
    assert place.slack.errors() == []


async def test_a_new_thread_gets_its_title_once_and_a_persons_own_stays(place: Place) -> None:
    answer = await place.ask(place.ada, place.general, f"{place.called} what is 6 * 7?")
    thread = place.slack.state.threads[place.general.id, answer.thread_ts]
    assert thread["title"] == "what is 6 * 7?"
    await place.team.retitle(place.ada, place.general, answer.thread_ts, "Endless sums")
    await place.ask(place.ada, place.general, "what is 6 * 8?", answer.thread_ts)
    assert thread["title"] == "Endless sums"
    ada = Person(place.team.id, place.ada.id, "slack", place.general.id)
    (kept,) = await place.mynah.host.threads(ada)
    assert kept.title == "Endless sums"


async def test_only_what_somebody_wrote_themselves_is_remembered_of_them(place: Place) -> None:
    for author in (place.bob, place.ada):
        said = await place.team.say(author, place.general, "I prefer TypeScript")
        await place.team.shortcut(place.ada, ids.TEACH_THIS, said)
        await place.work()
    others, own = place.whispers(place.ada, place.general)
    assert "remember TEXT" in others
    assert "prefers TypeScript" in own
    assert place.rows("SELECT user_id FROM memories WHERE workspace_id = %s") == [(place.ada.id,)]
