"""Messages and reactions in the stand-in for Discord: written, changed, deleted, shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.standins.discord_checks import FILE_BYTES, FILES, check_message
from tests.standins.discord_permissions import may, need, permissions, sees
from tests.standins.discord_showing import (
    DM_MESSAGES,
    DM_REACTIONS,
    GUILD_MESSAGES,
    GUILD_REACTIONS,
    GUILDS,
    announce,
    emoji_wire,
    tell,
)
from tests.standins.discord_state import Refused, State, invalid
from tests.standins.discord_things import (
    COMPONENTS_V2,
    DM,
    FORUM,
    THREADS,
    Attachment,
    Channel,
    Json,
    Message,
    User,
    each,
    iso,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NONCE_S = 300.0
SETTABLE = (1 << 2) | (1 << 12) | COMPONENTS_V2
MOST_REACTIONS = 20
SYSTEM = frozenset({18, 21})
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_ALL = re.compile(r"@(everyone|here)\b")
_EMOJI = re.compile(r"^(?:a:)?(\w{2,32}):(\d{15,22})$")
_PLAIN = re.compile(r"^[\w\s]*$", re.ASCII)


# Writing.


def found_message(channel: Channel, message_id: str) -> Message:
    message = channel.messages.get(message_id)
    if message is None or message.ephemeral_to:
        raise Refused(10008)
    return message


def write(
    state: State,
    author: User,
    channel: Channel,
    body: Json,
    files: dict[int, Attachment],
    *,
    kind: int = 0,
    interaction: Json | None = None,
    ephemeral_to: str = "",
    flags: int = 0,
) -> Message:
    """Write a message, or return the one with the same nonce; refuse what Discord would."""
    if channel.type == FORUM:
        raise Refused(50008)
    again = _same_nonce(state, author, body)
    if again is not None:
        return again
    flags |= int(body.get("flags") or 0) & SETTABLE
    check_message(body | {"flags": flags})
    message = Message(state.new_id(), channel.id, channel.guild_id, author, type=kind, flags=flags)
    message.interaction, message.ephemeral_to = interaction, ephemeral_to
    message.nonce = body.get("nonce")
    _refer(state, message, channel, body.get("message_reference"))
    _fill(state, message, body, files)
    if not (message.texts or message.embeds or message.attachments or message.components):
        raise Refused(50006)
    _mention(state, message, channel, body.get("allowed_mentions"))
    channel.messages[message.id] = message
    if channel.is_thread and author.id not in channel.people:
        channel.people.append(author.id)
    if channel.archived:
        channel.archived = False
        if sees(state, state.app.bot, channel):
            state.emit("THREAD_UPDATE", channel.wire(state), GUILDS, channel.guild_id)
    if message.nonce is not None:
        state.nonces[author.id, str(message.nonce)] = (state.now, message)
    announce(state, message)
    return message


def _same_nonce(state: State, author: User, body: Json) -> Message | None:
    if body.get("nonce") is None or not body.get("enforce_nonce"):
        return None
    at, message = state.nonces.get((author.id, str(body["nonce"])), (0.0, None))
    if message is None or state.now - at > NONCE_S:
        return None
    channel = state.channels.get(message.channel_id)
    return message if channel and message.id in channel.messages else None


def _refer(state: State, message: Message, channel: Channel, reference: Any) -> None:
    if not isinstance(reference, dict) or not reference.get("message_id"):
        return
    found = channel.messages.get(str(reference["message_id"]))
    if found is None or str(reference.get("channel_id") or channel.id) != channel.id:
        if reference.get("fail_if_not_exists") is False:
            return
        raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if found.type in SYSTEM:
        code = "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"
        raise invalid("message_reference", code, "Cannot reply to a system message")
    if not may(state, message.author, channel, "read_message_history"):
        raise Refused(160002)
    message.type, message.replied_to, message.reference_channel = 19, found.id, channel.id


def _fill(state: State, message: Message, body: Json, files: dict[int, Attachment]) -> None:
    if "content" in body:
        message.content = str(body["content"] or "").strip()
    if "embeds" in body:
        message.embeds = [{"type": "rich", **one} for one in body["embeds"] or []]
    if "components" in body:
        message.components = list(body["components"] or [])
    if len(files) > FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if any(len(file.content) > FILE_BYTES for file in files.values()):
        raise Refused(40005)
    kept = list(message.attachments)
    if "attachments" in body:
        wanted = {str(one.get("id")) for one in body["attachments"] or []}
        kept = [one for one in kept if one.id in wanted]
        for one in body["attachments"] or []:
            file = files.get(int(one.get("id", -1)))
            if file is not None:
                file.filename = str(one.get("filename") or file.filename)
                file.description = str(one.get("description") or "")
    message.attachments = kept + [state.attach(message.channel_id, one) for one in files.values()]
    _link(message)


def _link(message: Message) -> None:
    """Let ``attachment://NAME`` in components lead to the files of the message."""
    named = {f"attachment://{one.filename}": one for one in message.attachments}
    for part in each(message.components):
        items = [part.get("file"), part.get("media")]
        items += [one.get("media") for one in part.get("items") or []]
        for item in items:
            if item is None or not str(item.get("url", "")).startswith("attachment://"):
                continue
            file = named.get(item["url"])
            if file is None:
                code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                raise invalid("components", code, "The referenced attachment was not found")
            item |= {"url": file.url, "proxy_url": file.url, "attachment_id": file.id}
            item |= {"content_type": file.content_type, "loading_state": 2, "placeholder": ""}


