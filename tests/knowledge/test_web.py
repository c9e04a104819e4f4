"""Pages fetched from a loopback server, and addresses that must not be asked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from integrations.contracts.knowledge import Document, Skipped
from integrations.knowledge.limits import Limits
from integrations.knowledge.web import fetch, is_public

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

TEXT = "The bird listens and repeats."


class Site:
    """A small web server that remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.pages: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []

    def page(
        self, path: str, content_type: str, body: bytes, status: str = "200 OK", *more: str
    ) -> str:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
        if content_type:
            head.append(f"Content-Type: {content_type}")
        self.pages[path] = "\r\n".join([*head, "", ""]).encode() + body
        return self.url + path

    def redirect(self, path: str, target: str) -> str:
        return self.page(path, "", b"", "302 Found", f"Location: {target}")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            host = next(x for x in head.split("\r\n") if x.lower().startswith("host:"))
            self.asked.append((path, host.split(":", 1)[1].strip()))
            if path == "/silent":
                await reader.read()
            else:
                writer.write(self.pages[path])
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Site, httpx.AsyncClient]]:
    site = Site(0)
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    site.url = f"http://127.0.0.1:{site.port}"
    async with server, httpx.AsyncClient(trust_env=False) as client:
        yield site, client


async def document(site: Site, client: httpx.AsyncClient, path: str) -> Document:
    result = await fetch(site.url + path, client, Limits(), allow_private=True)
    assert isinstance(result, Document), result
    return result


async def note(url: str, client: httpx.AsyncClient, limits: Limits | None = None) -> Skipped:
    result = await fetch(url, client, limits or Limits(), allow_private=True)
    assert isinstance(result, Skipped), result
    assert result.detail.startswith(result.name)
    assert "\n" not in result.detail
    return result


async def test_a_page_and_its_charset() -> None:
    async with serving() as (site, client):
        body = "<title>Vögel</title><main><h1>Größe</h1><p>Über alles.</p></main>"
        site.page("/a", "text/html; charset=iso-8859-1", body.encode("latin-1"))
        result = await document(site, client, "/a#part")
    assert (result.name, result.title) == (f"{site.url}/a", "Vögel")
    assert result.passages[0].text == "# Größe\n\nÜber alles."


@pytest.mark.parametrize(
    ("path", "content_type", "media_type"),
    [
        ("/raw/a.py", "text/plain; charset=utf-8", "text/x-python"),
        ("/README.md", "text/plain", "text/markdown"),
        ("/a.md?raw=1", "application/octet-stream", "text/markdown"),
        ("/api", "application/problem+json", "text/plain"),
        ("/page.php", "text/html", "text/html"),
        ("/nothing", "", "text/plain"),
    ],
)
async def test_content_types(path: str, content_type: str, media_type: str) -> None:
    async with serving() as (site, client):
        site.page(path, content_type, TEXT.encode())
        assert (await document(site, client, path)).media_type == media_type


async def test_what_is_not_text() -> None:
    async with serving() as (site, client):
        image = await note(site.page("/a", "image/png", b"x"), client)
        zipped = await note(site.page("/a.zip", "application/octet-stream", b"x"), client)
        sheet = await note(site.page("/b", "application/vnd.ms-excel", b"x"), client)
        binary = await note(site.page("/c", "application/octet-stream", b"\0\1\2" * 99), client)
    assert [x.reason for x in (image, zipped, sheet)] == ["unsupported"] * 3
    assert "an image" in image.detail
    assert binary.reason == "binary"


async def test_redirects_are_followed_up_to_a_limit() -> None:
    async with serving() as (site, client):
        site.page("/end", "text/plain", TEXT.encode())
        site.redirect("/start", "middle?x=1")
        site.redirect("/middle?x=1", f"{site.url}/end")
        result = await document(site, client, "/start")
        assert result.name == f"{site.url}/start"
        endless = await note(site.redirect("/round", "/round"), client, Limits(redirects=3))
    assert "redirects more than 3 times" in endless.detail
    assert [path for path, _ in site.asked].count("/round") == 4


