from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.knowledge import describe
from bot.readers import readable_by
from learning.precedent import OUTRANKED, outranked
from learning.store.contents import Contents
from learning.store.knowledge import Knowledge
from learning.store.learnings import Learnings
from tests.bot.support import BEGIN, World, interaction_of

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from integrations.contracts.delivery import Delivery
    from integrations.contracts.host import CommandReply

POND = "# Pond\n\nThe heron Zebulon guards the pond at night. Every heron sleeps by day.\n"
FENCE = "# Fence\n\nThe badger Agathe mends the fence in spring. No badger mends it in May.\n"
ASKED = "Who guards the pond at night?"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "notes"
    root.mkdir()
    (root / "pond.md").write_text(POND)
    (root / "fence.md").write_text(FENCE)
    return root


async def knowledge(
    world: World, rest: str = "", user: str = "ann", channel: str | None = None, *, days: int = 0
) -> CommandReply:
    """Run the command as somebody."""
    who = world.person(user, channel)
    async with world.mynah.store.begin(world.workspace, readable_by(who)) as unit:
        return await describe(unit, who, rest, BEGIN + timedelta(days=days))


def topics(reply: CommandReply) -> dict[str, Any]:
    return {topic["topic"]: topic for topic in reply.data["topics"]}


async def correct(world: World, reply: Delivery, text: str, user: str = "ann") -> UUID:
    """Correct an answer, and note what the correction speaks against."""
    by = await world.correct(reply, text, user)
    async with world.mynah.store.begin(world.workspace, None) as unit:
        (learning,) = await Learnings(unit).of_interaction(by)
        await Knowledge(unit).corrected(learning.id, interaction_of(reply))
    return learning.id


async def test_nothing_is_known_at_first(world: World) -> None:
    reply = await knowledge(world)
    assert "I know nothing yet" in reply.text
    assert reply.data == {"topics": [], "sources": {}}
    assert (await knowledge(world, "herons")).ok, "nor of a topic"


async def test_documents_corrections_and_liked_answers_are_one_view(
    world: World, tree: Path
) -> None:
    await world.ingest(tree)
    liked = await world.ask(ASKED)
    await world.react(liked, "👍")
    await correct(world, await world.ask("Who mends the fence?", thread="t2"), "Badger Cecilia.")
    reply = await knowledge(world)
    counts = {origin: group[origin] for origin, group in reply.data["sources"].items()}
    assert counts == {"document_ingestion": 2, "user_feedback": 1, "interaction_learning": 1}
    heron = topics(reply)["heron"]
    assert (heron["document_ingestion"], heron["interaction_learning"]) == (1, 1)
    assert topics(reply)["fence"]["user_feedback"] == 1
    assert "document ingestion: 2 passages (confidence 1.00, validated 2026-03-02)" in reply.text
    json.dumps(reply.data)


async def test_a_topic_lists_its_entries_corrections_first(world: World, tree: Path) -> None:
    await world.ingest(tree)
    learning = await correct(world, await world.ask(ASKED), "The heron Balthasar does.")
    reply = await knowledge(world, "Herons")
    assert [e["source"] for e in reply.data["entries"]] == ["user_feedback", "document_ingestion"]
    assert reply.data["entries"][0]["id"] == str(learning)
    assert f"your correction for “{ASKED}”" in reply.text
    assert "`notes/pond.md`: 1 passage (confidence 1.00" in reply.text
    assert "fence" not in reply.text
    theirs = await knowledge(world, "heron", "bob")
    assert [e["source"] for e in theirs.data["entries"]] == ["document_ingestion"]


async def test_each_sees_only_what_they_may_read(world: World, tree: Path) -> None:
    await world.ingest(tree / "pond.md", private=True)
    await world.ingest(tree / "fence.md")
    assert "heron" in topics(await knowledge(world, user="ann"))
    for user, channel in (("bob", None), ("bob", "C1")):
        reply = await knowledge(world, "", user, channel)
        assert "heron" not in topics(reply)
        assert "badger" in topics(reply)
        assert "pond" not in json.dumps(reply.data)
        assert not (await knowledge(world, "heron", user, channel)).ok


async def test_confidence_fades_and_says_what_changed(world: World, tree: Path) -> None:
    await world.ingest(tree)
    async with world.mynah.store.begin(world.workspace, None) as unit:
        knowledge_ = Knowledge(unit)
        (source,) = await knowledge_.sources()
        key = knowledge_.name_digest("notes/pond.md")
        await knowledge_.doubt([(await knowledge_.documents(source.id))[key].id], 0.5)
    (entry,) = (await knowledge(world, "heron", days=30)).data["entries"]
    assert (entry["confidence"], entry["doubted"]) == (pytest.approx(0.25, abs=0.001), True)
    assert "it changed or is missing since" in (await knowledge(world, "heron")).text
    (other,) = (await knowledge(world, "badger", days=30)).data["entries"]
    assert (other["confidence"], other["doubted"]) == (pytest.approx(0.5, abs=0.001), False)


@pytest.mark.parametrize("rest", ["giraffes", "of the", "🎉", "`x` **y**", "z" * 5_000])
async def test_a_topic_that_is_not_there_is_said(world: World, tree: Path, rest: str) -> None:
    await world.ingest(tree)
    reply = await knowledge(world, rest)
    assert not reply.ok
    assert reply.data["entries"] == []
    assert "`knowledge` lists the topics" in reply.text
    assert len(reply.text) < 200


async def test_a_correction_stands_before_the_passage_that_its_answer_cited(
    world: World, tree: Path
) -> None:
    await world.ingest(tree)
    reply = await world.ask(ASKED)
    cited = [item["id"] for item in (await world.why(reply))["recalled"] if item["cited"]]
    learning = await correct(world, reply, "The heron Balthasar does.")
    who = world.person()
    async with world.mynah.store.begin(world.workspace, readable_by(who)) as unit:
        passages = [
            passage
            for passage in (await Contents(unit).load(await _passages(unit))).values()
            if passage.kind == "knowledge"
        ]
        against = await Knowledge(unit).corrections_of([p.id for p in passages])
        assert {str(item) for item in against} == set(cited)
        learned = await Contents(unit).load([id_ for ids in against.values() for id_ in ids])
        ordered = outranked(
            passages, {item: [learned[id_] for id_ in ids] for item, ids in against.items()}
        )
    places = {recollection.id: n for n, recollection in enumerate(ordered)}
    for passage in passages:
        if passage.id in against:
            assert places[learning] < places[passage.id]
            assert ordered[places[passage.id]].trust == pytest.approx(passage.trust * OUTRANKED)
    assert ordered[places[learning]].text == "The heron Balthasar does."
    assert len(ordered) == len(passages) + 1


async def _passages(unit: Any) -> list[UUID]:
    knowledge_ = Knowledge(unit)
    return [
        passage
        for source in await knowledge_.sources()
        for passage in await knowledge_.passages(
            [document.id for document in (await knowledge_.documents(source.id)).values()]
        )
    ]
