"""Slack's events, and what each asks of us.

Decides which events concern us and what they say. Refuses to know what is done about
them: nothing here looks anything up. Whatever cannot be read is ``Ignored`` with a reason
for the log, never an exception, because Slack sends an event again that was not taken.
Shapes: https://docs.slack.dev/reference/events
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from integrations.contracts.incoming import IncomingReaction, clean
from integrations.surfaces.slack.reading import messages, workspace
from integrations.surfaces.slack.reading.messages import Attachment, Deleted, Edited, Maybe, Said
from integrations.surfaces.slack.reading.payload import (
    Bot,
    Ignored,
    Origin,
    Payload,
    Unreadable,
    identity,
    is_direct,
    needed,
    objects,
    origin_of,
    part,
    stamp,
    string,
)
from integrations.surfaces.slack.reading.workspace import (
    ChannelChanged,
    MemberChanged,
    MembershipChanged,
    TokensRevoked,
    Uninstalled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

__all__ = [
    "Attachment",
    "Bot",
    "ChannelChanged",
    "ContextChanged",
    "Deleted",
    "Edited",
    "Event",
    "HomeOpened",
    "Ignored",
    "Maybe",
    "MemberChanged",
    "MembershipChanged",
    "Origin",
    "Reacted",
    "Said",
    "Stopped",
    "ThreadStarted",
    "Titled",
    "TokensRevoked",
    "Uninstalled",
    "incoming",
]

_LONGEST_EMOJI: Final = 64


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to a message that may be ours, or took a reaction back.

    Attributes:
        ref: "CHANNEL:TS" of the message.
        emoji: its short name, a skin tone included: "thumbsup::skin-tone-3".
        removed: whether it was taken back.
        ours: whether Slack says that the message is ours; ``None`` if it does not say.
    """

    origin: Origin
    ref: str
    emoji: str
    removed: bool
    ours: bool | None

    def incoming(self, interaction_id: UUID) -> IncomingReaction:
        """Return what goes through the front door, once the answer is known."""
        return IncomingReaction(
            **self.origin.common(),
            interaction_id=interaction_id,
            emoji=self.emoji,
            removed=self.removed,
        )


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody opened our app, on the tab "home" or "messages"."""

    origin: Origin
    tab: str


@dataclass(frozen=True, slots=True)
class ThreadStarted:
    """Somebody opened a new thread with the assistant. ``looking_at`` is a channel, if any."""

    origin: Origin
    looking_at: str


@dataclass(frozen=True, slots=True)
class ContextChanged:
    """Somebody who has us open looks at another channel, or at none."""

    origin: Origin
    looking_at: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody pressed stop while we worked in a thread.

    ``streams`` are the messages, as "CHANNEL:TS", that Slack has already stopped.
    """

    origin: Origin
    streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Titled:
    """Somebody gave a thread with us another title."""

    origin: Origin
    title: str


Event = (
    Said
    | Maybe
    | Edited
    | Deleted
    | Reacted
    | MembershipChanged
    | MemberChanged
    | ChannelChanged
    | Uninstalled
    | TokensRevoked
    | HomeOpened
    | ThreadStarted
    | ContextChanged
    | Stopped
    | Titled
    | Ignored
)


def incoming(body: object, bot: Bot) -> Event:
    """Return what an event says.

    Args:
        body: the payload of the Events API, as slack-bolt hands it over.
        bot: who we are in that workspace.
    """
    event = part(body, "event")
    kind = string(event, "type")
    if string(body, "type") != "event_callback" or not kind:
        return Ignored(f"a payload of the type {string(body, 'type')[:40]!r} is not an event")
    if (read := READERS.get(kind)) is None:
        return Ignored(f"events of the type {kind[:40]!r} do not concern us")
    try:
        return read(part(body), event, bot)
    except Unreadable as error:
        return Ignored(f"an event of the type {kind!r} cannot be read: {error}")


def _reaction(body: Payload, event: Payload, bot: Bot) -> Reacted | Ignored:
    if string(event, "item", "type") != "message":
        return Ignored("the reaction is to something that is not a message")
    author = identity(event, "item_user")
    if author and author != bot.user_id:
        return Ignored("the reaction is to somebody else's message")
    user = needed(identity(event, "user"), "user")
    if user == bot.user_id:
        return Ignored("the reaction is our own")
    emoji = string(event, "reaction").strip(":")
    if not 0 < len(emoji) <= _LONGEST_EMOJI:
        return Ignored(f"the reaction's name has {len(emoji)} characters")
    channel = needed(identity(event, "item", "channel"), "channel")
    ts = needed(stamp(event, "item", "ts"), "time stamp of the message")
    return Reacted(
        origin=origin_of(body, event, user_id=user, channel_id=channel),
        ref=f"{channel}:{ts}",
        emoji=emoji,
        removed=string(event, "type") == "reaction_removed",
        ours=True if author else None,
    )


