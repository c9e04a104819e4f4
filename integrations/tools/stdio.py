"""Speaks with an MCP server that is a program on this machine, line by line.

The SDK's own way keeps a line in memory however long it is, and waits for whoever hangs. Here a
line is bounded, and the program with all that it started is ended when the connection is.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio
import structlog
from fastmcp.client.transports.base import ClientTransport, TransportOptions
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

from integrations.contracts.tools import ToolFailure

if TYPE_CHECKING:
    from asyncio import StreamReader
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp import ClientSession

_GRACE_S: Final = 0.5
"""How long a program may take to end by itself, and how long after it was told to."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a program is started.

    Attributes:
        program: its name or path.
        args: what it is started with.
        env: what it finds in its environment beside a path and a home.
        cwd: the folder it works in; ours if empty.
    """

    program: str
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = ""


class BoundedStdio(ClientTransport):
    """A connection with one run of a program.

    Args:
        command: how it is started.
        most_bytes: how long one line of its may be.
    """

    def __init__(self, command: Command, most_bytes: int) -> None:
        self._command = command
        self._most_bytes = most_bytes
        self.ended = False
        """Whether it speaks no more."""
        self.failure: ToolFailure | None = None
        """Why we ended it."""

    @asynccontextmanager
    async def connect_session(
        self,
        *,
        transport_options: TransportOptions | None = None,
        **session_kwargs: Any,  # noqa: ANN401 - as the SDK wants it
    ) -> AsyncGenerator[ClientSession, None]:
        """Start the program; end it with the block."""
        options = transport_options or TransportOptions()
        process = await self._started()
        into, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, out_of = anyio.create_memory_object_stream[SessionMessage](0)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._hear, process, into)
                tasks.start_soon(self._say, process, out_of, into)
                async with options.session_class(incoming, outgoing, **session_kwargs) as session:
                    yield session
                tasks.cancel_scope.cancel()
        finally:
            self.ended = True
            for stream in (into, incoming, outgoing, out_of):
                stream.close()
            with anyio.CancelScope(shield=True):
                await _end(process)

    async def _started(self) -> Process:
        command = self._command
        try:
            return await asyncio.create_subprocess_exec(
                command.program,
                *command.args,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=get_default_environment() | dict(command.env),
                cwd=command.cwd or None,
                limit=self._most_bytes,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self.ended = True
            why = "is not there" if isinstance(error, FileNotFoundError) else "cannot be started"
            raise ToolFailure(
                "unavailable",
                f"The program {os.path.basename(command.program)} {why}.",  # noqa: PTH119 - only its name is shown
            ) from None

    async def _hear(
        self, process: Process, into: MemoryObjectSendStream[SessionMessage | Exception]
    ) -> None:
        reader = process.stdout
        assert reader is not None  # noqa: S101 - asked for as a pipe
        junk = 0
        with into:
            while (line := await self._line(reader)) is not None:
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    junk += bool(line.strip())
                    continue
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await into.send(SessionMessage(message))
            self.ended = True
        if junk:
            structlog.get_logger("mynah.tools").warning(
                "a server says what is no message", program=self._command.program, lines=junk
            )

    async def _line(self, reader: StreamReader) -> bytes | None:
        """Return the next line; nothing if there is none, or too much of it."""
        try:
            return await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            self.failure = ToolFailure(
                "too_large", f"It sent more than {self._most_bytes:,} bytes: ask for less."
            )
        except (asyncio.IncompleteReadError, OSError):
            pass
        return None

    async def _say(
        self,
        process: Process,
        out_of: MemoryObjectReceiveStream[SessionMessage],
        into: MemoryObjectSendStream[SessionMessage | Exception],
    ) -> None:
        writer = process.stdin
        assert writer is not None  # noqa: S101 - asked for as a pipe
        try:
            async for each in out_of:
                text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                writer.write(text.encode() + b"\n")
                await writer.drain()
        except OSError:  # it is gone
            self.ended = True
            into.close()


async def _end(process: Process) -> None:
    """End a program, politely at first, with all that it started."""
    if process.stdin is not None:
        process.stdin.close()
    for name in (None, signal.SIGTERM, signal.SIGKILL):
        if name is not None:
            with suppress(OSError):
                os.killpg(process.pid, name)
        with anyio.move_on_after(_GRACE_S):
            await process.wait()
            break
    with suppress(OSError):  # those that it left behind
        os.killpg(process.pid, signal.SIGKILL)
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
