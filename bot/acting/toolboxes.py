"""All the tools of a workspace: ours, and those of every source that is connected with it.

Sequence: reads what is connected and allowed, lists it with what is reached in time, keeps what
was seen, and hands a call to whom it is for. A source that does not answer hides no other one, and
is not waited for twice in a row. What is opened stays open; ``close`` ends it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from integrations.contracts.tools import Toolbox, ToolFailure
from learning.actions.seen import Seen, notice
from learning.store.tool_sources import ToolRules, ToolSources, ruling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from integrations.contracts.tools import Call, Tool, ToolResult
    from learning.store.store import Store, Unit
    from learning.store.tool_sources import Rule, ToolSource

LISTING_S: Final = 5.0
"""How long a list of tools is waited for; a slow source is there the next time."""
FRESH_S: Final = 60.0
"""How long a list holds."""
DOWN_S: Final = 15.0
"""How long a source that failed is left alone."""
WATCHED: Final = frozenset({"mcp"})
"""Kinds of sources whose tools are made by others, and may become other ones any time."""


class Box(Toolbox, Protocol):
    """A toolbox that holds something open."""

    async def close(self) -> None:
        """End it."""


Open = "Callable[[str, Mapping[str, Any]], Box]"
"""Opens a source by its name and body; it may load for seconds, and runs in a thread."""


@dataclass(frozen=True, slots=True)
class Given:
    """A source that the settings speak of.

    Attributes:
        name: what stands before the dot in its tools' names.
        kind: which ``Open`` it is for.
        body: what it is described by.
        workspaces: who may use it; everybody when empty.
    """

    name: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What a source looks like from a workspace.

    Attributes:
        name: the source's.
        kind: what it is; "own" if it is a part of Mynah.
        tools: what it offers; those that became other ones since they were allowed count as
            writing, whatever they say.
        failure: why nothing is known of it now.
        changed: since when a tool is not what was allowed, by its name.
        gone: tools that it no longer has.
        removable: whether admins may take it away: it is not from the settings.
    """

    name: str
    kind: str
    tools: tuple[Tool, ...] = ()
    failure: ToolFailure | None = None
    changed: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    removable: bool = False


@dataclass(frozen=True, slots=True)
class _Source:
    """A source as it holds for a workspace now."""

    key: tuple[str, str]
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    version: datetime | None
    seen: Mapping[str, Seen]

    @property
    def name(self) -> str:
        return self.key[1]


@dataclass(slots=True)
class _Opened:
    """A source that is open, and what is known of it."""

    box: Box
    version: datetime | None
    tools: tuple[Tool, ...] = ()
    failure: ToolFailure | None = None
    until: float = 0.0
    listing: asyncio.Task[Sequence[Tool]] | None = None


