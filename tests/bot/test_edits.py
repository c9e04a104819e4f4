"""What becomes of questions in Slack that people edit and delete."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.host import Person
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.surface import SlackSurface
from tests.bot.conftest import SCRIPTED
from tests.bot.slack_place import Place, open_place, words
from tests.bot.support import OPENAI_KEY
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Server
    from tests.standins.model_server import ModelServer
    from tests.standins.slack_state import Message

NEVER_ENDS = "write a python function that never ends"


@pytest.fixture(scope="module")
async def team(
    database_server: Server,
    encryption_key: str,
    tmp_path_factory: pytest.TempPathFactory,
    running_model_server: ModelServer,
) -> AsyncIterator[Place]:
    """A Mynah whose answers about code can take longer than a test."""
    scripted = SCRIPTED | {
        "OPENAI_BASE_URL": running_model_server.openai_url,
        "OPENAI_API_KEY": OPENAI_KEY,
    }
    home = tmp_path_factory.mktemp("edits") / "home"
    with database_server.clone() as conninfo:
        async with open_place(home, conninfo, encryption_key, socket=True, **scripted) as it:
            yield it


@pytest.fixture
def place(team: Place) -> Place:
    """A channel and a person that no other test knows."""
    team.slack.courier.repeats = 1
    cy = team.team.user("cy")
    return replace(team, ada=cy, general=team.team.channel("own", cy, team.bob, team.me))


@pytest.fixture
def slow(place: Place, models: ModelServer) -> Place:
    models.answer = lambda _: Script(("First. ", "Never."), first_delay_s=0, delay_s=30)
    return place


def _count(place: Place, table: str) -> int:
    """Rows of the person's own."""
    whose = "author_id" if table == "messages" else "user_id"
    counted = f"SELECT count(*) FROM {table} WHERE workspace_id = %s AND {whose} = %s"
    return int(place.rows(counted, place.ada.id)[0][0])


def _shown(place: Place, asked: Message) -> list[str]:
    return [words(m) for m in place.answers(place.general, asked.ts)]


async def _writing(place: Place, asked: Message) -> None:
    """Wait until some of the answer can be seen."""
    await place.slack.until(lambda: any("First" in text for text in _shown(place, asked)))


async def test_a_new_answer_takes_the_place_of_the_old_one(place: Place) -> None:
    ada = Person(place.team.id, place.ada.id, "slack", place.general.id)
    asked = await place.team.say(
        place.ada, place.general, f"{place.called} I prefer TypeScript. Which team owns billing?"
    )
    await place.work()
    assert "TypeScript" in str((await place.mynah.host.command(ada, "me")).data["memories"])
    place.slack.courier.repeats = 2
    await place.team.edit(place.ada, asked, f"{place.called} what is 6 * 8?")
    await place.work()
    (answer,) = _shown(place, asked)
    assert "48" in answer
    # Nothing is left of the old words: not in the thread, not to be recalled, not learned.
    (thread,) = await place.mynah.host.threads(ada)
    kept = await place.mynah.host.transcript(ada, thread.conversation_id)
    assert [entry.text for entry in kept if entry.by == "person"] == ["what is 6 * 8?"]
    assert thread.title == "what is 6 * 8?"
    assert _count(place, "recall_items") == 1
    assert (await place.mynah.host.command(ada, "me")).data["memories"] == []
    assert await place.mynah.host.asked(ada, asked.ref) == kept[0].interaction_id


async def test_a_slip_that_is_mended_changes_the_words_and_asks_nothing(place: Place) -> None:
    ada = Person(place.team.id, place.ada.id, "slack", place.general.id)
    asked = await place.team.say(place.ada, place.general, f"{place.called} What's 6 * 7 exacty")
    await place.work()
    before = _shown(place, asked)
    await place.team.edit(place.ada, asked, f"{place.called} what's 6 * 7 exactly?")
    await place.work()
    assert _shown(place, asked) == before
    interaction = await place.mynah.host.asked(ada, asked.ref)
    assert interaction is not None
    question, _ = await place.mynah.host.exchange(ada, interaction)
    assert question.text == "what's 6 * 7 exactly?"
    assert _count(place, "recall_items") == 1


