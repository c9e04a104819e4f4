from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.contracts.surface import DeliveryFailure
from tests.bot.board_place import BoardPlace, open_board
from tests.bot.support import settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from integrations.contracts.host import CommandReply


@pytest.fixture
async def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[BoardPlace]:
    async with open_board(settings_of(tmp_path, database, encryption_key), workspace) as it:
        yield it


async def say(place: BoardPlace, line: str, user: str = "ann") -> CommandReply:
    return await place.run(place.reminding.commands(place.use), line, place.person(user))


async def test_a_reminder_comes_once_at_its_time_and_can_be_put_off_and_done(
    place: BoardPlace,
) -> None:
    told = await say(place, "remind me to call Bob in 20 minutes")
    assert told.ok, told.text
    assert "10:50 (Europe/Berlin)" in told.text  # it is 9:30 in UTC
    await place.later(minutes=19)
    assert place.shown() == []
    await place.later(minutes=1)
    await place.later(minutes=1)
    (first,) = place.surface.shown.values()
    assert (first.text, first.target.private) == ("⏰ call Bob", True)
    done, snooze = first.buttons
    assert not (await say(place, snooze.line, "bob")).ok
    assert (await say(place, snooze.line)).ok
    await place.mynah.work_off()
    assert place.surface.restated[-1].buttons == ()
    await place.later(minutes=59)
    assert len(place.surface.shown) == 1
    await place.later(minutes=2)
    assert place.shown() == ["⏰ call Bob", "⏰ call Bob"]
    assert (await say(place, done.line)).ok
    await place.mynah.work_off()
    assert place.surface.restated[-1].text == "✅ call Bob"
    assert not (await say(place, snooze.line)).ok


async def test_one_that_comes_late_says_so_and_one_for_somebody_gone_does_not_come(
    place: BoardPlace,
) -> None:
    await say(place, "remind stretch in 1 hour")
    await place.later(hours=4)
    assert place.shown() == ["⏰ stretch\n\n_It was due 3 hours ago; I could not say it then._"]
    await say(place, "remind stretch again in 1 hour")
    place.surface.present = "gone"
    await place.later(hours=1)
    assert len(place.shown()) == 1
    place.surface.present = "there"
    assert "nothing" in (await say(place, "reminders")).text


async def test_a_channel_that_closed_meanwhile_is_told_to_the_person(place: BoardPlace) -> None:
    who = place.person()
    wanted = {"text": "stand-up", "at": "in 1 hour", "where": "#dev"}
    assert (await place.use(who, "reminder.set", wanted)).ok
    assert "#dev" in (await say(place, "reminders")).text
    place.surface.channels.clear()
    await place.later(hours=1)
    (shown,) = place.surface.shown.values()
    assert shown.target.private
    assert "stand-up" in shown.text
    assert "invite me" in shown.text


async def test_a_platform_that_is_away_is_tried_again_later(place: BoardPlace) -> None:
    await say(place, "remind stretch in 1 hour")
    place.surface.failures.extend([DeliveryFailure("away")] * 2)
    await place.later(hours=1)
    await place.later(minutes=1)
    await place.later(minutes=1)
    assert place.shown() == ["⏰ stretch"]
    wanted = {"text": "x", "at": "in 1 hour"}
    id_ = str((await place.use(place.person(), "reminder.set", wanted)).data["id"])
    await place.reminding.give_up(place.workspace, id_)
    assert "x" in (await say(place, "reminders")).text
    place.time = place.time.replace(year=2027)
    await place.reminding.give_up(place.workspace, id_)
    assert "nothing" in (await say(place, "reminders")).text


async def test_a_reminder_can_be_cancelled_by_whose_it_is(place: BoardPlace) -> None:
    told = await say(place, "remind call Bob tomorrow at 9")
    id_ = str(told.data["id"])
    assert not (await say(place, f"reminders cancel {id_}", "bob")).ok
    assert (await say(place, f"reminders cancel {id_}")).ok
    assert (await say(place, f"reminders cancel {id_}")).data["fault"] == "conflict"
    await place.later(days=2)
    assert place.shown() == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("remind", "remind call Bob"),
        ("remind call Bob some day", "remind call Bob"),
        ("remind water the plants every day at 9", "once"),
        ("remind call Bob 2020-01-01", "over already"),
        ("remind call Bob 1 May 2090", "five years"),
    ],
)
async def test_what_is_no_time_is_said_to_be_none(place: BoardPlace, line: str, says: str) -> None:
    told = await say(place, line)
    assert not told.ok
    assert says in told.text
    assert place.count("reminders") == 0
