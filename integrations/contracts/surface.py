"""The surface port: where people talk to Mynah, and how replies reach them.

A surface translates its platform's events into ``Incoming`` and asks the
``Host`` for everything else. What it delivers is idempotent by ``Delivery.key``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from integrations.contracts.incoming import Incoming
    from learning.interpretation.contract import Reading
    from learning.recollection import Place
    from learning.roles import RoleName


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
    ASKED = "asked"  # the question can be read in several ways; the reply asks which


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
    readings: tuple[Reading, ...] = ()
    """What else the question could have meant, to choose from with one tap. With the outcome
    ``ASKED`` the text is ``numbered(readings)``: a surface with buttons shows ``ASKING`` and
    one button a reading."""
    read_as: str = ""
    """The id of the reading that was taken without asking."""


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
    answer may ask somebody in particular: ``asked_role``. ``readings`` and
    ``read_as`` are as in ``Delivery``; they are gone once one was chosen.
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
    readings: tuple[Reading, ...] = ()
    read_as: str = ""


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


class Refusal(Exception):  # noqa: N818 - it is an outcome for a person, not a fault
    """An event cannot be taken; the message says why, to the person it came from."""


class Host(Protocol):
    """What Mynah offers to its surfaces."""

    async def accept(self, incoming: Incoming) -> Accepted:
        """Verify, dedupe, store and queue an event, in one transaction; then return.

        Raises:
            Refusal: if it refers to something that is not there, or not this person's.
        """

    async def command(self, person: Person, line: str) -> CommandReply:
        """Run a command such as ``learnings``, ``why ID`` or ``forget ID``; ``help`` lists them."""

    def commands(self) -> Sequence[CommandHelp]:
        """Return the table of commands."""

    async def threads(self, person: Person) -> Sequence[ThreadSummary]:
        """Return the person's threads on this surface, newest first."""

    async def transcript(self, person: Person, conversation_id: UUID) -> Sequence[Entry]:
        """Return a conversation the person may read, oldest first."""

    async def find(self, person: Person, ref: str) -> UUID | None:
        """Return the interaction whose reply is at the platform's ``ref``, if they may read it."""

    async def asked(self, person: Person, ref: str) -> UUID | None:
        """Return the interaction that the person's own message at ``ref`` began."""

    async def exchange(self, person: Person, interaction_id: UUID) -> Sequence[Entry]:
        """Return a question and what was answered to it; nothing if they may not read it."""

    async def unanswered(self, person: Person, channel_id: str, thread_id: str) -> Sequence[UUID]:
        """Return the person's questions in a thread that are still being answered."""

    async def takes_part(
        self, workspace_id: str, surface: str, channel_id: str, thread_id: str
    ) -> bool:
        """Tell whether somebody talked to Mynah in a thread before."""

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        """Return, in plain sentences, what was learned from an interaction."""

    def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        """Ingest a file, folder or URL; yield progress in plain sentences."""

    def watch(
        self, person: Person, conversation_id: UUID
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Follow a conversation the person may read."""
