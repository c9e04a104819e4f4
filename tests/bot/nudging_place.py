"""Somebody who deploys on Fridays at 15:00, and the parts that nudge them, at a time of ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.acting.board import Board
from bot.acting.execute import Acting
from bot.acting.telling import Telling
from bot.deliver import Deliveries
from bot.habits.ahead import Ahead
from bot.habits.calendars import Calendaring, guarded
from bot.habits.completing import Completing
from bot.habits.nudging import Nudging
from bot.habits.planner import Planner
from bot.habits.quiet import Quiet
from bot.habits.suiting import Suiting
from bot.habits.zones import zone_of_person
from bot.metrics import Metrics
from bot.opinions import USUAL
from bot.queue import LEARNING, Queue, Task, turn_queue
from bot.speaking import Speaking
from bot.standing import Standings
from integrations.contracts.host import Person
from integrations.contracts.tools import Tool, ToolResult
from learning.actions.contract import Acted
from learning.scope import person
from learning.store.actions import Actions
from learning.store.habitual import completions
from learning.store.ids import new_id
from learning.store.nudges import Nudges
from learning.store.store import SEARCH_PATH, Store
from tests.bot.board_place import TalkingSurface
from tests.bot.support import rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bot.host import MynahHost
    from integrations.contracts.host import CommandReply
    from integrations.contracts.surface import Surface
    from integrations.contracts.tools import Call
    from learning.store.cipher import Cipher
    from learning.store.nudges import Nudge
    from learning.store.store import Unit

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 3, 13, tzinfo=BERLIN)


class Kit:
    """A tool that is in the log, and the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.calls: list[Call] = []

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        run = Tool("github.run_workflow", "Run a workflow", "", {"type": "object"}, "writes")
        return [run, *await self._board.tools(workspace_id)]

    async def call(self, call: Call) -> ToolResult:
        self.calls.append(call)
        if call.tool == "github.run_workflow":
            return ToolResult("It runs.")
        return await self._board.call(call)

    async def rule(self, unit: Unit, tool: str) -> str:
        del unit, tool
        return ""


@dataclass(slots=True)
class NudgingPlace:
    """The parts under test, for one person of a workspace."""

    store: Store
    queue: Queue
    surfaces: Mapping[str, Surface]
    workspace: str
    user_id: str
    time: datetime = field(default=FRIDAY)
    kit: Kit = field(init=False)
    nudging: Nudging = field(init=False)
    metrics: Metrics = field(init=False)
    planner: Planner = field(init=False)

    def __post_init__(self) -> None:
        store, queue, surfaces = self.store, self.queue, self.surfaces
        standings = Standings(store, queue, surfaces, USUAL)
        speaking = Speaking(queue, standings, self.now)
        self.kit = Kit(Board(store, self.now))
        acting = Acting(store, queue, self.kit, Telling(speaking), Metrics(), self.now)
        calendars = Calendaring(store, guarded, zone_of_person, self.now)
        ahead = Ahead(store, calendars, Suiting(Completing(self.now), self.now), self.now)
        more, self.metrics = (ahead.full, ahead.best), Metrics()
        self.nudging = Nudging(
            store, queue, surfaces, speaking, acting, self.now, more, self.metrics.nudge
        )
        self.planner = Planner(store, queue, self.now)
        deliveries = Deliveries(store, surfaces, standings, Metrics(), self.now)

        async def nothing(**_: str) -> None:
            pass

        for task in (
            *self.nudging.tasks(),
            Task("deliver", deliveries.deliver),
            Task("standing", standings.show),
            Task("act", acting.perform),
            Task("act_settle", nothing),
            Task("act_learn", nothing),
        ):
            queue.add(task)

    @property
    def surface(self) -> str:
        return next(iter(self.surfaces))

    async def work(self) -> None:
        """Work on everything that waits, as if its time had come."""
        rows(
            self.store.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' "
            "AND args->>'workspace_id' = %s AND task_name <> 'act_settle'",
            self.workspace,
        )
        await self.queue.work_off([turn_queue(self.surface), LEARNING], 2)

    def count(self, table: str) -> int:
        query = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"
        return int(rows(self.store.conninfo, query, self.workspace)[0][0])

    def now(self) -> datetime:
        return self.time.astimezone(UTC)

    @property
    def who(self) -> Person:
        return Person(
            self.workspace, self.user_id, self.surface, f"dm:{self.user_id}", tz="Europe/Berlin"
        )

    async def deployed(self, at: datetime) -> None:
        acted = Acted(
            new_id(), self.user_id, person(self.user_id), "github.run_workflow", "person", "done",
            at, params={"repo": "acme/shop", "workflow": "deploy.yml"}, surface=self.surface,
            success=True, started_at=at, finished_at=at,
        )  # fmt: skip
        async with self.store.begin(self.workspace, None) as unit:
            assert await Actions(unit).add(acted)

    async def did(self, kind: str, at: datetime) -> None:
        async with self.store.begin(self.workspace, None) as unit:
            await unit.connection.execute(
                completions.insert().values(
                    workspace_id=self.workspace, id=new_id(), user_id=self.user_id, done_at=at,
                    task_type=kind, source="said", content={},
                )
            )  # fmt: skip

    async def usual(self, weeks: int = 8) -> None:
        """Let them have deployed on Fridays at 15:00."""
        for week in range(1, weeks + 1):
            minutes = 15 * 60 + (week * 7) % 5 - 2
            await self.deployed(FRIDAY - timedelta(weeks=week) + timedelta(minutes=minutes))

    async def command(self, line: str) -> CommandReply:
        name, _, rest = line.partition(" ")
        if name == "nudges":
            return await Quiet(self.store, self.now).nudges(self.who, rest)
        (command,) = self.nudging.commands()
        return await command.run(self.who, rest)

    async def at(self, hour: int, minute: int = 0, days: int = 0) -> None:
        """Let it be a time on that Friday, or days after it, and plan."""
        self.time = FRIDAY + timedelta(days=days, hours=hour, minutes=minute)
        await self.planner.plan(self.workspace)

    async def nudges(self) -> list[Nudge]:
        async with self.store.begin(self.workspace, None) as unit:
            return await Nudges(unit).of(self.user_id)

    async def statuses(self) -> list[str]:
        return [each.status for each in await self.nudges()]

    async def why(self) -> Any:
        return (await self.nudges())[0].content.get("why")


@asynccontextmanager
async def open_nudging(
    conninfo: str, cipher: Cipher, workspace: str
) -> AsyncIterator[tuple[NudgingPlace, TalkingSurface]]:
    """Open a place with a surface that remembers what it shows."""
    surface = TalkingSurface(f"talk-{workspace}")
    async with Store(conninfo, cipher) as store, Queue(conninfo, SEARCH_PATH) as queue:
        yield NudgingPlace(store, queue, {surface.name: surface}, workspace, "ann"), surface


class FridayHost:
    """A host on which answers to nudges are taken in at the time of the place."""

    def __init__(self, host: MynahHost, place: NudgingPlace) -> None:
        self._host = host
        self._place = place

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    async def command(self, person: Person, line: str) -> CommandReply:
        if not line.lstrip("/").startswith("nudge "):
            return await self._host.command(person, line)
        (command,) = self._place.nudging.commands()
        return await command.run(person, line.partition(" ")[2])
