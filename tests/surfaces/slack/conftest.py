"""A small Slack, and ways to it whose time the test moves."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.surfaces.slack.speaking.governor import Governor
from integrations.surfaces.slack.speaking.live import LiveReplies
from integrations.surfaces.slack.speaking.posting import Line
from tests.surfaces.slack.chat_server import TOKEN, ChatServer
from tests.surfaces.slack.clockwork import Clockwork, Instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def time() -> Clockwork:
    return Clockwork()


@pytest.fixture
def governor(time: Clockwork) -> Governor:
    return Governor(time.clock, time.sleep, Random(7))


@pytest.fixture
async def slack() -> AsyncIterator[ChatServer]:
    server = ChatServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def line(slack: ChatServer) -> AsyncIterator[Line]:
    instant = Instant()
    governor = Governor(instant.clock, instant.sleep, Random(3))
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(TOKEN, slack.url, session=session, retry_handlers=[])
        yield Line(governor, client, "T1")
    await governor.close()


@pytest.fixture
def replies(time: Clockwork) -> LiveReplies:
    return LiveReplies(time.sleep)
