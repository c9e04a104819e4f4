"""Actions and their tries: what is kept of them, who may read it, and what goes with what."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from learning.actions.contract import Acted, Fault, Phase, Try
from learning.scope import WORKSPACE, channel, person
from learning.store.actions import Actions
from learning.store.ids import new_id
from learning.store.interactions import Interactions
from learning.store.people import People
from learning.store.tries import Tries
from tests.store.support import NOW, ask, dump, exchange, holds

if TYPE_CHECKING:
    from learning.scope import Audience
    from learning.store.store import Store


def acted(audience: Audience = WORKSPACE, user: str = "ann", **values: object) -> Acted:
    made = Acted(
        id=new_id(), user_id=user, audience=audience, kind="github.create_issue", origin="person",
        status="running", created_at=NOW, asked={"title": "Login fails"}, surface="web",
        params={"title": "Login fails"},
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def tried(title: str, *, ok: bool = True) -> Try:
    fault = None if ok else Fault("invalid", "labels must be a list", 422, "labels must be a list")
    return Try("github.create_issue", {"title": title}, {"title": title}, ok, NOW, fault)


async def test_an_action_comes_back_as_it_was_recorded(store: Store, workspace: str) -> None:
    made = acted(
        channel("C1"), approach="template", project="acme/api", changed={"title": ["a", "b"]},
        phases=(Phase("queue", 3.5, waiting=True),), errors=({"kind": "invalid", "text": "no"},),
        resolution={"lessons": []}, result={"text": "ok"}, time_ms=12.5, success=True,
        decided="free",
    )  # fmt: skip
    async with store.begin(workspace, None) as unit:
        assert await Actions(unit).add(made, {"tz": "Europe/Berlin"})
        assert await Actions(unit).open(made.id) == (made, {"tz": "Europe/Berlin"})
        assert await Actions(unit).resolve(made.id.hex[-8:]) == [made.id]
        assert await Actions(unit).log("ann", ["github.create_issue"], NOW, 5) == [made]
        assert await Actions(unit).log("bob") == []


async def test_of_two_that_decide_at_once_one_finds_it_decided(
    store: Store, workspace: str
) -> None:
    made = acted(status="proposed")
    async with store.begin(workspace, None) as unit:
        await Actions(unit).add(made)

    async def decide() -> bool:
        async with store.begin(workspace, None) as unit:
            return await Actions(unit).move(made.id, {"proposed"}, "approved", decided_at=NOW)

    assert sorted(await asyncio.gather(decide(), decide(), decide())) == [False, False, True]


async def test_what_was_given_up_too_early_can_still_be_ended_but_not_twice(
    store: Store, workspace: str
) -> None:
    made = acted()
    async with store.begin(workspace, None) as unit:
        actions = Actions(unit)
        await actions.add(made, {"outsider": False})
        assert await actions.move(made.id, {"running"}, "unknown")
        over = replace(made, status="done", success=True)
        assert await actions.settle(over, {"running", "unknown"})
        assert not await actions.settle(over, {"running", "unknown"})
        assert await actions.open(made.id) == (over, {})


async def test_tries_are_read_by_those_who_may_and_are_ones_own_where_one_may_be_quoted(
    store: Store, workspace: str
) -> None:
    places = [(person("ann"), "ann"), (channel("C1"), "ann"), (channel("C1"), "bob")]
    async with store.begin(workspace, None) as unit:
        for number, (audience, user) in enumerate(places):
            made = acted(audience, user)
            await Actions(unit).add(made)
            tries = [tried(f"{number}", ok=False), tried(f"{number}")]
            await Tries(unit).add(made.id, user, audience, tries)
    here = channel("C1")
    async with store.begin(workspace, (WORKSPACE, here, person("ann"))) as unit:
        found = await Tries(unit).of_kind("github.create_issue", "ann", here=here)
        assert {(t.params["title"], t.own) for t in found} == {
            ("0", False), ("1", True), ("2", False)
        }  # fmt: skip
        assert [t.ok for t in found] == [False, True] * 3  # each failure before its cure
        assert found[0].fault == tried("0", ok=False).fault
        assert await Tries(unit).of_api("git", "ann") == []
    async with store.begin(workspace, (WORKSPACE, channel("C2"), person("cleo"))) as unit:
        assert await Tries(unit).of_api("github", "cleo") == []


async def test_what_is_known_of_tries_is_not_opened_again_and_goes_with_what_is_deleted(
    store: Store, workspace: str
) -> None:
    first, second = acted(), acted()
    async with store.begin(workspace, None) as unit:
        await Actions(unit).add(first)
        await Tries(unit).add(first.id, "ann", WORKSPACE, [tried("1")])
        known = await Tries(unit).known_of_kind(first.kind, "ann", 9, {})
        seen = {id_: tried("seen before") for id_ in known}
        await Actions(unit).add(second)
        await Tries(unit).add(second.id, "ann", WORKSPACE, [tried("2")])
        found = await Tries(unit).known_of_kind(first.kind, "ann", 9, seen)
        assert {t.params["title"] for t in found.values()} == {"seen before", "2"}
        await Actions(unit).delete([first.id])
        left = await Tries(unit).known_of_kind(first.kind, "ann", 9, found)
        assert [t.params["title"] for t in left.values()] == ["2"]


async def test_actions_go_with_their_question_and_with_their_person(
    store: Store, workspace: str, database: str
) -> None:
    async with store.begin(workspace, None) as unit:
        asked = await exchange(unit, "ann", "Open an issue")
        one = acted(interaction_id=asked.interaction_id, conversation_id=asked.conversation_id)
        other = acted(params={"title": "Sesame42"})
        for each in (one, other):
            assert await Actions(unit).add(each)
            await Tries(unit).add(each.id, "ann", WORKSPACE, [tried("Sesame42", ok=False)])
        await Actions(unit).rate(asked.interaction_id, 5.0, 2)
        rated = await Actions(unit).find(one.id)
        assert rated is not None
        assert (rated.rating, rated.votes) == (5.0, 2)
    patterns = "SELECT successes, failures FROM api_patterns WHERE workspace_id = %s"
    assert ask(database, patterns, workspace) == [(0, 2)]
    async with store.begin(workspace, None) as unit:
        await Interactions(unit).delete([asked.interaction_id])
        assert await Actions(unit).find(one.id) is None
        assert not await Actions(unit).add(acted(interaction_id=asked.interaction_id))
    async with store.begin(workspace, None) as unit:
        counts = await People(unit).erase("ann", NOW)
    assert counts["actions"] == 1
    assert ask(database, patterns, workspace) == []
    assert not holds(dump(database), "Sesame42")
