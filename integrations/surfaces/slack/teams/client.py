"""The SDK's client of the Web API, as this surface uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

TIMEOUT_S: Final = 30


class SlackClient(AsyncWebClient):
    """Makes calls, each of them once: repeating them is the governor's business.

    Args:
        token: what opens a workspace; empty for what the app is asked for itself.
        api_url: where the Web API is.
        session: carries the calls.
    """

    def __init__(self, token: str, api_url: str, session: aiohttp.ClientSession) -> None:
        super().__init__(
            token or None,
            base_url=api_url,
            timeout=TIMEOUT_S,
            session=session,
            retry_handlers=[],
        )

    async def api_call(  # the SDK's own list of arguments
        self,
        api_method: str,
        *,
        auth: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> AsyncSlackResponse:
        """Make a call. The app's secret goes the way that aiohttp will keep."""
        if auth is not None:
            basic = aiohttp.encode_basic_auth(auth["client_id"], auth["client_secret"])
            headers = {**(headers or {}), "Authorization": basic}
        return await super().api_call(api_method, headers=headers, **more)
