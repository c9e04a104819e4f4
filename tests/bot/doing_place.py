"""A small place to act in: tools of our own, a database, people, and a surface that remembers."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.acting.commands import ActionCommands
from bot.acting.execute import Acting, Here, Wanted
from bot.acting.telling import Telling
from bot.deliver import Deliveries
from bot.metrics import Metrics
from bot.opinions import USUAL
from bot.queue import Queue, Task, turn_queue
from bot.speaking import Speaking
from bot.standing import Standings
from integrations.contracts.host import Person
from integrations.contracts.tools import Call, Tool, ToolFailure, ToolResult
from learning.scope import channel, person
from learning.store.actions import Actions
from learning.store.doors import Outbox
from learning.store.store import SEARCH_PATH, Store
from tests.bot.support import BEGIN, RecordingSurface, rows
from tests.store.support import exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from uuid import UUID

    from bot.acting.execute import Executed
    from integrations.contracts.delivery import Button
    from integrations.contracts.host import CommandReply
    from learning.actions.contract import Acted, Origin
    from learning.store.cipher import Cipher
    from learning.store.store import Unit


def tool(name: str, effect: str = "reads", **values: Any) -> Tool:
    properties = {
        "title": {"type": "string"}, "labels": {"type": "array"}, "key": {"type": "string"},
    }  # fmt: skip
    schema = {"type": "object", "properties": properties, "required": values.pop("required", [])}
    return Tool(name, name.title(), "", schema, effect, "title", **values)  # type: ignore[arg-type]


TOOLS = (
    tool("notes.find"), tool("notes.keep", "own"), tool("issues.open", "writes"),
    tool("songs.make", "writes", slow=True, required=["title"]),
)  # fmt: skip


def too_fast() -> ToolFailure:
    return ToolFailure("invalid", "It is too fast.", "tempo must be at most 240", 422)


@dataclass
class Kit:
    """Tools that answer what they are told to: a result, a failure, or nothing at all."""

    answers: deque[Any] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)
    rules: dict[str, str] = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    most: int | None = None
    """The highest tempo that works, if there is one."""
    offered: Sequence[Tool] = TOOLS

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        del workspace_id
        return self.offered

    async def call(self, call: Call) -> ToolResult:
        self.calls.append(call)
        self.reached.set()
        fits = self.most is None or call.params.get("tempo", 0) <= self.most
        usual = ToolResult("It is done.") if fits else too_fast()
        answer = self.answers.popleft() if self.answers else usual
        if isinstance(answer, BaseException):
            raise answer
        if answer is Ellipsis:
            await asyncio.Event().wait()
        return answer

    async def rule(self, unit: Unit, tool: str) -> str:
        del unit
        return self.rules.get(tool, "")


@dataclass
class Place:
    """Somewhere to act, with everything that takes part in it."""

    store: Store
    queue: Queue
    kit: Kit
    surface: RecordingSurface
    workspace: str
    now: datetime = BEGIN

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def acting(self, *, quick_s: float = 30.0, guests: Callable[[str], bool] = bool) -> Acting:
        """Return the path of actions as a process has it that just started."""
        standings = Standings(self.store, self.queue, {"web": self.surface}, USUAL)
        telling = Telling(Speaking(self.queue, standings, self.clock))
        return Acting(
            self.store, self.queue, self.kit, telling, Metrics(), self.clock, guests=guests,
            quick_s=quick_s,
        )  # fmt: skip

    def person(self, user: str = "ann", *, channel: str = "", **values: Any) -> Person:
        return Person(self.workspace, user, "web", channel, not channel, **values)

    async def execute(
        self,
        name: str,
        origin: Origin = "person",
        *,
        inside: tuple[UUID | None, UUID | None] = (None, None),
        tainted: bool = False,
        quick_s: float = 30.0,
        where: str = "",
        user: str = "ann",
        **params: Any,
    ) -> Executed:
        here = Here(
            self.person(user, channel=where), channel(where) if where else person(user), *inside,
            tainted=tainted,
        )  # fmt: skip
        return await self.acting(quick_s=quick_s).execute(here, Wanted(name, params, origin))

    async def press(self, button: Button, user: str = "ann", text: str = "", **who: Any) -> Any:
        """Press a button; return what it says."""
        return await self.command(f"{button.line} {text}", user, **who)

    async def command(self, line: str, user: str = "ann", **who: Any) -> CommandReply:
        commands = ActionCommands(self.store, self.acting(), None)  # type: ignore[arg-type]
        name, _, rest = line.partition(" ")
        found = {each.name: each for each in commands.commands()}[name]
        return await found.run(self.person(user, **who), rest.strip())

    async def turn(self, user: str = "ann") -> tuple[UUID, UUID]:
        """Begin a turn; return its interaction and its conversation."""
        async with self.store.begin(self.workspace, None) as unit:
            asked = await exchange(unit, user, "Do it", audience=person(user))
        return asked.interaction_id, asked.conversation_id

    async def shown(self, inside: tuple[UUID, UUID], executed: Executed) -> str:
        """Let what was executed be the reply of a turn; return its key."""
        key = f"answer:{inside[0]}"
        buttons = [
            {"label": b.label, "line": b.line, "style": b.style, "asks": b.asks, "filled": b.filled}
            for b in executed.buttons
        ]
        body = {"text": executed.text, "citations": [], "outcome": "acted", "role": "", "model": "",
                "buttons": buttons}  # fmt: skip
        async with self.store.begin(self.workspace, None) as unit:
            await Outbox(unit).put(key, "web", inside[1], inside[0], "ann", body, self.now)
        return key

    async def body(self, key: str) -> dict[str, Any]:
        async with self.store.begin(self.workspace, None) as unit:
            outgoing = await Outbox(unit).of_key(key)
        assert outgoing is not None
        return dict(outgoing.body)

    async def acted(self, id_: UUID | None) -> Acted:
        assert id_ is not None
        async with self.store.begin(self.workspace, None) as unit:
            found = await Actions(unit).find(id_)
        assert found is not None
        return found

    async def work(self) -> list[str]:
        """Do what waits on the surface's queue; return all that was said so far."""
        await self.queue.work_off([turn_queue("web")], 2)
        return [delivery.text for delivery in self.surface.shown.values()]

    def tried(self) -> list[Any]:
        query = "SELECT kind, ok, fault FROM action_tries WHERE workspace_id = %s ORDER BY id"
        return rows(self.store.conninfo, query, self.workspace)

    def jobs(self, name: str) -> int:
        query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND args->>%s = %s"
        return int(rows(self.store.conninfo, query, name, "workspace_id", self.workspace)[0][0])


@asynccontextmanager
async def open_place(conninfo: str, cipher: Cipher, workspace: str) -> AsyncIterator[Place]:
    """Open a place to act in."""
    async with Store(conninfo, cipher) as store, Queue(conninfo, SEARCH_PATH) as queue:
        place = Place(store, queue, Kit(), RecordingSurface("web"), workspace)
        surfaces = {"web": place.surface}
        standings = Standings(store, queue, surfaces, USUAL)
        acting = place.acting()
        deliveries = Deliveries(store, surfaces, standings, Metrics(), place.clock)

        async def nothing(**_: str) -> None:
            pass

        queue.add(Task("act", acting.perform))
        queue.add(Task("act_settle", acting.settle))
        queue.add(Task("act_learn", nothing))
        queue.add(Task("deliver", deliveries.deliver))
        queue.add(Task("standing", standings.show))
        yield place
