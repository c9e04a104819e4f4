"""The recall index: lexical and dense search over everything that can be recalled.

Decides how candidates are found fast. Refuses to rank them: it hands over each
candidate's scores and place, and ``learning.recall`` fuses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pgvector import SparseVector
from sqlalchemy import (
    bindparam,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.lexemes import bm25_weights, idf
from learning.store.schema import lexeme_statistics, recall_items, scope_statistics
from learning.store.tables import LEXEME_SPACE
from learning.store.vectors import Vectors, literal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from learning.scope import Audience
    from learning.store.store import Unit

EXACT_UP_TO: Final = 4_000
"""Vectors of one workspace that are compared one by one; it costs about 0.5 ms a thousand."""

POSTINGS_UP_TO: Final = 2_500
"""Documents a search looks at for its words; common words are left out beyond that.

They still count towards the score of every document that a rarer word brings in."""

SPREAD_FROM: Final = 10
"""How many of each leg's best bring the items beside them along."""

_FOLD_BATCH = 20_000
_ALL = 0
"""Stands for "all documents" among the terms; no term is 0."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be found again.

    Attributes:
        id: the id of the message, learning or passage itself.
        kind: "message", "answer", "correction" or "knowledge".
        user_id: whose it is, for erasure; ``None`` for nobody's.
        sequence_id: the conversation or document it stands in.
        position: its place there.
        text: what lexical search sees.
        vectors: shape ``(parts, dimension)``: one vector a part of a long text.
    """

    id: UUID
    kind: str
    audience: Audience
    user_id: str | None
    sequence_id: UUID
    position: int
    speaker: str
    occurred_at: datetime
    text: str
    vectors: NDArray[np.float32] | None = None
    rating: float | None = None
    trust: float = 1.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate with what fusion needs to know about it.

    ``lexical`` is its BM25 score, ``dense`` its cosine similarity; ``None``
    where the leg has no view of it. ``speaker`` is the keyed hash of a name.
    """

    id: UUID
    kind: str
    user_id: str | None
    sequence_id: UUID
    position: int
    speaker: int | None
    occurred_at: datetime
    length: int
    asks: bool
    rating: float | None
    trust: float
    lexical: float | None
    dense: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates, and what the index knows about the query's words."""

    hits: list[Hit]
    documents: int
    idf: Mapping[int, float] = field(default_factory=dict)


