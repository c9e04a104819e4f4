"""Looks at what Slack lets us do and tells us, and says how to mend what is missing.

Decides what is worth telling whoever runs us: what does not work, and what would make it work.
Refuses to change anything, and to repeat a token or anything else that came with an error.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from integrations.contracts.check import Check
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.payload import objects, part, string
from integrations.surfaces.slack.teams.client import SlackClient
from integrations.surfaces.slack.teams.requirements import requirements
from integrations.surfaces.slack.teams.tokens import OUT, SURFACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.installations import Installation, Installations
    from integrations.surfaces.slack.reading.payload import Payload
    from integrations.surfaces.slack.surface import SlackSettings

TIMEOUT_S: Final = 10.0
AT_ONCE: Final = 8
SCOPES_HEADER: Final = "x-oauth-scopes"
APPS: Final = "https://api.slack.com/apps"

_FAILED: Final = (aiohttp.ClientError, SlackClientError, TimeoutError, OSError)
_AGAIN: Final = "copy the bot token (xoxb-…) from “OAuth & Permissions” of the app's settings"
_ADD: Final = "add what is missing under “OAuth & Permissions” of the app's settings, and install"
_APP_TOKEN: Final = re.compile(r"xapp-\d+-(A[A-Z0-9]+)")
_SHORTCUTS: Final = (ids.RATE_THIS, ids.TEACH_THIS, ids.FORGET_THIS)


class _NotSaid(Exception):  # noqa: N818 - it is the answer that was not given
    """Slack gave no answer that helps; the message is its code, or what was in the way."""


class Examination:
    """Asks Slack.

    Args:
        settings: tokens and addresses.
        installations: where the tokens of workspaces are kept, if that can be read.
        config_token: an app configuration token, if there is one.
        now: tells the time.
    """

    def __init__(
        self,
        settings: SlackSettings,
        installations: Installations | None,
        config_token: str,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._installations = installations
        self._config_token = config_token
        self._now = now
        self._app_id = _app_of(settings.app_token)

    async def examine(self) -> list[Check]:
        """Return what was found."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            def client(token: str) -> SlackClient:
                return SlackClient(token, self._settings.api_url, session)

            checks = [*self._own_app()]
            if self._settings.bot_token:
                checks.append(await self._own(client(self._settings.bot_token)))
            checks += await self._installed(client)
            checks.append(await self._listening(client("")))
            checks.append(await self._manifest(client))
        return checks

    def _own_app(self) -> Iterable[Check]:
        settings = self._settings
        if bool(settings.client_id) is not bool(settings.client_secret):
            missing = "SLACK_CLIENT_SECRET" if settings.client_id else "SLACK_CLIENT_ID"
            yield Check(
                "slack oauth",
                ok=False,
                sentence=f"{missing} is missing, so nobody can install Mynah",
                mend="copy it from “Basic Information” of the app's settings",
            )

    async def _own(self, client: SlackClient) -> Check:
        try:
            me = await _asked(client.auth_test())
        except _NotSaid as why:
            return Check(
                "slack", ok=False, sentence=f"SLACK_BOT_TOKEN opens nothing: {why}", mend=_AGAIN
            )
        await self._learn_app(client, string(part(me.data), "bot_id"))
        return _granted("slack", "SLACK_BOT_TOKEN", me, f"{_ADD} it again")

    async def _installed(self, client: Callable[[str], SlackClient]) -> list[Check]:
        if self._installations is None or not self._settings.client_id:
            return []
        turn, kept = asyncio.Semaphore(AT_ONCE), self._installations

        async def look(workspace_id: str) -> Check | None:
            async with turn:
                found = await kept.find(SURFACE, workspace_id)
                return None if found is None else await self._workspace(client, found)

        workspaces = sorted(await kept.all(SURFACE))
        found = [each for each in await asyncio.gather(*map(look, workspaces)) if each is not None]
        none = Check("slack workspaces", ok=True, sentence="no workspace has installed Mynah yet")
        return found or ([] if self._settings.bot_token else [none])

    async def _workspace(
        self, client: Callable[[str], SlackClient], installation: Installation
    ) -> Check:
        body: Mapping[str, Any] = installation.body
        name = f"slack {installation.workspace_id}"
        self._app_id = self._app_id or str(body.get("app_id") or "")
        if body.get(OUT) is True:
            return Check(name, ok=True, sentence="Slack says that Mynah was removed there")
        ends = body.get("bot_token_expires_at")
        if ends is not None and ends <= self._now().timestamp():
            return Check(name, ok=True, sentence="its token ran out; the next use renews it")
        again = "install Mynah there again, at https://YOUR-HOST/slack/install"
        try:
            me = await _asked(client(body["bot_token"]).auth_test())
        except _NotSaid as why:
            return Check(name, ok=False, sentence=f"its token opens nothing: {why}", mend=again)
        return _granted(name, "its token", me, f"{_ADD} it there again")

    async def _listening(self, client: SlackClient) -> Check:
        name, settings = "slack listening", self._settings
        if settings.app_token:
            try:
                await _asked(client.apps_connections_open(app_token=settings.app_token))
            except _NotSaid as why:
                return Check(
                    name,
                    ok=False,
                    sentence=f"SLACK_APP_TOKEN opens no socket: {why}",
                    mend="it must be an app-level token (xapp-…) with the scope "
                    "connections:write, and “Socket Mode” be on in the app's settings",
                )
            return Check(name, ok=True, sentence="SLACK_APP_TOKEN opens a socket")
        if settings.signing_secret:
            return Check(
                name,
                ok=True,
                sentence="SLACK_SIGNING_SECRET is set, for requests to /slack/events; whether "
                "Slack reaches that is seen in the app's settings",
            )
        return Check(
            name,
            ok=False,
            sentence="Slack has no way to reach Mynah",
            mend="set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)",
        )

    async def _manifest(self, client: Callable[[str], SlackClient]) -> Check:
        """Compare what the app's settings say with what we need."""
        name = "slack app"
        if not self._config_token:
            return Check(
                name,
                ok=True,
                sentence="which events Slack tells of is not shown to a bot",
                mend="compare “App Manifest” in the app's settings with `mynah manifest`, or set "
                f"SLACK_CONFIG_TOKEN (“Your App Configuration Tokens” at {APPS})",
            )
        if not self._app_id:
            return Check(name, ok=False, sentence="which app it is cannot be told", mend=_AGAIN)
        try:
            answer = await _asked(
                client(self._config_token).apps_manifest_export(app_id=self._app_id)
            )
        except _NotSaid as why:
            return Check(
                name,
                ok=False,
                sentence=f"SLACK_CONFIG_TOKEN shows no manifest of {self._app_id}: {why}",
                mend="such a token lasts for twelve hours, and shows the apps of whoever made "
                f"it: make another at {APPS}",
            )
        wrong = list(_differences(part(answer.data, "manifest"), bool(self._settings.app_token)))
        if wrong:
            return Check(
                name,
                ok=False,
                sentence=f"the app's settings are not what Mynah needs: {'; '.join(wrong)}",
                mend="paste what `mynah manifest` prints into “App Manifest”, and install again",
            )
        return Check(name, ok=True, sentence="the app's settings are what Mynah needs")

    async def _learn_app(self, client: SlackClient, bot_id: str) -> None:
        if self._app_id or not self._config_token or not bot_id:
            return
        try:
            answer = await _asked(client.bots_info(bot=bot_id))
        except _NotSaid:
            return
        self._app_id = string(part(answer.data), "bot", "app_id")


