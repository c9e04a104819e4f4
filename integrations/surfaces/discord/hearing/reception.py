"""What becomes of what happens in Discord: it goes through the front door, or is let be.

Decides which question goes with which event, and what a person is told who cannot be served.
Refuses to know how events are read and how they got here. ``take`` returns at once; what mattered
is stored soon after, in the order in which it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
import structlog

from integrations.contracts.host import Refusal
from integrations.contracts.incoming import IncomingReaction
from integrations.surfaces.discord.hearing import events
from integrations.surfaces.discord.hearing.events import Edited, Ignored, Me, Origin, Said
from integrations.surfaces.discord.hearing.people import person_of, somebody
from integrations.surfaces.discord.hearing.places import NAME, Place, direct, place_of, ref_of
from integrations.surfaces.sayings import sentence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from integrations.contracts.host import Host, Person
    from integrations.surfaces.discord.hearing.guilds import Guilds
    from integrations.surfaces.discord.hearing.lanes import Lanes
    from integrations.surfaces.discord.hearing.people import Members
    from integrations.surfaces.discord.homes import Homes

Reaction = discord.RawReactionActionEvent
Cleared = discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent

MOST_SAID = 2_000
"""Characters of a message."""
GUILDS = 0
"""The lane of what happens to guilds; every other is a channel's."""
HIDDEN = "Discord shows me what a reply says only if it mentions me: mention me and ask again."


@dataclass(frozen=True, slots=True)
class Joined:
    """What there is to work with once we are connected."""

    client: discord.Client
    host: Host
    lanes: Lanes
    guilds: Guilds
    members: Members
    homes: Homes
    now: Callable[[], datetime]


