"""What the stand-in for Discord knows, and how it says no.

Plain state; who may do what is decided beside it. Time stands still until a test moves it. It
begins at the real time, because discord.py compares the time inside an id with its own clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.standins.discord_things import (
    DM,
    EPOCH_MS,
    GROUP,
    App,
    Attachment,
    Channel,
    Guild,
    Json,
    Message,
    User,
)

_REFUSALS: dict[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30032: (400, "Maximum number of application commands reached (100)."),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "Maximum number of follow-up messages reached for this interaction."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50016: (400, "Provided too few or too many messages to delete. Must provide 2 to 100."),
    50021: (403, "Cannot execute action on a system message"),
    50027: (401, "Invalid Webhook Token"),
    50033: (400, "Invalid Recipient(s)"),
    50034: (400, "A message provided to bulk delete was too old"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160002: (403, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
}


class Refused(Exception):  # noqa: N818 - what Discord answers is a refusal
    """An answer of Discord's that is not a success."""

    def __init__(self, code: int, status: int = 0, message: str = "", **more: Any) -> None:
        known = _REFUSALS.get(code, (400, "Invalid Form Body"))
        super().__init__(code, message or known[1])
        self.code, self.status = code, status or known[0]
        self.body: Json = {"message": message or known[1], "code": code, **more}
        self.headers: dict[str, str] = {}


def invalid(path: str, code: str, message: str) -> Refused:
    """An invalid form body: where, as in ``content`` or ``data.title``, and what is wrong."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for step in reversed(path.split(".")):
        errors = {step: errors}
    return Refused(50035, errors=errors)


def length(text: str) -> int:
    """Characters as Discord counts them: code points, whatever they look like."""
    return len(text)


@dataclass(slots=True)
class Event:
    """An event on its way. ``bare`` is for who does not have the intent for content."""

    name: str
    data: Json
    intent: int
    guild_id: str = ""
    bare: Json | None = None


class State:
    def __init__(self) -> None:
        self.now = float(int(time.time()))
        self.base_url = ""
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.commands: dict[str, dict[str, Json]] = {"": {}}
        """Registered commands by guild ("" is global) and id."""
        self.syncs = 0
        """How often commands were overwritten in bulk."""
        self.typed: list[tuple[str, str]] = []
        """Channel and user of everybody who began to type."""
        self.files: dict[str, Attachment] = {}
        self.events: list[Event] = []
        """What is still to be sent to the gateway's sessions."""
        self.nonces: dict[tuple[str, str], tuple[float, Message]] = {}
        self.make_channel: type[Channel] = Channel
        self.channel_extra: tuple[Any, ...] = ()
        self._counter = 0
        self.owner = self._user("owner")
        bot = self._user("mynah", bot=True)
        self.app = App(bot.id, f"bot-token-{bot.id}", bot)

    def _user(self, name: str, *, bot: bool = False) -> User:
        user = User(self.new_id(), name, bot)
        self.users[user.id] = user
        return user

    def new_id(self) -> str:
        self._counter += 1
        ms = int(self.now * 1000) - EPOCH_MS
        return str((ms << 22) | (self._counter & 0x3FFFFF))

    def emit(
        self, name: str, data: Json, intent: int, guild_id: str = "", bare: Json | None = None
    ) -> None:
        self.events.append(Event(name, data, intent, guild_id, bare))

    def new_channel(self, kind: int, **more: Any) -> Channel:
        channel = self.make_channel(more.pop("id", "") or self.new_id(), kind, **more)
        self.channels[channel.id] = channel
        return channel

    def dm(self, *people: User) -> Channel:
        """The conversation of these people, made if there is none."""
        wanted = sorted({person.id for person in people})
        for channel in self.channels.values():
            if channel.type in {DM, GROUP} and sorted(channel.people) == wanted:
                return channel
        return self.new_channel(DM if len(wanted) == 2 else GROUP, people=wanted)

    def attach(self, channel_id: str, attachment: Attachment) -> Attachment:
        path = f"/attachments/{channel_id}/{attachment.id}/{attachment.filename}"
        attachment.url = f"{self.base_url}{path}?ex=1&is=1&hm=1"
        self.files[attachment.id] = attachment
        return attachment

    def channel(self, channel_id: str) -> Channel:
        found = self.channels.get(channel_id)
        if found is None:
            raise Refused(10003)
        return found

    def root(self, channel: Channel) -> Channel:
        """The channel whose permissions hold: a thread's parent, else itself."""
        return self.channels.get(channel.parent_id, channel) if channel.is_thread else channel
