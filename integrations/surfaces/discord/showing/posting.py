"""Messages of one reply in Discord: posting, changing, finding again and taking away.

Decides what makes posting the same message twice harmless: a nonce that Discord remembers for
some minutes, and after that the names of its buttons, which carry a mark of the reply and the
part. Decides how often one message may change. Refuses to know what messages say.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog

from integrations.surfaces.discord.hearing.places import refs_of
from integrations.surfaces.discord.showing.failures import (
    ARCHIVED,
    BAD_FORM,
    GONE,
    NO_HISTORY,
    DiscordRefusal,
    told,
)
from integrations.surfaces.discord.showing.layout import names_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from integrations.surfaces.discord.hearing.places import Spot
    from integrations.surfaces.discord.showing.layout import Post

GAP_S: Final = 1.5
"""Between two changes of one message: Discord takes five in five seconds of a channel."""
MOST_LOOKED: Final = 1_000
"""Messages after the question that are worth looking through."""
MOST_NEWEST: Final = 100
SKEW_MS: Final = 60_000
"""How much our clock may be ahead of Discord's."""

_MOST_CHANGED: Final = 1_000
_TIMED_UUID: Final = 7
_log = structlog.get_logger("mynah.discord")


class Poster:
    """Posts and changes messages.

    Args:
        client: logged in; it need not listen.
        sleep: waits for some seconds.
        clock: tells seconds that only ever grow.
    """

    def __init__(
        self,
        client: discord.Client,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._clock = clock or asyncio.get_running_loop().time
        self._changed: OrderedDict[int, float] = OrderedDict()
        self._wanted: dict[int, tuple[Post, bool]] = {}
        self._changing: dict[int, asyncio.Lock] = {}

    async def type(self, spot: Spot) -> None:
        """Show that something is being written, for ten seconds.

        Raises:
            DeliveryFailure: if that cannot be shown.
        """
        with told():
            await self._channel(spot.channel_id).typing()

    async def send(self, spot: Spot, post: Post, nonce: str) -> int:
        """Post a message; return its id. Discord takes one of the same nonce for the same.

        Raises:
            DeliveryFailure: if it cannot be posted, or nobody knows whether it was.
        """
        try:
            return await self._send(spot, post, nonce)
        except DiscordRefusal as refusal:
            if refusal.code == NO_HISTORY and spot.reply_to is not None:
                return await self._send(replace(spot, reply_to=None), post, nonce)
            if refusal.code != ARCHIVED:
                raise
        await self._open_again(spot.channel_id)
        return await self._send(spot, post, nonce)

    async def edit(
        self, channel_id: int, message_id: int, post: Post, *, has_file: bool = False
    ) -> None:
        """Change a message. While a change waits, a newer one of the same message replaces it.

        Args:
            channel_id: where the message is.
            message_id: which one.
            post: what it is to be.
            has_file: whether the file is there already, if it has one.

        Raises:
            DeliveryFailure: if it cannot be changed.
        """
        self._wanted[message_id] = post, has_file
        lock = self._changing.setdefault(message_id, asyncio.Lock())
        try:
            async with lock:
                last = self._changed.get(message_id)
                wait = 0.0 if last is None else last + GAP_S - self._clock()
                if wait > 0 and message_id in self._wanted:
                    await self._sleep(wait)
                wanted = self._wanted.pop(message_id, None)
                if wanted is None:
                    return  # what came later went out already, and this with it
                self._note(message_id)
                await self._edit(channel_id, message_id, *wanted)
        finally:
            if not lock.locked() and message_id not in self._wanted:
                self._changing.pop(message_id, None)

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Take a message away; one that is gone stays so.

        Raises:
            DeliveryFailure: if it cannot be taken away.
        """
        try:
            with told():
                await self._channel(channel_id).get_partial_message(message_id).delete()
        except DiscordRefusal as refusal:
            if refusal.code not in GONE:
                raise

    async def find(
        self, spot: Spot, wanted: Sequence[frozenset[str]], interaction_id: UUID | None
    ) -> dict[int, int]:
        """Return which messages are there already: their ids by the place in ``wanted``.

        Args:
            spot: where; what stands there since the question is looked through.
            wanted: the names in each message; none of them is empty.
            interaction_id: what is answered; its id tells when it was asked.

        Raises:
            DeliveryFailure: if we cannot look now. Where we may not, nothing is found.
        """
        found: dict[int, int] = {}
        began = since(spot, interaction_id)
        us = self._client.user
        places = {names: i for i, names in enumerate(wanted)}
        channel = self._channel(spot.channel_id)
        if began:
            history = channel.history(limit=MOST_LOOKED, after=discord.Object(began))
        else:  # it answers nothing: what was tried a moment ago is among the newest
            history = channel.history(limit=MOST_NEWEST)
        try:
            with told():
                async for message in history:
                    i = places.get(names_in(message.components))
                    if i is not None and us is not None and message.author.id == us.id:
                        found.setdefault(i, message.id)
        except DiscordRefusal as refusal:
            _log.warning("cannot see what was posted", code=refusal.code)
        return found

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)

    async def _send(self, spot: Spot, post: Post, nonce: str) -> int:
        given: dict[str, Any] = post.arguments()
        if spot.reply_to is not None:
            given["reference"] = discord.MessageReference(
                message_id=spot.reply_to, channel_id=spot.channel_id, fail_if_not_exists=False
            )
        with told():
            sent = await self._channel(spot.channel_id).send(nonce=nonce, **given)
        return sent.id

    async def _edit(self, channel_id: int, message_id: int, post: Post, has_file: bool) -> None:
        """Change a message; one that is a layout already stays one: Discord knows no way back."""
        message = self._channel(channel_id).get_partial_message(message_id)

        async def change(post: Post) -> None:
            given = post.edited()
            if has_file and post.file:
                del given["attachments"]
            with told():
                await message.edit(**given)

        try:
            await change(post)
        except DiscordRefusal as refusal:
            if refusal.code != BAD_FORM or post.layout:
                raise
            await change(replace(post, layout=True))

    async def _open_again(self, channel_id: int) -> None:
        """Open an archived thread, as whoever writes in it does.

        Raises:
            DeliveryFailure: if it cannot be opened.
        """
        with told():
            channel = await self._client.fetch_channel(channel_id)
            if isinstance(channel, discord.Thread):
                await channel.edit(archived=False)

    def _note(self, message_id: int) -> None:
        self._changed[message_id] = self._clock()
        self._changed.move_to_end(message_id)
        while len(self._changed) > _MOST_CHANGED:
            self._changed.popitem(last=False)


def nonce_of(key: str, part: int) -> str:
    """Return what Discord knows a message by while it is new; it takes 25 characters."""
    return blake2b(f"{key}:{part}".encode(), digest_size=12).hexdigest()


def since(spot: Spot, interaction_id: UUID | None) -> int:
    """Return a message id that no part of a reply can be older than.

    An interaction's id of version 7 begins with its milliseconds since 1970 (RFC 9562, 5.7).
    """
    first = spot.reply_to or 0
    if interaction_id is None or interaction_id.version != _TIMED_UUID:
        return first
    return max(first, snowflake((interaction_id.int >> 80) - SKEW_MS))


def snowflake(milliseconds: int) -> int:
    """Return the first id that Discord can give at a time, in milliseconds since 1970."""
    return max(milliseconds - discord.utils.DISCORD_EPOCH, 0) << 22


async def restate(poster: Poster, posts: Sequence[Post], ref: str) -> None:
    """Show a reply as it is now, in the messages that it is in.

    What stands below it is in its last message, which alone changes then. A reply that has
    become shorter is another one: all of it changes, and what is left over goes.

    Raises:
        DeliveryFailure: if it cannot be changed.
    """
    shown = refs_of(ref)
    if len(posts) > len(shown):
        _log.info("not restated", why="it takes more messages than it is in")
        return
    first = len(posts) - 1 if len(posts) == len(shown) else 0
    for part in range(first, len(posts)):
        try:
            await poster.edit(*shown[part], posts[part], has_file=first == part)
        except DiscordRefusal as refusal:
            if refusal.code not in GONE:
                raise
            _log.info("not restated", code=refusal.code)
    for channel_id, message_id in shown[len(posts) :]:
        await poster.delete(channel_id, message_id)


async def withdraw(poster: Poster, ref: str) -> None:
    """Delete the messages of a reply.

    Raises:
        DeliveryFailure: if one of them cannot be deleted now.
    """
    for channel_id, message_id in refs_of(ref):
        try:
            await poster.delete(channel_id, message_id)
        except DiscordRefusal as refusal:
            _log.warning("message left behind", code=refusal.code)
