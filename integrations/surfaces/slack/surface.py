"""Slack as a surface: all workspaces that let us in.

Sequence only: joins what comes in, what goes out and the connection. What is delivered needs
no connection of its own, so that a worker beside the server can deliver too.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.requests import Request  # noqa: TC002 - FastAPI reads the annotation
from starlette.responses import Response

from integrations.contracts.surface import Capabilities, DeliveryFailure, Surface
from integrations.surfaces.beneath import above, ordered
from integrations.surfaces.slack.listening import Listening, SlackUnavailable
from integrations.surfaces.slack.reading.payload import installation, string
from integrations.surfaces.slack.speaking.failures import SlackRefusal
from integrations.surfaces.slack.speaking.files import Files
from integrations.surfaces.slack.speaking.posting import Spot
from integrations.surfaces.slack.speaking.rendering import render, render_below
from integrations.surfaces.slack.speaking.standing import restate, withdraw
from integrations.surfaces.slack.teams.oauth import INSTALL_PATH, REDIRECT_PATH, Installing
from integrations.surfaces.slack.teams.tokens import SURFACE
from integrations.surfaces.slack.tenants import Outward, Tenants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from fastapi import FastAPI

    from integrations.contracts.delivery import Delivery, Standing, Target
    from integrations.contracts.host import Host
    from integrations.contracts.incoming import IncomingFile
    from integrations.contracts.installations import Installations
    from integrations.contracts.surface import Live, Presence
    from integrations.contracts.surface import Spot as Somewhere

NAME: Final = SURFACE
PATH: Final = "/slack/events"
API_URL: Final = "https://slack.com/api/"
MOST_CHARS: Final = 100_000
"""Of a reply: several messages of 12,000."""
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What it takes to be in workspaces.

    Attributes:
        bot_token: ``xoxb-…``: to speak in one workspace that the app was put into by hand.
        app_token: ``xapp-…``: to listen by Socket Mode, if it is set.
        signing_secret: to listen by HTTP, if it is set.
        api_url: where the Web API is.
        client_id: with ``client_secret``: to be installed in any number of workspaces.
        client_secret: see ``client_id``.
        sockets: links of Socket Mode to hold at once.
    """

    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = API_URL
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    sockets: int = 1


class _Unseen:
    """Implements ``Live`` where nobody is left to see it."""

    async def status(self, text: str) -> None:
        """Show nothing."""

    async def append(self, text: str) -> None:
        """Show nothing."""

    async def restart(self) -> None:
        """Take nothing back."""


