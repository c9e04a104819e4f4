"""Signals: the raw record of what people did with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.decisions import signals
from learning.store.ids import new_id
from learning.store.schema import interactions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """A signal that stands (was not taken back)."""

    user_id: str
    kind: str
    value: str
    occurred_at: datetime
    note: str = ""


class Signals:
    """Reads and writes signals within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def give(
        self,
        interaction_id: UUID,
        user_id: str,
        kind: str,
        value: str,
        occurred_at: datetime,
        *,
        note: str = "",
    ) -> None:
        """Record a signal; giving it twice changes nothing, giving it again revives it.

        ``note`` is what the person wrote with it; it takes the place of an earlier one.
        """
        await self._set(
            interaction_id, user_id, kind, value, occurred_at, removed_at=None, note=note
        )

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
        note: str = "",
    ) -> None:
        statement = upsert(signals).values(
            workspace_id=self._unit.workspace_id,
            id=new_id(),
            interaction_id=interaction_id,
            user_id=user_id,
            kind=kind,
            value=value,
            note=note or None,
            occurred_at=occurred_at,
            removed_at=removed_at,
        )
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "interaction_id", "user_id", "kind", "value"],
                set_={"occurred_at": occurred_at, "removed_at": removed_at, "note": note or None},
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
        return [StoredSignal(r.user_id, r.kind, r.value, r.occurred_at, r.note or "") for r in rows]

    async def reacted_with(self, interaction_id: UUID, user_id: str) -> list[str]:
        """Return what a person ever reacted with, also where they took it back."""
        rows = await self._db.execute(
            select(signals.c.value).where(
                signals.c.interaction_id == interaction_id,
                signals.c.user_id == user_id,
                signals.c.kind == "reaction",
            )
        )
        return list(rows.scalars())

    async def counts(self, user_id: str, since: datetime, until: datetime) -> tuple[int, int]:
        """Return how many reactions stand that one person gave, and that all others did.

        Args:
            user_id: the person.
            since: reactions of this very time are left out.
            until: reactions of this very time are counted.
        """
        own = signals.c.user_id == user_id
        row = (
            await self._db.execute(
                select(
                    func.count().filter(own).label("own"), func.count().filter(~own).label("others")
                ).where(*_reacted(since, until))
            )
        ).one()
        return row.own, row.others

    async def agreeing(self, role: str, since: datetime, until: datetime) -> int:
        """Return how many people's reactions stand on answers of a role.

        Args:
            role: who answered.
            since: reactions of this very time are left out.
            until: reactions of this very time are counted.
        """
        found: int = (
            await self._db.execute(
                select(func.count(signals.c.user_id.distinct()))
                .join(
                    interactions,
                    (interactions.c.workspace_id == signals.c.workspace_id)
                    & (interactions.c.id == signals.c.interaction_id),
                )
                .where(interactions.c.role == role, *_reacted(since, until))
            )
        ).scalar_one()
        return found

    async def given_by(self, user_id: str) -> list[UUID]:
        """Return the interactions about which a person gave any signal that stands."""
        rows = await self._db.execute(
            select(signals.c.interaction_id)
            .where(signals.c.user_id == user_id, signals.c.removed_at.is_(None))
            .distinct()
        )
        return list(rows.scalars())

    async def drop_of(self, user_id: str) -> None:
        """Delete every signal that a person gave."""
        await self._db.execute(delete(signals).where(signals.c.user_id == user_id))


def _reacted(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        signals.c.kind == "reaction",
        signals.c.removed_at.is_(None),
        signals.c.occurred_at > since,
        signals.c.occurred_at <= until,
    )
