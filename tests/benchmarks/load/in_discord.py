"""Discord under load: messages over the gateway, which nobody says to have taken."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.load.children import child
from tests.benchmarks.load.ground import Bot, Ground, mynah_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

_CONNECTED_WITHIN_S: Final = 30.0


class InDiscord(Ground):
    """The strict stand-in for Discord; the bare bot is discord.py."""

    module = "tests.benchmarks.load.discord_place"
    rate = 100.0
    events = 1
    acknowledged = False

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[Bot]:
        """Run discord.py alone."""
        first = self.place.first
        async with child(
            *("tests.benchmarks.load.discord_bare", first["api_url"], first["gateway_url"]),
            environment={"DISCORD_TOKEN": first["token"]},
            speaks=False,
            log=self.folder / "bare.log",
        ) as bare:
            await self._connected()
            yield Bot(bare.tree, list)

    @asynccontextmanager
    async def mynah(self, workspaces: int) -> AsyncIterator[Bot]:
        """Run ``mynah run``; the stand-in's guilds have let it in."""
        del workspaces
        first = self.place.first
        environment = {
            "DISCORD_TOKEN": first["token"],
            "DISCORD_API_URL": first["api_url"],
            "DISCORD_GATEWAY_URL": first["gateway_url"],
        }
        async with mynah_run(self.folder / "home", environment) as (_, bot):
            await self._connected()
            yield bot

    async def prepare(self, texts: Sequence[str]) -> None:
        """Tell people what to say."""
        await self.place.ask("ask", texts=texts)

    async def send(self, bot: Bot, rate: float) -> list[dict[str, Any]]:
        """Let them say it; the bot hears it over its own connection."""
        del bot
        events: list[dict[str, Any]] = (await self.place.ask("send", rate=rate))["events"]
        return events

    async def _connected(self) -> None:
        async with asyncio.timeout(_CONNECTED_WITHIN_S):
            while not (await self.place.ask("connected"))["connected"]:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.05)
