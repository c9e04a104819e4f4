"""Approximate search: when a workspace has an index, what it holds, and what is still found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import text

from learning.scope import WORKSPACE, person
from learning.store.approximate import EXACT_UP_TO, WAITING, index_vectors, is_due
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from tests.store.support import DIMENSION, EMBEDDER, ask, directions, item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from numpy.typing import NDArray

    from learning.scope import Audience
    from learning.store.index import Item
    from learning.store.store import Store, Unit

WIDE = 32


@pytest.fixture
async def own(fresh_database: str, store: Store) -> AsyncIterator[Store]:
    """A store on a database of its own, for indexes outlive transactions."""
    async with type(store)(fresh_database, store._cipher) as own:
        yield own


def always(_inside: int, _waiting: int) -> bool:
    return True


def clustered(count: int, seed: int = 3) -> NDArray[np.float32]:
    """Return vectors as embeddings lie; pure noise is harder than anything a workspace holds."""
    rng = np.random.default_rng(seed)
    centres = directions(60, WIDE, seed=1)
    drawn = centres[rng.integers(0, 60, count)] + rng.normal(0, 0.15, (count, WIDE))
    unit: NDArray[np.float32] = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(
        np.float32
    )
    return unit


async def store_all(
    store: Store, vectors: NDArray[np.float32], audience: Audience = WORKSPACE, where: str = "w"
) -> list[Item]:
    items = [item("", audience=audience, vectors=vector[None]) for vector in vectors]
    async with store.begin(where, None) as unit:
        await RecallIndex(unit).add(items, EMBEDDER)
        await RecallIndex(unit).fold()
    return items


async def found_by_index(unit: Unit, query: NDArray[np.float32], wanted: int = 10) -> list[Any]:
    """Ask the search function as a large workspace does, whatever the statistics say."""
    rows = await unit.connection.execute(
        text("SELECT item_id FROM recall_dense(:embedder, :dimension, :query, :wanted, true)"),
        {
            "embedder": EMBEDDER,
            "dimension": len(query),
            "query": str(query.tolist()),
            "wanted": wanted,
        },
    )
    return list(rows.scalars())


async def index_scans(unit: Unit) -> int:
    scans = await unit.connection.execute(
        text(
            "SELECT coalesce(sum(pg_stat_get_xact_numscans(indexrelid)), 0) FROM pg_index "
            "WHERE indexrelid::regclass::text LIKE '%ix_vectors_%'"
        )
    )
    return int(scans.scalar_one())


def indexes(conninfo: str) -> list[tuple[str, bool]]:
    return ask(
        conninfo,
        "SELECT indexrelid::regclass::text, indisvalid FROM pg_index "
        "WHERE indexrelid::regclass::text LIKE '%ix_vectors_%' ORDER BY 1",
    )


async def test_the_approximate_search_finds_the_true_neighbours(own: Store) -> None:
    count, wanted = EXACT_UP_TO + 1_000, 10
    vectors = clustered(count)
    queries = vectors[:20] + np.random.default_rng(5).normal(0, 0.05, (20, WIDE))
    items: list[Item] = []
    for start in range(0, count, 1_000):
        items += await store_all(own, vectors[start : start + 1_000])
    assert await index_vectors(own, "w", EMBEDDER, WIDE)
    assert not await index_vectors(own, "w", EMBEDDER, WIDE), "it holds all there is"
    hit = 0
    async with own.begin("w", None) as unit:
        for query in queries.astype(np.float32):
            nearest = np.argsort(-(vectors @ query))[:wanted]
            found = await RecallIndex(unit).search("", query, EMBEDDER, wanted=wanted)
            hit += len({items[n].id for n in nearest} & {one.id for one in found.hits})
        assert await index_scans(unit) >= len(queries), "the index was not used"
    assert hit / (wanted * len(queries)) >= 0.95


async def test_what_came_after_the_index_is_found_and_not_put_into_it(
    own: Store, fresh_database: str
) -> None:
    before = await store_all(own, clustered(300))
    await index_vectors(own, "w", EMBEDDER, WIDE, always)
    ((name, _),) = indexes(fresh_database)
    size = f"SELECT pg_relation_size('{name}')"
    held = ask(fresh_database, size)
    later = clustered(200, seed=9)
    after = await store_all(own, later)
    assert ask(fresh_database, size) == held
    async with own.begin("w", None) as unit:
        for number in (0, 77, 199):
            assert (await found_by_index(unit, later[number]))[0] == after[number].id
        assert (await found_by_index(unit, clustered(300)[5]))[0] == before[5].id
        assert len(await found_by_index(unit, later[0], wanted=400)) == 400


async def test_an_index_that_is_built_again_takes_the_place_of_the_first(
    own: Store, fresh_database: str
) -> None:
    await store_all(own, clustered(50))
    await index_vectors(own, "w", EMBEDDER, WIDE, always)
    first = indexes(fresh_database)
    last = (await store_all(own, clustered(50, seed=4)))[-1]
    asked: list[tuple[int, int]] = []

    def due(inside: int, waiting: int) -> bool:
        asked.append((inside, waiting))
        return True

    await index_vectors(own, "w", EMBEDDER, WIDE, due)
    assert asked == [(50, 50)]
    ((second, valid),) = indexes(fresh_database)
    assert valid
    assert (second, valid) != first[0]
    assert second.endswith(last.id.hex)


async def test_workspaces_and_audiences_stay_apart_in_the_index(own: Store) -> None:
    vectors = clustered(120)
    mine = await store_all(own, vectors[:40])
    private = await store_all(own, vectors[40:80], person("U1"))
    await store_all(own, vectors[80:], where="it's another")
    for where in ("w", "it's another"):
        assert await index_vectors(own, where, EMBEDDER, WIDE, always)
    async with own.begin("w", (WORKSPACE,)) as unit:
        assert set(await found_by_index(unit, vectors[50], 200)) == {i.id for i in mine}
    async with own.begin("w", (person("U1"),)) as unit:
        assert set(await found_by_index(unit, vectors[5], 200)) == {i.id for i in private}
    async with own.begin("it's another", None) as unit:
        assert len(await found_by_index(unit, vectors[5], 200)) == 40


@pytest.mark.parametrize("indexed", [False, True])
async def test_a_long_text_with_many_near_parts_leaves_room_for_others(
    own: Store, indexed: bool
) -> None:
    towards = clustered(1)
    long = item("", vectors=np.repeat(towards, 5, axis=0))
    others = await store_all(own, clustered(30, seed=8))
    async with own.begin("w", None) as unit:
        await RecallIndex(unit).add([long], EMBEDDER)
    if indexed:
        await index_vectors(own, "w", EMBEDDER, WIDE, always)
    async with own.begin("w", None) as unit:
        found = await found_by_index(unit, towards[0], wanted=4)
        assert found[0] == long.id
        assert len(set(found) & {other.id for other in others}) == 3


async def test_what_was_removed_is_not_found_through_the_index(own: Store) -> None:
    vectors = clustered(60)
    items = await store_all(own, vectors)
    await index_vectors(own, "w", EMBEDDER, WIDE, always)
    async with own.begin("w", None) as unit:
        await RecallIndex(unit).remove([items[7].id])
        assert items[7].id not in await found_by_index(unit, vectors[7], 200)


@pytest.mark.parametrize(
    ("inside", "waiting", "due"),
    [
        (0, 0, False),
        (0, EXACT_UP_TO, False),
        (0, EXACT_UP_TO + 1, True),
        (10_000, WAITING, False),
        (10_000, WAITING + 1, True),
        (200_000, 20_000, False),
        (200_000, 20_001, True),
    ],
)
def test_an_index_is_due_when_comparing_the_rest_takes_long(
    inside: int, waiting: int, due: bool
) -> None:
    assert is_due(inside, waiting) is due


async def test_an_empty_workspace_has_nothing_to_index(own: Store, fresh_database: str) -> None:
    assert not await index_vectors(own, "w", EMBEDDER, WIDE)
    assert indexes(fresh_database) == []


async def test_an_index_that_broke_half_way_is_built_anew(own: Store, fresh_database: str) -> None:
    async with own.begin("w") as unit:
        await RecallIndex(unit).add([item("even", vectors=directions(1))], EMBEDDER)
        odd = item("odd", vectors=directions(1, 3), id_=new_id())
        await RecallIndex(unit).add([odd], EMBEDDER)
    with pytest.raises(Exception, match="expected 8 dimensions"):
        await index_vectors(own, "w", EMBEDDER, DIMENSION, always)
    assert [valid for _, valid in indexes(fresh_database)] == [False]
    async with own.begin("w") as unit:
        assert await RecallIndex(unit).search("", directions(1, 3)[0], "another") is not None
        await RecallIndex(unit).remove([odd.id])
    await index_vectors(own, "w", EMBEDDER, DIMENSION, always)
    assert [valid for _, valid in indexes(fresh_database)] == [True]


async def test_odd_names_can_be_indexed_and_too_many_dimensions_cannot(
    own: Store, fresh_database: str
) -> None:
    embedder, where = 'it\'s "odd" 100%; --', "o'w:s %(ner)s"
    async with own.begin(where) as unit:
        await RecallIndex(unit).add([item("one", vectors=directions(1))], embedder)
    assert not await index_vectors(own, where, embedder, 4_001, always)
    assert indexes(fresh_database) == []
    assert await index_vectors(own, where, embedder, DIMENSION, always)
    assert len(indexes(fresh_database)) == 1
    async with own.begin(where) as unit:
        found = await RecallIndex(unit).search("", directions(1)[0], embedder)
        assert len(found.hits) == 1
