"""The guilds that let us in: they are told once what is kept of them, and forgotten when we go.

Decides when a guild is new, and when it put us out. Refuses to know what is kept. That a guild
cannot be reached, because Discord has trouble, is no removal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
import discord
import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.discord.hearing.places import NAME, guild_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integrations.contracts.host import Host
    from integrations.contracts.installations import Installations

NOTICE: Final = (
    "**Hello, I am Mynah.** Mention me with a question and I answer here; reply to my answer, or "
    "write in its thread, to go on.\n"
    "**What I keep:** what is said to me, my answers and the reactions to them, sealed. Whatever "
    "is said to others I do not keep. I learn nothing from anybody here unless somebody who "
    "manages this server allows it with `/mynah learning here on` and the person with `/mynah on`."
    "\n"
    "**How to refuse:** `/mynah off`. Delete a message to me, or press *Forget* below an answer, "
    "and it is gone; `/mynah forget-me` erases all that I keep of you here; what you told me in "
    "private is kept apart, so say it there too. Remove me from the server and I erase everything "
    "of it."
)


class Guilds:
    """Takes in where we are.

    Args:
        client: the way to Discord.
        host: is told when we are put out.
        installations: where it is kept which guilds we were seen in, and told.
    """

    def __init__(
        self, client: discord.Client, host: Host, installations: Installations | None
    ) -> None:
        self._client = client
        self._host = host
        self._installations = installations
        self._seen: set[str] = set()
        self._log = structlog.get_logger("mynah.discord")

    async def entered(self, guild: discord.Guild) -> None:
        """Take in that we are in a guild; one that is new is told what we keep."""
        workspace = str(guild.id)
        if self._installations is None or guild.unavailable or workspace in self._seen:
            return
        kept = await self._installations.find(NAME, workspace)
        if kept is None or not kept.body.get("told"):
            # Told first: a notice that comes twice does less harm than one that never came.
            told = await self._introduce(guild)
            if kept is None or told:
                await self._installations.save(NAME, workspace, {"told": told})
            self._log.info("in a new guild", guild=workspace, told=told)
        self._seen.add(workspace)

    async def left(self, workspace_id: str) -> None:
        """Take in that a guild put us out."""
        self._log.warning("put out of the guild", guild=workspace_id)
        self._seen.discard(workspace_id)
        await self._host.leave(NAME, workspace_id)

    async def look(self) -> None:
        """Find guilds that came or put us out while we did not listen.

        Discord is asked about each that is missing before anything of it is erased.
        """
        if self._installations is None:
            return
        guilds = list(self._client.guilds)
        here = {str(guild.id) for guild in guilds}
        known = set(await self._installations.all(NAME))
        self._seen = known & here
        for workspace_id in sorted(known - here):
            await self._host.leave(NAME, workspace_id)
        for guild in guilds:
            await self.entered(guild)

    async def _introduce(self, guild: discord.Guild) -> bool:
        """Tell a guild what we keep, where it wants such things or else where we may write."""
        for channel in _places(guild):
            try:
                await channel.send(NOTICE, nonce=f"n{guild.id}", suppress_embeds=True, silent=True)
            except (discord.Forbidden, discord.NotFound):
                continue
            return True
        return False


def _places(guild: discord.Guild) -> Iterator[discord.TextChannel]:
    """Yield where a guild can be told something, in the order in which its people see it.

    Everybody is to be able to read it.
    """
    first = [guild.system_channel] if guild.system_channel is not None else []
    for channel in dict.fromkeys([*first, *guild.text_channels]):
        ours = channel.permissions_for(guild.me)
        everybodys = channel.permissions_for(guild.default_role)
        if ours.view_channel and ours.send_messages and everybodys.view_channel:
            yield channel


async def holds(client: discord.Client, workspace_id: str) -> bool:
    """Tell whether Discord still lets us into a workspace; a person's own always does.

    Raises:
        DeliveryFailure: if it cannot be told now.
    """
    guild_id = guild_id_of(workspace_id)
    if guild_id is None:
        return True
    try:
        await client.http.get_guild(guild_id, with_counts=False)
    except (discord.NotFound, discord.Forbidden):
        return False
    except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:
        raise DeliveryFailure(
            f"Discord does not tell whether I am in a server ({type(problem).__name__})."
        ) from None
    return True
