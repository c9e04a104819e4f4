from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.queue import Queue
from learning.store.nudges import Nudge, Nudges
from learning.store.store import SEARCH_PATH, Store
from tests.bot.board_place import TalkingSurface
from tests.bot.nudging_place import FRIDAY, NudgingPlace, open_nudging

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.surface import Presence
    from learning.store.cipher import Cipher


@pytest.fixture
async def opened(
    database: str, cipher: Cipher, workspace: str
) -> AsyncIterator[tuple[NudgingPlace, TalkingSurface]]:
    """Ann deploys on Fridays at 15:00 and said yes to nudges."""
    async with open_nudging(database, cipher, workspace) as (place, surface):
        await place.usual()
        await place.command("nudges on")
        yield place, surface


async def press(place: NudgingPlace, verb: str) -> str:
    return (await place.command(f"nudge {verb} {(await place.nudges())[0].id.hex}")).text


async def test_what_was_put_off_at_once_has_an_hour_of_its_own_when_it_comes_again(
    opened: tuple[NudgingPlace, TalkingSurface],
) -> None:
    place, surface = opened
    await place.at(14, 45)
    await place.work()
    place.time += timedelta(minutes=1)
    await press(place, "snooze")
    place.time += timedelta(minutes=60)
    await place.work()
    assert len(surface.shown) == 2
    place.time += timedelta(minutes=4)  # an hour and a bit after it was said first
    await place.nudging.settle(place.workspace, str((await place.nudges())[0].id))
    assert await place.statuses() == ["sent"]


async def test_a_stop_counts_after_a_snooze_and_for_good(
    opened: tuple[NudgingPlace, TalkingSurface],
) -> None:
    place, surface = opened
    await place.at(14, 45)
    await place.work()
    await press(place, "snooze")
    assert await press(place, "stop") == "I will not bring this up again."
    place.time += timedelta(minutes=60)
    await place.work()
    assert (len(surface.shown), await place.statuses()) == (1, ["stopped"])
    async with place.store.begin(place.workspace, None) as unit:
        later = [
            Nudge("ann", "digest", bytes([n // 250, n % 250]), place.now(), place.now())
            for n in range(401)
        ]
        await Nudges(unit).plan(later, place.now())
        assert "stopped" in [each.status for each in await Nudges(unit).of("ann")]


async def test_who_travels_is_not_nudged_by_the_clock_at_home(
    opened: tuple[NudgingPlace, TalkingSurface],
) -> None:
    place, surface = opened
    surface.tz = "America/Los_Angeles"
    await place.at(14, 45)  # a quarter to seven over there
    await place.work()
    assert surface.shown == {}
    assert await place.why() == "they are in another time zone by now"


async def test_a_no_while_their_surface_was_asked_holds(
    database: str, cipher: Cipher, workspace: str
) -> None:
    class Asked(TalkingSurface):
        async def presence(self, workspace_id: str, user_id: str) -> Presence:
            await place.command("nudges off")
            return await super().presence(workspace_id, user_id)

    surface = Asked(f"talk-{workspace}")
    async with Store(database, cipher) as store, Queue(database, SEARCH_PATH) as queue:
        place = NudgingPlace(store, queue, {surface.name: surface}, workspace, "ann")
        await place.usual()
        await place.command("nudges on")
        await place.at(14, 45)
        await place.work()
        assert (surface.shown, await place.why()) == ({}, "they did not say yes")


async def test_the_weekly_message_keeps_quiet_hours_and_is_not_told_days_late(
    opened: tuple[NudgingPlace, TalkingSurface],
) -> None:
    place, surface = opened
    await place.command("nudges weekly")
    await place.command("nudges quiet 20-11")
    await place.at(9, days=3)
    await place.work()
    assert surface.shown == {}
    place.time = FRIDAY + timedelta(days=3, hours=11)
    await place.work()
    assert len(surface.shown) == 1
    await place.at(8, 45, days=10)
    place.time = (FRIDAY + timedelta(days=14, hours=12)).astimezone(UTC)
    await place.work()
    assert (len(surface.shown), await place.why()) == (1, "it is too late")