class RecallIndex:
    """Reads and writes the index within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(self, items: Sequence[Item], embedder: str) -> None:
        """Index items; one that is there already is replaced.

        Args:
            items: what to index.
            embedder: name of the embedder their vectors come from.
        """
        if not items:
            return
        await self._lock()
        # What an earlier version brought to the statistics goes with it, and so do its vectors.
        known = select(recall_items.c.id).where(recall_items.c.id.in_([item.id for item in items]))
        await self.remove(list((await self._db.execute(known)).scalars()))
        rows = [self._row(item) for item in items]
        statement = upsert(recall_items)
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "id"],
                set_={
                    name: statement.excluded[name]
                    for name in (
                        "audience",
                        "length",
                        "lexemes",
                        "weights",
                        "rating",
                        "trust",
                        "valid_to",
                    )
                },
            ),
            rows,
        )
        await Vectors(self._unit).put(
            {item.id: (item.audience, item.vectors) for item in items if item.vectors is not None},
            embedder,
        )

    def _row(self, item: Item) -> dict[str, Any]:
        terms = self._unit.hasher.terms(item.text)
        length = sum(terms.values())
        weights = bm25_weights(terms, length)
        return {
            "workspace_id": self._unit.workspace_id,
            "id": item.id,
            "audience": item.audience,
            "kind": item.kind,
            "user_id": item.user_id,
            "sequence_id": item.sequence_id,
            "position": item.position,
            "speaker": self._unit.hasher.term(item.speaker.casefold()) if item.speaker else None,
            "occurred_at": item.occurred_at,
            "length": length,
            "asks": item.text.rstrip().endswith(("?", "？")),
            "lexemes": sorted(terms),
            "weights": SparseVector(weights, LEXEME_SPACE),
            "rating": item.rating,
            "trust": item.trust,
            "valid_to": None,
        }

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete items with their vectors, and take their words out of the statistics."""
        if ids:
            await self._lock()
            await self._db.execute(_REMOVE, {"ids": list(ids), "ws": self._unit.workspace_id})

    async def invalidate(self, ids: Sequence[UUID], now: datetime | None) -> None:
        """Hide items from search from now on; ``None`` shows them again."""
        await self._db.execute(
            update(recall_items).where(recall_items.c.id.in_(ids)).values(valid_to=now)
        )

    async def rate(self, ids: Sequence[UUID], rating: float | None) -> None:
        """Store the rating of items."""
        await self._db.execute(
            update(recall_items).where(recall_items.c.id.in_(ids)).values(rating=rating)
        )

    async def search(
        self,
        query: str,
        vector: NDArray[np.float32] | None,
        embedder: str,
        *,
        wanted: int = 50,
    ) -> Found:
        """Find candidates by words and by meaning.

        Args:
            query: the question.
            vector: its embedding, or ``None`` when the embedder is down: words
                alone then decide.
            embedder: name of the embedder of ``vector``.
            wanted: candidates a leg may bring.
        """
        terms = self._unit.hasher.terms(query)
        frequencies, documents = await self._frequencies(list(terms))
        weights = {term: idf(frequencies.get(term, 0), documents) for term in terms}
        looked_up = _informative(weights, frequencies)
        hits: list[Hit] = []
        if looked_up or vector is not None:
            rows = await self._db.execute(
                _SEARCH,
                {
                    "ws": self._unit.workspace_id,
                    "terms": looked_up,
                    "query": _sparse(weights),
                    "embedder": embedder,
                    "dimension": 1 if vector is None else len(vector),
                    "vector": None if vector is None else literal_of(vector),
                    "wanted": wanted,
                    "spread": SPREAD_FROM,
                    "approximate": documents > EXACT_UP_TO,
                },
            )
            hits = [Hit(*row) for row in rows]
        return Found(hits, documents, weights)

    async def _frequencies(self, terms: Sequence[int]) -> tuple[dict[int, int], int]:
        """Return in how many documents each term is, and how many documents there are."""
        held = select(lexeme_statistics.c.lexeme, lexeme_statistics.c.documents).where(
            lexeme_statistics.c.lexeme.in_(terms)
        )
        all_ = select(literal(_ALL), scope_statistics.c.documents)
        rows = (await self._db.execute(union_all(held, all_))).all()
        frequencies: dict[int, int] = {row[0]: row[1] for row in rows}
        return frequencies, frequencies.pop(_ALL, 0)

    async def fold(self) -> int:
        """Take newly indexed items into the statistics; return how many there were.

        A search does not wait for this: a word that is not counted yet is
        simply taken to be rare.
        """
        await self._lock()
        await self._db.execute(
            upsert(scope_statistics)
            .values(workspace_id=self._unit.workspace_id)
            .on_conflict_do_nothing()
        )
        folded = await self._db.execute(
            _FOLD, {"ws": self._unit.workspace_id, "batch": _FOLD_BATCH}
        )
        return int(folded.scalar_one())

    async def _lock(self) -> None:
        """Let one transaction of the workspace change the index at a time.

        Items are counted in the order of their numbers; one that committed
        after a later one was counted would never be.
        """
        await self._db.execute(_LOCK, {"ws": self._unit.workspace_id})

    async def counts(self) -> dict[str, int]:
        """Return how many items of each kind can be recalled."""
        rows = await self._db.execute(
            select(recall_items.c.kind, func.count()).group_by(recall_items.c.kind)
        )
        return {row[0]: row[1] for row in rows}


def _informative(weights: Mapping[int, float], frequencies: Mapping[int, int]) -> list[int]:
    """Return the rarest terms whose documents together stay affordable; at least one."""
    chosen: list[int] = []
    postings = 0
    for term in sorted(weights, key=lambda t: (frequencies.get(t, 0), t)):
        postings += frequencies.get(term, 0)
        if chosen and postings > POSTINGS_UP_TO:
            break
        chosen.append(term)
    return chosen


def _sparse(weights: Mapping[int, float]) -> str:
    """Return a sparse vector as pgvector reads it (indices count from 1)."""
    inside = ",".join(f"{term + 1}:{weight:.6g}" for term, weight in sorted(weights.items()))
    return f"{{{inside}}}/{LEXEME_SPACE}"


