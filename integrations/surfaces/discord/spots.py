"""Where Mynah can speak first in Discord: a person's direct messages, or a channel of their guild.

Decides which channel is meant by a name, and by the permissions of the person and of us whether
both may write there. A channel that somebody cannot see is none to them. Refuses to know what
is said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import discord

from integrations.contracts.surface import NoSuchSpot, Spot
from integrations.surfaces.discord.hearing.people import (
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_USER,
)
from integrations.surfaces.discord.hearing.places import DIRECT, guild_id_of
from integrations.surfaces.discord.showing.failures import DiscordRefusal, told

if TYPE_CHECKING:
    from collections.abc import Sequence

YOURS: Final = "your direct messages"
NO_DIRECT: Final = (
    "I cannot write to you directly: allow direct messages from members of a server that we are "
    "both in."
)
_MENTION: Final = re.compile(r"<#([0-9]{1,20})>|([0-9]{15,20})")
_MOST_ID: Final = 2**63 - 1
_CLOSED: Final = frozenset({50_007, UNKNOWN_USER})


class Spots:
    """The places of guilds.

    Args:
        client: the way to Discord.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Spot:
        """Return where something can be said on a person's behalf, or to them.

        Raises:
            NoSuchSpot: if there is none, or it is not for them, or not for us.
            DeliveryFailure: if it cannot be told now.
        """
        if not user_id.isdigit() or int(user_id) > _MOST_ID:
            raise NoSuchSpot("Discord does not know that person.")
        if not (wanted := name.strip()):
            return await self._direct(int(user_id))
        guild_id = guild_id_of(workspace_id)
        if guild_id is None:
            raise NoSuchSpot("There are no channels in direct messages: ask for it in a server.")
        return await self._channel(guild_id, int(user_id), wanted)

    async def _direct(self, user_id: int) -> Spot:
        try:
            with told():
                user = await self._client.fetch_user(user_id)
                channel = user.dm_channel or await user.create_dm()
        except DiscordRefusal as refusal:
            if refusal.code not in _CLOSED:
                raise
            raise NoSuchSpot(NO_DIRECT) from None
        return Spot(str(channel.id), DIRECT, private=True, label=YOURS)

    async def _channel(self, guild_id: int, user_id: int, wanted: str) -> Spot:
        us = self._client.user
        try:
            with told():
                guild = await self._client.fetch_guild(guild_id, with_counts=False)
                channels = await guild.fetch_channels()
                person = await guild.fetch_member(user_id)
                mine = await guild.fetch_member(us.id if us is not None else 0)
        except DiscordRefusal as refusal:
            if refusal.code not in {UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER}:
                raise
            raise NoSuchSpot("You are not in that server, or I am not.") from None
        seen = [
            each
            for each in channels
            if isinstance(each, discord.TextChannel) and each.permissions_for(person).view_channel
        ]
        found = _named(seen, wanted)
        if found is None:
            name = wanted if _MENTION.fullmatch(wanted) else f"#{wanted.removeprefix('#')}"
            raise NoSuchSpot(f"There is no channel {name} that you can see here.")
        label = f"#{found.name}"
        if not found.permissions_for(person).send_messages:
            raise NoSuchSpot(f"You may not write in {label}, so I do not for you.")
        ours = found.permissions_for(mine)
        if not (ours.view_channel and ours.send_messages):
            raise NoSuchSpot(
                f"I may not write in {label}: give me “View Channel” and “Send Messages” there."
            )
        return Spot(str(found.id), "", private=False, label=label)


def _named(channels: Sequence[discord.TextChannel], wanted: str) -> discord.TextChannel | None:
    """Return the channel that is meant."""
    if mentioned := _MENTION.fullmatch(wanted):
        id_ = int(mentioned[1] or mentioned[2])
        return next((each for each in channels if each.id == id_), None)
    name = wanted.removeprefix("#").lower()
    return next((each for each in channels if each.name.lower() == name), None)
