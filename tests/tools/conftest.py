"""MCP servers as real programs, each started once for all tests of this folder."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from integrations.contracts.host import Person
from integrations.contracts.tools import Call
from integrations.tools.outside import open_source, source_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.tools import ToolResult
    from integrations.tools.boxed import Boxed

FAULTY = Path(__file__).parents[1] / "standins" / "mcp_server.py"
KEY = "standin-key-55aa77cc"


def anywhere(address: str) -> bool:
    """Take any address for one on the internet."""
    return bool(address)


async def use(box: Boxed, tool: str, timeout_s: float = 20.0, **params: Any) -> ToolResult:
    """Call a tool by its own name."""
    person = Person("w1", "alice", "console")
    return await box.call(Call(f"{box.name}.{tool}", params, person, uuid4(), timeout_s))


def described(**further: Any) -> dict[str, Any]:
    """How the faulty server is started."""
    return {
        "command": sys.executable,
        "args": [str(FAULTY)],
        "env": {"STANDIN_KEY": KEY},
        "most_bytes": 200_000,
        **further,
    }


@asynccontextmanager
async def opened(name: str = "faulty", **said: Any) -> AsyncIterator[Boxed]:
    """A source that is closed with the block."""
    box = open_source(name, source_of(name, said), anywhere)
    try:
        yield box
    finally:
        await box.close()


@pytest.fixture(scope="session")
async def faulty() -> AsyncIterator[Boxed]:
    """The faulty server as a program; what a test breaks is there again for the next one."""
    async with opened(**described()) as box:
        yield box
