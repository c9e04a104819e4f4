"""Conversations, people and files in the stand-in's Web API."""

from __future__ import annotations

from tests.standins.slack_calls import Call, method
from tests.standins.slack_state import (
    Channel,
    Json,
    Message,
    Refused,
    State,
    User,
)

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_SCOPE_PREFIX = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_LISTED = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


@method("api.test", kind="none")
def api_test(call: Call) -> Json:
    if error := call.text("error"):
        raise Refused(error, args=call.args)
    return {"args": call.args}


@method("auth.test")
def auth_test(call: Call) -> Json:
    me, team = call.me, call.state.teams[call.by.team_id]
    return {
        "url": f"https://{team}.slack.com/",
        "team": team,
        "team_id": call.by.team_id,
        "user": me.name,
        "user_id": me.id,
        "bot_id": me.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", "connections:write", kind="app")
def connections_open(call: Call) -> Json:
    if not call.by.app.socket_mode:
        raise Refused("socket_mode_not_enabled")
    ticket = call.state.new_id("ticket-")
    call.state.tickets[ticket] = call.by.app
    root = call.state.base_url.replace("http", "ws", 1)
    return {"url": f"{root}/link/?ticket={ticket}&app_id={call.by.app.id}"}


# Conversations.


def _scoped(call: Call, channel: Channel, what: str) -> Channel:
    _allowed(call, channel.kind, what)
    return channel


def _allowed(call: Call, kind: str, what: str) -> None:
    """A scope for one kind of conversation is none for another."""
    needed = f"{_SCOPE_PREFIX[kind]}:{what}"
    if call.by.scopes is not None and needed not in call.by.scopes:
        raise Refused("missing_scope", needed=needed, provided=",".join(sorted(call.by.scopes)))


@method("conversations.info", *_READ)
def conversations_info(call: Call) -> Json:
    return {"channel": _scoped(call, call.seen(), "read").wire(call.me.id)}


def _list(call: Call, channels: list[Channel]) -> Json:
    asked = call.text("types", "public_channel").split(",")
    if unknown := set(asked) - set(_LISTED):
        raise Refused("invalid_types", f"[ERROR] {sorted(unknown)}")
    kinds = {_LISTED[one] for one in asked}
    for kind in sorted(kinds):
        _allowed(call, kind, "read")
    kept = [c for c in channels if c.kind in kinds]
    if call.flag("exclude_archived"):
        kept = [c for c in kept if not c.archived]
    page, more = call.page(kept)
    return {"channels": [c.wire(call.me.id) for c in page], "response_metadata": more}


@method("conversations.list", *_READ)
def conversations_list(call: Call) -> Json:
    visible = [
        channel
        for channel in call.state.channels.values()
        if call.by.team_id in {channel.team_id, *channel.shared_with}
        and (not channel.private or call.me.id in channel.members)
    ]
    return _list(call, visible)


@method("users.conversations", *_READ)
def users_conversations(call: Call) -> Json:
    user = call.text("user") or call.me.id
    mine = [
        channel
        for channel in call.state.channels.values()
        if user in channel.members and (not channel.private or call.me.id in channel.members)
    ]
    return _list(call, mine)


@method("conversations.members", *_READ)
def conversations_members(call: Call) -> Json:
    channel = _scoped(call, call.seen(), "read")
    page, more = call.page(channel.members)
    return {"members": page, "response_metadata": more}


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "9" * 10
    inclusive = call.flag("inclusive")
    return [
        message
        for message in messages
        if float(oldest) < float(message.ts) < float(latest)
        or (inclusive and message.ts in {oldest, latest})
    ]


def _messages(call: Call, messages: list[Message], default: int) -> Json:
    page, more = call.page(messages, default=default)
    metadata = call.flag("include_all_metadata")
    body = {"messages": [m.wire(metadata=metadata) for m in page]}
    return {**body, "has_more": bool(more["next_cursor"]), "response_metadata": more}


@method("conversations.history", *_HISTORY)
def history(call: Call) -> Json:
    channel = _scoped(call, call.joined(), "history")
    shown = [
        m
        for m in channel.messages.values()
        if not m.ephemeral_to and (m.thread_ts in {"", m.ts} or m.subtype == "thread_broadcast")
    ]
    return _messages(call, _between(call, shown)[::-1], 100)


@method("conversations.replies", *_HISTORY)
def replies(call: Call) -> Json:
    channel = _scoped(call, call.joined(), "history")
    message = channel.messages.get(call.need("ts"))
    if message is None or message.ephemeral_to:
        raise Refused("thread_not_found")
    thread = channel.thread(channel.root_of(message))
    return _messages(call, thread[:1] + _between(call, thread[1:]), 1000)


@method("conversations.open", "im:write", "mpim:write")
def conversations_open(call: Call) -> Json:
    if call.text("channel"):
        return {"channel": {"id": call.joined().id}}
    people = [name.strip() for name in call.need("users", "users_list_not_supplied").split(",")]
    for person in people:
        if person not in call.state.users:
            raise Refused("user_not_found")
        if call.state.users[person].deleted:
            raise Refused("user_disabled")
    if len(people) > 8:
        raise Refused("too_many_users")
    return {"channel": {"id": call.state.im(call.by.team_id, call.me.id, *people).id}}


@method("conversations.join", "channels:join")
def conversations_join(call: Call) -> Json:
    channel = call.seen()
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    joined(call.state, channel, call.me)
    return {"channel": channel.wire(call.me.id)}


def joined(state: State, channel: Channel, user: User, *, left: bool = False) -> None:
    """Change who is in a channel and tell the apps in it, the one that goes too."""
    name = "member_left_channel" if left else "member_joined_channel"
    if (user.id in channel.members) is not left:
        return
    event = {
        "type": name,
        "user": user.id,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": user.team_id,
    }
    if left:
        state.emit(name, channel.team_id, event, channel=channel.id)
        channel.members.remove(user.id)
        gone = {"type": "channel_left", "channel": channel.id, "actor_id": user.id}
        if user.bot_id:
            state.emit("channel_left", channel.team_id, gone, only_app=user.app_id)
        return
    channel.members.append(user.id)
    state.emit(name, channel.team_id, event, channel=channel.id)


# People, teams, files.


@method("users.info", "users:read")
def users_info(call: Call) -> Json:
    user = call.state.users.get(call.need("user", "user_not_found"))
    if user is None:
        raise Refused("user_not_found")
    shared = any(
        {user.id, call.me.id} <= set(channel.members) for channel in call.state.channels.values()
    )
    if user.team_id != call.by.team_id and not shared:
        raise Refused("user_not_visible")
    return {"user": user.wire(call.by.team_id)}


@method("users.getPresence", "users:read")
def users_presence(call: Call) -> Json:
    return {"presence": _somebody(call).presence}


@method("dnd.info", "dnd:read")
def dnd_info(call: Call) -> Json:
    start, end = _somebody(call).resting
    return {
        "dnd_enabled": end > 1,
        "next_dnd_start_ts": start,
        "next_dnd_end_ts": end,
        "snooze_enabled": False,
    }


def _somebody(call: Call) -> User:
    user = call.state.users.get(call.need("user", "user_not_found"))
    if user is None or user.deleted:
        raise Refused("user_not_found")
    return user


@method("users.list", "users:read")
def users_list(call: Call) -> Json:
    """Everybody of the team, those who are gone too, and who shares a channel with it."""
    team = call.by.team_id
    beside = {
        each
        for channel in call.state.channels.values()
        if team in {channel.team_id, *channel.shared_with}
        for each in channel.members
    }
    mine = [u for u in call.state.users.values() if u.team_id == team or u.id in beside]
    page, more = call.page(mine)
    return {"members": [u.wire(team) for u in page], "response_metadata": more}


@method("bots.info", "users:read")
def bots_info(call: Call) -> Json:
    for user in call.state.users.values():
        if user.bot_id and user.bot_id == call.text("bot"):
            bot = {"id": user.bot_id, "name": user.name, "user_id": user.id, "app_id": user.app_id}
            return {"bot": {**bot, "deleted": user.deleted}}
    raise Refused("bot_not_found")


@method("team.info", "team:read")
def team_info(call: Call) -> Json:
    team = call.text("team") or call.by.team_id
    if team not in call.state.teams:
        raise Refused("team_not_found")
    name = call.state.teams[team]
    return {"team": {"id": team, "name": name, "domain": name, "email_domain": ""}}


@method("files.info", "files:read")
def files_info(call: Call) -> Json:
    file = call.state.files.get(call.need("file", "file_not_found"))
    if file is None or not any(call.me.id in call.state.channels[c].members for c in file.channels):
        raise Refused("file_not_found")
    return {"file": file.wire()}
