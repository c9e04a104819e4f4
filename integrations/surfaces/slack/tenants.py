"""The workspaces that we are in: the way to each of them, and who takes what comes from it.

Decides which workspace is served: one that a key is found for, when it is first needed.
Refuses to know what is said there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from integrations.contracts.surface import DeliveryFailure
from integrations.surfaces.slack.joined import Errands, Joined
from integrations.surfaces.slack.reading.payload import Bot
from integrations.surfaces.slack.reception import Reception
from integrations.surfaces.slack.replies import Replies
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.governor import LONGEST_WAIT_S, Governor
from integrations.surfaces.slack.speaking.live import LiveReplies
from integrations.surfaces.slack.speaking.posting import Line
from integrations.surfaces.slack.speaking.speech import Speech
from integrations.surfaces.slack.teams.client import TIMEOUT_S, SlackClient
from integrations.surfaces.slack.teams.outsiders import Circle
from integrations.surfaces.slack.teams.tokens import DEAD, GONE, SURFACE, Key, Keys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

    from integrations.contracts.host import Host
    from integrations.contracts.installations import Installations
    from integrations.surfaces.slack.reading.payload import Payload

DOUBTFUL: Final = frozenset({"invalid_auth", "invalid_refresh_token", "token_expired"})
"""Refusals that may have another reason than that we were put out."""


class NotJoined(DeliveryFailure):
    """We are not in the workspace, or not any more."""

    def __init__(self) -> None:
        super().__init__("Mynah is not installed in that Slack workspace.", final=True)


class KeyedLine(Line):
    """The way to a workspace, with whatever key opens it at the time."""

    def __init__(
        self, governor: Governor, client: AsyncWebClient, workspace: str, keys: Keys
    ) -> None:
        super().__init__(governor, client, workspace)
        self._keys = keys

    async def token(self) -> str:
        """Return the token, for what is fetched without a method.

        Raises:
            DeliveryFailure: if there is none.
        """
        return (await self._key()).token

    async def send(
        self,
        method: str,
        channel: str,
        ask: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
        *,
        coalesce: str | None = None,
        patience_s: float = LONGEST_WAIT_S,
    ) -> AsyncSlackResponse:
        """Make a call when it may go; once more if another process has a newer token.

        Raises:
            DeliveryFailure: if it fails; a ``SlackRefusal`` if that is Slack's last word.
        """
        return await self._through(await self._key(), method, channel, ask, coalesce, patience_s)

    async def asked(self, key: Key) -> None:
        """Ask whether a key, or the one that took its place, opens the workspace.

        Raises:
            DeliveryFailure: if it does not, or nobody can tell.
        """
        await self._through(key, "auth.test", "", lambda client: client.auth_test())

    async def _key(self) -> Key:
        key = await self._keys.fresh(self.workspace)
        if key is None:
            raise NotJoined
        return key

    async def _through(
        self,
        key: Key,
        method: str,
        channel: str,
        ask: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
        coalesce: str | None = None,
        patience_s: float = LONGEST_WAIT_S,
    ) -> AsyncSlackResponse:
        async def call(key: Key) -> AsyncSlackResponse:
            return await self._governor.call(
                method,
                channel,
                lambda: ask(key.client),
                workspace=self.workspace,
                coalesce=coalesce,
                patience_s=patience_s,
            )

        try:
            return await call(key)
        except SlackRefusal as refusal:
            if refusal.code not in DEAD:
                raise
            newer = await self._keys.after(key, refusal.code)
            if newer is None:
                raise
        return await call(newer)


class Outward:
    """The way to the Web API, with everything that waits on it.

    Args:
        own: SLACK_BOT_TOKEN, if it is set.
        app: the app's client id and secret.
        api_url: where the Web API is.
        installations: where the tokens of workspaces are kept.
        now: tells the time.
    """

    def __init__(
        self,
        own: str,
        app: tuple[str, str],
        api_url: str,
        installations: Installations | None,
        now: Callable[[], datetime],
    ) -> None:
        self._api_url = api_url
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        self.governor = Governor()
        self.replies = LiveReplies()
        self.keys = Keys(own, self._who, installations, self.client, app, now)
        self._blank = self.client("")
        self._circles: dict[str, Circle] = {}

    def client(self, token: str) -> SlackClient:
        """Return what makes calls with a token."""
        return SlackClient(token, self._api_url, self.session)

    def line(self, workspace: str) -> KeyedLine:
        """Return the way to a workspace."""
        return KeyedLine(self.governor, self._blank, workspace, self.keys)

    def circle(self, workspace: str) -> Circle:
        """Return who is in a workspace."""
        if workspace not in self._circles:
            self._circles[workspace] = Circle(self.line(workspace))
        return self._circles[workspace]

    async def holds(self, workspace: str) -> bool:
        """Tell whether Slack still lets us into a workspace.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        key = await self.keys.newest(workspace)
        if key is None:
            return False
        try:
            await self.line(workspace).asked(key)
        except SlackRefusal as refusal:
            if refusal.code in GONE or (key.out and refusal.code in DOUBTFUL):
                return False
            raise
        await self.keys.enter(key)
        return True

    async def left(self, workspace: str) -> None:
        """Say no more in a workspace."""
        self._circles.pop(workspace, None)
        await self.keys.leave(workspace)

    async def close(self) -> None:
        """See open streams through, send what was begun, and hang up."""
        await self.replies.close()
        await self.governor.close()
        await self.session.close()

    async def _who(self, client: SlackClient) -> tuple[Bot, str]:
        me = await Line(self.governor, client, "").send(
            "auth.test", "", lambda client: client.auth_test()
        )
        whole = me.get("is_enterprise_install") and me.get("enterprise_id")
        return Bot(me["user_id"], me.get("bot_id") or ""), str(whole or me["team_id"])


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace, and who takes what comes from it."""

    joined: Joined
    reception: Reception
    presses: Replies
    installed: bool
    """Whether somebody installed us there, rather than the environment having the token."""

    async def take(self, body: Payload) -> dict[str, Any]:
        """Take a payload; return what Slack is answered at once."""
        if body.get("type") != "event_callback":
            return await self.presses.take(body)
        await self.reception.take(body)
        return {}


class Tenants:
    """The workspaces that something came from.

    Args:
        outward: the way to all of them.
        host: whom we serve.
        now: tells the time.
    """

    def __init__(self, outward: Outward, host: Host, now: Callable[[], datetime]) -> None:
        self._outward = outward
        self._host = host
        self._now = now
        self._known: dict[str, Tenant] = {}
        self._log = structlog.get_logger("mynah.slack")
        self.errands = Errands()

    async def of(self, workspace_id: str) -> Tenant | None:
        """Return a workspace; None if we are not in it.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        if (known := self._known.get(workspace_id)) is not None:
            return known
        key = await self._outward.keys.of(workspace_id)
        if key is None:
            return None
        outward = self._outward
        line = outward.line(workspace_id)
        joined = Joined(
            workspace_id,
            key.bot,
            self._host,
            line,
            Speech(line, outward.session),
            self.errands,
            self._now,
            outward.circle(workspace_id),
        )

        async def leave() -> None:
            await self.leave(workspace_id)

        installed = key.installation is not None
        made = Tenant(joined, Reception(joined, leave), Replies(joined), installed)
        return self._known.setdefault(workspace_id, made)

    def forget(self, workspace_id: str) -> None:
        """Look at a workspace anew when something comes from it: it let us in, or is gone."""
        self._known.pop(workspace_id, None)
        self._outward.keys.renewed(workspace_id)

    async def leave(self, workspace_id: str) -> None:
        """Take in that we were put out of a workspace; an old piece of news is found out."""
        self._known.pop(workspace_id, None)
        await self._outward.left(workspace_id)
        await self._host.leave(SURFACE, workspace_id)
        self.errands.run("look whether we were put out", self._look(workspace_id))

    async def _look(self, workspace_id: str) -> None:
        if await self._outward.holds(workspace_id):
            self._log.info("still in the workspace", workspace=workspace_id)