class SlackSurface(Surface):
    """Implements ``Surface`` for the workspaces of Slack.

    Args:
        settings: tokens and addresses.
        now: tells the time.
        installations: where the tokens of workspaces are kept that install the app.
    """

    def __init__(
        self,
        settings: SlackSettings,
        now: Callable[[], datetime],
        installations: Installations | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._installations = installations
        self._files = Files(settings.api_url)
        self._outward: Outward | None = None
        self._tenants: Tenants | None = None
        self._installing: Installing | None = None
        self._listening: Listening | None = None
        self._log = structlog.get_logger("mynah.slack")

    @property
    def name(self) -> str:
        """``slack``."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """What this surface can do."""
        return Capabilities(streaming=True, max_chars=MOST_CHARS, keeps=True)

    async def start(self, host: Host) -> None:
        """Find out who we are, and begin to listen.

        Raises:
            SlackUnavailable: if Slack does not know us; the message says what to do.
        """
        settings, outward = self._settings, self._out()
        if bool(settings.client_id) is not bool(settings.client_secret):
            missing = "SLACK_CLIENT_SECRET" if settings.client_id else "SLACK_CLIENT_ID"
            raise SlackUnavailable(
                f"{missing} is missing: copy it from “Basic Information” of the app's settings"
            )
        if settings.bot_token:
            await self._check(outward)
        self._tenants = Tenants(outward, host, self._now)
        if settings.client_id and self._installations is not None:
            self._installing = Installing(
                settings.client_id,
                settings.client_secret,
                settings.api_url,
                outward.client(""),
                self._installations,
                self._tenants.forget,
            )
        self._listening = Listening(self._take, settings.signing_secret, settings.api_url)
        if settings.app_token:
            await self._listening.connect(settings.app_token, settings.sockets)
        elif not settings.signing_secret:
            self._log.warning("not listening", why="no SLACK_APP_TOKEN, no SLACK_SIGNING_SECRET")

    async def stop(self) -> None:
        """Stop listening, and finish what was begun."""
        self._installing = None
        listening, self._listening = self._listening, None
        if listening is not None:
            await listening.close()
        tenants, self._tenants = self._tenants, None
        if tenants is not None:
            await tenants.errands.finish()
        outward, self._outward = self._outward, None
        if outward is not None:
            await outward.close()

    def mount(self, app: FastAPI) -> None:
        """Add the addresses that Slack sends requests, and people who install us, to."""

        @app.post(PATH)
        async def events(request: Request) -> Response:
            """Take what Slack sends."""
            if self._listening is None:
                return Response("not listening", status_code=_UNAVAILABLE)
            return await self._listening.serve(request)

        if not self._settings.client_id:
            return

        @app.get(INSTALL_PATH)
        async def install(request: Request) -> Response:
            """Send somebody to Slack, to let us into their workspace."""
            if self._installing is None:
                return Response("not listening", status_code=_UNAVAILABLE)
            return await self._installing.begin(request)

        @app.get(REDIRECT_PATH)
        async def installed(request: Request) -> Response:
            """Take in that somebody let us in, or did not."""
            if self._installing is None:
                return Response("not listening", status_code=_UNAVAILABLE)
            return await self._installing.end(request)

    @asynccontextmanager
    async def live(self, target: Target) -> AsyncIterator[Live]:
        """Open a reply that can be watched while it is written."""
        outward = self._out()
        if await outward.circle(target.workspace_id).gone(target):
            yield _Unseen()
            return
        async with outward.replies.open(
            outward.line(target.workspace_id),
            Spot.of(target),
            target.interaction_id or target.conversation_id,
        ) as live:
            yield live

    async def abandon(self, target: Target) -> None:
        """Take away what was shown of a reply that will not come, whoever of us wrote it."""
        if target.interaction_id is not None:
            line = self._out().line(target.workspace_id)
            await self._out().replies.abandon(line, Spot.of(target), target.interaction_id)

    async def deliver(self, delivery: Delivery) -> str:
        """Show the reply once; return "CHANNEL:TS" of its messages, joined by commas.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        if delivery.ref:
            return delivery.ref
        outward, target = self._out(), delivery.target
        if await outward.circle(target.workspace_id).gone(target):
            raise DeliveryFailure("Their account in Slack is deactivated.", final=True)
        line, spot = outward.line(target.workspace_id), Spot.of(target)
        posts = render(delivery, asker=await self._asker(delivery))
        ref = await outward.replies.deliver(line, spot, target.interaction_id, posts, delivery.key)
        if not (under := render_below(delivery)):
            return ref
        _, _, first = ref.partition(",")[0].rpartition(":")
        spot = replace(spot, thread_ts=spot.thread_ts or first, title="")
        below = await outward.replies.deliver(
            line, spot, target.interaction_id, under, f"{delivery.key}:below"
        )
        return f"{ref},{below}"

    async def restate(self, delivery: Delivery, standing: Standing) -> None:
        """Show below a reply what became of it.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        target = delivery.target
        posts = render(delivery, standing, asker=await self._asker(delivery))
        line = self._out().line(target.workspace_id)
        ref = above(delivery.ref or "", len(render_below(delivery)))
        await restate(line, Spot.of(target), posts, ref, delivery.key)

    async def withdraw(self, workspace_id: str, ref: str) -> None:
        """Delete the messages of a reply.

        Raises:
            DeliveryFailure: if one of them cannot be deleted now.
        """
        await withdraw(self._out().line(workspace_id), ref)

    async def outsiders(self, target: Target) -> bool:
        """Tell whether a guest, or somebody of another organisation, reads along."""
        return await self._out().circle(target.workspace_id).reads(target)

    async def fetch(self, workspace_id: str, file: IncomingFile) -> bytes:
        """Return what a file holds that came with a message.

        Raises:
            FileUnavailable: if it cannot be had, or is larger than it may be.
        """
        return await self._files.fetch(self._out().line(workspace_id), file)

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Somewhere:
        """Return where something can be said on a person's behalf, or to them.

        Raises:
            NoSuchSpot: if there is none, or it is not for them, or not for us.
            DeliveryFailure: if it cannot be told now.
        """
        return await self._out().circle(workspace_id).spots.spot(user_id, name)

    async def presence(self, workspace_id: str, user_id: str) -> Presence:
        """Tell whether somebody can be spoken to first.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        return await self._out().circle(workspace_id).presences.of(user_id, self._now())

    async def zone(self, workspace_id: str, user_id: str) -> str:
        """Return the name of somebody's time zone; empty if that cannot be told."""
        try:
            return (await self._out().circle(workspace_id).people.member(user_id)).tz
        except DeliveryFailure:
            return ""

    async def _asker(self, delivery: Delivery) -> str:
        """Return the name of who wanted something said before others; their id if it is unknown."""
        if not ordered(delivery):
            return ""
        who = delivery.target.user_id
        circle = self._out().circle(delivery.target.workspace_id)
        return (await circle.people.member(who)).name or who

    async def holds(self, workspace_id: str) -> bool:
        """Tell whether Slack still lets us into a workspace.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        return await self._out().holds(workspace_id)

    async def _take(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take a payload.

        Raises:
            SlackUnavailable: if we are stopping; another process takes it, or we do later.
        """
        tenants = self._tenants
        if tenants is None:
            raise SlackUnavailable("Mynah is stopping")
        workspace = installation(body).workspace_id
        tenant = await tenants.of(workspace)
        if tenant is not None:
            kept = self._installations if tenant.installed else None
            with nullcontext() if kept is None else kept.staying():
                return await tenant.take(body)
            tenants.forget(workspace)  # another process erased it
            self._log.info("let be: not installed there any more", workspace=workspace)
        elif string(body, "event", "type") == "app_uninstalled" and self._settings.bot_token:
            await tenants.leave(workspace)  # nothing says any more whose our own token was
        else:
            self._log.info("let be: not installed there", workspace=workspace)
        return {}

    def _out(self) -> Outward:
        if self._outward is None:
            settings = self._settings
            self._outward = Outward(
                settings.bot_token,
                (settings.client_id, settings.client_secret),
                settings.api_url,
                self._installations,
                self._now,
            )
        return self._outward

    @staticmethod
    async def _check(outward: Outward) -> None:
        try:
            await outward.keys.own()
        except SlackRefusal as refusal:
            raise SlackUnavailable(
                f"Slack does not take SLACK_BOT_TOKEN ({refusal.code}): copy the bot token "
                "(xoxb-…) from “OAuth & Permissions” of the app's settings"
            ) from None
        except DeliveryFailure as failure:
            raise SlackUnavailable(f"{failure} Check SLACK_API_URL and the network.") from None
