"""Signals: the raw record of what people did with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.ids import new_id
from learning.store.schema import signals

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """A signal that stands (was not taken back)."""

    user_id: str
    kind: str
    value: str
    occurred_at: datetime


class Signals:
    """Reads and writes signals within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def give(
        self, interaction_id: UUID, user_id: str, kind: str, value: str, occurred_at: datetime
    ) -> None:
        """Record a signal; giving it twice changes nothing, giving it again revives it."""
        await self._set(interaction_id, user_id, kind, value, occurred_at, removed_at=None)

    async def take_back(
        self, interaction_id: UUID, user_id: str, kind: str, value: str, removed_at: datetime
    ) -> None:
        """Mark a signal as taken back, even when the removal arrives before the signal."""
        await self._set(interaction_id, user_id, kind, value, removed_at, removed_at=removed_at)

    async def _set(
        self,
        interaction_id: UUID,
        user_id: str,
        kind: str,
        value: str,
        occurred_at: datetime,
        *,
        removed_at: datetime | None,
    ) -> None:
        statement = upsert(signals).values(
            workspace_id=self._unit.workspace_id,
            id=new_id(),
            interaction_id=interaction_id,
            user_id=user_id,
            kind=kind,
            value=value,
            occurred_at=occurred_at,
            removed_at=removed_at,
        )
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "interaction_id", "user_id", "kind", "value"],
                set_={"occurred_at": occurred_at, "removed_at": removed_at},
                # An older event that arrives late must not undo a newer one.
                where=signals.c.occurred_at <= occurred_at,
            )
        )

    async def standing(self, interaction_id: UUID) -> list[StoredSignal]:
        """Return the signals on an interaction that were not taken back, oldest first."""
        rows = await self._db.execute(
            select(signals)
            .where(signals.c.interaction_id == interaction_id, signals.c.removed_at.is_(None))
            .order_by(signals.c.occurred_at, signals.c.id)
        )
        return [StoredSignal(r.user_id, r.kind, r.value, r.occurred_at) for r in rows]
