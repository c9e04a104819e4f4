"""What Mynah offers to its surfaces, and the words both sides use.

A surface hands over what comes in and asks for what it shows; it reaches nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from integrations.contracts.delivery import Button, Citation, Outcome, Picture
    from integrations.contracts.incoming import Incoming
    from learning.interpretation.contract import Reading
    from learning.roles import RoleName


class Accepted(BaseModel):
    """What became of an incoming event."""

    model_config = ConfigDict(frozen=True)

    duplicate: bool
    conversation_id: UUID | None = None
    interaction_id: UUID | None = None
    """For a message, the interaction that will hold its answer."""
    ask_why: str = ""
    """The thread in which to ask the person why they find an answer bad; empty if they are not
    to be asked, because they do not or did so before."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as a surface knows them.

    Attributes:
        private: whether nobody reads along what they are shown.
        admin: whether they may decide for the whole workspace.
        outsider: whether they are a guest, or of another organisation: what the workspace
            keeps for all of its own is not for them.
        tz: the name of their time zone, "Europe/Berlin"; empty if nobody knows.
    """

    workspace_id: str
    user_id: str
    surface: str
    channel_id: str = ""
    private: bool = True
    admin: bool = False
    outsider: bool = False
    tz: str = ""


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
    ``read_as`` are as in ``Delivery``; they are gone once one was chosen, as ``buttons``
    are once there is nothing left to press.
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
    buttons: tuple[Button, ...] = ()


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
    says why and what to do. ``buttons`` and ``pictures`` are shown with the text.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True
    buttons: tuple[Button, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """One row of the table of commands, for help texts and menus."""

    name: str
    usage: str
    summary: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a message by where it is on its platform.

    Attributes:
        asker: whose question it is, or who asked for the answer that it is.
        thread_id: the thread it belongs to.
        ours: whether it is an answer of ours.
    """

    asker: str
    thread_id: str
    ours: bool


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

    async def trace(self, surface: str, workspace_id: str, ref: str) -> Trace | None:
        """Return what is known of the message at the platform's ``ref``, if anything is.

        For what a platform tells without saying who did it. Nobody is shown what this returns.
        """

    async def reactions(
        self, surface: str, workspace_id: str, ref: str
    ) -> Sequence[tuple[str, str]]:
        """Return who reacted to the reply at ``ref``, and with which emoji, where it stands.

        For platforms that take back all reactions at once, and do not say whose.
        """

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        """Return, in plain sentences, what was learned from an interaction."""

    async def prompts(self, person: Person) -> Sequence[str]:
        """Return a few questions that the person may want to ask now, from what is known of them.

        Never more than four, each short enough for a button; drawn from their goals first.
        """

    async def titled(self, person: Person, channel_id: str, thread_id: str, title: str) -> None:
        """Keep the title that a person gave to a thread; an empty one takes it away."""

    async def moved(self, surface: str, workspace_id: str, channel_id: str, now_id: str) -> None:
        """Take in that a channel goes by another id: what is kept of it follows.

        Returns once that is sure to happen.
        """

    async def leave(self, surface: str, workspace_id: str) -> None:
        """Take in that a platform put us out of a workspace; what we kept of it is erased.

        Returns once that is sure to happen; the platform is asked first whether it is so.
        """

    def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        """Ingest a file, folder or URL; yield progress in plain sentences."""

    def watch(
        self, person: Person, conversation_id: UUID
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Follow a conversation the person may read."""
