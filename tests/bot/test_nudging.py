from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.habits.completing import Completing
from learning.spans import Span
from learning.store.calendars import Calendar, Calendars
from learning.store.consents import Consents
from learning.store.people import People
from tests.bot.nudging_place import FRIDAY, NudgingPlace, open_nudging

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.delivery import Button
    from learning.store.cipher import Cipher
    from tests.bot.board_place import TalkingSurface


@pytest.fixture
async def opened(
    database: str, cipher: Cipher, workspace: str
) -> AsyncIterator[tuple[NudgingPlace, TalkingSurface]]:
    async with open_nudging(database, cipher, workspace) as it:
        yield it


@pytest.fixture
async def place(opened: tuple[NudgingPlace, TalkingSurface]) -> NudgingPlace:
    """Ann deploys on Fridays at 15:00 and said yes to nudges."""
    it, _ = opened
    await it.usual()
    assert (await it.command("nudges on")).data == {"nudges": True}
    return it


@pytest.fixture
def surface(opened: tuple[NudgingPlace, TalkingSurface]) -> TalkingSurface:
    return opened[1]


async def said(place: NudgingPlace, surface: TalkingSurface) -> list[str]:
    await place.work()
    return [delivery.text for delivery in surface.shown.values()]


def buttons(surface: TalkingSurface) -> dict[str, Button]:
    *_, shown = surface.shown.values()
    return {button.label: button for button in shown.buttons}


