"""Leaving: what was kept of a workspace goes when its platform says that we are out."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from bot.app import open_mynah
from bot.installations import KeptInstallations
from bot.queue import turn_queue
from integrations.contracts.surface import DeliveryFailure
from learning.store.workspaces import erase_workspace
from tests.bot.support import BEGIN, RecordingSurface, World, rows, settings_of
from tests.store.support import dump, holds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from integrations.contracts.delivery import Target
    from integrations.contracts.surface import Live
    from learning.store.store import Unit

WAITING = (
    "SELECT task_name, round(extract(epoch FROM scheduled_at - now())) FROM procrastinate_jobs "
    "WHERE args->>'workspace_id' = %s"
)


class Doors(RecordingSurface):
    """A surface of a platform that says whether it lets us in; it does when nothing else is said.

    Something else may happen while it is asked, or while a reply begins to be written.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.said: deque[bool | Exception] = deque()
        self.questioned: list[str] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def holds(self, workspace_id: str) -> bool:
        self.questioned.append(workspace_id)
        if self.meanwhile is not None:
            await self.meanwhile()
        said = self.said.popleft() if self.said else True
        if isinstance(said, Exception):
            raise said
        return said

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        return _after(self.meanwhile, super().live(target))


class _after:  # noqa: N801 - it is used as a function
    def __init__(
        self,
        first: Callable[[], Awaitable[object]] | None,
        then: AbstractAsyncContextManager[Live],
    ) -> None:
        self._first = first
        self._then = then

    async def __aenter__(self) -> Live:
        if self._first is not None:
            await self._first()
        return await self._then.__aenter__()

    async def __aexit__(self, *of: object) -> bool | None:
        return await self._then.__aexit__(*of)  # type: ignore[arg-type]


@dataclass(slots=True)
class House:
    """Two workspaces of one platform, and the Mynah that is let into both."""

    doors: Doors
    installations: KeptInstallations
    one: World
    other: World
    conninfo: str

    async def event(self, times: int = 1) -> None:
        """Let the platform say that we are out of the first workspace, and time pass."""
        for _ in range(times):
            await self.one.mynah.host.leave(self.doors.name, self.one.workspace)
        await self.work()

    async def work(self) -> None:
        rows(
            self.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() "
            "WHERE status = 'todo' AND task_name = 'leave' AND queue_name = %s",
            turn_queue(self.doors.name),
        )
        await self.one.mynah.work_off()

    def left(self) -> dict[str, int]:
        """Return the tables in which the first workspace stands, and in how many rows."""
        tables = rows(
            self.conninfo,
            "SELECT table_name FROM information_schema.columns JOIN pg_tables "
            "ON tablename = table_name AND schemaname = table_schema "
            "WHERE table_schema = 'mynah' AND column_name = 'workspace_id'",
        )
        counts = {name: self.one.count(name) for (name,) in tables}
        return {name: number for name, number in counts.items() if number}


@pytest.fixture
async def house(database: str, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    doors = Doors(f"chat-{uuid4().hex[:8]}")
    settings = settings_of(tmp_path / "home", database, encryption_key)
    async with open_mynah(settings, further=[doors], only=["console"]) as mynah:
        one, other = (
            World(mynah, doors, f"T0{name}{doors.name[5:]}") for name in ("leaves", "stays")
        )
        installations = KeptInstallations(mynah.store, lambda: BEGIN)
        for world in (one, other):
            await installations.save(doors.name, world.workspace, {"token": "xoxb"})
        yield House(doors, installations, one, other, database)


async def test_whoever_put_us_out_is_forgotten_and_nobody_else(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "gadgets.md").write_text("# Gadgets\n\nThe zyxwort gadget is blue.\n")
    for world in (house.one, house.other):
        who = f"ann-{world.workspace}"
        await world.ingest(tmp_path / "gadgets.md", who)
        reply = await world.ask("What colour is the zyxwort gadget?", who, "C1")
        assert "blue" in reply.text
        await world.react(reply, "👍", who, "C1")
        await world.correct(reply, "It is green since May.", who, "C1")
        await world.command("remember I prefer Rust", who)
    kept = {table: house.other.count(table) for table in house.left()}
    assert len(kept) > 20
    assert holds(dump(house.conninfo), house.one.workspace)
    house.doors.failures.append(DeliveryFailure("too many messages", retry_after_s=3600))
    await house.one.accept("What is 2+2?")
    await house.one.mynah.work_off()
    ((task, due),) = house.one.rows(WAITING)
    assert (task, due > 3500) == ("deliver", True)
    house.doors.said.append(False)
    await house.event()
    assert house.left() == {}
    assert not holds(dump(house.conninfo), house.one.workspace)
    assert {table: house.other.count(table) for table in kept} == kept
    again = await house.other.ask(
        "What colour is the zyxwort gadget?", f"ann-{house.other.workspace}", "C1"
    )
    assert "green" in again.text
    assert await house.installations.all(house.doors.name) == [house.other.workspace]


async def test_who_lets_us_in_again_while_we_ask_is_kept(house: House) -> None:
    await house.one.ask("What is 2+2?")
    before = house.left()
    later = KeptInstallations(house.one.mynah.store, house.one.later)

    async def come_back() -> None:
        await later.save(house.doors.name, house.one.workspace, {"token": "new"})

    house.doors.meanwhile = come_back
    house.doors.said.append(False)
    await house.event()
    assert house.left() == before


async def test_several_events_erase_once_and_late_ones_bring_nothing_back(house: House) -> None:
    await house.one.ask("What is 2+2?")
    house.doors.said.extend([False, False])
    await house.event(times=2)
    assert house.left() == {}
    await house.event(times=2)
    assert house.doors.questioned == [house.one.workspace]
    assert house.left() == {}
    assert house.one.rows(WAITING) == []


async def test_who_cannot_tell_is_asked_again_and_an_old_event_erases_nothing(
    house: House,
) -> None:
    before = house.left()
    busy = DeliveryFailure("too many questions", retry_after_s=299.5)
    house.doors.said.extend([busy, DeliveryFailure("down"), True])
    await house.event()
    ((task, due),) = house.one.rows(WAITING)
    assert (task, 290 <= due <= 300) == ("leave", True)
    await house.work()
    ((task, due),) = house.one.rows(WAITING)
    assert (task, 1 <= due <= 4) == ("leave", True)
    await house.work()
    assert len(house.doors.questioned) == 3
    assert house.left() == before


async def test_a_turn_whose_workspace_is_erased_ends_quietly(house: House) -> None:
    async def yes(_: Unit) -> bool:
        return True

    async def erase() -> None:
        # By another process: nothing of this one's job is known there.
        erasing = erase_workspace(house.one.mynah.store, house.one.workspace, yes)
        await asyncio.create_task(erasing, context=Context())

    house.doors.meanwhile = erase
    await house.one.accept("What is 2+2?")
    await house.one.accept("What is 3+3?", "bob")
    await house.one.mynah.work_off()
    assert house.left() == {}
    assert house.doors.attempts == []
    assert house.one.rows(WAITING) == []
    failed = "SELECT count(*) FROM procrastinate_jobs WHERE queue_name = %s"
    assert rows(house.conninfo, failed, turn_queue(house.doors.name)) == [(0,)]


async def test_every_day_each_platform_is_asked_whose_event_may_be_lost(house: House) -> None:
    house.doors.said.append(False)
    for _ in range(2):
        await house.one.mynah.schedule.fire("leave")
    await house.work()
    assert house.doors.questioned == [house.one.workspace, house.other.workspace]
    assert house.left() == {}
    assert house.other.count("installations") == 1
