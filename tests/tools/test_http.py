"""Requests to web APIs, over a real socket."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations.contracts.tools import ToolFailure
from integrations.knowledge.web import is_public
from integrations.tools.http import Host, open_http
from integrations.tools.limits import Limits
from tests.tools.conftest import use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.tools.boxed import Boxed

TOKEN = "api-token-91b2"


async def echo(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return web.json_response({"error": "who are you"}, status=401)
    key = request.headers.get("Idempotency-Key", "")
    body = (await request.text()) or None
    return web.json_response({"method": request.method, "body": body, "once": bool(key)})


async def flood(_: web.Request) -> web.StreamResponse:
    return web.Response(text="x" * 3_000_000)


async def bomb(request: web.Request) -> web.StreamResponse:
    assert request.headers["Accept-Encoding"] == "identity"
    packed = gzip.compress(b"x" * 50_000_000)
    return web.Response(body=packed, headers={"Content-Encoding": "gzip"})


async def away(_: web.Request) -> web.Response:
    raise web.HTTPFound("http://169.254.169.254/latest/meta-data")


async def leak(_: web.Request) -> web.Response:
    return web.json_response({"said": f"you sent {TOKEN}"}, status=422)


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    app = web.Application()
    handlers = {"/echo": echo, "/flood": flood, "/bomb": bomb, "/away": away, "/leak": leak}
    for path, handler in handlers.items():
        app.router.add_route("*", path, handler)
    server = TestServer(app, host="127.0.0.1")
    async with server:
        yield server


@pytest.fixture
async def box(site: TestServer) -> AsyncIterator[Boxed]:
    host = Host({"Authorization": f"Bearer {TOKEN}"}, private=True)
    hosts = {f"127.0.0.1:{site.port}": host, "localhost": Host()}
    opened = open_http("http", hosts, is_public, Limits(most_bytes=1_000_000))
    yield opened
    await opened.close()


async def test_reading_and_writing_are_two_tools_and_carry_the_hosts_headers(
    box: Boxed, site: TestServer
) -> None:
    effects = {tool.name: tool.effect for tool in await box.tools("w1")}
    assert effects == {"http.get": "reads", "http.request": "writes"}
    url = str(site.make_url("/echo"))
    assert (await use(box, "get", url=url)).data["method"] == "GET"
    sent = await use(box, "request", url=url, method="PUT", body={"a": 1})
    assert (sent.data["method"], sent.data["once"]) == ("PUT", True)


@pytest.mark.parametrize(
    ("path", "params", "kind"),
    [
        ("/flood", {}, "too_large"),
        ("/away", {}, "not_allowed"),
        ("/leak", {}, "invalid"),
        ("/nowhere", {}, "not_found"),
        ("/echo", {"method": "DELETE"}, "invalid"),
        ("/echo", {"headers": {"Authorization": "Bearer mine"}}, "invalid"),
        ("/bomb", {}, "broken"),
        ("/echo", {"headers": {"X-HTTP-Method-Override": "DELETE"}}, "invalid"),
    ],
)
async def test_what_may_not_be_or_is_too_much_is_refused(
    box: Boxed, site: TestServer, path: str, params: dict[str, Any], kind: str
) -> None:
    with pytest.raises(ToolFailure) as raised:
        await use(box, "get", url=str(site.make_url(path)), **params)
    assert raised.value.kind == kind
    assert TOKEN not in raised.value.message + raised.value.said


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "http://localhost:1/", "ftp://localhost/", "http://a:b@localhost/"],
)
async def test_only_listed_hosts_are_asked_and_none_inside_unless_listed_so(
    box: Boxed, url: str
) -> None:
    with pytest.raises(ToolFailure) as raised:
        await use(box, "get", url=url)
    assert raised.value.kind in {"not_allowed", "invalid"}


async def test_a_token_goes_nowhere_that_others_on_the_way_can_read_it() -> None:
    async def somewhere(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host}:{port} was looked up")

    host = Host({"Authorization": f"Bearer {TOKEN}"})
    box = open_http("http", {"api.example.com": host}, is_public, Limits(), somewhere)
    with pytest.raises(ToolFailure, match="https:// alone"):
        await use(box, "get", url="http://api.example.com/me")
    await box.close()
