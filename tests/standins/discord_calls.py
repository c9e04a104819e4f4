"""Calls to the stand-in's REST API: which routes there are, and what a call brings along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standins.discord_clicks import Clicked
    from tests.standins.discord_state import State
    from tests.standins.discord_things import Attachment, Channel, Json, User

    Work = Callable[["Call"], Any]

_NAMES = re.compile(r"\{\w+\}")


@dataclass(slots=True)
class Call:
    """One request. ``path`` has the ids out of the route, ``body`` the JSON of it."""

    route: Route
    state: State
    path: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: dict[int, Attachment] = field(default_factory=dict)
    clicks: dict[str, Clicked] = field(default_factory=dict)
    """Interactions that happened, by token."""

    @property
    def bot(self) -> User:
        return self.state.app.bot

    @property
    def channel(self) -> Channel:
        return self.state.channel(self.path["channel_id"])

    @property
    def json(self) -> Json:
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    work: Callable[[Call], Any]
    token: bool
    """Whether the bot's token is needed; interactions bring their own."""

    @property
    def key(self) -> str:
        return route_key(f"{self.method} {self.path}")


ROUTES: list[Route] = []


def route_key(text: str) -> str:
    """``POST /channels/{channel_id}/messages``, whatever its ids are called."""
    return _NAMES.sub("{}", text)


def route(method: str, path: str, *, token: bool = True) -> Callable[[Work], Work]:
    def keep(work: Work) -> Work:
        ROUTES.append(Route(method, path, work, token))
        return work

    return keep


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that came in, and how it was answered."""

    route: str
    path: dict[str, str]
    body: Any
    status: int
    code: int = 0