def _mention(state: State, message: Message, channel: Channel, allowed: Any) -> None:
    """Note who is named and who is notified; Discord notifies who is allowed only."""
    text = message.text
    everything: Json = {"parse": ["users", "roles", "everyone"], "replied_user": True}
    rules = allowed if isinstance(allowed, dict) else everything
    parse = rules.get("parse") or []

    def picked(ids: Iterable[str], name: str) -> list[str]:
        named = {str(one) for one in rules.get(name) or []}
        return [one for one in dict.fromkeys(ids) if name in parse or one in named]

    users = picked((one for one in _USER.findall(text) if one in state.users), "users")
    guild = state.guilds.get(message.guild_id)
    roles = picked((one for one in _ROLE.findall(text) if guild and one in guild.roles), "roles")
    loud = "everyone" in parse and may(state, message.author, channel, "mention_everyone")
    message.mention_everyone = loud and bool(guild) and bool(_ALL.search(text))
    replied = channel.messages.get(message.replied_to)
    if replied is not None and rules.get("replied_user"):
        users = list(dict.fromkeys([*users, replied.author.id]))
    message.mentions, message.mention_roles = users, roles
    message.pings = {*users, *roles, *(["everyone"] if message.mention_everyone else [])}
    message.pings.discard(message.author.id)


def rewrite(state: State, message: Message, body: Json, files: dict[int, Attachment]) -> None:
    """Change a message; what is not said stays."""
    flags = message.flags | (int(body.get("flags") or 0) & SETTABLE)
    whole: Json = {
        "content": message.content,
        "embeds": message.embeds,
        "components": message.components,
    }
    check_message(whole | body | {"flags": flags, "nonce": None})
    message.flags = flags
    _fill(state, message, body, files)
    if not (message.texts or message.embeds or message.attachments or message.components):
        raise Refused(50006)
    if "content" in body or "components" in body:
        _mention(state, message, state.channel(message.channel_id), body.get("allowed_mentions"))
    message.edited = iso(state.now)
    announce(state, message, "MESSAGE_UPDATE")


def remove(state: State, messages: list[Message], *, bulk: bool = False) -> None:
    """Delete messages of one channel and tell it, one by one or all at once."""
    if not messages:
        return
    channel = state.channel(messages[0].channel_id)
    for message in messages:
        channel.messages.pop(message.id, None)
    intents = (GUILD_MESSAGES, DM_MESSAGES)
    heard = [message for message in messages if not message.ephemeral_to]
    if bulk:
        data: Json = {"ids": [message.id for message in heard]}
        tell(state, "MESSAGE_DELETE_BULK", channel, data, intents)
        return
    for message in heard:
        tell(state, "MESSAGE_DELETE", channel, {"id": message.id}, intents)


# Reactions.


def emoji(text: str) -> str:
    """The key of an emoji: the character itself, or ``name:id``; 10014 for no emoji."""
    custom = _EMOJI.match(text)
    if custom:
        return f"{custom[1]}:{custom[2]}"
    if not text or len(text) > 12 or _PLAIN.match(text):
        raise Refused(10014)
    return text


def react(state: State, user: User, message: Message, key: str, *, remove: bool = False) -> None:
    """Add or take back a reaction; what is so already changes and tells nothing."""
    channel = state.channel(message.channel_id)
    if channel.archived:
        raise Refused(50083)
    who = message.reactions.get(key, [])
    if (user.id in who) is not remove:
        return
    if remove:
        who.remove(user.id)
        if not who:
            del message.reactions[key]
    else:
        need(state, user, channel, "read_message_history")
        if not who:
            need(state, user, channel, "add_reactions")
            if len(message.reactions) >= MOST_REACTIONS:
                raise Refused(30010)
        message.reactions.setdefault(key, []).append(user.id)
    data: Json = {
        "user_id": user.id,
        "message_id": message.id,
        "emoji": emoji_wire(key),
        "burst": False,
        "type": 0,
    }
    guild = state.guilds.get(channel.guild_id)
    if not remove:
        data["message_author_id"] = message.author.id
        if guild and user.id in guild.members:
            data["member"] = guild.members[user.id].wire()
    name = "MESSAGE_REACTION_REMOVE" if remove else "MESSAGE_REACTION_ADD"
    tell(state, name, channel, data, (GUILD_REACTIONS, DM_REACTIONS))


def clear_reactions(state: State, message: Message, key: str = "") -> None:
    """Take all reactions away, or all of one emoji."""
    data: Json = {"message_id": message.id}
    if key:
        message.reactions.pop(key, None)
        data["emoji"] = emoji_wire(key)
    else:
        message.reactions.clear()
    name = "MESSAGE_REACTION_REMOVE_EMOJI" if key else "MESSAGE_REACTION_REMOVE_ALL"
    tell(state, name, state.channel(message.channel_id), data, (GUILD_REACTIONS, DM_REACTIONS))


def reachable(state: State, user: User) -> bool:
    """Whether the bot may write to somebody: they share a guild, or have the app."""
    bot = state.app.bot.id
    together = any({bot, user.id} <= set(guild.members) for guild in state.guilds.values())
    return user.takes_dms and not user.bot and (together or user.installed)


def allowed_in(state: State, user: User, channel: Channel) -> str:
    return str(permissions(state, user, channel))


def is_private(channel: Channel) -> bool:
    return channel.type == DM or (channel.type not in THREADS and not channel.guild_id)
