"""Memories: said twice they are one, ended they hold no more, forgotten they stay away."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from learning.memory.contract import Draft
from learning.scope import WORKSPACE, Scope, channel, person
from learning.store.contents import Contents
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.memories import Memories, folded
from learning.store.people import People
from tests.store.known import AWS, DAY, FLY, GOAL, VERCEL, Person
from tests.store.support import EMBEDDER, NOW, ask, dump, exchange, holds, item

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Store


async def test_a_memory_is_read_back_as_it_was_put(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        source = await user.says()
        draft = replace(VERCEL, origin="chosen", trust=0.5, until=NOW + DAY)
        id_ = await user.known(draft, source, audience=person("U1"))
        memory = await user.one(id_)
        assert (memory.kind, memory.text, memory.origin) == (draft.kind, draft.text, "chosen")
        assert (memory.slot, memory.value, memory.tags) == ("deployment", "vercel", ("stated",))
        assert (memory.confidence, memory.trust, memory.times_observed) == (0.75, 0.5, 1)
        assert (memory.user_id, memory.audience) == ("U1", person("U1"))
        assert (memory.valid_from, memory.valid_to) == (NOW, NOW + DAY)
        assert memory.created_at == memory.last_seen_at == NOW
        assert memory.last_used_at is None
        assert await user.memories.sources_of([id_, new_id()]) == {id_: (source,)}
        ends = id_.hex[-8:]
        assert await user.memories.resolve(ends) == [id_]
        assert await user.memories.resolve("%") == []


async def test_the_same_source_counts_once_however_often_it_is_read(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        first, second = await user.says(), await user.says()
        id_ = await user.known(VERCEL, first)
        before = await user.one(id_)
        assert await user.known(VERCEL, first, first, now=NOW + DAY) == id_
        assert await user.one(id_) == before
        assert await user.known(VERCEL, first, second, now=NOW + DAY) == id_
        renewed = await user.one(id_)
        assert (renewed.times_observed, renewed.last_seen_at) == (2, NOW + DAY)
        assert renewed.created_at == NOW
        assert await user.memories.sources_of([id_]) == {id_: tuple(sorted([first, second]))}
        # A clock that goes wrong does not make it older.
        await user.known(VERCEL, now=NOW - DAY)
        late = await user.one(id_)
        assert (late.times_observed, late.last_seen_at) == (3, NOW + DAY)


async def test_what_names_no_source_is_renewed_without_being_counted(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        memories = Memories(unit)
        insight = Draft("insight", "asks mostly about deployment", origin="observed")
        id_ = await memories.put(insight, "U1", WORKSPACE, [], NOW)
        assert id_ is not None
        await memories.end([id_], NOW)
        assert await memories.put(insight, "U1", WORKSPACE, [], NOW + DAY) == id_
        (memory,) = await memories.of("U1", now=NOW + DAY)
        assert (memory.times_observed, memory.last_seen_at) == (1, NOW + DAY)
        assert await memories.sources_of([id_]) == {}


async def test_the_same_words_are_the_same_memory_of_one_kind_person_and_audience(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user, other = Person(unit), Person(unit, "U2")
        id_ = await user.known(VERCEL)
        assert await user.known(replace(VERCEL, text="Deploys  to VERCEL.")) == id_
        others = {
            await user.known(replace(VERCEL, text="deploys to Vercel Pro")),
            await user.known(replace(VERCEL, kind="insight")),
            await user.known(VERCEL, audience=person("U1")),
            await other.known(VERCEL),
        }
        assert len(others | {id_}) == 5
        assert await user.memories.count(NOW) == {"preference": 4, "insight": 1}
    assert folded("  Ｆly\n away … ") == "fly away"


async def test_of_two_origins_the_better_known_one_wins(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        guessed = replace(
            VERCEL, origin="inferred", slot="", value="", confidence=0.9, trust=0.5, tags=("model",)
        )
        id_ = await user.known(guessed)
        assert await user.known(VERCEL) == id_
        stated = await user.one(id_)
        assert (stated.origin, stated.slot, stated.value) == ("stated", "deployment", "vercel")
        assert (stated.confidence, stated.trust) == (0.9, 1.0)
        assert stated.tags == ("model", "stated")
        assert [m.id for m in await user.memories.of("U1", slot="deployment", now=NOW)] == [id_]
        await user.known(replace(guessed, text="DEPLOYS TO VERCEL", slot="host", value="v"))
        again = await user.one(id_)
        assert (again.origin, again.slot, again.text) == ("stated", "deployment", VERCEL.text)
        assert again.times_observed == 3


async def test_other_words_for_the_same_renew_it_and_leave_its_own(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        id_ = await user.known(GOAL)
        source = await user.says()
        alike = replace(GOAL, text="build the REST API", tags=("api",))
        for _ in range(2):
            assert await user.memories.renew(id_, alike, [source], NOW + DAY) == id_
            memory = await user.one(id_)
            assert (memory.text, memory.tags, memory.times_observed) == (GOAL.text, ("api",), 2)
        assert await user.known(GOAL) == id_, "it is found by its own words"
        assert await user.memories.renew(new_id(), alike, [source], NOW) is None
        assert await user.memories.renew(id_, alike, [new_id()], NOW) is None
        await user.memories.end([id_], NOW)
        await user.memories.renew(id_, alike, [source], NOW)
        assert await user.texts() == []
        await user.memories.renew(id_, alike, [await user.says()], NOW)
        assert await user.texts() == [GOAL.text]


async def test_what_ended_holds_again_when_it_is_said_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        source = await user.says()
        id_ = await user.known(VERCEL, source)
        await user.memories.end([id_], NOW + DAY)
        assert await user.texts(NOW) == [VERCEL.text]
        assert await user.texts(NOW + DAY) == []
        assert await user.texts(NOW + DAY, superseded=True) == [VERCEL.text]
        assert await user.memories.count(NOW + DAY) == {}
        await user.memories.end([id_], NOW + 3 * DAY)
        assert (await user.one(id_)).valid_to == NOW + DAY, "it ended once"
        await user.known(VERCEL, source, now=NOW + 2 * DAY)
        assert await user.texts(NOW + 2 * DAY) == [], "this was known when it ended"
        await user.known(replace(VERCEL, until=NOW + 9 * DAY), now=NOW + 2 * DAY)
        assert (await user.one(id_)).valid_to == NOW + 9 * DAY
        await user.memories.end([id_], NOW + 3 * DAY)
        await user.memories.revive([id_])
        assert (await user.one(id_)).valid_to == NOW + 9 * DAY, "as it was said"
        await user.known(VERCEL, now=NOW + 2 * DAY)
        assert (await user.one(id_)).valid_to is None


async def test_without_a_time_the_databases_clock_says_what_has_ended(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        await user.known(replace(VERCEL, until=NOW.replace(year=2001)))
        await user.known(replace(FLY, until=NOW.replace(year=9000)))
        assert [m.text for m in await user.memories.of("U1")] == [FLY.text]
        assert await user.memories.count() == {"preference": 1}


async def test_a_workspaces_memories_come_page_by_page(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        ids = [await user.known(draft) for draft in (VERCEL, FLY, AWS)]
        others = await Person(unit, "U2").known(GOAL)
        await user.memories.end([ids[0]], NOW)
        await user.memories.supersede(ids[1], ids[2], NOW)
        first = await user.memories.page(None, 2)
        assert [memory.id for memory in first] == [ids[0], ids[2]]
        rest = await user.memories.page(first[-1].id, 2)
        assert [memory.id for memory in rest] == [others]
        assert await user.memories.page(others, 2) == []


async def test_uses_and_credit_are_counted_taken_back_and_never_below_zero(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        id_ = await user.known(VERCEL)
        await user.memories.used([id_], NOW + DAY)
        await user.memories.credit([id_], successes=2, failures=1)
        await user.memories.credit([id_], successes=-1, failures=-5)
        await user.memories.trust({id_: 0.25})
        memory = await user.one(id_)
        assert (memory.times_used, memory.last_used_at) == (1, NOW + DAY)
        assert (memory.successes, memory.failures, memory.confidence) == (1, 0, 0.25)


async def test_memories_come_newest_seen_first_and_by_kind(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        await user.known(VERCEL)
        await user.known(GOAL, now=NOW + 2 * DAY)
        await user.known(FLY, now=NOW + DAY)
        await Person(unit, "U2").known(AWS)
        assert await user.texts() == [GOAL.text, FLY.text, VERCEL.text]
        assert await user.texts(limit=1) == [GOAL.text]
        assert await user.texts(kinds=["preference"]) == [FLY.text, VERCEL.text]
        assert await user.texts(kinds=[]) == []


async def test_what_was_forgotten_is_not_learned_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        id_ = await user.known(VERCEL)
        fly = await user.known(FLY)
        await People(unit).bury([user.memories.digest_of(await user.one(id_))], NOW)
        await user.memories.delete([id_])
        source = await user.says()
        for text in ("deploys to Vercel", "DEPLOYS TO VERCEL."):
            again = replace(VERCEL, text=text)
            assert await user.memories.put(again, "U1", WORKSPACE, [source], NOW) is None
            assert await user.memories.renew(fly, again, [source], NOW) is None
        assert await user.texts() == [FLY.text]
        assert (await user.one(fly)).times_observed == 1
        await Person(unit, "U2").known(VERCEL)


async def test_a_memory_goes_with_the_last_of_its_sources(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        first, second, third = [await user.says() for _ in range(3)]
        one, two = await user.known(VERCEL, first), await user.known(GOAL, first, second)
        await user.known(FLY, third)
        assert await user.memories.resting_only_on([first]) == [one]
        assert await user.memories.resting_only_on([first, second]) == sorted([one, two])
        assert await user.memories.resting_only_on([]) == []
        await Interactions(unit).delete([first])
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        assert await user.memories.sources_of([one, two]) == {two: (second,)}
        assert await user.memories.resting_only_on([second]) == [two]
        # What was read while it was being forgotten is not remembered.
        assert await user.memories.put(AWS, "U1", WORKSPACE, [first], NOW) is None
        rest = await user.known(AWS, first, third)
        assert await user.memories.sources_of([rest]) == {rest: (third,)}


async def test_while_a_source_is_being_deleted_nothing_comes_to_rest_on_it(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        source = await Person(unit).says()
    async with store.begin(workspace, None) as forgetting:
        resting = await Memories(forgetting).resting_only_on([source])
        async with store.begin(workspace, None) as unit:
            await unit.connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                await Memories(unit).put(VERCEL, "U1", WORKSPACE, [source], NOW)
            await unit.connection.rollback()
        await Memories(forgetting).delete(resting)
        await Interactions(forgetting).delete([source])
    async with store.begin(workspace, None) as unit:
        assert await Memories(unit).put(VERCEL, "U1", WORKSPACE, [source], NOW) is None
    async with store.begin(workspace, None) as unit:
        assert await Memories(unit).of("U1", superseded=True) == []


async def test_said_at_once_from_several_places_it_is_one_memory(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        sources = [await Person(unit).says() for _ in range(6)]
    together = asyncio.Barrier(len(sources))

    async def put(source: UUID) -> UUID | None:
        async with store.begin(workspace, None) as unit:
            await together.wait()
            return await Memories(unit).put(VERCEL, "U1", WORKSPACE, [source], NOW)

    assert len(set(await asyncio.gather(*(put(source) for source in sources)))) == 1
    async with store.begin(workspace, None) as unit:
        (memory,) = await Memories(unit).of("U1", now=NOW)
        assert memory.times_observed == len(sources)
        assert (await Memories(unit).sources_of([memory.id]))[memory.id] == tuple(sorted(sources))


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (replace(VERCEL, text=" …"), "without words"),
        (replace(VERCEL, confidence=float("nan")), "confidence of a memory is nan"),
        (replace(VERCEL, confidence=1.5), "1.5"),
        (replace(VERCEL, trust=-0.1), "trust of a memory is -0.1"),
    ],
    ids=["empty", "nan", "sure", "distrusted"],
)
async def test_what_cannot_be_a_memory_is_refused(
    store: Store, workspace: str, draft: Draft, said: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        id_ = await user.known(VERCEL)
        source = await user.says()
        with pytest.raises(ValueError, match=said):
            await user.memories.put(draft, "U1", WORKSPACE, [source], NOW)
        with pytest.raises(ValueError, match=said):
            await user.memories.renew(id_, draft, [source], NOW)


async def test_what_was_said_in_private_is_not_known_in_a_channel(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        secret = await user.known(VERCEL, audience=person("U1"))
        here = await user.known(FLY, audience=channel("C1"))
        elsewhere = await user.known(AWS, audience=channel("C2"))
        ids = [secret, here, elsewhere]
        await RecallIndex(unit).add(
            [
                item(m.text, id_=m.id, audience=m.audience, kind="memory")
                for m in await user.memories.find(ids)
            ],
            EMBEDDER,
        )
    for audience, known in ((channel("C1"), {here}), (person("U1"), {secret})):
        async with store.begin_in(Scope(workspace, "U1", audience)) as unit:
            memories = Memories(unit)
            assert {m.id for m in await memories.of("U1", now=NOW)} == known
            assert {m.id for m in await memories.find(ids)} == known
            assert set(await memories.sources_of(ids)) == known
            assert set(await Contents(unit).load(ids)) == known
            assert [len(await memories.resolve(one.hex)) for one in ids] == [
                int(one in known) for one in ids
            ]
            assert await memories.count(NOW) == {"preference": 1}


async def test_a_memory_is_recalled_with_what_it_is_and_how_sure(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        user = Person(unit)
        id_ = await user.known(replace(GOAL, confidence=0.5, trust=0.25), now=NOW + DAY)
        await RecallIndex(unit).add([item(GOAL.text, id_=id_, kind="memory")], EMBEDDER)
        found = (await Contents(unit).load([id_]))[id_]
        assert (found.kind, found.memory, found.text) == ("memory", "goal", GOAL.text)
        assert (found.confidence, found.trust, found.interaction_id) == (0.5, 0.25, None)
        assert (found.speaker, found.said_at) == ("U1", NOW + DAY)
        assert (await Contents(unit).texts([id_]))[id_].endswith(GOAL.text)
        await user.memories.delete([id_])
        assert await Contents(unit).load([id_]) == {}


async def test_no_word_of_a_memory_is_readable_in_the_table(
    store: Store, database: str, workspace: str
) -> None:
    word = f"zq7x{workspace}"
    draft = replace(VERCEL, text=f"uses {word}", slot=f"s{word}", value=word, tags=(f"t{word}",))
    async with store.begin(workspace, None) as unit:
        source = (await exchange(unit, "U1", "…", thread=workspace)).interaction_id
        id_ = await Memories(unit).put(draft, "U1", WORKSPACE, [source], NOW)
    ((stored,),) = ask(database, "SELECT m::text FROM memories m WHERE id = %s", id_)
    assert not holds(stored.encode(), word)
    assert not holds(dump(database), word)
