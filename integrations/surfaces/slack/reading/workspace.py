"""What happens to channels, to who is in them, and to our installation.

Decides what such an event says of who may read what. Refuses to know what is done about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from integrations.contracts.incoming import clean
from integrations.surfaces.slack.reading.payload import (
    Bot,
    Origin,
    Payload,
    identity,
    installation,
    needed,
    origin_of,
    part,
    string,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Change = Literal[
    "archived",
    "unarchived",
    "deleted",
    "renamed",
    "shared",
    "unshared",
    "moved",
    "made_private",
    "made_public",
]

CHANGES: Final[Mapping[str, Change]] = {
    "channel_archive": "archived",
    "channel_unarchive": "unarchived",
    "channel_deleted": "deleted",
    "channel_rename": "renamed",
    "channel_shared": "shared",
    "channel_unshared": "unshared",
    "channel_id_changed": "moved",
    "group_archive": "archived",
    "group_unarchive": "unarchived",
    "group_deleted": "deleted",
    "group_rename": "renamed",
}
"""The event types that tell of a channel."""
CONVERSIONS: Final[Mapping[str, Change]] = {
    "channel_convert_to_private": "made_private",
    "channel_convert_to_public": "made_public",
}
"""The subtypes of messages that do."""


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """Somebody, maybe ourselves, joined or left ``origin.channel_id``."""

    origin: Origin
    joined: bool
    us: bool
    invited_by: str = ""


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel is not what it was.

    Attributes:
        name: the new name, when renamed.
        with_team: the other organisation, when shared or no longer.
        moved_to: the new id, when moved.
    """

    origin: Origin
    change: Change
    name: str = ""
    with_team: str = ""
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """Somebody's profile is another now: ``profile``, as ``users.info`` shows it."""

    origin: Origin
    profile: Payload


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """The app was taken out: everything kept for ``origin.workspace_id`` is to be erased."""

    origin: Origin
    team_id: str
    enterprise_id: str


@dataclass(frozen=True, slots=True)
class TokensRevoked:
    """Tokens no longer hold: those of people by their ids, and those of bot users."""

    origin: Origin
    users: tuple[str, ...]
    bots: tuple[str, ...]


def membership(body: Payload, event: Payload, bot: Bot) -> MembershipChanged:
    """Return who joined or left a channel."""
    user = needed(identity(event, "user"), "user")
    channel = needed(identity(event, "channel"), "channel")
    return MembershipChanged(
        # Here ``channel_type`` is "C" or "G", not the word that messages carry.
        origin=origin_of(body, event, user_id=user, channel_id=channel, private=False),
        joined=string(event, "type") == "member_joined_channel",
        us=user == bot.user_id,
        invited_by=identity(event, "inviter"),
    )


def left(body: Payload, event: Payload, bot: Bot) -> MembershipChanged:
    """Return that we were taken out of a channel, which has an event of its own."""
    channel = needed(identity(event, "channel"), "channel")
    origin = origin_of(body, event, user_id=bot.user_id, channel_id=channel, private=False)
    return MembershipChanged(origin, joined=False, us=True)


def channel(body: Payload, event: Payload, bot: Bot) -> ChannelChanged:
    """Return what became of a channel. After a move it goes by another id."""
    del bot
    moved = string(event, "type") == "channel_id_changed"
    channel = identity(event, "old_channel_id") if moved else identity(event, "channel")
    return ChannelChanged(
        origin=origin_of(body, event, channel_id=needed(channel, "channel"), private=False),
        change=CHANGES[string(event, "type")],
        name=clean(string(event, "channel", "name"))[:80],
        with_team=identity(event, "connected_team_id")
        or identity(event, "previously_connected_team_id"),
        moved_to=needed(identity(event, "new_channel_id"), "new channel") if moved else "",
    )


def converted(body: Payload, event: Payload, bot: Bot) -> ChannelChanged:
    """Return that a channel was made private or public, which a message tells."""
    del bot
    channel = needed(identity(event, "channel"), "channel")
    origin = origin_of(body, event, channel_id=channel, private=False)
    return ChannelChanged(origin, CONVERSIONS[string(event, "subtype")])


def member(body: Payload, event: Payload, bot: Bot) -> MemberChanged:
    """Return whose profile changed, and to what."""
    del bot
    user = needed(identity(event, "user"), "user")
    origin = origin_of(body, event, user_id=user, channel_id="", private=False)
    return MemberChanged(origin, part(event, "user"))


def uninstalled(body: Payload, event: Payload, bot: Bot) -> Uninstalled:
    """Return that the app was taken out. Slack may say so before or after its tokens ended."""
    del bot
    installed = installation(body)
    return Uninstalled(origin_of(body, event), installed.team_id, installed.enterprise_id)


def revoked(body: Payload, event: Payload, bot: Bot) -> TokensRevoked:
    """Return whose tokens no longer hold."""
    del bot
    return TokensRevoked(
        origin_of(body, event), _ids(event, "tokens", "oauth"), _ids(event, "tokens", "bot")
    )


def _ids(payload: Payload, *path: str) -> tuple[str, ...]:
    found = part(payload, *path[:-1]).get(path[-1])
    ids = (identity({"id": x}, "id") for x in (found if isinstance(found, list) else ()))
    return tuple(x for x in ids if x)
