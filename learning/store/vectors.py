"""Vectors of what can be recalled, each under the name of the embedder it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import delete, insert, select

from learning.store.schema import recall_items, vectors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from numpy.typing import NDArray

    from learning.scope import Audience
    from learning.store.store import Unit


class Vectors:
    """Reads and writes vectors within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(
        self, of: Mapping[UUID, tuple[Audience, NDArray[np.float32]]], embedder: str
    ) -> None:
        """Store vectors of items under an embedder's name; earlier ones of that name go."""
        if not of:
            return
        await self._db.execute(
            delete(vectors).where(vectors.c.item_id.in_(list(of)), vectors.c.embedder == embedder)
        )
        await self._db.execute(
            insert(vectors),
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "item_id": item_id,
                    "embedder": embedder,
                    "part": part,
                    "audience": audience,
                    "embedding": vector.astype(np.float16),
                }
                for item_id, (audience, matrix) in of.items()
                for part, vector in enumerate(matrix)
            ],
        )

    async def missing(self, embedder: str, limit: int) -> list[tuple[UUID, str, Audience]]:
        """Return items that the embedder has not seen yet: id, kind and audience."""
        seen = select(vectors.c.item_id).where(
            vectors.c.workspace_id == recall_items.c.workspace_id,
            vectors.c.item_id == recall_items.c.id,
            vectors.c.embedder == embedder,
        )
        rows = await self._db.execute(
            select(recall_items.c.id, recall_items.c.kind, recall_items.c.audience)
            .where(~seen.exists())
            .order_by(recall_items.c.folded)
            .limit(limit)
        )
        return [(row.id, row.kind, row.audience) for row in rows]

    async def sample(self, embedder: str, kind: str, limit: int) -> NDArray[np.float32]:
        """Return the vectors of the newest items of a kind, shape ``(n, dimension)``."""
        rows = await self._db.execute(
            select(vectors.c.embedding)
            .join(
                recall_items,
                (recall_items.c.workspace_id == vectors.c.workspace_id)
                & (recall_items.c.id == vectors.c.item_id),
            )
            .where(vectors.c.embedder == embedder, vectors.c.part == 0, recall_items.c.kind == kind)
            .order_by(recall_items.c.folded.desc())
            .limit(limit)
        )
        return np.array(list(rows.scalars()), dtype=np.float32)

    async def drop_others(self, *, keep: str) -> int:
        """Delete the vectors of every other embedder; return how many there were."""
        result = await self._db.execute(delete(vectors).where(vectors.c.embedder != keep))
        return int(result.rowcount)


def literal_of(vector: NDArray[np.float32]) -> str:
    """Return a vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
