"""Any MCP server as a toolset: programs on this machine, and servers reached by HTTP.

Keeps one connection open between calls, closes it when nobody uses it, and opens another one when
it is lost. Decides what may be done again after that: what certainly did not happen. Refuses what
servers ask of us: models, files, forms.

Importing this takes seconds: do it late, in a thread.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx2
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp import MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    REQUEST_TIMEOUT,
)
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.toolsets import AbstractToolset

from integrations.contracts.tools import ToolFailure
from integrations.tools.faults import causes, failure, of_status, of_words, wait_in, wait_of
from integrations.tools.limits import readable
from integrations.tools.stdio import BoundedStdio, Command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pydantic_ai.tools import RunContext
    from pydantic_ai.toolsets import ToolsetTool

    from integrations.tools.guard import Guarded
    from integrations.tools.limits import Limits
    from learning.actions.contract import Effect, FaultKind

    Toolset = MCPToolset[Any]
    Dial = Callable[[], "Line"]

_T = TypeVar("_T")

_CLOSING_S: Final = 5.0
"""How long a connection may take to be closed, before it is left to end by itself."""
_GONE: Final = "Session terminated"
_TELLING: Final = frozenset({401, 403, 407, 429})
"""Statuses that the SDK would turn into "an error response"."""


class Line:
    """One connection with a server.

    Args:
        toolset: pydantic-ai's, not yet entered.
        carrier: what it goes over.
    """

    def __init__(self, toolset: Toolset, carrier: BoundedStdio | Guarded) -> None:
        self.toolset = toolset
        self.uses = 0
        self.retired = False
        self._carrier = carrier

    @property
    def alive(self) -> bool:
        """Whether it can be used."""
        sound = not (self.retired or self._carrier.ended)
        return sound and self.toolset.client.is_connected()

    @property
    def failure(self) -> ToolFailure | None:
        """Why we ended it, if we did."""
        return self._carrier.failure


def by_stdio(command: Command, limits: Limits) -> Dial:
    """Return what connects with a program."""

    def dial() -> Line:
        transport = BoundedStdio(command, limits.most_bytes)
        return Line(_toolset(transport, limits), transport)

    return dial


def by_http(
    url: str, headers: Mapping[str, str], guarded: Callable[[], Guarded], limits: Limits
) -> Dial:
    """Return what connects with a server by streamable HTTP."""

    def dial() -> Line:
        guard = guarded()

        def client(
            headers: dict[str, str] | None = None,
            timeout: httpx2.Timeout | None = None,
            auth: httpx2.Auth | None = None,
            **further: object,
        ) -> httpx2.AsyncClient:
            del further  # it would follow redirects
            return httpx2.AsyncClient(
                transport=guard,
                headers=headers,
                timeout=timeout or httpx2.Timeout(limits.start_s, read=limits.call_s),
                auth=auth,
                follow_redirects=False,
                trust_env=False,
                event_hooks={"response": [_tell]},
            )

        transport = StreamableHttpTransport(
            url,
            headers=dict(headers),
            httpx_client_factory=client,
            max_sse_event_size=limits.most_bytes,
        )
        return Line(_toolset(transport, limits), guard)

    return dial


def _toolset(transport: Any, limits: Limits) -> Toolset:  # noqa: ANN401 - one of fastmcp's transports
    return MCPToolset(
        transport,
        tool_error_behavior="error",
        cache_tools=False,  # servers change their tools without saying so
        log_handler=_nothing,
        progress_handler=_no_progress,
        init_timeout=limits.start_s,
        read_timeout=None,  # whoever calls keeps the time
    )


async def _nothing(message: object) -> None:
    """Take what a server wants to have logged: it is anybody's words."""


async def _no_progress(progress: float, total: float | None, message: str | None) -> None:
    """Take how far a server says that it is."""


async def _tell(response: httpx2.Response) -> None:
    """Raise what a status says, while it is known."""
    status = response.status_code
    if status in _TELLING or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise failure(
            of_status(status),
            response.request.url.host,
            status=status,
            retry_after_s=wait_of(response.headers),
        )


