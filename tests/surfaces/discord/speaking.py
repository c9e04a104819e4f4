"""A channel in which somebody asked, a client that may speak there, and replies to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from integrations.contracts.delivery import Delivery, Target
from integrations.surfaces.discord.client import logged_in
from integrations.surfaces.discord.hearing.places import ref_of, spot_of
from integrations.surfaces.discord.showing.live import LiveReplies
from integrations.surfaces.discord.showing.posting import Poster
from integrations.surfaces.discord.showing.rendering import render
from tests.standins.discord_server import discord_server
from tests.surfaces.slack.clockwork import Clockwork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.surfaces.discord.client import MynahClient
    from tests.standins.discord_people import Person, Place
    from tests.standins.discord_server import DiscordServer
    from tests.standins.discord_things import Message

POST = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
ANSWER = UUID("01990000-0000-7000-8000-0000000000a1")
KEY = f"answer:{ANSWER}"


def target(**more: Any) -> Target:
    given: dict[str, Any] = {
        "surface": "discord",
        "workspace_id": "1",
        "channel_id": "10",
        "thread_id": "20",
        "user_id": "30",
        "conversation_id": UUID(int=1),
        "interaction_id": ANSWER,
        "private": False,
    }
    return Target(**given | more)


@dataclass
class Speaking:
    """A question in a channel, and ways to answer it."""

    discord: DiscordServer
    client: MynahClient
    time: Clockwork
    ada: Person
    general: Place
    question: Message

    def delivery(self, text: str, **more: Any) -> Delivery:
        channel = more.pop("channel", self.general)
        ref = ref_of(channel.id, self.question.id)
        about = target(channel_id=channel.id, thread_id=self.question.id, message_ref=ref)
        return Delivery(KEY, about, text, role="DeepSeek", **more)

    def replies(self, *, edits: bool = False) -> LiveReplies:
        """Return what a process has that knows nothing of earlier ones."""
        poster = Poster(self.client, self.time.sleep, self.time.clock)
        return LiveReplies(poster, edits=edits, sleep=self.time.sleep)

    async def deliver(self, delivery: Delivery, replies: LiveReplies | None = None) -> str:
        found = self.replies() if replies is None else replies
        posts = render(delivery)
        return await found.deliver(spot_of(delivery.target), ANSWER, posts, delivery.key)

    async def deliver_at(self, delivery: Delivery, replies: LiveReplies) -> str:
        """Deliver; time passes for what waits for its turn."""
        delivering = asyncio.create_task(self.deliver(delivery, replies))
        while not delivering.done():
            await self.time.advance(1.0)
            await asyncio.wait({delivering}, timeout=0.01)
        return delivering.result()

    @property
    def shown(self) -> list[Message]:
        return self.discord.posts(self.general)


@asynccontextmanager
async def speaking() -> AsyncIterator[Speaking]:
    async with discord_server() as discord:
        acme = discord.guild("acme")
        ada = discord.user("ada")
        acme.join(ada, admin=True)
        general = acme.channel("general")
        acme.install()
        question = await general.say(ada, f"{discord.bot.mention} how?")
        client = await logged_in(discord.token, discord.api_url, "", message_content=False)
        try:
            yield Speaking(discord, client, Clockwork(), ada, general, question)
        finally:
            await client.http.close()
