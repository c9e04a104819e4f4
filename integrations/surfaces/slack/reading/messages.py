"""What people write in Slack: questions, follow-ups, edits and deletions.

Decides which messages are meant for us, and how one reads. Refuses to know what becomes of
it, and whether we take part in a thread: where that matters it says so (``Maybe``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import TYPE_CHECKING, Final, Literal

from integrations.contracts.incoming import (
    MOST_FILES,
    IncomingEdit,
    IncomingFile,
    IncomingMessage,
    clean,
)
from integrations.surfaces.slack.reading.payload import (
    Bot,
    Ignored,
    Origin,
    Payload,
    Unreadable,
    happened_at,
    identity,
    is_direct,
    moment,
    needed,
    objects,
    origin_of,
    part,
    stamp,
    string,
    thread_of,
)
from integrations.surfaces.slack.reading.text import addressee, as_markdown, mentions

if TYPE_CHECKING:
    from datetime import datetime

Via = Literal["direct", "mention", "thread", "aside"]
"""How a message reaches us: in a direct message, by our name, in a thread that we may take
part in, or in no way that concerns us."""

_SLACKBOT: Final = "USLACKBOT"
_SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message"})
_GONE: Final = frozenset({"tombstone"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message.

    Attributes:
        url: where it can be had; empty if Slack must be asked for it by the id first, or
            does not give it.
        size: bytes; 0 if not known.
        hosted: whether Slack keeps it. Our token must not be sent for any other.
    """

    id: str
    name: str
    mimetype: str
    url: str
    size: int
    hosted: bool


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something to us.

    ``origin.event_id`` is made of channel and time: Slack tells of one message by
    several events, as a mention and as a message, and as a mention anew after each edit.

    Attributes:
        text: Markdown, without the mention that called us. Empty if only our name was
            said, or files came without a word.
        message_ref: "CHANNEL:TS".
    """

    origin: Origin
    text: str
    message_ref: str
    via: Via
    attachments: tuple[Attachment, ...] = ()

    def incoming(self, text: str | None = None) -> IncomingMessage:
        """Return what goes through the front door.

        Args:
            text: instead of what was written, say with what the files hold.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingMessage(
            **self.origin.common(),
            thread_id=self.origin.thread_id,
            text=self.text if text is None else text,
            message_ref=self.message_ref,
            files=tuple(
                IncomingFile(name=a.name, media_type=a.mimetype[:100], size=a.size, ref=a.id)
                for a in self.attachments[:MOST_FILES]
            ),
        )


@dataclass(frozen=True, slots=True)
class Maybe:
    """Somebody said something in a thread: for us if we take part in it.

    What must be known is whether ``said.origin.thread_id`` in ``said.origin.channel_id``
    holds an answer of ours, or a question to us.
    """

    said: Said


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody rewrote a message.

    ``said`` is the message as it is now. If we never had it, and it now calls us, it is a
    question; if its ``via`` is "aside" or "thread", it matters only if we had it.
    """

    origin: Origin
    said: Said

    def incoming(self) -> IncomingEdit:
        """Return what goes through the front door.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingEdit(
            **self.origin.common(), message_ref=self.said.message_ref, text=self.said.text
        )


@dataclass(frozen=True, slots=True)
class Deleted:
    """A person's message is gone. The author is empty where Slack does not tell."""

    origin: Origin
    message_ref: str


def mention(body: Payload, event: Payload, bot: Bot) -> Said | Edited | Ignored:
    """Return what a mention says. Slack sends it again, with ``edited``, after an edit."""
    if (reason := _not_a_persons(event, bot)) is not None:
        return reason
    said = replace(_said(body, event, event, bot), via="mention")
    return _edited(body, event, event, said) if part(event, "edited") else said


def message(body: Payload, event: Payload, bot: Bot) -> Said | Maybe | Edited | Deleted | Ignored:
    """Return what a message event says: a message, an edit, or a deletion."""
    match string(event, "subtype"):
        case "message_changed":
            return _changed(body, event, bot)
        case "message_deleted":
            return _deleted(body, event, part(event, "previous_message"), bot)
        case subtype if subtype in _SPOKEN and event.get("hidden") is not True:
            return _spoken(body, event, bot)
        case subtype:
            return Ignored(f"messages of the kind {subtype[:40]!r} are not people speaking")


def by_machine(message: Payload) -> bool:
    """Tell whether an app, a workflow or Slack itself wrote a message."""
    return bool(
        string(message, "bot_id")
        or part(message, "bot_profile")
        or string(message, "subtype") == "bot_message"
        or identity(message, "user") in {"", _SLACKBOT}
    )


def _spoken(body: Payload, event: Payload, bot: Bot) -> Said | Maybe | Ignored:
    if (reason := _not_a_persons(event, bot)) is not None:
        return reason
    said = _said(body, event, event, bot)
    if said.via in {"direct", "mention"}:
        return said
    if said.via == "aside":
        return Ignored("it neither mentions us nor is in a thread")
    if addressee(string(event, "text")):
        return Ignored("it begins with somebody else's name")
    ours = bot.user_id and identity(event, "parent_user_id") == bot.user_id
    return said if ours else Maybe(said)


