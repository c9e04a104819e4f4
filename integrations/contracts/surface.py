"""The surface port: where people talk to Mynah, and how replies reach them.

A surface translates its platform's events into ``Incoming`` and asks the
``Host`` for everything else. What it delivers is idempotent by ``Delivery.key``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from learning.roles import RoleName

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from learning.recollection import Place

MAX_TEXT = 40_000
"""Longest message taken, in characters: Slack's own limit, the largest of the platforms."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    surface: str = Field(min_length=1, max_length=32)
    workspace_id: str = Field(min_length=1, max_length=200)
    event_id: str = Field(min_length=1, max_length=200)
    """Unique per surface and workspace; a second event with the same id is a repeat."""
    user_id: str = Field(min_length=1, max_length=200)
    channel_id: str = Field(min_length=1, max_length=200)
    private: bool
    """Whether the person who wrote is the only one who can read the reply."""
    occurred_at: AwareDatetime


class IncomingMessage(_Event):
    """Somebody said something to Mynah."""

    kind: Literal["message"] = "message"
    thread_id: str = Field(default="main", min_length=1, max_length=200)
    text: str
    message_ref: str = Field(default="", max_length=200)
    """The platform's id of this message, for edits, deletions and replies."""
    again: UUID | None = None
    """The answer that somebody wants another one for, in the same thread; ``text`` is then
    that answer's question."""
    role: RoleName | None = None
    """Who is to answer, if somebody in particular is asked."""

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        return readable(text)


class IncomingReaction(_Event):
    """Somebody reacted to one of our messages, or took a reaction back."""

    kind: Literal["reaction"] = "reaction"
    interaction_id: UUID
    emoji: str = Field(min_length=1, max_length=64)
    """The emoji itself or its short name, without colons; skin tones allowed."""
    removed: bool = False


class IncomingCorrection(_Event):
    """Somebody wrote what the answer should have been."""

    kind: Literal["correction"] = "correction"
    interaction_id: UUID
    text: str

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        return readable(text)


class IncomingStop(_Event):
    """Somebody pressed stop on a running answer."""

    kind: Literal["stop"] = "stop"
    interaction_id: UUID


Incoming = Annotated[
    IncomingMessage | IncomingReaction | IncomingCorrection | IncomingStop,
    Field(discriminator="kind"),
]


def clean(text: str) -> str:
    """Return the text without control and zero-width characters, NFC-normalised and stripped.

    Newlines and tabs stay; so do joiners inside words and emoji, and
    right-to-left marks, because scripts need them.
    """
    kept = "".join(
        ch
        for ch in text.replace("\r\n", "\n").replace("\r", "\n")
        if ch in "\n\t" or (unicodedata.category(ch) not in {"Cc", "Cs"} and ch not in _INVISIBLE)
    )
    kept = unicodedata.normalize("NFC", kept).strip()
    return kept if any(unicodedata.category(ch)[0] not in {"C", "Z"} for ch in kept) else ""


def readable(text: str) -> str:
    """Return the cleaned text.

    Raises:
        ValueError: if nothing is left of it, or too much.
    """
    cleaned = clean(text)
    if not cleaned:
        raise ValueError("the message is empty: write a question")
    if len(cleaned) > MAX_TEXT:
        raise ValueError(
            f"the message has {len(cleaned):,} characters and at most {MAX_TEXT:,} fit: "
            "shorten it, or put it in a file and ingest that"
        )
    return cleaned


_INVISIBLE = frozenset(
    "\u200b\u2060\ufeff\u00ad\u180e\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Zero-width space, word joiner, BOM, soft hyphen, and the bidi overrides that disguise text."""


class Accepted(BaseModel):
    """What became of an incoming event."""

    model_config = ConfigDict(frozen=True)

    duplicate: bool
    conversation_id: UUID | None = None
    interaction_id: UUID | None = None
    """For a message, the interaction that will hold its answer."""


class Outcome(StrEnum):
    """How a turn ended. Every turn ends in exactly one of these."""

    ANSWERED = "answered"
    FELL_BACK = "fell_back"  # answered, but not by the first choice
    DECLINED = "declined"  # no expert knows; the reply says how to go on
    FAILED = "failed"  # every model failed; the reply says why
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True, slots=True)
class Citation:
    """A source behind an answer. ``mark`` is the number in the text, as in ``[1]``."""

    mark: int
    label: str
    """What to show: ``retry/handler.py:12-40``, or "your answer of 3 May"."""
    quote: str
    """The cited text, shortened."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reply goes."""

    surface: str
    workspace_id: str
    channel_id: str
    thread_id: str
    user_id: str
    conversation_id: UUID
    interaction_id: UUID | None
    private: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reply to be shown once.

    ``key`` names it for ever: delivering the same key again must leave one
    message, not two. ``ref`` is what an earlier attempt returned, if one did.
    """

    key: str
    target: Target
    text: str
    """Markdown."""
    citations: tuple[Citation, ...] = ()
    outcome: Outcome = Outcome.ANSWERED
    role: str = ""
    model: str = ""
    ref: str | None = None


class Live(Protocol):
    """A reply while it is being written. Losing it loses nothing: ``deliver`` follows."""

    async def status(self, text: str) -> None:
        """Show what is going on ("looking through 3 sources")."""

    async def append(self, text: str) -> None:
        """Show some more of the answer."""

    async def restart(self) -> None:
        """Take back what was shown: another model starts over."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a surface can do; the turn adapts to it."""

    streaming: bool
    max_chars: int


