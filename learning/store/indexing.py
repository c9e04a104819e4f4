"""The statements that put items into the recall index, take them out, and count their words.

Decides how many round trips a change costs. Refuses to know what an item is worth, or when it
is indexed: ``RecallIndex`` hands over rows that are ready.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from learning.store.vectors import INSERT_VECTORS, insertion, pipelined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from learning.scope import Audience
    from learning.store.store import Unit
    from learning.store.vectors import Send

FOLDED_AT_ONCE: Final = 1_000
"""Items that one statement counts; for more, a scan of the whole table looks cheaper."""

FOLDS: Final = 20
"""Statements that one call of ``fold`` runs at most."""


class Writing:
    """Changes the index within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._locked = False

    async def add(
        self,
        rows: Sequence[Mapping[str, Any]],
        vectors: Mapping[UUID, tuple[Audience, NDArray[np.float32]]],
        embedder: str,
    ) -> None:
        """Store rows and their vectors, in place of rows with the same ids.

        Args:
            rows: columns of ``recall_items``, as JSON holds them.
            vectors: of an item: who may read it, and shape ``(parts, dimension)``.
            embedder: name of the embedder of the vectors.
        """
        ws = self._unit.workspace_id
        async with self._changing() as send:
            # What an earlier version brought to the statistics goes with it, and its vectors too.
            await send(_REMOVE, {"ws": ws, "ids": [row["id"] for row in rows]})
            await send(_ADD, {"ws": ws, "rows": json.dumps(rows)})
            if vectors:
                await send(INSERT_VECTORS, insertion(ws, vectors, embedder))

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete rows with their vectors and their share of the statistics."""
        async with self._changing() as send:
            await send(_REMOVE, {"ws": self._unit.workspace_id, "ids": [str(id_) for id_ in ids]})

    async def fold(self) -> int:
        """Count the words of rows that are not counted yet; return how many rows were."""
        total = 0
        for _ in range(FOLDS):
            async with self._changing() as send:
                answer = await send(_FOLD, {"ws": self._unit.workspace_id, "batch": FOLDED_AT_ONCE})
            (counted,) = await answer.fetchone() or (0,)
            total += counted
            if counted < FOLDED_AT_ONCE:
                break
        return total

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[Send]:
        """Let one transaction of the workspace change the index at a time.

        Rows are counted in the order of their numbers; one that committed
        after a later one was counted would never be. The lock is a statement
        of its own, so that the next ones see what its last holder did.
        """
        async with pipelined(self._unit) as send:
            if not self._locked:
                await send(_LOCK, {"ws": self._unit.workspace_id})
            yield send
        self._locked = True


_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%(ws)s, 0))"

_REMOVE: Final = """
    WITH gone AS (
        DELETE FROM recall_items WHERE workspace_id = %(ws)s AND id = ANY (%(ids)s::uuid[])
        RETURNING lexemes, folded
    ), counted AS (
        SELECT gone.* FROM gone JOIN scope_statistics s ON s.workspace_id = %(ws)s
        WHERE gone.folded <= s.folded_to
    ), words AS (
        UPDATE lexeme_statistics t SET documents = greatest(0, t.documents - c.n)
        FROM (SELECT l, count(*) AS n FROM counted, unnest(lexemes) l GROUP BY l) c
        WHERE t.workspace_id = %(ws)s AND t.lexeme = c.l
    )
    UPDATE scope_statistics
    SET documents = greatest(0, documents - (SELECT count(*) FROM counted))
    WHERE workspace_id = %(ws)s AND EXISTS (SELECT FROM counted)
"""

_ADD: Final = """
    INSERT INTO recall_items (
        workspace_id, id, audience, kind, user_id, sequence_id, position, speaker, occurred_at,
        length, asks, lexemes, weights, rating, trust, confidence
    )
    SELECT %(ws)s, id, audience, kind, user_id, sequence_id, position, speaker, occurred_at,
           length, asks, lexemes, weights::sparsevec, rating, trust, confidence
    FROM json_to_recordset(%(rows)s::json) AS given (
        id uuid, audience text, kind text, user_id text, sequence_id uuid, position int,
        speaker bigint, occurred_at timestamptz, length int, asks boolean, lexemes int[],
        weights text, rating float8, trust float8, confidence float8
    )
"""

_FOLD: Final = """
    WITH fresh AS (
        SELECT lexemes, folded FROM recall_items
        -- a bound read beforehand may be looked up in an index under RLS; coalesce() may not
        WHERE workspace_id = %(ws)s AND folded > (
            SELECT coalesce(max(folded_to), 0) FROM scope_statistics WHERE workspace_id = %(ws)s)
        ORDER BY folded LIMIT %(batch)s
    ), words AS (
        INSERT INTO lexeme_statistics AS t (workspace_id, lexeme, documents)
        SELECT %(ws)s, l, count(*) FROM fresh, unnest(lexemes) l GROUP BY l ORDER BY l
        ON CONFLICT (workspace_id, lexeme)
        DO UPDATE SET documents = t.documents + excluded.documents
    ), scope AS (
        INSERT INTO scope_statistics AS s (workspace_id, documents, folded_to)
        SELECT %(ws)s, count(*), max(folded) FROM fresh HAVING count(*) > 0
        ON CONFLICT (workspace_id) DO UPDATE
        SET documents = s.documents + excluded.documents, folded_to = excluded.folded_to
    )
    SELECT count(*) FROM fresh
"""
