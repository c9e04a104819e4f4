"""Learnings: what was concluded from what people did, and whether it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.ids import new_id
from learning.store.schema import learnings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Learning:
    """One thing learned.

    ``content`` holds ``question`` and ``answer``, and for a correction what it
    ``replaces``. A learning with ``valid_to`` is history: kept, not used.
    """

    id: UUID
    kind: str
    user_id: str
    audience: Audience
    content: Mapping[str, Any]
    learned_from: UUID
    rating: float | None
    confidence: float
    times_used: int
    successes: int
    failures: int
    created_at: datetime
    last_used_at: datetime | None
    valid_to: datetime | None
    superseded_by: UUID | None


class Learnings:
    """Reads and writes learnings within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(
        self,
        kind: str,
        learned_from: UUID,
        user_id: str,
        audience: Audience,
        content: Mapping[str, Any],
        *,
        rating: float | None,
        confidence: float,
        now: datetime,
    ) -> UUID:
        """Add a learning, or renew the one of this kind from the same interaction."""
        stored: UUID = (
            await self._db.execute(
                upsert(learnings)
                .values(
                    workspace_id=self._unit.workspace_id,
                    id=new_id(),
                    kind=kind,
                    user_id=user_id,
                    audience=audience,
                    content=dict(content),
                    learned_from=learned_from,
                    rating=rating,
                    confidence=confidence,
                    created_at=now,
                    valid_from=now,
                )
                .on_conflict_do_update(
                    index_elements=["workspace_id", "kind", "learned_from"],
                    set_={
                        "rating": rating,
                        "confidence": confidence,
                        "content": learnings.c.content
                        if kind == "rated_answer"
                        else upsert(learnings).excluded.content,
                        "valid_to": None,
                        "superseded_by": None,
                    },
                )
                .returning(learnings.c.id)
            )
        ).scalar_one()
        return stored

    async def of_interaction(self, interaction_id: UUID) -> list[Learning]:
        """Return what was learned from an interaction, invalidated ones too."""
        rows = await self._db.execute(
            select(learnings)
            .where(learnings.c.learned_from == interaction_id)
            .order_by(learnings.c.created_at)
        )
        return [_learning(row) for row in rows]

    async def held(self, user_id: str, limit: int = 200) -> list[Learning]:
        """Return what was learned from a person and still holds, latest first."""
        rows = await self._db.execute(
            select(learnings)
            .where(learnings.c.user_id == user_id, learnings.c.valid_to.is_(None))
            .order_by(learnings.c.created_at.desc())
            .limit(limit)
        )
        return [_learning(row) for row in rows]

    async def page(self, after: UUID | None, limit: int) -> list[Learning]:
        """Return learnings that hold, in the order of their ids."""
        statement = select(learnings).where(learnings.c.valid_to.is_(None))
        if after is not None:
            statement = statement.where(learnings.c.id > after)
        rows = await self._db.execute(statement.order_by(learnings.c.id).limit(limit))
        return [_learning(row) for row in rows]

    async def count(self) -> int:
        """Return how many learnings hold."""
        counted: int = (
            await self._db.execute(
                select(func.count()).select_from(learnings).where(learnings.c.valid_to.is_(None))
            )
        ).scalar_one()
        return counted

    async def find(self, ids: Sequence[UUID]) -> list[Learning]:
        """Return learnings that this transaction may read."""
        rows = await self._db.execute(select(learnings).where(learnings.c.id.in_(ids)))
        return [_learning(row) for row in rows]

    async def resolve(self, suffix: str) -> list[UUID]:
        """Return the ids that end with what a person typed."""
        rows = await self._db.execute(
            select(learnings.c.id)
            .where(
                func.replace(cast(learnings.c.id, Text), "-", "").endswith(suffix, autoescape=True)
            )
            .limit(2)
        )
        return list(rows.scalars())

    async def invalidate(
        self, ids: Sequence[UUID], now: datetime, *, superseded_by: UUID | None = None
    ) -> None:
        """End the validity of learnings; ``revive`` takes it back."""
        await self._db.execute(
            update(learnings)
            .where(learnings.c.id.in_(ids), learnings.c.valid_to.is_(None))
            .values(valid_to=now, superseded_by=superseded_by)
        )

    async def used(self, ids: Sequence[UUID], now: datetime) -> None:
        """Count a use."""
        await self._db.execute(
            update(learnings)
            .where(learnings.c.id.in_(ids))
            .values(times_used=learnings.c.times_used + 1, last_used_at=now)
        )

    async def credit(self, ids: Sequence[UUID], *, successes: int, failures: int) -> None:
        """Add successes and failures (negative numbers take an earlier credit back)."""
        await self._db.execute(
            update(learnings)
            .where(learnings.c.id.in_(ids))
            .values(
                successes=func.greatest(learnings.c.successes + successes, 0),
                failures=func.greatest(learnings.c.failures + failures, 0),
            )
        )

    async def trust(self, confidences: Mapping[UUID, float]) -> None:
        """Store recomputed confidences."""
        for id_, confidence in confidences.items():
            await self._db.execute(
                update(learnings).where(learnings.c.id == id_).values(confidence=confidence)
            )

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Delete for real."""
        await self._db.execute(delete(learnings).where(learnings.c.id.in_(ids)))


def _learning(row: Any) -> Learning:  # noqa: ANN401 - SQLAlchemy's row
    return Learning(
        row.id,
        row.kind,
        row.user_id,
        row.audience,
        row.content,
        row.learned_from,
        row.rating,
        row.confidence,
        row.times_used,
        row.successes,
        row.failures,
        row.created_at,
        row.last_used_at,
        row.valid_to,
        row.superseded_by,
    )
