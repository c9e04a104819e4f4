from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from procrastinate.exceptions import TaskAlreadyRegistered

from bot.habits.booking import Booking
from bot.habits.calendars import Calendaring
from bot.habits.completing import Completing
from bot.habits.scheduling import Scheduling
from bot.habits.suiting import Suiting
from bot.habits.zones import zone_of_person
from integrations.tools.guard import Guarded
from learning.store.calendars import Calendars
from learning.store.consents import Consents
from learning.store.habits import Completions, Habits
from learning.store.people import People
from tests.bot.board_place import BoardPlace, open_board
from tests.bot.support import rows, settings_of
from tests.calendars.support import SECRET, Site, ics, open_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from integrations.contracts.host import CommandReply
    from learning.habits.habit import Habit
    from learning.store.habits import Completion

TASK = "deep coding"


@dataclass
class WeekPlace:
    """A Mynah that finds times, and what people do with them."""

    board: BoardPlace
    site: Site
    completing: Completing = field(init=False)
    calendaring: Calendaring = field(init=False)
    scheduling: Scheduling = field(init=False)

    def __post_init__(self) -> None:
        board = self.board
        store, queue, now = board.mynah.store, board.mynah.queue, board.now
        self.completing = Completing(now)
        suiting = Suiting(self.completing, now)
        self.calendaring = Calendaring(store, _open, zone_of_person, now)
        booking = Booking(
            store, queue, {board.surface.name: board.surface}, board.speaking, board.reminding,
            suiting, now,
        )  # fmt: skip
        self.scheduling = Scheduling(store, self.calendaring, suiting, booking, zone_of_person, now)
        with suppress(TaskAlreadyRegistered):  # it does the same with parts of its own
            for task in self.scheduling.tasks():
                queue.add(task)

    async def say(self, line: str, user: str = "ann", **more: Any) -> CommandReply:
        commands = (*self.scheduling.commands(), *self.calendaring.commands())
        return await self.board.run(commands, line, self.board.person(user, **more))

    async def did(self, *times: datetime, user: str = "ann") -> None:
        board = self.board
        async with board.mynah.store.begin(board.workspace, None) as unit:
            for at in times:
                await self.completing.record(
                    unit, user, TASK, at, "Europe/Berlin", 0.9, surface=board.surface.name
                )

    async def habit(self) -> Habit:
        async with self.board.mynah.store.begin(self.board.workspace, None) as unit:
            found = await Habits(unit).load("ann", TASK)
        assert found is not None
        return found

    async def completions(self) -> list[Completion]:
        async with self.board.mynah.store.begin(self.board.workspace, None) as unit:
            return await Completions(unit).of("ann")

    async def offers(self) -> list[tuple[str, UUID | None]]:
        query = "SELECT status, reminder_id FROM slot_offers WHERE workspace_id = %s ORDER BY id"
        return [tuple(row) for row in rows(self.board.mynah.conninfo, query, self.board.workspace)]


def _open() -> Guarded:
    return Guarded(lambda _: True, lambda _: True, lambda _: True, 10_000_000)


@asynccontextmanager
async def opened(settings: Any, workspace: str) -> AsyncIterator[WeekPlace]:
    async with open_board(settings, workspace) as board, open_site() as site:
        yield WeekPlace(board, site)


@pytest.fixture
async def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[WeekPlace]:
    async with opened(settings_of(tmp_path, database, encryption_key), workspace) as it:
        yield it


async def test_a_time_is_found_booked_reminded_of_asked_about_and_learned_from(
    place: WeekPlace,
) -> None:
    board = place.board
    tuesdays = board.time.replace(hour=9, minute=0) - timedelta(days=board.time.weekday() - 1)
    await place.did(*(tuesdays - timedelta(weeks=n) for n in range(12, 0, -1)))
    found = await place.say(f"when {TASK} 90m")
    assert found.ok, found.text
    first = datetime.fromisoformat(found.data["slots"][0]["start"])
    assert f"{first:%A} {first.hour}" in {"Tuesday 9", "Tuesday 10"}
    assert TASK in found.text
    assert "Europe/Berlin" in found.text
    book, *_, more, none = found.buttons
    assert (book.style, more.label, none.label) == ("primary", "Other times", "None of these")
    assert book.label.startswith("Book Tue")
    assert not (await place.say(book.line, "bob")).ok
    booked = await place.say(book.line)
    assert booked.data["reminder"], booked.text
    assert not (await place.say(book.line)).ok  # once
    again = await place.say(f"when {TASK} 90m")
    assert first.isoformat() not in {each["start"] for each in again.data["slots"]}

    await board.later(seconds=(first - timedelta(minutes=10) - board.time).total_seconds())
    (reminder,) = board.shown()
    assert reminder.startswith(f"⏰ {TASK} at {first:%H:%M}")
    await board.later(minutes=100)
    asked = list(board.surface.shown.values())[-1]
    assert asked.text.startswith("Did you do it?")
    assert asked.target.private
    yes, moved, no = asked.buttons
    assert (yes.label, moved.label, no.label, bool(moved.asks)) == ("Yes", "Moved", "No", True)
    before = len(await place.completions())
    done = await place.say(yes.line)
    assert done.ok
    assert done.buttons[0].line.startswith("did rate ")
    latest = (await place.completions())[-1]
    assert (latest.source, latest.done_at) == ("reminder", first.astimezone(UTC))
    assert not (await place.say(yes.line)).ok
    assert len(await place.completions()) == before + 1
    await board.mynah.work_off()
    assert board.surface.restated[-1].buttons == ()


