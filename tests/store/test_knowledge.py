"""What was read, what was corrected of it, and who may see that."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from learning.scope import WORKSPACE, Audience, channel, person
from learning.store.catalogue import Catalogue
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions, Recall
from learning.store.knowledge import Knowledge, NewPassage
from learning.store.learnings import Learnings
from tests.store.support import EMBEDDER, NOW, Document, dump, exchange, finish, holds, item

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Store, Unit


async def read(
    unit: Unit, name: str = "a.md", *, passages: int = 1, audience: Audience = WORKSPACE
) -> tuple[UUID, UUID, list[UUID]]:
    """Read a document; return its source, itself and its passages."""
    knowledge = Knowledge(unit)
    source = await knowledge.open_source(f"/docs/{name}", "file", audience, "U1", NOW)
    pieces = [
        NewPassage(new_id(), n, "prose", "", f"{name} {n}", n, n, None) for n in range(passages)
    ]
    document = await knowledge.put_document(
        source, Document(name, name), pieces, 7, audience, NOW, ["retry policy", "backoff"]
    )
    return source, document, [piece.id for piece in pieces]


async def answered(unit: Unit, cited: list[UUID], uncited: list[UUID] | None = None) -> UUID:
    """Answer a question from passages; return the interaction."""
    said = await exchange(unit, "U1", "How long?", thread=str(new_id()))
    recalls = [Recall(one, n, cited=True, score=1.0) for n, one in enumerate(cited, 1)]
    recalls += [Recall(one, 9, cited=False, score=1.0) for one in uncited or []]
    await Interactions(unit).recalled(said.interaction_id, recalls)
    return said.interaction_id


async def corrected(
    unit: Unit, interaction_id: UUID, audience: Audience = WORKSPACE, rating: float | None = None
) -> tuple[UUID, UUID]:
    """Correct an answer; return the correction's learning and interaction."""
    interactions = Interactions(unit)
    original = await interactions.find(interaction_id)
    assert original is not None
    new = await interactions.open(
        original.conversation_id, "U2", "web", audience, NOW, supersedes=interaction_id
    )
    await finish(unit, new)
    learning = await Learnings(unit).put(
        "correction",
        new,
        "U2",
        audience,
        {"question": "How long?", "answer": "90 s.", "replaces": "30 s."},
        rating=rating,
        confidence=0.7,
        now=NOW,
    )
    await Knowledge(unit).corrected(learning, interaction_id)
    return learning, new


