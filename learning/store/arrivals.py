"""A message arriving: inbox, thread, interaction and message in one statement.

Accepting must be quick, because platforms wait for it, so what would be six
round trips is one; files that came along make it two. Decides nothing; the
inbox's unique key says what is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from learning.store.attachments import Attachments
from learning.store.ids import new_id
from learning.store.types import AudienceType, EncryptedText

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from learning.attached import Enclosed
    from learning.scope import Audience
    from learning.store.store import Unit

_TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as a surface hands it over.

    Attributes:
        again: the answer that another one is wanted for. One that is gone, or that
            the transaction may not read, counts as none.
        asked_role: who is asked in particular.
        clarifies: the question that this one says more clearly; as with ``again``, one
            that is gone counts as none.
    """

    surface: str
    event_id: str
    channel_id: str
    thread_id: str
    user_id: str
    audience: Audience
    text: str
    said_at: datetime
    message_ref: str | None = None
    again: UUID | None = None
    asked_role: str | None = None
    clarifies: UUID | None = None
    files: tuple[Enclosed, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where the message went."""

    conversation_id: UUID
    interaction_id: UUID
    message_id: UUID


class Repeated(Exception):  # noqa: N818 - it is no error to hear something twice
    """The event was here before; the transaction must end with nothing changed."""


async def arrive(unit: Unit, arrival: Arrival, now: datetime) -> Arrived:
    """Store a message with the interaction it begins, in the thread it belongs to.

    Raises:
        Repeated: if an event of this id was stored before. Let it end the
            transaction: the thread was already made to wait for the message.
    """
    interaction_id, message_id = new_id(), new_id()
    row = (
        await unit.connection.execute(
            _ARRIVE,
            {
                "ws": unit.workspace_id,
                "inbox_id": new_id(),
                "conversation_id": new_id(),
                "interaction_id": interaction_id,
                "message_id": message_id,
                "surface": arrival.surface,
                "event_id": arrival.event_id,
                "channel_id": arrival.channel_id,
                "thread_id": arrival.thread_id,
                "user_id": arrival.user_id,
                "audience": arrival.audience,
                "title": title_of(arrival.text),
                "text": arrival.text,
                "message_ref": arrival.message_ref,
                "said_at": arrival.said_at,
                "again": arrival.again,
                "asked_role": arrival.asked_role,
                "clarifies": arrival.clarifies,
                "now": now,
            },
        )
    ).one_or_none()
    if row is None:
        raise Repeated
    await Attachments(unit).add(message_id, arrival.audience, arrival.files)
    return Arrived(row.conversation_id, interaction_id, message_id)


def title_of(text: str) -> str:
    """Return what a thread that begins with a message is called."""
    return text.split("\n", 1)[0][:_TITLE_LENGTH]


_ARRIVE = text(
    """
    WITH thread AS (
        INSERT INTO conversations AS c (
            workspace_id, id, audience, surface, channel_id, thread_id, user_id, title,
            next_position, created_at, updated_at
        ) VALUES (
            :ws, :conversation_id, :audience, :surface, :channel_id, :thread_id, :user_id, :title,
            1, :now, :now
        )
        ON CONFLICT (workspace_id, surface, channel_id, thread_id, audience)
        DO UPDATE SET updated_at = excluded.updated_at, next_position = c.next_position + 1
        RETURNING id, next_position - 1 AS position
    ), unwanted AS (
        -- Locked, or it could be deleted before this commits and take the message with it.
        SELECT id FROM interactions
        WHERE workspace_id = :ws AND id = CAST(:again AS uuid)
        FOR KEY SHARE
    ), unclear AS (
        SELECT id FROM interactions
        WHERE workspace_id = :ws AND id = CAST(:clarifies AS uuid)
        FOR KEY SHARE
    ), asked AS (
        INSERT INTO interactions (
            workspace_id, id, audience, conversation_id, user_id, surface, status, again,
            asked_role, clarifies, created_at
        ) SELECT :ws, :interaction_id, :audience, id, :user_id, :surface, 'accepted',
            (SELECT id FROM unwanted), :asked_role, (SELECT id FROM unclear), :now
        FROM thread
    ), said AS (
        INSERT INTO messages (
            workspace_id, id, audience, conversation_id, interaction_id, position, author_id, by,
            text, message_ref, said_at
        ) SELECT :ws, :message_id, :audience, id, :interaction_id, position, :user_id, 'person',
            :text, :message_ref, :said_at
        FROM thread
    )
    INSERT INTO inbox (
        workspace_id, id, surface, event_id, kind, user_id, conversation_id, interaction_id,
        received_at
    ) SELECT :ws, :inbox_id, :surface, :event_id, 'message', :user_id, id, :interaction_id, :now
    FROM thread
    ON CONFLICT (workspace_id, surface, event_id) DO NOTHING
    RETURNING conversation_id
    """
).bindparams(
    bindparam("audience", type_=AudienceType),
    bindparam("title", type_=EncryptedText),
    bindparam("text", type_=EncryptedText),
)
