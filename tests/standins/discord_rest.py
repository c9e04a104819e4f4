"""Messages over the stand-in's REST API, with Discord's refusals."""

from __future__ import annotations

from tests.standins.discord_calls import Call, route
from tests.standins.discord_messages import (
    SYSTEM,
    clear_reactions,
    emoji,
    found_message,
    is_private,
    reachable,
    react,
    remove,
    rewrite,
    write,
)
from tests.standins.discord_permissions import may, need, need_to_write
from tests.standins.discord_showing import DM_TYPING, GUILD_TYPING, shown, tell
from tests.standins.discord_state import Refused, invalid
from tests.standins.discord_things import Json, Message, snowflake_time

_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_REACTIONS = _MESSAGE + "/reactions"
_OLD_S = 14 * 86_400


def _message(call: Call) -> Message:
    return found_message(call.channel, call.path["message_id"])


def _seen(call: Call, message: Message) -> Json:
    return shown(call.state, message, bare=not call.state.app.message_content)


@route("POST", "/channels/{channel_id}/messages")
def create(call: Call) -> Json:
    channel = call.channel
    need_to_write(call.state, call.bot, channel)
    if not channel.guild_id:
        others = [one for one in channel.people if one != call.bot.id]
        if not all(reachable(call.state, call.state.users[one]) for one in others):
            raise Refused(50007)
    if call.files:
        need(call.state, call.bot, channel, "attach_files")
    if call.json.get("embeds"):
        need(call.state, call.bot, channel, "embed_links")
    return shown(call.state, write(call.state, call.bot, channel, call.json, call.files))


@route("GET", "/channels/{channel_id}/messages")
def history(call: Call) -> list[Json]:
    """Page through messages, newest first, as Discord does."""
    need(call.state, call.bot, call.channel)
    if not may(call.state, call.bot, call.channel, "read_message_history"):
        return []
    query = call.query
    most = int(query.get("limit", 50))
    if not 1 <= most <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    everything = [one for one in call.channel.messages.values() if not one.ephemeral_to]
    everything.sort(key=lambda one: int(one.id), reverse=True)
    if "before" in query:
        picked = [one for one in everything if int(one.id) < int(query["before"])][:most]
    elif "after" in query:
        picked = [one for one in everything if int(one.id) > int(query["after"])][-most:]
    elif "around" in query:
        wanted = int(query["around"])
        near = sorted(everything, key=lambda one: abs(int(one.id) - wanted))[:most]
        picked = [one for one in everything if one in near]
    else:
        picked = everything[:most]
    return [_seen(call, one) for one in picked]


@route("GET", _MESSAGE)
def read(call: Call) -> Json:
    need(call.state, call.bot, call.channel, "read_message_history")
    return _seen(call, _message(call))


@route("PATCH", _MESSAGE)
def edit(call: Call) -> Json:
    need(call.state, call.bot, call.channel)
    message = _message(call)
    if message.author.id != call.bot.id:
        raise Refused(50005)
    if call.channel.archived:
        raise Refused(50083)
    rewrite(call.state, message, call.json, call.files)
    return shown(call.state, message)


@route("DELETE", _MESSAGE)
def delete(call: Call) -> None:
    need(call.state, call.bot, call.channel)
    message = _message(call)
    if message.author.id != call.bot.id:
        if is_private(call.channel):
            raise Refused(50003)
        need(call.state, call.bot, call.channel, "manage_messages")
    if message.type in SYSTEM:
        raise Refused(50021)
    if call.channel.archived:
        raise Refused(50083)
    remove(call.state, [message])


@route("POST", "/channels/{channel_id}/messages/bulk-delete")
def delete_many(call: Call) -> None:
    if is_private(call.channel):
        raise Refused(50003)
    need(call.state, call.bot, call.channel, "manage_messages")
    ids = [str(one) for one in call.json.get("messages") or []]
    if not 2 <= len(set(ids)) <= 100:
        raise Refused(50016)
    if any(call.state.now - snowflake_time(one) > _OLD_S for one in ids):
        raise Refused(50034)
    found = [call.channel.messages[one] for one in ids if one in call.channel.messages]
    remove(call.state, found, bulk=True)


@route("POST", "/channels/{channel_id}/typing")
def typing(call: Call) -> None:
    need_to_write(call.state, call.bot, call.channel)
    call.state.typed.append((call.channel.id, call.bot.id))
    data: Json = {"user_id": call.bot.id, "timestamp": int(call.state.now)}
    tell(call.state, "TYPING_START", call.channel, data, (GUILD_TYPING, DM_TYPING))


# Reactions.


@route("PUT", _REACTIONS + "/{emoji}/@me")
def add_reaction(call: Call) -> None:
    need(call.state, call.bot, call.channel)
    react(call.state, call.bot, _message(call), emoji(call.path["emoji"]))


@route("DELETE", _REACTIONS + "/{emoji}/@me")
def take_reaction(call: Call) -> None:
    need(call.state, call.bot, call.channel)
    react(call.state, call.bot, _message(call), emoji(call.path["emoji"]), remove=True)


@route("DELETE", _REACTIONS + "/{emoji}/{user_id}")
def take_others_reaction(call: Call) -> None:
    if is_private(call.channel):
        raise Refused(50003)
    need(call.state, call.bot, call.channel, "manage_messages")
    user = call.state.users.get(call.path["user_id"])
    if user is None:
        raise Refused(10013)
    react(call.state, user, _message(call), emoji(call.path["emoji"]), remove=True)


@route("GET", _REACTIONS + "/{emoji}")
def reaction_users(call: Call) -> list[Json]:
    need(call.state, call.bot, call.channel, "read_message_history")
    who = _message(call).reactions.get(emoji(call.path["emoji"]), [])
    after, most = int(call.query.get("after", 0)), int(call.query.get("limit", 25))
    ids = sorted((one for one in who if int(one) > after), key=int)[:most]
    return [call.state.users[one].wire() for one in ids]


@route("DELETE", _REACTIONS)
def clear(call: Call) -> None:
    need(call.state, call.bot, call.channel, "manage_messages")
    clear_reactions(call.state, _message(call))


@route("DELETE", _REACTIONS + "/{emoji}")
def clear_emoji(call: Call) -> None:
    need(call.state, call.bot, call.channel, "manage_messages")
    clear_reactions(call.state, _message(call), emoji(call.path["emoji"]))
