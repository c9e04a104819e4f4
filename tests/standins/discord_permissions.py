"""Who may do what in the stand-in for Discord: bits, roles, overwrites, private threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.discord_state import Refused, State
from tests.standins.discord_things import PRIVATE_THREAD, Channel, User

if TYPE_CHECKING:
    from collections.abc import Iterable

BITS = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
    "use_external_apps": 1 << 50,
}
EVERYTHING = (1 << 52) - 1
EVERYONE = sum(
    bit
    for name, bit in BITS.items()
    if not name.startswith(("administrator", "manage_", "mention_"))
)


def bits(names: Iterable[str]) -> int:
    found = 0
    for name in names:
        found |= BITS[name]
    return found


def permissions(state: State, user: User, channel: Channel) -> int:
    """What somebody may do in a channel, as Discord reckons it; 0 for who is not in."""
    if not channel.guild_id:
        return EVERYONE if user.id in channel.people else 0
    guild = state.guilds.get(channel.guild_id)
    if guild is None or user.id not in guild.members:
        return 0
    member = guild.members[user.id]
    may = guild.roles[guild.id].permissions
    for role in member.roles:
        may |= guild.roles[role].permissions
    if user.id == guild.owner_id or may & BITS["administrator"]:
        return EVERYTHING
    overwrites = state.root(channel).overwrites
    allowed, denied = overwrites.get(guild.id, (0, 0))
    may = (may & ~denied) | allowed
    allowed = denied = 0
    for role in member.roles:
        more, less = overwrites.get(role, (0, 0))
        allowed, denied = allowed | more, denied | less
    may = (may & ~denied) | allowed
    allowed, denied = overwrites.get(user.id, (0, 0))
    return _inside(user, channel, (may & ~denied) | allowed)


def _inside(user: User, channel: Channel, may: int) -> int:
    if not may & BITS["view_channel"]:
        return 0
    outside = channel.type == PRIVATE_THREAD and user.id not in channel.people
    return 0 if outside and not may & BITS["manage_threads"] else may


def may(state: State, user: User, channel: Channel, *names: str) -> bool:
    return not bits(names) & ~permissions(state, user, channel)


def sees(state: State, user: User, channel: Channel) -> bool:
    return may(state, user, channel, "view_channel")


def need(state: State, user: User, channel: Channel, *names: str) -> None:
    """Refuse who may not.

    Raises:
        Refused: 50001 for a channel that is not theirs to see, 50013 for what is missing there.
    """
    if not sees(state, user, channel):
        raise Refused(50001)
    if not may(state, user, channel, *names):
        raise Refused(50013)


def need_to_write(state: State, user: User, channel: Channel) -> None:
    """Refuse who may not write there; a thread that is archived opens again for it."""
    needed = "send_messages_in_threads" if channel.is_thread else "send_messages"
    need(state, user, channel, needed)
    if channel.locked and not may(state, user, channel, "manage_threads"):
        raise Refused(50083)
