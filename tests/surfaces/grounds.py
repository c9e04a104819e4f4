"""Every surface with whatever is behind it, to see that all of them keep to the same port.

A new surface joins ``GROUNDS`` with a way to open it, and to see what it shows.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from discord.gateway import DiscordWebSocket
from discord.http import Route

from integrations.contracts.delivery import Target
from integrations.surfaces.console import ConsoleSurface
from integrations.surfaces.discord.hearing.places import ref_of
from integrations.surfaces.discord.surface import DiscordSettings, DiscordSurface
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from integrations.surfaces.web.surface import WebSurface
from tests.standins.discord_server import discord_server
from tests.standins.slack_server import slack_server
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from integrations.contracts.host import Host
    from integrations.contracts.surface import Surface


@dataclass(frozen=True, slots=True)
class Ground:
    """A question that somebody asked, and where the answer will be seen.

    Attributes:
        open: returns the surface as another process has it, which knows nothing of this one.
        target: where the question was asked.
        events: tells what was shown so far while a reply was written.
        shown: tells what people see of ours now, where the platform keeps that.
    """

    open: Callable[[], Surface]
    surface: Surface
    host: Host
    target: Target
    events: Callable[[], Sequence[object]]
    shown: Callable[[], Sequence[str]]


def now() -> datetime:
    return datetime(2026, 5, 4, tzinfo=UTC)


def _target(
    surface: str, where: tuple[str, str, str, str], *, private: bool = False, ref: str = ""
) -> Target:
    return Target(surface, *where, uuid4(), uuid4(), private=private, message_ref=ref)


@asynccontextmanager
async def _beside_us(make: Callable[[FakeBroadcast], Surface]) -> AsyncIterator[Ground]:
    """A surface that shows the transcript itself, and is told of changes."""
    broadcast = FakeBroadcast()
    surface = make(broadcast)
    target = _target(surface.name, ("w", "c", "t", "u"), private=True)

    def events() -> list[str]:
        mine = [event for there, event in broadcast.published if there == target.conversation_id]
        return [event.kind for event in mine if event.interaction_id == target.interaction_id]

    host = FakeHost(broadcast, now)
    yield Ground(lambda: make(broadcast), surface, host, target, events, list)


def _web() -> AbstractAsyncContextManager[Ground]:
    return _beside_us(lambda broadcast: WebSurface("w", broadcast))


def _console() -> AbstractAsyncContextManager[Ground]:
    return _beside_us(ConsoleSurface)


@asynccontextmanager
async def _slack() -> AsyncIterator[Ground]:
    async with slack_server() as slack:
        slack.state.now = time.time()
        slack.app.socket_mode = True
        team = slack.team("acme")
        ada = team.user("ada")
        installed = team.install()
        general = team.channel("general", ada, installed.bot)
        settings = SlackSettings(installed.token, slack.app.app_token, api_url=slack.api_url)
        asked = await team.say(ada, general, "hello")
        yield Ground(
            lambda: SlackSurface(settings, now),
            SlackSurface(settings, now),
            FakeHost(FakeBroadcast(), now),
            _target("slack", (team.id, general.id, asked.ts, ada.id)),
            lambda: slack.calls,
            lambda: [f"{post.text} {post.blocks}" for post in slack.posts(general.id)],
        )


@asynccontextmanager
async def _discord() -> AsyncIterator[Ground]:
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with discord_server() as discord:
        guild = discord.guild("acme")
        ada = discord.user("ada")
        guild.join(ada)
        general = guild.channel("general")
        guild.install()
        at = (discord.token, discord.api_url, discord.gateway_url)
        settings = DiscordSettings(*at, edits=True)
        asked = await general.say(ada, f"{discord.bot.mention} hello")
        where = (guild.id, general.id, asked.id, ada.id)
        yield Ground(
            lambda: DiscordSurface(settings, now),
            DiscordSurface(settings, now),
            FakeHost(FakeBroadcast(), now),
            _target("discord", where, ref=ref_of(general.id, asked.id)),
            lambda: discord.state.typed,
            lambda: [f"{post.text} {post.components}" for post in discord.posts(general)],
        )
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


GROUNDS: Mapping[str, Callable[[], AbstractAsyncContextManager[Ground]]] = {
    "web": _web,
    "console": _console,
    "slack": _slack,
    "discord": _discord,
}
