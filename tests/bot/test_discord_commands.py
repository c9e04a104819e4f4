"""Commands, buttons and dialogs in Discord, with the whole of Mynah behind them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from integrations.surfaces.discord.showing import ids
from integrations.surfaces.sayings import NO_ANSWER
from tests.bot.discord_place import House, open_house
from tests.surfaces.discord.pressing import named

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_people import Person
    from tests.standins.discord_things import Message


@pytest.fixture
async def house(fresh_database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path / "home", fresh_database, encryption_key) as it:
        yield it


async def test_a_question_by_command_is_answered_below_it_and_its_buttons_work(
    house: House,
) -> None:
    await house.ada.slash(house.general, "ask", question="what is 6 * 7?")
    await _done(house)
    question, answer = house.posts(house.general)
    assert question.text == "> what is 6 * 7?"
    assert "42" in answer.text
    assert answer.replied_to == question.id
    await _press(house, house.bob, answer, ids.UP)
    await _press(house, house.bob, answer, ids.UP)
    assert house.ratings() == [5.0]
    why = await _press(house, house.bob, answer, ids.WHY)
    assert why.ephemeral
    assert "Mathstral" in why.text
    clicked = await _press(house, house.bob, answer, ids.CORRECT)
    corrected = await house.bob.submit(clicked.modal, {ids.TEXT: "It is 42, as ever."})
    await _done(house)
    assert "takes the place" in corrected.text
    await _press(house, house.ada, answer, ids.REGENERATE)
    again = house.posts(house.general)[-1]
    assert again.id != answer.id
    assert house.count("conversations") == 1


async def test_progress_shows_the_week_as_a_picture_to_who_asked_alone(house: House) -> None:
    for name, options in (
        ("mynah learning", {"state": "here on"}),
        ("mynah on", {}),
        ("did", {"text": "writing well"}),
    ):
        await house.ada.slash(house.general, name, **options)
        await _done(house)
    told = await house.ada.slash(house.general, "mynah progress")
    await _done(house)
    assert told.ephemeral
    assert "writing: once" in told.text
    (week,) = told.messages[-1].attachments
    assert (week.filename, week.content[:4]) == ("week.png", b"\x89PNG")
    assert week.description.startswith("Heat map of your week")


async def test_only_who_asked_may_forget_and_then_it_is_gone(house: House) -> None:
    await house.ada.slash(house.general, "ask", question="what is 6 * 7?")
    await _done(house)
    answer = house.posts(house.general)[-1]
    sure = await _press(house, house.bob, answer, ids.FORGET)
    others = await _press(house, house.bob, sure.messages[0], ids.FORGET_SURELY)
    assert others.text == "Somebody else asked that; only they can delete it."
    asks = await house.ada.menu(answer, "Forget this")
    await house.discord.until(lambda: asks.text)
    done = await _press(house, house.ada, asks.messages[0], ids.FORGET_SURELY)
    assert done.text.startswith("Forgotten: the question, the answer")
    assert house.count("interactions") == 0
    none = await house.ada.menu(house.posts(house.general)[0], "Forget this")
    await house.discord.until(lambda: none.text)
    assert none.text == NO_ANSWER


async def test_a_private_question_stays_between_the_two_of_us(house: House) -> None:
    said = await house.ada.slash(house.general, "ask", question="what is 6 * 7?", private=True)
    await _done(house)
    assert "42" in said.text
    assert said.ephemeral
    assert house.discord.posts(house.general, seen_by=house.bob) == []
    again = await _press(house, house.ada, said.messages[-1], ids.REGENERATE)
    assert again.ephemeral
    assert "42" in again.text
    audiences = house.rows("SELECT DISTINCT audience FROM interactions WHERE workspace_id = %s")
    assert audiences == [(f"user:{house.ada.id}",)]


async def test_where_we_cannot_write_who_asks_is_answered_alone(house: House) -> None:
    unseen = house.guild.channel("unseen", private=[house.ada])
    said = await house.ada.slash(unseen, "ask", question="what is 6 * 7?")
    await _done(house)
    assert said.ephemeral
    assert "42" in said.text


async def test_commands_show_hand_over_and_refuse(house: House) -> None:
    await house.ada.slash(house.general, "ask", question="what is 6 * 7?")
    await _done(house)
    help_ = await house.bob.slash(house.general, "mynah help")
    export = await house.ada.slash(house.general, "export")
    pinned = await house.bob.slash(
        house.general, "model", does="pin", expert="math", where="everywhere"
    )
    nothing = await house.ada.slash(house.general, "why", id="ffff")
    await _done(house)
    assert "forget-me" in help_.text
    assert "6 * 7" in json.dumps(json.loads(export.messages[-1].attachments[0].content))
    assert pinned.text.startswith("Only an admin decides that")
    assert "no answer" in nothing.text
    assert all(each.ephemeral for each in (help_, export, pinned, nothing))


async def _press(house: House, who: Person, message: Message, does: str) -> Clicked:
    clicked = await who.press(message, named(message, does))
    await _done(house)
    return clicked


async def _done(house: House) -> None:
    """Wait until whatever was pressed has come to its end."""
    outward = house.surface._outward
    assert outward is not None
    assert outward.presses is not None
    await outward.presses.finish()
    await house.work()
    await outward.presses.finish()