async def test_an_answer_that_somebody_judged_stays_and_the_new_one_follows(place: Place) -> None:
    ada = Person(place.team.id, place.ada.id, "slack", place.general.id)
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    (answer,) = place.answers(place.general, asked.ts)
    await place.team.react(place.bob, answer, "thumbsup")
    await place.work()
    assert _count(place, "learnings") == 1
    await place.team.edit(place.ada, asked, f"{place.called} what is 6 * 8?")
    await place.work()
    old, new = _shown(place, asked)
    assert ("42" in old, "48" in new) == (True, True)
    rated = "SELECT rating FROM interactions WHERE workspace_id = %s AND user_id = %s ORDER BY id"
    assert place.rows(rated, place.ada.id) == [(5.0,), (None,)]
    # It answered other words, and is nothing to be given to whoever asks the new ones.
    assert _count(place, "learnings") == 0
    (thread,) = await place.mynah.host.threads(ada)
    kept = await place.mynah.host.transcript(ada, thread.conversation_id)
    assert {entry.text for entry in kept if entry.by == "person"} == {"what is 6 * 8?"}


async def test_many_edits_end_with_one_answer_to_the_last_words(place: Place) -> None:
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 1?")
    await place.work()
    shown = len(place.slack.called("chat.postMessage"))
    for factor in range(2, 22):
        await place.team.edit(place.ada, asked, f"{place.called} what is 6 * {factor}?")
    await place.work()
    (answer,) = _shown(place, asked)
    assert "126" in answer
    assert _count(place, "interactions") == _count(place, "outbox") == 1
    assert len(place.slack.called("chat.postMessage")) == shown + 1


async def test_an_edit_stops_the_answer_that_is_being_written(slow: Place) -> None:
    place = slow
    asked = await place.team.say(place.ada, place.general, f"{place.called} {NEVER_ENDS}")
    async with place.mynah.work():
        await _writing(place, asked)
        await place.team.edit(place.ada, asked, f"{place.called} what is 6 * 7?")
        await place.slack.until(lambda: "42" in str(_shown(place, asked)))
    (answer,) = _shown(place, asked)
    assert "42" in answer
    assert "First" not in answer


async def test_nothing_is_left_of_an_answer_to_a_question_that_was_deleted(slow: Place) -> None:
    place = slow
    asked = await place.team.say(place.ada, place.general, f"{place.called} {NEVER_ENDS}")
    working = asyncio.create_task(place.mynah.work_off())
    await _writing(place, asked)
    await place.team.delete(place.ada, asked)
    await working
    await place.work()
    assert _shown(place, asked) == []
    assert _count(place, "interactions") == 0
    assert place.slack.state.threads[place.general.id, asked.ts]["session"] == "active"


@pytest.mark.parametrize("shown", ["while it is shown", "before it can be"])
async def test_nothing_is_left_of_an_answer_that_was_forgotten(
    shown: str, place: Place, models: ModelServer
) -> None:
    models.answer = lambda _: Script(("First. ", "Second."), first_delay_s=0, delay_s=1)
    held = place.slack.hold("chat.update")
    if shown != "while it is shown":
        held.open()
        place.slack.fail("chat.update", times=4)
    asked = await place.team.say(place.ada, place.general, f"{place.called} {NEVER_ENDS}")
    working = asyncio.create_task(place.mynah.work_off())
    if shown == "while it is shown":
        await place.slack.until(lambda: held.held)
    else:
        await working
        surface = place.mynah.surfaces["slack"]
        assert isinstance(surface, SlackSurface)
        surface._out().replies._known.clear()  # as if another process had written it
    assert "First" in str(_shown(place, asked))
    await place.team.delete(place.ada, asked)
    held.open()
    await working
    place.hurry()
    await place.work()
    assert _shown(place, asked) == []
    assert _count(place, "messages") == 0


async def test_a_deleted_question_is_forgotten_wherever_it_was_asked_again(place: Place) -> None:
    there = (
        "SELECT count(*) FROM interactions i JOIN conversations c ON c.id = i.conversation_id "
        "WHERE i.workspace_id = %s AND c.channel_id = %s"
    )
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.work()
    for person in (place.bob, place.ada):  # the second asks for another answer to the other answer
        await place.team.click(person, place.answers(place.general)[-1], ids.REGENERATE)
        await place.work()
    assert place.rows(there, place.general.id) == [(3,)]
    await place.team.delete(place.ada, asked)
    await place.work()
    assert place.rows(there, place.general.id) == [(0,)]
    assert _shown(place, asked) == []


async def test_a_question_that_is_edited_to_nothing_is_forgotten(place: Place) -> None:
    asked = await place.team.say(place.ada, place.general, f"{place.called} what is 6 * 7?")
    await place.team.edit(place.ada, asked, place.called)
    await place.work()
    assert _shown(place, asked) == []
    assert _count(place, "messages") == 0
    assert place.whispers(place.ada, place.general) == []
