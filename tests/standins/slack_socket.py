"""Socket Mode of the stand-in for Slack: links, envelopes and their acknowledgements."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standins.slack_state import App, Json, State

MOST_LINKS = 10
MOST_REMEMBERED = 10_000


@dataclass(slots=True, eq=False)
class Link:
    """One WebSocket of one app."""

    app: App
    socket: web.WebSocketResponse
    leaving: bool = False
    """Told to go; it still may acknowledge, but gets nothing new."""
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    accepts: dict[str, bool] = field(default_factory=dict)
    delivered: int = 0


class Sockets:
    """All links, and what apps did wrong on them.

    Attributes:
        links: those that are open.
        faults: what Slack would log or close a link for: an unknown envelope, a second
            acknowledgement, a payload where none is accepted.
    """

    def __init__(self, state: State, changed: Callable[[], None]) -> None:
        self.links: list[Link] = []
        self.faults: list[str] = []
        self._state = state
        self._changed = changed
        self._turn = count()

    def open_of(self, app: App) -> list[Link]:
        return [link for link in self.links if link.app is app and not link.leaving]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Run one link until it closes. A ticket serves once."""
        app = self._state.tickets.pop(request.query.get("ticket", ""), None)
        if app is None:
            return web.Response(status=408, text="invalid or spent ticket")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.open_of(app)) >= MOST_LINKS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        link = Link(app, socket)
        self.links.append(link)
        await socket.send_json(self._hello(app))
        self._changed()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledged(link, frame.data)
                    self._changed()
        finally:
            self.links.remove(link)
            for future in link.waiting.values():
                future.cancel()
            self._changed()
        return socket

    def _hello(self, app: App) -> Json:
        debug = {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060}
        return {
            "type": "hello",
            "num_connections": len(self.open_of(app)),
            "debug_info": debug,
            "connection_info": {"app_id": app.id},
        }

    def _acknowledged(self, link: Link, text: str) -> None:
        try:
            answer = json.loads(text)
            envelope = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self.faults.append(f"not an acknowledgement: {text[:80]}")
            return
        if envelope not in link.accepts:
            self.faults.append(f"unknown envelope: {envelope}")
        elif answer.get("payload") and not link.accepts[envelope]:
            self.faults.append(f"{envelope} accepts no payload")
        elif (future := link.waiting.pop(envelope, None)) is None or future.done():
            self.faults.append(f"{envelope} was acknowledged before, or too late")
        else:
            future.set_result(answer)

    async def send(self, app: App, kind: str, body: Json, within_s: float, **retry: Any) -> Json:
        """Send an envelope over one of the links, in turn; return the acknowledgement.

        Raises:
            ConnectionError: if there is no link, or it closed meanwhile.
            TimeoutError: if it was not acknowledged in time.
        """
        links = self.open_of(app)
        if not links:
            raise ConnectionError("no link is open")
        link = links[next(self._turn) % len(links)]
        envelope = self._state.new_id("envelope-")
        link.accepts[envelope] = kind != "events_api"
        if len(link.accepts) > MOST_REMEMBERED:
            del link.accepts[next(iter(link.accepts))]
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        link.waiting[envelope] = future
        link.delivered += 1
        self._changed()
        try:
            await link.socket.send_json(
                {
                    "envelope_id": envelope,
                    "type": kind,
                    "accepts_response_payload": link.accepts[envelope],
                    "payload": body,
                    **retry,
                }
            )
            async with asyncio.timeout(within_s):
                return await future
        except asyncio.CancelledError:
            if future.cancelled() and link not in self.links:
                raise ConnectionError("the link closed") from None
            raise
        finally:
            link.waiting.pop(envelope, None)

    async def refresh(self, app: App, reason: str = "refresh_requested") -> None:
        """Ask every link of the app to be replaced, as Slack does every few hours."""
        for link in self.open_of(app):
            link.leaving = True
            await link.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
            )

    async def drop(self, app: App | None = None) -> None:
        """Close links without a word."""
        for link in list(self.links):
            if app is None or link.app is app:
                await link.socket.close()
