"""One open thread: decides what is sent for it, and how a refusal is worded.

Builds the events that the host accepts. Refuses to know how anything is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import ValidationError

from integrations.contracts.incoming import (
    IncomingChoice,
    IncomingCorrection,
    IncomingMessage,
    IncomingReaction,
    IncomingSignal,
    IncomingStop,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from integrations.contracts.host import Accepted, Entry, Host, Person, ThreadSummary
    from integrations.surfaces.web.readings import Choice
    from learning.roles import RoleName

NEW_TITLE = "New thread"


class Refused(Exception):  # noqa: N818 - it is an outcome for a person, not a fault
    """Something was not sent; the message is a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent to Mynah.

    Attributes:
        text: as typed, or as it was asked before.
        event_id: the same id again is the same question.
        again: the answer that another one is wanted for.
        role: who is to answer, if somebody in particular is asked.
    """

    text: str
    event_id: str
    again: UUID | None = None
    role: RoleName | None = None


class Thread:
    """What a page knows of the thread it shows.

    Args:
        host: where events go.
        person: who sits before the page.
        now: tells the time of an event.
        summary: the thread, or ``None`` for one that begins with the first message.
    """

    def __init__(
        self,
        host: Host,
        person: Person,
        now: Callable[[], datetime],
        summary: ThreadSummary | None = None,
    ) -> None:
        self._host = host
        self._person = person
        self._now = now
        self.title = summary.title if summary else NEW_TITLE
        self.conversation_id = summary.conversation_id if summary else None
        self.thread_id = summary.thread_id if summary else uuid4().hex
        self._channel_id = summary.channel_id if summary else person.channel_id

    @property
    def draft_key(self) -> str:
        """Names the thread in the browser, where unsent text is kept."""
        return "new" if self.conversation_id is None else self.conversation_id.hex

    async def say(self, question: Question) -> Accepted:
        """Send a question.

        Raises:
            Refused: if the text is empty or too long.
        """
        try:
            message = IncomingMessage.model_validate(
                self._event(question.event_id)
                | {
                    "thread_id": self.thread_id,
                    "text": question.text,
                    "again": question.again,
                    "role": question.role,
                }
            )
        except ValidationError as error:
            raise Refused(sentence(error)) from error
        accepted = await self._host.accept(message)
        self.conversation_id = accepted.conversation_id or self.conversation_id
        return accepted

    async def choose(self, choice: Choice) -> Accepted:
        """Say which reading of a question was meant."""
        return await self._host.accept(
            IncomingChoice.model_validate(
                self._event(choice.event_id)
                | {
                    "thread_id": self.thread_id,
                    "interaction_id": choice.interaction_id,
                    "reading": choice.reading,
                }
            )
        )

    async def copied(self, interaction_id: UUID) -> None:
        """Say that the person copied an answer."""
        await self._host.accept(
            IncomingSignal.model_validate(
                self._event(uuid4().hex) | {"interaction_id": interaction_id, "signal": "copied"}
            )
        )

    async def react(self, interaction_id: UUID, emoji: str, *, removed: bool) -> None:
        """Give a reaction, or take it back."""
        await self._host.accept(
            IncomingReaction.model_validate(
                self._event(uuid4().hex)
                | {"interaction_id": interaction_id, "emoji": emoji, "removed": removed}
            )
        )

    async def correct(self, interaction_id: UUID, text: str, event_id: str) -> None:
        """Say what an answer should have been.

        Raises:
            Refused: if the text is empty or too long.
        """
        try:
            correction = IncomingCorrection.model_validate(
                self._event(event_id) | {"interaction_id": interaction_id, "text": text}
            )
        except ValidationError as error:
            raise Refused(sentence(error)) from error
        await self._host.accept(correction)

    async def stop(self, interaction_id: UUID) -> None:
        """Stop a running answer."""
        await self._host.accept(
            IncomingStop.model_validate(
                self._event(uuid4().hex) | {"interaction_id": interaction_id}
            )
        )

    async def entries(self) -> Sequence[Entry]:
        """Read the transcript; a thread that has not begun has none."""
        if self.conversation_id is None:
            return ()
        return await self._host.transcript(self._person, self.conversation_id)

    def _event(self, event_id: str) -> dict[str, object]:
        return {
            "surface": self._person.surface,
            "workspace_id": self._person.workspace_id,
            "event_id": event_id,
            "user_id": self._person.user_id,
            "channel_id": self._channel_id,
            "private": True,
            "occurred_at": self._now(),
        }


def sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong, as a sentence."""
    said = error.errors()[0]["msg"].removeprefix("Value error, ")
    return said[:1].upper() + said[1:].rstrip(".") + "."


def unanswered(entries: Sequence[Entry], since: datetime) -> list[UUID]:
    """Return the interactions still waiting for an answer, oldest first.

    Args:
        entries: the transcript.
        since: questions older than this are not waited for any more.
    """
    answered = {entry.interaction_id for entry in entries if entry.by == "mynah"}
    return [
        entry.interaction_id
        for entry in entries
        if entry.by == "person"
        and entry.interaction_id is not None
        and entry.interaction_id not in answered
        and entry.said_at >= since
    ]
