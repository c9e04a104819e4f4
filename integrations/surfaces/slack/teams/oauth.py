"""Being installed by somebody: the way to Slack's page of consent, and back.

Decides what is asked for, and what a person reads who comes back. Refuses to keep anything of
the person, and to repeat anything that came with a request.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import structlog
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from integrations.surfaces.slack.teams.requirements import requirements
from integrations.surfaces.slack.teams.tokens import SURFACE, body_of, workspace_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt.oauth.async_callback_options import AsyncFailureArgs, AsyncSuccessArgs
    from slack_sdk.oauth.installation_store.models.installation import Installation
    from slack_sdk.web.async_client import AsyncWebClient
    from starlette.requests import Request
    from starlette.responses import Response

    from integrations.contracts.installations import Installations

INSTALL_PATH: Final = "/slack/install"
REDIRECT_PATH: Final = "/slack/oauth_redirect"
STATE_S: Final = 600
"""How long somebody may take to consent."""

INSTALLED: Final = (
    "Mynah is installed.",
    "Open Slack and write to Mynah, or bring it into a channel by /invite and mention it there.",
)
WRONG: Final = (
    "Mynah could not be installed.",
    "Something went wrong on our side. Try it once more in a moment.",
)
_BAD_GATEWAY: Final = 502
_REASONS: Final = {
    "access_denied": "Nothing was installed: the request was turned down in Slack.",
    "invalid_browser": "Begin in the browser that you go on in, and allow it cookies.",
    "invalid_state": "It took too long, or this address was opened before. Begin again.",
    "missing_code": "Slack did not say what was allowed. Begin again.",
    "invalid_code": "Slack did not let us in with what it gave. Begin again; if that does not "
    "help, whoever runs Mynah should check SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.",
}
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Mynah</title></head>
<body><h1>{0}</h1><p>{1}</p>{2}</body>
</html>
"""
_AGAIN: Final = '<p><a href="install">Begin again</a></p>'


def consent_page(api_url: str) -> str:
    """Return where people are asked whether they let us in: on the host of the Web API."""
    return urljoin(api_url, "/oauth/v2/authorize")


class Installing:
    """Installs us in workspaces.

    Args:
        client_id: of the app.
        client_secret: of the app.
        api_url: where the Web API is; Slack's page of consent is beside it.
        client: asks Slack, without a token.
        installations: where tokens are kept.
        installed: told which workspace let us in.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        api_url: str,
        client: AsyncWebClient,
        installations: Installations,
        installed: Callable[[str], None],
    ) -> None:
        self._log = structlog.get_logger("mynah.slack")
        # The SDK's own warnings have codes in them that a token can be had for.
        quiet = logging.getLogger("mynah.slack.oauth")
        quiet.setLevel(logging.CRITICAL)
        settings = AsyncOAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=tuple(requirements().scopes),
            user_scopes=(),
            install_path=INSTALL_PATH,
            redirect_uri_path=REDIRECT_PATH,
            install_page_rendering_enabled=False,
            authorization_url=consent_page(api_url),
            installation_store=_Kept(installations, installed),
            state_store=_States(installations),
            state_expiration_seconds=STATE_S,
            callback_options=AsyncCallbackOptions(self._succeeded, self._failed),
            logger=quiet,
        )
        self._flow = AsyncOAuthFlow(client=client, logger=quiet, settings=settings)

    async def begin(self, request: Request) -> Response:
        """Send somebody to Slack's page of consent."""
        return await self._answered(request, self._flow.handle_installation)

    async def end(self, request: Request) -> Response:
        """Take somebody who comes back from it."""
        return await self._answered(request, self._flow.handle_callback)

    async def _answered(
        self, request: Request, handle: Callable[..., Awaitable[BoltResponse]]
    ) -> Response:
        try:
            answer = await handle(to_async_bolt_request(request, b""))
        except Exception as error:  # noqa: BLE001 - a person waits for a sentence
            self._log.error("installing failed", error=type(error).__name__)
            answer = _page(_BAD_GATEWAY, *WRONG, again=True)
        return to_starlette_response(answer)

    async def _succeeded(self, args: AsyncSuccessArgs) -> BoltResponse:
        self._log.info("installed", workspace=workspace_of(args.installation.to_bot()))
        forget = args.settings.state_utils.build_set_cookie_for_deletion()
        return _page(200, *INSTALLED, cookie=forget)

    async def _failed(self, args: AsyncFailureArgs) -> BoltResponse:
        known = args.reason in _REASONS
        self._log.warning("not installed", why=args.reason if known else "another reason")
        why = _REASONS.get(args.reason, WRONG[1])
        return _page(args.suggested_status_code, WRONG[0], why, again=True)


class _Kept(AsyncInstallationStore):
    """Where the SDK puts an installation; what it looks up there is not asked for."""

    def __init__(self, installations: Installations, installed: Callable[[str], None]) -> None:
        self._installations = installations
        self._installed = installed

    async def async_save(self, installation: Installation) -> None:
        """Keep what is the bot's; whoever installed it leaves no trace."""
        grant = installation.to_bot()
        workspace_id = workspace_of(grant)
        if not workspace_id or not grant.bot_token or not grant.bot_user_id:
            raise BoltError("there is no bot in the installation")
        await self._installations.save(SURFACE, workspace_id, body_of(grant))
        self._installed(workspace_id)


class _States(AsyncOAuthStateStore):
    """Where the SDK keeps the secrets that an installation begins with."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """Return a new one."""
        del args, kwargs
        return await self._installations.issue_state(SURFACE, STATE_S)

    async def async_consume(self, state: str) -> bool:
        """Tell whether it is one of ours; it is used then."""
        return await self._installations.consume_state(SURFACE, state)


def _page(
    status: int, title: str, text: str, *, again: bool = False, cookie: str = ""
) -> BoltResponse:
    headers: dict[str, str | list[str]] = {**_HEADERS}
    if cookie:
        headers["Set-Cookie"] = [cookie]
    body = _PAGE.format(title, text, _AGAIN if again else "")
    return BoltResponse(status=status, body=body, headers=headers)  # type: ignore[arg-type]
