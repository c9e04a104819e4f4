"""What people do in the stand-in for Discord: write, react, open threads, join, leave.

Each doing returns once the gateway has sent what follows from it. What Discord's apps would
not let somebody do raises a ``ValueError``. Commands, buttons and forms are in
``discord_clicks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.discord_checks import CONTENT
from tests.standins.discord_clicks import Clicks
from tests.standins.discord_gateway import guild_wire
from tests.standins.discord_messages import clear_reactions, emoji, react, remove, rewrite, write
from tests.standins.discord_permissions import BITS, EVERYONE, bits, may, permissions, sees
from tests.standins.discord_places import (
    deleted,
    first_post,
    joined_thread,
    opened,
    removed_from,
    updated,
)
from tests.standins.discord_showing import GUILDS, MEMBERS, announce
from tests.standins.discord_state import Refused
from tests.standins.discord_things import (
    FORUM,
    TEXT,
    VOICE,
    Attachment,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Role,
    User,
    iso,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.standins.discord_server import DiscordServer


class Person(Clicks):
    """Somebody with an account, and what they do outside guilds."""

    server: DiscordServer

    def install(self) -> None:
        """Install the app for oneself, to use it anywhere."""
        self.installed = True

    async def dm(
        self, text: str, *, reply_to: Message | None = None, files: Sequence[Attachment] = ()
    ) -> Message:
        """Write to the bot."""
        place = self.server.dm(self)
        return await place.say(self, text, reply_to=reply_to, files=files)

    def file(
        self, name: str, content: bytes, content_type: str = "text/plain", *, voice: bool = False
    ) -> Attachment:
        """A file to be sent with ``say``."""
        return Attachment(self.server.state.new_id(), name, content, content_type, voice=voice)


class Place(Channel):
    """A channel, a thread or a conversation, and what people do in it."""

    server: DiscordServer

    def _may(self, user: User, *names: str) -> None:
        if not may(self.server.state, user, self, "view_channel", *names):
            raise ValueError(f"{user.name} may not do this in {self.name or self.id}")

    def allow(self, who: User | Role | None, *names: str) -> None:
        """Allow somebody, a role or (``None``) everybody something here, before it is seen."""
        self._overwrite(who, bits(names), 0)

    def deny(self, who: User | Role | None, *names: str) -> None:
        self._overwrite(who, 0, bits(names))

    def _overwrite(self, who: User | Role | None, allowed: int, denied: int) -> None:
        target = who.id if who else self.guild_id
        old_allowed, old_denied = self.overwrites.get(target, (0, 0))
        allowed, denied = (old_allowed | allowed) & ~denied, (old_denied | denied) & ~allowed
        self.overwrites[target] = (allowed, denied)
        updated(self.server.state, self)

    async def say(
        self,
        user: User,
        text: str,
        *,
        reply_to: Message | None = None,
        files: Sequence[Attachment] = (),
        ping: bool = True,
    ) -> Message:
        """Write a message; ``<@ID>`` mentions. A reply notifies its author unless told not to."""
        self._may(user, "send_messages_in_threads" if self.is_thread else "send_messages")
        if self.locked or len(text) > CONTENT * 2 or not (text.strip() or files):
            raise ValueError(f"{user.name} cannot send this")
        body: Json = {"content": text}
        body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to.id, "channel_id": self.id}
        flags = VOICE if any(file.voice for file in files) else 0
        if self.is_thread:
            joined_thread(self.server.state, self, user.id)
        message = write(self.server.state, user, self, body, dict(enumerate(files)), flags=flags)
        await self.server.flush()
        return message

    async def edit(self, user: User, message: Message, text: str) -> None:
        if message.author.id != user.id:
            raise ValueError(f"{user.name} did not write {message.ref}")
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": True}
        rewrite(self.server.state, message, {"content": text, "allowed_mentions": allowed}, {})
        await self.server.flush()

    async def unfurl(self, message: Message, *embeds: Json) -> None:
        """Show what is behind a link: an update without an edit, as Discord sends it."""
        message.embeds = list(embeds)
        announce(self.server.state, message, "MESSAGE_UPDATE")
        await self.server.flush()

    async def delete(self, user: User, *messages: Message) -> None:
        """Delete messages; several at once come as one event, as a moderator's purge."""
        for message in messages:
            if message.author.id != user.id:
                self._may(user, "manage_messages")
        remove(self.server.state, list(messages), bulk=len(messages) > 1)
        await self.server.flush()

    async def react(self, user: User, message: Message, name: str) -> None:
        await self._react(user, message, name, gone=False)

    async def unreact(self, user: User, message: Message, name: str) -> None:
        await self._react(user, message, name, gone=True)

    async def _react(self, user: User, message: Message, name: str, *, gone: bool) -> None:
        self._may(user)
        if message.ephemeral_to or message.id not in self.messages:
            raise ValueError("nobody can react to what only one sees, or what is gone")
        key = emoji(name)
        if (user.id in message.reactions.get(key, [])) is not gone:
            raise ValueError(f"{name} of {user.name} is as it should be already")
        try:
            react(self.server.state, user, message, key, remove=gone)
        except Refused as refused:
            raise ValueError(str(refused)) from None
        await self.server.flush()

    async def clear_reactions(self, user: User, message: Message, name: str = "") -> None:
        """Take away all reactions, or all of one emoji, as a moderator."""
        self._may(user, "manage_messages")
        clear_reactions(self.server.state, message, emoji(name) if name else "")
        await self.server.flush()

    # Threads and posts.

    async def thread(
        self,
        user: User,
        name: str,
        *,
        message: Message | None = None,
        private: bool = False,
        members: Sequence[User] = (),
    ) -> Place:
        self._may(user, "create_private_threads" if private else "create_public_threads")
        state = self.server.state
        made = opened(state, user, self, name, message=message, private=private)
        for member in members:
            joined_thread(state, made, member.id)
        await self.server.flush()
        return as_place(made)

    async def post(self, user: User, title: str, text: str) -> tuple[Place, Message]:
        """Write a post in a forum."""
        self._may(user, "send_messages")
        if self.type != FORUM:
            raise ValueError("this is no forum")
        made = opened(self.server.state, user, self, title)
        first = first_post(self.server.state, user, made, {"content": text})
        await self.server.flush()
        return as_place(made), first

    async def add(self, user: User) -> None:
        """Add somebody to a thread."""
        joined_thread(self.server.state, self, user.id)
        await self.server.flush()

    async def archive(self, *, locked: bool = False) -> None:
        self.archived, self.locked = True, locked
        updated(self.server.state, self)
        await self.server.flush()

    async def remove(self) -> None:
        """Delete the channel or thread with everything in it."""
        deleted(self.server.state, self)
        await self.server.flush()