class Toolboxes:
    """Lists and calls the tools of workspaces.

    Args:
        store: what is connected, seen and allowed is there.
        own: parts of Mynah that can do something.
        given: sources that the settings speak of.
        openers: what opens a source, by its kind.
        clock: tells the time.
        listing_s: how long a list of tools is waited for.
    """

    def __init__(
        self,
        store: Store,
        own: Sequence[Toolbox],
        given: Sequence[Given],
        openers: Mapping[str, Callable[[str, Mapping[str, Any]], Box]],
        clock: Clock,
        *,
        listing_s: float = LISTING_S,
    ) -> None:
        self._store = store
        self._own = {box.name: box for box in own}
        self._given = {each.name: each for each in given}
        self._openers = openers
        self._clock = clock
        self._listing_s = listing_s
        self._opened: dict[tuple[str, str], _Opened] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def taken(self) -> frozenset[str]:
        """Names that no workspace can give to a source of its own."""
        return frozenset({*self._own, *self._given, *self._openers})

    def is_own(self, tool: str) -> bool:
        """Tell whether a tool is a part of Mynah, and of no service that somebody connected."""
        return tool.partition(".")[0] in self._own

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return what is switched on in a workspace and can be reached now."""
        async with self._store.begin(workspace_id, None) as unit:
            rules = await ToolRules(unit).all()
            rows = await ToolSources(unit).all()
        return [
            tool
            for look in await self._look_at(workspace_id, self._held(workspace_id, rows))
            for tool in look.tools
            if ruling(rules, tool.name) != "off"
        ]

    async def call(self, call: Call) -> ToolResult:
        """Do something once.

        Raises:
            ToolFailure: if it was not done, or nobody can tell.
        """
        name = call.tool.partition(".")[0]
        own = self._own.get(name)
        if own is not None:
            return await own.call(call)
        for source in await self._sources(call.by.workspace_id):
            if source.name == name:
                return await (await self._open(source)).box.call(call)
        raise ToolFailure("not_found", f"There is no {name} here: `tools` lists what there is.")

    async def rule(self, unit: Unit, tool: str) -> Rule | str:
        """Return what admins decided about a tool; empty if nothing."""
        return await ToolRules(unit).of(tool)

    async def look(self, workspace_id: str) -> Sequence[Look]:
        """Return what every source looks like from a workspace, ours first."""
        return await self._look_at(workspace_id, await self._sources(workspace_id))

    async def _look_at(self, workspace_id: str, sources: Sequence[_Source]) -> Sequence[Look]:
        return await asyncio.gather(
            *(self._look_own(box, workspace_id) for box in self._own.values()),
            *(self._look(source, workspace_id) for source in sources),
        )

    async def trial(self, name: str, kind: str, body: Mapping[str, Any]) -> Sequence[Tool]:
        """Return what a source offers that is not connected yet.

        Raises:
            ToolFailure: if it cannot be reached.
        """
        box = await asyncio.to_thread(self._openers[kind], name, body)
        try:
            return await box.tools("")
        finally:
            await box.close()

    async def close(self) -> None:
        """End whatever is open."""
        for opened in self._opened.values():
            self._shut(opened)
        self._opened.clear()
        while self._closing:
            await asyncio.wait(self._closing)

    async def _sources(self, workspace_id: str) -> list[_Source]:
        async with self._store.begin(workspace_id, None) as unit:
            return self._held(workspace_id, await ToolSources(unit).all())

    def _held(self, workspace_id: str, found: Iterable[ToolSource]) -> list[_Source]:
        """Return the sources that hold for a workspace; what is open of others is shut."""
        rows = {row.name: row for row in found}
        sources = [
            _Source(
                ("", each.name),
                each.kind,
                each.body,
                None,
                rows[each.name].seen if each.name in rows else {},
            )
            for each in self._given.values()
            if not each.workspaces or workspace_id in each.workspaces
        ]
        sources += [
            _Source((workspace_id, row.name), row.kind, row.body, row.changed_at, row.seen)
            for row in rows.values()
            if row.body and row.kind in self._openers and row.name not in self._given
        ]
        gone = {key for key in self._opened if key[0] == workspace_id} - {x.key for x in sources}
        for key in gone:
            self._shut(self._opened.pop(key))
        return sources

    async def _look_own(self, box: Toolbox, workspace_id: str) -> Look:
        try:
            async with asyncio.timeout(self._listing_s):
                return Look(box.name, "own", tuple(await box.tools(workspace_id)))
        except TimeoutError:
            return Look(box.name, "own", failure=ToolFailure("timeout", "It takes too long."))
        except ToolFailure as failure:
            return Look(box.name, "own", failure=failure)

    async def _look(self, source: _Source, workspace_id: str) -> Look:
        try:
            opened = await self._open(source)
            tools, fresh = await self._listed(opened, workspace_id)
        except ToolFailure as failure:
            return Look(source.name, source.kind, failure=failure, removable=bool(source.key[0]))
        seen = source.seen
        if source.kind in WATCHED:
            digests = {tool.name: digest_of(tool) for tool in tools}
            if fresh and any(
                name not in seen or seen[name].digest != digest for name, digest in digests.items()
            ):
                seen = await self._saw(source, workspace_id, digests)
        changed = {x.name: seen[x.name].changed for x in tools if x.name in seen}
        changed = {name: since for name, since in changed.items() if since}
        offered = tuple(replace(x, effect="writes") if x.name in changed else x for x in tools)
        gone = tuple(name for name in seen if name not in {x.name for x in tools})
        return Look(source.name, source.kind, offered, None, changed, gone, bool(source.key[0]))

    async def _open(self, source: _Source) -> _Opened:
        async with self._locks.setdefault(source.key, asyncio.Lock()):
            opened = self._opened.get(source.key)
            if opened is not None and opened.version == source.version:
                return opened
            if opened is not None:
                self._shut(opened)
            try:
                box = await asyncio.to_thread(self._openers[source.kind], source.name, source.body)
            except ValueError as problem:
                raise ToolFailure("broken", f"{problem}") from None
            opened = _Opened(box, source.version)
            self._opened[source.key] = opened
            return opened

    async def _listed(self, opened: _Opened, workspace_id: str) -> tuple[tuple[Tool, ...], bool]:
        """Return a source's tools, and whether they were just looked at.

        A list that takes longer than it is waited for is there for whoever asks next.
        """
        loop = asyncio.get_running_loop()
        fresh = loop.time() >= opened.until
        if fresh:
            if opened.listing is None:
                opened.listing = asyncio.ensure_future(opened.box.tools(workspace_id))
            listing = opened.listing
            await asyncio.wait({listing}, timeout=self._listing_s)
            if not listing.done():
                raise ToolFailure("timeout", "It takes long to answer: ask again in a while.")
            opened.listing = None
            try:
                opened.tools, opened.failure = tuple(listing.result()), None
            except ToolFailure as failure:
                opened.tools, opened.failure = (), failure
            except asyncio.CancelledError:  # it was shut meanwhile; whoever asks goes on
                raise ToolFailure("unavailable", "It was just changed: ask again.") from None
            opened.until = loop.time() + (DOWN_S if opened.failure else FRESH_S)
        if opened.failure is not None:
            raise opened.failure
        return opened.tools, fresh

    async def _saw(
        self, source: _Source, workspace_id: str, digests: Mapping[str, str]
    ) -> Mapping[str, Seen]:
        """Keep what a source looks like now; what became another tool is asked about again."""
        now = self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            sources, rules = ToolSources(unit), ToolRules(unit)
            if not source.key[0]:
                await sources.mention(source.name, source.kind, now)
            row = await sources.locked(source.name)
            if row is None:  # it was taken away meanwhile
                return source.seen
            noticed = notice(row.seen, digests, now.date().isoformat())
            await sources.saw(source.name, noticed.seen, now)
            for tool in noticed.changed:
                if await rules.of(tool) == "auto":
                    await rules.put(tool, "ask", now)
        if noticed.changed or noticed.gone:
            structlog.get_logger("mynah.tools").warning(
                "a source changed its tools",
                workspace=workspace_id,
                source=source.name,
                changed=len(noticed.changed),
                gone=len(noticed.gone),
            )
        return noticed.seen

    def _shut(self, opened: _Opened) -> None:
        async def shut() -> None:
            if opened.listing is not None:
                opened.listing.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await opened.listing
            await opened.box.close()

        task = asyncio.get_running_loop().create_task(shut())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def digest_of(tool: Tool) -> str:
    """Return a digest of all that a tool says of itself."""
    said = [tool.title, tool.description, tool.parameters, tool.effect]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
