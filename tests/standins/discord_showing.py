"""How messages and reactions look to the app under test, and who is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.discord_permissions import sees
from tests.standins.discord_things import Channel, Json, Message, iso, snowflake_time

if TYPE_CHECKING:
    from tests.standins.discord_state import State

GUILDS, MEMBERS, GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1, 1 << 1, 1 << 9, 1 << 10, 1 << 11
DM_MESSAGES, DM_REACTIONS, DM_TYPING, MESSAGE_CONTENT = 1 << 12, 1 << 13, 1 << 14, 1 << 15


def shown(state: State, message: Message, *, bare: bool = False, deep: bool = True) -> Json:
    """A message as Discord sends it; ``bare`` to an app that may not read contents."""
    body: Json = {
        "id": message.id,
        "channel_id": message.channel_id,
        "author": message.author.wire(),
        "content": message.content,
        "timestamp": iso(snowflake_time(message.id)),
        "edited_timestamp": message.edited,
        "tts": False,
        "pinned": False,
        "type": message.type,
        "flags": message.flags,
        "mention_everyone": message.mention_everyone,
        "mentions": [state.users[one].wire() for one in message.mentions],
        "mention_roles": list(message.mention_roles),
        "attachments": [one.wire() for one in message.attachments],
        "embeds": message.embeds,
        "components": message.components,
    }
    if bare and _is_closed(state, message):
        body |= {"content": "", "attachments": [], "embeds": [], "components": []}
    if message.nonce is not None:
        body["nonce"] = message.nonce
    if message.reactions:
        body["reactions"] = [tally(state, key, who) for key, who in message.reactions.items()]
    if message.interaction is not None:
        app = state.app.id
        body |= {"interaction_metadata": message.interaction, "application_id": app}
        body["webhook_id"] = app
    elif message.author.id == state.app.bot.id:
        body["application_id"] = state.app.id
    if message.replied_to:
        body["message_reference"] = {
            "type": 0,
            "message_id": message.replied_to,
            "channel_id": message.reference_channel or message.channel_id,
        } | ({"guild_id": message.guild_id} if message.guild_id else {})
        if deep:
            where = state.channels.get(message.reference_channel or message.channel_id)
            found = where.messages.get(message.replied_to) if where else None
            body["referenced_message"] = found and shown(state, found, bare=bare, deep=False)
    if message.thread_id in state.channels:
        body["thread"] = state.channels[message.thread_id].wire(state)
    return body


def _is_closed(state: State, message: Message) -> bool:
    bot = state.app.bot.id
    named = bot in message.mentions or message.author.id == bot
    return bool(message.guild_id) and not named


def told(state: State, message: Message, *, bare: bool = False) -> Json:
    """A message as an event tells it: with its guild and its author's membership."""
    body = shown(state, message, bare=bare)
    guild = state.guilds.get(message.guild_id)
    if guild is None:
        return body | {"channel_type": state.channel(message.channel_id).type}
    body |= {"guild_id": guild.id, "channel_type": state.channel(message.channel_id).type}
    if message.author.id in guild.members:
        body["member"] = guild.members[message.author.id].wire(user=False)
    for one in body["mentions"]:
        if one["id"] in guild.members:
            one["member"] = guild.members[one["id"]].wire(user=False)
    return body


def announce(state: State, message: Message, name: str = "MESSAGE_CREATE") -> None:
    """Tell the app of a message, if it is in a place that the app sees."""
    if message.ephemeral_to or not sees(state, state.app.bot, state.channel(message.channel_id)):
        return
    intent = GUILD_MESSAGES if message.guild_id else DM_MESSAGES
    bare = told(state, message, bare=True)
    state.emit(name, told(state, message), intent, message.guild_id, bare)


def tell(state: State, name: str, channel: Channel, data: Json, intents: tuple[int, int]) -> None:
    """Tell the app of something in a channel that it sees; intents are for guilds and DMs."""
    if sees(state, state.app.bot, channel):
        body = {"channel_id": channel.id, **data}
        body |= {"guild_id": channel.guild_id} if channel.guild_id else {}
        state.emit(name, body, intents[0] if channel.guild_id else intents[1], channel.guild_id)


def emoji_wire(key: str) -> Json:
    name, _, emoji_id = key.partition(":")
    return {"name": name, "id": emoji_id or None, "animated": False}


def tally(state: State, key: str, who: list[str]) -> Json:
    me = state.app.bot.id in who
    return {
        "emoji": emoji_wire(key),
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "me": me,
        "me_burst": False,
        "burst_colors": [],
    }
