"""Calls to Slack for tests, and what Slack answers to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.surfaces.slack.clockwork import Clockwork

POST = "chat.postMessage"
UPDATE = "chat.update"


def response(
    status: int = 200, headers: dict[str, str] | None = None, **data: Any
) -> AsyncSlackResponse:
    return AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.invalid/api/x",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )


def refused(code: str, status: int = 200, **headers: str) -> SlackApiError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api_error(response(status, named, ok=False, error=code))


def api_error(answer: AsyncSlackResponse) -> SlackApiError:
    make: Callable[..., SlackApiError] = SlackApiError  # the SDK leaves it without types
    return make("xoxb-secret hello", answer)


class Slack:
    """Notes when which call was sent; answers as it is told, then with success."""

    def __init__(self, time: Clockwork, *answers: Exception) -> None:
        self.sent: list[tuple[float, str]] = []
        self._time = time
        self._answers = list(answers)

    def send(self, name: str) -> Callable[[], Awaitable[AsyncSlackResponse]]:
        async def send() -> AsyncSlackResponse:
            self.sent.append((round(self._time.now - 1_000.0, 6), name))
            await asyncio.sleep(0)
            if self._answers:
                raise self._answers.pop(0)
            return response(ok=True, name=name)

        return send

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.sent]


def task(call: Awaitable[AsyncSlackResponse]) -> asyncio.Task[AsyncSlackResponse]:
    async def run() -> AsyncSlackResponse:
        return await call

    return asyncio.create_task(run())
