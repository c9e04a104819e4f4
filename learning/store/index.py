"""The recall index: lexical and dense search over everything that can be recalled.

Decides how candidates are found fast. Refuses to rank them: it hands over each
candidate's scores and place, and ``learning.recall`` fuses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Float,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from learning.lexemes import bm25_weights, idf
from learning.store.indexing import Writing
from learning.store.schema import recall_items
from learning.store.tables import LEXEME_SPACE
from learning.store.vectors import literal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from learning.scope import Audience
    from learning.store.store import Unit

LARGE: Final = 1_000
"""Documents from which on a workspace may have an index for its vectors; long ones have several."""

POSTINGS_UP_TO: Final = 2_500
"""Documents a search looks at for its words; common words are left out beyond that.

They still count towards the score of every document that a rarer word brings in."""

SPREAD_FROM: Final = 10
"""How many of each leg's best bring the items beside them along."""

_MOST_BESIDE = 2
_ALL = 0
"""Stands for "all documents" among the terms; no term is 0."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be found again.

    Attributes:
        id: the id of the message, learning or passage itself.
        kind: "message", "answer", "correction", "memory", "knowledge" or "action".
        user_id: whose it is, for erasure; ``None`` for nobody's.
        sequence_id: the conversation or document it stands in.
        position: its place there.
        text: what lexical search sees.
        vectors: shape ``(parts, dimension)``: one vector a part of a long text.
        rating: mean vote in [1, 5], ``None`` if nobody voted.
        trust: in [0, 1].
        confidence: of what was derived, in [0, 1]; 1 for what was said.
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
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate with what fusion needs to know about it.

    ``lexical`` is its BM25 score, ``dense`` its cosine similarity; ``None``
    where the leg has no view of it. ``speaker`` is the keyed hash of a name.
    ``beside`` has its BM25 score for each of the further queries.
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
    confidence: float
    lexical: float | None
    dense: float | None
    beside: tuple[float, ...] = ()


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
        self._writing = Writing(unit)

    async def add(self, items: Sequence[Item], embedder: str) -> None:
        """Index items; one that is there already is replaced.

        Args:
            items: what to index.
            embedder: name of the embedder their vectors come from.
        """
        if not items:
            return
        latest = {item.id: item for item in items}.values()
        await self._writing.add(
            [self._row(item) for item in latest],
            {i.id: (i.audience, i.vectors) for i in latest if i.vectors is not None},
            embedder,
        )

    def _row(self, item: Item) -> dict[str, Any]:
        terms = self._unit.hasher.terms(item.text)
        length = sum(terms.values())
        weights = bm25_weights(terms, length)
        return {
            "id": str(item.id),
            "audience": str(item.audience),
            "kind": item.kind,
            "user_id": item.user_id,
            "sequence_id": str(item.sequence_id),
            "position": item.position,
            "speaker": self._unit.hasher.term(item.speaker.casefold()) if item.speaker else None,
            "occurred_at": item.occurred_at.isoformat(),
            "length": length,
            "asks": item.text.rstrip().endswith(("?", "？")),
            "lexemes": sorted(terms),
            "weights": _sparse(weights),
            "rating": item.rating,
            "trust": item.trust,
            "confidence": item.confidence,
        }

    async def remove(self, ids: Sequence[UUID]) -> None:
        """Delete items with their vectors, and take their words out of the statistics."""
        if ids:
            await self._writing.remove(ids)

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

    async def believe(self, confidences: Mapping[UUID, float]) -> None:
        """Store the confidence of items, each in [0, 1]; what is not there is passed over."""
        if confidences:
            await self._db.execute(
                _BELIEVE,
                {
                    "ids": list(confidences),
                    "confidences": list(confidences.values()),
                    "ws": self._unit.workspace_id,
                },
            )

    async def search(
        self,
        query: str,
        vector: NDArray[np.float32] | None,
        embedder: str,
        *,
        wanted: int = 50,
        beside: Sequence[Mapping[int, float]] = (),
    ) -> Found:
        """Find candidates by words and by meaning.

        Args:
            query: the question.
            vector: its embedding, or ``None`` when the embedder is down: words
                alone then decide.
            embedder: name of the embedder of ``vector``.
            wanted: candidates a leg may bring.
            beside: up to two further queries, term → weight. They bring no
                candidates; every hit says how well it answers them.

        Raises:
            ValueError: if there are more than two further queries.
        """
        if len(beside) > _MOST_BESIDE:
            raise ValueError(f"{len(beside)} further queries: a search takes {_MOST_BESIDE}")
        terms = self._unit.hasher.terms(query)
        frequencies, documents = await self._frequencies(list(terms))
        weights = {term: idf(frequencies.get(term, 0), documents) for term in terms}
        looked_up = _informative(weights, frequencies)
        if not looked_up and vector is None:
            return Found([], documents, weights)
        first, second = [*map(_sparse, beside), None, None][:_MOST_BESIDE]
        rows = await self._read(
            _SEARCH,
            {
                "ws": self._unit.workspace_id,
                "terms": looked_up,
                "query": _sparse(weights),
                "first": first,
                "second": second,
                "embedder": embedder,
                "dimension": 1 if vector is None else len(vector),
                "vector": None if vector is None else literal_of(vector),
                "wanted": wanted,
                "spread": SPREAD_FROM,
                "approximate": documents > LARGE,
            },
        )
        end = len(beside) - _MOST_BESIDE or None
        hits = [Hit(*(*row[:-_MOST_BESIDE], row[-_MOST_BESIDE:][:end])) for row in rows]
        return Found(hits, documents, weights)

    async def _read(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        connection = await self._unit.driver_connection()
        cursor = connection.cursor(binary=True)
        await cursor.execute(statement.encode(), values)
        return await cursor.fetchall()

    async def _frequencies(self, terms: Sequence[int]) -> tuple[dict[int, int], int]:
        """Return in how many documents each term is, and how many documents there are."""
        rows = await self._read(
            _FREQUENCIES, {"ws": self._unit.workspace_id, "terms": terms, "all": _ALL}
        )
        frequencies: dict[int, int] = dict(rows)
        return frequencies, frequencies.pop(_ALL, 0)

    async def fold(self) -> int:
        """Take newly indexed items into the statistics; return how many there were.

        A search does not wait for this: a word that is not counted yet is
        simply taken to be rare.
        """
        return await self._writing.fold()

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


_FREQUENCIES: Final = """
    SELECT lexeme, documents FROM lexeme_statistics
    WHERE workspace_id = %(ws)s AND lexeme = ANY (%(terms)s::int[])
    UNION ALL SELECT %(all)s::int, documents FROM scope_statistics WHERE workspace_id = %(ws)s