class Surface(Protocol):
    """One place where people talk to Mynah."""

    @property
    def name(self) -> str:
        """Short and fixed: "web", "console", "slack", "discord"."""

    @property
    def capabilities(self) -> Capabilities:
        """What this surface can do."""

    async def start(self, host: Host) -> None:
        """Begin to listen; hand every event to ``host.accept``."""

    async def stop(self) -> None:
        """Stop listening. Nothing accepted may be lost by it."""

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        """Open a reply that can be watched while it is written."""

    async def deliver(self, delivery: Delivery) -> str:
        """Show the reply once; return the platform's reference to it.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """


class DeliveryFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """A reply could not be shown. ``final`` means that trying again is useless."""

    def __init__(
        self, message: str, *, final: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.final = final
        self.retry_after_s = retry_after_s


# What a surface may ask of the rest.


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a surface knows them. ``admin``: may decide for the whole workspace."""

    workspace_id: str
    user_id: str
    surface: str
    channel_id: str = ""
    private: bool = True
    admin: bool = False


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """One line of the list of threads."""

    conversation_id: UUID
    thread_id: str
    channel_id: str
    title: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a transcript.

    A correction is an answer that a person wrote in place of one of ours; it
    has an interaction of its own, so that it can be rated and forgotten too.
    ``interaction_id`` is what reactions, corrections and *why* refer to;
    ``reactions`` maps an emoji to how many people gave it, ``mine`` holds
    those of the person looking. A question that asks ``again`` for another
    answer may ask somebody in particular: ``asked_role``.
    """

    id: UUID
    by: Literal["person", "mynah", "correction"]
    author: str
    text: str
    said_at: datetime
    interaction_id: UUID | None = None
    citations: tuple[Citation, ...] = ()
    outcome: Outcome | None = None
    role: str = ""
    model: str = ""
    reactions: Mapping[str, int] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()
    again: UUID | None = None
    asked_role: RoleName | None = None


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something that happened in a conversation somebody watches.

    ``status`` and ``piece`` carry text of the reply being written, ``restart``
    takes it back, ``changed`` says that the transcript should be read again
    (an answer was delivered, a reaction counted, a message forgotten). ``stop``
    says that the person wants no more of the reply.
    """

    kind: Literal["status", "piece", "restart", "changed", "stop"]
    interaction_id: UUID | None = None
    text: str = ""


class Broadcast(Protocol):
    """Carries live events to every process in which somebody watches the conversation."""

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
        """Pass an event on, in order. An event that is lost is lost quietly: this never raises."""


@dataclass(frozen=True, slots=True)
class CommandReply:
    """The result of a command: Markdown for people, data for programs.

    ``ok`` is false when the command could not do what was asked; the text then
    says why and what to do.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """One row of the table of commands, for help texts and menus."""

    name: str
    usage: str
    summary: str


class Host(Protocol):
    """What Mynah offers to its surfaces."""

    async def accept(self, incoming: Incoming) -> Accepted:
        """Verify, dedupe, store and queue an event, in one transaction; then return."""

    async def command(self, person: Person, line: str) -> CommandReply:
        """Run a command such as ``learnings``, ``why ID`` or ``forget ID``; ``help`` lists them."""

    def commands(self) -> Sequence[CommandHelp]:
        """Return the table of commands."""

    async def threads(self, person: Person) -> Sequence[ThreadSummary]:
        """Return the person's threads on this surface, newest first."""

    async def transcript(self, person: Person, conversation_id: UUID) -> Sequence[Entry]:
        """Return a conversation the person may read, oldest first."""

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        """Return, in plain sentences, what was learned from an interaction."""

    def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        """Ingest a file, folder or URL; yield progress in plain sentences."""

    def watch(
        self, person: Person, conversation_id: UUID
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Follow a conversation the person may read."""
