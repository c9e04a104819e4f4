"""Files that people drop into Slack, with the whole of Mynah behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.attachments import BLIND, DEAF
from integrations.contracts.host import Person
from tests.bot.slack_place import Place, open_place, words
from tests.bot.support import OPENAI_KEY
from tests.knowledge.test_paged import pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.standins.model_server import ModelServer
    from tests.standins.slack_state import Channel, Message, User

M4A = b"\0\0\0\x20ftypM4A \0\0\0\0" + b"\x01" * 400
PNG = b"\x89PNG\r\n\x1a\n" + b"\x02" * 200
NOTES = "The launch is on 14 May.\n\nThe budget of the Heron project is 40,000 euros.\n"


@pytest.fixture
def opened(fresh_database: str, encryption_key: str, tmp_path: Path) -> Callable[..., Any]:
    def place(**values: Any) -> Any:
        return open_place(tmp_path / "home", fresh_database, encryption_key, socket=True, **values)

    return place


async def drop(
    place: Place,
    user: User,
    channel: Channel,
    text: str,
    *files: tuple[str, bytes, str],
    thread_ts: str = "",
) -> Message:
    """Send files and work; return the one answer that came."""
    before = len(place.answers(channel))
    sent = [place.team.file(user, name, data, kind) for name, data, kind in files]
    await place.team.say(user, channel, text, thread_ts or None, files=sent)
    await place.work()
    (answer,) = place.answers(channel)[before:]
    return answer


async def test_a_file_is_answered_from_with_its_name_beside_the_answer(opened: Any) -> None:
    async with opened() as place:
        asked = f"{place.called} what is the budget of the Heron project?"
        manual = ("plan.pdf", pdf("The launch is on 14 May.\nThe budget of Heron is 40,000 euros."))
        answer = await drop(place, place.ada, place.general, asked, (*manual, "application/pdf"))
        assert "40,000 euros" in words(answer)
        assert "plan.pdf" in words(answer)
        # Who asks on in the thread need not send it again, whoever they are.
        more = await place.ask(place.bob, place.general, "when is the launch?", answer.thread_ts)
        assert "14 May" in words(more)
        # A thread beside it knows nothing of it.
        other = await place.ask(place.ada, place.general, f"{place.called} when is the launch?")
        assert "14 May" not in words(other)
        assert place.count("attachments") == 1
        ((name, text),) = place.rows("SELECT name, text FROM attachments WHERE workspace_id = %s")
        assert b"plan" not in bytes(name)
        assert b"Heron" not in bytes(text)


async def test_what_cannot_be_heard_or_seen_is_said_plainly(opened: Any) -> None:
    async with opened() as place:
        direct = place.dm(place.ada)
        answer = await drop(place, place.ada, direct, "", ("clip.m4a", M4A, "audio/mp4"))
        assert DEAF in words(answer)
        assert not place.slack.called("chat.delete")  # said where the reply was begun
        assert b'outcome="declined"' in place.mynah.metrics.text()
        answer = await drop(
            place, place.ada, direct, "what is 6 * 7?", ("shot.png", PNG, "text/plain")
        )
        assert "42" in words(answer)
        assert BLIND in words(answer)
        token = place.slack.state.tokens[place.installed.token]
        token.scopes -= {"files:read"}
        answer = await drop(place, place.ada, direct, "what is 6 * 8?", ("a.txt", b"x", ""))
        assert "48" in words(answer)
        assert "files:read" in words(answer)


async def test_of_a_message_that_loses_its_words_the_file_is_left(opened: Any) -> None:
    async with opened() as place:
        direct = place.dm(place.ada)
        file = place.team.file(place.ada, "plan.md", NOTES.encode())
        asked = await place.team.say(place.ada, direct, "When is the launch?", files=[file])
        await place.work()
        await place.team.edit(place.ada, asked, " ")
        await place.work()
        (answer,) = place.answers(direct)
        assert "Heron" in words(answer)
        assert place.whispers(place.ada, direct) == []
        (entry, _) = await place.mynah.host.exchange(
            Person(place.team.id, place.ada.id, "slack", direct.id),
            place.rows("SELECT id FROM interactions WHERE workspace_id = %s")[0][0],
        )
        assert entry.text == "What is in plan.md?"
        assert place.count("attachments") == 1


async def test_a_voice_message_is_the_question(opened: Any, models: ModelServer) -> None:
    models.transcript = "What is 6 * 7?"
    async with opened(
        transcription="openai:whisper-1",
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    ) as place:
        direct = place.dm(place.ada)
        answer = await drop(place, place.ada, direct, "", ("clip", M4A, "audio/mp4"))
        assert "42" in words(answer)
        assert [(p.model, p.name, p.data) for p in models.played] == [
            ("whisper-1", "clip.m4a", M4A)
        ]


async def test_a_picture_is_put_into_words(opened: Any, models: ModelServer) -> None:
    models.say("Text: Invoice 1207, total 99 euros.\n\nA photo of an invoice on a desk.")
    async with opened(
        vision="openai:gpt-4.1-mini",
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    ) as place:
        direct = place.dm(place.ada)
        answer = await drop(
            place, place.ada, direct, "what is the total of the invoice?", ("i.png", PNG, "")
        )
        assert "99 euros" in words(answer)
        assert "i.png" in words(answer)
        assert "data:image/png;base64," in str(models.received[0].body["messages"])


async def test_a_file_without_a_word_is_a_question_and_is_forgotten_with_it(opened: Any) -> None:
    async with opened() as place:
        direct = place.dm(place.ada)
        sent = place.team.file(place.ada, "notes.txt", NOTES.encode(), "image/x")
        asked = await place.team.say(place.ada, direct, "", files=[sent])
        await place.work()
        (answer,) = place.answers(direct)
        assert "14 May" in words(answer)
        assert "notes.txt" in words(answer)
        again = await place.ask(place.ada, direct, "what is the budget of the Heron project?")
        assert "40,000" in words(again)
        await place.team.delete(place.ada, asked)
        await place.work()
        assert place.count("attachments") == 0
        left = await place.ask(place.ada, direct, "what is the budget of the Heron project now?")
        assert "40,000" not in words(left)
