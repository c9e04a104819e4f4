"""Reminders: what is to be said to whom, where and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.acted import reminders
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit

ReminderStatus = Literal["waiting", "sent", "done", "cancelled"]


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder.

    Attributes:
        where: a channel as its platform writes it; empty for the person's own messages.
        label: what people call the place.
        times: how often it was said already, and put off again.
    """

    id: UUID
    user_id: str
    audience: Audience
    surface: str
    text: str
    where: str
    label: str
    status: ReminderStatus
    due_at: datetime
    created_at: datetime
    times: int = 0
    action_id: UUID | None = None

    @property
    def key(self) -> str:
        """What names this saying of it for ever."""
        return f"reminder:{self.id}:{self.times}"


class Reminders:
    """Reads and writes reminders within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(
        self,
        user_id: str,
        audience: Audience,
        surface: str,
        text: str,
        due_at: datetime,
        now: datetime,
        *,
        where: str = "",
        label: str = "",
        id_: UUID | None = None,
    ) -> UUID | None:
        """Keep a reminder; return its id, or nothing if one of this id is here."""
        added: UUID | None = (
            await self._db.execute(
                upsert(reminders)
                .values(
                    workspace_id=self._unit.workspace_id,
                    id=id_ or new_id(),
                    audience=audience,
                    user_id=user_id,
                    surface=surface,
                    content={"text": text, "where": where, "label": label, "times": 0},
                    status="waiting",
                    due_at=due_at,
                    created_at=now,
                )
                .on_conflict_do_nothing()
                .returning(reminders.c.id)
            )
        ).scalar_one_or_none()
        return added

    async def find(self, reminder_id: UUID, *, lock: bool = False) -> Reminder | None:
        """Return a reminder; locked, it is held until the transaction ends."""
        statement = select(reminders).where(reminders.c.id == reminder_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _reminder(row)

    async def resolve(self, user_id: str, suffix: str) -> list[UUID]:
        """Return those of the person's reminders whose ids end with what they typed."""
        ends = func.replace(cast(reminders.c.id, Text), "-", "").endswith(suffix, autoescape=True)
        return list(
            await self._db.scalars(
                select(reminders.c.id).where(ends, reminders.c.user_id == user_id).limit(2)
            )
        )

    async def waiting(self, user_id: str, limit: int = 100) -> list[Reminder]:
        """Return what a person is still to be reminded of, the next first."""
        rows = await self._db.execute(
            select(reminders)
            .where(reminders.c.user_id == user_id, reminders.c.status == "waiting")
            .order_by(reminders.c.due_at, reminders.c.id)
            .limit(limit)
        )
        return [_reminder(row) for row in rows]

    async def due(self) -> tuple[int, datetime | None]:
        """Return how many reminders wait, and when the next is due."""
        row = (
            await self._db.execute(
                select(func.count(), func.min(reminders.c.due_at)).where(
                    reminders.c.status == "waiting"
                )
            )
        ).one()
        return row[0], row[1]

    async def settle(
        self,
        reminder_id: UUID,
        to: ReminderStatus,
        now: datetime,
        *,
        of: Sequence[ReminderStatus] = ("waiting",),
    ) -> bool:
        """Record what became of a reminder; return whether it was still to become something."""
        changed = await self._db.execute(
            update(reminders)
            .where(reminders.c.id == reminder_id, reminders.c.status.in_(list(of)))
            .values(status=to, settled_at=now)
        )
        return bool(changed.rowcount)

    async def put_off(self, reminder: Reminder, due_at: datetime) -> None:
        """Let a reminder that was said wait once more."""
        content = {
            "text": reminder.text,
            "where": reminder.where,
            "label": reminder.label,
            "times": reminder.times + (reminder.status != "waiting"),
        }
        await self._db.execute(
            update(reminders)
            .where(reminders.c.id == reminder.id)
            .values(status="waiting", due_at=due_at, settled_at=None, content=content)
        )


def _reminder(row: Any) -> Reminder:  # noqa: ANN401 - SQLAlchemy's row
    content = row.content
    return Reminder(
        row.id,
        row.user_id,
        row.audience,
        row.surface,
        content["text"],
        content["where"],
        content["label"],
        row.status,
        row.due_at,
        row.created_at,
        content.get("times", 0),
        row.action_id,
    )
