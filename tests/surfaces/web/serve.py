"""A process of its own that serves the page over the host in memory.

NiceGUI keeps one application for a process, and it must not be the one that runs
the other tests. Prints its port as the first line; ``/_fake`` shows and steers the host.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI

from integrations.contracts.host import Entry
from integrations.surfaces.web import WebSurface
from tests.surfaces.web import scripts
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost


def now() -> datetime:
    return datetime.now(UTC)


def long_thread(length: int) -> list[Entry]:
    start = now() - timedelta(days=1)
    entries = []
    for i in range(length // 2):
        turn, at = uuid4(), start + timedelta(minutes=i)
        entries.append(Entry(uuid4(), "person", "reader", f"Question number {i}", at, turn))
        text = f"Answer number {i}. {scripts.ANSWER}"
        entries.append(
            Entry(
                uuid4(),
                "mynah",
                "Mynah",
                text,
                at + timedelta(seconds=5),
                turn,
                scripts.CITATIONS,
                role="lead",
                model="ollama:deepseek-coder",
            )
        )
    return entries


def seed(host: FakeHost) -> None:
    host.seed("reader", "A long conversation", long_thread(500), now())
    for title, age in (
        ("Why do we retry with jitter?", timedelta(minutes=4)),
        ("Solve x^2 - 5x + 6 = 0", timedelta(hours=2)),
        ("Onboarding checklist for the payments team", timedelta(hours=5)),
        ("Rename the gateway to edge", timedelta(days=2)),
        ("Release notes for 0.9", timedelta(days=12)),
    ):
        host.seed("designer", title, long_thread(2), now() - age)


def application(host: FakeHost, surface: WebSurface, broadcast: FakeBroadcast) -> FastAPI:
    app = FastAPI()

    @app.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/_fake")
    def state() -> dict[str, Any]:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
        return {
            "accepted": [event.model_dump(mode="json") for event in host.accepted],
            "commands": host.commands_run,
            "rss_mb": int(pages[1]) * resource.getpagesize() / 2**20,
        }

    @app.post("/_fake/events/{fate}")
    async def events(fate: str) -> None:
        broadcast.losing = fate == "lost"

    @app.post("/_fake/stop")
    async def stop() -> None:
        await surface.stop()

    @app.post("/_fake/start")
    async def start() -> None:
        await surface.start(host)

    surface.mount(app, host)
    return app


async def main() -> None:
    broadcast = FakeBroadcast()
    host = FakeHost(broadcast, now)
    surface = WebSurface("local", broadcast, allow_user_parameter=True)
    host.attach(surface)
    seed(host)
    started = time.perf_counter()
    app = application(host, surface, broadcast)
    print(f"mounted in {time.perf_counter() - started:.2f} s", file=sys.stderr)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
    await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main())
