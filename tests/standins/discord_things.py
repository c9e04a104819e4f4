"""The things that the stand-in for Discord keeps, in Discord's shapes: people to messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.standins.discord_state import State

Json = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
ARCHIVE_AFTER_MIN = 4_320

TEXT, DM, GROUP, FORUM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 3, 15, 11, 12
THREADS = frozenset({PUBLIC_THREAD, PRIVATE_THREAD})

EPHEMERAL, LOADING, VOICE, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 13, 1 << 15


@dataclass(eq=False)
class User:
    id: str
    name: str
    bot: bool = False
    takes_dms: bool = True
    installed: bool = False
    """Whether this person installed the app for themselves."""
    locale: str = "en-US"

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def wire(self) -> Json:
        return {
            "id": self.id,
            "username": self.name,
            "discriminator": "0000" if self.bot else "0",
            "global_name": None if self.bot else self.name.title(),
            "avatar": None,
            "bot": self.bot,
            "system": False,
            "public_flags": 0,
        }


@dataclass(eq=False)
class Member:
    user: User
    joined_at: str
    roles: list[str] = field(default_factory=list)

    def wire(self, *, user: bool = True) -> Json:
        body: Json = {
            "roles": list(self.roles),
            "nick": None,
            "avatar": None,
            "joined_at": self.joined_at,
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        return body | ({"user": self.user.wire()} if user else {})


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 0

    def wire(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "permissions": str(self.permissions),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False)
class Guild:
    id: str
    name: str
    owner_id: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    system_channel_id: str | None = None
    unavailable: bool = False
    locale: str = "en-US"

    def wire(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner_id,
            "roles": [role.wire() for role in self.roles.values()],
            "emojis": [],
            "stickers": [],
            "features": [],
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": self.system_channel_id,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "preferred_locale": self.locale,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "premium_progress_bar_enabled": False,
            "vanity_url_code": None,
        }


@dataclass(eq=False)
class Channel:
    """A text channel, a forum, a thread or a conversation between people."""

    id: str
    type: int
    name: str = ""
    guild_id: str = ""
    parent_id: str = ""
    owner_id: str = ""
    people: list[str] = field(default_factory=list)
    """Who is in it: the recipients of a DM, the members of a thread."""
    overwrites: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Allowed and denied, by role or user."""
    messages: dict[str, Message] = field(default_factory=dict)
    nsfw: bool = False
    archived: bool = False
    locked: bool = False

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    def people_wire(self, state: State) -> Json:
        bot = state.app.bot.id
        shown = [state.users[one].wire() for one in self.people if one != bot]
        body: Json = {"id": self.id, "type": self.type, "recipients": shown}
        body |= {"last_message_id": next(reversed(self.messages), None), "flags": 0}
        return body if self.type == DM else body | {"name": None, "icon": None, "owner_id": None}

    def wire(self, state: State) -> Json:
        if not self.guild_id:
            return self.people_wire(state)
        body: Json = {
            "id": self.id,
            "type": self.type,
            "guild_id": self.guild_id,
            "name": self.name,
            "parent_id": self.parent_id or None,
            "last_message_id": next(reversed(self.messages), None),
            "rate_limit_per_user": 0,
            "flags": 0,
        }
        return body | (self._thread(state) if self.is_thread else self._place(state))

    def _thread(self, state: State) -> Json:
        stamp = iso(snowflake_time(self.id))
        count = sum(not message.ephemeral_to for message in self.messages.values())
        body: Json = {
            "owner_id": self.owner_id,
            "message_count": count,
            "total_message_sent": count,
            "member_count": len(self.people),
            "applied_tags": [],
            "thread_metadata": {
                "archived": self.archived,
                "locked": self.locked,
                "auto_archive_duration": ARCHIVE_AFTER_MIN,
                "archive_timestamp": stamp,
                "create_timestamp": stamp,
            },
        }
        if self.type == PRIVATE_THREAD:
            body["thread_metadata"]["invitable"] = True
        if state.app.bot.id in self.people:
            body["member"] = self.member_wire(state.app.bot.id)
        return body

    def member_wire(self, user_id: str) -> Json:
        stamp = iso(snowflake_time(self.id))
        return {"id": self.id, "user_id": user_id, "join_timestamp": stamp, "flags": 0}

    def _place(self, state: State) -> Json:
        body: Json = {
            "position": 0,
            "topic": None,
            "nsfw": self.nsfw,
            "permission_overwrites": [
                {
                    "id": target,
                    "type": int(target in state.users),
                    "allow": str(allowed),
                    "deny": str(denied),
                }
                for target, (allowed, denied) in self.overwrites.items()
            ],
        }
        if self.type == FORUM:
            body |= {"available_tags": [], "default_reaction_emoji": None}
            body |= {"default_sort_order": None, "default_forum_layout": 0}
        return body


@dataclass(eq=False)
class Attachment:
    id: str
    filename: str
    content: bytes
    content_type: str
    url: str = ""
    voice: bool = False
    description: str = ""

    def wire(self) -> Json:
        body: Json = {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.content),
            "url": self.url,
            "proxy_url": self.url,
            "content_type": self.content_type,
        }
        if self.description:
            body["description"] = self.description
        return body | ({"duration_secs": 2.5, "waveform": "AAAA"} if self.voice else {})


@dataclass(eq=False)
class Message:
    id: str
    channel_id: str
    guild_id: str
    author: User
    content: str = ""
    type: int = 0
    edited: str | None = None
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    replied_to: str = ""
    reference_channel: str = ""
    nonce: str | int | None = None
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    pings: set[str] = field(default_factory=set)
    """Who is notified: ids of people and roles, and "everyone"."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    interaction: Json | None = None
    thread_id: str = ""
    ephemeral_to: str = ""

    @property
    def ref(self) -> str:
        return f"{self.channel_id}:{self.id}"

    @property
    def texts(self) -> list[str]:
        """The content, or the texts of a Components V2 layout, in order."""
        return [self.content] if self.content else [str(t) for t in _texts(self.components)]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def custom_ids(self) -> list[str]:
        return [one["custom_id"] for one in each(self.components) if one.get("custom_id")]


def each(components: Any) -> list[Json]:
    """All components, nested ones too, in order."""
    found: list[Json] = []
    for one in components if isinstance(components, list) else [components]:
        if isinstance(one, dict):
            found.append(one)
            for key in ("components", "component", "accessory"):
                found += each(one[key]) if one.get(key) else []
    return found


def _texts(components: list[Json]) -> list[str]:
    return [one["content"] for one in each(components) if one.get("type") == 10]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def snowflake_time(value: str) -> float:
    return ((int(value) >> 22) + EPOCH_MS) / 1000


@dataclass(eq=False)
class App:
    """The app under test, and what its owner switched on for it."""

    id: str
    token: str
    bot: User
    message_content: bool = False
    members: bool = False
    presences: bool = False

    def wire(self, owner: User) -> Json:
        flags = (self.presences << 13) | (self.members << 15) | (self.message_content << 19)
        return {
            "id": self.id,
            "name": self.bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": owner.wire(),
            "team": None,
            "verify_key": "0" * 64,
            "flags": flags,
            "rpc_origins": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "integration_types_config": {"0": {}, "1": {}},
        }
