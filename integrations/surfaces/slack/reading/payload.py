"""Reading Slack's payloads: who did something, where, when, and in whose workspace.

Decides which of the several places that Slack writes an id to is believed, whose workspace
an event belongs to, and who comes from another organisation. Refuses to know what anybody
did, and trusts no shape: whatever is not what it should be is as good as missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Payload = Mapping[str, Any]
"""A JSON object from Slack, or a part of one."""

DIRECT: Final = "dm"
"""The one thread of everything in a direct message that is in no thread of Slack's."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TS: Final = re.compile(r"([0-9]{1,10})\.([0-9]{1,6})")
_EVENT_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 10**10
_NOTHING: Final[Payload] = {}


class Unreadable(ValueError):  # noqa: N818 - it says what the payload is
    """A payload lacks something that cannot be done without; the message says what."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done. ``reason`` is for the log: it holds nobody's words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Bot:
    """Who we are in a workspace, and how its people and channels are called.

    Attributes:
        user_id: of our bot user: who is mentioned.
        bot_id: of our bot: what signs our messages.
        app_id: of our app.
        name: how a mention of us inside a sentence is written.
        names: the names that are known, by the id of a user, channel or group.
    """

    user_id: str
    bot_id: str = ""
    app_id: str = ""
    name: str = "Mynah"
    names: Mapping[str, str] = field(default_factory=dict)

    def wrote(self, message: Payload) -> bool:
        """Tell whether a message is one of ours."""
        signs = (
            (string(message, "user"), self.user_id),
            (string(message, "bot_id"), self.bot_id),
            (string(message, "app_id"), self.app_id),
            (string(message, "bot_profile", "app_id"), self.app_id),
        )
        return any(theirs and theirs == own for theirs, own in signs)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, where and when.

    Attributes:
        event_id: unique in the workspace; a second one is a repeat.
        workspace_id: the team's id, or the organisation's where the app is installed for
            all of it.
        user_id: who; empty where Slack does not say.
        channel_id: where; empty for what happens in no channel.
        thread_id: the time stamp of the thread's first message, or ``DIRECT``.
        private: whether it is a direct message between one person and us.
        occurred_at: by Slack's clock.
        home_id: the team or organisation that the person belongs to, which Slack wants
            to be told when a reply is streamed to them.
        external: whether the payload says, or cannot rule out, that the person belongs
            to another organisation. Guests are not marked: no payload tells them apart.
    """

    event_id: str
    workspace_id: str
    user_id: str
    channel_id: str
    thread_id: str
    private: bool
    occurred_at: datetime
    home_id: str = ""
    external: bool = False

    def common(self) -> dict[str, Any]:
        """Return the fields that everything has at the front door."""
        return {
            "surface": "slack",
            "workspace_id": self.workspace_id,
            "event_id": self.event_id,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "private": self.private,
            "occurred_at": self.occurred_at,
        }


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the app is installed that an event was sent to."""

    team_id: str
    enterprise_id: str
    whole: bool
    """Whether it is installed for the whole organisation."""

    @property
    def workspace_id(self) -> str:
        """The id that our data is kept under."""
        if self.whole and self.enterprise_id:
            return self.enterprise_id
        return self.team_id or self.enterprise_id

    def is_home_to(self, home_id: str) -> bool:
        """Tell whether the id is the installation's own team or organisation."""
        return bool(home_id) and home_id in {self.team_id, self.enterprise_id}


def part(payload: object, *path: str) -> Payload:
    """Return the object at a path; an empty one if there is none."""
    found = payload
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else _NOTHING


