"""A strict stand-in for Slack on one loopback port, for the real slack-bolt and slack-sdk.

It speaks the Web API, OAuth, signed HTTP events, Socket Mode, interactivity and commands,
and refuses what Slack refuses. Its clock stands still until a test moves it.

    async with slack_server() as slack:
        team = slack.team("acme")
        ada = team.user("ada")
        bot = team.install()
        general = team.channel("general", ada, bot.bot)
        slack.app.request_url = "http://127.0.0.1:…/slack/events"
        ...  # AsyncWebClient(token=bot.token, base_url=slack.api_url)
        await team.say(ada, general, f"<@{bot.bot.id}> how do I reset it?")
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

import tests.standins.slack_install  # fills the list of methods
import tests.standins.slack_uploads
import tests.standins.slack_views
import tests.standins.slack_web  # noqa: F401 - as above
from tests.standins.slack_blocks import check_text, checked_blocks
from tests.standins.slack_calls import METHODS, Call, Method
from tests.standins.slack_delivery import Courier
from tests.standins.slack_faults import Dropped, Faults
from tests.standins.slack_people import Team
from tests.standins.slack_socket import Sockets
from tests.standins.slack_state import (
    RESPONSE_URL_USES,
    App,
    Json,
    Message,
    Refused,
    ResponseUrl,
    State,
    Token,
)
from tests.standins.slack_uploads import uploaded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that came in. ``error`` is what it was answered with, if it was refused."""

    method: str
    args: Json
    token: str
    error: str = ""