async def test_what_is_refused_counts_against_and_other_times_are_others(place: WeekPlace) -> None:
    await place.did(place.board.time - timedelta(days=7))
    found = await place.say(f"when {TASK} 1h by next friday")
    before = (await place.habit()).score(place.board.time.date())
    others = await place.say(found.buttons[-2].line)
    assert others.ok, others.text
    starts = [{each["start"] for each in reply.data["slots"]} for reply in (found, others)]
    assert not starts[0] & starts[1]
    refused = await place.say(others.buttons[-1].line)
    assert "offer such times less" in refused.text
    slots = {each.slot: each.weight for each in (await place.habit()).refusals}
    assert len(slots) >= 3
    after = (await place.habit()).score(place.board.time.date())
    assert all(after[slot] < before[slot] for slot in slots)
    assert not (await place.say(others.buttons[0].line)).ok
    kept = (await place.habit()).refusals
    async with place.board.mynah.store.begin(place.board.workspace, None) as unit:
        await place.completing.resum(unit, "ann")
    assert (await place.habit()).refusals == kept


async def test_what_is_moved_is_reminded_of_and_asked_about_anew(place: WeekPlace) -> None:
    board = place.board
    await place.did(board.time - timedelta(days=7))
    found = await place.say(f"when {TASK} 60m by tomorrow")
    booked = await place.say(found.buttons[0].line)
    assert booked.ok, booked.text
    move, cancel = booked.buttons
    assert not (await place.say(f"{move.line} some day")).ok
    moved = await place.say(f"{move.line} in 5 hours")
    assert moved.ok, moved.text
    assert [status for status, _ in await place.offers()] == ["moved"]
    await board.later(hours=4, minutes=51)
    await board.later(hours=1, minutes=10)
    assert len([text for text in board.shown() if text.startswith("⏰")]) == 1
    assert len([text for text in board.shown() if text.startswith("Did you")]) == 1
    yesterday = await place.say(f"{move.line} today at 12:00")
    assert yesterday.ok, yesterday.text
    assert (await place.completions())[-1].done_at.astimezone(UTC).hour == 11
    assert not (await place.say(cancel.line)).ok


async def test_nothing_is_learned_from_who_does_not_want_it_and_nothing_told_in_a_channel(
    place: WeekPlace,
) -> None:
    board = place.board
    async with board.mynah.store.begin(board.workspace, None) as unit:
        await Consents(unit).change("ann", "learning", granted=False, now=board.time)
    found = await place.say(f"when {TASK} 60m")
    booked = await place.say(found.buttons[0].line)
    assert booked.ok
    await board.later(days=3)
    assert (await place.say(f"when did {found.data['offer']}")).text == "Done."
    assert await place.completions() == []
    assert board.count("habits") == 0
    for line in (f"when {TASK}", "calendar show"):
        told = await place.say(line, channel="general")
        assert "private" in told.text
        assert not told.ok


async def test_a_calendar_is_read_again_when_it_is_used_and_the_last_good_one_is_kept(
    place: WeekPlace,
) -> None:
    board = place.board
    tomorrow = (board.time + timedelta(days=1)).strftime("%Y%m%d")
    place.site.data = ics(f"DTSTART:{tomorrow}T000000Z|DURATION:PT20H")
    told = await place.say(f"calendar {place.site.url}")
    assert told.ok, told.text
    assert "busy 1 time" in told.text
    for reply in (told, await place.say("calendar"), await place.say("calendar show")):
        assert SECRET not in f"{reply.text}{reply.data}"
    found = await place.say("when writing 60m")
    starts = [datetime.fromisoformat(each["start"]) for each in found.data["slots"]]
    assert all(start.strftime("%Y%m%d") != tomorrow or start.hour > 20 for start in starts)
    asked = len(place.site.asked)
    await place.say("when writing 60m")
    assert len(place.site.asked) == asked
    board.time += timedelta(hours=2)
    await place.say("when writing 60m")
    assert place.site.asked[-1] != ""
    board.time += timedelta(hours=2)
    place.site.data = b"<html>Sign in</html>"
    shown = await place.say("calendar show")
    assert "I go by what I read" in shown.text
    assert shown.data["busy"] == 1
    raw = rows(board.mynah.conninfo, "SELECT content FROM calendars WHERE workspace_id = %s",
               board.workspace)[0][0]  # fmt: skip
    assert SECRET.encode() not in bytes(raw)
    assert b"Bob" not in bytes(raw)
    assert not (await place.say("calendar https://127.0.0.1:1/x")).ok
    assert (await place.say("calendar off")).data == {"calendar": False}
    assert board.count("calendars") == 0


async def test_a_file_is_taken_once_and_everything_goes_with_the_person(place: WeekPlace) -> None:
    board, who = place.board, place.board.person()
    day = board.time.strftime("%Y%m%d")
    bad = await place.calendaring.take_file(who, b"hello")
    assert "no calendar" in bad.text
    taken = await place.calendaring.take_file(who, ics(f"DTSTART:{day}T100000|DURATION:PT1H"))
    assert taken.ok
    async with board.mynah.store.begin(board.workspace, None) as unit:
        kept = await Calendars(unit).find("ann")
    assert kept is not None
    assert kept.busy[0].start.hour == 9  # ten in Berlin
    found = await place.say("when writing 11h")
    assert found.ok
    assert not (await place.say("when writing 12h by today")).ok
    async with board.mynah.store.begin(board.workspace, None) as unit:
        export = await People(unit).export("ann")
        assert export["calendars"]
        assert export["slot_offers"]
    assert (await board.mynah.host.command(who, "forget-me yes")).ok
    assert (board.count("calendars"), board.count("slot_offers")) == (0, 0)
