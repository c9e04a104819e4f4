"""One call of the stand-in's Web API: its arguments, its token, and the list of methods."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.standins.slack_state import Channel, Installation, Json, Refused, State, Token, User

_TRUE = {"1", "true", "True", True}


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came in, with the token it carried.

    Form values are text; in them, what JSON would hold as an object or list is JSON text.
    """

    method: str
    args: Json
    state: State
    token: Token | None = None

    @property
    def by(self) -> Token:
        assert self.token is not None, "the server checks tokens before it calls"
        return self.token

    @property
    def me(self) -> User:
        return self.state.users[self.by.user_id]

    @property
    def installation(self) -> Installation:
        found = self.state.installation(self.by.app.id, self.by.team_id)
        assert found is not None, "a living bot token has an installation"
        return found

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name, default)
        return value if isinstance(value, str) else str(value)

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        value = self.text(name)
        if not value:
            raise Refused(error, f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return self.args.get(name) in _TRUE

    def data(self, name: str) -> Any:
        """A value that is an object or a list; ``None`` when it is missing."""
        value = self.args.get(name)
        if isinstance(value, str):
            try:
                return json.loads(value)
            except json.JSONDecodeError:
                error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise Refused(error, f"[ERROR] {name} is not JSON") from None
        return value

    def joined(self, name: str = "channel") -> Channel:
        """The channel of the call, if its caller may see and use it."""
        channel = self.seen(name)
        if self.me.id not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def seen(self, name: str = "channel") -> Channel:
        channel = self.state.channel(self.need(name, "channel_not_found"))
        mine = self.by.team_id in {channel.team_id, *channel.shared_with}
        if not mine or (channel.private and self.me.id not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def writable(self, name: str = "channel") -> Channel:
        """The channel to write in; a person's id means the direct conversation with them."""
        person = self.state.users.get(self.need(name, "channel_not_found"))
        if person is None:
            channel = self.joined(name)
        elif person.team_id == self.by.team_id and not person.bot_id:
            channel = self.state.im(self.by.team_id, self.me.id, person.id)
        else:
            raise Refused("channel_not_found")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def page(self, items: Sequence[Any], *, default: int = 100) -> tuple[list[Any], Json]:
        """One page and what the answer says about the next one."""
        raw = self.args.get("limit")
        try:
            limit = default if raw in {None, ""} else int(str(raw))
            start = 0
            if cursor := self.text("cursor"):
                start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except (ValueError, binascii.Error):
            raise Refused("invalid_cursor" if self.text("cursor") else "invalid_limit") from None
        if not 1 <= limit <= 1000:
            raise Refused("invalid_limit")
        following = start + limit
        more = following < len(items)
        cursor = base64.b64encode(f"next:{following}".encode()).decode() if more else ""
        return list(items[start:following]), {"next_cursor": cursor}


Work = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """``scopes``: any one of them will do. ``kind``: the token it takes, if any."""

    work: Work
    scopes: tuple[str, ...]
    kind: str


METHODS: dict[str, Method] = {}
"""By name; filled by the modules that hold the methods."""


def method(name: str, *scopes: str, kind: str = "bot") -> Callable[[Work], Work]:
    """List a function as a method of the Web API."""

    def listed(work: Work) -> Work:
        METHODS[name] = Method(work, scopes, kind)
        return work

    return listed
