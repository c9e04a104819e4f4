"""What the stand-in for Slack knows: teams, people, channels, messages, apps and tokens.

Plain state with Slack's ids and shapes. Who may do what is decided in ``slack_chat``
and ``slack_web``; how events leave is in ``slack_delivery``. Time stands still until a
test moves it: ``ts`` is the frozen second plus a counter.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

START_S = 1_770_000_000
TRIGGER_S = 3.0
RESPONSE_URL_S = 1800.0
RESPONSE_URL_USES = 5
ROTATED_TOKEN_S = 43_200
CODE_S = 600.0

Kind = Literal["channel", "group", "im", "mpim"]
Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - what Slack answers is a refusal
    """Slack's ``{"ok": false, "error": …}``."""

    def __init__(self, error: str, *messages: str, **more: Any) -> None:
        super().__init__(error, *messages)
        self.error = error
        self.body: Json = {"ok": False, "error": error, **more}
        if messages:
            self.body["response_metadata"] = {"messages": list(messages)}


@dataclass(slots=True)
class User:
    id: str
    team_id: str
    name: str
    admin: bool = False
    guest: bool = False
    deleted: bool = False
    bot_id: str = ""
    app_id: str = ""
    tz: str = "Etc/UTC"
    presence: str = "active"
    resting: tuple[int, int] = (1, 1)
    """When they want no notifications, in seconds since 1970; Slack says 1 for never."""

    def wire(self, seen_from: str) -> Json:
        """The user as ``users.info`` shows it to somebody of the team ``seen_from``."""
        profile = {"real_name": self.name.title(), "display_name": self.name}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.name.title(),
            "deleted": self.deleted,
            "is_admin": self.admin,
            "is_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_bot": bool(self.bot_id),
            "is_app_user": False,
            "is_stranger": self.team_id != seen_from,
            "tz": self.tz,
            "locale": "en-GB",
            "profile": {**profile, "team": self.team_id},
        }


@dataclass(slots=True)
class File:
    id: str
    name: str
    mimetype: str
    content: bytes
    user: str
    url: str
    channels: list[str] = field(default_factory=list)
    redirect: str = ""
    """Where its address leads instead."""
    login: bool = False
    """Whether its address shows a page to log in, whoever asks."""

    def wire(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "title": self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2],
            "user": self.user,
            "size": len(self.content),
            "mode": "hosted",
            "url_private": self.url,
            "url_private_download": self.url,
            "channels": list(self.channels),
        }


@dataclass(slots=True)
class Message:
    channel: str
    ts: str
    user: str
    team: str
    text: str = ""
    thread_ts: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str = ""
    app_id: str = ""
    subtype: str = ""
    edited_ts: str = ""
    ephemeral_to: str = ""
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    stream: Literal["", "open", "stopped", "stopped_by_user", "expired"] = ""
    stream_started: float = 0.0

    @property
    def ref(self) -> str:
        return f"{self.channel}:{self.ts}"

    def wire(self, *, metadata: bool = False) -> Json:
        """The message as histories and events show it."""
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        body["team"] = self.team
        optional = {
            "subtype": self.subtype,
            "thread_ts": self.thread_ts,
            "blocks": self.blocks,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "files": [file.wire() for file in self.files],
            "edited": self.edited_ts and {"user": self.user, "ts": self.edited_ts},
            "metadata": self.metadata if metadata else None,
            "reactions": [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in self.reactions.items()
            ],
        }
        return body | {key: value for key, value in optional.items() if value}


@dataclass(slots=True)
class Channel:
    id: str
    team_id: str
    name: str
    kind: Kind = "channel"
    members: list[str] = field(default_factory=list)
    shared_with: set[str] = field(default_factory=set)
    """Other teams that see the channel over Slack Connect."""
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.kind != "channel"

    def root_of(self, message: Message) -> str:
        return message.thread_ts or message.ts

    def thread(self, root: str) -> list[Message]:
        """The root and its replies, oldest first, without what only one person sees."""
        return [
            message
            for message in self.messages.values()
            if root in {message.ts, message.thread_ts} and not message.ephemeral_to
        ]

    def wire(self, me: str) -> Json:
        body: Json = {
            "id": self.id,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.private,
            "is_archived": self.archived,
            "is_ext_shared": bool(self.shared_with),
            "is_shared": bool(self.shared_with),
            "is_member": me in self.members,
            "context_team_id": self.team_id,
            "shared_team_ids": [self.team_id, *sorted(self.shared_with)],
            "topic": {"value": "", "creator": "", "last_set": 0},
        }
        if self.kind == "im":
            return body | {"user": next((m for m in self.members if m != me), me)}
        return body | {"name": self.name, "num_members": len(self.members)}


@dataclass(slots=True)
class App:
    id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    app_token: str
    request_url: str = ""
    """Where HTTP events, interactions and commands go, as set in the app's settings."""
    socket_mode: bool = False
    events: frozenset[str] | None = None
    """Subscriptions by their names in the manifest (``message.im``); ``None`` means all."""
    commands: set[str] = field(default_factory=lambda: {"/mynah"})
    redirect_urls: set[str] = field(default_factory=set)
    rotates: bool = False
    manifest: Json = field(default_factory=dict)
    """What its settings say, for who may see them."""

    def wants(self, event: str) -> bool:
        return self.events is None or event in self.events


