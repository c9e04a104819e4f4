from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.posting import Posting
from integrations.contracts.host import Person
from integrations.contracts.tools import Call, ToolFailure
from learning.actions.contract import Acted
from learning.scope import person
from learning.store.actions import Actions
from learning.store.doors import Outbox
from learning.store.ids import new_id
from tests.bot.board_place import BoardPlace, open_board
from tests.bot.slack_place import open_place, words
from tests.bot.support import BEGIN, settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID


@pytest.fixture
async def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[BoardPlace]:
    async with open_board(settings_of(tmp_path, database, encryption_key), workspace) as it:
        yield it


def post(who: Person, to: str, text: str, id_: UUID | None = None) -> Call:
    return Call("post.message", {"to": to, "text": text}, who, id_ or new_id())


async def test_an_action_posts_once_however_often_it_is_performed(place: BoardPlace) -> None:
    call = post(place.person(), "#dev", "We ship at noon.")
    assert "#dev" in (await place.posting.call(call)).text
    assert "before" in (await place.posting.call(call)).text
    await place.mynah.work_off()
    (shown,) = place.surface.shown.values()
    assert (shown.text, shown.target.channel_id) == ("We ship at noon.", "dev")
    assert (shown.target.private, shown.target.user_id) == (False, "ann")


@pytest.mark.parametrize(
    ("to", "text", "kind", "says"),
    [
        ("#secret", "x", "not_found", "There is no channel #secret that I am in: invite me."),
        ("#dev", " ", "invalid", "needs a text"),
        ("#dev", "x" * 8001, "invalid", "8,000"),
    ],
)
async def test_what_cannot_be_posted_is_said_in_words(
    place: BoardPlace, to: str, text: str, kind: str, says: str
) -> None:
    with pytest.raises(ToolFailure) as failed:
        await place.posting.call(post(place.person(), to, text))
    assert (failed.value.kind, says in str(failed.value)) == (kind, True)
    assert place.count("outbox") == 0


async def test_a_post_that_can_never_be_shown_fails_its_action_and_is_told(
    place: BoardPlace,
) -> None:
    call = post(place.person(), "#dev", "We ship at noon.")
    await place.posting.call(call)
    async with place.mynah.store.begin(place.workspace, None) as unit:
        asked_in = await place.speaking.say(
            unit,
            surface=place.surface.name,
            spot=await place.surface.spot("", "ann", ""),
            user_id="ann",
            key="asked",
            text="Shall I?",
        )
        assert asked_in is not None
        outbox = Outbox(unit)
        there = await outbox.find(asked_in)
        assert there is not None
        await Actions(unit).add(
            Acted(
                id=call.action_id,
                user_id="ann",
                audience=person("ann"),
                kind="post.message",
                origin="person",
                status="done",
                created_at=BEGIN,
                conversation_id=there.conversation_id,
                success=True,
            )
        )
        outgoing = await outbox.of_key(f"action:{call.action_id}")
        assert outgoing is not None
        await place.posting.lost(unit, outgoing, "the channel was archived")
        await place.posting.lost(unit, outgoing, "the channel was archived")
        acted = await Actions(unit).find(call.action_id)
    assert acted is not None
    assert (acted.status, acted.success) == ("failed", False)
    await place.mynah.work_off()
    told = [d for d in place.surface.shown.values() if d.key.startswith("lost:")]
    assert [d.text for d in told] == ["I could not post it after all: the channel was archived."]


async def test_in_slack_a_post_stands_in_its_channel_once_and_rings_nobody(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> None:
    async with open_place(tmp_path, fresh_database, encryption_key, socket=True) as slack:
        mynah = slack.mynah
        board = BoardPlace(mynah, None, slack.team.id)  # type: ignore[arg-type]
        posting = Posting(mynah.store, mynah.surfaces, board.speaking)
        who = Person(slack.team.id, slack.ada.id, "slack", slack.dm(slack.ada).id)
        call = post(who, "#general", "We ship at noon, @channel <!here>")
        await posting.call(call)
        await posting.call(call)
        await slack.work()
        (shown,) = slack.answers(slack.general)
        assert shown.thread_ts == ""
        assert "We ship at noon" in words(shown)
        assert not re.search(r"<!|@(channel|here)", shown.text)
        with pytest.raises(ToolFailure):
            await posting.call(post(who, "#nowhere", "x"))