def _message(body: Payload, event: Payload, bot: Bot) -> Event:
    """Return what a message says. That a channel was made private is told by one, too."""
    if string(event, "subtype") in workspace.CONVERSIONS:
        return workspace.converted(body, event, bot)
    return messages.message(body, event, bot)


def _home(body: Payload, event: Payload, bot: Bot) -> HomeOpened:
    del bot
    user = needed(identity(event, "user"), "user")
    return HomeOpened(
        origin_of(body, event, user_id=user, private=True), string(event, "tab")[:20] or "home"
    )


def _thread(body: Payload, event: Payload, bot: Bot) -> ThreadStarted | ContextChanged:
    """Return what the older assistant's pane tells: a new thread, or another view beside it."""
    del bot
    thread = part(event, "assistant_thread")
    channel = needed(identity(thread, "channel_id"), "channel")
    origin = origin_of(
        body,
        event,
        user_id=needed(identity(thread, "user_id"), "user"),
        channel_id=channel,
        private=is_direct(channel),
        thread_id=needed(stamp(thread, "thread_ts"), "thread"),
    )
    looking_at = identity(thread, "context", "channel_id")
    if string(event, "type") == "assistant_thread_started":
        return ThreadStarted(origin, looking_at)
    return ContextChanged(origin, looking_at)


def _context(body: Payload, event: Payload, bot: Bot) -> ContextChanged | Ignored:
    """Return what somebody looks at; who it is may be told by the authorisation alone."""
    del bot
    granted = next(iter(objects(body, "authorizations")), {})
    seen_by = "" if granted.get("is_bot") is True else identity(granted, "user_id")
    user = identity(event, "user") or seen_by
    if not user:
        return Ignored("it does not say who looks at something else")
    seen = [
        identity(entity, "value") or identity(entity, "value", "channel_id")
        for entity in objects(event, "context", "entities")
        if string(entity, "type") in _CHANNEL_ENTITIES
    ]
    return ContextChanged(
        origin_of(body, event, user_id=user, private=True), next((x for x in seen if x), "")
    )


def _stopped(body: Payload, event: Payload, bot: Bot) -> Stopped:
    del bot
    channel = needed(identity(event, "channel"), "channel")
    listed = event.get("streaming_message_ts")
    streams = tuple(
        f"{channel}:{ts}"
        for ts in (listed if isinstance(listed, list) else ())
        if stamp({"ts": ts}, "ts")
    )
    thread = stamp(event, "thread_ts") or next((x.partition(":")[2] for x in streams), "")
    user = needed(identity(event, "user"), "user")
    return Stopped(
        origin_of(body, event, user_id=user, thread_id=needed(thread, "thread")), streams
    )


def _titled(body: Payload, event: Payload, bot: Bot) -> Titled:
    del bot
    user = needed(identity(event, "user"), "user")
    thread = needed(stamp(event, "thread_ts"), "thread")
    title = " ".join(clean(string(event, "title")).split())[:255]
    return Titled(origin_of(body, event, user_id=user, thread_id=thread), title)


_CHANNEL_ENTITIES: Final = frozenset({"slack#/types/channel_id", "slack#/types/message_context"})
READERS: Final[Mapping[str, Callable[[Payload, Payload, Bot], Event]]] = {
    "app_mention": messages.mention,
    "message": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "member_joined_channel": workspace.membership,
    "member_left_channel": workspace.membership,
    "channel_left": workspace.left,
    "group_left": workspace.left,
    "user_change": workspace.member,
    "app_uninstalled": workspace.uninstalled,
    "tokens_revoked": workspace.revoked,
    "app_home_opened": _home,
    "assistant_thread_started": _thread,
    "assistant_thread_context_changed": _thread,
    "app_context_changed": _context,
    "agent_session_stopped": _stopped,
    "agent_session_title_changed": _titled,
} | dict.fromkeys(workspace.CHANGES, workspace.channel)
"""Every event type that concerns us; the manifest subscribes to those that change what we do."""