class SlackServer:
    """The running stand-in.

    Attributes:
        state: everything that it keeps; tests may read it.
        app: the app under test; ``add_app`` makes further ones.
        calls: the calls that came in, oldest first.
        limit, fail, hold: how to make it answer 429, fail or wait; see ``Faults``.
        courier: events on their way; see its ``repeats`` and ``ack_within_s``.
        sockets: links of Socket Mode.
    """

    def __init__(self, port: int = 0) -> None:
        self.state = State()
        self.calls: deque[Seen] = deque(maxlen=MOST_REMEMBERED)
        self.sockets = Sockets(self.state, self.changed)
        self.courier = Courier(self.state, self.sockets, self.changed)
        self.faults = Faults(self.state)
        self.limit, self.fail, self.hold = self.faults.limit, self.faults.fail, self.faults.hold
        self._pulse = asyncio.Event()
        self.at(port)
        self.app = self.add_app("mynah")

    def at(self, port: int) -> None:
        self.state.base_url = f"http://127.0.0.1:{port}"

    @property
    def api_url(self) -> str:
        return f"{self.state.base_url}/api/"

    # Setting up.

    def team(self, name: str) -> Team:
        team_id = self.state.new_id("T")
        self.state.teams[team_id] = name
        return Team(self, team_id)

    def add_app(self, name: str) -> App:
        number = self.state.new_id("")
        app = App(
            f"A{number}",
            name,
            f"{number}.{number}",
            f"client-secret-{number}",
            f"signing-secret-{number}",
            f"xapp-1-A{number}",
        )
        self.state.apps[app.id] = app
        scopes = frozenset({"connections:write"})
        self.state.tokens[app.app_token] = Token(app.app_token, app, scopes=scopes, kind="app")
        return app

    def pass_time(self, seconds: float) -> None:
        self.state.now += seconds
        self.changed()

    # Waiting and looking.

    def changed(self) -> None:
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    async def until(self, met: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait until something holds; it is looked at again after everything that happens."""
        async with asyncio.timeout(within_s):
            while not met():
                await self._pulse.wait()

    def called(self, method: str) -> list[Json]:
        """The arguments of the calls of a method, oldest first, refused ones too."""
        return [seen.args for seen in self.calls if seen.method == method]

    def errors(self) -> list[tuple[str, str]]:
        """Method and error of every refused call."""
        return [(seen.method, seen.error) for seen in self.calls if seen.error]

    def posts(self, channel_id: str, thread_ts: str = "") -> list[Message]:
        """What apps wrote in a channel, or in one thread of it, oldest first."""
        return [
            message
            for message in self.state.channels[channel_id].messages.values()
            if message.bot_id and (not thread_ts or message.thread_ts == thread_ts)
        ]

    # HTTP.

    def application(self) -> web.Application:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.get("/link/", self.sockets.serve),
                web.post("/hooks/{name}", self._hook),
                web.get("/files/{id}/{name}", self._file),
                web.post("/upload/{id}", self._upload),
            ]
        )
        return application

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        args, error = {}, ""
        try:
            args = await _arguments(request)
            await self.faults.pass_gate(name, self.changed)
            response = self._answer(name, args, _bearer(request, args))
        except Refused as refused:
            error = refused.error
            status = 429 if error == "ratelimited" else 200
            headers = {"Retry-After": str(refused.body.pop("retry_after"))} if status == 429 else {}
            response = web.json_response(refused.body, status=status, headers=headers)
        except Dropped:
            if request.transport is not None:
                request.transport.close()
            error, response = "dropped", web.Response(status=500)
        shown = {key: value for key, value in args.items() if key != "token"}
        self.calls.append(Seen(name, shown, _bearer(request, args), error))
        self.courier.flush()
        self.changed()
        return response

    def _answer(self, name: str, args: Json, token: str) -> web.Response:
        method = METHODS.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        self.faults.check_limit(name, args)
        fault = self.faults.take(name)
        if fault is not None and not fault.done:
            return fault.answer()
        by = self._token(method, token)
        body = method.work(Call(name, args, self.state, by))
        if fault is not None:
            return fault.answer()
        return web.json_response({"ok": True, **body}, headers=_granted(by))

    def _token(self, method: Method, value: str) -> Token | None:
        if method.kind == "none":
            return None
        if not value:
            raise Refused("not_authed")
        token = self.state.tokens.get(value)
        if token is None:
            raise Refused("invalid_auth")
        if token.dead:
            raise Refused(token.dead)
        if token.expires_at is not None and self.state.now >= token.expires_at:
            raise Refused("token_expired")
        if token.kind != method.kind:
            raise Refused("not_allowed_token_type")
        if method.scopes and token.scopes is not None and not token.scopes & set(method.scopes):
            provided = ",".join(sorted(token.scopes))
            raise Refused("missing_scope", needed=method.scopes[0], provided=provided)
        return token

    async def _hook(self, request: web.Request) -> web.Response:
        """Take a post to a ``response_url``: five of them, in thirty minutes."""
        hook = self.state.response_urls.get(request.match_info["name"])
        if hook is None or self.state.now > hook.until:
            return web.Response(status=404, text="expired_url")
        if hook.uses >= RESPONSE_URL_USES:
            return web.Response(status=404, text="used_url")
        try:
            self.respond(hook, await request.json())
        except Refused as refused:
            return web.Response(status=400, text=refused.error)
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        hook.uses += 1
        self.courier.flush()
        self.changed()
        return web.Response(text="ok")

    def respond(self, hook: ResponseUrl, body: Any) -> None:
        """Show what an app answers to an interaction or a command."""
        if not isinstance(body, dict):
            raise Refused("invalid_payload")
        old = hook.message
        channel = self.state.channel(hook.channel)
        if body.get("delete_original"):
            if old is not None:
                channel.messages.pop(old.ts, None)
            return
        text = str(body.get("text", ""))
        check_text(text)
        blocks = checked_blocks(body.get("blocks") or [], self.state.new_id)
        if not text and not blocks:
            raise Refused("no_text")
        if body.get("replace_original") and old is not None:
            old.text, old.blocks, old.edited_ts = text, blocks, self.state.next_ts()
            return
        seen = "" if body.get("response_type") == "in_channel" else hook.user
        bot = self.state.users[hook.bot_id]
        message = Message(
            channel.id,
            self.state.next_ts(),
            bot.id,
            bot.team_id,
            text,
            str(body.get("thread_ts", "")),
            blocks,
            bot_id=bot.bot_id,
            app_id=bot.app_id,
            ephemeral_to=seen,
        )
        channel.messages[message.ts] = message
        self.state.announce(message)

    async def _upload(self, request: web.Request) -> web.Response:
        return await uploaded(self.state, request)

    async def _file(self, request: web.Request) -> web.Response:
        """A private file, for a token that may read it; anybody else gets a page to log in."""
        file = self.state.files.get(request.match_info["id"])
        token = self.state.tokens.get(_bearer(request, {}))
        if file is None:
            return web.Response(status=404)
        allowed = token is not None and not token.dead
        if file.redirect:
            raise web.HTTPFound(file.redirect)
        if token and token.scopes is not None and "files:read" not in token.scopes:
            allowed = False
        if not allowed or file.login:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        return web.Response(body=file.content, content_type=file.mimetype)


def _granted(token: Token | None) -> dict[str, str]:
    """What Slack says, with every answer, that a token may do."""
    if token is None or token.scopes is None:
        return {}
    return {"X-OAuth-Scopes": ",".join(sorted(token.scopes))}


def _bearer(request: web.Request, args: Json) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return str(args.get("token", ""))


async def _arguments(request: web.Request) -> Json:
    """Arguments from the query and from a body of JSON or a form; OAuth's come as basic auth."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        args |= body
    else:
        args |= {key: str(value) for key, value in (await request.post()).items()}
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        client, _, secret = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        args |= {"client_id": client, "client_secret": secret}
    return args


@asynccontextmanager
async def slack_server() -> AsyncGenerator[SlackServer]:
    """Run a stand-in on a free port of the loopback interface."""
    server = SlackServer()
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.at(runner.addresses[0][1])
    try:
        yield server
    finally:
        server.faults.open_all()
        await server.courier.close()
        await server.sockets.drop()
        await runner.cleanup()
