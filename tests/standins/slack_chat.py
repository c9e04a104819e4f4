"""Messages, streams and reactions of the stand-in's Web API."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.messages.chunk import Chunk

from tests.standins.slack_blocks import (
    MARKDOWN,
    UPDATED_TEXT,
    check_markdown,
    check_metadata,
    check_reaction,
    check_text,
    checked_blocks,
)
from tests.standins.slack_calls import Call, method
from tests.standins.slack_state import Channel, Json, Message, Refused

STREAM_S = 306.0
"""How long a stream lives at most; others have measured it, appends do not prolong it."""
SESSION_STATUSES = frozenset({"active", "processing", "suspended", "closed"})


def content(call: Call) -> Json:
    """The checked text, blocks and metadata of a message."""
    text, markdown = call.text("text"), call.text("markdown_text")
    blocks = call.data("blocks")
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    check_text(text)
    check_markdown(markdown)
    kept = checked_blocks(blocks, call.state.new_id) if blocks is not None else []
    if not (text or markdown or kept or call.data("attachments")):
        raise Refused("no_text")
    metadata = call.data("metadata")
    return {
        "text": text or markdown,
        "blocks": kept,
        "metadata": check_metadata(metadata) if metadata else None,
    }


def thread_of(call: Call, channel: Channel) -> str:
    """The thread to write in. Its root stays one even after it was deleted under replies."""
    root = call.text("thread_ts")
    if not root:
        return ""
    message = channel.messages.get(root)
    if message is None or message.ephemeral_to:
        raise Refused("thread_not_found")
    if message.thread_ts not in {"", root}:
        raise Refused("cannot_reply_to_message")
    message.thread_ts = root
    return root


def posted(call: Call, channel: Channel, **more: Any) -> Message:
    me = call.me
    message = Message(
        channel.id,
        call.state.next_ts(),
        me.id,
        me.team_id,
        bot_id=me.bot_id,
        app_id=call.by.app.id,
        **more,
    )
    channel.messages[message.ts] = message
    return message


def mine(call: Call, error: str) -> Message:
    """The message of the call, if the caller wrote it and it is for all to see."""
    channel = call.seen()
    message = call.state.message(channel.id, call.need("ts", "message_not_found"))
    if message.ephemeral_to:
        raise Refused("message_not_found")
    if message.user != call.me.id:
        raise Refused(error)
    if channel.archived:
        raise Refused("is_archived")
    return message


@method("chat.postMessage", "chat:write")
def post_message(call: Call) -> Json:
    channel = call.writable()
    thread = thread_of(call, channel)
    said = content(call)
    if call.flag("reply_broadcast") and not thread:
        raise Refused("invalid_arguments", "[ERROR] reply_broadcast needs thread_ts")
    subtype = "thread_broadcast" if call.flag("reply_broadcast") else ""
    message = posted(call, channel, thread_ts=thread, subtype=subtype, **said)
    call.state.announce(message)
    return {"channel": channel.id, "ts": message.ts, "message": message.wire(metadata=True)}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(call: Call) -> Json:
    channel = call.writable()
    user = call.need("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    thread = thread_of(call, channel)
    message = posted(call, channel, thread_ts=thread, ephemeral_to=user, **content(call))
    return {"channel": channel.id, "message_ts": message.ts}


@method("chat.update", "chat:write")
def update(call: Call) -> Json:
    message = mine(call, "cant_update_message")
    if message.stream == "open":
        raise Refused("streaming_state_conflict")
    said = content(call)
    check_text(call.text("text"), UPDATED_TEXT)
    before = message.wire(metadata=True)
    message.text, message.blocks = said["text"], said["blocks"]
    if call.data("metadata") is not None:
        message.metadata = said["metadata"]
    message.edited_ts = call.state.next_ts()
    _changed(call, message, before)
    return {"channel": message.channel, "ts": message.ts, "text": message.text} | {
        "message": message.wire(metadata=True)
    }


def _changed(call: Call, message: Message, before: Json) -> None:
    call.state.announce(
        message,
        "message_changed",
        message=message.wire(metadata=True),
        previous_message=before,
    )


@method("chat.delete", "chat:write")
def delete(call: Call) -> Json:
    message = mine(call, "cant_delete_message")
    del call.state.channel(message.channel).messages[message.ts]
    call.state.announce(
        message, "message_deleted", deleted_ts=message.ts, previous_message=message.wire()
    )
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
def permalink(call: Call) -> Json:
    channel = call.seen()
    message = call.state.message(channel.id, call.need("message_ts", "message_not_found"))
    team = call.state.teams[channel.team_id]
    link = f"https://{team}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts not in {"", message.ts}:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# Streams.


def _pieces(call: Call) -> str:
    """The text that a call adds to its stream."""
    markdown, chunks = call.text("markdown_text"), call.data("chunks")
    if markdown and chunks:
        raise Refused("invalid_arguments", "[ERROR] markdown_text or chunks, not both")
    check_markdown(markdown)
    added = [markdown]
    if chunks is not None and not isinstance(chunks, list):
        raise Refused("invalid_chunks")
    for raw in chunks or []:
        try:
            chunk = Chunk.parse(raw)
        except (TypeError, KeyError):
            raise Refused("invalid_chunks") from None
        if chunk is None or set(raw) - chunk.attributes:
            raise Refused("invalid_chunks")
        if raw["type"] == "blocks":
            checked_blocks(raw["blocks"], call.state.new_id)
        if raw["type"] == "markdown_text":
            if len(raw["text"]) > MARKDOWN:
                raise Refused("msg_too_long")
            added.append(raw["text"])
    return "".join(added)


def _streaming(call: Call) -> Message:
    channel = call.joined()
    message = call.state.message(channel.id, call.need("ts", "message_not_found"))
    if message.user != call.me.id:
        raise Refused("message_not_owned_by_app")
    if message.stream == "open" and call.state.now - message.stream_started > STREAM_S:
        message.stream = "expired"
    if message.stream == "stopped_by_user":
        raise Refused("stopped_by_user")
    if message.stream != "open":
        raise Refused("message_not_in_streaming_state")
    return message


@method("chat.startStream", "chat:write")
def start_stream(call: Call) -> Json:
    channel = call.writable()
    call.need("thread_ts")
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not call.text(name):
                raise Refused(f"missing_{name}")
        user = call.state.users.get(call.text("recipient_user_id"))
        if user is None or user.team_id != call.text("recipient_team_id"):
            raise Refused("user_not_found")
    if call.text("task_display_mode", "timeline") not in {"timeline", "plan", "dense"}:
        raise Refused("invalid_arguments", "[ERROR] task_display_mode")
    text = _pieces(call)
    thread = thread_of(call, channel)
    message = posted(
        call, channel, thread_ts=thread, text=text, stream="open", stream_started=call.state.now
    )
    call.state.announce(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append_stream(call: Call) -> Json:
    message = _streaming(call)
    if not call.text("markdown_text") and not call.data("chunks"):
        raise Refused("no_text")
    message.text += _pieces(call)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop_stream(call: Call) -> Json:
    message = _streaming(call)
    status = call.text("session_status")
    if status and status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", "[ERROR] session_status")
    blocks, metadata = call.data("blocks"), call.data("metadata")
    kept = checked_blocks(blocks, call.state.new_id) if blocks else []
    checked = check_metadata(metadata) if metadata else None
    text = message.text + _pieces(call)
    check_text(text)
    if not text and not kept:
        raise Refused("no_text")
    before = message.wire()
    message.text, message.blocks, message.metadata = text, kept, checked
    message.stream = "stopped"
    if status:
        call.state.threads.setdefault((message.channel, message.thread_ts), {})["session"] = status
    _changed(call, message, before)
    return {"channel": message.channel, "ts": message.ts, "message": message.wire(metadata=True)}


# Reactions.


def reacted(call: Call) -> Message:
    channel = call.joined()
    if channel.archived:
        raise Refused("is_archived")
    return call.state.message(channel.id, call.need("timestamp", "no_item_specified"))


@method("reactions.add", "reactions:write")
def add_reaction(call: Call) -> Json:
    message, name = reacted(call), call.need("name", "invalid_name")
    check_reaction(name)
    users = message.reactions.setdefault(name, [])
    if call.me.id in users:
        raise Refused("already_reacted")
    users.append(call.me.id)
    announce_reaction(call, "reaction_added", message, name)
    return {}


@method("reactions.remove", "reactions:write")
def remove_reaction(call: Call) -> Json:
    message, name = reacted(call), call.need("name", "invalid_name")
    users = message.reactions.get(name, [])
    if call.me.id not in users:
        raise Refused("no_reaction")
    users.remove(call.me.id)
    if not users:
        del message.reactions[name]
    announce_reaction(call, "reaction_removed", message, name)
    return {}


def announce_reaction(call: Call, event: str, message: Message, name: str) -> None:
    body = {
        "type": event,
        "user": call.me.id,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
    }
    call.state.emit(event, call.by.team_id, body, channel=message.channel)


@method("reactions.get", "reactions:read")
def get_reactions(call: Call) -> Json:
    message = reacted(call)
    return {"type": "message", "channel": message.channel, "message": message.wire()}
