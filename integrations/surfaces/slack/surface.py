"""Slack as a surface: one workspace, by its token.

Sequence only: joins what comes in, what goes out and the connection. What is delivered needs
no connection of its own, so that a worker beside the server can deliver too.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response

from integrations.contracts.surface import Capabilities, DeliveryFailure
from integrations.surfaces.slack.failures import SlackRefusal
from integrations.surfaces.slack.governor import Governor
from integrations.surfaces.slack.joined import Errands, Joined
from integrations.surfaces.slack.listening import Listening, SlackUnavailable
from integrations.surfaces.slack.live import LiveReplies
from integrations.surfaces.slack.payload import Bot
from integrations.surfaces.slack.posting import Line, Spot
from integrations.surfaces.slack.reception import Reception
from integrations.surfaces.slack.rendering import render
from integrations.surfaces.slack.replies import Replies
from integrations.surfaces.slack.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from fastapi import FastAPI

    from integrations.contracts.surface import Delivery, Host, Live, Target

NAME: Final = "slack"
PATH: Final = "/slack/events"
API_URL: Final = "https://slack.com/api/"
MOST_CHARS: Final = 100_000
"""Of a reply: several messages of 12,000."""
TIMEOUT_S: Final = 30
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What it takes to be in a workspace.

    Attributes:
        bot_token: ``xoxb-…``: to speak.
        app_token: ``xapp-…``: to listen by Socket Mode, if it is set.
        signing_secret: to listen by HTTP, if it is set.
        api_url: where the Web API is.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = API_URL


class _Outward:
    """The way to the Web API, with everything that waits on it."""

    def __init__(self, settings: SlackSettings) -> None:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        self.client = AsyncWebClient(
            settings.bot_token,
            base_url=settings.api_url,
            timeout=TIMEOUT_S,
            session=self.session,
            retry_handlers=[],  # repeating calls is the governor's business
        )
        self.governor = Governor()
        self.replies = LiveReplies()

    def line(self, workspace: str) -> Line:
        """Return the way to a workspace."""
        return Line(self.governor, self.client, workspace)

    async def close(self) -> None:
        """See open streams through, send what was begun, and hang up."""
        await self.replies.close()
        await self.governor.close()
        await self.session.close()


class _Unseen:
    """Implements ``Live`` where nobody can be shown anything any more."""

    async def status(self, text: str) -> None:
        """Show nothing."""

    async def append(self, text: str) -> None:
        """Show nothing."""

    async def restart(self) -> None:
        """Take nothing back."""


class SlackSurface:
    """Implements ``Surface`` for one workspace of Slack.

    Args:
        settings: tokens and addresses.
        now: tells the time.
    """

    def __init__(self, settings: SlackSettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._outward: _Outward | None = None
        self._joined: Joined | None = None
        self._reception: Reception | None = None
        self._presses: Replies | None = None
        self._listening: Listening | None = None
        self._gone = False
        self._log = structlog.get_logger("mynah.slack")

    @property
    def name(self) -> str:
        """``slack``."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """What this surface can do."""
        return Capabilities(streaming=True, max_chars=MOST_CHARS)

    async def start(self, host: Host) -> None:
        """Find out who we are, and begin to listen.

        Raises:
            SlackUnavailable: if Slack does not know us; the message says what to do.
        """
        outward = self._out()
        bot, workspace = await self._who(outward)
        line = outward.line(workspace)
        speech = Speech(line, outward.session)
        self._gone = False
        self._joined = Joined(workspace, bot, host, line, speech, Errands(), self._now)
        self._reception = Reception(self._joined, self._leave)
        self._presses = Replies(self._joined)
        settings = self._settings
        self._listening = Listening(self._take, settings.signing_secret, settings.api_url)
        if settings.app_token:
            await self._listening.connect(settings.app_token)
        elif not settings.signing_secret:
            self._log.warning("not listening", why="no SLACK_APP_TOKEN, no SLACK_SIGNING_SECRET")

    async def stop(self) -> None:
        """Stop listening, and finish what was begun."""
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.close()
        joined, self._joined = self._joined, None
        if joined is not None:
            await joined.errands.finish()
        outward, self._outward = self._outward, None
        if outward is not None:
            await outward.close()

    def mount(self, app: FastAPI) -> None:
        """Add the address that Slack sends requests to."""

        @app.post(PATH)
        async def events(request: Request) -> Response:
            """Take what Slack sends."""
            if self._listening is None:
                return Response("not listening", status_code=_UNAVAILABLE)
            return await self._listening.serve(request)

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        """Open a reply that can be watched while it is written."""
        if self._gone:
            return nullcontext(_Unseen())
        outward = self._out()
        return outward.replies.open(
            outward.line(target.workspace_id),
            Spot.of(target),
            target.interaction_id or target.conversation_id,
        )

    async def deliver(self, delivery: Delivery) -> str:
        """Show the reply once; return "CHANNEL:TS" of its messages, joined by commas.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        if delivery.ref:
            return delivery.ref
        if self._gone:
            raise DeliveryFailure("The app is no longer in the workspace.", final=True)
        outward, target = self._out(), delivery.target
        return await outward.replies.deliver(
            outward.line(target.workspace_id),
            Spot.of(target),
            target.interaction_id,
            render(delivery),
            delivery.key,
        )

    async def _take(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a payload.

        Raises:
            SlackUnavailable: if we are stopping; another process takes it, or we do later.
        """
        if self._joined is None or self._reception is None or self._presses is None:
            raise SlackUnavailable("Mynah is stopping")
        if body.get("type") == "event_callback":
            await self._reception.take(body)
            return {}
        return await self._presses.take(body)

    def _out(self) -> _Outward:
        if self._outward is None:
            self._outward = _Outward(self._settings)
        return self._outward

    def _leave(self) -> None:
        self._gone = True

    @staticmethod
    async def _who(outward: _Outward) -> tuple[Bot, str]:
        try:
            me = await outward.line("").send("auth.test", "", lambda client: client.auth_test())
        except SlackRefusal as refusal:
            raise SlackUnavailable(
                f"Slack does not take SLACK_BOT_TOKEN ({refusal.code}): copy the bot token "
                "(xoxb-…) from “OAuth & Permissions” of the app's settings"
            ) from None
        except DeliveryFailure as failure:
            raise SlackUnavailable(f"{failure} Check SLACK_API_URL and the network.") from None
        whole = me.get("is_enterprise_install") and me.get("enterprise_id")
        return Bot(me["user_id"], me.get("bot_id") or ""), str(whole or me["team_id"])
