"""Answers that only a command's own reply can carry: asked for privately, or where we are not.

Decides how such an answer reaches who asked: as the reply that nobody else sees, for as long as
Discord takes one, and as a direct message after that. Where to find the person is in the
delivery's target, so that nothing is lost with this process; the token of the reply is not: it is
a secret that lives for a quarter of an hour, and is kept nowhere but here. Refuses to know what is
answered.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from aiohttp import ClientError

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.discord.hearing.places import DIRECT, guild_id_of, ref_of
from integrations.surfaces.discord.homes import Homes
from integrations.surfaces.discord.pressing.telling import EXPIRED, arguments
from integrations.surfaces.discord.showing.failures import judge, told
from integrations.surfaces.discord.showing.rendering import render

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from uuid import UUID

    from integrations.contracts.delivery import Delivery, Target
    from integrations.surfaces.discord.pressing.origins import Interaction

HOLDS: Final = timedelta(minutes=14)
"""How long Discord takes the answer to an interaction, less a minute in which it is on its way."""
MOST_KEPT: Final = 1_000
LATE: Final = (
    "This takes longer than Discord lets a command wait. You will have the answer as a direct "
    "message from me."
)
GONE: Final = "The question was forgotten, and so there is no answer."
NO_WAY: Final = (
    "Discord takes no answer to this command any more, and no direct message to who gave it"
)

_ALONE: Final = "ask:"
_THREAD: Final = re.compile(r"ask:[0-9]{1,20}")


def thread_of(interaction_id: int) -> str:
    """Return the thread of a question that nobody but who asked it sees."""
    return f"{_ALONE}{interaction_id}"


def asked_alone(target: Target) -> bool:
    """Tell whether an answer is for a command's own reply, and for no channel."""
    return _THREAD.fullmatch(target.thread_id) is not None


@dataclass(slots=True)
class _Reply:
    """The reply to an interaction, and what is shown in it: the first fills the place kept."""

    interaction: Interaction
    until: datetime
    begun: bool = False
    shown: dict[str, list[str]] = field(default_factory=dict)


class Private:
    """Shows answers in the replies to interactions.

    Args:
        client: the way to Discord.
        now: tells the time.
        holds: how long a reply can be written.
    """

    def __init__(
        self, client: discord.Client, now: Callable[[], datetime], holds: timedelta = HOLDS
    ) -> None:
        self._client = client
        self._homes = Homes(client)
        self._now = now
        self._holds = holds
        self._kept: OrderedDict[str, _Reply] = OrderedDict()
        self._answers: OrderedDict[UUID, str] = OrderedDict()
        self._telling: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("mynah.discord")

    def keep(self, thread_id: str, interaction: Interaction) -> None:
        """Answer in the reply to an interaction from now on, which was put off already."""
        reply = _Reply(interaction, self._now() + self._holds)
        self._kept[thread_id] = reply
        self._kept.move_to_end(thread_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        loop = asyncio.get_running_loop()
        loop.call_later(self._holds.total_seconds(), self._late, thread_id, reply)

    def thread(self, interaction_id: UUID) -> str:
        """Return the thread of an answer that was shown here; empty if it is none."""
        return self._answers.get(interaction_id, "")

    async def deliver(self, delivery: Delivery, post: Callable[[Delivery], Awaitable[str]]) -> str:
        """Show an answer once; return its reference.

        Args:
            delivery: what is shown.
            post: shows an answer in a channel, once.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        target = delivery.target
        if target.interaction_id is not None:
            self._answers[target.interaction_id] = target.thread_id
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
        reply = self._kept.get(target.thread_id)
        if reply is not None and self._now() < reply.until:
            try:
                return await self._show(reply, delivery)
            except (discord.DiscordException, ClientError, OSError) as error:
                failure = judge(error)
                expired = isinstance(error, discord.HTTPException) and error.code in EXPIRED
                if not (failure.final or expired):
                    raise failure from None
        return await post(await self._directly(delivery))

    async def abandon(self, target: Target) -> None:
        """Say that no answer will come, if it can still be said."""
        reply = self._kept.get(target.thread_id)
        if reply is not None and not reply.begun:
            reply.begun = True
            await self._say(reply, GONE)

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        while self._telling:
            await asyncio.wait(self._telling)

    async def _show(self, reply: _Reply, delivery: Delivery) -> str:
        refs = reply.shown.setdefault(delivery.key, [])
        direct = reply.interaction.guild_id is None
        guild_id = guild_id_of(delivery.target.workspace_id) if direct else None
        for post in (await self._homes.shown(render(delivery), guild_id))[len(refs) :]:
            given, interaction = arguments(post), reply.interaction
            message: Any
            if reply.begun:
                message = await interaction.followup.send(ephemeral=True, wait=True, **given)
            else:  # in the place of what says that it is being thought about
                given.pop("suppress_embeds", None)
                given["attachments"] = given.pop("files", [])
                message = await interaction.edit_original_response(**given)
                reply.begun = True
            refs.append(ref_of(message.channel.id, message.id))
        return ",".join(refs)

    async def _directly(self, delivery: Delivery) -> Delivery:
        """Return the answer as one that goes to the person's direct messages."""
        target = delivery.target
        try:
            with told():
                user = await self._client.fetch_user(int(target.user_id))
                channel = user.dm_channel or await user.create_dm()
        except DeliveryFailure as failure:
            if failure.final:
                raise DeliveryFailure(NO_WAY, final=True) from None
            raise
        there = replace(target, channel_id=str(channel.id), thread_id=DIRECT, message_ref="")
        return replace(delivery, target=there)

    def _late(self, thread_id: str, reply: _Reply) -> None:
        """Say that the answer takes another way, while that can still be said."""
        if self._kept.get(thread_id) is reply and not self._client.is_closed():
            del self._kept[thread_id]
            if not reply.begun:
                task = asyncio.get_running_loop().create_task(self._say(reply, LATE))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

    async def _say(self, reply: _Reply, text: str) -> None:
        try:
            await reply.interaction.edit_original_response(content=text)
        except discord.HTTPException as refused:
            self._log.info("nowhere to answer", code=refused.code)