class Community(Guild):
    """A guild, and what happens to it."""

    server: DiscordServer

    # Setting up: nothing of this is an event, save that the bot sees channels appear.

    def channel(
        self, name: str, *, kind: int = TEXT, private: Sequence[User] | None = None
    ) -> Place:
        """A channel; ``private`` says who sees it, the bot only if it is among them."""
        state = self.server.state
        made = as_place(state.new_channel(kind, name=name, guild_id=self.id))
        if private is not None:
            made.overwrites[self.id] = (0, BITS["view_channel"])
            for user in private:
                made.overwrites[user.id] = (BITS["view_channel"], 0)
        if sees(state, state.app.bot, made):
            state.emit("CHANNEL_CREATE", made.wire(state), GUILDS, self.id)
        return made

    def forum(self, name: str) -> Place:
        return self.channel(name, kind=FORUM)

    def role(self, name: str, *names: str) -> Role:
        role = Role(self.server.state.new_id(), name, bits(names), len(self.roles))
        self.roles[role.id] = role
        return role

    def join(self, *users: User, admin: bool = False, roles: Sequence[Role] = ()) -> None:
        """Let people join; an admin may manage the guild."""
        state = self.server.state
        given = list(roles)
        if admin:
            given.append(self.role("admins", "manage_guild", "manage_messages"))
        for user in users:
            self.members[user.id] = Member(user, iso(state.now), [role.id for role in given])
            body = self.members[user.id].wire() | {"guild_id": self.id}
            state.emit("GUILD_MEMBER_ADD", body, MEMBERS, self.id)

    def leave(self, user: User) -> None:
        del self.members[user.id]
        body = {"guild_id": self.id, "user": user.wire()}
        self.server.state.emit("GUILD_MEMBER_REMOVE", body, MEMBERS, self.id)

    def may(self, *names: str) -> None:
        """Say what everybody may do here, the bot too; before channels say otherwise."""
        self.roles[self.id].permissions = bits(names)

    def permissions(self, user: User) -> int:
        found = EVERYONE if user.id in self.members else 0
        for channel in self.server.state.channels.values():
            if channel.guild_id == self.id:
                found |= permissions(self.server.state, user, channel)
        return found

    def place_for_notices(self, channel: Channel | None) -> None:
        self.system_channel_id = channel.id if channel else None

    # The app.

    def install(self) -> None:
        """Add the app: its bot joins."""
        state = self.server.state
        bot = state.app.bot
        self.members[bot.id] = Member(bot, iso(state.now))
        state.emit("GUILD_CREATE", guild_wire(state, self, joined=True), GUILDS, self.id)

    async def kick(self) -> None:
        """Remove the app."""
        removed_from(self.server.state, self)
        await self.server.flush()

    async def outage(self) -> None:
        """Let the guild be unavailable, which is not a removal."""
        self.unavailable = True
        body = {"id": self.id, "unavailable": True}
        self.server.state.emit("GUILD_DELETE", body, GUILDS, self.id)
        await self.server.flush()

    async def recover(self) -> None:
        self.unavailable = False
        body = guild_wire(self.server.state, self)
        self.server.state.emit("GUILD_CREATE", body, GUILDS, self.id)
        await self.server.flush()


def as_place(channel: Channel) -> Place:
    assert isinstance(channel, Place)
    return channel
