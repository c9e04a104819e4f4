"""Nudges: what was planned to be said to whom, when, and what became of it.

Decides which changes of status may happen: each names the statuses it starts from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.habitual import completions, nudges
from learning.store.ids import new_id
from learning.store.schema import interactions, outbox

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.habits.manners import Outcome
    from learning.store.store import Unit


_FIGURES: Final = frozenset({"lead", "after", "acted", "put_off"})
"""What of its content says nothing of what it was about."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """A nudge.

    Attributes:
        kind: "habit" or "digest".
        occasion: the day on which it would be done, as midnight in UTC wherever somebody is.
        content: what recurs, the time it is due, and what was learned from it.
        due_at: when it is to be said.
    """

    user_id: str
    kind: str
    pattern: bytes
    occasion: datetime
    due_at: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    status: Outcome = "planned"
    id: UUID = field(default_factory=new_id)
    sent_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def key(self) -> str:
        """What names this saying of it for ever."""
        return self.key_of(self.content.get("put_off", 0))

    def key_of(self, nth: int) -> str:
        """Return what names a saying of it: the first, and each after it was put off."""
        return f"nudge:{self.id}:{nth}"


class Nudges:
    """Reads and writes nudges within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def plan(self, planned: Sequence[Nudge], now: datetime) -> set[UUID]:
        """Keep nudges that nobody planned yet; return the ids of those."""
        if not planned:
            return set()
        added = await self._db.execute(
            upsert(nudges)
            .values(
                [
                    {
                        "workspace_id": self._unit.workspace_id,
                        "id": each.id,
                        "user_id": each.user_id,
                        "kind": each.kind,
                        "pattern": each.pattern,
                        "occasion": each.occasion,
                        "content": dict(each.content),
                        "status": each.status,
                        "due_at": each.due_at,
                        "created_at": now,
                    }
                    for each in planned
                ]
            )
            .on_conflict_do_nothing()
            .returning(nudges.c.id)
        )
        return set(added.scalars())

    async def find(self, id_: UUID, *, lock: bool = False) -> Nudge | None:
        """Return a nudge; locked, it is held until the transaction ends."""
        statement = select(nudges).where(nudges.c.id == id_)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _nudge(row)

    async def resolve(self, user_id: str, suffix: str) -> list[UUID]:
        """Return those of the person's nudges whose ids end with what they typed."""
        ends = func.replace(cast(nudges.c.id, Text), "-", "").endswith(suffix, autoescape=True)
        return list(
            await self._db.scalars(
                select(nudges.c.id).where(ends, nudges.c.user_id == user_id).limit(2)
            )
        )

    async def of(self, user_id: str, limit: int = 400) -> list[Nudge]:
        """Return a person's latest nudges and all that they stopped, the latest first."""
        rows = await self._db.execute(
            select(nudges)
            .where(nudges.c.user_id == user_id)
            # A stop is for good, however many came after it.
            .order_by((nudges.c.status == "stopped").desc(), nudges.c.due_at.desc(), nudges.c.id)
            .limit(limit)
        )
        found = [_nudge(row) for row in rows]
        return sorted(found, key=lambda each: (each.due_at, each.id), reverse=True)

    async def settle(
        self,
        nudge: Nudge,
        to: Outcome,
        *,
        of: Collection[Outcome],
        content: Mapping[str, Any] | None = None,
        **columns: Any,  # noqa: ANN401 - due_at, sent_at, settled_at, outbox_id
    ) -> bool:
        """Record what became of a nudge; return whether it was still to become something."""
        changed = await self._db.execute(
            update(nudges)
            .where(nudges.c.id == nudge.id, nudges.c.status.in_(list(of)))
            .values(status=to, content={**nudge.content, **(content or {})}, **columns)
        )
        return bool(changed.rowcount)

    async def empty(self, nudge: Nudge, now: datetime) -> None:
        """Forget what a nudge was about; what became of it stays, under its digest."""
        over: dict[Outcome, Outcome] = {"planned": "missed", "sent": "silent"}
        await self._db.execute(
            update(nudges)
            .where(nudges.c.id == nudge.id)
            .values(
                status=over.get(nudge.status, nudge.status),
                settled_at=nudge.settled_at or now,
                content={name: nudge.content[name] for name in _FIGURES & nudge.content.keys()},
            )
        )

    async def waiting(self) -> tuple[int, datetime | None]:
        """Return how many nudges are planned, and when the next is due."""
        row = (
            await self._db.execute(
                select(func.count(), func.min(nudges.c.due_at)).where(nudges.c.status == "planned")
            )
        ).one()
        return row[0], row[1]

    async def receipt(self, nudge: Nudge) -> datetime | None:
        """Return when a nudge was shown, once it was."""
        found: datetime | None = await self._db.scalar(
            select(outbox.c.delivered_at).where(outbox.c.key == nudge.key)
        )
        return found

    async def completed(self, user_id: str, since: datetime) -> list[tuple[str, datetime]]:
        """Return what a person did since a time that is no action: kind and when."""
        rows = await self._db.execute(
            select(completions.c.task_type, completions.c.done_at).where(
                completions.c.user_id == user_id,
                completions.c.done_at >= since,
                completions.c.action_id.is_(None),
            )
        )
        return [(row.task_type, row.done_at) for row in rows]

    async def usual_surface(self, user_id: str) -> str:
        """Return where a person talked last; empty if they never did."""
        found: str | None = await self._db.scalar(
            select(interactions.c.surface)
            .where(interactions.c.user_id == user_id)
            .order_by(interactions.c.created_at.desc())
            .limit(1)
        )
        return found or ""


def _nudge(row: Any) -> Nudge:  # noqa: ANN401 - SQLAlchemy's row
    return Nudge(
        row.user_id,
        row.kind,
        row.pattern,
        row.occasion,
        row.due_at,
        row.content,
        row.status,
        row.id,
        row.sent_at,
        row.settled_at,
    )
