"""A Mynah with a surface that can be spoken on first, and its own tools, at a time of our own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.acting.board import Board
from bot.app import open_mynah
from bot.opinions import Opinions
from bot.posting import Posting
from bot.reminders import Reminding
from bot.speaking import Speaking
from bot.standing import Standings
from integrations.contracts.host import CommandReply, Person
from integrations.contracts.surface import Capabilities, NoSuchSpot, Presence, Spot
from integrations.contracts.tools import Call, ToolFailure
from learning.store.ids import new_id
from tests.bot.support import BEGIN, RecordingSurface, rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from bot.app import Mynah
    from bot.command import Command
    from bot.settings import Settings
    from integrations.contracts.delivery import Delivery, Standing
    from integrations.contracts.tools import Toolbox


class TalkingSurface(RecordingSurface):
    """Keeps what it shows, and knows a few channels."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.channels = {"#dev"}
        self.present: Presence = "there"
        self.tz = ""
        self.restated: list[Delivery] = []
        self.withdrawn: list[str] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        """Happens while something is being shown."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(streaming=False, max_chars=10_000, keeps=True)

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Spot:
        del workspace_id
        if not name:
            return Spot(f"dm:{user_id}", "dm", private=True, label="your direct messages")
        if name not in self.channels:
            raise NoSuchSpot(f"there is no channel {name} that I am in: invite me")
        return Spot(name.removeprefix("#"), "", private=False, label=name)

    async def presence(self, workspace_id: str, user_id: str) -> Presence:
        del workspace_id, user_id
        return self.present

    async def zone(self, workspace_id: str, user_id: str) -> str:
        del workspace_id, user_id
        return self.tz

    async def deliver(self, delivery: Delivery) -> str:
        if self.meanwhile is not None:
            await self.meanwhile()
        return await super().deliver(delivery)

    async def restate(self, delivery: Delivery, standing: Standing) -> None:
        del standing
        self.restated.append(delivery)

    async def withdraw(self, workspace_id: str, ref: str) -> None:
        del workspace_id
        self.withdrawn.append(ref)


@dataclass(slots=True)
class BoardPlace:
    """The parts under test, and what people do with them."""

    mynah: Mynah
    surface: TalkingSurface
    workspace: str
    time: datetime = BEGIN
    speaking: Speaking = field(init=False)
    standings: Standings = field(init=False)
    posting: Posting = field(init=False)
    reminding: Reminding = field(init=False)
    board: Board = field(init=False)
    boxes: dict[str, Toolbox] = field(init=False)

    def __post_init__(self) -> None:
        store, queue, surfaces = self.mynah.store, self.mynah.queue, self.mynah.surfaces
        self.standings = Standings(store, queue, surfaces, Opinions())
        self.speaking = Speaking(queue, self.standings, self.now)
        self.posting = Posting(store, surfaces, self.speaking)
        self.reminding = Reminding(store, queue, surfaces, self.speaking, self.now)
        self.board = Board(store, self.now)
        self.boxes = {box.name: box for box in (self.posting, self.reminding, self.board)}

    def now(self) -> datetime:
        return self.time

    def person(self, user: str = "ann", channel: str = "", **more: Any) -> Person:
        where = channel or f"dm:{user}"
        tz = "Europe/Berlin"
        more = {"tz": tz, **more}
        return Person(self.workspace, user, self.surface.name, where, not channel, **more)

    async def use(self, who: Person, tool: str, params: Mapping[str, Any]) -> CommandReply:
        """Use a tool of ours, as actions do."""
        box = self.boxes[tool.partition(".")[0]]
        try:
            result = await box.call(Call(tool, params, who, new_id()))
        except ToolFailure as failure:
            return CommandReply(str(failure), {"fault": failure.kind}, ok=False)
        return CommandReply(result.text, result.data)

    async def run(self, commands: Sequence[Command], line: str, who: Person) -> CommandReply:
        name, _, rest = line.partition(" ")
        (command,) = [each for each in commands if each.name == name]
        return await command.run(who, rest)

    async def later(self, **length: float) -> None:
        """Let time pass, and work on what is due."""
        self.time += timedelta(**length)
        self.hurry()
        await self.mynah.work_off()

    def hurry(self) -> None:
        rows(
            self.mynah.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' "
            "AND args->>'workspace_id' = %s",
            self.workspace,
        )

    def shown(self) -> list[str]:
        return [delivery.text for delivery in self.surface.shown.values()]

    def count(self, table: str) -> int:
        found = rows(
            self.mynah.conninfo,
            f"SELECT count(*) FROM {table} WHERE workspace_id = %s",
            self.workspace,
        )
        return int(found[0][0])


@asynccontextmanager
async def open_board(settings: Settings, workspace: str) -> AsyncIterator[BoardPlace]:
    """Open a Mynah with what this module names."""
    surface = TalkingSurface(f"talk-{uuid4().hex[:8]}")
    places: list[BoardPlace] = []

    def now() -> datetime:
        return places[0].time if places else BEGIN

    async with open_mynah(settings, further=[surface], only=["console"], now=now) as mynah:
        places.append(BoardPlace(mynah, surface, workspace))
        yield places[0]
