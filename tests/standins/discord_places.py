"""The app, guilds, channels, threads and people over the stand-in's REST API."""

from __future__ import annotations

from typing import Any

from tests.standins.discord_calls import Call, route
from tests.standins.discord_checks import check_size
from tests.standins.discord_messages import found_message, write
from tests.standins.discord_permissions import may, need, sees
from tests.standins.discord_showing import GUILDS, announce, shown
from tests.standins.discord_state import Refused, State, invalid
from tests.standins.discord_things import (
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Json,
    Message,
    User,
)

# The app.


@route("GET", "/users/@me")
def me(call: Call) -> Json:
    return call.bot.wire() | {"verified": True, "mfa_enabled": False, "locale": "en-US"}


@route("GET", "/applications/@me")
@route("GET", "/oauth2/applications/@me")
def application(call: Call) -> Json:
    return call.state.app.wire(call.state.owner)


@route("GET", "/gateway", token=False)
def gateway(call: Call) -> Json:
    return {"url": gateway_url(call.state)}


@route("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Json:
    left = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
    return {"url": gateway_url(call.state), "shards": 1, "session_start_limit": left}


def gateway_url(state: State) -> str:
    return state.base_url.replace("http", "ws", 1) + "/gateway"


# Guilds and people.


def joined_guild(call: Call) -> Guild:
    guild = call.state.guilds.get(call.path["guild_id"])
    if guild is None:
        raise Refused(10004)
    if call.bot.id not in guild.members:
        raise Refused(50001)
    return guild


@route("GET", "/users/@me/guilds")
def my_guilds(call: Call) -> list[Json]:
    return [
        {"id": guild.id, "name": guild.name, "icon": None, "owner": False, "features": []}
        | {"permissions": str(guild.roles[guild.id].permissions)}
        for guild in call.state.guilds.values()
        if call.bot.id in guild.members
    ]


@route("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> None:
    if call.path["guild_id"] not in call.state.guilds:
        raise Refused(10004)
    removed_from(call.state, call.state.guilds[call.path["guild_id"]])


def removed_from(state: State, guild: Guild) -> None:
    """Take the bot out of a guild and tell it."""
    guild.members.pop(state.app.bot.id, None)
    state.emit("GUILD_DELETE", {"id": guild.id}, GUILDS, guild.id)


@route("GET", "/guilds/{guild_id}")
def guild_of(call: Call) -> Json:
    return joined_guild(call).wire()


@route("GET", "/guilds/{guild_id}/channels")
def guild_channels(call: Call) -> list[Json]:
    guild = joined_guild(call)
    return [
        channel.wire(call.state)
        for channel in call.state.channels.values()
        if channel.guild_id == guild.id and not channel.is_thread
    ]


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def member(call: Call) -> Json:
    guild = joined_guild(call)
    if call.path["user_id"] not in call.state.users:
        raise Refused(10013)
    if call.path["user_id"] not in guild.members:
        raise Refused(10007)
    return guild.members[call.path["user_id"]].wire()


@route("GET", "/users/{user_id}")
def user(call: Call) -> Json:
    found = call.state.users.get(call.path["user_id"])
    if found is None:
        raise Refused(10013)
    return found.wire()


@route("POST", "/users/@me/channels")
def open_dm(call: Call) -> Json:
    other = call.state.users.get(str(call.json.get("recipient_id")))
    if other is None or other.id == call.bot.id:
        raise Refused(50033)
    return call.state.dm(call.bot, other).wire(call.state)


# Channels and threads.


@route("GET", "/channels/{channel_id}")
def channel_of(call: Call) -> Json:
    need(call.state, call.bot, call.channel)
    return call.channel.wire(call.state)


@route("PATCH", "/channels/{channel_id}")
def change(call: Call) -> Json:
    channel, body = call.channel, call.json
    need(call.state, call.bot, channel)
    if not channel.is_thread:
        need(call.state, call.bot, channel, "manage_channels")
    elif not may(call.state, call.bot, channel, "manage_threads"):
        opens = set(body) <= {"archived"} and body.get("archived") is False and not channel.locked
        mine = channel.owner_id == call.bot.id and not channel.locked and "locked" not in body
        if not (opens or mine):
            raise Refused(50083 if channel.archived else 50013)
    if "name" in body:
        check_size("name", body["name"], 100, 1)
        channel.name = body["name"]
    channel.archived = bool(body.get("archived", channel.archived))
    channel.locked = bool(body.get("locked", channel.locked))
    updated(call.state, channel)
    return channel.wire(call.state)


@route("DELETE", "/channels/{channel_id}")
def delete(call: Call) -> Json:
    channel = call.channel
    need(call.state, call.bot, channel)
    if not channel.guild_id:
        return channel.wire(call.state)
    need(
        call.state, call.bot, channel, "manage_threads" if channel.is_thread else "manage_channels"
    )
    body = channel.wire(call.state)
    deleted(call.state, channel)
    return body


def updated(state: State, channel: Channel) -> None:
    name = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
    if sees(state, state.app.bot, channel):
        state.emit(name, channel.wire(state), GUILDS, channel.guild_id)


def deleted(state: State, channel: Channel) -> None:
    """Delete a channel with its threads and tell the app, if it saw them."""
    heard = sees(state, state.app.bot, channel)
    if heard and channel.is_thread:
        keys = ("id", "guild_id", "parent_id", "type")
        whole = channel.wire(state)
        state.emit("THREAD_DELETE", {key: whole[key] for key in keys}, GUILDS, channel.guild_id)
    elif heard:
        state.emit("CHANNEL_DELETE", channel.wire(state), GUILDS, channel.guild_id)
    del state.channels[channel.id]
    for one in [one for one in state.channels.values() if one.parent_id == channel.id]:
        del state.channels[one.id]


@route("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def thread_from_message(call: Call) -> Json:
    channel = call.channel
    need(call.state, call.bot, channel, "create_public_threads")
    message = found_message(channel, call.path["message_id"])
    thread = opened(call.state, call.bot, channel, _name(call.json), message=message)
    return thread.wire(call.state)


@route("POST", "/channels/{channel_id}/threads")
def thread(call: Call) -> Json:
    channel, body = call.channel, call.json
    if channel.type == FORUM:
        need(call.state, call.bot, channel, "send_messages")
        if not isinstance(body.get("message"), dict):
            raise invalid("message", "BASE_TYPE_REQUIRED", "This field is required")
        made = opened(call.state, call.bot, channel, _name(body))
        first = first_post(call.state, call.bot, made, body["message"], call)
        return made.wire(call.state) | {"message": shown(call.state, first)}
    private = body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD
    needed = "create_private_threads" if private else "create_public_threads"
    need(call.state, call.bot, channel, needed)
    made = opened(call.state, call.bot, channel, _name(body), private=private)
    return made.wire(call.state)


def _name(body: Json) -> str:
    check_size("name", body.get("name", ""), 100, 1)
    return str(body["name"])


def first_post(
    state: State, author: User, made: Channel, body: Json, call: Call | None = None
) -> Message:
    """Write the first message of a forum post: it has the id of its thread."""
    message = write(state, author, made, body, call.files if call else {})
    del made.messages[message.id]
    state.events = [one for one in state.events if one.data.get("id") != message.id]
    message.id = made.id
    made.messages[message.id] = message
    announce(state, message)
    return message


def opened(
    state: State,
    owner: User,
    parent: Channel,
    name: str,
    *,
    message: Message | None = None,
    private: bool = False,
) -> Channel:
    """Open a thread: from a message it has that message's id."""
    if parent.type not in {TEXT, FORUM}:
        raise Refused(50001)
    if message is not None and message.thread_id:
        raise Refused(160004)
    made = state.new_channel(
        PRIVATE_THREAD if private else PUBLIC_THREAD,
        id=message.id if message else "",
        name=name,
        guild_id=parent.guild_id,
        parent_id=parent.id,
        owner_id=owner.id,
        people=[owner.id],
    )
    if message is not None:
        message.thread_id = made.id
    if sees(state, state.app.bot, made):
        body = made.wire(state) | {"newly_created": True}
        state.emit("THREAD_CREATE", body, GUILDS, made.guild_id)
    return made


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add_to_thread(call: Call) -> None:
    _thread_only(call)
    need(call.state, call.bot, call.channel, "send_messages_in_threads")
    _joined(call, call.path["user_id"])


@route("PUT", "/channels/{channel_id}/thread-members/@me")
def join_thread(call: Call) -> None:
    _thread_only(call)
    need(call.state, call.bot, call.channel)
    _joined(call, call.bot.id)


def _thread_only(call: Call) -> None:
    if not call.channel.is_thread:
        raise Refused(50001)
    if call.channel.archived:
        raise Refused(50083)


def _joined(call: Call, user_id: str) -> None:
    if user_id not in call.state.users:
        raise Refused(10013)
    joined_thread(call.state, call.channel, user_id)


def joined_thread(state: State, made: Channel, user_id: str) -> None:
    """Add somebody to a thread; a private one appears to the app only now."""
    if user_id in made.people:
        return
    saw = sees(state, state.app.bot, made)
    made.people.append(user_id)
    if not saw and sees(state, state.app.bot, made):
        state.emit("THREAD_CREATE", made.wire(state), GUILDS, made.guild_id)
    elif saw and user_id == state.app.bot.id:
        body: Any = made.member_wire(user_id) | {"guild_id": made.guild_id}
        state.emit("THREAD_MEMBER_UPDATE", body, GUILDS, made.guild_id)


@route("DELETE", "/channels/{channel_id}/thread-members/@me")
def leave_thread(call: Call) -> None:
    _thread_only(call)
    need(call.state, call.bot, call.channel)
    if call.bot.id in call.channel.people:
        call.channel.people.remove(call.bot.id)


@route("GET", "/channels/{channel_id}/thread-members")
def thread_members(call: Call) -> list[Json]:
    need(call.state, call.bot, call.channel)
    return [call.channel.member_wire(one) for one in call.channel.people]


@route("GET", "/channels/{channel_id}/thread-members/{user_id}")
def thread_member(call: Call) -> Json:
    need(call.state, call.bot, call.channel)
    if call.path["user_id"] not in call.channel.people:
        raise Refused(10007)
    return call.channel.member_wire(call.path["user_id"])


@route("GET", "/guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Json:
    guild = joined_guild(call)
    found = [
        one
        for one in call.state.channels.values()
        if one.guild_id == guild.id
        and one.is_thread
        and not one.archived
        and sees(call.state, call.bot, one)
    ]
    mine = [one.member_wire(call.bot.id) for one in found if call.bot.id in one.people]
    return {"threads": [one.wire(call.state) for one in found], "members": mine}
