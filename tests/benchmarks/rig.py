"""What every benchmark stands on: a database that is thrown away, a clock, a progress line."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.app import open_database
from bot.settings import Settings
from bot.telemetry import configure_logging
from learning.store.address import conninfo_of
from learning.store.cipher import Cipher
from learning.store.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    Shown = Callable[[int], None]
    """Shows how much is done."""

console = Console(stderr=True)


def progress() -> Progress:
    """Return a progress display on standard error; standard output is for the result."""
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Add how many milliseconds the block took."""
    began = perf_counter()
    yield
    into.append((perf_counter() - began) * 1e3)


def percentiles(name: str, milliseconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile, named as the results name them."""
    if not milliseconds:
        return {}
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {f"{name}_p50_ms": round(float(p50), 2), f"{name}_p95_ms": round(float(p95), 2)}


def machine(postgres: str, load_before: float) -> dict[str, Any]:
    """Return what the figures were measured on.

    Args:
        postgres: what the server says its version is.
        load_before: the load average before the run; above 0 others were at work.
    """
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "postgres": postgres,
        "load_before": round(load_before, 2),
    }


def load() -> float:
    """Return how many processes wanted a core during the last minute."""
    return os.getloadavg()[0]


def quiet() -> None:
    """Keep the product's log away from the result."""
    configure_logging("error")


def print_result(result: dict[str, Any]) -> None:
    """Print the one line that counts."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


@asynccontextmanager
async def settings_for_a_run(**more: Any) -> AsyncIterator[Settings]:
    """Yield settings with a home and a database of their own; both are gone afterwards.

    ``MYNAH_DATABASE_URL`` says on which server; its user must be allowed to create databases.
    Otherwise an embedded server runs in a temporary folder.
    """
    given = os.environ.get("MYNAH_DATABASE_URL", "")
    home = await asyncio.to_thread(_folder)
    name = f"mynah_bench_{uuid4().hex[:12]}"
    key = Cipher.new_key()
    try:
        if given:
            conninfo = conninfo_of(given)
            await _run(conninfo, "CREATE DATABASE {}", name)
            url = make_conninfo(conninfo, dbname=name)
            yield Settings(
                _env_file=None, home=home, database_url=url, encryption_keys=(key,), **more
            )
        else:
            yield Settings(_env_file=None, home=home, database_url=None, **more)
    finally:
        if given:
            await _run(conninfo_of(given), "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


@asynccontextmanager
async def a_store() -> AsyncIterator[Store]:
    """Yield a store on a database of its own."""
    async with (
        settings_for_a_run() as settings,
        open_database(settings, lambda _: None) as (conninfo, cipher),
        Store(conninfo, cipher) as store,
    ):
        yield store


async def postgres_version(conninfo: str) -> str:
    """Return the server's version with pgvector's."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        rows = await connection.execute(
            "SELECT current_setting('server_version'), "
            "(SELECT extversion FROM pg_extension WHERE extname = 'vector')"
        )
        found = await rows.fetchone()
    assert found is not None
    return f"PostgreSQL {found[0]}, pgvector {found[1]}"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mynah-bench-"))
    folder.chmod(0o711)  # as root the server runs as another user, who must get through
    return folder


async def _run(conninfo: str, statement: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
