"""Fixtures that every folder of tests may use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import settings

from learning.store.cipher import Cipher
from learning.store.store import Store
from tests.database import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# The same examples in every run, and none that fails because the machine is busy.
settings.register_profile("mynah", deadline=None, derandomize=True)
settings.load_profile("mynah")


@pytest.fixture(scope="session")
def database_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server of this run, shared with the run's other processes."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent  # a worker's folder stands in its run's folder
    with Server(str(shared)) as server:
        yield server


@pytest.fixture(scope="session")
def database(database_server: Server) -> Iterator[str]:
    """Connection string of a migrated database that this process's tests share."""
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture
def fresh_database(database_server: Server) -> Iterator[str]:
    """Connection string of a migrated database that only this test uses."""
    with database_server.clone() as conninfo:
        yield conninfo


@pytest.fixture
def empty_database(database_server: Server) -> Iterator[str]:
    """Connection string of a database without tables that only this test uses."""
    with database_server.empty() as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def encryption_key() -> str:
    """The key of this run's tests."""
    return Cipher.new_key()


@pytest.fixture(scope="session")
def cipher(encryption_key: str) -> Cipher:
    return Cipher([encryption_key])


@pytest.fixture(scope="session")
async def store(database: str, cipher: Cipher) -> AsyncIterator[Store]:
    """The store on the shared database; tests keep apart by their workspaces."""
    async with Store(database, cipher) as store:
        yield store


@pytest.fixture
def workspace() -> str:
    """A workspace that no other test knows."""
    return f"w{uuid4().hex[:12]}"


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
