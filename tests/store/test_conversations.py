"""Conversations, interactions, signals and learnings, as they are written and read back."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError, NoResultFound

from learning.scope import WORKSPACE, channel, person
from learning.store.contents import Contents, passage_text
from learning.store.conversations import Conversations
from learning.store.feedback import Signals
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions, Recall, Run
from learning.store.knowledge import Knowledge, NewPassage
from learning.store.learnings import Learnings
from tests.store.support import EMBEDDER, NOW, Document, arrived, directions, exchange, item

if TYPE_CHECKING:
    from datetime import datetime

    from learning.store.store import Store

SECOND = timedelta(seconds=1)


async def test_a_thread_is_one_conversation(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        conversations = Conversations(unit)
        opened = [
            (await arrived(unit, user, title, now=NOW + n * SECOND)).conversation_id
            for n, (user, title) in enumerate([("U1", "Why?\nsecond line"), ("U2", "Other")])
        ]
        assert opened[0] == opened[1]
        found = await conversations.find(opened[0])
        assert found is not None
        assert (found.user_id, found.title, found.updated_at) == ("U1", "Why?", NOW + SECOND)
        elsewhere = await arrived(unit, "U1", "x" * 99, thread="u", now=NOW + 2 * SECOND)
        later = elsewhere.conversation_id
        threads = await conversations.threads("U1", "web")
        assert [one.id for one in threads] == [later, opened[0]]
        assert len(threads[0].title) == 80
        assert await conversations.threads("U2", "web") == []
        assert await conversations.find(new_id()) is None


async def test_the_same_thread_opened_at_once_is_one(store: Store, workspace: str) -> None:
    async def open_() -> object:
        async with store.begin(workspace) as unit:
            return (await arrived(unit, "U1", "hello")).conversation_id

    assert len(set(await asyncio.gather(*(open_() for _ in range(6))))) == 1


async def test_people_who_speak_at_once_get_places_without_gaps(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        id_ = (await arrived(unit, "U1", "first")).conversation_id

    async def say(n: int) -> None:
        with pytest.raises(ZeroDivisionError) if n % 4 == 3 else nullcontext():
            async with store.begin(workspace) as unit:
                await Conversations(unit).say(id_, "person", f"U{n}", f"{n}", NOW, WORKSPACE)
                if n % 4 == 3:
                    raise ZeroDivisionError

    await asyncio.gather(*(say(n) for n in range(12)))
    async with store.begin(workspace) as unit:
        said = await Conversations(unit).messages(id_)
    assert [m.position for m in said] == list(range(10))
    assert {m.text for m in said} == {"first", *(str(n) for n in range(12) if n % 4 != 3)}


async def test_messages_are_read_from_the_end_oldest_first(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        said = [await exchange(unit, "U1", f"q{n}", f"a{n}") for n in range(3)]
        conversations = Conversations(unit)
        id_ = said[0].conversation_id
        latest = await conversations.messages(id_, limit=3)
        assert [m.text for m in latest] == ["a1", "q2", "a2"]
        assert [m.text for m in await conversations.messages(id_, before=2)] == ["q0", "a0"]
        answer = latest[-1]
        assert (answer.by, answer.outcome, answer.role, answer.model) == (
            "mynah", "answered", "lead", "offline",
        )  # fmt: skip
        assert answer.citations == [{"mark": 1, "quote": "a2"}]
        own = await conversations.of_interaction(said[1].interaction_id)
        assert [m.id for m in own] == [said[1].question_id, said[1].answer_id]


async def test_nobody_speaks_in_a_conversation_that_is_not_theirs(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        secret = await exchange(unit, "U1", "secret", audience=person("U1"))
    async with store.begin(workspace, (WORKSPACE, channel("C1"))) as unit:
        conversations = Conversations(unit)
        assert await conversations.find(secret.conversation_id) is None
        assert await conversations.messages(secret.conversation_id) == []
        assert await conversations.threads("U1", "web") == []
        assert await Interactions(unit).find(secret.interaction_id) is None
        with pytest.raises(NoResultFound):
            await conversations.say(
                secret.conversation_id, "person", "U2", "hi", NOW, channel("C1")
            )
    async with store.begin(f"{workspace}-other", None) as unit:
        assert await Conversations(unit).find(secret.conversation_id) is None


async def test_an_interaction_from_accepted_to_done(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        asked = await arrived(unit, "U1", "Why?")
        conversation, id_ = asked.conversation_id, asked.interaction_id
        interactions = Interactions(unit)
        assert await interactions.latest("U1") is None
        assert [await interactions.start(id_) for _ in range(2)] == [1, 2]
        choice = await interactions.choose(
            id_, policy="priors", arm="lead", propensity=0.5, context={"n": 1},
            candidates=[{"arm": "lead"}], now=NOW,
        )  # fmt: skip
        assert not await interactions.request_cancel(id_, "U2")
        assert await interactions.request_cancel(id_, "U1")
        runs = [
            Run("lead", "m1", "timeout", 9.5),
            Run("math", "m2", "ok", 1.5, 0.5, "v2", 10, 20, Decimal("0.00012345")),
        ]
        await interactions.ran(id_, choice, runs, NOW)
        await interactions.ran(id_, choice, [], NOW)
        await interactions.recalled(id_, [])
        items = [Recall(new_id(), 2, True, 0.5), Recall(new_id(), 1, False, 0.25, {"dense": 1.0})]
        await interactions.recalled(id_, items)
        await interactions.finish(
            id_, outcome="answered", task_type="math", role="math", model="m2",
            explanation={"task": "sums"}, overhead_ms=3.0, now=NOW + SECOND,
        )  # fmt: skip
        await interactions.rate(id_, 4.0, 2)

        found = await interactions.find(id_, lock=True)
        assert found is not None
        assert (found.status, found.outcome, found.attempts) == ("done", "answered", 2)
        assert (found.rating, found.votes, found.cancel_requested) == (4.0, 2, True)
        assert found.explanation == {"task": "sums"}
        assert await interactions.runs_of(id_) == runs
        assert await interactions.spent(NOW) == Decimal("0.00012345")
        assert await interactions.spent(NOW + SECOND) == 0
        assert await interactions.recalls_of(id_) == items[::-1]
        assert await interactions.citing([items[0].item_id, items[1].item_id]) == [id_]
        chosen = await interactions.choice_of(id_)
        assert chosen is not None
        assert (chosen.arm, chosen.propensity) == ("lead", 0.5)
        assert await interactions.choice_of(new_id()) is None
        assert not await interactions.request_cancel(id_, "U1"), "there is nothing to stop"
        assert await interactions.latest("U1") == id_

        fix = await interactions.open(conversation, "U2", "web", WORKSPACE, NOW, supersedes=id_)
        assert await interactions.corrections_of(id_) == [fix]
        await interactions.delete([id_])
        found = await interactions.find(fix)
        assert found is not None
        assert found.supersedes is None
        assert (await interactions.runs_of(id_), await interactions.recalls_of(id_)) == ([], [])


async def test_an_id_is_found_by_its_end_and_nothing_else(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        ids = [(await exchange(unit, "U1", f"{n}")).interaction_id for n in range(3)]
        interactions, learnings = Interactions(unit), Learnings(unit)
        learnt = await learnings.put(
            "rated_answer", ids[0], "U1", WORKSPACE, {}, rating=5.0, confidence=0.5, now=NOW
        )
        assert await interactions.resolve(ids[1].hex[-8:]) == [ids[1]]
        assert await learnings.resolve(learnt.hex[-8:]) == [learnt]
        for typed in ("%", "_" * 8, f"%{ids[0].hex[-2:]}", "zz"):
            assert await interactions.resolve(typed) == []
            assert await learnings.resolve(typed) == []


async def test_two_workers_with_one_turn_take_it_one_after_the_other(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        id_ = (await exchange(unit, "U1", "q")).interaction_id
    order: list[str] = []

    async def work(name: str) -> None:
        async with store.begin(workspace) as unit:
            await Interactions(unit).find(id_, lock=True)
            order.append(name)
            await Interactions(unit).start(id_)
            order.append(name)

    await asyncio.gather(work("a"), work("b"))
    assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


async def test_nothing_refers_to_what_is_not_there(store: Store, workspace: str) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin(workspace) as unit:
            await Interactions(unit).open(new_id(), "U1", "web", WORKSPACE, NOW)


async def test_signals_whatever_their_order(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        signals = Signals(unit)
        id_ = (await exchange(unit, "U1", "q")).interaction_id

        async def standing() -> list[tuple[str, str, datetime]]:
            return [(s.user_id, s.value, s.occurred_at) for s in await signals.standing(id_)]

        async def give(at: int, user: str = "U1", value: str = "👍") -> None:
            await signals.give(id_, user, "reaction", value, NOW + at * SECOND)

        async def take_back(at: int) -> None:
            await signals.take_back(id_, "U1", "reaction", "👍", NOW + at * SECOND)

        await give(0)
        await give(0)
        assert await standing() == [("U1", "👍", NOW)]
        await take_back(2)
        assert await standing() == []
        await give(1)
        assert await standing() == [], "an older event that comes late undoes nothing"
        await give(3)
        assert await standing() == [("U1", "👍", NOW + 3 * SECOND)]
        await take_back(2)
        assert await standing() == [("U1", "👍", NOW + 3 * SECOND)]
        await give(4, "U2", "👎")
        await give(1, "U2", "👍")
        assert [one[:2] for one in await standing()] == [("U2", "👍"), ("U1", "👍"), ("U2", "👎")]
        counts = await Conversations(unit).reactions([id_], "U2")
        assert counts == {id_: ({"👍": 2, "👎": 1}, frozenset({"👍", "👎"}))}


async def test_a_removal_may_come_before_its_signal(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        signals = Signals(unit)
        id_ = (await exchange(unit, "U1", "q")).interaction_id
        await signals.take_back(id_, "U1", "reaction", "👍", NOW + SECOND)
        await signals.give(id_, "U1", "reaction", "👍", NOW)
        assert await signals.standing(id_) == []
        assert await Conversations(unit).reactions([id_], "U1") == {}


async def test_a_learning_is_put_renewed_ended_and_revived(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        learnings = Learnings(unit)
        first = (await exchange(unit, "U1", "q")).interaction_id
        second = (await exchange(unit, "U1", "q")).interaction_id

        async def put(kind: str, answer: str, rating: float | None) -> object:
            return await learnings.put(
                kind, first, "U1", WORKSPACE, {"question": "q", "answer": answer},
                rating=rating, confidence=0.5, now=NOW,
            )  # fmt: skip

        rated, fix = await put("rated_answer", "a", 5.0), await put("correction", "b", None)
        assert await put("rated_answer", "changed", 2.0) == rated
        assert await put("correction", "better", 4.0) == fix
        found = {one.kind: one for one in await learnings.of_interaction(first)}
        assert found["rated_answer"].content["answer"] == "a", "what was rated stays as rated"
        assert found["rated_answer"].rating == 2.0
        assert found["correction"].content["answer"] == "better"

        ids = [one.id for one in found.values()]
        later = await learnings.put(
            "correction", second, "U2", WORKSPACE, {}, rating=None, confidence=0.5, now=NOW
        )
        await learnings.invalidate(ids[:1], NOW, superseded_by=later)
        await learnings.invalidate(ids[:1], NOW + SECOND)
        (ended,) = await learnings.find(ids[:1])
        assert (ended.valid_to, ended.superseded_by) == (NOW, later), "it ended once"
        assert {one.id for one in await learnings.held("U1")} == set(ids[1:])
        await put(ended.kind, "a", 5.0)
        (revived,) = await learnings.find(ids[:1])
        assert (revived.valid_to, revived.superseded_by) == (None, None)

        await learnings.invalidate(ids[:1], NOW, superseded_by=later)
        await learnings.delete([later])
        (left,) = await learnings.find(ids[:1])
        assert (left.valid_to, left.superseded_by) == (NOW, None)


async def test_credit_is_counted_taken_back_and_never_below_zero(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace) as unit:
        learnings = Learnings(unit)
        said = await exchange(unit, "U1", "q")
        id_ = await learnings.put(
            "rated_answer",
            said.interaction_id,
            "U1",
            WORKSPACE,
            {},
            rating=5.0,
            confidence=0.5,
            now=NOW,
        )

        async def counted(successes: int, failures: int) -> tuple[int, int]:
            await learnings.credit([id_], successes=successes, failures=failures)
            (one,) = await learnings.find([id_])
            return one.successes, one.failures

        assert await counted(2, 0) == (2, 0)
        assert await counted(-1, 1) == (1, 1)
        assert await counted(-5, -5) == (0, 0)
        assert await counted(1, 0) == (1, 0)
        await learnings.used([id_], NOW + SECOND)
        await learnings.trust({id_: 0.75})
        (one,) = await learnings.find([id_])
        assert (one.times_used, one.last_used_at, one.confidence) == (1, NOW + SECOND, 0.75)


async def test_the_contents_behind_what_was_found(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        said = await exchange(unit, "U1", "Where is it?", "There.")
        await Interactions(unit).recalled(
            said.interaction_id, [Recall(said.question_id, 1, True, 0.5)]
        )
        learnt = await Learnings(unit).put(
            "correction", said.interaction_id, "U2", WORKSPACE,
            {"question": "Where is it?", "answer": "Here."}, rating=4.0, confidence=0.5, now=NOW,
        )  # fmt: skip
        knowledge = Knowledge(unit)
        source = await knowledge.open_source("/docs", "folder", WORKSPACE, "U1", NOW)
        assert await knowledge.open_source("/docs", "folder", WORKSPACE, "U2", NOW) == source
        passage = NewPassage(new_id(), 0, "prose", "Title", "It is here.", 3, 4, None)
        document = await knowledge.put_document(
            source, Document("a.md", "A"), [passage], 7, WORKSPACE, NOW
        )
        ids = {said.question_id: "message", learnt: "correction", passage.id: "knowledge"}
        gone = new_id()
        await RecallIndex(unit).add(
            [
                item("x", id_=id_, kind=kind, vectors=directions(1))
                for id_, kind in [*ids.items(), (gone, "message")]
            ],
            EMBEDDER,
        )
        found = await Contents(unit).load([*ids, gone, new_id()])
        assert {id_: one.kind for id_, one in found.items()} == ids
        assert found[said.question_id].text == "Where is it?"
        assert (found[learnt].text, found[learnt].speaker) == ("Here.", "U2")
        assert str(found[passage.id].place) == "a.md:3-4"
        texts = await Contents(unit).texts([learnt, passage.id])
        assert texts == {
            learnt: "Where is it?",
            passage.id: passage_text("a.md", "Title", "It is here."),
        }
        assert await Contents(unit).provenance([said.interaction_id]) == {
            said.interaction_id: ("lead", frozenset({said.question_id}))
        }

        (seen,) = await knowledge.sources()
        assert (seen.location, seen.documents, seen.added_by) == ("/docs", 1, "U1")
        known = await knowledge.documents(source)
        assert known[knowledge.name_digest("a.md")].mtime_ns == 7
        await knowledge.touch(document, 8, NOW, ["here"])
        await knowledge.read(source, NOW)
        assert (await knowledge.documents(source))[knowledge.name_digest("a.md")].mtime_ns == 8
        assert await knowledge.passages([document]) == [passage.id]
        await knowledge.remove([document])
        assert await knowledge.passages([document]) == []
        await knowledge.remove_source(source)
        assert await knowledge.sources() == []
