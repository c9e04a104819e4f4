"""The stand-in for Slack as a process: people say things in it, and it notes what they see when.

It writes the events that people's messages make into a file, for another process to send, so
that sending them is not slowed by serving what the bots say. What bots say comes back to them
as events from here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiohttp import web

from tests.benchmarks.load.speaking import Noted, Place, listen, say
from tests.bot.slack_place import listed
from tests.standins.slack_delivery import written
from tests.standins.slack_server import SlackServer
from tests.standins.slack_state import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standins.slack_people import Team
    from tests.standins.slack_state import Channel, Installation, Json, User

PEOPLE: Final = 20
"""In each workspace."""
CHANNELS: Final = 4
"""In each workspace: Slack allows about one message a second in each."""
_SIGNS: Final = frozenset({"assistant.threads.setStatus", "chat.postMessage", "chat.startStream"})
"""Calls that make something visible."""
_LAST: Final = frozenset({"chat.postMessage", "chat.update", "chat.stopStream"})
_DRAFT: Final = "mynah_draft"


class Watched(SlackServer):
    """A stand-in that notes when something was visible in which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.noted = Noted()

    def _answer(self, name: str, args: Json, token: str) -> web.Response:
        answer = super()._answer(name, args, token)
        self.noted.calls[name] += 1
        thread = str(args.get("thread_ts") or self._thread_of(args))
        if name in _SIGNS:
            self.noted.sign(thread)
        if name in _LAST:
            self.noted.change(thread)
        return answer

    def _thread_of(self, args: Json) -> str:
        channel = self.state.channels.get(str(args.get("channel", "")))
        message = channel.messages.get(str(args.get("ts", ""))) if channel else None
        return message.thread_ts if message else ""


class Workspace:
    """A team with people in channels; the bot is there once the app is installed."""

    def __init__(self, slack: Watched, number: int) -> None:
        self._slack = slack
        self.team: Team = slack.team(f"team-{number}")
        self.people: list[User] = [self.team.user(f"person-{n}") for n in range(PEOPLE)]
        self.channels: list[Channel] = [
            self.team.channel(f"channel-{n}", *self.people) for n in range(CHANNELS)
        ]

    @property
    def installed(self) -> Installation:
        """The app in this team."""
        found = self._slack.state.installation(self._slack.app.id, self.team.id)
        assert found is not None, "it is not installed"
        return found

    def invite(self) -> None:
        """Take the bot into every channel."""
        for channel in self.channels:
            channel.members.append(self.installed.bot.id)

    def ask(self, number: int, text: str) -> Message:
        """Let somebody mention the bot; the events wait."""
        person = self.people[number % PEOPLE]
        channel = self.channels[number % CHANNELS]
        state = self._slack.state
        said = Message(
            channel.id,
            state.next_ts(),
            person.id,
            self.team.id,
            f"<@{self.installed.bot.id}> {text}",
        )
        channel.messages[said.ts] = said
        state.announce(said, client_msg_id=state.new_id("m"))
        self.team._mention(channel, said)
        return said


class Teams(Place):
    """What is asked of this process, by name."""

    def __init__(self, slack: Watched, workspaces: int) -> None:
        super().__init__(slack.noted)
        self._slack = slack
        self._workspaces = [Workspace(slack, number) for number in range(workspaces)]
        self._messages: dict[str, Message] = {}
        self._ever = 0

    def point(self, url: str) -> Json:
        """Say where the app listens, and take it into every channel."""
        self._slack.app.request_url = url
        for workspace in self._workspaces:
            workspace.invite()
        return {}

    def redirect(self, url: str) -> Json:
        """Say where the app wants people to be sent who installed it."""
        self._slack.app.redirect_urls = {url}
        return {}

    def approve(self, number: int, url: str) -> Json:
        """Let somebody of a team consent to the app; return where they are sent."""
        workspace = self._workspaces[number]
        return {"url": workspace.team.approve(url, workspace.people[0])}

    def install(self) -> Json:
        """Install the app in every team without its help; return how it speaks there."""
        tokens = {}
        for workspace in self._workspaces:
            done = workspace.team.install(scopes=listed("bot"))
            tokens[workspace.team.id] = [done.token, done.bot.bot_id, done.bot.id]
        return {"tokens": tokens}

    def ask(self, texts: list[str], path: str) -> Json:
        """Let people ask; write the events into a file, with the thread that each belongs to."""
        self.asked, lines = [], []
        for text in texts:
            workspace = self._workspaces[self._ever % len(self._workspaces)]
            message = workspace.ask(self._ever // len(self._workspaces), text)
            self._ever += 1
            self.asked.append(message.ts)
            self._messages[message.ts] = message
            for delivery in self._slack.courier._taken():
                body, _ = written("events_api", delivery.body)
                lines.append(json.dumps({"thread": message.ts, "body": body}))
        Path(path).write_text("\n".join(lines) + "\n", "utf-8")
        return {"events": len(lines)}

    def answers(self, question: str) -> int:
        """Return how many messages of the bot's stand finished in a question's thread."""
        asked = self._messages[question]
        channel = self._slack.state.channels[asked.channel]
        count = 0
        for message in channel.messages.values():
            if message.thread_ts == asked.ts and message.bot_id and message.stream != "open":
                mark = (message.metadata or {}).get("event_type")
                count += mark != _DRAFT
        return count

    def errors(self) -> Iterable[str]:
        """Name every call that was refused."""
        return (f"{name}: {error}" for name, error in self._slack.errors())


async def main(workspaces: int) -> None:
    """Serve until nobody asks any more."""
    slack = Watched()
    slack.state.now = time.time()  # ids of interactions tell the real time
    slack.app.events = listed("bot_events")
    runner = web.AppRunner(slack.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.at(runner.addresses[0][1])
    place = Teams(slack, workspaces)
    try:
        say(
            {
                "api_url": slack.api_url,
                "secret": slack.app.signing_secret,
                "client_id": slack.app.client_id,
                "client_secret": slack.app.client_secret,
            }
        )
        await listen(place)
    finally:
        await slack.courier.close()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
