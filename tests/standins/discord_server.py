"""A strict stand-in for Discord on one loopback port, for the real discord.py.

It speaks the REST API v10, the gateway and interactions, and refuses what Discord refuses.
Its clock stands still until a test moves it. discord.py needs two lines to find it:
``discord.http.Route.BASE = discord.api_url`` and
``discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(discord.gateway_url)``.

    async with discord_server() as discord:
        guild = discord.guild("acme")
        ada = discord.user("ada")
        guild.join(ada)
        general = guild.channel("general")
        guild.install()
        ...  # log in with discord.token
        await general.say(ada, f"{discord.bot.mention} how do I reset it?")
        await discord.until(lambda: discord.posts(general))
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

import tests.standins.discord_commands  # fills the list of routes
import tests.standins.discord_interactions
import tests.standins.discord_rest  # noqa: F401 - as above
from tests.standins.discord_calls import ROUTES, Call, Route, Seen, route_key
from tests.standins.discord_faults import Dropped, Faults
from tests.standins.discord_gateway import Gateway
from tests.standins.discord_people import Community, Person, Place, as_place
from tests.standins.discord_permissions import EVERYONE
from tests.standins.discord_places import gateway_url
from tests.standins.discord_state import Refused, State
from tests.standins.discord_things import Attachment, Json, Message, Role, User

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tests.standins.discord_clicks import Clicked

MOST_REMEMBERED = 20_000
_REST = "/api/v10"


class DiscordServer:
    """The running stand-in.

    Attributes:
        state: everything that it keeps; tests may read it.
        app: the app under test; its privileged intents are switched on there.
        calls: the calls that came in, oldest first.
        limit, bucket, fail, hold: how to make it answer 429, fail or wait; see ``Faults``.
        gateway: sessions, and how often they began and went on.
        clicks: interactions by token.
    """

    def __init__(self, port: int = 0) -> None:
        self.state = State()
        self.app = self.state.app
        self.calls: deque[Seen] = deque(maxlen=MOST_REMEMBERED)
        self.clicks: dict[str, Clicked] = {}
        self._pulse = asyncio.Event()
        self.gateway = Gateway(self.state, self.changed)
        self.faults = Faults()
        self.limit, self.bucket = self.faults.limit, self.faults.bucket
        self.fail, self.hold = self.faults.fail, self.faults.hold
        self.drop, self.away = self.gateway.drop, self.gateway.away
        here = self

        class Here(Place):
            server = here

        self.state.make_channel = Here
        self.at(port)

    def at(self, port: int) -> None:
        self.state.base_url = f"http://127.0.0.1:{port}"

    @property
    def api_url(self) -> str:
        return self.state.base_url + _REST

    @property
    def gateway_url(self) -> str:
        return gateway_url(self.state)

    @property
    def token(self) -> str:
        return self.app.token

    @property
    def bot(self) -> User:
        return self.app.bot

    @property
    def repeat(self) -> int:
        """How many events come again after a resume, though they were sent already."""
        return self.gateway.repeat

    @repeat.setter
    def repeat(self, count: int) -> None:
        self.gateway.repeat = count

    # Setting up.

    def guild(self, name: str) -> Community:
        guild = Community(self.state.new_id(), name, self.state.owner.id)
        guild.server = self
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE)
        self.state.guilds[guild.id] = guild
        return guild

    def user(self, name: str, *, bot: bool = False) -> Person:
        person = Person(self.state.new_id(), name, bot)
        person.server = self
        self.state.users[person.id] = person
        return person

    def dm(self, *people: User) -> Place:
        """The conversation of the bot and one person, or of several people without it."""
        return as_place(self.state.dm(*people, *([self.bot] if len(people) == 1 else [])))

    def pass_time(self, seconds: float) -> None:
        self.state.now += seconds
        self.changed()

    # Waiting and looking.

    def changed(self) -> None:
        pulse, self._pulse = self._pulse, asyncio.Event()
        pulse.set()

    async def flush(self) -> None:
        await self.gateway.flush()
        self.changed()

    async def until(self, met: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait until something holds; it is looked at again after everything that happens."""
        async with asyncio.timeout(within_s):
            while not met():
                await self._pulse.wait()

    async def connected(self) -> None:
        """Wait until a client is connected and identified."""
        await self.until(lambda: self.gateway.connected)

    def called(self, route: str) -> list[Seen]:
        """The calls of ``POST /channels/{channel_id}/messages`` or so, oldest first."""
        key = route_key(route)
        return [seen for seen in self.calls if route_key(seen.route) == key]

    def errors(self) -> list[tuple[str, int, int]]:
        """Route, status and code of every refused call."""
        return [(seen.route, seen.status, seen.code) for seen in self.calls if seen.status >= 400]

    def messages(self, place: Place, *, seen_by: User | None = None) -> list[Message]:
        """What is in a channel, oldest first, with what only ``seen_by`` sees."""
        mine = {"", seen_by.id if seen_by else ""}
        return [one for one in place.messages.values() if one.ephemeral_to in mine]

    def posts(self, place: Place, *, seen_by: User | None = None) -> list[Message]:
        """What the app wrote in a channel, oldest first."""
        found = self.messages(place, seen_by=seen_by)
        return [one for one in found if one.author.id == self.bot.id]

    # HTTP.

    def application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        for one in sorted(ROUTES, key=lambda one: "{" in one.path.rsplit("/", 1)[1]):
            application.router.add_route(one.method, _REST + one.path, self._answering(one))
        application.router.add_get("/gateway", self.gateway.serve)
        application.router.add_get("/attachments/{channel}/{id}/{name}", self._file)
        application.router.add_route("*", _REST + "/{rest:.*}", self._unknown)
        return application

    def _answering(self, route: Route) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._call(route, request)

        return answer

    async def _call(self, route: Route, request: web.Request) -> web.StreamResponse:
        path = dict(request.match_info)
        call = Call(route, self.state, path, dict(request.query), clicks=self.clicks)
        status, code = 200, 0
        try:
            call.body, call.files = await _body(request, self.state)
            await self.faults.pass_gate(route.key, self.changed)
            response = self._answer(call, request)
            status = response.status
        except Refused as refused:
            status, code = refused.status, refused.code
            response = web.json_response(refused.body, status=status, headers=refused.headers)
            _plain_json(response)
        except Dropped:
            if request.transport is not None:
                request.transport.close()
            response = web.Response(status=500)
            status = 0
        name = f"{route.method} {route.path}"
        self.calls.append(Seen(name, path, call.body, status, code))
        await self.flush()
        return response

    def _answer(self, call: Call, request: web.Request) -> web.Response:
        route = call.route
        bearer = request.headers.get("Authorization", "")
        if route.token and bearer != f"Bot {self.token}":
            raise Refused(0)
        place = call.path.get("channel_id") or call.path.get("token") or ""
        headers = self.faults.check_limit(route.key, place)
        for name, value in call.path.items():
            if name.endswith("_id") and not value.isdecimal() and value != "@original":
                message = f'Value "{value}" is not snowflake.'
                raise Refused(50035, errors={name: {"_errors": [{"message": message}]}})
        fault = self.faults.take(route.key)
        if fault is not None and not fault.done:
            raise fault.answer()
        body = route.work(call)
        if fault is not None:
            raise fault.answer()
        if body is None:
            return web.Response(status=204, headers=headers)
        return _plain_json(web.json_response(body, headers=headers))

    async def _unknown(self, request: web.Request) -> web.Response:
        self.calls.append(Seen(f"{request.method} {request.path}", {}, None, 404))
        body = {"message": "404: Not Found", "code": 0}
        return _plain_json(web.json_response(body, status=404))

    async def _file(self, request: web.Request) -> web.Response:
        file = self.state.files.get(request.match_info["id"])
        if file is None or file.filename != request.match_info["name"]:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.content, content_type=file.content_type)


def _plain_json(response: web.Response) -> web.Response:
    """Say just ``application/json``: discord.py reads nothing else as JSON."""
    response.headers["Content-Type"] = "application/json"
    return response


async def _body(request: web.Request, state: State) -> tuple[Any, dict[int, Attachment]]:
    files: dict[int, Attachment] = {}
    if request.content_type != "multipart/form-data":
        return _read(await request.text()), files
    body: Json = {}
    for name, part in (await request.post()).items():
        if name == "payload_json":
            body = _read(str(part))
        elif isinstance(part, web.FileField):
            kind = mimetypes.guess_type(part.filename)[0] or "application/octet-stream"
            number = int(name.removeprefix("files[").removesuffix("]"))
            files[number] = Attachment(state.new_id(), part.filename, part.file.read(), kind)
    return body, files


def _read(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        raise Refused(50109) from None


@asynccontextmanager
async def discord_server() -> AsyncGenerator[DiscordServer]:
    """Run a stand-in on a free port of the loopback interface."""
    server = DiscordServer()
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.at(runner.addresses[0][1])
    try:
        yield server
    finally:
        server.faults.open_all()
        await server.drop(1001)
        await runner.cleanup()
