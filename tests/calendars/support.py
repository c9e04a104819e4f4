"""Calendars for tests, and a place on the web where one can be had."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET = "s3cr3t-9f2c"


def ics(*events: str, ends: bool = True) -> bytes:
    """Return a calendar of events, each written as lines between strokes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for number, event in enumerate(events):
        uid = [] if "UID:" in event else [f"UID:{number}"]
        lines += ["BEGIN:VEVENT", *uid, "SUMMARY:Talk to Bob", *event.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, *(["END:VCALENDAR"] if ends else []), ""]).encode()


@dataclass
class Site:
    """Serves one calendar, until told otherwise."""

    server: TestServer
    data: bytes = b""
    status: int = 200
    location: str = ""
    asked: list[str] = field(default_factory=list)
    """The tag that each request named."""

    @property
    def url(self) -> str:
        return str(self.server.make_url(f"/{SECRET}/basic.ics"))

    async def answer(self, request: web.Request) -> web.Response:
        tag = f'"{hash(self.data)}"'
        self.asked.append(request.headers.get("If-None-Match", ""))
        if self.location:
            return web.Response(status=302, headers={"Location": self.location})
        if self.status == 200 and self.asked[-1] == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(status=self.status, body=self.data, headers={"ETag": tag})


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    app = web.Application()
    site = Site(TestServer(app, host="127.0.0.1"))
    app.router.add_get("/{path:.*}", site.answer)
    async with site.server:
        yield site
