"""Slack under load: events over HTTP, signed and sent by a process of their own."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from tests.benchmarks.load.children import child
from tests.benchmarks.load.ground import Bot, Ground, mynah_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path


class InSlack(Ground):
    """The strict stand-in for Slack; the bare bot is slack-bolt."""

    module = "tests.benchmarks.load.slack_place"
    rate = 200.0
    events = 2  # a mention comes as a message too
    acknowledged = True

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[Bot]:
        """Run slack-bolt alone."""
        first, installed = self.place.first, await self.place.ask("install")
        async with child(
            *("tests.benchmarks.load.slack_bare", first["api_url"], first["secret"]),
            json.dumps(installed["tokens"]),
        ) as bare:
            bot = Bot(bare.tree, list, url=bare.first["url"])
            await self.place.ask("point", url=bot.url)
            yield bot

    @asynccontextmanager
    async def mynah(self, workspaces: int) -> AsyncIterator[Bot]:
        """Run ``mynah run`` as a company does that offers it: every team installs it by OAuth."""
        first = self.place.first
        environment = {
            "SLACK_CLIENT_ID": first["client_id"],
            "SLACK_CLIENT_SECRET": first["client_secret"],
            "SLACK_SIGNING_SECRET": first["secret"],
            "SLACK_API_URL": first["api_url"],
        }
        async with mynah_run(self.folder / "home", environment) as (address, running):
            await self._install(address, workspaces)
            bot = replace(running, url=f"{address}/slack/events")
            await self.place.ask("point", url=bot.url)
            yield bot

    async def prepare(self, texts: Sequence[str]) -> None:
        """Let people say it; what Slack makes of it waits in a file."""
        await self.place.ask("ask", texts=texts, path=str(self._path))

    async def send(self, bot: Bot, rate: float) -> list[dict[str, Any]]:
        """Send the events."""
        async with child(
            *("tests.benchmarks.load.slack_asker", str(self._path), bot.url),
            *(self.place.first["secret"], str(rate)),
        ) as asker:
            events: list[dict[str, Any]] = asker.first["events"]
            return events

    @property
    def _path(self) -> Path:
        return self.folder / "events.jsonl"

    async def _install(self, address: str, workspaces: int) -> None:
        """Let somebody of every team install the app, as their browser does it."""
        place = self.place
        await place.ask("redirect", url=f"{address}/slack/oauth_redirect")
        async with httpx.AsyncClient(base_url=address, trust_env=False) as browser:
            for number in range(workspaces):
                begun = await browser.get("/slack/install")
                back = await place.ask("approve", number=number, url=begun.headers["Location"])
                # A browser sends secure cookies to its own machine; this client does not.
                cookie = begun.headers["Set-Cookie"].partition(";")[0]
                done = await browser.get(back["url"], headers={"Cookie": cookie})
                done.raise_for_status()
