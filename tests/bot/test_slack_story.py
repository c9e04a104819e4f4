"""From installing to forgetting: what a team goes through with Mynah in Slack, as one story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.surfaces.slack.reading import ids
from tests.bot.conftest import SCRIPTED
from tests.bot.slack_place import open_site, words
from tests.bot.support import OPENAI_KEY
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.slack_place import Place
    from tests.standins.model_server import ModelServer, Received
    from tests.standins.slack_state import Json, Message, User

QUESTION = "which team owns our billing service?"
WRONG = "Billing belongs to Team Magpie."
RIGHT = "Billing belongs to Team Heron."
REASON = "Magpie was dissolved last year."
MORE = "It looks after invoices, refunds and reminders as well. " * 10


@pytest.mark.parametrize(
    ("socket", "times"), [(False, 1), (False, 2), (True, 1)], ids=["http", "repeated", "socket"]
)
async def test_installed_asked_disliked_corrected_liked_and_forgotten(
    socket: bool,
    times: int,
    fresh_database: str,
    encryption_key: str,
    tmp_path: Path,
    models: ModelServer,
) -> None:
    models.answer = obedient
    scripted = SCRIPTED | {"OPENAI_BASE_URL": models.openai_url, "OPENAI_API_KEY": OPENAI_KEY}
    async with open_site(
        tmp_path / "home", fresh_database, encryption_key, socket=socket, **scripted
    ) as site:
        place = await site.place("acme")
        place.slack.courier.repeats = times

        # A first answer, written as it comes, in the thread of its question.
        answer = await ask(place, place.ada)
        assert place.slack.called("chat.startStream")
        assert WRONG in words(answer)

        # Ada finds it bad, says why, and what it should have been.
        await place.team.click(place.ada, answer, ids.FEEDBACK, "negative")
        view = await dialog(place, place.ada)
        values = {ids.REASONS: ["outdated"], ids.TEXT: REASON, ids.RIGHT: RIGHT}
        assert not (await place.team.submit(place.ada, view, values)).failure
        await settle(place)
        assert place.ratings()[0] == 1.0
        assert "👎 1 · corrected" in words(now(place, answer))

        # Bob asks the same and is answered the corrected way, which he likes.
        corrected = await ask(place, place.bob)
        assert RIGHT in words(corrected)
        await place.team.react(place.bob, corrected, "thumbsup::skin-tone-2")
        await settle(place)
        assert "👍 1" in words(now(place, corrected))
        assert RIGHT in words(await ask(place, place.bob))
        assert place.count("interactions") == 4  # three questions, and the correction

        # Ada looks at what was learned, and has it forgotten.
        listed = await told(place, place.ada, "/mynah learnings")
        assert RIGHT in listed or "billing" in listed
        known = place.rows(
            "SELECT id FROM learnings WHERE workspace_id = %s AND user_id = %s", place.ada.id
        )
        for (id_,) in known:
            assert "Forgotten" in await told(place, place.ada, f"/mynah forget {id_}")
        await settle(place)
        assert (
            place.rows(
                "SELECT id FROM learnings WHERE workspace_id = %s AND user_id = %s", place.ada.id
            )
            == []
        )
        gone = await told(place, place.ada, "/mynah learnings")
        assert "Heron" not in gone
        assert all("Heron" not in words(m) for m in place.answers(place.general))
        assert RIGHT not in words(await ask(place, place.ada))


def obedient(asked: Received) -> Script:
    """A model that says what it is told before, and something wrong else."""
    before = "\n".join([asked.system, *(text for _, text in asked.turns)])
    return Script((f"{RIGHT if RIGHT in before else WRONG} ", MORE))


async def ask(place: Place, user: User) -> Message:
    """Ask the question in a thread of its own; return the one answer."""
    answer = await place.ask(user, place.general, f"{place.called} {QUESTION}")
    assert answer.thread_ts
    await settle(place)
    return now(place, answer)


async def settle(place: Place) -> None:
    """Work, with what waits for its time too."""
    await place.work()
    place.hurry()
    await place.work()


def now(place: Place, message: Message) -> Message:
    return next(m for m in place.answers(place.general) if m.ts == message.ts)


async def dialog(place: Place, user: User) -> Json:
    await place.slack.until(lambda: place.team.modal(user))
    view = place.team.modal(user)
    assert view is not None
    return view


async def told(place: Place, user: User, line: str) -> str:
    """Give a command; return what the person alone is told."""
    before = len(place.whispers(user, place.general))
    assert not (await place.team.command(user, place.general, line)).failure
    await place.slack.until(lambda: len(place.whispers(user, place.general)) > before)
    await place.work()
    return " ".join(place.whispers(user, place.general)[before:])
