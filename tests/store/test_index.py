"""The recall index: what is found, with which scores, and what the statistics count."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from sqlalchemy import select

from learning.lexemes import bm25_weights, idf
from learning.scope import person
from learning.store.ids import new_id
from learning.store.index import POSTINGS_UP_TO, Hit, Item, RecallIndex
from learning.store.schema import lexeme_statistics, recall_items, scope_statistics, vectors
from learning.store.vectors import Vectors
from tests.store.support import EMBEDDER, NOW, directions, item

if TYPE_CHECKING:
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from learning.store.store import Store, Unit

DRAWN = directions(64)


async def hits(
    unit: Unit, query: str, vector: NDArray[np.float32] | None = None, **more: Any
) -> dict[UUID, Hit]:
    found = await RecallIndex(unit).search(query, vector, EMBEDDER, **more)
    assert len({hit.id for hit in found.hits}) == len(found.hits)
    return {hit.id: hit for hit in found.hits}


async def test_words_find_what_holds_them_and_rare_ones_weigh_more(
    store: Store, workspace: str
) -> None:
    common = [item(f"deploy the service again, number {n}") for n in range(20)]
    rare = item("deploy the zeppelin")
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([*common, rare], EMBEDDER)
        assert await index.fold() == 21
        found = await hits(unit, "deploy zeppelin")
        assert max(found.values(), key=lambda hit: hit.lexical or 0.0).id == rare.id
        assert {hit.dense for hit in found.values()} == {None}
        assert await hits(unit, "submarine") == {}


async def test_the_lexical_score_is_bm25(store: Store, workspace: str) -> None:
    texts = ["alpha alpha beta", "beta gamma", "gamma delta epsilon zeta"]
    items = [item(text_) for text_ in texts]
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add(items, EMBEDDER)
        await RecallIndex(unit).fold()
        found = await hits(unit, "alpha beta")
        terms = unit.hasher.terms
    for one in items[:2]:
        held = terms(one.text)
        weights = bm25_weights(held, sum(held.values()))
        (alpha,), (beta,) = terms("alpha"), terms("beta")
        expected = idf(1, 3) * weights.get(alpha, 0.0) + idf(2, 3) * weights.get(beta, 0.0)
        assert found[one.id].lexical == pytest.approx(expected, rel=1e-4)
    assert items[2].id not in found


async def test_a_hit_of_one_leg_gets_the_other_legs_score_too(store: Store, workspace: str) -> None:
    by_word, by_meaning = item("zeppelin", vectors=DRAWN[:1]), item("airship", vectors=DRAWN[1:2])
    bare = item("zeppelin")
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add([by_word, by_meaning, bare], EMBEDDER)
        found = await hits(unit, "zeppelin", DRAWN[1], wanted=1)
        similarity = float(DRAWN[0] @ DRAWN[1])
        assert found[by_meaning.id].dense == pytest.approx(1.0, abs=2e-3)
        assert found[by_meaning.id].lexical == 0.0
        first = next(hit for id_, hit in found.items() if id_ != by_meaning.id)
        assert (first.lexical or 0.0) > 0.0
        if first.id == by_word.id:
            assert first.dense == pytest.approx(similarity, abs=2e-3)
        found = await hits(unit, "zeppelin", DRAWN[1], wanted=9)
        assert found[by_word.id].dense == pytest.approx(similarity, abs=2e-3)
        assert found[bare.id].dense is None


async def test_a_long_text_is_as_near_as_its_nearest_part(store: Store, workspace: str) -> None:
    long, short = item("long", vectors=DRAWN[2:10]), item("short", vectors=DRAWN[10:11])
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add([long, short], EMBEDDER)
        found = await hits(unit, "", DRAWN[7])
        assert found[long.id].dense == pytest.approx(1.0, abs=2e-3)
        assert found[short.id].dense == pytest.approx(float(DRAWN[7] @ DRAWN[10]), abs=2e-3)


async def test_a_hit_says_what_fusion_needs(store: Store, workspace: str) -> None:
    asked = replace(
        item("Where is the zeppelin?", kind="answer", user_id="U7"),
        position=4,
        rating=4.5,
        trust=0.5,
    )
    told = item("zeppelin here.", user_id=None)
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add([asked, told], EMBEDDER)
        found = await hits(unit, "zeppelin")
        hit = found[asked.id]
        assert (hit.kind, hit.user_id, hit.position, hit.asks) == ("answer", "U7", 4, True)
        assert (hit.sequence_id, hit.occurred_at) == (asked.sequence_id, NOW)
        assert (hit.rating, hit.trust, hit.length) == (4.5, 0.5, 1)
        assert hit.speaker == unit.hasher.term("u7")
        assert (found[told.id].speaker, found[told.id].asks) == (None, False)


async def test_no_terms_and_no_vector_find_nothing(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add([item("zeppelin", vectors=DRAWN[:1])], EMBEDDER)
        for query in ("", "the of and", "?!", "\u200b"):
            assert await hits(unit, query) == {}
            assert len(await hits(unit, query, DRAWN[0])) == 1


async def test_an_empty_workspace_finds_nothing(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        assert await hits(unit, "zeppelin", DRAWN[0]) == {}
        assert await RecallIndex(unit).fold() == 0


async def test_what_is_removed_is_gone_from_search_and_statistics(
    store: Store, workspace: str
) -> None:
    kept, gone = (item("zeppelin flight", vectors=DRAWN[n : n + 1]) for n in range(2))
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([kept, gone], EMBEDDER)
        await index.fold()
        await index.remove([gone.id, new_id()])
        await index.remove([])
        assert set(await hits(unit, "zeppelin", DRAWN[1])) == {kept.id}
        assert await index.counts() == {"message": 1}
        left = await unit.connection.execute(select(vectors.c.item_id))
        assert set(left.scalars()) == {kept.id}
        await assert_statistics_are_a_recount(unit)


async def test_invalidated_items_rest_and_come_back(store: Store, workspace: str) -> None:
    learned = item("zeppelin", kind="answer", vectors=DRAWN[:1])
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([learned], EMBEDDER)
        await index.invalidate([learned.id], NOW)
        assert await hits(unit, "zeppelin", DRAWN[0]) == {}
        await index.invalidate([learned.id], None)
        await index.rate([learned.id], 2.0)
        assert (await hits(unit, "zeppelin"))[learned.id].rating == 2.0
        await index.invalidate([learned.id], NOW + timedelta(days=1))
        await index.add([replace(learned, rating=5.0)], EMBEDDER)
        assert (await hits(unit, "zeppelin"))[learned.id].rating == 5.0


async def test_adding_again_replaces(store: Store, workspace: str) -> None:
    before = item("zeppelin", vectors=DRAWN[:4])
    async with store.begin(workspace) as unit:
        index = RecallIndex(unit)
        await index.add([before], EMBEDDER)
        await index.fold()
        await index.add([replace(before, text="submarine", vectors=DRAWN[4:5])], EMBEDDER)
        await index.fold()
        assert await hits(unit, "zeppelin") == {}
        assert set(await hits(unit, "submarine")) == {before.id}
        assert (await hits(unit, "", DRAWN[0]))[before.id].dense == pytest.approx(
            float(DRAWN[0] @ DRAWN[4]), abs=2e-3
        )
        await assert_statistics_are_a_recount(unit)


async def test_reembedding(store: Store, workspace: str) -> None:
    items = [item(f"text {n}", vectors=DRAWN[n : n + 1]) for n in range(3)]
    unseen = item("later", audience=person("U1"))
    async with store.begin(workspace, None) as unit:
        index = RecallIndex(unit)
        await index.add(items, EMBEDDER)
        await index.add([unseen], EMBEDDER)
        assert await Vectors(unit).missing(EMBEDDER, 9) == [(unseen.id, "message", person("U1"))]
        missing = await Vectors(unit).missing("other/4", 9)
        assert [id_ for id_, *_ in missing] == [i.id for i in items] + [unseen.id]
        assert len(await Vectors(unit).missing("other/4", 2)) == 2
        other = directions(4, 4)
        await Vectors(unit).put(
            {id_: (audience, other[n : n + 1]) for n, (id_, _, audience) in enumerate(missing)},
            "other/4",
        )
        assert await Vectors(unit).missing("other/4", 9) == []
        assert await Vectors(unit).drop_others(keep="other/4") == 3
        found = await index.search("", other[3], "other/4")
        assert max(found.hits, key=lambda hit: hit.dense or 0.0).id == unseen.id
        assert (await index.search("", DRAWN[0], EMBEDDER)).hits == []
        await Vectors(unit).put({}, EMBEDDER)


async def test_common_words_are_left_to_rarer_ones(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        one = item("common zeppelin")
        await RecallIndex(unit).add([one, item("common")], EMBEDDER)
        await RecallIndex(unit).fold()
        (common,) = unit.hasher.terms("common")
        await unit.connection.execute(
            lexeme_statistics.update()
            .where(lexeme_statistics.c.lexeme == common)
            .values(documents=POSTINGS_UP_TO + 1)
        )
        found = await hits(unit, "common zeppelin")
        assert set(found) == {one.id}
        assert len(await hits(unit, "common")) == 2, "a word alone is always looked up"
        await unit.connection.rollback()


async def recount(unit: Unit) -> tuple[dict[int, int], int]:
    rows = (await unit.connection.execute(select(recall_items.c.lexemes))).scalars().all()
    return dict(Counter(lexeme for row in rows for lexeme in row)), len(rows)


async def statistics(unit: Unit) -> tuple[dict[int, int], int]:
    words = await unit.connection.execute(
        select(lexeme_statistics.c.lexeme, lexeme_statistics.c.documents)
    )
    documents = (await unit.connection.execute(select(scope_statistics.c.documents))).scalar()
    return {row.lexeme: row.documents for row in words if row.documents}, documents or 0


async def assert_statistics_are_a_recount(unit: Unit) -> None:
    await RecallIndex(unit).fold()
    assert await statistics(unit) == await recount(unit)
    assert await RecallIndex(unit).fold() == 0


ANIMALS = st.sampled_from(["ant", "bee", "cat", "dog", "elk", "fox"])
WORDS = st.lists(ANIMALS, max_size=4).map(" ".join)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(WORDS, min_size=1, max_size=3)),
        st.tuples(st.just("again"), WORDS),
        st.tuples(st.just("remove"), st.integers(0, 9)),
        st.tuples(st.just("fold"), st.none()),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
async def test_statistics_equal_a_recount_whatever_happened(
    store: Store, steps: list[tuple[str, Any]]
) -> None:
    present: list[Item] = []
    async with store.begin(str(new_id()), None) as unit:
        index = RecallIndex(unit)
        for step, given_ in steps:
            if step == "add":
                added = [item(words) for words in given_]
                await index.add(added, EMBEDDER)
                present += added
            elif step == "fold":
                await index.fold()
            elif present and step == "again":
                await index.add([replace(present[0], text=given_)], EMBEDDER)
            elif present:
                await index.remove([present.pop(given_ % len(present)).id])
            words, documents = await statistics(unit)
            assert min([documents, *words.values()]) >= 0
        await assert_statistics_are_a_recount(unit)
        await unit.connection.rollback()


async def test_items_that_commit_out_of_order_are_counted(store: Store, workspace: str) -> None:
    late_has_added, early_has_folded = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with store.begin(workspace) as unit:
            await RecallIndex(unit).add([item("zeppelin")], EMBEDDER)
            late_has_added.set()
            # Either the other one goes first, or it waits for this one to end.
            done, _ = await asyncio.wait(
                [asyncio.create_task(early_has_folded.wait())], timeout=0.3
            )
            del done

    async def early() -> None:
        await late_has_added.wait()
        async with store.begin(workspace) as unit:
            await RecallIndex(unit).add([item("zeppelin")], EMBEDDER)
            await RecallIndex(unit).fold()
        early_has_folded.set()

    await asyncio.gather(late(), early())
    async with store.begin(workspace) as unit:
        await assert_statistics_are_a_recount(unit)


async def test_many_writers_at_once_neither_lock_up_nor_miscount(
    store: Store, workspace: str
) -> None:
    first = [item("zeppelin", user_id=f"U{n}") for n in range(8)]
    async with store.begin(workspace) as unit:
        await RecallIndex(unit).add(first, EMBEDDER)

    async def replace_one(n: int) -> None:
        async with store.begin(workspace) as unit:
            index = RecallIndex(unit)
            if n % 2:
                await index.remove([first[n].id])
                await index.add([item("airship")], EMBEDDER)
            else:
                await index.add([replace(first[n], text="airship")], EMBEDDER)
            await index.fold()

    await asyncio.gather(*(replace_one(n) for n in range(8)))
    async with store.begin(workspace) as unit:
        await assert_statistics_are_a_recount(unit)
        assert len(await hits(unit, "airship")) == 8
