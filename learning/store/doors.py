"""The inbox and the outbox: what came in once, and what goes out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Text, cast, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.ids import new_id
from learning.store.schema import inbox, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Received:
    """An event in the inbox."""

    id: UUID
    kind: str
    payload: Mapping[str, Any] | None
    conversation_id: UUID | None
    interaction_id: UUID | None
    handled: bool


class Inbox:
    """Takes each event once."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def receive(
        self,
        surface: str,
        event_id: str,
        kind: str,
        user_id: str,
        payload: Mapping[str, Any] | None,
        now: datetime,
    ) -> UUID | None:
        """Store an event; return its id, or ``None`` if it was here before."""
        stored: UUID | None = (
            await self._db.execute(
                upsert(inbox)
                .values(
                    workspace_id=self._unit.workspace_id,
                    id=new_id(),
                    surface=surface,
                    event_id=event_id,
                    kind=kind,
                    user_id=user_id,
                    payload=None if payload is None else dict(payload),
                    received_at=now,
                )
                .on_conflict_do_nothing(index_elements=["workspace_id", "surface", "event_id"])
                .returning(inbox.c.id)
            )
        ).scalar_one_or_none()
        return stored

    async def earlier(self, surface: str, event_id: str) -> Received | None:
        """Return the event that was stored under this id."""
        row = (
            await self._db.execute(
                select(inbox).where(inbox.c.surface == surface, inbox.c.event_id == event_id)
            )
        ).one_or_none()
        return None if row is None else _received(row)

    async def find(self, id_: UUID) -> Received | None:
        """Return an event, for the job that handles it."""
        row = (
            await self._db.execute(select(inbox).where(inbox.c.id == id_).with_for_update())
        ).one_or_none()
        return None if row is None else _received(row)

    async def waiting(self, kind: str, user_id: str, conversation_id: UUID) -> list[Received]:
        """Return what a person did in a conversation and nothing has come of yet."""
        rows = await self._db.execute(
            select(inbox)
            .where(
                inbox.c.user_id == user_id,
                inbox.c.kind == kind,
                inbox.c.conversation_id == conversation_id,
                inbox.c.handled_at.is_(None),
            )
            .order_by(inbox.c.id)
        )
        return [_received(row) for row in rows]

    async def concerns(self, id_: UUID, conversation_id: UUID, interaction_id: UUID) -> None:
        """Note what the event belongs to."""
        await self._db.execute(
            update(inbox)
            .where(inbox.c.id == id_)
            .values(conversation_id=conversation_id, interaction_id=interaction_id)
        )

    async def handled(self, id_: UUID, now: datetime) -> None:
        """Mark the event as done and drop its payload; the id stays, against repeats."""
        await self._db.execute(
            update(inbox).where(inbox.c.id == id_).values(handled_at=now, payload=None)
        )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply on its way."""

    id: UUID
    key: str
    surface: str
    conversation_id: UUID
    interaction_id: UUID | None
    user_id: str
    body: Mapping[str, Any]
    status: str
    attempts: int
    ref: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a reply is shown; without an interaction, something that Mynah said first."""

    outbox_id: UUID
    interaction_id: UUID | None
    surface: str
    ref: str


