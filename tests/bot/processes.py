"""Whole Mynah processes, as people start them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bot.support import OFFLINE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        assert self.out.count("\n") == 1, self.out
        found: dict[str, Any] = json.loads(self.out)
        return found

    def complains(self) -> str:
        """Return the sentence on standard error of a command that failed as it should."""
        assert self.status == 1, (self.status, self.out, self.err)
        assert self.err.strip(), "it says why"
        assert "Traceback" not in self.err + self.out, self.err
        return " ".join(self.err.split())


@dataclass(slots=True)
class CommandLine:
    """``mynah`` with an environment of its own."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, **changes: str) -> dict[str, str]:
        roles = {f"MYNAH_{name.upper()}": value for name, value in OFFLINE.items()}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home.parent),
            "PYTHONPATH": str(ROOT),
            "MYNAH_HOME": str(self.home),
            "MYNAH_EMBEDDER": "hashing",
            # No chance in it: who answers is known beforehand.
            "MYNAH_POLICY": "static_rules",
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            **roles,
            **self.variables,
            **changes,
        }

    async def start(self, *arguments: str, **changes: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.cli",
            *arguments,
            cwd=self.home.parent,
            env=self.environment(**changes),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, **changes: str) -> Ended:
        """Run a command to its end."""
        return await end_of(await self.start(*arguments, **changes))

    @asynccontextmanager
    async def running(
        self, *arguments: str, says: str, **changes: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start a process that stays; yield once it says so on standard error."""
        process = await self.start(*arguments, **changes)
        try:
            assert process.stderr is not None
            async with asyncio.timeout(LONGEST_S):
                seen = b""
                while says.encode() not in seen:
                    line = await process.stderr.readline()
                    seen += line
                    assert line, f"it ended, saying {seen.decode()}"
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


async def end_of(process: asyncio.subprocess.Process) -> Ended:
    """Wait until a process ends by itself."""
    try:
        async with asyncio.timeout(LONGEST_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(f"it did not end; it said {out!r} and {err!r}") from None
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())
