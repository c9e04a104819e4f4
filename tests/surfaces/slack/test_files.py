"""Files from Slack: who sees the token, how much is taken, and what is said when it is not."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from integrations.contracts.incoming import IncomingFile
from integrations.contracts.surface import FileUnavailable
from integrations.surfaces.slack.speaking.files import Files
from integrations.surfaces.slack.speaking.governor import Governor
from integrations.surfaces.slack.speaking.posting import Line
from tests.standins.slack_server import slack_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.standins.slack_server import SlackServer
    from tests.standins.slack_state import File


@dataclass
class Elsewhere:
    """A host that is not Slack's, and hopes for a token."""

    url: str
    seen: list[str] = field(default_factory=list)


@dataclass
class Here:
    slack: SlackServer
    line: Line
    file: File
    files: Files
    elsewhere: Elsewhere

    async def get(self, size: int = 0, name: str = "a.txt") -> bytes:
        wanted = IncomingFile(name=name, size=size, ref=self.file.id)
        return await self.files.fetch(self.line, wanted)

    async def refused(self, size: int = 0) -> str:
        with pytest.raises(FileUnavailable) as refusal:
            await self.get(size)
        return str(refusal.value)


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    elsewhere = Elsewhere("")

    async def take(request: web.Request) -> web.Response:
        elsewhere.seen.append(request.headers.get("Authorization", ""))
        return web.Response(text="stolen")

    app = web.Application()
    app.add_routes([web.get("/{any:.*}", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    elsewhere.url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
    async with slack_server() as slack, aiohttp.ClientSession() as session:
        slack.state.now = time.time()
        team = slack.team("acme")
        ada = team.user("ada")
        installed = team.install()
        general = team.channel("general", ada, installed.bot)
        file = team.file(ada, "a.txt", b"The launch is on 14 May.")
        await team.say(ada, general, "look", files=[file])
        governor = Governor()
        client = AsyncWebClient(installed.token, slack.api_url, session=session, retry_handlers=[])
        line = Line(governor, client, team.id)
        yield Here(slack, line, file, Files(slack.api_url, largest=1_000), elsewhere)
        await governor.close()
    await runner.cleanup()


async def test_a_file_is_fetched_whole_with_our_token(here: Here) -> None:
    assert await here.get() == b"The launch is on 14 May."


async def test_our_token_goes_to_no_other_host(here: Here) -> None:
    here.file.url = here.elsewhere.url
    assert "must not fetch" in await here.refused()
    assert here.elsewhere.seen == []
    # Slack's own hosts are spoken to over TLS only.
    here.file.url = "http://files.slack.com/x"
    assert "must not fetch" in await here.refused()
    real = Files("https://slack.com/api/")
    assert not real._trusted("https://slack.com/api/files/x")
    assert not real._trusted("https://files.slack.com.evil.example/x")
    assert real._trusted("https://files.slack.com/files-pri/T1-F1/a.txt")


async def test_a_redirect_to_elsewhere_is_not_followed(here: Here) -> None:
    here.file.redirect = here.elsewhere.url
    assert "files:read" in await here.refused()
    assert here.elsewhere.seen == []


async def test_no_more_is_taken_than_may_be(here: Here) -> None:
    assert "larger than" in await here.refused(size=1_001)
    assert here.slack.called("files.info") == []
    here.file.content = b"x" * 1_001  # whatever was said of its size
    assert "larger than" in await here.refused(size=10)


async def test_a_page_to_sign_in_is_no_file(here: Here) -> None:
    here.file.login = True
    assert "files:read" in await here.refused()
    here.file.mimetype = "text/html"
    assert "files:read" in await here.refused(size=50)
    here.file.login = False
    here.file.content = b"<html>x</html>"
    assert await here.get(len(here.file.content), "a.html") == b"<html>x</html>"


async def test_what_is_gone_is_said_to_be_gone(here: Here) -> None:
    del here.slack.state.files[here.file.id]
    assert "not there any more" in await here.refused()
