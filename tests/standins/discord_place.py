"""A small Discord to test against: one guild, two people, one channel and the app in it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.standins.discord_server import DiscordServer, discord_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

    from discord.channel import PartialMessageable

    from tests.standins.discord_people import Community, Person, Place

INTENTS = discord.Intents(
    guilds=True,
    guild_messages=True,
    guild_reactions=True,
    dm_messages=True,
    dm_reactions=True,
)


class Client(discord.AutoShardedClient):
    """The real client, that notes what it hears."""

    def __init__(self, server: DiscordServer, intents: discord.Intents) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0)
        self.tree = discord.app_commands.CommandTree(self)
        self.server = server
        self.heard: list[tuple[str, Any]] = []

    def names(self, *only: str) -> list[str]:
        return [name for name, _ in self.heard if not only or name in only]

    def last(self, name: str) -> Any:
        return [thing for heard, thing in self.heard if heard == name][-1]

    async def hears(self, name: str, times: int = 1) -> Any:
        await self.server.until(lambda: self.names(name).count(name) >= times)
        return self.last(name)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)
        self.server.changed()


@dataclass
class Small:
    discord: DiscordServer
    guild: Community
    ada: Person
    bo: Person
    general: Place
    client: Client
    running: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def channel(self) -> PartialMessageable:
        """The channel, as the client writes to it."""
        return self.client.get_partial_messageable(int(self.general.id))

    async def connect(self) -> None:
        self.running.append(asyncio.create_task(self.client.connect()))
        await self.discord.connected()
        await self.client.hears("connect")


@asynccontextmanager
async def small_discord(
    intents: discord.Intents = INTENTS, *, connect: bool = True
) -> AsyncGenerator[Small]:
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with discord_server() as server:
        Route.BASE = server.api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
        guild, ada, bo = server.guild("acme"), server.user("ada"), server.user("bo")
        guild.join(ada, admin=True)
        guild.join(bo)
        guild.install()
        place = Small(server, guild, ada, bo, guild.channel("general"), Client(server, intents))
        try:
            await place.client.login(server.token)
            if connect:
                await place.connect()
            yield place
        finally:
            await place.client.close()
            await asyncio.gather(*place.running)
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


async def refused(call: Awaitable[Any]) -> tuple[int, int]:
    """Status and code of what Discord answers."""
    with pytest.raises(discord.HTTPException) as caught:
        await call
    return caught.value.status, caught.value.code
