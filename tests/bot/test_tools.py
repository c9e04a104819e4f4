"""The tools of a workspace: listed, allowed, added, changed behind our back."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from bot.acting.connected import given_by, openers
from bot.acting.tool_commands import ToolCommands
from bot.acting.toolboxes import Given, Toolboxes
from bot.settings import Settings
from integrations.contracts.host import Person
from integrations.contracts.tools import Call, Tool, ToolFailure, ToolResult
from learning.store.tool_sources import ToolRules, ToolSources

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from learning.store.store import Store

SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass
class Made:
    """A source at our own port."""

    name: str
    offered: list[Tool] = field(default_factory=list)
    failure: ToolFailure | None = None
    listed: int = 0
    closed: bool = False
    hangs: asyncio.Event | None = None

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        del workspace_id
        self.listed += 1
        if self.failure is not None:
            raise self.failure
        if self.hangs is not None:
            self.hangs.set()
            await asyncio.Event().wait()
        return list(self.offered)

    async def call(self, call: Call) -> ToolResult:
        return ToolResult(f"{call.tool} done")

    async def close(self) -> None:
        self.closed = True


def tool(name: str, effect: Any = "writes", description: str = "") -> Tool:
    return Tool(name, name, description, SCHEMA, effect)


@dataclass
class Place:
    """A workspace with sources."""

    store: Store
    admin: Person
    now: datetime
    boxes: dict[str, Made]

    @asynccontextmanager
    async def open(self, *own: Made) -> AsyncIterator[tuple[Toolboxes, ToolCommands]]:
        opening = {"mcp": lambda name, _: self.boxes[name]}
        given = [Given("given", "mcp", {"command": "x"})] if "given" in self.boxes else []
        toolboxes = Toolboxes(self.store, own, given, opening, lambda: self.now, listing_s=2)
        try:
            yield toolboxes, ToolCommands(self.store, toolboxes, lambda: self.now)
        finally:
            await toolboxes.close()

    async def connect(self, name: str) -> None:
        async with self.store.begin(self.admin.workspace_id, None) as unit:
            await ToolSources(unit).put(name, "mcp", {"url": "https://x.example"}, self.now)

    async def rule(self, tool: str, rule: Any) -> None:
        async with self.store.begin(self.admin.workspace_id, None) as unit:
            await ToolRules(unit).put(tool, rule, self.now)

    async def ruled(self, tool: str) -> str:
        async with self.store.begin(self.admin.workspace_id, None) as unit:
            return await ToolRules(unit).of(tool)


@pytest.fixture
def place(store: Store, workspace: str, now: datetime) -> Place:
    admin = Person(workspace, "ada", "console", admin=True)
    return Place(store, admin, now, {})


async def test_one_dead_source_hides_no_other_and_is_left_alone_for_a_while(place: Place) -> None:
    dead = place.boxes["dead"] = Made("dead", failure=ToolFailure("unavailable", "It is down."))
    place.boxes["good"] = Made("good", [tool("good.find", "reads")])
    for name in ("dead", "good"):
        await place.connect(name)
    own = Made("task", [tool("task.add", "own")])
    async with place.open(own) as (toolboxes, commands):
        for _ in range(2):
            found = await toolboxes.tools(place.admin.workspace_id)
            assert [x.name for x in found] == ["task.add", "good.find"]
        assert dead.listed == 1
        said = await commands.run(place.admin, "")
        assert "_Not there now. It is down._" in said.text
        done = await toolboxes.call(Call("good.find", {}, place.admin, uuid4()))
        assert done.text == "good.find done"
        with pytest.raises(ToolFailure, match="no nowhere here"):
            await toolboxes.call(Call("nowhere.find", {}, place.admin, uuid4()))
    assert dead.closed


async def test_a_tool_that_became_another_one_asks_again(place: Place) -> None:
    box = place.boxes["search"] = Made(
        "search", [tool("search.send"), tool("search.find", "reads")]
    )
    await place.connect("search")
    async with place.open() as (toolboxes, _):
        await toolboxes.tools(place.admin.workspace_id)
    await place.rule("search", "auto")
    # What wrote says now that it reads; one is gone, one is new.
    box.offered = [tool("search.send", "reads", "Send all."), tool("search.extra")]
    async with place.open() as (toolboxes, commands):
        found = {x.name: x for x in await toolboxes.tools(place.admin.workspace_id)}
        assert found["search.send"].effect == "writes"
        assert await place.ruled("search.send") == await place.ruled("search.extra") == "ask"
        said = await commands.run(place.admin, "list")
        assert "changed on 2026-03-02" in said.text
        assert "_No longer there: search.find._" in said.text
        await commands.run(place.admin, "allow search.send ask")
        found = {x.name: x for x in await toolboxes.tools(place.admin.workspace_id)}
        assert found["search.send"].effect == "reads", "an admin took it as it is"


async def test_what_is_switched_off_is_not_offered_and_only_admins_decide(place: Place) -> None:
    place.boxes["given"] = Made("given", [tool("given.a"), tool("given.b")])
    member = replace(place.admin, admin=False)
    async with place.open() as (toolboxes, commands):
        assert not (await commands.run(member, "allow given.a off")).ok
        assert not (await commands.run(place.admin, "allow given.z off")).ok
        assert not (await commands.run(place.admin, "allow given.a sometimes")).ok
        assert (await commands.run(place.admin, "allow given.a off")).ok
        assert [x.name for x in await toolboxes.tools(place.admin.workspace_id)] == ["given.b"]
        async with place.store.begin(place.admin.workspace_id, None) as unit:
            assert await toolboxes.rule(unit, "given.a") == "off"
        assert not (await commands.run(place.admin, "remove given")).ok, "it is from the settings"
        outsider = replace(member, outsider=True)
        assert "given" not in (await commands.run(outsider, "")).text


async def test_a_token_is_taken_in_private_alone_and_never_shown(place: Place) -> None:
    place.boxes["search"] = Made("search", [tool("search.find", "reads")])
    line = "add search https://tools.example.com/mcp tok-4711-abcd"
    async with place.open() as (toolboxes, commands):
        for who in (replace(place.admin, private=False), replace(place.admin, admin=False)):
            refused = await commands.run(who, line)
            assert not refused.ok
            assert "tok-4711" not in refused.text
        added = await commands.run(place.admin, line)
        assert added.ok
        assert "tok-4711" not in added.text + str(added.data)
        assert [x.name for x in await toolboxes.tools(place.admin.workspace_id)] == ["search.find"]
        assert (await commands.run(place.admin, "remove search")).ok
        assert await toolboxes.tools(place.admin.workspace_id) == []
        for bad in (
            "add search file:///etc/passwd",
            "add search https://user:pass@x.example/",
            "add Mc/p https://x.example/",
            "add mcp https://x.example/",
        ):
            assert not (await commands.run(place.admin, bad)).ok, bad


async def test_a_program_is_connected_for_real_and_what_does_not_answer_is_not(
    place: Place,
) -> None:
    toolboxes = Toolboxes(place.store, (), (), openers(Settings()), lambda: place.now)
    commands = ToolCommands(place.store, toolboxes, lambda: place.now)
    try:
        gone = await commands.add(place.admin, "gone", {"command": "/nowhere/mcp-gone"})
        assert (gone.ok, gone.text) == (
            False,
            "It was not added. The program mcp-gone is not there.",
        )
        inside = await commands.run(place.admin, "add inside http://127.0.0.1:9/mcp")
        assert "private network" in inside.text
        time = {"command": sys.executable, "args": ["-m", "mcp_server_time"]}
        assert (await commands.add(place.admin, "time", time)).ok
        [state] = (await commands.run(place.admin, "")).data["sources"]
        assert [each["effect"] for each in state["tools"]] == ["reads", "reads"]
        told = await toolboxes.call(
            Call("time.get_current_time", {"timezone": "UTC"}, place.admin, uuid4())
        )
        assert told.data["timezone"] == "UTC"
    finally:
        await toolboxes.close()


@pytest.mark.parametrize(
    ("named", "given"), [("T1,local", ("T1", "local")), ("*", ()), ("", None), (" , ", None)]
)
def test_what_the_installation_opens_is_for_the_workspaces_it_names_and_for_none_without_any(
    named: str, given: tuple[str, ...] | None, tmp_path: Path
) -> None:
    (tmp_path / "tools.toml").write_text(
        '[time]\ncommand = "x"\n[mine]\ncommand = "y"\nworkspaces = ["T9"]\n'
    )
    settings = Settings(
        _env_file=None,
        tool_workspaces=named,
        github_token="t",
        music_url="https://songs.example",
        tools=tmp_path / "tools.toml",
    )
    found = {each.name: each.workspaces for each in given_by(settings)}
    shared = {} if given is None else dict.fromkeys(("github", "music", "time"), given)
    assert found == shared | {"mine": ("T9",)}


async def test_who_waits_for_a_list_of_a_source_that_is_taken_away_is_told_and_goes_on(
    place: Place,
) -> None:
    reached = asyncio.Event()
    place.boxes["slow"] = Made("slow", hangs=reached)
    await place.connect("slow")
    async with place.open() as (toolboxes, commands):
        looking = asyncio.create_task(toolboxes.look(place.admin.workspace_id))
        await reached.wait()
        await commands.remove(place.admin, "slow")
        await toolboxes.tools(place.admin.workspace_id)
        (look,) = await looking
        assert look.failure is not None