class Reception:
    """Takes the events of a connection.

    Args:
        joined: the connection, and whom we serve.
    """

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._host = joined.host
        self._unread: set[int] = set()
        self._log = structlog.get_logger("mynah.discord")

    def take(self, event: str, args: Sequence[Any], event_id: str) -> None:
        """Take an event, by the name that discord.py gives it."""
        match event, *args:
            case "message", discord.Message() as message:
                self._spoken(message, self._said)
            case "raw_message_edit", discord.RawMessageUpdateEvent(message=message):
                self._spoken(message, self._edited)
            case (
                "raw_message_delete",
                discord.RawMessageDeleteEvent(message_id=one, channel_id=where) as gone,
            ):
                self._run(where, event, partial(self._gone, where, gone.guild_id, (one,)))
            case (
                "raw_bulk_message_delete",
                discord.RawBulkMessageDeleteEvent(message_ids=many, channel_id=where) as gone,
            ):
                ids = tuple(sorted(many))
                self._run(where, event, partial(self._gone, where, gone.guild_id, ids))
            case "raw_reaction_add" | "raw_reaction_remove", Reaction() as reaction:
                self._reaction(reaction, event_id)
            case _, (
                discord.RawReactionClearEvent() | discord.RawReactionClearEmojiEvent()
            ) as cleared:
                work = partial(self._cleared, cleared, event_id)
                self._run(cleared.channel_id, event, work)
            case "guild_available" | "guild_join", discord.Guild() as guild:
                self._run(GUILDS, event, partial(self._joined.guilds.entered, guild))
            case "guild_remove", discord.Guild() as guild:
                self._run(GUILDS, event, partial(self._joined.guilds.left, str(guild.id)))
            case ("ready",):
                self._run(GUILDS, event, self._joined.guilds.look)

    def _run(self, lane: int, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._joined.lanes.run(lane, name, work)

    def _me(self, guild_id: int | None) -> Me | None:
        """Return who we are in a guild; nothing before we know."""
        client = self._joined.client
        guild = client.get_guild(guild_id) if guild_id else None
        role = guild.self_role if guild is not None else None
        return Me(client.user.id, role.id if role else None) if client.user else None

    def _spoken(
        self,
        message: discord.Message,
        then: Callable[[discord.Message, events.Via, Me], Awaitable[None]],
    ) -> None:
        """Take what somebody said, if it may be for us; anything else is dropped unread."""
        me = self._me(message.guild.id if message.guild else None)
        via = Ignored("we do not know who we are") if me is None else events.via_of(message, me)
        edited = then == self._edited
        if me is None or isinstance(via, Ignored) or (via == "aside" and not edited):
            self._log.debug("ignored", reason=getattr(via, "reason", "it does not call us"))
            return
        self._joined.members.met(message.author)
        self._run(message.channel.id, "message", partial(then, message, via, me))

    async def _said(self, message: discord.Message, via: events.Via, me: Me) -> None:
        place = await self._place(message.channel.id, message.channel, message.author.id)
        if place is None or (via == "thread" and not await self._takes_part(place)):
            return
        await self._ask(message, events.said(message, place, via, me))

    async def _ask(self, message: discord.Message, said: Said) -> None:
        if said.blank and not self._shown(said.via):
            self._cannot_read(message)
            if said.via == "reply":
                await self._tell(message, HIDDEN)
            return
        if said.blank and said.via == "thread":
            return  # a sticker, say: nobody called us by it
        try:
            await self._host.accept(said.incoming(await self._thread(said)))
        except ValueError as problem:
            await self._tell(message, sentence(problem))
        except Refusal as refusal:
            await self._tell(message, str(refusal))

    async def _thread(self, said: Said) -> str:
        """Return the thread that a message belongs to: outside threads, a chain of replies is one.

        It goes by its first message that we know.
        """
        place = said.origin.place
        if place.thread_id:
            return place.thread_id
        earlier = None
        if said.replies_to:
            earlier = await self._host.trace(NAME, place.workspace_id, said.replies_to)
        return earlier.thread_id if earlier else said.message_ref.partition(":")[2]

    async def _takes_part(self, place: Place) -> bool:
        """Tell whether we take part in a thread, or it was opened on an answer of ours."""
        workspace, channel, thread = place.workspace_id, place.channel_id, place.thread_id
        if not thread:
            return False
        if await self._host.takes_part(workspace, NAME, channel, thread):
            return True
        began = await self._host.trace(NAME, workspace, ref_of(channel, thread))
        return began is not None and began.ours

    async def _edited(self, message: discord.Message, via: events.Via, me: Me) -> None:
        """Take in new words of a question; a message that we never had may be one now."""
        place = await self._place(message.channel.id, message.channel, message.author.id)
        found = None if place is None else events.edited(message, place, via, me)
        if place is None or not isinstance(found, Edited):
            return
        said, person = found.said, person_of(place, message.author)
        if await self._host.asked(person, said.message_ref) is None:
            # The front door knows the message by its own id, so this is no second question.
            if found.calls(self._joined.now()):
                await self._ask(message, said)
            return
        if said.blank:
            if self._shown(via):
                await self._forget(person, said.message_ref)
            return
        try:
            await self._host.accept(found.incoming())
        except ValueError as problem:
            await self._tell(message, sentence(problem))
        except Refusal as refusal:
            self._log.info("edit refused", why=str(refusal))

    async def _gone(
        self, channel_id: int, guild_id: int | None, message_ids: Iterable[int]
    ) -> None:
        """Forget questions that were deleted, with everything that came of them.

        Discord does not say whose they were, nor who deleted them.
        """
        place = await self._somewhere(channel_id, guild_id)
        if place is None:
            return
        for message_id in message_ids:
            ref = ref_of(channel_id, message_id)
            trace = await self._host.trace(NAME, place.workspace_id, ref)
            if trace is not None and not trace.ours:
                await self._forget(somebody(place, trace.asker), ref)

    async def _forget(self, person: Person, message_ref: str) -> None:
        interaction = await self._host.asked(person, message_ref)
        if interaction is not None:
            await self._host.command(person, f"forget {interaction}")

    def _reaction(self, event: Reaction, event_id: str) -> None:
        me = self._me(event.guild_id)
        reason = Ignored("we do not know who we are") if me is None else events.not_ours(event, me)
        if reason is not None:
            self._log.debug("ignored", reason=reason.reason)
            return
        work = partial(self._reacted, event, f"r:{event_id}", self._joined.now())
        self._run(event.channel_id, "reaction", work)

    async def _reacted(self, event: Reaction, event_id: str, at: datetime) -> None:
        place = await self._somewhere(event.channel_id, event.guild_id, event.user_id)
        if place is None:
            return
        found = events.reacted(event, place, event_id, at)
        interaction = await self._host.find(somebody(place, event.user_id), found.ref)
        if interaction is None and (home := await self._home(event, place)) is not None:
            found = events.reacted(event, home, event_id, at)
            interaction = await self._host.find(somebody(home, event.user_id), found.ref)
        if interaction is None:
            self._log.debug("a reaction to no answer")
            return
        try:
            await self._host.accept(found.incoming(interaction))
        except Refusal as refusal:
            self._log.info("reaction refused", why=str(refusal))

    async def _home(self, event: Reaction, place: Place) -> Place | None:
        """Return where a reaction counts that was given to what we wrote somebody for a guild."""
        us = self._joined.client.user
        others = event.message_author_id is not None and us and event.message_author_id != us.id
        if not place.private or others:
            return None
        return await self._joined.homes.heard(place, event.user_id, event.message_id)

    async def _cleared(self, event: Cleared, event_id: str) -> None:
        """Take back what everybody gave: all reactions, or all of one emoji."""
        place = await self._somewhere(event.channel_id, event.guild_id)
        if place is None:
            return
        ref = ref_of(event.channel_id, event.message_id)
        one = getattr(event, "emoji", None)
        for user_id, emoji in await self._host.reactions(NAME, place.workspace_id, ref):
            interaction = await self._host.find(somebody(place, user_id), ref)
            if interaction is None or (one is not None and one.name != emoji):
                continue
            origin = Origin(f"r:{event_id}:{user_id}:{emoji}", place, user_id, self._joined.now())
            await self._host.accept(
                IncomingReaction(
                    **origin.common(), interaction_id=interaction, emoji=emoji, removed=True
                )
            )

    async def _somewhere(
        self, channel_id: int, guild_id: int | None, user_id: int | None = None
    ) -> Place | None:
        """Return the place that an event names by its ids alone."""
        if guild_id is None and user_id is not None:
            return direct(channel_id, user_id)
        return await self._place(channel_id, self._joined.client.get_channel(channel_id), user_id)

    async def _place(self, channel_id: int, channel: object, user_id: int | None) -> Place | None:
        """Return what a channel is; Discord is asked for one that we do not know."""
        if channel is None or isinstance(channel, discord.PartialMessageable):
            try:
                channel = await self._joined.client.fetch_channel(channel_id)
            except (discord.NotFound, discord.Forbidden, discord.InvalidData):
                return None
        if isinstance(channel, discord.DMChannel) and user_id is None:
            if channel.recipient is None:
                return None
            user_id = channel.recipient.id
        return place_of(channel, user_id or "")

    def _shown(self, via: events.Via) -> bool:
        """Tell whether Discord shows us the words of a message."""
        return via in {"direct", "mention"} or self._joined.client.intents.message_content

    def _cannot_read(self, message: discord.Message) -> None:
        """Tell the admin once a guild that people write to us in vain."""
        guild_id = message.guild.id if message.guild else 0
        if self._joined.client.intents.message_content or guild_id in self._unread:
            return
        self._unread.add(guild_id)
        self._log.warning(
            "follow-ups cannot be read unless they mention me",
            guild=guild_id,
            help="turn on “Message Content Intent” under “Bot” in Discord's developer portal, and "
            "set DISCORD_MESSAGE_CONTENT=true",
        )

    async def _tell(self, message: discord.Message, text: str) -> None:
        """Tell a person something, as a reply that nobody is notified of."""
        where = self._joined.client.get_partial_messageable(message.channel.id)
        try:
            await where.send(
                text[:MOST_SAID],
                reference=message.to_reference(fail_if_not_exists=False),
                mention_author=False,
                nonce=f"t{message.id}",
                suppress_embeds=True,
            )
        except discord.DiscordException as refused:
            self._log.info("nowhere to answer", error=type(refused).__name__)
