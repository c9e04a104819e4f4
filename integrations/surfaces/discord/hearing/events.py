"""What happens in Discord, and what each asks of us.

Decides which messages and reactions concern us and what they say. Refuses to know what is done
about them: nothing here looks anything up. Where it matters whether we take part in a thread,
or what a reply refers to, it says so (``Said.via``, ``Said.replies_to``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import discord

from integrations.contracts.incoming import (
    MOST_FILES,
    IncomingEdit,
    IncomingFile,
    IncomingMessage,
    IncomingReaction,
    clean,
)
from integrations.surfaces.discord.hearing.places import NAME, ref_of
from integrations.surfaces.discord.hearing.text import addressee, as_markdown, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from integrations.surfaces.discord.hearing.places import Place

Via = Literal["direct", "mention", "reply", "thread", "aside"]
"""How a message reaches us: in a direct message, by our name, as a reply to a message of ours,
in a thread that we may take part in, or in no way that concerns us."""

CALLS: Final = frozenset({"direct", "mention", "reply"})
CALLS_WITHIN: Final = timedelta(minutes=5)
"""How long after an edit Discord may tell of it. It tells of old ones again with every preview and
pin: a question that was forgotten must not come back by that."""

_SPOKEN: Final = frozenset({discord.MessageType.default, discord.MessageType.reply})
_LONGEST_EMOJI: Final = 64
_LONGEST_URL: Final = 2_000


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are: our user's id, and that of the role in a guild that came with us."""

    user_id: int
    role_id: int | None = None

    @property
    def ids(self) -> frozenset[str]:
        """What a mention of us may hold."""
        return frozenset(str(each) for each in (self.user_id, self.role_id) if each)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done. ``reason`` is for the log: it holds nobody's words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, where and when. ``event_id`` is unique: a second one is a repeat."""

    event_id: str
    place: Place
    user_id: str
    occurred_at: datetime

    def common(self) -> dict[str, Any]:
        """Return the fields that everything has at the front door."""
        return {
            "surface": NAME,
            "workspace_id": self.place.workspace_id,
            "event_id": self.event_id,
            "user_id": self.user_id,
            "channel_id": self.place.channel_id,
            "private": self.place.private,
            "occurred_at": self.occurred_at,
        }


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something.

    ``origin.event_id`` is made of the message's id: an edit that calls us first, and the message
    itself, are one question.

    Attributes:
        text: Markdown, without the mention that called us. Empty if only our name was said,
            files came without a word, or Discord does not show us the words.
        message_ref: "CHANNEL:MESSAGE".
        replies_to: the reference of the message that it replies to, if it does.
        ours: whether that one is ours.
    """

    origin: Origin
    text: str
    message_ref: str
    via: Via
    replies_to: str = ""
    files: tuple[IncomingFile, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it that we can read."""
        return not clean(self.text) and not self.files

    def incoming(self, thread_id: str) -> IncomingMessage:
        """Return what goes through the front door.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingMessage(
            **self.origin.common(),
            thread_id=thread_id,
            text=self.text,
            message_ref=self.message_ref,
            files=self.files,
        )


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody rewrote a message; ``said`` is what it says now."""

    origin: Origin
    said: Said

    def calls(self, now: datetime) -> bool:
        """Tell whether a message that we never had, or forgot, asks us something by this."""
        fresh = now - self.origin.occurred_at < CALLS_WITHIN
        return fresh and self.said.via in CALLS and not self.said.blank

    def incoming(self) -> IncomingEdit:
        """Return what goes through the front door.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingEdit(
            **self.origin.common(), message_ref=self.said.message_ref, text=self.said.text
        )


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to a message that may be ours, or took a reaction back."""

    origin: Origin
    ref: str
    emoji: str
    removed: bool

    def incoming(self, interaction_id: UUID) -> IncomingReaction:
        """Return what goes through the front door, once the answer is known."""
        return IncomingReaction(
            **self.origin.common(),
            interaction_id=interaction_id,
            emoji=self.emoji,
            removed=self.removed,
        )


def via_of(message: discord.Message, me: Me) -> Via | Ignored:
    """Return how a message reaches us, before anything else of it is read."""
    if (reason := _not_a_persons(message, me)) is not None:
        return reason
    if isinstance(message.channel, discord.DMChannel):
        return "direct"
    if any(user.id == me.user_id for user in message.mentions) or _called_by_role(message, me):
        return "mention"
    answered = _answered(message)
    if answered is not None and answered.author.id == me.user_id:
        return "reply"
    to_another = answered is not None and answered.author.id != message.author.id
    if to_another or addressee(message.content) or message.mention_everyone:
        return Ignored("it is for somebody else")
    # A channel that is not known may be a thread that was asleep.
    unknown = isinstance(message.channel, discord.Thread | discord.PartialMessageable)
    return "thread" if unknown else "aside"


