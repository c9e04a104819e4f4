"""The seed's example in Discord: deploys Fridays at 15:00, and on Friday at 14:45 is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.queue import Queue
from learning.store.consents import LEARNING, Consents
from learning.store.store import SEARCH_PATH
from tests.bot.discord_place import open_house
from tests.bot.nudging_place import FridayHost, NudgingPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.discord_place import House
    from tests.standins.discord_things import Message

ASKED = "Want me to prepare the deployment? You usually deploy on Fridays at 15:00."


async def test_friday_14_45_want_me_to_prep_deployment(
    database: str, encryption_key: str, tmp_path: Path
) -> None:
    async with (
        open_house(tmp_path, database, encryption_key) as house,
        Queue(database, SEARCH_PATH) as queue,
    ):
        surface, mynah = house.surface, house.mynah
        workspace = str(house.guild.id)  # it is said in direct messages all the same
        place = NudgingPlace(mynah.store, queue, {"discord": surface}, workspace, house.ada.id)
        await surface.stop()
        await surface.start(FridayHost(mynah.host, place))
        await house.discord.connected()
        await house.heard()
        async with place.store.begin(place.workspace, None) as unit:
            await Consents(unit).decide(LEARNING, granted=True, now=place.now())
            await Consents(unit).change(house.ada.id, LEARNING, granted=True, now=place.now())
        await place.usual()
        await place.command("nudges on")
        await place.at(14, 45)
        await place.work()
        (asked,) = shown(house)
        assert house.posts(house.general) == []
        told = await press(house, asked, "yes")
        assert "Run a workflow" in told
        await place.work()
        (settled,) = shown(house)
        assert not [each for each in settled.custom_ids if "nudge" in each]
        assert await place.statuses() == ["accepted"]

        await place.deployed(place.time)
        await place.at(14, 45, days=7)
        await place.work()
        *_, again = shown(house)
        assert "not bring this up" in await press(house, again, "stop")
        assert (await place.statuses())[0] == "stopped"


def shown(house: House) -> list[Message]:
    dm = house.discord.dm(house.ada)
    return [each for each in house.discord.posts(dm) if ASKED in each.text]


async def press(house: House, message: Message, verb: str) -> str:
    """Press a button as Ada; return what she is told."""
    (custom_id,) = [each for each in message.custom_ids if f"nudge {verb}" in each]
    clicked = await house.ada.press(message, custom_id)
    await house.heard()
    outward = house.surface._outward
    assert outward is not None
    assert outward.presses is not None
    await outward.presses.finish()
    return clicked.text
