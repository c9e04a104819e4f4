"""Files that an app uploads to the stand-in for Slack: asked for, sent, then shared."""

from __future__ import annotations

from aiohttp import web

from tests.standins.slack_calls import Call, method
from tests.standins.slack_state import Channel, File, Json, Message, Refused, State


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(call: Call) -> Json:
    name, length = call.need("filename"), call.need("length")
    if not length.isdecimal() or int(length) < 1:
        raise Refused("invalid_arguments", "[ERROR] length")
    file_id = call.state.new_id("F")
    url = f"{call.state.base_url}/files/{file_id}/{name}"
    call.state.files[file_id] = File(file_id, name, "", b"", call.me.id, url)
    call.state.uploads[file_id] = int(length)
    return {"upload_url": f"{call.state.base_url}/upload/{file_id}", "file_id": file_id}


async def uploaded(state: State, request: web.Request) -> web.Response:
    """Take the content of a file: as many bytes as were said, once."""
    file = state.files.get(request.match_info["id"])
    if file is None or file.id not in state.uploads or file.content:
        return web.Response(status=404)
    content = await request.read()
    if len(content) != state.uploads[file.id]:
        return web.Response(status=400, text="length")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


@method("files.completeUploadExternal", "files:write")
def complete_upload(call: Call) -> Json:
    listed = call.data("files")
    if not isinstance(listed, list) or not listed:
        raise Refused("invalid_arguments", "[ERROR] missing required field: files")
    files = [_waiting(call, str(one.get("id"))) for one in listed]
    shared = [name for name in call.text("channels").split(",") if name]
    if call.text("channel_id"):
        shared.append(call.text("channel_id"))
    channels = [_writable(call, name) for name in shared]
    for file in files:
        del call.state.uploads[file.id]
    for channel in channels:
        message = Message(channel.id, call.state.next_ts(), call.me.id, call.me.team_id)
        message.text, message.thread_ts = call.text("initial_comment"), call.text("thread_ts")
        message.bot_id, message.app_id = call.me.bot_id, call.by.app.id
        message.files, message.subtype = list(files), "file_share"
        for file in files:
            file.channels.append(channel.id)
        channel.messages[message.ts] = message
        call.state.announce(message)
    return {"files": [{"id": file.id, "title": file.name} for file in files]}


def _waiting(call: Call, file_id: str) -> File:
    """A file of the caller's own that was sent and is not shared yet."""
    file = call.state.files.get(file_id)
    if file is None or file_id not in call.state.uploads or file.user != call.me.id:
        raise Refused("file_not_found")
    if not file.content:
        raise Refused("file_upload_size_mismatch")
    return file


def _writable(call: Call, name: str) -> Channel:
    return Call(call.method, {"channel": name}, call.state, call.token).writable()
