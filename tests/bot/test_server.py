from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bot.app import open_mynah
from bot.server import PortTaken, listen, serve
from tests.bot.support import settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.app import Mynah
    from tests.database import Server


@pytest.fixture
async def served(
    fresh_database: str, encryption_key: str, tmp_path: Path
) -> AsyncIterator[tuple[Mynah, httpx.AsyncClient]]:
    """A Mynah with its page on a free port."""
    settings = settings_of(tmp_path / "home", fresh_database, encryption_key)
    async with AsyncExitStack() as stack:
        listening = listen("127.0.0.1", 0)
        stack.callback(listening.close)
        mynah = await stack.enter_async_context(open_mynah(settings, only=["web"]))
        await stack.enter_async_context(serve(mynah, listening))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
        )
        yield mynah, client


async def test_a_process_says_that_it_lives_and_can_work(
    served: tuple[Mynah, httpx.AsyncClient],
) -> None:
    _, client = served
    live = await client.get("/healthz")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    metrics = await client.get("/metrics")
    assert metrics.status_code == 200
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    for name in ("mynah_events_accepted_total", "mynah_turn_seconds", "mynah_deliveries_total"):
        assert f"# HELP {name}" in metrics.text


async def test_without_its_database_it_lives_but_is_not_ready(
    served: tuple[Mynah, httpx.AsyncClient], database_server: Server
) -> None:
    mynah, client = served
    name = conninfo_to_dict(mynah.conninfo)["dbname"]
    hidden = f"gone_{uuid4().hex[:8]}"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with psycopg.connect(database_server.conninfo, autocommit=True) as owner:

        def away(old: Any, new: Any) -> None:
            owner.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(old))
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            )
            owner.execute(rename.format(old, new))

        away(sql.Identifier(str(name)), sql.Identifier(hidden))
        try:
            ready = await client.get("/readyz")
            live = await client.get("/healthz")
            metrics = await client.get("/metrics")
        finally:
            owner.execute(rename.format(sql.Identifier(hidden), sql.Identifier(str(name))))
            owner.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(
                    sql.Identifier(str(name))
                )
            )
    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["status"] == "unavailable"
    assert "MYNAH_DATABASE_URL" in ready.json()["reason"]
    assert metrics.status_code == 200, "what this process has counted is still known"
    back = await client.get("/readyz")
    assert back.status_code == 200


def test_a_taken_port_is_said_with_the_way_out() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"127\.0\.0\.1:{port}.*--port"):
            listen("127.0.0.1", port)


async def test_only_this_machines_own_names_are_answered(
    served: tuple[Mynah, httpx.AsyncClient],
) -> None:
    _, client = served
    rebound = await client.get("/", headers={"Host": "evil.example"})
    assert rebound.status_code == 400
    assert (await client.get("/", headers={"Host": "localhost"})).status_code == 200
