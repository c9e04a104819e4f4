"""A small Slack to test against: one team, two people, one channel and the app in it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack_server import SlackServer, slack_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

    from tests.standins.slack_people import Team
    from tests.standins.slack_state import Channel, Installation, User


@dataclass
class Place:
    slack: SlackServer
    team: Team
    ada: User
    bo: User
    general: Channel
    installed: Installation
    client: AsyncWebClient

    async def post(self, **more: Any) -> str:
        response = await self.client.chat_postMessage(
            channel=self.general.id, **{"text": "hello", **more}
        )
        return str(response["ts"])


@asynccontextmanager
async def slack_place() -> AsyncGenerator[Place]:
    async with slack_server() as slack:
        team = slack.team("acme")
        ada, bo = team.user("ada", admin=True), team.user("bo")
        installed = team.install()
        general = team.channel("general", ada, bo, installed.bot)
        # The SDK's own retries would hide what the server did.
        client = AsyncWebClient(installed.token, base_url=slack.api_url, retry_handlers=[])
        yield Place(slack, team, ada, bo, general, installed, client)


async def refused(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def button(**more: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Why"}
    return {"type": "button", "action_id": "rate", "text": text, "value": "1", **more}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "elements": list(elements)}]


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def modal(**more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "reason", "max_length": 20}
    label = {"type": "plain_text", "text": "Why?"}
    return {
        "type": "modal",
        "callback_id": "why",
        "title": label,
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [{"type": "input", "block_id": "b", "label": label, "element": element}],
        **more,
    }