class Server(AbstractToolset[Any]):
    """The tools of one server, over whichever connection with it is open.

    Args:
        dial: makes a connection.
        limits: what it may cost.
    """

    def __init__(self, dial: Dial, limits: Limits) -> None:
        self._dial = dial
        self._limits = limits
        self._line: Line | None = None
        self._lock = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def id(self) -> str | None:
        """Return none: nothing runs elsewhere by this name."""
        return None

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self._line is not None and self._line.alive

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """Return what the server offers now."""
        return await self._over(lambda toolset: toolset.get_tools(ctx), harmless=True)

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:  # noqa: ANN401 - whatever it gives back
        """Call a tool of the server."""
        return await self._over(lambda toolset: toolset.call_tool(name, tool_args, ctx, tool))

    async def close(self) -> None:
        """Close the connection, and wait for those that are being closed."""
        if self._idle is not None:
            self._idle.cancel()
        if self._line is not None:
            self._retire(self._line, at_once=True)
        if self._closing:
            await asyncio.wait(self._closing, timeout=_CLOSING_S)

    async def _over(
        self, doing: Callable[[Toolset], Awaitable[_T]], *, harmless: bool = False
    ) -> _T:
        """Do something over a connection; once more over a new one if that doubles nothing."""
        for again in (True, False):
            line = await self._open()
            line.uses += 1
            try:
                return await doing(line.toolset)
            except asyncio.CancelledError:
                self._retire(line)  # it hangs; nobody knows what it is doing
                raise
            except Exception as error:
                if line.failure is not None:
                    self._retire(line)
                    raise line.failure from error
                if not _answered(error):
                    self._retire(line)
                    if again and (harmless or _undone(error)):
                        continue
                raise
            finally:
                line.uses -= 1
                self._rest(line)
        raise AssertionError  # the second time returns or raises

    async def _open(self) -> Line:
        async with self._lock:
            if self._line is not None and self._line.alive:
                return self._line
            if self._line is not None:
                self._retire(self._line)
            line = self._dial()
            try:
                await line.toolset.__aenter__()
            except Exception as error:
                if line.failure is not None:
                    raise line.failure from error
                raise
            self._line = line
            return line

    def _retire(self, line: Line, *, at_once: bool = False) -> None:
        """Use a connection no more; it is closed when nobody else does."""
        line.retired = True
        if self._line is line:
            self._line = None
        if at_once or not line.uses:
            self._shut(line)

    def _rest(self, line: Line) -> None:
        """Close a connection that is done with; see whether it is wanted again if not."""
        if line.uses:
            return
        if line.retired:
            self._shut(line)
            return
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._limits.idle_s, self._tire, line)

    def _tire(self, line: Line) -> None:
        if not line.uses:
            self._retire(line)

    def _shut(self, line: Line) -> None:
        async def shut() -> None:
            with suppress(Exception):  # it is being given up
                await line.toolset.__aexit__(None, None, None)

        task = asyncio.get_running_loop().create_task(shut())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _answered(error: Exception) -> bool:
    """Tell whether a server answered, so that the connection is sound."""
    if isinstance(error, ToolError):
        return True
    return (
        isinstance(error, MCPError)
        and error.code not in {CONNECTION_CLOSED, REQUEST_TIMEOUT}
        and _GONE not in error.message
    )


def _undone(error: Exception) -> bool:
    """Tell whether a call certainly came to nothing: it never got there, or was not let in."""
    return any(
        isinstance(each, httpx2.ConnectError)
        or (isinstance(each, MCPError) and _GONE in each.message)
        for each in causes(error)
    )


def explain(error: BaseException, who: str, effect: Effect) -> ToolFailure | None:
    """Return what an exception of the SDKs amounts to, if it is one of theirs."""
    found = list(causes(error))
    for each in found:
        if isinstance(each, ToolFailure):
            return each
    for each in found:
        told = _explained(each, who, effect)
        if told is not None:
            return told
    return None


def _explained(error: BaseException, who: str, effect: Effect) -> ToolFailure | None:
    lost: FaultKind = "unavailable" if effect == "reads" else "timeout"
    if isinstance(error, ToolError):
        said = readable(str(error))
        return failure(of_words(said, effect), who, said, retry_after_s=wait_in(said))
    if isinstance(error, MCPError):
        kinds: Mapping[int, FaultKind] = {
            INVALID_PARAMS: "invalid",
            METHOD_NOT_FOUND: "not_found",
            REQUEST_TIMEOUT: "timeout",
            CONNECTION_CLOSED: lost,
        }
        said = readable(error.message)
        kind = kinds.get(error.code) or (
            of_words(said, effect) if error.code == INTERNAL_ERROR else "broken"
        )
        return failure(kind, who, said)
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return failure("unavailable", who)
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return failure("timeout", who)
    if isinstance(error, httpx2.HTTPError):
        return failure(lost, who)
    return None
