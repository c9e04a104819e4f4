"""A whole Mynah in a workspace of the stand-in for Slack."""

from __future__ import annotations

import json
import re
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bot.app import open_mynah
from bot.server import listen, serve
from integrations.surfaces.slack.surface import SlackSurface
from tests.bot.support import rows, settings_of
from tests.standins.slack_server import slack_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.app import Mynah
    from tests.standins.slack_people import Team
    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import Channel, Installation, Message, User


@dataclass(slots=True)
class Place:
    """A team with Ada and Bob in it, a channel, and the Mynah they talk to."""

    slack: SlackServer
    team: Team
    ada: User
    bob: User
    installed: Installation
    general: Channel
    mynah: Mynah

    @property
    def me(self) -> User:
        return self.installed.bot

    @property
    def called(self) -> str:
        """How a message calls us."""
        return f"<@{self.me.id}>"

    def dm(self, user: User) -> Channel:
        return self.team.dm(self.me, user)

    async def work(self) -> None:
        """Work until everything is answered and shown."""
        surface = self.mynah.surfaces["slack"]
        assert isinstance(surface, SlackSurface)
        if surface._tenants is not None:
            await surface._tenants.errands.finish()
        await self.mynah.work_off()
        await self.slack.courier.settled()

    def answers(self, channel: Channel, thread_ts: str = "") -> list[Message]:
        """What everybody in a channel sees of ours."""
        return [m for m in self.slack.posts(channel.id, thread_ts) if not m.ephemeral_to]

    def whispers(self, user: User, channel: Channel) -> list[str]:
        """What a person sees of ours that nobody else does."""
        shown = self.slack.posts(channel.id)
        return [words(m) for m in shown if m.ephemeral_to == user.id]

    async def ask(self, user: User, channel: Channel, text: str, thread_ts: str = "") -> Message:
        """Say something and work; return the one answer that came."""
        before = len(self.answers(channel))
        await self.team.say(user, channel, text, thread_ts or None)
        await self.work()
        (answer,) = self.answers(channel)[before:]
        return answer

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return rows(self.mynah.conninfo, query, self.team.id, *parameters)

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE workspace_id = %s")[0][0])

    def hurry(self) -> None:
        """Make jobs that wait for their time due at once."""
        rows(
            self.mynah.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'",
        )

    def ratings(self) -> list[float | None]:
        found = self.rows("SELECT rating FROM interactions WHERE workspace_id = %s ORDER BY id")
        return [rating for (rating,) in found]


def listed(name: str) -> frozenset[str]:
    """A list of the manifest's: what Slack lets us do and tells us is no more than that."""
    text = (Path(__file__).parents[2] / "manifest.yml").read_text("utf-8")
    found = re.search(rf"^( *){name}:\n((?:\1  - \S+\n)+)", text, re.MULTILINE)
    assert found is not None
    return frozenset(re.findall(r"- (\S+)", found[2]))


def words(message: Message) -> str:
    """Everything that a message shows."""
    return message.text + " " + json.dumps(message.blocks, ensure_ascii=False)


@asynccontextmanager
async def open_place(
    home: object, conninfo: str, key: str, *, socket: bool, **values: Any
) -> AsyncIterator[Place]:
    """Open a Mynah that hears by Socket Mode, or by signed requests to its web server."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(slack_server())
        slack.state.now = time.time()  # ids of interactions tell the real time
        team = slack.team("acme")
        ada, bob = team.user("ada"), team.user("bob")
        installed = team.install(scopes=listed("bot"))
        general = team.channel("general", ada, bob, installed.bot)
        app = slack.app
        app.socket_mode = socket
        app.events = listed("bot_events")
        listens = (
            {"SLACK_APP_TOKEN": app.app_token}
            if socket
            else {"SLACK_SIGNING_SECRET": app.signing_secret}
        )
        settings = settings_of(
            home,
            conninfo,
            key,
            SLACK_BOT_TOKEN=installed.token,
            SLACK_API_URL=slack.api_url,
            **listens,
            **values,
        )
        only = ["slack"] if socket else ["web", "slack"]
        mynah = await stack.enter_async_context(open_mynah(settings, only=only))
        surface = mynah.surfaces["slack"]
        await surface.start(mynah.host)
        stack.push_async_callback(surface.stop)
        if not socket:
            listening = listen("127.0.0.1", 0)
            stack.callback(listening.close)
            await stack.enter_async_context(serve(mynah, listening))
            app.request_url = f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events"
        yield Place(slack, team, ada, bob, installed, general, mynah)


@dataclass(slots=True)
class Site:
    """A Mynah that anybody may install in their team, on a web server of its own."""

    slack: SlackServer
    mynah: Mynah
    browser: httpx.AsyncClient

    async def install(self, team: Team, user: User, *, deny: bool = False) -> httpx.Response:
        """Do what somebody does who installs us; return the page they end on."""
        begun = await self.browser.get("/slack/install")
        back = team.approve(begun.headers["Location"], user, deny=deny)
        # A browser sends secure cookies to its own machine; this client does not.
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        return await self.browser.get(back, headers={"Cookie": cookie})

    async def place(self, name: str) -> Place:
        """Found a team with Ada and Bob in it, who have us installed, in a channel."""
        team = self.slack.team(name)
        ada, bob = team.user("ada", admin=True), team.user("bob")
        assert (await self.install(team, ada)).status_code == 200
        return self.again(team, ada, bob, team.channel("general", ada, bob))

    def again(self, team: Team, ada: User, bob: User, general: Channel) -> Place:
        """Be invited to a channel of a team that installed us."""
        installed = self.slack.state.installation(self.slack.app.id, team.id)
        assert installed is not None
        general.members.append(installed.bot.id)
        return Place(self.slack, team, ada, bob, installed, general, self.mynah)


@asynccontextmanager
async def open_site(
    home: object, conninfo: str, key: str, *, socket: bool = False, **values: Any
) -> AsyncIterator[Site]:
    """Open a Mynah without a token: who wants it installs it."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(slack_server())
        slack.state.now = time.time()
        app = slack.app
        app.events = listed("bot_events")
        app.socket_mode = socket
        given = {
            "SLACK_CLIENT_ID": app.client_id,
            "SLACK_CLIENT_SECRET": app.client_secret,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "SLACK_API_URL": slack.api_url,
        }
        if socket:
            given["SLACK_APP_TOKEN"] = app.app_token
        settings = settings_of(home, conninfo, key, **given, **values)
        mynah = await stack.enter_async_context(open_mynah(settings, only=["web", "slack"]))
        surface = mynah.surfaces["slack"]
        await surface.start(mynah.host)
        stack.push_async_callback(surface.stop)
        listening = listen("127.0.0.1", 0)
        stack.callback(listening.close)
        await stack.enter_async_context(serve(mynah, listening))
        root = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app.request_url = f"{root}/slack/events"
        app.redirect_urls = {f"{root}/slack/oauth_redirect"}
        browser = await stack.enter_async_context(
            # It comes by a name of the internet's, through a tunnel.
            httpx.AsyncClient(base_url=root, trust_env=False, headers={"Host": "mynah.example"})
        )
        yield Site(slack, mynah, browser)
