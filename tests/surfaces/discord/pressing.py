"""A guild of the stand-in with everything that can be pressed in it, and a host that notes it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from discord.gateway import DiscordWebSocket
from discord.http import Route

from integrations.contracts.delivery import Delivery, Target
from integrations.contracts.host import Accepted, CommandHelp, CommandReply, Entry, Refusal
from integrations.surfaces.discord.client import logged_in
from integrations.surfaces.discord.pressing.presses import register
from integrations.surfaces.discord.pressing.private import HOLDS, Private
from integrations.surfaces.discord.pressing.telling import arguments
from integrations.surfaces.discord.showing import ids
from integrations.surfaces.discord.showing.rendering import render
from tests.standins.discord_server import discord_server
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from integrations.contracts.host import Person
    from integrations.contracts.incoming import Incoming
    from integrations.surfaces.discord.client import MynahClient
    from integrations.surfaces.discord.pressing.presses import Presses
    from tests.standins.discord_people import Community, Place
    from tests.standins.discord_people import Person as User
    from tests.standins.discord_server import DiscordServer
    from tests.standins.discord_things import Message

ANSWER = UUID("0197a000-0000-7000-8000-0000000000a1")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

TABLE = (
    CommandHelp("me", "me", "What I know about you."),
    CommandHelp("remember", "remember TEXT", "Keep something."),
    CommandHelp("learnings", "learnings", "What I learned from you."),
    CommandHelp("why", "why [ID]", "Why an answer came out as it did: " + "in all detail. " * 9),
    CommandHelp("correct", "correct ID TEXT", "Put your answer in place of mine."),
    CommandHelp("forget", "forget ID", "Delete something."),
    CommandHelp("forget-me", "forget-me yes", "Delete everything."),
    CommandHelp("forget-source", "forget-source ID", "Forget a source."),
    CommandHelp("export", "export", "Everything, as JSON."),
    CommandHelp("off", "off", "Stop learning from you."),
    CommandHelp("learning", "learning [here on|off]", "Whether I learn from you."),
    CommandHelp("nudges", "nudges [on|off]", "Whether I may write first."),
    CommandHelp("model", "model [...]", "Who may answer."),
    CommandHelp("knowledge", "knowledge [TOPIC]", "What I know."),
)


class Desk(FakeHost):
    """A host that notes what it is asked, and says what it was told to."""

    def __init__(self) -> None:
        super().__init__(FakeBroadcast(), lambda: AT)
        self.people: list[Person] = []
        self.says: dict[str, CommandReply] = {}
        self.refuses = ""
        self.slow: asyncio.Event | None = None
        self.at: dict[str, UUID] = {}
        self.waiting: tuple[UUID, ...] = ()

    async def accept(self, incoming: Incoming) -> Accepted:
        if self.refuses:
            raise Refusal(self.refuses)
        if self.slow is not None:
            await self.slow.wait()
        self.accepted.append(incoming)
        return Accepted(duplicate=False)

    async def command(self, person: Person, line: str) -> CommandReply:
        self.people.append(person)
        self.commands_run.append((person.user_id, line))
        return self.says.get(line.split(maxsplit=1)[0], CommandReply(f"done: {line}"))

    def commands(self) -> Sequence[CommandHelp]:
        return TABLE

    async def find(self, person: Person, ref: str) -> UUID | None:
        del person
        return self.at.get(ref)

    async def asked(self, person: Person, ref: str) -> UUID | None:
        del person, ref
        return None

    async def exchange(self, person: Person, interaction_id: UUID) -> Sequence[Entry]:
        if interaction_id != ANSWER:
            return ()
        return (
            Entry(ANSWER, "person", person.user_id, "Who owns billing?", AT, ANSWER),
            Entry(ANSWER, "mynah", "Mynah", "The payments team.", AT, ANSWER),
        )

    async def unanswered(self, person: Person, channel_id: str, thread_id: str) -> Sequence[UUID]:
        del person, channel_id, thread_id
        return self.waiting


@dataclass(slots=True)
class Clock:
    """Stands still, later by what it is told."""

    late: timedelta = timedelta()

    def __call__(self) -> datetime:
        return AT + self.late


@dataclass(slots=True)
class Here:
    """What there is to press, and where what is pressed arrives."""

    discord: DiscordServer
    guild: Community
    ada: User
    bo: User
    general: Place
    client: MynahClient
    host: Desk
    clock: Clock
    private: Private
    presses: Presses
    posted: list[Delivery] = field(default_factory=list)

    def reply(self, thread_id: str, **changes: Any) -> Delivery:
        """A reply to a question of Ada's."""
        target = Target(
            "discord",
            str(self.guild.id),
            str(self.general.id),
            thread_id,
            str(self.ada.id),
            ANSWER,
            ANSWER,
            private=True,
        )
        return replace(Delivery(f"reply:{ANSWER}", target, "The payments team."), **changes)

    async def answered(self, **changes: Any) -> Message:
        """Show an answer in the channel, and return it."""
        channel = self.client.get_partial_messageable(int(self.general.id))
        await channel.send(**arguments(render(self.reply("1000", **changes))[-1]))
        return self.discord.posts(self.general)[-1]

    async def post(self, delivery: Delivery) -> str:
        """Show a reply in a channel: what ``Private`` does when nothing else is left."""
        self.posted.append(delivery)
        return f"{delivery.target.channel_id}:1"


def named(message: Message, does: str) -> str:
    """Return the ``custom_id`` of the button of a message that does something."""
    found = ((each, ids.read(each)) for each in message.custom_ids)
    return next(each for each, name in found if name is not None and name.does == does)


@asynccontextmanager
async def pressing(*, holds: timedelta = HOLDS) -> AsyncIterator[Here]:
    """Open a guild with us in it, and two people."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with discord_server() as server:
        guild, ada, bo = server.guild("acme"), server.user("ada"), server.user("bo")
        guild.join(ada, admin=True)
        guild.join(bo)
        guild.install()
        general = guild.channel("general")
        client = await logged_in(
            server.token, server.api_url, server.gateway_url, message_content=False
        )
        clock = Clock()
        host, private = Desk(), Private(client, clock, holds)
        presses = await register(client, host, clock, private)
        here = Here(server, guild, ada, bo, general, client, host, clock, private, presses)

        async def on_socket_event_type(event: str) -> None:
            del event
            server.changed()

        client.event(on_socket_event_type)
        connection = asyncio.create_task(client.connect())
        try:
            await server.connected()
            await server.until(lambda: client.get_guild(int(guild.id)) is not None)
            yield here
            await presses.finish()
        finally:
            await client.close()
            await connection
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway
