"""What is counted, and that it stays countable: in any order, by anybody, and backwards."""

from __future__ import annotations

import asyncio
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.learned import Learned
from learning.feedback import canonical
from learning.roles import declared_strengths
from learning.routing.contract import Evidence, Option
from learning.routing.registry import DEFAULT
from learning.routing.topics import Topics
from learning.seeding.results import SEED_STATE, SeedResult, dump
from learning.store.feedback import Signals
from learning.store.states import States
from tests.bot.support import BEGIN, interaction_of
from tests.bot.team import (
    CODING,
    POLICY,
    Place,
    answers,
    ask,
    close,
    crediting,
    credits_of,
    estimates,
    learned_state,
    snapshot,
    state_of,
    talked_about,
    tallies,
    weights,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

CODE = "Write a python function that reverses a list"


@pytest.fixture
def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path, models: ModelServer
) -> Place:
    return Place(database, encryption_key, workspace, tmp_path / "home", models)


@pytest.fixture
async def team(place: Place) -> AsyncIterator[World]:
    async with place.open() as world:
        yield world


async def vote(
    world: World,
    ids: Sequence[UUID],
    emoji: str = "👍",
    *,
    user: str = "bob",
    removed: bool = False,
) -> None:
    """Record votes, without crediting them."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        signals = Signals(unit)
        change = signals.take_back if removed else signals.give
        for id_ in ids:
            await change(id_, user, "reaction", canonical(emoji), world.later())


async def test_processes_that_credit_the_same_arms_at_once_lose_nothing(place: Place) -> None:
    async with place.open() as one, place.open() as two:
        processes = [crediting(one), crediting(two)]
        ids = await answers(one, 40)
        for emoji in ("👍", "👎"):
            await vote(one, ids, emoji)
            async with asyncio.timeout(30):
                # Each twice, and each pair in two processes.
                await asyncio.gather(
                    *(
                        processes[(n + turn) % 2].credit(one.workspace, str(id_))
                        for turn in range(2)
                        for n, id_ in enumerate(ids)
                    )
                )
            assert sum((await weights(one)).values()) == pytest.approx(_weight(one, ids))
        version, _ = await state_of(one, "health:openai:deepseek")
        assert version == 10, "each attempt was counted once"
        shown = tallies(one)
        people = [v for key, v in shown.items() if key[0] == "bob"]
        assert sum(weight for weight, _ in people) == pytest.approx(0.1 * _weight(one, ids))
        await vote(one, ids, "👍", removed=True)
        await vote(one, ids, "👎", removed=True)
        await asyncio.gather(
            *(processes[n % 2].credit(one.workspace, str(id_)) for n, id_ in enumerate(ids))
        )
        assert set((await weights(one)).values()) == {0.0}
        assert tallies(one) == {}


def _weight(world: World, ids: Sequence[UUID]) -> float:
    """Return what the ledger counts of arms."""
    return sum(
        float(detail["weight"])
        for id_ in ids
        for subject, detail in credits_of(world, id_).items()
        if subject.startswith("arm|")
    )


async def test_learning_and_forgetting_at_once_do_not_wait_for_each_other(team: World) -> None:
    process = crediting(team)
    hers, others = await answers(team, 12, "eve"), await answers(team, 12, "ann")
    await vote(team, others, user="eve")
    await vote(team, hers, user="bob")
    for id_ in (*hers, *others):
        await process.credit(team.workspace, str(id_))
    async with asyncio.timeout(30):
        await asyncio.gather(
            team.mynah.host.command(team.person("eve"), "forget-me yes"),
            *(process.credit(team.workspace, str(id_)) for id_ in (*others, *hers)),
            *(team.mynah.host.command(team.person("ann"), f"forget {id_}") for id_ in others[:3]),
        )
    await team.mynah.work_off()
    assert set((await weights(team)).values()) == {0.0}
    assert tallies(team) == {}


async def test_a_policy_that_is_switched_on_starts_from_what_was_said(place: Place) -> None:
    async with place.open(policy="epsilon_greedy") as team:
        await _seeded(team)
        one, two = await ask(team, CODE), await ask(team, CODE, "bob")
        await team.react(one, "👎")
        await team.react(two, "👍", "bob")
        assert await state_of(team) == (0, b"")
    async with place.open() as team:
        third = await ask(team, "Write a python class", role="senior")
        assert await weights(team) == {"math": 1.0, "lead": 2.0}
        await team.react(third, "👍")
        assert await weights(team) == {"math": 1.0, "lead": 2.0, "senior": 1.0}
        await team.react(one, "👎", removed=True)
        await team.react(two, "👍", "bob", removed=True)
        assert await weights(team) == {"math": 1.0, "lead": 0.0, "senior": 1.0}
        assert await state_of(team, "policy:epsilon_greedy") == (0, b""), "its ledger is gone"
    async with place.open(policy="epsilon_greedy") as team:
        await team.react(third, "👍", removed=True)
        assert (await state_of(team))[1] == b""
    async with place.open() as team:
        await ask(team, "Write a python test")
        assert await weights(team) == {"math": 1.0}, "nothing that was taken back came back"


async def _seeded(team: World) -> None:
    result = SeedResult("math", "openai:mathstral", "mathstral", "sum", 1.0, CODING)
    async with team.mynah.store.begin(team.workspace, None) as unit:
        await States(unit).save(SEED_STATE, dump([result]), BEGIN)


async def test_a_state_that_cannot_be_read_is_made_anew_from_the_ledger(team: World) -> None:
    reply = await ask(team, CODE)
    await team.react(reply, "👎")
    before = await estimates(team)
    async with team.mynah.store.begin(team.workspace, None) as unit:
        await States(unit).save(POLICY, b"rubbish", BEGIN)
    with capture_logs() as logs:
        await ask(team, "Write a python class", "bob")
    assert {"policy_unreadable", "policy_rebuilt"} <= {log["event"] for log in logs}
    assert close(await estimates(team), before)
    await team.react(reply, "👎", removed=True)
    assert set((await weights(team)).values()) == {0.0}


async def test_forgetting_an_answer_takes_back_all_that_came_of_it(team: World) -> None:
    before = await ask(team, "Write a python class", "bob", "C1")
    await team.react(before, "👍", "bob", "C1")
    known, sums = await estimates(team), tallies(team)
    reply = await ask(team, CODE, channel="C1")
    await team.react(reply, "👎", "ann", "C1")
    await team.react(reply, "👎", "bob", "C1")
    await snapshot(team)
    assert not close(await estimates(team), known)
    assert (await team.command(f"forget {interaction_of(reply)}", "ann", "C1")).ok
    assert close(await estimates(team), known)
    assert tallies(team) == sums
    listed = await team.command("model snapshots")
    assert listed.data["snapshots"] == [], "they held it"


async def test_forgetting_what_is_in_no_snapshot_leaves_snapshots_alone(team: World) -> None:
    await ask(team, CODE)
    kept = await snapshot(team)
    reply = await ask(team, "Write a python class")
    await team.react(reply, "👎")
    assert (await team.command(f"forget {interaction_of(reply)}")).ok
    listed = await team.command("model snapshots")
    assert [s["version"] for s in listed.data["snapshots"]] == [kept]


async def test_an_erased_person_leaves_no_trace_in_what_was_learned(team: World) -> None:
    theirs = await ask(team, "Write a python class", "bob", "C1", thread="b")
    await team.react(theirs, "👍", "bob", "C1")
    known, sums = await estimates(team), tallies(team)
    await team.react(theirs, "👎", "ann", "C1")
    hers = await ask(team, CODE, "ann", "C1")
    await team.react(hers, "👎", "ann", "C1")
    await team.react(hers, "👎", "bob", "C1")
    await team.correct(theirs, "class A: pass", "ann", "C1")
    await ask(team, "Write a python loop", "ann", thread="w")
    await ask(team, "add comments", "ann", thread="w")
    await snapshot(team)
    assert len(tallies(team)) > len(sums)
    assert (await team.command("forget-me yes", "ann")).ok
    assert close(await estimates(team), known)
    assert tallies(team) == sums
    assert team.rows(
        "SELECT rating, votes FROM interactions WHERE workspace_id = %s AND id = %s",
        interaction_of(theirs),
    ) == [(5.0, 1)]
    assert team.count("state_snapshots") == 0


async def test_another_embedder_starts_over_without_the_first_ones_topics(team: World) -> None:
    rng = np.random.default_rng(0)
    id_, other = await answers(team, 2)
    shares = '{"topics": [0.7, 0.1, 0.1, 0.1], "embedder": "old/8"}'
    for each in (id_, other):
        team.rows(
            "UPDATE choices SET context = context || "
            f"'{shares}'::jsonb WHERE workspace_id = %s AND interaction_id = %s RETURNING 1",
            each,
        )
    async with team.mynah.store.begin(team.workspace, None) as unit:
        old = Topics.find(list(rng.normal(size=(70, 8))), "old/8")
        await States(unit).save("topics", old.dump(), BEGIN)
    before = crediting(team, "old/8")
    await vote(team, [id_, other], "👎")
    for each in (id_, other):
        await before.credit(team.workspace, str(each))
    learned = await learned_state(team)
    assert learned.sums.products[:, -4:].any() or learned.sums.squares[:, -4:].any()

    # The embedder was changed: a vote that counted with topics is taken back with them.
    after = crediting(team)
    await vote(team, [id_], "👎", removed=True)
    await after.credit(team.workspace, str(id_))
    state = await learned_state(team)
    at = state.row(Option("math", "mathstral"))
    assert np.abs(state.sums.squares[at]).max() < 1e-12

    # Topics of the new one are found: from then on the old ones' shares are left out.
    await talked_about(team, [f"something about topic {n % 4} again {n}" for n in range(64)])
    await after.find_topics(team.workspace)
    assert (await state_of(team))[1] == b""
    third = (await answers(team, 1, "cem"))[0]
    await after.credit(team.workspace, str(third))
    state = await learned_state(team)
    assert await weights(team) == {"lead": 1.0}
    assert not state.sums.squares[:, -4:].any()
    await vote(team, [other], "👎", removed=True)
    await after.credit(team.workspace, str(other))
    assert np.abs((await learned_state(team)).sums.squares).max() < 1e-12


async def test_an_update_takes_a_few_milliseconds(team: World) -> None:
    process = crediting(team)
    ids = await answers(team, 60)
    for id_ in ids:
        await process.credit(team.workspace, str(id_))
    await vote(team, ids)
    for id_ in ids:
        await process.credit(team.workspace, str(id_))
    learned = Learned(DEFAULT, declared_strengths(), None, "", BEGIN)
    _, state = await state_of(team)
    took: list[float] = []
    for _ in range(200):
        began = process_time()
        policy = learned.open(state)
        policy.credit(Evidence(Option("lead", "deepseek"), CODING, 1.0))
        policy.dump()
        took.append(process_time() - began)
    # Of this process alone: others have the machine as well.
    assert np.quantile(took, 0.95) < 5e-3
