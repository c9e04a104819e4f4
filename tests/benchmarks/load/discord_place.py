"""The stand-in for Discord as a process: people say things in it, and it notes what they see when.

What people say goes out over the gateway at a steady rate from here, each message on its own
time, whether or not those before it were answered: the bot's connection ends in this process.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tests.benchmarks.load.speaking import Noted, Place, listen, say
from tests.standins.discord_messages import write
from tests.standins.discord_server import DiscordServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standins.discord_calls import Call
    from tests.standins.discord_people import Community, Person
    from tests.standins.discord_people import Place as Room
    from tests.standins.discord_things import Json, Message

PEOPLE: Final = 20
"""In each guild."""
CHANNELS: Final = 4
"""In each guild."""
_TYPING: Final = "POST /channels/{channel_id}/typing"
_POST: Final = "POST /channels/{channel_id}/messages"
_EDIT: Final = "PATCH /channels/{channel_id}/messages/{message_id}"


class Watched(DiscordServer):
    """A stand-in that notes when something was visible of the answer to which message."""

    def __init__(self) -> None:
        super().__init__()
        self.noted = Noted()
        self.waiting: dict[str, list[str]] = {}
        """By channel: questions of which nothing was visible, oldest first."""

    def _answer(self, call: Call, request: web.Request) -> web.Response:
        answer = super()._answer(call, request)
        name, channel = f"{call.route.method} {call.route.path}", call.path.get("channel_id", "")
        self.noted.calls[name] += 1
        if name == _TYPING:
            # It does not say for whom: who has waited longest takes it for an answer to them.
            self._seen(channel, next(iter(self.waiting.get(channel, [])), ""))
        elif name == _POST:
            question = str((call.json.get("message_reference") or {}).get("message_id", ""))
            self._seen(channel, question)
            self.noted.change(question)
        elif name == _EDIT:
            self.noted.change(call.channel.messages[call.path["message_id"]].replied_to)
        return answer

    def _seen(self, channel: str, question: str) -> None:
        self.noted.sign(question)
        waiting = self.waiting.get(channel, [])
        if question in waiting:
            waiting.remove(question)


class Guild:
    """A guild with people in channels; the bot is there."""

    def __init__(self, discord: Watched, number: int) -> None:
        self.guild: Community = discord.guild(f"guild-{number}")
        self.people: list[Person] = [discord.user(f"person-{number}-{n}") for n in range(PEOPLE)]
        self.guild.join(*self.people)
        self.channels: list[Room] = [self.guild.channel(f"channel-{n}") for n in range(CHANNELS)]
        self.guild.install()


class Guilds(Place):
    """What is asked of this process, by name."""

    def __init__(self, discord: Watched, guilds: int) -> None:
        super().__init__(discord.noted)
        self._discord = discord
        self._guilds = [Guild(discord, number) for number in range(guilds)]
        self._texts: list[str] = []
        self._rooms: dict[str, Room] = {}
        self._ever = 0

    def connected(self) -> Json:
        """Return how many connections the bot has."""
        return {"connected": self._discord.gateway.connected}

    def ask(self, texts: list[str]) -> Json:
        """Remember what people are about to say."""
        self._texts = texts
        return {}

    async def send(self, rate: float) -> Json:
        """Let people say it, so many messages a second; return when each was sent."""
        self.asked, events = [], []
        began = time.monotonic() + 0.1
        for number, text in enumerate(self._texts):
            due = began + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            sent = time.monotonic()
            message = self._say(text)
            events.append({"thread": message.id, "sent": sent, "late": sent - due})
            await self._discord.flush()
        return {"events": events}

    def _say(self, text: str) -> Message:
        """Let somebody mention the bot; it is told with the next flush."""
        guild = self._guilds[self._ever % len(self._guilds)]
        turn = self._ever // len(self._guilds)
        self._ever += 1
        person, room = guild.people[turn % PEOPLE], guild.channels[turn % CHANNELS]
        discord = self._discord
        discord.state.now = time.time()  # ids tell the real time
        body: dict[str, Any] = {
            "content": f"{discord.bot.mention} {text}",
            "allowed_mentions": {"parse": ["users"]},
        }
        said = write(discord.state, person, room, body, {})
        self.asked.append(said.id)
        self._rooms[said.id] = room
        discord.waiting.setdefault(room.id, []).append(said.id)
        return said

    def answers(self, question: str) -> int:
        """Return how many messages of the bot reply to a question."""
        posts = self._discord.posts(self._rooms[question])
        return sum(message.replied_to == question for message in posts)

    def errors(self) -> Iterable[str]:
        """Name every call that was refused."""
        return (f"{name}: {status} {code}" for name, status, code in self._discord.errors())


async def main(guilds: int) -> None:
    """Serve until nobody asks any more."""
    discord = Watched()
    discord.state.now = time.time()
    runner = web.AppRunner(discord.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    discord.at(runner.addresses[0][1])
    place = Guilds(discord, guilds)
    try:
        say(
            {
                "api_url": discord.api_url,
                "gateway_url": discord.gateway_url,
                "token": discord.token,
            }
        )
        await listen(place)
    finally:
        await discord.drop(1001)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