def said(message: discord.Message, place: Place, via: Via, me: Me) -> Said:
    """Return what a message says."""
    return Said(
        origin=Origin(f"m:{message.id}", place, str(message.author.id), message.created_at),
        text=_text(message, me),
        message_ref=ref_of(place.here, message.id),
        via=via,
        replies_to=_replies_to(message),
        files=tuple(files_of(message)),
    )


def edited(message: discord.Message, place: Place, via: Via, me: Me) -> Edited | Ignored:
    """Return an edit. Discord says "updated" for previews and pins, too."""
    at = message.edited_at
    if at is None:
        return Ignored("nobody edited the message")
    now = said(message, place, via, me)
    event_id = f"e:{message.id}:{int(at.timestamp() * 1_000_000)}"
    return Edited(replace(now.origin, event_id=event_id, occurred_at=at), now)


def reacted(
    event: discord.RawReactionActionEvent, place: Place, event_id: str, now: datetime
) -> Reacted:
    """Return a reaction.

    Args:
        event: what Discord tells: neither a time nor an id is in it.
        place: where.
        event_id: what tells it from every other.
        now: when it came.
    """
    return Reacted(
        Origin(event_id, place, str(event.user_id), now),
        ref_of(place.here, event.message_id),
        (event.emoji.name or "")[:_LONGEST_EMOJI],
        event.event_type == "REACTION_REMOVE",
    )


def not_ours(event: discord.RawReactionActionEvent, me: Me) -> Ignored | None:
    """Return why a reaction does not concern us, where what came with it says so."""
    if event.user_id == me.user_id or (event.member is not None and event.member.bot):
        return Ignored("no person reacted")
    if event.message_author_id not in {None, me.user_id}:
        return Ignored("a reaction to somebody else's message")
    return None if event.emoji.name else Ignored("an emoji that is gone")


def files_of(message: discord.Message) -> Iterator[IncomingFile]:
    """Return the files of a message, a forwarded one's too; a voice message is one."""
    found = [*message.attachments]
    for snapshot in message.message_snapshots:
        found += snapshot.attachments
    for attachment in found[:MOST_FILES]:
        name = " ".join(clean(attachment.filename).split())[:255] or "file"
        if len(attachment.url) <= _LONGEST_URL:
            yield IncomingFile(
                name=name,
                media_type=(attachment.content_type or "").lower()[:100],
                size=max(attachment.size, 0),
                ref=attachment.url,
            )


def _not_a_persons(message: discord.Message, me: Me) -> Ignored | None:
    if message.author.id == me.user_id:
        return Ignored("it is one of our own messages")
    if message.webhook_id is not None or message.author.bot:
        return Ignored("no person wrote it")
    return None if message.type in _SPOKEN else Ignored("it is not a person speaking")


def _called_by_role(message: discord.Message, me: Me) -> bool:
    """Tell whether the role that came with us is mentioned; many people mean us by it.

    Discord then shows us the words only if it shows us all.
    """
    return bool(message.content) and any(role.id == me.role_id for role in message.role_mentions)


def _answered(message: discord.Message) -> discord.Message | None:
    """Return the message that one replies to, if Discord sent it along."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return None
    resolved = reference.resolved
    return resolved if isinstance(resolved, discord.Message) else None


def _replies_to(message: discord.Message) -> str:
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None:
        return ""
    return (
        "" if reference.message_id is None else ref_of(reference.channel_id, reference.message_id)
    )


def _text(message: discord.Message, me: Me) -> str:
    """Return what was said; messages passed on with it follow as quotations.

    A post in a forum begins with its title, which may be all that there is of the question.
    """
    names = {
        **{str(user.id): user.display_name for user in message.mentions},
        **{str(role.id): role.name for role in message.role_mentions},
        **{str(channel.id): channel.name for channel in message.channel_mentions},
    }
    passed_on = (as_markdown(each.content, me.ids, names) for each in message.message_snapshots)
    texts = [as_markdown(message.content, me.ids, names), *map(quoted, passed_on)]
    if isinstance(message.channel, discord.Thread) and message.channel.id == message.id:
        texts.insert(0, message.channel.name)
    return "\n\n".join(text for text in texts if text)
