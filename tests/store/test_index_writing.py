"""Writing to the index: what one call may hold, what is stored of it, and what fails as a whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest
from sqlalchemy import select

from learning.scope import WORKSPACE, person
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.indexing import FOLDED_AT_ONCE
from learning.store.schema import lexeme_statistics, recall_items, scope_statistics, vectors
from learning.store.vectors import Vectors
from tests.store.support import EMBEDDER, directions, item

if TYPE_CHECKING:
    from learning.store.store import Store, Unit

DRAWN = directions(16)


async def stored(unit: Unit) -> dict[tuple[object, int], np.ndarray]:
    rows = await unit.connection.execute(
        select(vectors.c.item_id, vectors.c.part, vectors.c.embedding)
    )
    return {(row[0], row[1]): np.array(row[2], dtype=np.float16) for row in rows}


async def test_vectors_are_stored_as_they_are_part_by_part(store: Store, workspace: str) -> None:
    long, short = item("long", vectors=DRAWN[:5]), item("short", vectors=DRAWN[5:6])
    strided = item("strided", vectors=np.asfortranarray(DRAWN[6:9]))
    other = directions(2, 3)
    bare = item("bare")
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add([long, bare, short, strided], EMBEDDER)
        await Vectors(unit).put({bare.id: (WORKSPACE, other)}, "other/3")
        expected = {
            **{(long.id, n): DRAWN[n] for n in range(5)},
            (short.id, 0): DRAWN[5],
            **{(strided.id, n): DRAWN[6 + n] for n in range(3)},
            **{(bare.id, n): other[n] for n in range(2)},
        }
        found = await stored(unit)
        assert found.keys() == expected.keys()
        for key, vector in expected.items():
            assert (found[key] == vector.astype(np.float16)).all(), key


async def test_of_the_same_item_twice_in_one_call_the_later_stays(
    store: Store, workspace: str
) -> None:
    first = item("zeppelin", vectors=DRAWN[:3])
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        later = replace(first, text="airship", vectors=None)
        await index.add([first, item("x"), later], EMBEDDER)
        assert await index.fold() == 2
        assert [hit.id for hit in (await index.search("airship", None, EMBEDDER)).hits] == [
            first.id
        ]
        assert (await index.search("zeppelin", None, EMBEDDER)).hits == []
        assert await stored(unit) == {}, "the later one has no vector"


async def test_counting_goes_on_until_all_is_counted(store: Store, workspace: str) -> None:
    many = FOLDED_AT_ONCE + 5
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([item(f"word{n % 7}") for n in range(many)], EMBEDDER)
        assert await index.fold() == many
        assert await index.fold() == 0
        rows = await unit.connection.execute(select(recall_items.c.lexemes))
        recount = Counter(lexeme for lexemes in rows.scalars() for lexeme in lexemes)
        words = await unit.connection.execute(
            select(lexeme_statistics.c.lexeme, lexeme_statistics.c.documents)
        )
        assert {row.lexeme: row.documents for row in words} == recount
        documents = await unit.connection.execute(select(scope_statistics.c.documents))
        assert documents.scalar_one() == many


async def test_what_does_not_fit_fails_and_leaves_nothing(store: Store, workspace: str) -> None:
    good = item("zeppelin", vectors=DRAWN[:1])
    empty = item("empty", vectors=np.zeros((1, 0), dtype=np.float32))

    async def add_both() -> None:
        async with store.begin(workspace) as unit:
            await RecallIndex(unit).add([good, empty], EMBEDDER)

    with pytest.raises(psycopg.DataError, match="at least 1 dimension"):
        await add_both()
    async with store.begin(workspace) as unit:
        assert await RecallIndex(unit).counts() == {}
        await RecallIndex(unit).add([good], EMBEDDER)
        assert await RecallIndex(unit).counts() == {"message": 1}


async def test_an_item_keeps_what_it_was_given(store: Store, workspace: str) -> None:
    odd = replace(
        item("zeppelin", user_id="U\"1'\\ \u00e9\u4e2d", kind="memory"),
        position=7,
        rating=3.25,
        trust=0.3,
        confidence=0.4,
        audience=person("U 9"),
    )
    async with store.begin(workspace, None) as unit:
        await RecallIndex(unit).add([odd], EMBEDDER)
        row = (await unit.connection.execute(select(recall_items))).one()
        assert (row.id, row.user_id, row.kind, row.audience) == (
            odd.id,
            odd.user_id,
            "memory",
            person("U 9"),
        )
        assert (row.position, row.rating, row.trust, row.confidence) == (7, 3.25, 0.3, 0.4)
        assert (row.occurred_at, row.sequence_id, row.valid_to) == (
            odd.occurred_at,
            odd.sequence_id,
            None,
        )


async def test_confidence_changes_where_it_is_told_and_nowhere_else(
    store: Store, workspace: str
) -> None:
    sure, doubtful, other = (item("zeppelin", kind="memory") for _ in range(3))
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([replace(sure, confidence=0.5), doubtful, other], EMBEDDER)
        await index.believe({sure.id: 0.9, doubtful.id: 0.2, new_id(): 0.1})
        await index.believe({})
        found = {h.id: h.confidence for h in (await index.search("zeppelin", None, EMBEDDER)).hits}
        assert found == {sure.id: 0.9, doubtful.id: 0.2, other.id: 1.0}


async def test_further_queries_are_answered_by_every_hit_and_bring_none(
    store: Store, workspace: str
) -> None:
    both, one, beside = item("zeppelin harbour"), item("zeppelin"), item("harbour")
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([both, one, beside], EMBEDDER)
        (harbour,) = unit.hasher.terms("harbour")
        found = await index.search(
            "zeppelin", None, EMBEDDER, beside=({harbour: 2.0}, {}), wanted=9
        )
        by_id = {hit.id: hit.beside for hit in found.hits}
        assert by_id.keys() == {both.id, one.id}
        assert by_id[one.id] == (0.0, 0.0)
        assert by_id[both.id][0] > 0.0
        single = await index.search("zeppelin", None, EMBEDDER, beside=({harbour: 1.0},))
        halves = {hit.id: hit.beside for hit in single.hits}
        assert halves[both.id] == pytest.approx((by_id[both.id][0] / 2,), rel=1e-5)
        none = await index.search("zeppelin", None, EMBEDDER)
        assert {hit.beside for hit in none.hits} == {()}
        with pytest.raises(ValueError, match="3 further queries"):
            await index.search("zeppelin", None, EMBEDDER, beside=({}, {}, {}))


async def test_removing_what_was_not_counted_yet_leaves_the_counts(
    store: Store, workspace: str
) -> None:
    counted, fresh = item("zeppelin"), item("zeppelin")
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([counted], EMBEDDER)
        await index.fold()
        await index.add([fresh], EMBEDDER)
        await index.remove([fresh.id])
        words = await unit.connection.execute(
            select(lexeme_statistics.c.documents).where(
                lexeme_statistics.c.lexeme.in_(unit.hasher.terms("zeppelin"))
            )
        )
        assert list(words.scalars()) == [1]
        documents = await unit.connection.execute(select(scope_statistics.c.documents))
        assert documents.scalar_one() == 1