async def test_a_correction_speaks_against_the_passages_that_were_cited(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        _, _, (first, second, third) = await read(unit, passages=3)
        message = new_id()  # an answer may cite what somebody said, too
        asked = await answered(unit, [first, second, message], [third])
        learning, _ = await corrected(unit, asked)
        assert await Knowledge(unit).corrected(learning, asked) == 0, "a second time adds nothing"
        found = await Knowledge(unit).corrections_of([first, second, third, message])
        assert found == {first: [learning], second: [learning]}
        assert await Knowledge(unit).corrections_of([]) == {}


async def test_a_correction_of_a_correction_speaks_against_the_same_passages(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        _, _, (passage,) = await read(unit)
        first, by_first = await corrected(unit, await answered(unit, [passage]))
        second, _ = await corrected(unit, by_first)
        await Learnings(unit).invalidate([first], NOW, superseded_by=second)
        assert await Knowledge(unit).corrections_of([passage]) == {passage: [second]}


async def test_a_correction_that_is_forgotten_or_no_longer_holds_speaks_against_nothing(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        _, _, (passage,) = await read(unit)
        held, _ = await corrected(unit, await answered(unit, [passage]))
        retired, _ = await corrected(unit, await answered(unit, [passage]))
        forgotten, _ = await corrected(unit, await answered(unit, [passage]))
        await Learnings(unit).invalidate([retired], NOW)
        await Learnings(unit).delete([forgotten])
        assert await Knowledge(unit).corrections_of([passage]) == {passage: [held]}


async def test_a_private_correction_speaks_in_private_only(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        _, _, (passage,) = await read(unit)
        learning, _ = await corrected(unit, await answered(unit, [passage]), person("U2"))
    for audiences, expected in (
        ((WORKSPACE, person("U2")), {passage: [learning]}),
        ((WORKSPACE, channel("C1")), {}),
        ((WORKSPACE, person("U1")), {}),
    ):
        async with store.begin(workspace, audiences) as unit:
            assert await Knowledge(unit).corrections_of([passage]) == expected
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await Knowledge(unit).corrections_of([passage]) == {}


async def test_a_passage_that_was_read_anew_is_corrected_by_nobody(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        _, document, (passage,) = await read(unit)
        await corrected(unit, await answered(unit, [passage]))
        await Knowledge(unit).remove([document])
    async with store.begin(workspace, None) as unit:
        _, _, (anew,) = await read(unit)
        assert await Knowledge(unit).corrections_of([passage, anew]) == {}


async def test_two_readings_of_a_source_take_turns(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        source, _, _ = await read(unit)
    order: list[str] = []
    holding = asyncio.Event()

    async def second() -> None:
        await holding.wait()
        async with store.begin(workspace, None) as unit:
            assert await Knowledge(unit).hold(source)
            order.append("second")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(second())
        async with store.begin(workspace, None) as unit:
            assert await Knowledge(unit).hold(source)
            holding.set()
            await Knowledge(unit).sources()  # the other has every chance to go ahead
            order.append("first")
    assert order == ["first", "second"]
    async with store.begin(workspace, None) as unit:
        await Knowledge(unit).remove_source(source)
        assert not await Knowledge(unit).hold(source)


async def test_what_a_look_found_is_kept_with_the_document(store: Store, workspace: str) -> None:
    later = NOW + timedelta(days=3)
    async with store.begin(workspace, None) as unit:
        knowledge = Knowledge(unit)
        source, document, _ = await read(unit)
        key = knowledge.name_digest("a.md")

        before = (await knowledge.documents(source))[key]
        assert (before.validated_at, before.doubted, before.described) == (NOW, False, True)
        await knowledge.doubt([document], 0.5)
        assert (await knowledge.documents(source))[key].doubted
        await knowledge.validate([document], later)
        after = (await knowledge.documents(source, ["a.md"]))[key]
        assert (after.validated_at, after.doubted, after.mtime_ns) == (later, False, 7)
        await knowledge.touch(document, 8, later)
        assert (await knowledge.documents(source))[key].mtime_ns == 8
        assert await knowledge.documents(source, ["b.md"]) == {}
        (listed,), total = await Catalogue(unit).documents(10)
        assert (listed.topics, listed.passages, total) == (("retry policy", "backoff"), 1, 1)
        (seen,) = await knowledge.sources()
        assert seen.validated_at == later


@pytest.mark.parametrize(
    ("reader", "names", "questions"),
    [
        ((WORKSPACE,), {"a.md"}, 1),
        ((WORKSPACE, person("U1")), {"a.md", "mine.md"}, 1),
        ((WORKSPACE, channel("C1")), {"a.md"}, 2),
    ],
)
async def test_the_catalogue_lists_what_its_reader_may_read(
    store: Store, workspace: str, reader: tuple[Audience, ...], names: set[str], questions: int
) -> None:
    async with store.begin(workspace, None) as unit:
        _, _, (passage,) = await read(unit)
        await read(unit, "mine.md", audience=person("U1"))
        await corrected(unit, await answered(unit, [passage]))
        await corrected(unit, await answered(unit, [passage]), channel("C1"))
        await corrected(unit, await answered(unit, [passage]), rating=1.5)
    async with store.begin(workspace, reader) as unit:
        documents, total = await Catalogue(unit).documents(10)
        assert {document.name for document in documents} == names
        assert total == len(names)
        taught, _ = await Catalogue(unit).taught(10)
        assert len(taught) == questions, "and never one that people disliked"
        assert (await Catalogue(unit).documents(1))[1] == len(names)


async def test_the_background_is_looked_up_and_topics_are_sealed(
    store: Store, database: str, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        await read(unit)
        index = RecallIndex(unit)
        await index.add([item("the llama sleeps"), item("the llama eats")], EMBEDDER)
        await index.fold()
        background = await Catalogue(unit).background(["llama", "eat", "alpaca"])
        assert background.documents == 2
        assert background.holding == {"llama": 2, "eat": 1}
    assert not holds(dump(database), "retry policy")
