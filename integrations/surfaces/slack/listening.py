"""The two ways on which Slack reaches us: a socket that we open, and requests that it signs.

Decides what Slack is answered: nothing good before what it sent is stored, so that it sends
again what was not. Refuses to know what is in it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from slack_bolt.request.async_request import AsyncBoltRequest
    from starlette.requests import Request

    Take = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]

PING_S: Final = 10.0
"""How often the socket is looked after."""


class SlackUnavailable(Exception):  # noqa: N818 - it says how Slack is
    """Slack cannot be listened to; the message says why and what to do."""


class Listening:
    """Hands over what Slack sends.

    Args:
        take: does with a payload what is to be done at once; returns the answer, if any.
        signing_secret: what Slack signs requests with; none are taken if it is empty.
        api_url: where the Web API is.
    """

    def __init__(self, take: Take, signing_secret: str, api_url: str) -> None:
        self._take = take
        self._signing_secret = signing_secret
        self._api_url = api_url
        self._log = structlog.get_logger("mynah.slack")
        # The SDK's own debug log has whole messages in it.
        self._sdk_log = logging.getLogger("mynah.slack.sdk")
        self._sdk_log.setLevel(logging.WARNING)
        self._bolt = AsyncApp(
            name="mynah",
            logger=self._sdk_log,
            client=AsyncWebClient(base_url=api_url, retry_handlers=[]),
            signing_secret=signing_secret,
            authorize=_authorized,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            process_before_response=True,
        )
        self._bolt.use(self._dispatch)
        self._requests = AsyncSlackRequestHandler(self._bolt)
        self._sockets: list[AsyncSocketModeHandler] = []

    async def connect(self, app_token: str, links: int = 1) -> None:
        """Open the socket, or several, and keep them open.

        Raises:
            SlackUnavailable: if Slack refuses to.
        """
        for _ in range(links):
            await self._open(app_token)

    async def _open(self, app_token: str) -> None:
        client = AsyncWebClient(base_url=self._api_url, retry_handlers=[])
        try:
            opened = await client.apps_connections_open(app_token=app_token)
        except SlackApiError as error:
            raise SlackUnavailable(
                f"Slack opens no socket ({error.response.get('error')}): SLACK_APP_TOKEN must be "
                "an app-level token with the scope connections:write, and Socket Mode be on"
            ) from None
        handler = AsyncSocketModeHandler(
            self._bolt, app_token, logger=self._sdk_log, web_client=client, ping_interval=PING_S
        )
        handler.client.wss_uri = opened["url"]
        self._sockets.append(handler)
        await handler.client.connect()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Close the sockets that are open."""
        handlers, self._sockets = self._sockets, []
        for handler in handlers:
            client = handler.client
            await client.close()  # type: ignore[no-untyped-call]
            # The SDK cancels its tasks without waiting for them.
            tasks = (
                client.message_processor,
                client.message_receiver,
                client.current_session_monitor,
            )
            await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)

    async def serve(self, request: Request) -> Response:
        """Answer a request of Slack's."""
        if not self._signing_secret:
            return Response("SLACK_SIGNING_SECRET is not set", status_code=404)
        try:
            return await self._requests.handle(request)
        except ValueError:  # neither JSON nor a form, or not UTF-8
            return Response("unreadable", status_code=400)

    async def _dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        try:
            answer = await self._take(req.body)
        except Exception as error:  # noqa: BLE001 - Slack is to send it again
            self._log.error("not taken", error=type(error).__name__)
            return BoltResponse(status=500, body="")
        return BoltResponse(status=200, body=answer or "")


async def _authorized() -> AuthorizeResult:
    """Leave it to us which workspaces are served, and with which token."""
    return AuthorizeResult(enterprise_id=None, team_id=None)
