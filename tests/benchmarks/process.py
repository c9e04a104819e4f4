"""A whole Mynah as its own process: how soon it is ready, and how much memory it holds."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Final

import httpx
import psutil  # type: ignore[import-untyped]  # it has no types of its own

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.settings import Settings

_READY_WITHIN_S: Final = 60.0
_POLL_S: Final = 0.01


async def measure_process(settings: Settings) -> dict[str, float]:
    """Start ``mynah run`` on an existing store; return seconds to readiness and MB held.

    The memory is the proportional set size after the page was opened once: what is shared
    between processes is counted once.
    """
    port = _free_port()
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.cli", "run", "--port", str(port)),
        env=_environment(settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            await _ready(http, process)
            ready_s = perf_counter() - began
            (await http.get("/")).raise_for_status()
        own = _tree(process.pid)
        postgres = [each for each in _postgres(settings.home) if each not in own]
        mynah_mb, postgres_mb = _megabytes(own), _megabytes(postgres)
    finally:
        process.terminate()
        await process.wait()
    return {
        "ready_s": round(ready_s, 2),
        "memory_mynah_mb": round(mynah_mb, 1),
        "memory_postgres_mb": round(postgres_mb, 1),
        "memory_mb": round(mynah_mb + postgres_mb, 1),
    }


async def _ready(http: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_READY_WITHIN_S):
        while True:
            assert process.returncode is None, "it ended before it was ready"
            with suppress(httpx.TransportError):
                if (await http.get("/readyz")).is_success:
                    return
            await asyncio.sleep(_POLL_S)


def _environment(settings: Settings) -> Mapping[str, str]:
    mine = {"MYNAH_HOME": str(settings.home), "MYNAH_EMBEDDER": "hashing"}
    if settings.database_url is not None:
        mine["MYNAH_DATABASE_URL"] = settings.database_url.get_secret_value()
    if settings.encryption_keys:
        mine["MYNAH_ENCRYPTION_KEYS"] = settings.encryption_keys[0].get_secret_value()
    return os.environ | mine


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _postgres(home: Path) -> list[psutil.Process]:
    """Return the embedded server's processes; it is nobody's child."""
    pid_file = home / "postgres" / "postmaster.pid"
    return _tree(int(pid_file.read_text().split()[0])) if pid_file.exists() else []


def _megabytes(processes: Iterable[psutil.Process]) -> float:
    return float(sum(each.memory_full_info().pss for each in processes)) / 2**20
