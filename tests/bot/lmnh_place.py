"""A Mynah for stories: people who talk to it for weeks, and services that it does things with.

Everything is real but the services, which are strict stand-ins on sockets of their own, and the
time, which passes when a story says so.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import SecretStr

from bot.app import open_mynah
from learning.actions.contract import Acted
from learning.scope import person
from learning.store.actions import Actions
from learning.store.ids import new_id
from tests.bot.board_place import TalkingSurface
from tests.bot.support import BEGIN, World, interaction_of, settings_of
from tests.standins.github_server import GitHubServer, github_server
from tests.standins.music_server import MusicServer, music_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.app import Mynah
    from integrations.contracts.delivery import Button, Delivery
    from integrations.contracts.host import CommandReply

REGIONS = ("eu-west-1", "us-east-1")


@dataclass(slots=True)
class Forge:
    """What a company has its projects with, as an MCP server: strict, as such servers are."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    """Projects whose modules are installed."""

    def server(self) -> MCPServer:
        server = MCPServer("forge")

        @server.tool()
        def create_project(
            name: str, language: str = "", dark_mode: bool | None = None, host: str = ""
        ) -> dict[str, Any]:
            """Create a project."""
            said = {"name": name, "language": language, "dark_mode": dark_mode, "host": host}
            self.calls.append(("create_project", said))
            return said

        @server.tool()
        def deploy(service: str, region: str) -> str:
            """Deploy a service."""
            self.calls.append(("deploy", {"service": service, "region": region}))
            if region not in REGIONS:
                raise ToolError(f"region must be one of {', '.join(REGIONS)}")
            return f"{service} runs in {region}"

        @server.tool()
        def run(project: str, script: str, install: bool = False) -> str:
            """Run a script of a project."""
            said = {"project": project, "script": script, "install": install}
            self.calls.append(("run", said))
            if install:
                self.modules.add(project)
            if project not in self.modules:
                raise ToolError("Module not found: install must be true once for a new project")
            return f"{script} of {project} passed"

        return server

    def called(self, tool: str) -> list[dict[str, Any]]:
        return [said for name, said in self.calls if name == tool]


@dataclass(slots=True)
class House:
    """A Mynah, what it is connected with, and the time that it believes it is."""

    mynah: Mynah
    surface: TalkingSurface
    clock: Clock
    github: GitHubServer
    music: MusicServer
    forge: Forge

    def story(self) -> Story:
        """Begin a story in a workspace that no other has heard of."""
        return Story(self.mynah, self.surface, f"w{uuid4().hex[:12]}", count(1), house=self)


@dataclass(slots=True)
class Clock:
    """Goes a millisecond a look, and as far as it is told."""

    time: datetime = BEGIN

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def to(self, weekday: int, hour: int, minute: int = 0) -> datetime:
        """Go on to the next such time of a week that begins on Monday."""
        at = self.time.replace(hour=hour, minute=minute, second=0, microsecond=0)
        at += timedelta(days=(weekday - at.weekday()) % 7)
        self.time = at if at > self.time else at + timedelta(days=7)
        return self.time


@dataclass(slots=True)
class Story(World):
    """A workspace, and what people do in it."""

    house: House = field(kw_only=True)

    def later(self) -> datetime:
        return self.house.clock()

    async def wait(self, **length: float) -> None:
        """Let time pass."""
        self.house.clock.time += timedelta(**length)

    async def command(
        self, line: str, user: str = "ann", channel: str | None = None, *, admin: bool = False
    ) -> CommandReply:
        who = replace(self.person(user, channel), admin=admin)
        reply = await self.mynah.host.command(who, line)
        await self.mynah.work_off()
        return reply

    def said(self) -> list[str]:
        """Return all that Mynah said here, oldest first."""
        mine = [d for d in self.house.surface.shown.values() if self._here(d)]
        return [delivery.text for delivery in mine]

    def latest(self) -> Delivery:
        """Return what Mynah said last here."""
        return [d for d in self.house.surface.shown.values() if self._here(d)][-1]

    def _here(self, delivery: Delivery) -> bool:
        return delivery.target.workspace_id == self.workspace

    async def press(
        self, shown: Delivery | CommandReply, label: str, words: str = "", user: str = "ann"
    ) -> CommandReply:
        """Press a button below something, and write what it asks for."""
        return await self.command(f"{button(shown, label).line} {words}".strip(), user)

    async def change(self, shown: Delivery, before: str, after: str) -> CommandReply:
        """Change a proposal, in the dialog where it stands as it is."""
        filled = button(shown, "Change").filled
        assert before in filled
        return await self.press(shown, "Change", filled.replace(before, after))

    async def agreed(self, text: str, user: str = "ann", channel: str | None = None) -> Delivery:
        """Ask for something, say yes to it, and return what came of it."""
        shown = await self.ask(text, user, channel)
        assert (await self.press(shown, "Do it", user=user)).ok
        return self.latest()

    async def did(self, kind: str, at: datetime, user: str = "ann", **values: Any) -> None:
        """Have done something at another time, as the log of actions tells it."""
        acted = Acted(
            **{
                "id": new_id(),
                "user_id": user,
                "audience": person(user),
                "kind": kind,
                "origin": "person",
                "status": "done",
                "created_at": at,
                "started_at": at,
                "finished_at": at + timedelta(milliseconds=values.get("time_ms", 400.0)),
                "success": True,
                "surface": self.house.surface.name,
                "channel_id": f"dm:{user}",
                **values,
            }
        )
        async with self.mynah.store.begin(self.workspace, None) as unit:
            await Actions(unit).add(acted)

    def actions(self) -> list[tuple[str, str, str]]:
        """Return what was done here: the tool, who wanted it, and how it stands."""
        found = self.rows(
            "SELECT kind, origin, status FROM actions WHERE workspace_id = %s "
            "ORDER BY created_at, id"
        )
        return [(str(kind), str(origin), str(status)) for kind, origin, status in found]

    def rating(self, reply: Delivery) -> float | None:
        """Return what people think of what was done in a turn."""
        query = "SELECT rating FROM actions WHERE workspace_id = %s AND interaction_id = %s"
        ((rating,),) = self.rows(query, interaction_of(reply))
        return None if rating is None else float(rating)


@asynccontextmanager
async def open_house(home: Path, conninfo: str, key: str, **values: Any) -> AsyncIterator[House]:
    """Open a Mynah with GitHub, a music service and a company's own tools."""
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(github_server())
        music = await stack.enter_async_context(music_server())
        music.stages = ()  # a song is there at the first look
        forge = Forge()
        address = await stack.enter_async_context(_serving(forge.server()))
        clock = Clock()
        surface = TalkingSurface(f"talk-{uuid4().hex[:8]}")
        settings = settings_of(
            home,
            conninfo,
            key,
            tools=_listed(home, address),
            tool_workspaces="*",
            github_token=SecretStr(github.token),
            GITHUB_API_URL=github.api_url,
            music_url=music.url,
            music_token=SecretStr(music.token),
            **values,
        )
        mynah = await stack.enter_async_context(
            open_mynah(settings, further=[surface], only=["console"], now=clock)
        )
        yield House(mynah, surface, clock, github, music, forge)


def _listed(home: Path, address: str) -> Path:
    """Write down which tools there are, as whoever runs Mynah does."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "tools.toml"
    file.write_text(f'[forge]\nurl = "{address}"\nprivate = true\n', "utf-8")
    return file


@asynccontextmanager
async def _serving(server: MCPServer) -> AsyncIterator[str]:
    """Serve an MCP server by HTTP; return its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = server.streamable_http_app(json_response=True)
    serving = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
    serving.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(serving.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        serving.should_exit = True
        await task
        listening.close()


def button(shown: Delivery | CommandReply, label: str) -> Button:
    """Return the button below something that begins with these words."""
    (found,) = [each for each in shown.buttons if each.label.startswith(label)]
    return found
