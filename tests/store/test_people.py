"""What a person can ask: take everything along, have it erased, say no."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, func, select

from learning.scope import WORKSPACE, person
from learning.store.consents import Consents
from learning.store.conversations import Conversations
from learning.store.decisions import arms, ledger
from learning.store.feedback import Signals
from learning.store.index import RecallIndex
from learning.store.interpretations import Interpretations
from learning.store.knowledge import Knowledge
from learning.store.people import REMOVED, People, belongs_to, personal
from learning.store.remembered import (
    memories,
    memory_sources,
    observations,
    persona_changes,
    personas,
)
from learning.store.rules import RoutingRules
from learning.store.schema import (
    audit,
    knowledge_documents,
    learnings,
    lexeme_statistics,
    messages,
    recall_items,
    scope_statistics,
    vectors,
)
from learning.store.states import States
from learning.store.store import Store
from learning.store.tables import Personal, metadata
from tests.store.support import (
    EMBEDDER,
    NOW,
    dump,
    exchange,
    holds,
)
from tests.store.world import ALICE, BOB, BOBS, C1, CAROL, CAROLS, HERS, World

if TYPE_CHECKING:
    from learning.store.cipher import Cipher
    from learning.store.store import Unit


async def rows(unit: Unit, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in (await unit.connection.execute(select(table))).mappings()]


async def everything(unit: Unit) -> dict[str, str]:
    """Return every table, decrypted, as text."""
    return {
        table.name: json.dumps(await rows(unit, table), default=str, ensure_ascii=False)
        for table in metadata.sorted_tables
        if table.name != "store_facts"
    }


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_says_how_a_persons_rows_are_found(table: Table) -> None:
    rule = personal(table)
    assert rule.column is None or rule.column in table.c
    assert rule.column or rule.parent or rule.reason, "say why nothing here is personal"
    assert rule.erase or rule.reason, "say why rows outlive the person's other data"
    assert all(name in table.c for name in rule.shared or ())
    if rule.shared is not None:
        assert "audience" in table.c
    condition = belongs_to(table, ALICE)
    assert (condition is None) == (rule.column is None and rule.parent is None)
    if rule.parent:
        # Nothing but the foreign key takes these rows away.
        cascades = [
            key.ondelete
            for key in table.foreign_key_constraints
            if key.referred_table.name == rule.parent
        ]
        assert "CASCADE" in cascades


def test_columns_that_name_people_are_declared() -> None:
    for table in metadata.sorted_tables:
        for name in ("user_id", "author_id", "added_by"):
            assert name not in table.c or personal(table).column == name, table.name


def test_a_table_that_does_not_say_is_refused() -> None:
    other = MetaData(schema="mynah")
    silent = Table("diaries", other, Column("user_id", Text))
    with pytest.raises(LookupError, match="the table diaries does not say"):
        belongs_to(silent, ALICE)
    orphan = Table("notes", other, Column("a", Text), info={"person": Personal(parent="audit")})
    with pytest.raises(LookupError, match="notes"):
        belongs_to(orphan, ALICE)


async def test_only_a_transaction_that_sees_all_may_act(store: Store, workspace: str) -> None:
    async with store.begin(workspace, (WORKSPACE, person(ALICE))) as unit:
        with pytest.raises(ValueError, match="begin"):
            People(unit)


async def test_an_export_has_everything_of_the_person_and_nothing_of_others(
    store: Store, workspace: str
) -> None:
    async with store.begin(f"{workspace}-other", None) as unit:
        elsewhere = await exchange(unit, ALICE, "elsewhere")
    async with store.begin(workspace, None) as unit:
        await World(unit).build()
        found = await People(unit).export(ALICE)
        assert await People(unit).export("U-nobody") == {}
    content = json.dumps(found, default=str, ensure_ascii=False)
    assert str(elsewhere.conversation_id) not in content
    assert BOBS not in content
    assert BOB not in content
    assert set(found) == {
        "conversations", "interactions", "messages", "choices", "runs", "signals", "learnings",
        "knowledge_sources", "knowledge_documents", "knowledge", "consents",
        "credits", "arms", "routing_rules", "memories", "observations", "personas",
        "persona_changes", "interpretations",
    }  # fmt: skip
    assert {row["text"] for row in found["messages"]} == {
        f"private {HERS}", f"shared {HERS}", HERS, f"{HERS} said so",
    }  # fmt: skip
    assert {row["location"] for row in found["knowledge_sources"]} == {
        f"/docs/{HERS}", "/docs/handbook",
    }  # fmt: skip
    counts = {name: len(found[name]) for name in ("interactions", "runs", "choices", "signals")}
    assert counts == {"interactions": 3, "runs": 2, "choices": 2, "signals": 1}
    assert [(row["user_id"], row["weight"]) for row in found["arms"]] == [(ALICE, 1.0)]
    assert {row["rule"] for row in found["routing_rules"]} == {"pin"}, "the bans are Bob's"
    assert len(found["routing_rules"]) == len(found["credits"]) == 2
    assert {row["content"]["text"] for row in found["memories"]} == {
        f"prefers {HERS}", f"prefers {HERS} no more",
    }  # fmt: skip
    assert [row["content"]["value"] for row in found["observations"]] == [HERS]
    assert [row["facets"] for row in found["personas"]] == [{"concise": 0.75}]
    assert [row["cause"] for row in found["persona_changes"]] == ["vote"]
    assert [row["content"]["chosen_text"] for row in found["interpretations"]] == [f"build {HERS}"]
    assert not any(isinstance(value, bytes) for row in found["knowledge"] for value in row.values())


async def test_after_erasure_nothing_is_left_of_the_person(
    fresh_database: str, cipher: Cipher
) -> None:
    async with Store(fresh_database, cipher) as store:
        async with store.begin("T1", None) as unit:
            await World(unit).build()
            before = await everything(unit)
            assert {name for name, text in before.items() if HERS in text} >= {
                "conversations", "interactions", "messages", "learnings", "outbox",
                "knowledge_sources", "knowledge_documents", "knowledge", "memories",
                "observations", "interpretations",
            }  # fmt: skip
        async with store.begin("T1", None) as unit:
            counts = await People(unit).erase(ALICE, NOW)
        assert counts["messages"] == 3
        assert counts["recall_items"] == 4
        assert counts["memories"] == 2
        async with store.begin("T1", None) as unit:
            after = await everything(unit)
            assert [name for name, text in after.items() if HERS in text] == []
            # A refusal outlives the data: without it, the next word would be learned from.
            assert [name for name, text in after.items() if ALICE in text] == ["consents"]
            assert not await Consents(unit).given(ALICE, "learning", default=True)
        await store.vacuum()
    for table in dump(fresh_database).split(b"\n-- "):
        assert not holds(table, HERS)
        assert not holds(table, ALICE) or table.startswith(b"consents\n")


async def test_after_erasure_others_keep_what_is_theirs(store: Store, workspace: str) -> None:
    async with store.begin(f"{workspace}-other", None) as unit:
        await exchange(unit, ALICE, HERS)
    async with store.begin(workspace, None) as unit:
        world = await World(unit).build()
        written = {row["id"]: row["text"] for row in await rows(unit, messages)}
        theirs = {
            row["id"] for row in await rows(unit, messages) if row["author_id"] in {BOB, CAROL}
        }
        await People(unit).erase(ALICE, NOW)
        left = {row["id"]: row for row in await rows(unit, messages)}
        assert theirs <= set(left)
        assert all(left[id_]["text"] == written[id_] for id_ in theirs)
        emptied = {id_ for id_, row in left.items() if row["text"] == REMOVED}
        assert emptied == {
            world.quote.answer_id, world.requote.answer_id, world.via.answer_id,
        }  # fmt: skip
        assert all(left[id_]["citations"] is None for id_ in emptied)
        assert left[world.reply.answer_id]["text"] == "reply answered"
        assert left[world.unrelated.answer_id]["text"] == "unrelated answered"

        learnt = {row["id"]: row["content"] for row in await rows(unit, learnings)}
        assert learnt == {
            world.instead: {"question": BOBS, "answer": CAROLS, "replaces": ""},
            world.again: {"question": CAROLS, "answer": BOBS, "replaces": ""},
        }
        conversations = Conversations(unit)
        assert await conversations.find(world.private.conversation_id) is None
        shared = await conversations.find(world.shared.conversation_id)
        assert shared is not None
        assert (shared.user_id, shared.title) == ("", "")
        bobs = await conversations.find(world.quote.conversation_id)
        assert bobs is not None
        assert (bobs.user_id, bobs.title) == (BOB, f"quote {BOBS}")

        (source,) = await Knowledge(unit).sources()
        assert (source.location, source.added_by) == ("/docs/handbook", "")
        names = [row["name"] for row in await rows(unit, knowledge_documents)]
        assert names == ["handbook.md"]
        assert [row["user_id"] for row in await rows(unit, arms)] == ["", BOB]
        assert [row["interaction_id"] for row in await rows(unit, ledger)] == [
            world.quote.interaction_id
        ]
        rules = await RoutingRules(unit).of([C1, person(ALICE)])
        assert [(x.audience, x.rule, x.role, x.user_id) for x in rules] == [
            (C1, "pin", "lead", ""),
            (C1, "ban", "math", BOB),
        ]
        assert await States(unit).versions(["policy:p"]) == {"policy:p": 1}

        signals = await Signals(unit).standing(world.quote.interaction_id)
        assert signals == [], "hers was the only one"
        await others_are_known(unit, world)
    async with store.begin(f"{workspace}-other", None) as unit:
        texts = [row["text"] for row in await rows(unit, messages)]
        assert HERS in texts, "another workspace is another matter"


async def others_are_known(unit: Unit, world: World) -> None:
    assert {row["id"]: row["content"]["text"] for row in await rows(unit, memories)} == {
        world.memories[BOB]: f"prefers {BOBS}",
        world.memories[CAROL]: f"prefers {CAROLS}",
    }
    assert [row["memory_id"] for row in await rows(unit, memory_sources)] == [
        world.memories[BOB], world.memories[CAROL],
    ]  # fmt: skip
    for table in (observations, personas, persona_changes):
        assert {row["user_id"] for row in await rows(unit, table)} == {BOB, CAROL}, table.name
    interpretations = Interpretations(unit)
    own = await interpretations.of(world.clear.interaction_id)
    assert own is not None
    assert own.chosen_text == f"build {BOBS}"
    for said in (world.reply, world.unrelated):
        repeating = await interpretations.of(said.interaction_id)
        assert repeating is not None
        assert (repeating.readings, repeating.context, repeating.chosen_text) == ((), {}, "")
    # That he was asked, and what came of it, is his own.
    assert [asked.outcome for asked in await interpretations.outcomes(BOB)] == ["first", "first"]


async def test_after_erasure_the_index_holds_what_is_left(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        world = await World(unit).build()
        index = RecallIndex(unit)
        (hers,) = unit.hasher.terms(HERS)

        async def documents(lexeme: int) -> int | None:
            found = await unit.connection.execute(
                select(lexeme_statistics.c.documents).where(lexeme_statistics.c.lexeme == lexeme)
            )
            return found.scalar()

        assert (await documents(hers) or 0) > 0
        await People(unit).erase(ALICE, NOW)
        assert (await index.search(HERS, None, EMBEDDER)).hits == []
        assert await documents(hers) == 0
        count = await unit.connection.execute(select(func.count()).select_from(recall_items))
        total = await unit.connection.execute(select(scope_statistics.c.documents))
        assert total.scalar_one() == count.scalar_one()
        left = {row["id"] for row in await rows(unit, recall_items)}
        assert world.hidden not in left
        assert world.handbook in left
        kept = (messages, learnings, memories)
        sources = {row["id"] for table in kept for row in await rows(unit, table)}
        assert left - {world.handbook} <= sources, "an entry stays without what it was made from"
        assert {row["item_id"] for row in await rows(unit, vectors)} == left


async def test_erasure_is_noted_without_a_name_and_can_be_repeated(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        await World(unit).build()
        people = People(unit)
        counts = await people.erase(ALICE, NOW)
        assert await people.erase(ALICE, NOW) == {}
        noted = await rows(unit, audit)
        assert [row["action"] for row in noted] == ["export", "erase", "erase"]
        assert {row["actor"] for row in noted} == {unit.digest("person", ALICE)}
        assert noted[1]["detail"] == counts
        assert ALICE not in str(noted)


async def test_who_has_nothing_can_be_erased(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        before = await everything(unit)
        assert await People(unit).erase("U-nobody", NOW) == {}
        after = await everything(unit)
        assert {name for name in after if after[name] != before[name]} == {"audit"}


async def test_what_was_forgotten_is_remembered_as_a_digest_only(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        people = People(unit)
        digest = unit.digest("interaction", "one")
        await people.bury([digest], NOW)
        await people.bury([digest, unit.digest("interaction", "two")], NOW)
        await people.bury([], NOW)
        assert await people.buried(digest)
        assert not await people.buried(unit.digest("interaction", "three"))
    async with store.begin(f"{workspace}-other", None) as unit:
        assert not await People(unit).buried(digest)


async def test_consent_is_given_and_withdrawn(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        consents = Consents(unit)
        assert await consents.given(ALICE, "learning", default=True)
        assert not await consents.given(ALICE, "learning", default=False)
        for granted in (False, True, False):
            await consents.change(ALICE, "learning", granted=granted, now=NOW)
            assert await consents.given(ALICE, "learning", default=not granted) is granted
        assert await consents.given(BOB, "learning", default=True)
        assert await consents.given(ALICE, "training", default=True)