"""

_SEARCH: Final = """
    WITH asked AS MATERIALIZED (  -- read once; a generic plan would read them for every row
        SELECT %(query)s::text::sparsevec AS words, %(first)s::text::sparsevec AS first,
               %(second)s::text::sparsevec AS second, %(vector)s::text::halfvec AS meaning
    ), lexical AS MATERIALIZED (
        SELECT item_id, row_number() OVER (ORDER BY score DESC) AS place
        FROM recall_lexical(%(terms)s::int[], %(query)s::text, %(wanted)s::int)
    ), dense AS MATERIALIZED (
        SELECT item_id, row_number() OVER (ORDER BY similarity DESC) AS place
        FROM recall_dense(%(embedder)s::text, %(dimension)s::int, %(vector)s::text,
                          %(wanted)s::int, %(approximate)s::boolean)
        WHERE %(vector)s::text IS NOT NULL
    ), best AS (
        SELECT item_id FROM lexical WHERE place <= %(spread)s::int
        UNION SELECT item_id FROM dense WHERE place <= %(spread)s::int
    ), beside AS MATERIALIZED (  -- bounds made here may be looked up in an index under RLS
        SELECT sequence_id, position - 2 AS first, position + 2 AS last FROM recall_items
        WHERE workspace_id = %(ws)s AND id = ANY (ARRAY (SELECT item_id FROM best))
    ), found AS (
        SELECT item_id FROM lexical
        UNION SELECT item_id FROM dense
        UNION SELECT n.id FROM beside JOIN recall_items n
            ON n.workspace_id = %(ws)s AND n.sequence_id = beside.sequence_id
            AND n.position BETWEEN beside.first AND beside.last
    )
    SELECT i.id, i.kind, i.user_id, i.sequence_id, i.position, i.speaker, i.occurred_at, i.length,
           i.asks, i.rating, i.trust, i.confidence,
           -(i.weights <#> (SELECT words FROM asked)), d.similarity,
           -(i.weights <#> (SELECT first FROM asked)), -(i.weights <#> (SELECT second FROM asked))
    FROM recall_items i
    LEFT JOIN LATERAL (
        SELECT 1 - min(v.embedding <=> (SELECT meaning FROM asked)) AS similarity
        FROM vectors v
        WHERE v.workspace_id = %(ws)s AND v.item_id = i.id AND v.embedder = %(embedder)s
    ) d ON true
    WHERE i.workspace_id = %(ws)s AND i.id = ANY (ARRAY (SELECT item_id FROM found))
      AND i.valid_to IS NULL
"""

_BELIEVE = text(
    """
    UPDATE recall_items i SET confidence = told.confidence
    FROM unnest(:ids, :confidences) AS told (id, confidence)
    WHERE i.workspace_id = :ws AND i.id = told.id AND i.confidence != told.confidence
    """
).bindparams(
    bindparam("ids", type_=ARRAY(PG_UUID)),
    bindparam("confidences", type_=ARRAY(Float)),
)
