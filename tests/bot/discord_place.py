"""A whole Mynah in a guild of the stand-in for Discord."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.app import open_mynah
from integrations.surfaces.discord.surface import DiscordSurface
from tests.bot.support import rows, settings_of
from tests.standins.discord_server import discord_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.app import Mynah
    from tests.standins.discord_people import Community, Person, Place
    from tests.standins.discord_server import DiscordServer
    from tests.standins.discord_things import Message, User


@dataclass(slots=True)
class House:
    """A guild with Ada, who runs it, and Bob in it, a channel, and the Mynah they talk to."""

    discord: DiscordServer
    guild: Community
    ada: Person
    bob: Person
    general: Place
    mynah: Mynah
    surface: DiscordSurface

    @property
    def called(self) -> str:
        """How a message calls us."""
        return self.discord.bot.mention

    async def heard(self) -> None:
        """Wait until Mynah has heard what Discord said, and stored what mattered of it."""
        await self.discord.flush()
        outward = self.surface._outward
        assert outward is not None
        (session,) = [each for each in self.discord.gateway.sessions.values() if each.link]
        await outward.client.wait_until_ready()
        shard = outward.client._get_websocket(shard_id=0)
        async with asyncio.timeout(10):
            while (shard.sequence or 0) < len(session.log):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        await self.surface._lanes.finish()

    async def work(self) -> None:
        """Work until everything is answered and shown."""
        await self.heard()
        await self.mynah.work_off()

    def posts(self, place: Place) -> list[Message]:
        return self.discord.posts(place)

    async def ask(
        self, user: User, place: Place, text: str, *, reply_to: Message | None = None
    ) -> Message:
        """Say something and work; return the one answer that came."""
        before = len(self.posts(place))
        await place.say(user, text, reply_to=reply_to)
        await self.work()
        (answer,) = self.posts(place)[before:]
        return answer

    def rows(self, query: str, *parameters: object, workspace: str = "") -> list[tuple[Any, ...]]:
        return rows(self.mynah.conninfo, query, workspace or self.guild.id, *parameters)

    def count(self, table: str, workspace: str = "") -> int:
        query = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"
        return int(self.rows(query, workspace=workspace)[0][0])

    def ratings(self) -> list[float | None]:
        found = self.rows("SELECT rating FROM interactions WHERE workspace_id = %s ORDER BY id")
        return [rating for (rating,) in found]

    def hurry(self) -> None:
        """Make jobs that wait for their time due at once."""
        rows(
            self.mynah.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'",
        )


@asynccontextmanager
async def open_house(
    home: object, conninfo: str, key: str, *, content: object = False, **values: Any
) -> AsyncIterator[House]:
    """Open a Mynah in a guild. ``content``: whether it may read what is not said to it."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(discord_server())
        discord.state.now = time.time()  # ids of interactions tell the real time
        guild = discord.guild("acme")
        ada, bob = discord.user("ada"), discord.user("bob")
        guild.join(ada, admin=True)
        guild.join(bob)
        guild.place_for_notices(guild.channel("notices"))
        general = guild.channel("general")
        guild.install()
        discord.app.message_content = bool(content)
        settings = settings_of(
            home,
            conninfo,
            key,
            DISCORD_TOKEN=discord.token,
            DISCORD_API_URL=discord.api_url,
            DISCORD_GATEWAY_URL=discord.gateway_url,
            **({"DISCORD_MESSAGE_CONTENT": True} | values if content else values),
        )
        mynah = await stack.enter_async_context(open_mynah(settings, only=["discord"]))
        surface = mynah.surfaces["discord"]
        assert isinstance(surface, DiscordSurface)
        await surface.start(mynah.host)
        stack.push_async_callback(surface.stop)
        await discord.connected()
        house = House(discord, guild, ada, bob, general, mynah, surface)
        await house.heard()
        yield house
