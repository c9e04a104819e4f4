"""Fixtures of the tests of the stand-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.standins.slack_place import Place, slack_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A small Slack, running."""
    async with slack_place() as place:
        yield place