async def test_size_and_time_are_bounded() -> None:
    async with serving() as (site, client):
        large = await note(
            site.page("/a", "text/plain", b"x" * 300_000), client, Limits(text_bytes=100_000)
        )
        slow = await note(f"{site.url}/silent", client, Limits(fetch_seconds=0.05))
    assert large.reason == "too_large"
    assert "larger than the 100 kB" in large.detail
    assert "took longer than 0.05 s" in slow.detail


@pytest.mark.parametrize(
    ("status", "hint"),
    [("404 Not Found", "check the address"), ("403 Forbidden", "sign-in"), ("503 Busy", "later")],
)
async def test_errors_say_what_to_do(status: str, hint: str) -> None:
    async with serving() as (site, client):
        failed = await note(site.page("/a", "text/html", b"<p>sorry</p>", status), client)
    assert failed.reason == "unreadable"
    assert f"answered {status}" in failed.detail
    assert hint in failed.detail


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/a", "must start with http"),
        ("file:///etc/passwd", "must start with http"),
        ("nonsense", "must start with http"),
        ("http://", "must start with http"),
        ("http://[::1", "could not be fetched"),
        ("http://a:b@127.0.0.1/", "leave them out"),
    ],
)
async def test_urls_that_are_none(url: str, words: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert words in (await note(url, client)).detail


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_private_addresses_are_refused(host: str) -> None:
    async with serving() as (site, client):
        site.page("/a", "text/plain", b"secret")
        result = await fetch(f"http://{host}:{site.port}/a", client, Limits())
    assert isinstance(result, Skipped)
    assert "private network" in result.detail or "cannot be found" in result.detail
    assert site.asked == []


async def test_names_and_redirects_cannot_lead_inside() -> None:
    """Every hop is resolved and checked, and one private address among many is enough."""
    hosts = {"public.example": ["93.184.215.14"], "mixed.example": ["93.184.215.14", "10.0.0.1"]}

    async def resolve(host: str, _port: int) -> Sequence[str]:
        return hosts.get(host, [host])

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.host} {request.headers['host']}")
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        mixed = await fetch("http://mixed.example/", client, Limits(), resolve=resolve)
        assert asked == []
        redirected = await fetch("http://public.example/", client, Limits(), resolve=resolve)
    assert asked == ["93.184.215.14 public.example"]
    for result in (mixed, redirected):
        assert isinstance(result, Skipped)
        assert "private network" in result.detail


async def test_the_checked_address_is_the_one_asked() -> None:
    """A name is resolved once; the request carries the name, the connection the address."""
    resolved: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        resolved.append(host)
        return ["127.0.0.1"]

    async with serving() as (site, client):
        site.page("/a", "text/plain", TEXT.encode())
        url = f"http://docs.example:{site.port}/a"
        result = await fetch(url, client, Limits(), allow_private=True, resolve=resolve)
    assert isinstance(result, Document)
    assert result.name == url
    assert resolved == ["docs.example"]
    assert site.asked == [("/a", f"docs.example:{site.port}")]


async def test_names_without_an_address() -> None:
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such host")

    async def nothing(_host: str, _port: int) -> Sequence[str]:
        return []

    async with httpx.AsyncClient(trust_env=False) as client:
        missing = await fetch("http://nowhere.example", client, Limits(), resolve=unknown)
        empty = await fetch("http://nowhere.example", client, Limits(), resolve=nothing)
    assert isinstance(missing, Skipped)
    assert "nowhere.example, which cannot be found" in missing.detail
    assert isinstance(empty, Skipped)
    assert "has no address" in empty.detail


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        *((address, False) for address in ("127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1")),
        *((address, False) for address in ("169.254.169.254", "100.64.0.1", "0.0.0.0", "::")),
        *((address, False) for address in ("224.0.0.1", "240.0.0.1", "255.255.255.255", "::1")),
        *((address, False) for address in ("fe80::1%eth0", "fc00::1", "ff02::1", "nonsense")),
        *((address, False) for address in ("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public