async def test_it_asks_a_quarter_of_an_hour_before_what_is_usual_and_once(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    await place.at(9)
    assert await said(place, surface) == []
    for minute in (20, 25, 30):
        await place.at(14, minute)
    assert await place.statuses() == ["planned"]
    await place.at(14, 45)
    await said(place, surface)
    assert await said(place, surface) == [
        "Want me to prepare the deployment? You usually deploy on Fridays at 15:00."
    ]
    (shown,) = surface.shown.values()
    assert shown.target.private
    assert "8 times" in shown.below
    assert list(buttons(surface)) == ["Yes", "Not now", "Snooze 1 h", "Stop these"]
    async with place.store.begin(place.workspace, None) as unit:
        assert "nudges" in await People(unit).export("ann")
        assert (await People(unit).erase("ann", place.now()))["nudges"] == 1
    assert place.count("nudges") == place.count("manners") == 0


async def test_a_no_leaves_them_alone_for_a_week_and_then_for_longer(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    await place.at(14, 45)
    await said(place, surface)
    assert "a while" in (await place.command(buttons(surface)["Not now"].line)).text
    assert not (await place.command(buttons(surface)["Not now"].line)).ok
    await place.work()
    assert surface.restated[-1].buttons == ()
    await place.deployed(FRIDAY + timedelta(hours=15))
    await place.at(14, 40, days=7)
    await place.at(14, 45, days=7)
    assert len(await said(place, surface)) == 1
    assert (await place.statuses(), await place.why()) == (
        ["missed", "refused"],
        "they said no lately",
    )
    await place.deployed(FRIDAY + timedelta(days=7, hours=15))
    await place.at(14, 45, days=14)
    assert len(await said(place, surface)) == 2
    assert (await place.command(buttons(surface)["Stop these"].line)).data["status"] == "stopped"
    await place.deployed(FRIDAY + timedelta(days=14, hours=15))
    await place.at(14, 45, days=21)
    assert len(await said(place, surface)) == 2
    assert await place.why() == "they said to stop these"


async def test_it_waits_for_the_end_of_a_meeting_and_for_somebody_who_is_away(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    until = FRIDAY + timedelta(hours=14, minutes=55)
    busy = (Span((until - timedelta(hours=1)).astimezone(UTC), until.astimezone(UTC)),)
    async with place.store.begin(place.workspace, None) as unit:
        await Calendars(unit).put(Calendar("ann", busy, until + timedelta(days=9)), place.now())
    await place.at(14, 45)
    assert await said(place, surface) == []
    surface.present = "away"
    await place.at(14, 55)
    assert await said(place, surface) == []
    await place.at(15, 9)
    assert await said(place, surface) == []
    surface.present = "there"
    await place.at(15, 10)
    assert len(await said(place, surface)) == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nudges off deploy", "they want none of this kind"),
        ("nudges quiet 14-17", "it is quiet now, and then it is too late"),
        ("nudges off", "they did not say yes"),
    ],
)
async def test_what_they_said_since_it_was_planned_holds(
    place: NudgingPlace, surface: TalkingSurface, line: str, why: str
) -> None:
    await place.at(14, 30)
    assert (await place.command(line)).ok
    place.time = FRIDAY + timedelta(hours=14, minutes=45)
    assert await said(place, surface) == []
    assert await place.why() == why


async def test_nothing_is_said_of_what_is_done_or_over_or_not_to_be_learned(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    await place.at(14, 30)
    await place.deployed(FRIDAY + timedelta(hours=14))
    place.time = FRIDAY + timedelta(hours=14, minutes=45)
    await said(place, surface)
    assert await place.why() == "it is done already"
    await place.at(14, 30, days=7)
    async with place.store.begin(place.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=place.now())
    place.time += timedelta(minutes=15)
    assert await said(place, surface) == []
    assert await place.why() == "nothing may be learned from them"


async def test_a_snooze_comes_again_and_silence_is_settled_with_what_was_done(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    await place.at(14, 45)
    await said(place, surface)
    assert "15:45" in (await place.command(buttons(surface)["Snooze 1 h"].line)).text
    place.time += timedelta(minutes=60)
    assert len(await said(place, surface)) == 2
    await place.deployed(place.time + timedelta(minutes=20))
    place.time += timedelta(minutes=70)
    await said(place, surface)
    (nudge,) = await place.nudges()
    assert (nudge.status, nudge.content["acted"], nudge.content["after"]) == ("silent", True, 20)
    assert "You did it." in surface.restated[-1].text


async def test_a_yes_puts_what_is_no_tool_on_the_board(
    opened: tuple[NudgingPlace, TalkingSurface],
) -> None:
    place, surface = opened
    for week in range(1, 8):
        await place.did("gardening", FRIDAY - timedelta(weeks=week) + timedelta(hours=15))
    await place.command("nudges on")
    await place.at(14, 45)
    assert await said(place, surface) == [
        "Want me to put “gardening” on your board? You usually do gardening on Fridays at 15:00."
    ]
    assert (await place.command(buttons(surface)["Yes"].line)).ok
    assert place.count("tasks") == 1
    assert await place.statuses() == ["accepted"]


async def test_who_wants_one_message_a_week_gets_it_on_monday_and_nothing_else(
    place: NudgingPlace, surface: TalkingSurface
) -> None:
    assert (await place.command("nudges weekly")).ok
    await place.at(14, 45)
    assert await said(place, surface) == []
    await full_week(place)
    await place.at(9, days=3)
    (told,) = await said(place, surface)
    assert "deploy.yml" in told
    assert "on Fridays at 15:00" in told
    assert "The rest of this week holds 40 h of meetings and bookings" in told
    assert "For writing these hours suit you best: " in told
    assert 'mynah_nudges_total{kind="digest",status="sent"} 1.0' in place.metrics.text().decode()


async def full_week(place: NudgingPlace) -> None:
    """Let every day of the next week be full but for the evening, and writing be usual."""
    days = [FRIDAY + timedelta(days=3 + n) for n in range(5)]
    meetings = [
        Span(day + timedelta(hours=hour), day + timedelta(hours=hour + 4))
        for day in days
        for hour in (9, 13)
    ]
    completing = Completing(place.now)
    async with place.store.begin(place.workspace, None) as unit:
        await Calendars(unit).put(
            Calendar(place.user_id, tuple(meetings), place.now()), place.now()
        )
        for day in days[:4]:
            at = day - timedelta(days=7) + timedelta(hours=18)
            await completing.record(
                unit, place.user_id, "writing", at, "Europe/Berlin", 0.9, surface=place.surface
            )


@pytest.mark.parametrize(
    "line", ["nudges maybe", "nudges quiet 8", "nudges quiet 25-99", "nudges most 99"]
)
async def test_what_is_no_word_about_nudges_is_told_how_to_say_it(
    place: NudgingPlace, line: str
) -> None:
    told = await place.command(line)
    assert not told.ok
    assert "`nudges" in told.text