def _changed(body: Payload, event: Payload, bot: Bot) -> Edited | Deleted | Ignored:
    """Return an edit. Slack also says "changed" for previews, replies, and deleted roots."""
    now, before = part(event, "message"), part(event, "previous_message")
    if string(now, "subtype") in _GONE:
        return _deleted(body, event, before or now, bot)
    if (reason := _not_a_persons(now, bot)) is not None:
        return reason
    if string(now, "subtype") not in _SPOKEN:
        return Ignored("what changed is not something that a person said")
    if before and string(now, "text") == string(before, "text"):
        return Ignored("the words of the message are the same")
    if not before and not part(now, "edited"):
        return Ignored("nobody edited the message")
    return _edited(body, event, now, _said(body, event, now, bot))


def _edited(body: Payload, event: Payload, now: Payload, said: Said) -> Edited:
    """Return an edit; its id is the same for each event that tells of it."""
    edited_ts = stamp(now, "edited", "ts")
    at = moment(edited_ts) or happened_at(body, event)
    edit = edited_ts or string(event, "event_ts")
    # Slack tells the second of an edit, and a second holds several. Four digits tell them apart
    # and are too few to tell what was said.
    sum_ = blake2s(said.text.encode("utf-8", "surrogatepass"), digest_size=2).hexdigest()
    event_id = f"e:{said.message_ref}:{edit}:{sum_}"[:200]
    return Edited(replace(said.origin, event_id=event_id, occurred_at=at), said)


def _deleted(body: Payload, event: Payload, gone: Payload, bot: Bot) -> Deleted | Ignored:
    """Return a deletion. One that takes a thread's root is told of twice: as a change, too."""
    if bot.wrote(gone) or string(gone, "bot_id"):
        return Ignored("what was deleted is not a person's")
    ts = needed(stamp(event, "deleted_ts") or stamp(gone, "ts"), "time stamp of the message")
    channel = needed(identity(event, "channel"), "channel")
    private = is_direct(channel, string(event, "channel_type"))
    origin = origin_of(
        body,
        event,
        event_id=f"d:{channel}:{ts}",
        user_id="" if by_machine(gone) else identity(gone, "user"),
        thread_id=thread_of({"ts": ts, **gone}, private=private),
    )
    return Deleted(origin, f"{channel}:{ts}")


def _not_a_persons(message: Payload, bot: Bot) -> Ignored | None:
    if bot.wrote(message):
        return Ignored("it is one of our own messages")
    return Ignored("no person wrote it") if by_machine(message) else None


def _said(body: Payload, event: Payload, message: Payload, bot: Bot) -> Said:
    """Return a message.

    Args:
        body: the whole payload.
        event: what happened; it names the channel.
        message: what was said; the event itself, or the part of it that holds the message.
        bot: who we are.

    Raises:
        Unreadable: if it has no author, channel or time.
    """
    channel = needed(identity(event, "channel"), "channel")
    ts = needed(stamp(message, "ts"), "time stamp")
    private = is_direct(channel, string(event, "channel_type"))
    origin = origin_of(
        body,
        event,
        event_id=f"m:{channel}:{ts}",
        user_id=needed(identity(message, "user"), "author"),
        thread_id=thread_of(message, private=private),
        occurred_at=_sent_at(ts),
    )
    return Said(
        origin=origin,
        text=_text(message, bot),
        message_ref=f"{channel}:{ts}",
        via=_via(message, bot, private=private),
        attachments=attachments(message),
    )


def _sent_at(ts: str) -> datetime:
    if (found := moment(ts)) is None:
        raise Unreadable("it has no usable time stamp")
    return found


def _via(message: Payload, bot: Bot, *, private: bool) -> Via:
    if private:
        return "direct"
    if mentions(string(message, "text"), bot.user_id):
        return "mention"
    in_thread = stamp(message, "thread_ts") not in {"", stamp(message, "ts")}
    return "thread" if in_thread else "aside"


def _text(message: Payload, bot: Bot) -> str:
    """Return what was said; messages passed on with it follow as quotations."""
    shared = (
        as_markdown(string(passed_on, "text"), bot)
        for passed_on in objects(message, "attachments")
        if passed_on.get("is_share") is True
    )
    texts = [as_markdown(string(message, "text"), bot), *map(_quoted, shared)]
    return "\n\n".join(text for text in texts if text)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def attachments(message: Payload) -> tuple[Attachment, ...]:
    """Return the files of a message that are still there."""
    return tuple(
        _attachment(file)
        for file in objects(message, "files")
        if identity(file, "id") and string(file, "mode") not in _GONE
    )


def _attachment(file: Payload) -> Attachment:
    url = string(file, "url_private_download") or string(file, "url_private")
    size = file.get("size")
    name = clean(string(file, "name") or string(file, "title"))
    return Attachment(
        id=identity(file, "id"),
        name=" ".join(name.split())[:255] or "file",
        mimetype=string(file, "mimetype").lower()[:127],
        url=url if url.startswith(("https://", "http://")) else "",
        size=size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else 0,
        hosted=file.get("is_external") is not True and string(file, "mode") != "external",
    )
