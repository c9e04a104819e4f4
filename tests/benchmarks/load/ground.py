"""Where a bot is put under load: a platform's stand-in, a bare bot there, and Mynah there."""

from __future__ import annotations

import asyncio
import os
import socket
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Final

import httpx

from tests.benchmarks.load.children import child, postgres_of, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import psutil  # type: ignore[import-untyped]  # it has no types of its own

    from tests.benchmarks.load.children import Child

_READY_WITHIN_S: Final = 90.0
_NOT_OURS: Final = ("MYNAH_", "SLACK_", "OPENAI_", "ANTHROPIC_", "OLLAMA_", "DISCORD_")


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot that runs.

    Attributes:
        own: its processes.
        beside: those of its database.
        url: where it takes events, if they come to it.
        ready: where it tells what is left to do, if it does.
    """

    own: Callable[[], list[psutil.Process]]
    beside: Callable[[], list[psutil.Process]]
    url: str = ""
    ready: str = ""

    def seconds(self) -> tuple[float, float]:
        """Return the processor time it took until now, and its database."""
        return seconds(self.own()), seconds(self.beside())


class Ground(ABC):
    """A platform, and how bots are run in it.

    Args:
        place: the stand-in's process.
        folder: for files.

    Attributes:
        module: the stand-in as a process.
        rate: events a second, if nobody says how many.
        events: how many events a message is.
        acknowledged: whether a bot says that it has taken an event.
    """

    module: ClassVar[str]
    rate: ClassVar[float]
    events: ClassVar[int]
    acknowledged: ClassVar[bool]

    def __init__(self, place: Child, folder: Path) -> None:
        self.place = place
        self.folder = folder

    @abstractmethod
    def bare(self) -> AbstractAsyncContextManager[Bot]:
        """Run the platform's library alone."""

    @abstractmethod
    def mynah(self, workspaces: int) -> AbstractAsyncContextManager[Bot]:
        """Run Mynah, let in by so many workspaces."""

    @abstractmethod
    async def prepare(self, texts: Sequence[str]) -> None:
        """Let people think of what they are about to say."""

    @abstractmethod
    async def send(self, bot: Bot, rate: float) -> list[dict[str, Any]]:
        """Let them say it, so many events a second.

        Returns:
            Of each event: its ``thread``, when it was ``sent`` and how ``late`` that was; where
            it is acknowledged also whether it was ``taken``, how long that ``took``, and in how
            many ``attempts``.
        """


@asynccontextmanager
async def mynah_run(home: Path, environment: Mapping[str, str]) -> AsyncIterator[tuple[str, Bot]]:
    """Run ``mynah run`` until the block ends; yield its address, and it."""
    port, log = _free_port(), home.parent / "mynah.log"
    address = f"http://127.0.0.1:{port}"
    given = dict.fromkeys((n for n in os.environ if n.startswith(_NOT_OURS)), "") | {
        "MYNAH_HOME": str(home),
        "MYNAH_EMBEDDER": "hashing",
        "MYNAH_LOG_LEVEL": "info",
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        **environment,
    }
    async with child(
        *("bot.cli", "run", "--port", str(port)), environment=given, speaks=False, log=log
    ) as server:
        ready = f"{address}/readyz"
        await _ready(ready, server, log)
        yield address, Bot(server.tree, lambda: postgres_of(home), ready=ready)


async def _ready(url: str, server: Child, log: Path) -> None:
    until = monotonic() + _READY_WITHIN_S
    async with httpx.AsyncClient(trust_env=False) as http:
        while monotonic() < until:
            if server.process.returncode is not None:
                said = await asyncio.to_thread(log.read_text, "utf-8")
                raise RuntimeError(f"Mynah ended before it was ready, saying {said[-500:]}")
            with suppress(httpx.TransportError):
                if (await http.get(url)).is_success:
                    return
            await asyncio.sleep(0.05)
    raise TimeoutError("it was not ready in time")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
