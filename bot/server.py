"""The web server: the page, and what operations ask of a process."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bot.due import WAITING
from integrations.surfaces.slack.surface import PATH as SLACK_PATH
from integrations.surfaces.slack.surface import SlackSurface
from integrations.surfaces.slack.teams.oauth import INSTALL_PATH, REDIRECT_PATH
from integrations.surfaces.web.surface import WebSurface
from learning.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from bot.app import Mynah


_FROM_OUTSIDE = frozenset({SLACK_PATH, INSTALL_PATH, REDIRECT_PATH})
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class _OwnNames(TrustedHostMiddleware):
    """Answers this machine's own names alone, but for requests that prove who sends them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let what is Slack's pass: it comes through a tunnel, under its name.

        Requests are signed, and whoever comes back from installing brings our own secret.
        """
        if scope["type"] == "http" and scope["path"] in _FROM_OUTSIDE:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class PortTaken(Exception):  # noqa: N818 - it is the port that is taken
    """The address cannot be listened on; the message says why and what to do."""


def build(mynah: Mynah, address: str = "127.0.0.1") -> FastAPI:
    """Return the application: operations first, then the page, which takes every other path.

    Args:
        mynah: what it serves.
        address: where it listens. On this machine alone, only this machine's own names are
            answered: a page elsewhere that points its name here would otherwise read along.
    """
    app = FastAPI(title="Mynah", docs_url=None, redoc_url=None, openapi_url=None)
    if address in _LOOPBACK:
        app.add_middleware(_OwnNames, allowed_hosts=[*_LOOPBACK])

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether the process can do its work."""
        try:
            await mynah.store.ping()
            waiting = await mynah.queue.waiting()
        except StoreUnavailable as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ready", "jobs": waiting})

    @app.get("/metrics")
    async def metrics() -> Response:
        """Return what Prometheus collects."""
        # Without the database there is still what this process has counted.
        with suppress(StoreUnavailable):
            await mynah.store.ping()  # fails at once, where the queue would wait for half a minute
            mynah.metrics.jobs(await mynah.queue.waiting())
            mynah.metrics.due(await mynah.queue.due(WAITING))
        return Response(mynah.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    slack = mynah.surfaces.get("slack")
    if isinstance(slack, SlackSurface):
        slack.mount(app)
    web = mynah.surfaces["web"]
    if isinstance(web, WebSurface):
        web.mount(app, mynah.host)
    return app


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PortTaken: if the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Small pieces of a streamed answer must not wait for each other.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # who comes before the server is ready waits for it
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"cannot listen on {host}:{port} ({error.strerror or error}): "
            "choose another with --port, or end the program that has it"
        ) from error
    return listening


@asynccontextmanager
async def serve(mynah: Mynah, listening: socket.socket) -> AsyncIterator[uvicorn.Server]:
    """Serve until the block ends; then let open requests finish."""
    config = uvicorn.Config(
        build(mynah, listening.getsockname()[0]),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        lifespan="on",
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]), name="web server")
    try:
        yield server
    finally:
        server.should_exit = True
        await running


class _Server(uvicorn.Server):
    """Leaves signals to the process that owns it."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture none."""
        return nullcontext()
