"""Who somebody is in a guild: one who manages it, a member, or neither.

Decides what is believed of a member, and for how long. Refuses to know what anybody may read.
Who cannot be looked up is an outsider.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import aiohttp
import discord
import structlog

from integrations.contracts.host import Person
from integrations.surfaces.discord.hearing.places import NAME, guild_id_of
from integrations.surfaces.discord.showing.failures import DiscordRefusal, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from integrations.contracts.delivery import Target
    from integrations.contracts.surface import Presence
    from integrations.surfaces.discord.hearing.places import Place

HOLDS_S: Final = 600.0
"""How long a member is taken for one."""
PRESENT_S: Final = 60.0
"""How long who was asked after because they are to be spoken to is taken to be there."""
FAILED_S: Final = 30.0
"""How long a failed look-up is: asking at once again would fail again."""
MOST_KNOWN: Final = 10_000
UNKNOWN_GUILD: Final = 10_004
UNKNOWN_MEMBER: Final = 10_007
UNKNOWN_USER: Final = 10_013
"""What Discord says of who is not, or not any more, in a guild."""
PATIENCE_S: Final = 3.0
"""Somebody waits for what depends on it."""


def person_of(place: Place, user: discord.User | discord.Member) -> Person:
    """Return who did something. What they get in answer to it is for their eyes alone."""
    manages = isinstance(user, discord.Member) and user.guild_permissions.manage_guild
    return somebody(place, user.id, admin=manages)


def somebody(place: Place, user_id: int | str, *, admin: bool = False) -> Person:
    """Return who did something, where Discord tells no more than an id: they are no admin."""
    return Person(
        place.workspace_id,
        str(user_id),
        NAME,
        channel_id=place.channel_id,
        private=True,
        admin=admin,
    )


class Members:
    """Who is a member of which guild, as far as it was asked or seen.

    Args:
        client: the way to Discord.
        clock: seconds, on any clock that only rises.
    """

    def __init__(self, client: discord.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[tuple[int, int], tuple[bool, float]] = OrderedDict()
        self._log = structlog.get_logger("mynah.discord")

    def met(self, user: discord.User | discord.Member) -> None:
        """Take in that somebody wrote in a guild: they are a member."""
        if isinstance(user, discord.Member):
            self._keep((user.guild.id, user.id), member=True, holds_s=HOLDS_S)

    async def outsiders(self, target: Target) -> bool:
        """Tell whether whoever reads a reply is no member of its guild.

        Everybody who reads a channel is. Who has us installed for themselves alone may ask in
        a guild that they are not, or not any more, a member of.
        """
        guild_id = guild_id_of(target.workspace_id)
        if guild_id is None or not target.user_id.isdigit():
            return guild_id is not None
        who = (guild_id, int(target.user_id))
        found = self._known.get(who)
        if found is not None and self._clock() < found[1]:
            self._known.move_to_end(who)
            return not found[0]
        return not await self._ask(who)

    async def presence(self, workspace_id: str, user_id: str) -> Presence:
        """Tell whether somebody is still where they can be spoken to.

        Whether they are at their screen we do not ask Discord to tell us.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        guild_id = guild_id_of(workspace_id)
        if guild_id is None or not user_id.isdigit():
            return "there" if guild_id is None else "gone"
        who = (guild_id, int(user_id))
        found = self._known.get(who)
        if found is not None and found[0] and self._clock() < found[1]:
            return "there"
        # Who was taken for an outsider may not have been looked up at all.
        try:
            with told():
                await self._client.http.get_member(*who)
        except DiscordRefusal as refusal:
            if refusal.code not in {UNKNOWN_MEMBER, UNKNOWN_USER, UNKNOWN_GUILD}:
                raise
            return "gone"
        self._keep(who, member=True, holds_s=PRESENT_S)
        return "there"

    async def _ask(self, who: tuple[int, int]) -> bool:
        member, holds_s = False, HOLDS_S
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._client.http.get_member(*who)
            member = True
        except discord.NotFound:
            pass
        except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:
            self._log.warning("a person cannot be looked up", why=type(problem).__name__)
            holds_s = FAILED_S
        self._keep(who, member=member, holds_s=holds_s)
        return member

    def _keep(self, who: tuple[int, int], *, member: bool, holds_s: float) -> None:
        self._known[who] = (member, self._clock() + holds_s)
        self._known.move_to_end(who)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
