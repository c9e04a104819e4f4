"""What Mynah itself adds to a turn, with a model that answers at once; its start and its memory.

Nothing here waits for a model or a network: what is measured is the front door, the queue,
recall, choice, record and delivery, through the composition root and its worker.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg

from bot import clock
from bot.app import open_mynah
from integrations.contracts.delivery import Delivery, Outcome, Target
from integrations.contracts.incoming import IncomingMessage
from integrations.contracts.model import Finished, ModelRequest, Piece
from integrations.contracts.surface import Capabilities, Surface
from integrations.embedders.hashing import HashingEmbedder
from learning.roles import ROLE_NAMES
from tests.benchmarks import rig
from tests.benchmarks.made_up import Author
from tests.benchmarks.process import measure_process
from tests.benchmarks.scale import Scale

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from bot.app import Mynah
    from integrations.contracts.host import Host
    from integrations.contracts.surface import Live

_WORKSPACE: Final = "bench"
_WARM_UP: Final = 10
"""Turns that are not counted: they open connections and load modules."""
_TIMEOUT_S: Final = 60.0


class InstantModel:
    """Answers every question at once, citing the first recollection."""

    @property
    def id(self) -> str:
        return "stand-in:instant"

    @property
    def streams_text(self) -> bool:
        return False  # so that it is not asked to classify, which is not our own time

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        text, finished = await self.complete(request)
        yield Piece(text)
        yield finished

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        return ("As you said [1]." if request.recollections else "Noted."), Finished()


class _Unwatched:
    """A reply that nobody watches."""

    async def status(self, text: str) -> None:
        del text

    async def append(self, text: str) -> None:
        del text

    async def restart(self) -> None:
        pass


class InstantSurface(Surface):
    """Shows a reply at once, and says when."""

    name = "bench"
    capabilities = Capabilities(streaming=True, max_chars=100_000)

    def __init__(self) -> None:
        self._shown: asyncio.Queue[tuple[Delivery, float]] = asyncio.Queue()

    async def start(self, host: Host) -> None:
        del host

    async def stop(self) -> None:
        pass

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        del target
        return self._live()

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[Live]:
        yield _Unwatched()

    async def deliver(self, delivery: Delivery) -> str:
        self._shown.put_nowait((delivery, perf_counter()))
        return uuid4().hex

    async def next_shown(self) -> tuple[Delivery, float]:
        """Wait for the next reply; return it and when it was shown."""
        async with asyncio.timeout(_TIMEOUT_S):
            return await self._shown.get()


async def take_turns(
    mynah: Mynah, surface: InstantSurface, author: Author, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Ask one question after the other; return how long they took."""
    messages = author.messages(arguments.memories)
    await Scale(mynah.store, HashingEmbedder()).fill(_WORKSPACE, messages, batch=500)
    accepted: list[float] = []
    delivered: list[float] = []
    with rig.progress() as shown:
        for number in shown.track(range(arguments.messages + _WARM_UP), description="turns"):
            began = perf_counter()
            await mynah.host.accept(
                IncomingMessage(
                    surface=surface.name,
                    workspace_id=_WORKSPACE,
                    event_id=uuid4().hex,
                    user_id=f"user-{number % 5}",
                    channel_id="general",
                    private=False,
                    thread_id=f"thread-{number % arguments.conversations}",
                    occurred_at=clock.now(),
                    text=author.question(messages),
                )
            )
            accepted.append((perf_counter() - began) * 1e3)
            reply, at = await surface.next_shown()
            assert reply.outcome is Outcome.ANSWERED, reply.text
            delivered.append((at - began) * 1e3)
    return rig.percentiles("accept", accepted[_WARM_UP:]) | rig.percentiles(
        "delivered", delivered[_WARM_UP:]
    )


async def overheads(conninfo: str) -> list[float]:
    """Return what each turn took from the start of its job, model and embedder left out."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        rows = await connection.execute(
            "SELECT overhead_ms FROM mynah.interactions ORDER BY created_at OFFSET %s", [_WARM_UP]
        )
        return [row[0] for row in await rows.fetchall()]


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark and return its result."""
    load = rig.load()
    surface = InstantSurface()
    async with rig.settings_for_a_run(embedder="hashing", log_level="error") as settings:
        async with (
            open_mynah(
                settings,
                only=["console"],
                further=[surface],
                models=dict.fromkeys(ROLE_NAMES, InstantModel()),
            ) as mynah,
            mynah.work(),
        ):
            figures = await take_turns(mynah, surface, Author(arguments.seed), arguments)
            figures |= rig.percentiles("overhead", await overheads(mynah.conninfo))
            version = await rig.postgres_version(mynah.conninfo)
        figures |= await measure_process(settings)
    return {
        "set": "made-up",
        "messages": arguments.messages,
        "conversations": arguments.conversations,
        "memories": arguments.memories,
        "machine": rig.machine(version, load),
        "policies": {"mynah": figures},
    }


def main() -> None:
    """Read the arguments, measure, print."""
    rig.quiet()
    parser = argparse.ArgumentParser(prog="turn", description=__doc__)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--memories", type=int, default=2_000, help="in scope beforehand")
    parser.add_argument("--seed", type=int, default=1)
    rig.print_result(asyncio.run(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
