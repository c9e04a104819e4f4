"""From letting it in to forgetting: what a guild goes through with Mynah, as one story."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integrations.surfaces.discord.showing import ids
from tests.bot.conftest import SCRIPTED
from tests.bot.discord_place import open_house
from tests.bot.support import OPENAI_KEY
from tests.standins.discord_permissions import BITS
from tests.standins.model_wire import Script
from tests.surfaces.discord.pressing import named

if TYPE_CHECKING:
    from tests.bot.discord_place import House
    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_people import Person
    from tests.standins.discord_things import Message
    from tests.standins.model_server import ModelServer, Received

QUESTION = "which team owns our billing service?"
WRONG = "Billing belongs to Team Magpie."
RIGHT = "Billing belongs to Team Heron."
REASON = "Magpie was dissolved last year."
MORE = "It looks after invoices, refunds and reminders as well. " * 10


@pytest.mark.parametrize("repeated", [False, True], ids=["once", "repeated"])
async def test_let_in_asked_disliked_corrected_liked_and_forgotten(
    *,
    repeated: bool,
    fresh_database: str,
    encryption_key: str,
    tmp_path: Path,
    models: ModelServer,
) -> None:
    models.answer = obedient
    scripted = SCRIPTED | {"OPENAI_BASE_URL": models.openai_url, "OPENAI_API_KEY": OPENAI_KEY}
    async with open_house(tmp_path / "home", fresh_database, encryption_key, **scripted) as house:
        house.discord.repeat = 1_000 if repeated else 0
        await move_in(house)

        # Discord wants both to say yes: who runs the guild, and each person.
        assert "off" in await told(house, house.ada, "mynah learning")
        assert "allowed" in await told(house, house.ada, "mynah learning", state="here on")
        for person in (house.ada, house.bob):
            assert "I learn from you" in await told(house, person, "mynah on")

        # A first answer, as a reply to its question.
        answer = await ask(house, house.ada)
        assert WRONG in answer.text

        # Ada finds it bad, says why, and what it should have been.
        disliked = await press(house, house.ada, answer, ids.DOWN)
        said = {ids.REASONS: ["outdated"], ids.TEXT: REASON, ids.RIGHT: RIGHT}
        corrected = await house.ada.submit(disliked.modal, said)
        await settle(house)
        assert "takes the place" in corrected.text
        assert house.ratings()[0] == 1.0
        assert "👎 1 · corrected" in answer.text

        # Bob asks the same and is answered the corrected way, which he likes.
        better = await ask(house, house.bob)
        assert RIGHT in better.text
        await house.general.react(house.bob, better, "👍🏽")
        await settle(house)
        assert "👍 1" in better.text
        assert RIGHT in (await ask(house, house.bob)).text
        assert house.count("interactions") == 4  # three questions, and the correction

        # Ada looks at what was learned, and has it forgotten.
        assert "billing" in await told(house, house.ada, "learnings")
        for id_ in known_of(house, house.ada):
            assert "Forgotten" in await told(house, house.ada, "forget", id=id_)
        await settle(house)
        assert known_of(house, house.ada) == []
        assert "Heron" not in await told(house, house.ada, "learnings")
        assert all("Heron" not in post.text for post in house.posts(house.general))
        assert RIGHT not in (await ask(house, house.ada)).text


def obedient(asked: Received) -> Script:
    """A model that says what it is told before, and something wrong else."""
    before = "\n".join([asked.system, *(text for _, text in asked.turns)])
    return Script((f"{RIGHT if RIGHT in before else WRONG} ", MORE))


async def move_in(house: House) -> None:
    """Be let into a guild while we listen; it is told once what we keep."""
    house.guild = house.discord.guild("heron")
    house.guild.join(house.ada, admin=True)
    house.guild.join(house.bob)
    house.guild.may("add_reactions", "use_application_commands", *asked_for())
    house.general = house.guild.channel("general")
    house.guild.place_for_notices(house.general)
    house.guild.install()
    await settle(house)
    (notice,) = house.posts(house.general)
    assert "/mynah learning here on" in notice.text


def asked_for() -> list[str]:
    """What we may do in a guild that let us in by the address in our own words."""
    page = (Path(__file__).parents[2] / "docs" / "discord.md").read_text("utf-8")
    (asked,) = re.findall(r"oauth2/authorize\?client_id=\S+&permissions=(\d+)", page)
    return [name for name, bit in BITS.items() if bit & int(asked)]


async def settle(house: House) -> None:
    """Work, with what waits for its time and what Discord says twice."""
    await finished(house)
    if house.discord.repeat:
        resumed = house.discord.gateway.resumed
        await house.discord.drop()
        await house.discord.until(lambda: house.discord.gateway.resumed > resumed)
        await finished(house)
    house.hurry()
    await house.work()


async def finished(house: House) -> None:
    """Wait until whatever was said or pressed has come to its end."""
    await house.heard()
    outward = house.surface._outward
    assert outward is not None
    assert outward.presses is not None
    await outward.presses.finish()
    await house.work()
    await outward.presses.finish()


async def ask(house: House, person: Person) -> Message:
    """Ask the question; return the one answer."""
    before = len(house.posts(house.general))
    asked = await house.general.say(person, f"{house.called} {QUESTION}")
    await settle(house)
    (answer,) = house.posts(house.general)[before:]
    assert answer.replied_to == asked.id
    assert answer.pings == set()
    return answer


async def press(house: House, person: Person, message: Message, does: str) -> Clicked:
    clicked = await person.press(message, named(message, does))
    await settle(house)
    return clicked


async def told(house: House, person: Person, name: str, **options: object) -> str:
    """Give a command; return what the person alone is told."""
    said = await person.slash(house.general, name, **options)
    await settle(house)
    assert said.ephemeral
    assert len(said.messages) == 1
    return said.text


def known_of(house: House, person: Person) -> list[str]:
    query = "SELECT id FROM learnings WHERE workspace_id = %s AND user_id = %s"
    return [str(id_) for (id_,) in house.rows(query, person.id)]