_SEARCH = text(
    """
    WITH asked AS MATERIALIZED (  -- read once; a generic plan would read them for every row
        SELECT CAST(CAST(:query AS text) AS sparsevec) AS words,
               CAST(CAST(:vector AS text) AS halfvec) AS meaning
    ), lexical AS (
        SELECT item_id, row_number() OVER (ORDER BY score DESC) AS place
        FROM recall_lexical(:terms, CAST(:query AS text), :wanted)
    ), dense AS (
        SELECT item_id, row_number() OVER (ORDER BY similarity DESC) AS place
        FROM recall_dense(:embedder, :dimension, CAST(:vector AS text), :wanted, :approximate)
        WHERE CAST(:vector AS text) IS NOT NULL
    ), best AS (
        SELECT item_id FROM lexical WHERE place <= :spread
        UNION SELECT item_id FROM dense WHERE place <= :spread
    ), beside AS MATERIALIZED (  -- bounds made here may be looked up in an index under RLS
        SELECT sequence_id, position - 2 AS first, position + 2 AS last FROM recall_items
        WHERE workspace_id = :ws AND id = ANY (ARRAY (SELECT item_id FROM best))
    ), found AS (
        SELECT item_id FROM lexical
        UNION SELECT item_id FROM dense
        UNION SELECT n.id FROM beside JOIN recall_items n
            ON n.workspace_id = :ws AND n.sequence_id = beside.sequence_id
            AND n.position BETWEEN beside.first AND beside.last
    )
    SELECT i.id, i.kind, i.user_id, i.sequence_id, i.position, i.speaker, i.occurred_at, i.length,
           i.asks, i.rating, i.trust,
           -(i.weights <#> (SELECT words FROM asked)), d.similarity
    FROM recall_items i
    LEFT JOIN LATERAL (
        SELECT 1 - min(v.embedding <=> (SELECT meaning FROM asked)) AS similarity
        FROM vectors v
        WHERE v.workspace_id = :ws AND v.item_id = i.id AND v.embedder = :embedder
    ) d ON true
    WHERE i.workspace_id = :ws AND i.id = ANY (ARRAY (SELECT item_id FROM found))
      AND i.valid_to IS NULL
    """
).bindparams(bindparam("terms", type_=ARRAY(recall_items.c.length.type)))

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:ws, 0))")

_REMOVE = text(
    """
    WITH gone AS (
        DELETE FROM recall_items WHERE workspace_id = :ws AND id = ANY (:ids)
        RETURNING lexemes, folded
    ), counted AS (
        SELECT gone.* FROM gone JOIN scope_statistics s ON s.workspace_id = :ws
        WHERE gone.folded <= s.folded_to
    ), words AS (
        UPDATE lexeme_statistics t SET documents = greatest(0, t.documents - c.n)
        FROM (SELECT l, count(*) AS n FROM counted, unnest(lexemes) l GROUP BY l) c
        WHERE t.workspace_id = :ws AND t.lexeme = c.l
    )
    UPDATE scope_statistics
    SET documents = greatest(0, documents - (SELECT count(*) FROM counted))
    WHERE workspace_id = :ws
    """
).bindparams(bindparam("ids", type_=ARRAY(PG_UUID)))

_FOLD = text(
    """
    WITH fresh AS (
        SELECT lexemes, folded FROM recall_items
        WHERE workspace_id = :ws
          AND folded > (SELECT folded_to FROM scope_statistics WHERE workspace_id = :ws)
        ORDER BY folded LIMIT :batch
    ), words AS (
        INSERT INTO lexeme_statistics AS t (workspace_id, lexeme, documents)
        SELECT :ws, l, count(*) FROM fresh, unnest(lexemes) l GROUP BY l ORDER BY l
        ON CONFLICT (workspace_id, lexeme)
        DO UPDATE SET documents = t.documents + excluded.documents
    ), scope AS (
        UPDATE scope_statistics SET
            documents = documents + (SELECT count(*) FROM fresh),
            folded_to = coalesce((SELECT max(folded) FROM fresh), folded_to)
        WHERE workspace_id = :ws
    )
    SELECT count(*) FROM fresh
    """
)