@dataclass(slots=True)
class Token:
    value: str
    app: App
    team_id: str = ""
    user_id: str = ""
    scopes: frozenset[str] | None = None
    """``None``: every scope."""
    kind: Literal["bot", "app", "config"] = "bot"
    dead: str = ""
    """The error it is refused with, once it was revoked."""
    expires_at: float | None = None


@dataclass(slots=True)
class Installation:
    app: App
    team_id: str
    bot: User
    scopes: frozenset[str] | None
    installer: str
    token: str = ""
    refresh_token: str = ""
    active: bool = True


@dataclass(slots=True)
class Trigger:
    team_id: str
    user: str
    app_id: str
    until: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    bot_id: str
    """The user who posts what comes back."""
    channel: str
    user: str
    until: float
    message: Message | None = None
    uses: int = 0


@dataclass(slots=True)
class Emission:
    """An event on its way to the apps that may see it.

    ``name`` is the subscription's name; ``only_app`` narrows it to one app, whatever it is
    member of; ``team_id`` is the team in which it happened.
    """

    name: str
    team_id: str
    event: Json
    channel: str = ""
    only_app: str = ""


@dataclass(slots=True)
class State:
    """Everything that Slack would keep."""

    now: float = float(START_S)
    teams: dict[str, str] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    installations: list[Installation] = field(default_factory=list)
    views: dict[str, Json] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    uploads: dict[str, int] = field(default_factory=dict)
    """Files that are asked for and not shared yet, with the bytes that are to come."""
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    codes: dict[str, tuple[Installation, str, float]] = field(default_factory=dict)
    spent_codes: set[str] = field(default_factory=set)
    tickets: dict[str, App] = field(default_factory=dict)
    threads: dict[tuple[str, str], Json] = field(default_factory=dict)
    """Status, title and prompts of assistant threads and agent sessions, by channel and root."""
    outbox: list[Emission] = field(default_factory=list)
    base_url: str = ""
    counter: int = 0

    def new_id(self, prefix: str) -> str:
        self.counter += 1
        return f"{prefix}{self.counter:09d}"

    def next_ts(self) -> str:
        self.counter += 1
        return f"{int(self.now)}.{self.counter:06d}"

    def emit(self, name: str, team_id: str, event: Json, **more: str) -> None:
        event.setdefault("event_ts", self.next_ts())
        # What is told is what was so then, whatever happens before it is sent.
        self.outbox.append(Emission(name, team_id, deepcopy(event), **more))

    def channel(self, channel_id: str) -> Channel:
        if channel_id not in self.channels:
            raise Refused("channel_not_found")
        return self.channels[channel_id]

    def message(self, channel_id: str, ts: str) -> Message:
        message = self.channel(channel_id).messages.get(ts)
        if message is None:
            raise Refused("message_not_found")
        return message

    def installation(self, app_id: str, team_id: str) -> Installation | None:
        return next(
            (
                one
                for one in self.installations
                if one.active and one.app.id == app_id and one.team_id == team_id
            ),
            None,
        )

    def im(self, team_id: str, *users: str) -> Channel:
        """The direct conversation of exactly these users, made when there is none."""
        for channel in self.channels.values():
            if channel.kind in {"im", "mpim"} and set(channel.members) == set(users):
                return channel
        kind: Kind = "im" if len(users) <= 2 else "mpim"
        made = Channel(self.new_id("D" if kind == "im" else "G"), team_id, "", kind, list(users))
        self.channels[made.id] = made
        return made

    def trigger(self, team_id: str, user: str, app: App) -> str:
        self.counter += 1
        name = f"{self.counter}.{team_id}.{user}"
        self.triggers[name] = Trigger(team_id, user, app.id, self.now + TRIGGER_S)
        return name

    def response_url(
        self, bot_id: str, channel: str, user: str, message: Message | None = None
    ) -> str:
        """Make a URL to answer an interaction at."""
        name = self.new_id("R")
        self.response_urls[name] = ResponseUrl(
            bot_id, channel, user, self.now + RESPONSE_URL_S, message
        )
        return f"{self.base_url}/hooks/{name}"

    def announce(self, message: Message, /, subtype: str = "", **more: Any) -> None:
        """Emit what a change of a message looks like to the apps in its channel."""
        channel = self.channel(message.channel)
        if message.ephemeral_to:
            return
        event: Json = {"channel": channel.id, "channel_type": channel.kind}
        if subtype in {"message_changed", "message_deleted"}:
            event |= {"type": "message", "subtype": subtype, "hidden": True, **more}
            event["ts"] = self.next_ts()
        else:
            event = message.wire(metadata=True) | event | more
            if channel.shared_with:
                event |= {"user_team": message.team, "source_team": message.team}
            if message.thread_ts and (root := channel.messages.get(message.thread_ts)):
                event["parent_user_id"] = root.user
        event["event_ts"] = event["ts"]
        plural = {"channel": "channels", "group": "groups"}.get(channel.kind, channel.kind)
        self.emit(f"message.{plural}", message.team, event, channel=channel.id)


def without_empty(values: Mapping[str, Any], keep: Iterable[str] = ()) -> Json:
    kept = set(keep)
    return {key: value for key, value in values.items() if value or key in kept}
