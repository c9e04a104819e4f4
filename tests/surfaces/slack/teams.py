"""Teams of the stand-in with tokens in the real store, and surfaces that serve them."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.installations import KeptInstallations
from integrations.contracts.delivery import Delivery, Target
from integrations.contracts.host import Accepted
from integrations.surfaces.slack.surface import SlackSettings, SlackSurface
from tests.standins.slack_people import Team
from tests.standins.slack_server import slack_server
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.incoming import Incoming
    from learning.store.store import Store
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, Installation, Message, User


class Noting(FakeHost):
    """A host that is told when we were put out, and answers nothing."""

    def __init__(self, now: Any) -> None:
        super().__init__(FakeBroadcast(), now)
        self.left: list[str] = []

    async def accept(self, incoming: Incoming) -> Accepted:
        known = {(event.workspace_id, event.event_id) for event in self.accepted}
        if (incoming.workspace_id, incoming.event_id) in known:
            return Accepted(duplicate=True)
        self.accepted.append(incoming)
        return Accepted(duplicate=False)

    async def leave(self, surface: str, workspace_id: str) -> None:
        assert surface == "slack"
        self.left.append(workspace_id)


@dataclass(slots=True)
class Tenancy:
    """A team that installed us."""

    team: Team
    ada: User
    general: Channel
    installed: Installation

    @property
    def called(self) -> str:
        return f"<@{self.installed.bot.id}>"

    def reply(self, text: str = "Yes.") -> Delivery:
        """A reply to Ada, by herself."""
        channel = self.team.dm(self.ada, self.installed.bot)
        target = Target(
            "slack", self.team.id, channel.id, "dm", self.ada.id, uuid4(), uuid4(), private=True
        )
        return Delivery(f"answer:{uuid4()}", target, text)

    def shown(self) -> list[Message]:
        return self.team.server.posts(self.team.dm(self.ada, self.installed.bot).id)


class Town:
    """Slack with teams in it, and any number of our processes."""

    def __init__(self, slack: SlackServer, store: Store, stack: AsyncExitStack) -> None:
        self.slack = slack
        self.stack = stack
        self.ahead = timedelta()
        """How far our clock is ahead of the real one."""
        self.kept = KeptInstallations(store, self.now)
        self.host = Noting(self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def found(self, name: str) -> Team:
        """Found a team that no other test knows."""
        team = Team(self.slack, f"T{uuid4().hex[:12].upper()}")
        self.slack.state.teams[team.id] = name
        return team

    def stranger(self, name: str) -> Tenancy:
        """Found a team that has us in a channel, by a token that we were not given."""
        team = self.found(name)
        ada, installed = team.user("ada"), team.install()
        return Tenancy(team, ada, team.channel("general", ada, installed.bot), installed)

    async def team(self, name: str) -> Tenancy:
        """Found a team that installed us by OAuth."""
        tenancy = self.stranger(name)
        await self.install(tenancy)
        return tenancy

    async def install(self, tenancy: Tenancy) -> None:
        """Be given a token by a team, and keep it."""
        tenancy.installed = tenancy.team.install()
        tenancy.general.members = [tenancy.ada.id, tenancy.installed.bot.id]
        token = self.slack.state.tokens[tenancy.installed.token]
        await self._keep(tenancy, token.expires_at)

    async def expire(self, tenancy: Tenancy, in_s: float) -> None:
        """Let a team's token expire so many seconds from now."""
        token = self.slack.state.tokens[tenancy.installed.token]
        token.expires_at = self.slack.state.now + in_s
        await self._keep(tenancy, time.time() + in_s)

    async def _keep(self, tenancy: Tenancy, expires_at: float | None) -> None:
        body = {
            "app_id": self.slack.app.id,
            "team_id": tenancy.team.id,
            "bot_token": tenancy.installed.token,
            "bot_id": tenancy.installed.bot.bot_id,
            "bot_user_id": tenancy.installed.bot.id,
            "bot_refresh_token": tenancy.installed.refresh_token or None,
            "bot_token_expires_at": expires_at and int(expires_at),
        }
        await self.kept.save("slack", tenancy.team.id, body)

    def process(self, **more: Any) -> SlackSurface:
        """Return the surface of one more process."""
        app = self.slack.app
        settings = SlackSettings(
            api_url=self.slack.api_url,
            client_id=app.client_id,
            client_secret=app.client_secret,
            **more,
        )
        surface = SlackSurface(settings, self.now, self.kept)
        self.stack.push_async_callback(surface.stop)
        return surface

    async def listening(self, **more: Any) -> SlackSurface:
        """Return the surface of a process that listens by Socket Mode."""
        self.slack.app.socket_mode = True
        surface = self.process(app_token=self.slack.app.app_token, **more)
        await surface.start(self.host)
        return surface


@asynccontextmanager
async def open_town(store: Store) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(slack_server())
        slack.state.now = time.time()
        yield Town(slack, store, stack)
