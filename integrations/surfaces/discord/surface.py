"""Discord as a surface: guilds that let us in, direct messages, and people who bring us along.

Sequence only: joins what comes in, what goes out and the connection. What is delivered needs
no connection of its own, so that a worker beside the server can deliver too.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.surface import Capabilities, DeliveryFailure, Surface
from integrations.surfaces.beneath import above
from integrations.surfaces.discord.client import DiscordUnavailable, MynahClient, logged_in
from integrations.surfaces.discord.files import Files
from integrations.surfaces.discord.hearing.guilds import Guilds, holds
from integrations.surfaces.discord.hearing.lanes import Lanes
from integrations.surfaces.discord.hearing.people import Members
from integrations.surfaces.discord.hearing.places import NAME, guild_id_of, refs_of, spot_of
from integrations.surfaces.discord.hearing.reception import Joined, Reception
from integrations.surfaces.discord.homes import Homes, home_of
from integrations.surfaces.discord.listening import Listening
from integrations.surfaces.discord.pressing.presses import Presses, register
from integrations.surfaces.discord.pressing.private import Private, asked_alone
from integrations.surfaces.discord.showing import posting
from integrations.surfaces.discord.showing.live import LiveReplies
from integrations.surfaces.discord.showing.posting import Poster
from integrations.surfaces.discord.showing.rendering import render, render_below
from integrations.surfaces.discord.spots import Spots
from integrations.surfaces.pressable import Offered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from integrations.contracts.delivery import Delivery, Standing, Target
    from integrations.contracts.host import Host
    from integrations.contracts.incoming import IncomingFile
    from integrations.contracts.installations import Installations
    from integrations.contracts.surface import Live, Presence
    from integrations.contracts.surface import Spot as Somewhere

API_URL: Final = "https://discord.com/api/v10"
MOST_CHARS: Final = 100_000
"""Of a reply: what does not fit into a few messages goes along as a file."""


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """What it takes to be in guilds.

    Attributes:
        token: the bot's.
        api_url: where the REST API is.
        gateway_url: where events come from; where the API says, if empty.
        message_content: whether to ask for the words of messages that do not mention us.
        edits: whether a reply is shown while it is written, by editing it.
    """

    token: str = field(repr=False)
    api_url: str = API_URL
    gateway_url: str = ""
    message_content: bool = False
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Outward:
    """A client that is logged in, with everything that speaks through it."""

    client: MynahClient
    poster: Poster
    replies: LiveReplies
    members: Members
    private: Private
    offered: Offered
    homes: Homes
    presses: Presses | None = None
    """What becomes of what is pressed and typed, where we listen."""

    async def post(self, delivery: Delivery) -> str:
        """Show a reply in its channel."""
        target, spot = delivery.target, spot_of(delivery.target)
        self.offered.note(delivery.buttons)
        posts = await self.homes.shown(render(delivery), home_of(target))
        ref = await self.replies.deliver(spot, target.interaction_id, posts, delivery.key)
        if not (under := render_below(delivery)) or not (shown := refs_of(ref)):
            return ref
        spot = replace(spot, reply_to=shown[0][1])
        key = f"{delivery.key}:below"
        return f"{ref},{await self.replies.deliver(spot, target.interaction_id, under, key)}"

    async def close(self) -> None:
        """Finish what was begun, and hang up."""
        if self.presses is not None:
            await self.presses.finish()
        await self.replies.close()
        await self.client.close()


class _Unseen:
    """Implements ``Live`` where nothing is shown before the answer is there."""

    async def status(self, text: str) -> None:
        """Show nothing."""

    async def append(self, text: str) -> None:
        """Show nothing."""

    async def restart(self) -> None:
        """Take nothing back."""


class DiscordSurface(Surface):
    """Implements ``Surface`` for Discord.

    Args:
        settings: token and addresses.
        now: tells the time.
        installations: where it is kept which guilds we were seen in.
    """

    def __init__(
        self,
        settings: DiscordSettings,
        now: Callable[[], datetime],
        installations: Installations | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._installations = installations
        self._files = Files(settings.api_url)
        self._logging_in = asyncio.Lock()
        self._outward: Outward | None = None
        self._host: Host | None = None
        self._lanes = Lanes()
        self._listening: Listening | None = None
        self._log = structlog.get_logger("mynah.discord")

    @property
    def name(self) -> str:
        """``discord``."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """What this surface can do."""
        return Capabilities(streaming=self._settings.edits, max_chars=MOST_CHARS, keeps=True)

    async def start(self, host: Host) -> None:
        """Log in, and begin to listen.

        Raises:
            DiscordUnavailable: if Discord does not know us; the message says what to do.
        """
        self._host, self._lanes = host, Lanes()
        outward = await self._renewed(message_content=self._settings.message_content)
        listening = Listening(self._again, message_content=self._settings.message_content)
        self._listening = listening
        listening.begin(outward.client)

    async def stop(self) -> None:
        """Stop listening, and finish what was begun."""
        listening, self._listening = self._listening, None
        outward, self._outward = self._outward, None
        await self._lanes.stop()
        if outward is not None:
            await outward.close()
        await self._lanes.finish()  # what was heard while we hung up
        if listening is not None:
            await listening.close()
        self._host = None

    @asynccontextmanager
    async def live(self, target: Target) -> AsyncIterator[Live]:
        """Open a reply that can be watched while it is written."""
        if asked_alone(target):
            yield _Unseen()  # Discord says itself that we are thinking
            return
        outward = await self._out()
        about = target.interaction_id or target.conversation_id
        async with outward.replies.open(spot_of(target), about) as live:
            yield live

    async def abandon(self, target: Target) -> None:
        """Take away what was shown of a reply that will not come."""
        outward = self._outward
        if outward is None:
            return
        if asked_alone(target):
            await outward.private.abandon(target)
        elif target.interaction_id is not None:
            await outward.replies.abandon(target.interaction_id)

    async def deliver(self, delivery: Delivery) -> str:
        """Show the reply once; return "CHANNEL:MESSAGE" of its messages, joined by commas.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        if delivery.ref:
            return delivery.ref
        outward = await self._out()
        if asked_alone(delivery.target):
            return await outward.private.deliver(delivery, outward.post)
        return await outward.post(delivery)

    async def restate(self, delivery: Delivery, standing: Standing) -> None:
        """Show below a reply what became of it.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        outward = await self._out()
        outward.offered.note(delivery.buttons)
        # What was asked alone can only be changed where it came as a direct message in the end.
        target = delivery.target
        home = guild_id_of(target.workspace_id) if asked_alone(target) else home_of(target)
        posts = await outward.homes.shown(render(delivery, standing), home)
        ref = above(delivery.ref or "", len(render_below(delivery)))
        await posting.restate(outward.poster, posts, ref)

    async def withdraw(self, workspace_id: str, ref: str) -> None:
        """Delete the messages of a reply.

        Raises:
            DeliveryFailure: if one of them cannot be deleted now.
        """
        del workspace_id
        await posting.withdraw((await self._out()).poster, ref)

    async def outsiders(self, target: Target) -> bool:
        """Tell whether whoever reads a reply is no member of its guild."""
        try:
            return await (await self._out()).members.outsiders(target)
        except DeliveryFailure:
            return True

    async def fetch(self, workspace_id: str, file: IncomingFile) -> bytes:
        """Return what a file holds that came with a message.

        Raises:
            FileUnavailable: if it cannot be had, or is larger than it may be.
        """
        del workspace_id
        return await self._files.fetch(file)

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Somewhere:
        """Return where something can be said on a person's behalf, or to them.

        Raises:
            NoSuchSpot: if there is none, or it is not for them, or not for us.
            DeliveryFailure: if it cannot be told now.
        """
        return await Spots((await self._out()).client).spot(workspace_id, user_id, name)

    async def presence(self, workspace_id: str, user_id: str) -> Presence:
        """Tell whether somebody can be spoken to first.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        return await (await self._out()).members.presence(workspace_id, user_id)

    async def holds(self, workspace_id: str) -> bool:
        """Tell whether Discord still lets us into a workspace.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        return await holds((await self._out()).client, workspace_id)

    async def _out(self) -> Outward:
        """Return the way to Discord, logging in if nobody did.

        Raises:
            DeliveryFailure: if Discord does not let us in now.
        """
        if self._outward is None:
            try:
                return await self._renewed(message_content=False, anew=False)
            except DiscordUnavailable as problem:
                raise DeliveryFailure(f"{problem}.") from None
        return self._outward

    async def _again(self, message_content: bool) -> MynahClient:
        return (await self._renewed(message_content=message_content)).client

    async def _renewed(self, *, message_content: bool, anew: bool = True) -> Outward:
        """Return a way to Discord in the place of the one there is.

        Args:
            message_content: whether to ask for the words of all messages.
            anew: also where there is one.

        Raises:
            DiscordUnavailable: if Discord does not let us in.
        """
        async with self._logging_in:
            before = self._outward
            if before is not None and not anew:
                return before
            settings = self._settings
            client = await logged_in(
                settings.token,
                settings.api_url,
                settings.gateway_url,
                message_content=message_content,
            )
            outward = self._outward = await self._joined(client)
            if before is not None:
                await before.close()
            return outward

    async def _joined(self, client: MynahClient) -> Outward:
        """Return everything that speaks through a client; what happens there reaches the host."""
        poster, members, homes, host = Poster(client), Members(client), Homes(client), self._host
        replies = LiveReplies(poster, edits=self._settings.edits)
        private, offered, presses = Private(client, self._now), Offered(), None
        if host is not None:
            guilds = Guilds(client, host, self._installations)
            joined = Joined(client, host, self._lanes, guilds, members, homes, self._now)
            client.hand_on(Reception(joined).take)
            presses = await register(client, host, self._now, private, offered)
        return Outward(client, poster, replies, members, private, offered, homes, presses)
