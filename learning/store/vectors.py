"""Vectors of what can be recalled, each under the name of the embedder it came from."""

from __future__ import annotations

import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import delete, select

from learning.store.schema import recall_items, vectors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from uuid import UUID

    from numpy.typing import NDArray
    from psycopg import AsyncCursor

    from learning.scope import Audience
    from learning.store.store import Unit


_REAL, _REALS = 700, 1021
"""PostgreSQL's own numbers for ``real`` and ``real[]``; they never change."""


class Reals:
    """Numbers on their way into a ``real[]``; as text, 512 would take a tenth of a millisecond."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values


class _RealsDumper(Dumper):
    """Writes ``Reals`` as arrays go over the wire."""

    format = Format.BINARY
    oid = _REALS

    def dump(self, obj: Reals) -> bytes:
        """Return one dimension, no nulls, the count, the first index; then length and value."""
        elements = np.empty(obj.values.size, dtype=[("length", ">i4"), ("value", ">f4")])
        elements["length"] = 4
        elements["value"] = obj.values.ravel()
        return struct.pack(">iiIii", 1, 0, _REAL, obj.values.size, 1) + elements.tobytes()


class Send(Protocol):
    """Sends one statement; its rows are there once the pipeline has ended."""

    async def __call__(self, statement: str, values: Mapping[str, Any]) -> AsyncCursor[Any]:
        """Send."""
        ...


@asynccontextmanager
async def pipelined(unit: Unit) -> AsyncIterator[Send]:
    """Yield a way to send statements that do not wait for each other's answers.

    They run in order, each seeing what the one before it did; together they
    cost one round trip. The first that fails raises at the end of the block.
    """
    connection = await unit.driver_connection()
    async with connection.pipeline():

        async def send(statement: str, values: Mapping[str, Any]) -> AsyncCursor[Any]:
            cursor = connection.cursor()
            cursor.adapters.register_dumper(Reals, _RealsDumper)
            return await cursor.execute(statement.encode(), values)

        yield send


INSERT_VECTORS: Final = """
    INSERT INTO vectors (workspace_id, item_id, embedder, part, audience, embedding)
    SELECT %(ws)s, item_id, %(embedder)s, part, audience, (%(numbers)s)[first:last]::halfvec
    FROM unnest(%(items)s::uuid[], %(parts)s::smallint[], %(audiences)s::text[],
                %(firsts)s::int[], %(lasts)s::int[])
        AS given (item_id, part, audience, first, last)
"""

_DELETE: Final = """
    DELETE FROM vectors
    WHERE workspace_id = %(ws)s AND item_id = ANY (%(ids)s) AND embedder = %(embedder)s
"""


def insertion(
    workspace_id: str, of: Mapping[UUID, tuple[Audience, NDArray[np.float32]]], embedder: str
) -> dict[str, Any]:
    """Return the values of ``INSERT_VECTORS``: all numbers in a row, and where each part stands."""
    parts = [
        (item_id, number, str(audience), vector)
        for item_id, (audience, matrix) in of.items()
        for number, vector in enumerate(matrix)
    ]
    lasts = np.cumsum([len(vector) for *_, vector in parts], dtype=np.int64)
    return {
        "ws": workspace_id,
        "embedder": embedder,
        "items": [item_id for item_id, *_ in parts],
        "parts": [number for _, number, *_ in parts],
        "audiences": [audience for *_, audience, _ in parts],
        "firsts": [int(last) - len(part[3]) + 1 for part, last in zip(parts, lasts, strict=True)],
        "lasts": lasts.tolist(),
        "numbers": Reals(np.concatenate([vector for *_, vector in parts], dtype=np.float32)),
    }


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
        ws = self._unit.workspace_id
        async with pipelined(self._unit) as send:
            await send(_DELETE, {"ws": ws, "ids": list(of), "embedder": embedder})
            await send(INSERT_VECTORS, insertion(ws, of, embedder))

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
