"""The three ways in which the team is meant to adapt, told as people would see them.

Nothing here is configured: models are scripted, everything else is what people do.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Outcome
from tests.bot.support import interaction_of
from tests.bot.team import Place, anew, as_admin, talked_about
from tests.standins.model_wire import Fault, Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from integrations.contracts.delivery import Delivery
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer, Received

COMMENTS = "Comment the code, so that each part says what it is for."
DETAIL = "Explain in detail"

SORTING = ("sorting", "search", "graph", "hashing", "merge", "heap", "string", "matrix")
DAILY = (
    "Fix the failing python login test of page {}",
    "Write a python function that reads table {}",
    "Write a python form class for report {}",
    "Rename the python module {} and its imports",
    "Write a python client class for the service {}",
    "Fix the bug in the python dashboard code of chart {}",
)


@pytest.fixture
async def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path, models: ModelServer
) -> Place:
    return Place(database, encryption_key, workspace, tmp_path / "home", models)


@pytest.fixture
async def team(place: Place) -> AsyncIterator[World]:
    async with place.open() as world:
        yield world


async def a_colleague(world: World) -> str:
    """Return somebody who wants no part in learning: with them nothing is tried out."""
    await world.command("off", "cem")
    return "cem"


async def test_scenario_1_routing(team: World) -> None:
    """Optimizing algorithms turns out to be the mathematician's; the rest stays the lead's."""
    threads = (f"t{number}" for number in count())
    await talked_about(
        team,
        [f"optimize this {kind} algorithm, part {n}" for n in range(3) for kind in SORTING]
        + [each.format(n) for n in range(7) for each in DAILY],
    )

    # The general coder and the mathematician are who is there to code.
    for role in ("router", "senior", "architect"):
        await as_admin(team, f"model ban {role} everywhere")

    # The first such question goes to general coding, and the answer is no good.
    first = await team.ask("optimize this sorting algorithm", thread=next(threads))
    assert first.role == "lead"

    # Feedback says that the maths approach is better; so it does the next few times.
    for kind in ("sorting", "graph", "heap", "merge", "string", "matrix", "hashing"):
        answer = first
        if kind != "sorting":
            answer = await team.ask(f"optimize this {kind} algorithm", thread=next(threads))
        if answer.role != "math":
            await team.react(answer, "👎")
            answer = await anew(team, answer, "math")
        await team.react(answer, "👍")
        # With the lead's answers to other questions people are content.
        daily = await team.ask(DAILY[len(kind) % len(DAILY)].format(kind), thread=next(threads))
        if daily.role == "lead":
            await team.react(daily, "👍")

    # Similar requests go to the mathematician from now on, whoever has them.
    cem = await a_colleague(team)
    for similar in (
        "optimize this binary search algorithm",
        "optimize this interval merge algorithm please",
    ):
        answer = await team.ask(similar, cem, thread=next(threads))
        assert (answer.role, answer.outcome) == ("math", Outcome.ANSWERED), similar
    for other in (
        "Fix the failing python logout test of page 9",
        "Write a python class for the invoice service",
    ):
        assert (await team.ask(other, cem, thread=next(threads))).role == "lead", other


async def system_prompt(
    world: World, models: ModelServer, text: str, user: str = "ann", thread: str = "next"
) -> str:
    """Return the instructions that a model gets when somebody asks."""
    models.received.clear()
    await world.ask(text, user, thread=thread)
    return models.received[-1].system


async def test_scenario_2_prompts(team: World, models: ModelServer) -> None:
    """Who wants comments and explanations gets them; when several do, everybody does."""
    await as_admin(team, "model pin lead everywhere")
    # The lead gives generic code without comments.
    generic = await system_prompt(team, models, "Write a python class for a queue")
    assert COMMENTS not in generic
    # The person asks for more. It holds at once, and for their next requests.
    assert COMMENTS in await system_prompt(team, models, "Please add comments")
    await team.ask("Write a python class for a list", thread="second")
    assert DETAIL in await system_prompt(team, models, "explain more", thread="second")
    hers = await system_prompt(team, models, "Write a python parser for dates", thread="new")
    assert COMMENTS in hers
    assert DETAIL in hers
    # It is her wish: nobody else is given comments because of it.
    other = "Write a python class for a stack"
    assert COMMENTS not in await system_prompt(team, models, other, "bob", "b0")

    # When several people wish for the same, it becomes what everybody gets.
    asked: list[Delivery] = []
    for person in ("bob", "cem", "gus"):
        await team.ask(f"Write a python class for {person}", person, thread="own")
        asked.append(await team.ask("add comments", person, thread="own"))
    newcomer = "Write a python class for a tree"
    await team.command("off", "fay")  # with fay nothing is tried out
    assert COMMENTS in await system_prompt(team, models, newcomer, "fay", "f0")

    # Taken back, it is undone: once by forgetting what was asked, once by going altogether.
    reply = await team.command(f"forget {interaction_of(asked[0])}", "bob")
    assert reply.ok, reply.text
    assert (await team.command("forget-me yes", "cem")).ok
    assert COMMENTS not in await system_prompt(team, models, newcomer, "fay", "f1")
    await team.command("off", "bob")
    assert COMMENTS not in await system_prompt(team, models, newcomer, "bob", "b1")
    assert COMMENTS in await system_prompt(team, models, newcomer, "ann", "a1")


async def test_scenario_3_fallback(team: World, models: ModelServer) -> None:
    """When the mathematician fails on a complex algorithm, the architect is who can help."""
    able = {"wizardcoder"}

    def answer(received: Received) -> Script:
        complex_ = "algorithm" in received.turns[-1][1]
        if complex_ and received.model not in able:
            return Script(("I cannot",), Fault.REFUSED)
        return Script(("An excellent answer.",))

    models.answer = answer
    await team.command("model pin math")

    async def who_was_asked(question: str) -> tuple[Delivery, list[str]]:
        reply = await team.ask(question, thread=question)
        return reply, [run["role"] for run in (await team.why(reply))["runs"]]

    # The mathematician fails; the lead is tried, and then the architect, whose answer is excellent.
    reply, asked = await who_was_asked("Write a function for the assignment algorithm")
    assert asked == ["math", "lead", "architect"]
    assert (reply.role, reply.outcome) == ("architect", Outcome.FELL_BACK)
    await team.react(reply, "🎉")

    # Both go on doing well what is easy: nobody is thought to be broken.
    for role in ("math", "lead"):
        easy = await team.ask("Write a python loop", "bob", thread=role)
        assert (await anew(team, easy, role, "bob")).outcome is Outcome.ANSWERED

    reply, _ = await who_was_asked("Write a function for the knapsack algorithm")
    assert reply.role == "architect"
    await team.react(reply, "🎉")

    # What people made of it has put the architect right after the mathematician.
    reply, asked = await who_was_asked("Write a function for the steiner tree algorithm")
    assert asked == ["math", "architect"]
    assert reply.text == "An excellent answer."
    notes = {c["role"]: c["note"] for c in (await team.why(reply))["candidates"]}
    assert notes["lead"] == "", "it was not left out: it is next in line"
