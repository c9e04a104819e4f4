"""Processes of one run: how they are started, spoken to and ended, and what they cost.

Each speaks JSON, an object a line. Only what was started here is ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil  # type: ignore[import-untyped]  # it has no types of its own

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

_ENDS_WITHIN_S: Final = 40.0
_LONGEST_LINE: Final = 64 * 1024 * 1024
ALWAYS: Final = {"PYTHONUNBUFFERED": "1"}


class Child:
    """A Python process of ours.

    Attributes:
        process: itself.
        first: what it said when it was ready, if it speaks.
    """

    def __init__(self, process: asyncio.subprocess.Process, first: dict[str, Any]) -> None:
        self.process = process
        self.first = first

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Tell it to do something; return what it answers."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        await self.process.stdin.drain()
        return await _said(self.process)

    def tree(self) -> list[psutil.Process]:
        """Return it with its children."""
        return tree(self.process.pid)


@asynccontextmanager
async def child(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    speaks: bool = True,
    log: Path | None = None,
) -> AsyncIterator[Child]:
    """Start ``python -m …``, and end it with the block.

    Args:
        arguments: the module and what it gets.
        environment: beside this process's own.
        speaks: whether it says a first line when it is ready.
        log: where its standard error goes.
    """
    with (log or Path(os.devnull)).open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if speaks else asyncio.subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, **ALWAYS, **(environment or {})},
            limit=_LONGEST_LINE,
        )
    try:
        yield Child(process, await _said(process) if speaks else {})
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _said(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError(f"the process {process.pid} ended: its log says why")
    said: dict[str, Any] = json.loads(line)
    return said


# What processes cost.


def tree(pid: int) -> list[psutil.Process]:
    """Return a process with its children."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def postgres_of(home: Path) -> list[psutil.Process]:
    """Return the embedded server's processes; it is nobody's child."""
    pid_file = home / "postgres" / "postmaster.pid"
    return tree(int(pid_file.read_text().split()[0])) if pid_file.exists() else []


def seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time that processes took until now.

    Those that ended meanwhile count with the parent that waited for them.
    """
    taken = 0.0
    for number, each in enumerate(processes):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            taken += times.user + times.system
            if number == 0:
                taken += times.children_user + times.children_system
    return taken


def megabytes(processes: Iterable[psutil.Process], *, shared: bool = False) -> float:
    """Return the memory that processes hold.

    Args:
        processes: which.
        shared: share out what several use, so that it counts once.
    """
    held = 0
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            held += each.memory_full_info().pss if shared else each.memory_info().rss
    return held / 2**20
