"""Somebody else's Discord, from npm: laxer than ours, and made without knowing ours."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.standins.npm import command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    Json = dict[str, Any]

STARTS_S = 60
ANSWERS_S = 10
MOST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Twin:
    """The running stand-in, as people use it: one guild, which Ada owns, Bob, and one channel."""

    process: Process
    turn: asyncio.Lock
    api_url: str
    gateway_url: str
    token: str
    bot: str
    guild: str
    channel: str
    users: Mapping[str, str]

    async def do(self, does: str, who: str = "", **asked: Any) -> Any:
        """Do something as somebody; return what comes of it."""
        given = {"does": does, "channelId": self.channel, **asked}
        if who:
            given["userId"] = self.users[who]
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        async with self.turn, asyncio.timeout(ANSWERS_S):
            self.process.stdin.write(json.dumps(given).encode() + b"\n")
            await self.process.stdin.drain()
            came = json.loads(await self.process.stdout.readline())
        assert not (isinstance(came, dict) and "problem" in came), (does, came)
        return came

    async def posts(self) -> list[Json]:
        """What the app wrote in the channel, oldest first."""
        return [each for each in await self._ours() if "webhook_id" not in each]

    async def whispers(self) -> list[Json]:
        """What it wrote in answer to what somebody pressed or typed, oldest first.

        Who sees it is not kept: it takes all of it for messages in the channel.
        """
        return [each for each in await self._ours() if "webhook_id" in each]

    async def _ours(self) -> list[Json]:
        shown = await self.do("messages")
        return [each for each in shown if each["author"]["id"] == self.bot]

    async def response(self, interaction: Json) -> Json:
        """What an interaction was answered with: its type, and what was in it."""
        found: Json = await self.do("response", id=interaction["id"])
        return found | {"data": json.loads(found["data"] or "{}")}


@asynccontextmanager
async def discord_twin() -> AsyncIterator[Twin]:
    """Run one on free ports of its own choice; it ends with its input."""
    process = await asyncio.create_subprocess_exec(
        *command("discord.mjs"), stdin=PIPE, stdout=PIPE, limit=MOST_LINE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(STARTS_S):
            there = await process.stdout.readline()
        assert there, "it ended before it was there"
        yield Twin(process, asyncio.Lock(), **json.loads(there))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
