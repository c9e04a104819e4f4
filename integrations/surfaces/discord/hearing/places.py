"""Where something is in Discord: whose workspace, who reads along, and where a reply goes.

Decides that a guild is a workspace and that what a person says to us alone is one of their own;
that a thread which everybody may open is read by the people of its channel, and one that is for
invited people only by nobody else. Refuses to know what is said there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord

if TYPE_CHECKING:
    from integrations.contracts.delivery import Target

NAME: Final = "discord"
DIRECT: Final = "main"
"""The one thread of everything in a direct message."""

_PERSONAL: Final = "dm:"
_REF: Final = re.compile(r"([0-9]{1,20}):([0-9]{1,20})")
_SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that people write.

    Attributes:
        workspace_id: the guild's id, or a person's own.
        channel_id: whose readers read along: a public thread has those of its channel.
        thread_id: the thread's id, ``DIRECT``, or nothing where replies alone make a thread.
        private: whether it is a direct message between one person and us.
        here: the id that messages in it are under: the thread's, or the channel's.
    """

    workspace_id: str
    channel_id: str
    thread_id: str
    private: bool
    here: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a reply is posted, and which message it refers to, if any."""

    channel_id: int
    reply_to: int | None = None


def personal(user_id: int | str) -> str:
    """Return the workspace that is a person's alone."""
    return f"{_PERSONAL}{user_id}"


def guild_id_of(workspace_id: str) -> int | None:
    """Return the guild that a workspace is; ``None`` if it is a person's own."""
    return int(workspace_id) if _SNOWFLAKE.fullmatch(workspace_id) else None


def ref_of(channel_id: int | str, message_id: int | str) -> str:
    """Return what a message is referred to by: ``channel_id`` is where it is, say a thread."""
    return f"{channel_id}:{message_id}"


def refs_of(ref: str) -> tuple[tuple[int, int], ...]:
    """Return the channel and id of each message in a reference; what is none is left out."""
    found = (_REF.fullmatch(part) for part in ref.split(","))
    return tuple((int(each[1]), int(each[2])) for each in found if each)


def place_of(channel: Any, user_id: int | str) -> Place | None:  # noqa: ANN401 - see below
    """Return the place that a channel is to a person; ``None`` if we take no part in such.

    Args:
        channel: any of discord.py's channels; the library has no name for all of them.
        user_id: the person, whose own workspace a direct message is.
    """
    here = str(channel.id)
    if isinstance(channel, discord.DMChannel):
        return direct(here, user_id)
    guild = getattr(channel, "guild", None)
    if guild is None or isinstance(channel, discord.CategoryChannel):
        return None
    if isinstance(channel, discord.Thread):
        return thread(guild.id, channel.parent_id, channel.id, invited=channel.is_private())
    return Place(str(guild.id), here, "", private=False, here=here)


def direct(channel_id: int | str, user_id: int | str) -> Place:
    """Return the place that a direct message is to the person who is in it with us."""
    here = str(channel_id)
    return Place(personal(user_id), here, DIRECT, private=True, here=here)


def thread(guild_id: int, parent_id: int, thread_id: int, *, invited: bool) -> Place:
    """Return the place that a thread is. ``invited``: whether only who was invited reads it."""
    audience = thread_id if invited else parent_id
    here = str(thread_id)
    return Place(str(guild_id), str(audience), here, private=False, here=here)


def spot_of(target: Target) -> Spot:
    """Return where a reply is posted: where its question is, as a reply to it.

    Of a question that came without a message, only the channel is known, and what its thread
    goes by: that is the message which began it.
    """
    asked = refs_of(target.message_ref)
    if asked:
        return Spot(*asked[0])
    channel = int(target.channel_id)
    began = target.thread_id
    alone = began in {DIRECT, target.channel_id} or not _SNOWFLAKE.fullmatch(began)
    return Spot(channel, None if alone else int(began))
