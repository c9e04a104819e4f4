"""A whole Mynah on the test database, without a network, and with scripted models."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.support import OPENAI_KEY, World, open_world, settings_of
from tests.standins.model_server import ModelServer, model_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Opener = Callable[..., Awaitable[World]]

SCRIPTED = {
    "role_router": "offline:router",
    "role_math": "offline:math",
    "role_lead": "openai:first",
    "role_senior": "openai:second",
    "role_architect": "openai:third",
}
"""Questions about code go to "first", then "second", then "third"."""


@pytest.fixture(scope="session")
async def running_model_server() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


@pytest.fixture
def models(running_model_server: ModelServer) -> ModelServer:
    running_model_server.reset()
    return running_model_server


@pytest.fixture
async def opened(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[Opener]:
    """Open worlds with settings of the test's own; all are closed at its end."""
    async with AsyncExitStack() as stack:

        async def open_(**values: Any) -> World:
            conninfo = values.pop("database", database)
            settings = settings_of(tmp_path / "home", conninfo, encryption_key, **values)
            return await stack.enter_async_context(open_world(settings, workspace))

        yield open_


@pytest.fixture
async def world(opened: Opener) -> World:
    """A Mynah with the built-in offline experts."""
    return await opened()


@pytest.fixture
async def scripted(opened: Opener, models: ModelServer) -> World:
    """A Mynah whose roles for code are played by the stand-in server."""
    return await opened(**SCRIPTED, OPENAI_BASE_URL=models.openai_url, OPENAI_API_KEY=OPENAI_KEY)
