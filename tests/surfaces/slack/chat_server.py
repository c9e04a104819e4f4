"""A small strict Slack for replies: messages, streams, marks, statuses, and their order.

It refuses what Slack refuses: an unknown token, a stream without recipients in a channel or
without a thread, an append or a stop after the stop, a change or a deletion while a stream is open.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "xoxb-stand-in"
SESSIONS = {"active", "processing", "suspended", "closed"}


@dataclass
class Message:
    ts: str
    channel: str
    thread_ts: str | None
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    streaming: bool = False


class Refused(Exception):  # noqa: N818 - Slack's word
    """Slack's error code."""


class ChatServer:
    """Speaks the Web API on the loopback."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[str] = []
        self.sessions: list[str] = []
        self.page = 200
        self._answers: dict[str, list[web.Response | str]] = {}
        self._after: dict[str, list[web.Response]] = {}
        self._heard = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._count = 0
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # What a test asks for.

    def refuse(self, method: str, code: str, times: int = 1) -> None:
        """Answer the next calls with an error code."""
        self._answers.setdefault(method, []).extend([code] * times)

    def limit(self, method: str, after_s: int) -> None:
        """Answer the next call with 429."""
        self._answers.setdefault(method, []).append(
            web.json_response(
                {"ok": False, "error": "ratelimited"},
                status=429,
                headers={"Retry-After": str(after_s)},
            )
        )

    def swallow(self, method: str) -> None:
        """Do the next call, and answer that it failed."""
        self._after.setdefault(method, []).append(web.Response(status=502, text="bad gateway"))

    def add(self, thread_ts: str | None, **metadata: Any) -> Message:
        """Put a message there."""
        return self._new("C1", thread_ts, metadata=metadata)

    async def heard(self, method: str, times: int = 1) -> dict[str, Any]:
        """Wait until a method was called so often; return what it was called with."""
        async with self._heard:
            await self._heard.wait_for(lambda: len(self.of(method)) >= times)
        return self.of(method)[times - 1]

    def of(self, method: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called == method]

    @property
    def order(self) -> list[str]:
        return [method for method, _ in self.calls]

    @property
    def shown(self) -> list[Message]:
        return list(self.messages.values())

    # What Slack does.

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = await request.json() if request.can_read_body else dict(request.query)
        async with self._heard:
            try:
                _check(request.headers.get("Authorization", ""))
                answer = self._planned(method) or self._do(method, arguments)
            except Refused as refused:
                answer = web.json_response({"ok": False, "error": str(refused)})
            self.calls.append((method, arguments))
            self._heard.notify_all()
        if self._after.get(method):
            return self._after[method].pop(0)
        return answer

    def _planned(self, method: str) -> web.Response | None:
        if not self._answers.get(method):
            return None
        planned = self._answers[method].pop(0)
        if isinstance(planned, str):
            raise Refused(planned)
        return planned

    def _do(self, method: str, arguments: dict[str, Any]) -> web.Response:
        does: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
            "conversations.replies": self._replies,
            "conversations.history": self._replies,
            "assistant.threads.setStatus": self._status,
            "agents.sessions.setStatus": self._session,
        }
        if method not in does:
            raise Refused("unknown_method")
        return web.json_response({"ok": True, **does[method](arguments)})

    def _new(self, channel: str, thread_ts: str | None, **more: Any) -> Message:
        self._count += 1
        message = Message(f"1790000000.{self._count:06}", channel, thread_ts, **more)
        self.messages[message.ts] = message
        return message

    def _find(self, arguments: dict[str, Any]) -> Message:
        message = self.messages.get(arguments["ts"])
        if message is None or message.channel != arguments["channel"]:
            raise Refused("message_not_found")
        return message

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not arguments.get("text"):
            raise Refused("no_text")
        message = self._new(
            arguments["channel"],
            arguments.get("thread_ts"),
            text=arguments["text"],
            blocks=arguments["blocks"],
            metadata=arguments.get("metadata", {}),
        )
        return {"ts": message.ts}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        message = self._find(arguments)
        if message.streaming:
            raise Refused("streaming_state_conflict")
        message.text, message.blocks = arguments["text"], arguments["blocks"]
        message.metadata = arguments.get("metadata", message.metadata)
        return {"ts": message.ts}

    def _delete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if self._find(arguments).streaming:
            raise Refused("cant_delete_message")
        del self.messages[arguments["ts"]]
        return {}

    def _start(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if not arguments.get("thread_ts"):
            raise Refused("invalid_thread_ts")
        if not arguments["channel"].startswith("D"):
            for needed in ("recipient_user_id", "recipient_team_id"):
                if not arguments.get(needed):
                    raise Refused(f"missing_{needed}")
        message = self._new(arguments["channel"], arguments["thread_ts"], streaming=True)
        message.text = arguments.get("markdown_text", "")
        return {"ts": message.ts}

    def _append(self, arguments: dict[str, Any]) -> dict[str, Any]:
        message = self._open(arguments)
        if not arguments["markdown_text"]:
            raise Refused("no_text")
        message.text += arguments["markdown_text"]
        return {"ts": message.ts}

    def _stop(self, arguments: dict[str, Any]) -> dict[str, Any]:
        message = self._open(arguments)
        message.streaming = False
        message.metadata = arguments.get("metadata", {})
        if status := arguments.get("session_status"):
            self._session({"status": status})
        return {"ts": message.ts}

    def _open(self, arguments: dict[str, Any]) -> Message:
        message = self._find(arguments)
        if not message.streaming:
            raise Refused("message_not_in_streaming_state")
        return message

    def _replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments.get("include_all_metadata") not in {"1", "true"}:
            raise Refused("invalid_arguments")
        thread = [m for m in self.shown if m.thread_ts == arguments.get("ts")]
        thread = [m for m in thread if m.ts >= arguments.get("oldest", "")]
        start = int(arguments.get("cursor") or 0)
        end = start + min(self.page, int(arguments["limit"]))
        messages = [
            {"ts": m.ts, "text": m.text, **({"metadata": m.metadata} if m.metadata else {})}
            for m in thread[start:end]
        ]
        cursor = str(end) if end < len(thread) else ""
        return {"messages": messages, "response_metadata": {"next_cursor": cursor}}

    def _status(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if len(arguments.get("loading_messages", [])) > 10 or not arguments["thread_ts"]:
            raise Refused("invalid_arguments")
        self.statuses.append(arguments["status"])
        return {}

    def _session(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["status"] not in SESSIONS:
            raise Refused("invalid_arguments")
        self.sessions.append(arguments["status"])
        return {}


def _check(authorization: str) -> None:
    if authorization != f"Bearer {TOKEN}":
        raise Refused("invalid_auth")
