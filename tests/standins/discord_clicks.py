"""Commands, menus, buttons and forms in the stand-in for Discord, and what came of them.

A doing returns when the app has answered for the first time, or when three seconds of the
stand-in's clock have passed. What Discord's apps would not let somebody do raises a
``ValueError``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.standins.discord_commands import CHAT, MESSAGE, USER, offered
from tests.standins.discord_fill import filled, filled_form
from tests.standins.discord_interactions import (
    ANSWER_S,
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DEFER,
    MODAL,
)
from tests.standins.discord_permissions import EVERYONE, may, permissions
from tests.standins.discord_showing import shown
from tests.standins.discord_things import DM, EPHEMERAL, LOADING, Channel, Json, Message, User, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.standins.discord_server import DiscordServer

_SELECTS = frozenset({3, 5, 6, 7, 8})


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """A modal that somebody sees."""

    title: str
    custom_id: str
    components: list[Json]
    click: Clicked

    @property
    def fields(self) -> dict[str, str]:
        """What is written in its fields already, by custom id."""
        parts = each(self.components)
        return {one["custom_id"]: one.get("value") or "" for one in parts if "custom_id" in one}


@dataclass(eq=False)
class Clicked:
    """One interaction, and the app's response to it.

    Attributes:
        answer: the type of the first answer, ``None`` before it.
        original: what ``@original`` is: the first message, or the one that was pressed.
        source: the message whose component was pressed, or that led to the form.
    """

    id: str
    token: str
    type: int
    user: User
    channel: Channel
    at: float
    server: DiscordServer
    source: Message | None = None
    menu: bool = False
    outside: bool = False
    hushed: bool = False
    answer: int | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Form | None = None
    choices: list[Json] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether somebody sees that the interaction failed."""
        return self.answer is None and self.server.state.now - self.at >= ANSWER_S

    @property
    def deferred(self) -> bool:
        """Whether "thinking…" is still shown."""
        waiting = self.original is not None and bool(self.original.flags & LOADING)
        return self.answer == DEFER and waiting

    @property
    def messages(self) -> list[Message]:
        """What was written in response and is still there, oldest first."""
        found = [self.original] if self.original is not self.source else []
        there = [one for one in [*found, *self.followups] if one is not None]
        return [one for one in there if one.id in self.channel.messages and not self._waits(one)]

    @staticmethod
    def _waits(message: Message) -> bool:
        return bool(message.flags & LOADING)

    @property
    def text(self) -> str:
        return "\n".join(one.text for one in self.messages)

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees all of it."""
        shown_ = [self.original] if self.deferred else self.messages
        return bool(shown_) and all(one is not None and one.ephemeral_to for one in shown_)

    def open_form(self, data: Json) -> Form:
        return Form(data["title"], data["custom_id"], data["components"], self)

    def metadata(self) -> Json:
        body: Json = {
            "id": self.id,
            "type": self.type,
            "user": self.user.wire(),
            "authorizing_integration_owners": owners(self.server, self.user, self.channel),
        }
        if self.type == COMPONENT and self.source is not None:
            body["interacted_message_id"] = self.source.id
        if self.type == MODAL:
            inner = {"type": COMMAND, "id": self.id, "user": self.user.wire()}
            inner["authorizing_integration_owners"] = body["authorizing_integration_owners"]
            body["triggering_interaction_metadata"] = inner
        return body


def owners(server: DiscordServer, user: User, channel: Channel) -> Json:
    guild = server.state.guilds.get(channel.guild_id)
    found: Json = {}
    if guild is not None and server.bot.id in guild.members:
        found["0"] = guild.id
    elif guild is None and server.bot.id in channel.people:
        found["0"] = "0"
    return found | ({"1": user.id} if user.installed else {})


class Clicks(User):
    """What somebody does with the app's commands and components."""

    server: DiscordServer

    async def slash(self, channel: Channel, name: str, **options: Any) -> Clicked:
        """Use a command: ``"ask"``, or ``"mynah off"`` with its subcommand."""
        data, resolved = self._command(channel, name, options)
        return await self._interact(COMMAND, channel, self._resolved(data, resolved))

    async def complete(
        self, channel: Channel, name: str, option: str, text: str, **others: Any
    ) -> Clicked:
        """Type into an option that completes; the choices are in the response."""
        data, resolved = self._command(channel, name, others | {option: text}, focused=option)
        return await self._interact(AUTOCOMPLETE, channel, self._resolved(data, resolved))

    def _command(
        self, channel: Channel, name: str, options: Json, focused: str = ""
    ) -> tuple[Json, Json]:
        self._may_use(channel)
        first, *rest = name.split()
        state = self.server.state
        found = offered(state, self, first, CHAT, channel.guild_id, _context(self.server, channel))
        self._permitted(found, channel)
        given, resolved = filled(state, found, rest, options, focused)
        data = {"id": found["id"], "name": first, "type": CHAT, "options": given}
        return data, resolved

    def _permitted(self, command: Json, channel: Channel) -> None:
        needed = int(command["default_member_permissions"] or 0)
        if channel.guild_id and needed & ~permissions(self.server.state, self, channel):
            raise ValueError(f"{self.name} is shown no {command['name']!r}: it is for others")

    def _may_use(self, channel: Channel) -> None:
        needed = ("view_channel", "use_application_commands")
        if not may(self.server.state, self, channel, *needed):
            raise ValueError(f"{self.name} may not use commands here")

    @staticmethod
    def _resolved(data: Json, resolved: Json) -> Json:
        return data | ({"resolved": resolved} if resolved else {})

    async def menu(
        self, target: Message | User, name: str, *, at: Channel | None = None
    ) -> Clicked:
        """Use a command from the menu of a message, or of a person in a channel."""
        state = self.server.state
        message = target if isinstance(target, Message) else None
        channel = state.channel(message.channel_id) if message else at
        if channel is None:
            raise ValueError("say in which channel the person's menu is opened")
        self._may_use(channel)
        if message is not None:
            self._sees(message)
        kind = MESSAGE if message else USER
        context = _context(self.server, channel)
        found = offered(state, self, name, kind, channel.guild_id, context)
        self._permitted(found, channel)
        data = {"id": found["id"], "name": name, "type": kind, "target_id": target.id}
        if isinstance(target, Message):
            data["resolved"] = {"messages": {target.id: shown(state, target)}}
        else:
            data["resolved"] = {"users": {target.id: target.wire()}}
            guild = state.guilds.get(channel.guild_id)
            if guild and target.id in guild.members:
                member = guild.members[target.id].wire(user=False)
                data["resolved"]["members"] = {target.id: member | {"permissions": "0"}}
        return await self._interact(COMMAND, channel, data, menu=True)

    def _sees(self, message: Message) -> Channel:
        channel = self.server.state.channel(message.channel_id)
        there = message.id in channel.messages and message.ephemeral_to in {"", self.id}
        if not there or not may(self.server.state, self, channel, "view_channel"):
            raise ValueError(f"{self.name} does not see {message.ref}")
        return channel

    async def press(
        self, message: Message, custom_id: str, values: Sequence[str] | None = None
    ) -> Clicked:
        """Press a button, or choose from a select with its values."""
        channel = self._sees(message)
        found = [one for one in each(message.components) if one.get("custom_id") == custom_id]
        if not found:
            raise ValueError(f"{message.ref} has no {custom_id!r}, only {message.custom_ids}")
        part = found[0]
        if part.get("disabled"):
            raise ValueError(f"{custom_id!r} cannot be pressed")
        data: Json = {"component_type": part["type"], "custom_id": custom_id, "id": part["id"]}
        if part["type"] in _SELECTS:
            data |= self._chosen(part, list(values or []))
        elif values is not None:
            raise ValueError("a button has no values")
        return await self._interact(COMPONENT, channel, data, message)

    def _chosen(self, part: Json, values: list[str]) -> Json:
        offers = {option["value"] for option in part.get("options") or []}
        least, most = part.get("min_values", 1), part.get("max_values", 1)
        if part["type"] == 3 and not set(values) <= offers:
            raise ValueError(f"only {sorted(offers)} can be chosen")
        if not least <= len(values) <= most:
            raise ValueError(f"between {least} and {most} can be chosen")
        users = [self.server.state.users[one] for one in values if one in self.server.state.users]
        resolved = {"users": {one.id: one.wire() for one in users}} if users else {}
        return self._resolved({"values": values}, resolved)

    async def submit(self, form: Form | None, values: dict[str, Any] | None = None) -> Clicked:
        """Send a form; a field that is not named keeps what is written in it."""
        if form is None or form.click.user is not self:
            raise ValueError(f"{self.name} sees no such form")
        parts = filled_form(form.components, values or {})
        data = {"custom_id": form.custom_id, "components": parts}
        return await self._interact(MODAL, form.click.channel, data, form.click.source)

    async def _interact(
        self,
        kind: int,
        channel: Channel,
        data: Json,
        source: Message | None = None,
        *,
        menu: bool = False,
    ) -> Clicked:
        server, state = self.server, self.server.state
        interaction_id = state.new_id()
        token = f"interaction-token-{interaction_id}"
        click = Clicked(interaction_id, token, kind, self, channel, state.now, server, source)
        click.menu = menu
        owned = owners(server, self, channel)
        click.outside = "0" not in owned
        strange = click.outside and bool(channel.guild_id)
        click.hushed = strange and not may(state, self, channel, "use_external_apps")
        server.clicks[token] = click
        state.emit("INTERACTION_CREATE", self._wire(click, data, owned), 0, channel.guild_id)
        if click.outside:
            state.events[-1].guild_id = ""
        await server.flush()
        await server.until(lambda: click.answer is not None or click.failed, within_s=30)
        return click

    def _wire(self, click: Clicked, data: Json, owned: Json) -> Json:
        server, state, channel = self.server, self.server.state, click.channel
        mine = str(permissions(state, self, channel))
        there = state.guilds.get(channel.guild_id)
        inside = there is not None and server.bot.id in there.members
        bots = permissions(state, server.bot, channel) if inside else EVERYONE
        body: Json = {
            "id": click.id,
            "application_id": server.app.id,
            "type": click.type,
            "token": click.token,
            "version": 1,
            "data": data,
            "channel_id": channel.id,
            "channel": channel.wire(state) | {"permissions": mine},
            "locale": self.locale,
            "app_permissions": str(bots),
            "entitlements": [],
            "authorizing_integration_owners": owned,
            "context": _context(server, channel),
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        guild = state.guilds.get(channel.guild_id)
        if guild is None:
            body["user"] = self.wire()
        else:
            body["guild_id"] = guild.id
            body["guild"] = {"id": guild.id, "locale": guild.locale, "features": []}
            body["guild_locale"] = guild.locale
            body["member"] = guild.members[self.id].wire() | {"permissions": mine}
        if click.source is not None:
            body["message"] = shown(state, click.source)
        return body


def _context(server: DiscordServer, channel: Channel) -> int:
    """0 in a guild, 1 in the bot's own DM, 2 in a conversation without it."""
    if channel.guild_id:
        return 0
    return 1 if channel.type == DM and server.bot.id in channel.people else 2


__all__ = ["EPHEMERAL", "Clicked", "Clicks", "Form"]
