"""A bare Bolt app for tests of the stand-in for Slack: it notes what reached which listener."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.standins.slack_server import SlackServer

Json = dict[str, Any]


@dataclass
class Noted:
    """What listeners got, by the name of the listener.

    ``view_answer`` is what forms are answered with, ``command_answer`` what commands are.
    """

    got: list[tuple[str, Json]] = field(default_factory=list)
    view_answer: Json = field(default_factory=dict)
    command_answer: str = ""
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, name: str, body: Json) -> None:
        self.got.append((name, body))
        more, self._more = self._more, asyncio.Event()
        more.set()

    async def heard(self, *names: str) -> None:
        """Wait until just these came: listeners run after the acknowledgement."""
        async with asyncio.timeout(10):
            while sorted(self.names()) != sorted(names):
                await self._more.wait()

    def names(self) -> list[str]:
        return [name for name, _ in self.got]

    def of(self, name: str) -> list[Json]:
        return [body for heard, body in self.got if heard == name]


def bolt(slack: SlackServer, noted: Noted, **settings: Any) -> AsyncApp:
    """An app with one listener of every kind."""
    token = settings.pop("token", None)
    client = AsyncWebClient(token=token, base_url=slack.api_url)
    app = AsyncApp(client=client, token=token, **settings)
    for name in (
        "app_mention",
        "message",
        "reaction_added",
        "reaction_removed",
        "app_home_opened",
        "member_joined_channel",
        "member_left_channel",
        "channel_left",
        "assistant_thread_started",
        "agent_session_stopped",
        "app_uninstalled",
        "tokens_revoked",
    ):
        _hear(app, name, noted)

    @app.action("rate")
    async def on_action(ack: Any, body: Json) -> None:
        noted.note("action", body)
        await ack()

    @app.view("why")
    async def on_view(ack: Any, body: Json) -> None:
        noted.note("view", body)
        await ack(**noted.view_answer)

    @app.view_closed("why")
    async def on_closed(ack: Any, body: Json) -> None:
        noted.note("view_closed", body)
        await ack()

    @app.command("/mynah")
    async def on_command(ack: Any, body: Json) -> None:
        noted.note("command", body)
        await ack(noted.command_answer) if noted.command_answer else await ack()

    @app.shortcut("teach")
    async def on_shortcut(ack: Any, body: Json) -> None:
        noted.note("shortcut", body)
        await ack()

    return app


def _hear(app: AsyncApp, name: str, noted: Noted) -> None:
    @app.event(name)
    async def on_event(body: Json) -> None:
        noted.note(name, body)


@asynccontextmanager
async def over_http(slack: SlackServer, app: AsyncApp) -> AsyncGenerator[str]:
    """Serve a Bolt app, and tell the stand-in where."""

    async def take(request: web.Request) -> web.StreamResponse:
        bolt_request = await to_bolt_request(request)
        if request.method == "GET":
            assert app.oauth_flow is not None
            flow = app.oauth_flow
            if request.path == flow.install_path:
                return await to_aiohttp_response(await flow.handle_installation(bolt_request))
            return await to_aiohttp_response(await flow.handle_callback(bolt_request))
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    served = web.Application()
    served.add_routes([web.route("*", "/slack/{rest:.*}", take)])
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    slack.app.request_url = f"{root}/slack/events"
    try:
        yield root
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_socket(slack: SlackServer, app: AsyncApp) -> AsyncGenerator[AsyncSocketModeHandler]:
    """Connect a Bolt app by Socket Mode."""
    slack.app.socket_mode = True
    handler = AsyncSocketModeHandler(app, slack.app.app_token)
    handler.client.web_client = AsyncWebClient(base_url=slack.api_url)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        # The SDK cancels its tasks without waiting for them.
        tasks = (
            handler.client.message_processor,
            handler.client.message_receiver,
            handler.client.current_session_monitor,
        )
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)