class Outbox:
    """Holds each reply until it has been shown once."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(
        self,
        key: str,
        surface: str,
        conversation_id: UUID,
        interaction_id: UUID | None,
        user_id: str,
        body: Mapping[str, Any],
        now: datetime,
    ) -> UUID | None:
        """Add a reply; return its id, or ``None`` if its key is already here."""
        added: UUID | None = (
            await self._db.execute(
                upsert(outbox)
                .values(
                    workspace_id=self._unit.workspace_id,
                    id=new_id(),
                    key=key,
                    surface=surface,
                    conversation_id=conversation_id,
                    interaction_id=interaction_id,
                    user_id=user_id,
                    body=dict(body),
                    status="pending",
                    created_at=now,
                )
                .on_conflict_do_nothing(index_elements=["workspace_id", "key"])
                .returning(outbox.c.id)
            )
        ).scalar_one_or_none()
        return added

    async def find(self, id_: UUID) -> Outgoing | None:
        """Return a reply."""
        row = (await self._db.execute(select(outbox).where(outbox.c.id == id_))).one_or_none()
        return None if row is None else _outgoing(row)

    async def of_key(self, key: str) -> Outgoing | None:
        """Return the reply of a key, held until the transaction ends."""
        row = (
            await self._db.execute(select(outbox).where(outbox.c.key == key).with_for_update())
        ).one_or_none()
        return None if row is None else _outgoing(row)

    async def change(self, id_: UUID, body: Mapping[str, Any]) -> None:
        """Change what a reply shows."""
        await self._db.execute(update(outbox).where(outbox.c.id == id_).values(body=dict(body)))

    async def bodies(self, conversation_id: UUID) -> list[tuple[UUID | None, Mapping[str, Any]]]:
        """Return what the replies in a conversation show, each with its interaction."""
        rows = await self._db.execute(
            select(outbox.c.interaction_id, outbox.c.body).where(
                outbox.c.conversation_id == conversation_id
            )
        )
        return [(row.interaction_id, row.body) for row in rows]

    async def of_interaction(self, interaction_id: UUID) -> Outgoing | None:
        """Return the reply of an interaction, if it is shown."""
        row = (
            await self._db.execute(
                select(outbox).where(
                    outbox.c.interaction_id == interaction_id, outbox.c.status == "delivered"
                )
            )
        ).first()
        return None if row is None else _outgoing(row)

    async def shown(
        self, interaction_ids: Sequence[UUID] = (), *, user_id: str | None = None
    ) -> list[Shown]:
        """Return where the replies of interactions are shown, or all that was for a person."""
        whose = (
            outbox.c.interaction_id.in_(interaction_ids)
            if user_id is None
            else outbox.c.user_id == user_id
        )
        rows = await self._db.execute(
            select(outbox.c.id, outbox.c.interaction_id, outbox.c.surface, outbox.c.ref)
            .where(whose, outbox.c.ref.is_not(None))
            .order_by(outbox.c.id)
        )
        return [Shown(row.id, row.interaction_id, row.surface, row.ref) for row in rows]

    async def waiting(
        self, interaction_ids: Sequence[UUID] = (), *, user_id: str | None = None
    ) -> list[UUID]:
        """Return the interactions whose replies are still to be shown, or all those to a person."""
        whose = (
            outbox.c.interaction_id.in_(interaction_ids)
            if user_id is None
            else outbox.c.user_id == user_id
        )
        rows = await self._db.scalars(
            select(outbox.c.interaction_id)
            .where(whose, outbox.c.interaction_id.is_not(None), outbox.c.status == "pending")
            .order_by(outbox.c.id)
        )
        return [id_ for id_ in rows if id_ is not None]

    async def empty(self, interaction_ids: Sequence[UUID], text: str) -> None:
        """Put a text in the place of replies, of those on their way too: whoever asked waits."""
        rows = await self._db.execute(
            select(outbox.c.id, outbox.c.body).where(outbox.c.interaction_id.in_(interaction_ids))
        )
        for row in rows.all():
            kept = {name: row.body.get(name, "") for name in ("outcome", "role", "model")}
            await self._db.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(body={"text": text, "citations": [], **kept})
            )

    async def of_ref(self, surface: str, ref: str) -> UUID | None:
        """Return the interaction whose reply is shown at a platform's reference.

        What came of one later, and was said apart, counts as its reply. A reply in several
        messages has several references, joined by commas.
        """
        # The comma as a literal, or the index on the expression is not seen to fit.
        shown = func.string_to_array(outbox.c.ref, literal_column("','"))
        found = (
            await self._db.execute(
                select(outbox.c.interaction_id, outbox.c.body)
                .where(
                    outbox.c.surface == surface,
                    outbox.c.ref.is_not(None),
                    shown.op("@>")(cast([ref], ARRAY(Text))),
                )
                .limit(1)
            )
        ).one_or_none()
        if found is None:
            return None
        about = found.body.get("about")
        return found.interaction_id or (UUID(about) if about else None)

    async def attempt(self, id_: UUID) -> None:
        """Count an attempt, before it is made."""
        await self._db.execute(
            update(outbox).where(outbox.c.id == id_).values(attempts=outbox.c.attempts + 1)
        )

    async def delivered(self, id_: UUID, ref: str, now: datetime) -> Mapping[str, Any] | None:
        """Record that the reply is shown, and where; return what it is by now, if it is to be."""
        found = await self._db.execute(
            update(outbox)
            .where(outbox.c.id == id_)
            .values(status="delivered", ref=ref, delivered_at=now, error=None)
            .returning(outbox.c.body)
        )
        body: Mapping[str, Any] | None = found.scalar_one_or_none()
        return body

    async def failed(self, id_: UUID, error: str) -> None:
        """Record that the reply can never be shown."""
        await self._db.execute(
            update(outbox).where(outbox.c.id == id_).values(status="failed", error=error)
        )


def _outgoing(row: Any) -> Outgoing:  # noqa: ANN401 - SQLAlchemy's row
    return Outgoing(
        row.id,
        row.key,
        row.surface,
        row.conversation_id,
        row.interaction_id,
        row.user_id,
        row.body,
        row.status,
        row.attempts,
        row.ref,
    )


def _received(row: Any) -> Received:  # noqa: ANN401 - SQLAlchemy's row
    return Received(
        row.id,
        row.kind,
        row.payload,
        row.conversation_id,
        row.interaction_id,
        row.handled_at is not None,
    )