async def _asked(call: Any) -> AsyncSlackResponse:  # noqa: ANN401 - the SDK's calls have no types
    """Return what Slack answers.

    Raises:
        _NotSaid: if it refuses, or is not reached.
    """
    try:
        answer: AsyncSlackResponse = await call
    except SlackApiError as error:
        data = error.response.data if hasattr(error.response, "data") else error.response
        code = string(part(data), "error")
        raise _NotSaid(f"Slack says {code[:80]}" if code else "Slack failed") from None
    except _FAILED:
        raise _NotSaid("Slack is not reached; check SLACK_API_URL and the network") from None
    except ValueError:  # it fits into no header
        raise _NotSaid("there are characters in it that no token has") from None
    return answer


def _granted(name: str, what: str, me: AsyncSlackResponse, mend: str) -> Check:
    data = part(me.data)
    opens = f"{what} opens {string(data, 'team')[:80]} as {string(data, 'user')[:80]}"
    header = next((v for k, v in me.headers.items() if k.lower() == SCOPES_HEADER), None)
    if header is None:
        return Check(name, ok=True, sentence=f"{opens}; Slack does not say what it grants")
    scopes = requirements().scopes
    lacking = requirements().lacking(scope.strip() for scope in str(header).split(","))
    if not lacking:
        return Check(name, ok=True, sentence=f"{opens}, with all scopes that are needed")
    missed = "; ".join(f"{scope} ({scopes[scope].without})" for scope in lacking)
    return Check(name, ok=False, sentence=f"{opens}, without {missed}", mend=mend)


def _differences(manifest: Payload, socket: bool) -> Iterable[str]:
    """Yield what an app's manifest lacks."""
    needs = requirements()
    told = _texts(part(manifest, "settings", "event_subscriptions"), "bot_events")
    for name, event in needs.events.items():
        if name not in told:
            yield f"no event {name} (by it, {event.does})"
    for scope in needs.lacking(_texts(part(manifest, "oauth_config", "scopes"), "bot")):
        yield f"no scope {scope} (without it, {needs.scopes[scope].without})"
    features, settings = part(manifest, "features"), part(manifest, "settings")
    commands = {string(each, "command") for each in objects(features, "slash_commands")}
    offered = {string(each, "callback_id") for each in objects(features, "shortcuts")}
    yield from (f"no {name}" for name in needs.features if not features.get(name))
    yield from (f"no command {name}" for name in {ids.COMMAND} - commands)
    yield from (f"no shortcut {name}" for name in _SHORTCUTS if name not in offered)
    if part(settings, "interactivity").get("is_enabled") is not True:
        yield "“Interactivity” is off"
    if (settings.get("socket_mode_enabled") is True) is not socket:
        yield "“Socket Mode” is off" if socket else "“Socket Mode” is on, without SLACK_APP_TOKEN"


def _texts(payload: Payload, name: str) -> frozenset[str]:
    found = payload.get(name)
    return frozenset(x for x in (found if isinstance(found, list) else ()) if isinstance(x, str))


def _app_of(app_token: str) -> str:
    """Return the app that an app-level token is of: "xapp-1-A0123-…"."""
    found = _APP_TOKEN.match(app_token)
    return found[1] if found else ""
