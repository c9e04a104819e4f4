"""What people do in the stand-in for Slack: write, react, join, install.

Each doing returns once every app's first answer to it is in. What Slack's client would not
let somebody do raises a ``ValueError``. Clicks, forms and commands are in ``slack_clicks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standins.slack_blocks import TEXT, check_reaction
from tests.standins.slack_clicks import Clicks
from tests.standins.slack_install import GONE, approve, fresh_token, installed, uninstalled
from tests.standins.slack_state import (
    App,
    Channel,
    File,
    Installation,
    Json,
    Kind,
    Message,
    User,
)
from tests.standins.slack_views import home_of, shown_view
from tests.standins.slack_web import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.standins.slack_delivery import Answer, Delivery


class Team(Clicks):
    """One workspace, and what its people do."""

    # Setting up: nothing of this is an event.

    def user(self, name: str, *, admin: bool = False, guest: bool = False) -> User:
        user = User(self.state.new_id("U"), self.id, name, admin, guest)
        self.state.users[user.id] = user
        return user

    def channel(self, name: str, *members: User, kind: Kind = "channel") -> Channel:
        prefix = "G" if kind == "mpim" else "C"
        channel = Channel(
            self.state.new_id(prefix), self.id, name, kind, [member.id for member in members]
        )
        self.state.channels[channel.id] = channel
        return channel

    def dm(self, *people: User) -> Channel:
        return self.state.im(self.id, *(person.id for person in people))

    def install(
        self,
        app: App | None = None,
        *,
        scopes: Iterable[str] | None = None,
        installer: User | None = None,
    ) -> Installation:
        """Install an app without OAuth, as from its settings; ``scopes=None`` grants all."""
        granted = None if scopes is None else frozenset(scopes)
        by = installer.id if installer else ""
        done = installed(self.state, app or self.server.app, self.id, by, granted)
        fresh_token(self.state, done)
        return done

    def approve(self, authorize_url: str, user: User, *, deny: bool = False) -> str:
        """Consent to, or deny, an installation; return where the browser is sent."""
        return approve(self.state, authorize_url, self.id, user.id, deny=deny)

    async def uninstall(
        self, app: App | None = None, order: Sequence[str] = GONE
    ) -> list[Delivery]:
        """Remove an app. The events come in the given order, one after the other."""
        found = self.state.installation((app or self.server.app).id, self.id)
        if found is None:
            raise ValueError("the app is not installed here")
        uninstalled(self.state, found, order)
        events, self.state.outbox[:] = list(self.state.outbox), []
        done: list[Delivery] = []
        for event in events:
            self.state.outbox.append(event)
            done += await self.server.courier.flushed()
        return done

    # Messages. Texts are as Slack sends them: ``<@U1>`` for a mention, ``&lt;`` for "<".

    async def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        thread_ts: str | None = None,
        *,
        files: Sequence[File] = (),
        broadcast: bool = False,
    ) -> Message:
        """Write a message. A mention of a bot is a second event, as Slack does it."""
        self._may_write(user, channel)
        if len(text) > TEXT or not (text.strip() or files):
            raise ValueError(f"nobody can send {len(text):,} characters")
        root = channel.messages.get(thread_ts or "")
        if thread_ts and root is None:
            raise ValueError(f"no thread {thread_ts}")
        if root is not None:
            root.thread_ts = root.ts
        message = Message(
            channel.id, self.state.next_ts(), user.id, user.team_id, text, thread_ts or ""
        )
        message.blocks = [_rich(self.state.new_id("b"), text)] if text else []
        message.files = list(files)
        message.subtype = "file_share" if files else "thread_broadcast" if broadcast else ""
        for file in files:
            file.channels.append(channel.id)
        channel.messages[message.ts] = message
        self.state.announce(message, client_msg_id=self.state.new_id("m"))
        self._mention(channel, message)
        await self.server.courier.flushed()
        return message

    def _mention(self, channel: Channel, message: Message) -> None:
        if channel.kind == "im":
            return
        for bot in list(self.state.users.values()):
            if bot.bot_id and f"<@{bot.id}>" in message.text and bot.id in channel.members:
                event = message.wire() | {"type": "app_mention", "channel": channel.id}
                event |= {"event_ts": message.ts}
                event.pop("subtype", None)
                self.state.emit("app_mention", message.team, event, channel=channel.id)
                self.state.outbox[-1].only_app = bot.app_id
                self.state.outbox[-1].team_id = bot.team_id

    def _may_write(self, user: User, channel: Channel) -> None:
        if user.id not in channel.members or channel.archived or user.deleted:
            raise ValueError(f"{user.name} cannot write in {channel.id}")

    def file(self, user: User, name: str, content: bytes, mimetype: str = "text/plain") -> File:
        """A file to be sent with ``say``; apps read it at its private URL with their token."""
        file_id = self.state.new_id("F")
        url = f"{self.state.base_url}/files/{file_id}/{name}"
        file = self.state.files[file_id] = File(file_id, name, mimetype, content, user.id, url)
        return file

    async def edit(self, user: User, message: Message, text: str) -> None:
        if message.user != user.id:
            raise ValueError(f"{user.name} did not write {message.ref}")
        before = message.wire()
        message.text, message.edited_ts = text, self.state.next_ts()
        message.blocks = [_rich(self.state.new_id("b"), text)]
        self.state.announce(
            message, "message_changed", message=message.wire(), previous_message=before
        )
        await self.server.courier.flushed()

    async def delete(self, user: User, message: Message) -> None:
        """Delete a message; a root with replies stays as a tombstone."""
        if message.user != user.id and not user.admin:
            raise ValueError(f"{user.name} may not delete {message.ref}")
        channel, before = self.state.channel(message.channel), message.wire()
        if len(channel.thread(message.ts)) > 1:
            message.text, message.blocks = "This message was deleted.", []
            message.subtype, message.user = "tombstone", "USLACKBOT"
            self.state.announce(
                message, "message_changed", message=message.wire(), previous_message=before
            )
        else:
            del channel.messages[message.ts]
            self.state.announce(
                message, "message_deleted", deleted_ts=message.ts, previous_message=before
            )
        await self.server.courier.flushed()

    async def react(self, user: User, message: Message, name: str) -> None:
        await self._react(user, message, name, "reaction_added")

    async def unreact(self, user: User, message: Message, name: str) -> None:
        await self._react(user, message, name, "reaction_removed")

    async def _react(self, user: User, message: Message, name: str, event: str) -> None:
        check_reaction(name)
        if message not in self.sees(user, self.state.channel(message.channel)):
            raise ValueError(f"{user.name} does not see {message.ref}")
        if message.ephemeral_to:
            raise ValueError("nobody can react to what only they see")
        users = message.reactions.setdefault(name, [])
        if (user.id in users) is (event == "reaction_added"):
            raise ValueError(f"{name} of {user.name} is as it should be already")
        if event == "reaction_added":
            users.append(user.id)
        else:
            users.remove(user.id)
        if not users:
            del message.reactions[name]
        body = {
            "type": event,
            "user": user.id,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
        }
        self.state.emit(event, self.id, body, channel=message.channel)
        await self.server.courier.flushed()

    def sees(self, user: User, channel: Channel, thread_ts: str = "") -> list[Message]:
        """What somebody sees in a channel, or in a thread of it, oldest first."""
        if user.id not in channel.members and (channel.private or user.guest):
            return []
        return [
            message
            for message in channel.messages.values()
            if message.ephemeral_to in {"", user.id}
            and (not thread_ts or thread_ts in {message.ts, message.thread_ts})
        ]

    # Membership.

    async def join(self, user: User, channel: Channel) -> None:
        joined(self.state, channel, user)
        await self.server.courier.flushed()

    async def leave(self, user: User, channel: Channel) -> None:
        joined(self.state, channel, user, left=True)
        await self.server.courier.flushed()

    async def archive(self, channel: Channel, by: User) -> None:
        channel.archived = True
        name = "group_archive" if channel.kind == "group" else "channel_archive"
        event = {"type": name, "channel": channel.id, "user": by.id}
        self.state.emit(name, self.id, event, channel=channel.id)
        await self.server.courier.flushed()

    async def remove_channel(self, channel: Channel, by: User) -> None:
        """Delete a channel with everything in it."""
        event = {"type": "channel_deleted", "channel": channel.id, "actor_id": by.id}
        self.state.emit("channel_deleted", self.id, event, channel=channel.id)
        await self.server.courier.flushed()
        del self.state.channels[channel.id]

    async def share(self, channel: Channel, other: Team) -> None:
        """Share a channel with another team over Slack Connect."""
        channel.shared_with.add(other.id)
        event = {
            "type": "channel_shared",
            "connected_team_id": other.id,
            "channel": channel.id,
        }
        self.state.emit("channel_shared", self.id, event, channel=channel.id)
        await self.server.courier.flushed()

    async def move_channel(self, channel: Channel) -> None:
        """Let a channel go by another id, as when it is shared anew; messages keep their ts."""
        old, new = channel.id, self.state.new_id("C")
        del self.state.channels[old]
        channel.id = new
        self.state.channels[new] = channel
        for message in channel.messages.values():
            message.channel = new
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
        self.state.emit("channel_id_changed", self.id, event, channel=new)
        await self.server.courier.flushed()

    async def deactivate(self, user: User) -> None:
        user.deleted = True
        await self._changed(user)

    async def make_guest(self, user: User) -> None:
        user.guest, user.admin = True, False
        await self._changed(user)

    async def _changed(self, user: User) -> None:
        event = {"type": "user_change", "user": user.wire(self.id)}
        self.state.emit("user_change", self.id, event)
        await self.server.courier.flushed()

    # The app's own places.

    async def open_home(
        self, user: User, app: App | None = None, tab: str = "home"
    ) -> list[Delivery]:
        found = self.installed(app)
        im = self.dm(found.bot, user)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": im.id, "tab": tab}
        view = home_of(self.state, user.id, found.app.id)
        if tab == "home" and view is not None:
            event["view"] = shown_view(view)
        self.state.emit("app_home_opened", self.id, event, only_app=found.app.id)
        return await self.server.courier.flushed()

    async def open_assistant(self, user: User, app: App | None = None) -> Message:
        """Open a new thread with the assistant; return its root, which Slack writes."""
        found = self.installed(app)
        im = self.dm(found.bot, user)
        root = Message(im.id, self.state.next_ts(), found.bot.id, self.id, "New Assistant Thread")
        root.thread_ts, root.subtype = root.ts, "assistant_app_thread"
        root.bot_id, root.app_id = found.bot.bot_id, found.app.id
        im.messages[root.ts] = root
        thread = {
            "user_id": user.id,
            "context": {"team_id": self.id},
            "channel_id": im.id,
            "thread_ts": root.ts,
        }
        event = {"type": "assistant_thread_started", "assistant_thread": thread}
        self.state.emit("assistant_thread_started", self.id, event, only_app=found.app.id)
        await self.server.courier.flushed()
        return root

    async def retitle(self, user: User, channel: Channel, thread_ts: str, title: str) -> None:
        """Give an agent session another title."""
        thread = self.state.threads.get((channel.id, thread_ts), {})
        if "session" not in thread:
            raise ValueError("there is no session")
        thread["title"] = title
        event = {"type": "agent_session_title_changed", "channel": channel.id, "user": user.id}
        event |= {"thread_ts": thread_ts, "title": title, "team_id": self.id}
        self.state.emit("agent_session_title_changed", self.id, event, channel=channel.id)
        await self.server.courier.flushed()

    async def stop(self, user: User, channel: Channel, thread_ts: str) -> Answer | None:
        """Press stop on an agent session; streams in its thread end at once.

        Returns what the app answered, or ``None`` if it is not subscribed: then people
        see no button.
        """
        thread = self.state.threads.get((channel.id, thread_ts), {})
        if thread.get("session") != "processing":
            raise ValueError("there is no stop button: the session is not processing")
        streams = [
            m for m in channel.messages.values() if m.thread_ts == thread_ts and m.stream == "open"
        ]
        for stream in streams:
            stream.stream = "stopped_by_user"
        event: dict[str, Any] = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "user": user.id,
            "thread_ts": thread_ts,
            "streaming_message_ts": [stream.ts for stream in streams],
        }
        self.state.emit("agent_session_stopped", self.id, event, channel=channel.id)
        done = await self.server.courier.flushed()
        return done[0].attempts[-1] if done else None


def _rich(block_id: str, text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}