def string(payload: object, *path: str) -> str:
    """Return the string at a path; an empty one if there is none."""
    found = part(payload, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def objects(payload: object, *path: str) -> tuple[Payload, ...]:
    """Return the objects in the list at a path."""
    found = part(payload, *path[:-1]).get(path[-1])
    return tuple(x for x in found if isinstance(x, Mapping)) if isinstance(found, list) else ()


def identity(payload: object, *path: str) -> str:
    """Return the id at a path, be it a string or an object that has an ``id``."""
    found = string(payload, *path) or string(payload, *path, "id")
    return found if _ID.fullmatch(found) else ""


def stamp(payload: object, *path: str) -> str:
    """Return the time stamp at a path, as Slack writes it: "1355517523.000005"."""
    found = string(payload, *path)
    return found if _TS.fullmatch(found) else ""


def needed(value: str, what: str) -> str:
    """Return the value.

    Raises:
        Unreadable: if it is empty.
    """
    if not value:
        raise Unreadable(f"it has no usable {what}")
    return value


def moment(ts: str) -> datetime | None:
    """Return when a time stamp was, to the microsecond."""
    if (found := _TS.fullmatch(ts)) is None:
        return None
    seconds, fraction = found.groups()
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")))


def happened_at(body: Payload, event: Payload) -> datetime:
    """Return when an event happened.

    Raises:
        Unreadable: if it does not say.
    """
    found = moment(string(event, "event_ts")) or moment(string(event, "ts"))
    if found is not None:
        return found
    seconds = body.get("event_time")
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < _LATEST:
        return _EPOCH + timedelta(seconds=seconds)
    raise Unreadable("it does not say when it happened")


def event_id_of(body: Payload) -> str:
    """Return Slack's id of an event.

    Raises:
        Unreadable: if it has none.
    """
    found = string(body, "event_id")
    return needed(found if _EVENT_ID.fullmatch(found) else "", "event_id")


def press_id(body: Payload) -> str:
    """Return an id for something a person pressed, sent or typed, made of its trigger.

    Raises:
        Unreadable: if it has no trigger.
    """
    trigger = string(body, "trigger_id")
    team = installation(body).workspace_id
    return needed(f"{team}:{trigger}" if _EVENT_ID.fullmatch(trigger) else "", "trigger_id")[:200]


def installation(body: Payload) -> Installation:
    """Return where the app is installed that the payload was sent to.

    For a shared channel, ``team_id`` may be the other side's; ``authorizations`` is ours.
    A dialog that was opened in a shared channel names our team itself. That is also how
    slack-bolt looks up the token.
    """
    granted = next(iter(objects(body, "authorizations")), None)
    source = body if granted is None else granted
    team = (
        identity(body, "view", "app_installed_team_id")
        or identity(body, "team")
        or identity(source, "team_id")
        or identity(body, "event", "team_id")
        or identity(body, "user", "team_id")
    )
    enterprise = identity(source, "enterprise") or identity(source, "enterprise_id")
    return Installation(
        team_id=team,
        enterprise_id=enterprise or identity(body, "team", "enterprise_id"),
        whole=source.get("is_enterprise_install") in {True, "true"}
        if isinstance(source.get("is_enterprise_install"), bool | str)
        else False,
    )


def is_direct(channel_id: str, channel_type: str = "") -> bool:
    """Tell whether a channel is a direct message between one person and us."""
    return channel_type in {"im", "app_home"} or (not channel_type and channel_id[:1] == "D")


def thread_of(message: Payload, *, private: bool) -> str:
    """Return the id of the thread that a message is in, or begins."""
    started = stamp(message, "thread_ts")
    return started or (DIRECT if private else stamp(message, "ts"))


def origin_of(body: Payload, event: Payload, **known: Any) -> Origin:  # noqa: ANN401 - any field
    """Return the origin of an event.

    Args:
        body: the whole payload.
        event: the event in it.
        known: fields that this kind of event has elsewhere than usual.

    Raises:
        Unreadable: if it does not say which event it is, whose, or when it happened.
    """
    installed = installation(body)
    author = part(event, "message") or event
    channel = known.get("channel_id", identity(event, "channel"))
    private = known.get("private", is_direct(channel, string(event, "channel_type")))
    home = identity(author, "user_team") or identity(author, "team")
    return Origin(
        event_id=known.get("event_id") or event_id_of(body),
        workspace_id=needed(installed.workspace_id, "team"),
        user_id=known.get("user_id", identity(event, "user")),
        channel_id=channel,
        thread_id=known.get("thread_id", ""),
        private=private,
        occurred_at=known.get("occurred_at") or happened_at(body, event),
        home_id=home or installed.team_id,
        external=is_external(installed, home, shared=body.get("is_ext_shared_channel") is True),
    )


def is_external(installed: Installation, home: str, *, shared: bool = False) -> bool:
    """Tell whether somebody belongs to another organisation, or may do.

    In a shared channel, who is not known to be ours is not ours. Elsewhere a team may be
    another one of our organisation, if we are in an organisation.
    """
    if shared:
        return not installed.is_home_to(home)
    return bool(home) and not installed.is_home_to(home) and not installed.enterprise_id
