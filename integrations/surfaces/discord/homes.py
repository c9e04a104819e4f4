"""What is said in direct messages on behalf of a guild, and how the way back to it is found.

Decides that such a message ends with a link to its guild: the person sees what it is about, and
whatever they press below it, or react with, is done there, if they are still a member. What they
type stays their own. Refuses to know what is said or pressed.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from aiohttp import ClientError

from integrations.contracts.host import Refusal
from integrations.markdown.cutting import clip
from integrations.surfaces.discord.hearing.people import (
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_USER,
)
from integrations.surfaces.discord.hearing.places import DIRECT, guild_id_of
from integrations.surfaces.discord.showing.layout import Button

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from integrations.contracts.delivery import Target
    from integrations.surfaces.discord.hearing.places import Place
    from integrations.surfaces.discord.showing.layout import Post, Row

NOT_THERE: Final = (
    "That is about a server that you are not in any more, or I am not, so I left it as it is."
)
UNSURE: Final = (
    "I could not find out whether you are still in the server that this is about. Press it once "
    "more in a moment."
)
NAMELESS: Final = "Its server"
MOST_NAME: Final = 40
PATIENCE_S: Final = 2.5
"""Somebody waits for what they pressed."""
MOST_KNOWN: Final = 1_000
_NO_ACCESS: Final = 50_001
_GONE: Final = frozenset({UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER, _NO_ACCESS})
_LINK: Final = "https://discord.com/channels/"
_HOME: Final = re.compile(rf"{re.escape(_LINK)}([0-9]{{1,20}})")
_IN_ROW: Final = 5
_MOST_ROWS: Final = 5


def home_of(target: Target) -> int | None:
    """Return the guild of what is said in direct messages; nothing of anything else."""
    direct = target.private and target.thread_id == DIRECT
    return guild_id_of(target.workspace_id) if direct else None


class Homes:
    """The guilds on whose behalf we write to people.

    Args:
        client: the way to Discord.
    """

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._names: OrderedDict[int, str] = OrderedDict()
        self._log = structlog.get_logger("mynah.discord")

    async def shown(self, posts: Sequence[Post], guild_id: int | None) -> tuple[Post, ...]:
        """Return messages of which the last ends with a link to a guild, if there is one."""
        if guild_id is None or not posts:
            return tuple(posts)
        *before, last = posts
        return (*before, replace(last, rows=ending(last.rows, await self.link(guild_id))))

    async def link(self, guild_id: int) -> Button:
        """Return the button that leads to a guild, and by which it is known."""
        return Button(clip(await self._name(guild_id), MOST_NAME), "", link=f"{_LINK}{guild_id}")

    def of(self, message: discord.Message | None) -> int | None:
        """Return the guild on whose behalf we wrote a message; nothing if it is no such one."""
        us = self._client.user
        if message is None or us is None or message.author.id != us.id:
            return None
        found = (_HOME.fullmatch(url) for url in _links(message.components))
        return next((int(each[1]) for each in found if each), None)

    async def enter(self, place: Place, user_id: int, guild_id: int) -> tuple[Place, bool]:
        """Return the place that a direct message is in a guild, and whether they manage that.

        Raises:
            Refusal: if they are not, or not any more, a member, or that cannot be told.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                guild = self._client.get_guild(guild_id)
                if guild is None:
                    guild = await self._client.fetch_guild(guild_id, with_counts=False)
                member = await guild.fetch_member(user_id)
        except discord.HTTPException as refused:
            if refused.code in _GONE:
                raise Refusal(NOT_THERE) from None
            self._log.warning("a member cannot be looked up", code=refused.code)
            raise Refusal(UNSURE) from None
        except (discord.DiscordException, ClientError, OSError) as problem:
            self._log.warning("a member cannot be looked up", why=type(problem).__name__)
            raise Refusal(UNSURE) from None
        there = replace(place, workspace_id=str(guild_id))
        return there, member.guild_permissions.manage_guild

    async def heard(self, place: Place, user_id: int, message_id: int) -> Place | None:
        """Return the place of a message of ours that somebody reacted to, in its guild.

        Nothing if it is of none, or they are no member.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                channel = self._client.get_partial_messageable(int(place.here))
                guild_id = self.of(await channel.fetch_message(message_id))
            return None if guild_id is None else (await self.enter(place, user_id, guild_id))[0]
        except Refusal:
            return None
        except (discord.DiscordException, ClientError, OSError) as problem:
            self._log.info("a reaction to what is not there", why=type(problem).__name__)
            return None

    async def _name(self, guild_id: int) -> str:
        """Return what a guild is called, as far as that is known without much ado."""
        if (guild := self._client.get_guild(guild_id)) is not None and guild.name:
            return guild.name
        if guild_id not in self._names:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    found = await self._client.fetch_guild(guild_id, with_counts=False)
            except (discord.DiscordException, ClientError, OSError):
                return NAMELESS
            self._names[guild_id] = found.name
            while len(self._names) > MOST_KNOWN:
                self._names.popitem(last=False)
        return self._names[guild_id] or NAMELESS


def ending(rows: Sequence[Row], link: Button) -> tuple[Row, ...]:
    """Return rows with a link at the end: in a row that has room, or in one of its own."""
    for at in range(len(rows) - 1, -1, -1):
        row = rows[at]
        if isinstance(row, tuple) and len(row) < _IN_ROW:
            return (*rows[:at], (*row, link), *rows[at + 1 :])
    return (*rows[: _MOST_ROWS - 1], (link,))


def _links(components: Iterable[Any]) -> Iterator[str]:
    for each in components:
        if url := getattr(each, "url", None):
            yield str(url)
        yield from _links(getattr(each, "children", ()))
