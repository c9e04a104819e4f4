"""Three short requests, each understood better than the one before, with and without a model.

“build api”, “deploy api”, “auth”: what was chosen becomes a goal, a preference, a step of the
persona and a line of history, and all of it shapes the next reading.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from integrations.contracts.delivery import Outcome
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from integrations.contracts.delivery import Delivery
    from tests.bot.conftest import Opener
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer, Received


def texts(reply: Delivery) -> list[str]:
    return [reading.text for reading in reply.readings]


async def facets(world: World) -> dict[str, float]:
    return dict((await world.command("me")).data["persona"])


async def test_the_loop_with_the_built_in_experts(world: World) -> None:
    first = await world.ask("build api")
    assert first.outcome is Outcome.ASKED
    assert texts(first)[0] == "build a REST API"
    assert len(first.readings) == 3
    assert "1. Build a REST API" in first.text
    unsure = first.readings[0].confidence
    answer = await world.choose(first, "h1")
    assert answer.outcome in {Outcome.ANSWERED, Outcome.DECLINED}
    assert await world.known(kind="goal") == ["build a REST API"]
    assert await world.known(kind="preference") == []
    assert await world.known(kind="history") == ["asked “build api” and meant “build a REST API”"]
    assert (await facets(world))["concise"] == pytest.approx(0.52)

    second = await world.ask("deploy api")
    assert "your REST API" in texts(second)[0]
    assert second.readings[0].confidence > unsure
    (docker,) = [r for r in second.readings if "Docker" in r.text]
    await world.choose(second, docker.id)
    assert await world.known(kind="preference") == ["prefers Docker"]
    assert any("Docker" in goal for goal in await world.known(kind="goal"))
    moved = await facets(world)
    assert moved["step_by_step"] == pytest.approx(0.52)
    assert moved["concise"] == pytest.approx(0.50, abs=0.005)

    third = await world.ask("auth")
    assert "REST API" in texts(third)[0]
    assert "containerised" in texts(third)[0]
    assert third.readings[0].confidence > second.readings[0].confidence
    log = world.rows(
        "SELECT mode, outcome FROM interpretations WHERE workspace_id = %s ORDER BY id"
    )
    assert [outcome for _, outcome in log] == ["first", "another", None]
    changes = world.rows(
        "SELECT cause, delta FROM persona_changes WHERE workspace_id = %s ORDER BY created_at"
    )
    assert [cause for cause, _ in changes] == ["reading", "reading"]


async def test_the_loop_with_a_language_model(opened: Opener, models: ModelServer) -> None:
    heard: list[dict[str, Any]] = []

    def answer(received: Received) -> Script:
        if "short request that can mean several things" not in received.system:
            return Script(("Here is how.",))
        told = json.loads(received.turns[-1][1])
        heard.append(told)
        known = json.dumps(told)
        place = "Docker" if "Docker" in known else "a server"
        goal = "your REST API" if "REST API" in known else "an API"
        readings = {
            "build api": ["build a REST API", "design API endpoints", "document an API"],
            "deploy api": [f"deploy {goal} to AWS", f"containerise {goal} with Docker"],
            "auth": [f"add JWT auth to {goal} running on {place}", f"set up OAuth2 for {goal}"],
        }[told["request"]]
        guesses = [{"text": text, "confidence": 0.8 - 0.1 * n} for n, text in enumerate(readings)]
        return Script((json.dumps({"readings": guesses}),))

    models.answer = answer
    world = await opened(
        role_router="openai:router",
        role_lead="openai:lead",
        OPENAI_API_KEY="sk-obviously-fake",
        OPENAI_BASE_URL=models.openai_url,
    )
    first = await world.ask("build api")
    assert texts(first) == ["build a REST API", "design API endpoints", "document an API"]
    reply = await world.choose(first, "h1")
    assert reply.outcome is Outcome.ANSWERED
    second = await world.ask("deploy api")
    assert texts(second)[0] == "deploy your REST API to AWS"
    await world.choose(second, "h2")
    third = await world.ask("auth")
    assert texts(third)[0] == "add JWT auth to your REST API running on Docker"
    assert "build a REST API" in json.dumps(heard[1])
    assert "Docker" in json.dumps(heard[2])


async def test_a_typed_answer_chooses_and_other_words_are_ones_own(world: World) -> None:
    asked = await world.ask("build api")
    await world.ask("the second one")
    assert any("design" in goal for goal in await world.known(kind="goal"))
    again = await world.ask("deploy api")
    assert again.outcome is Outcome.ASKED
    await world.ask("I mean: write an API changelog for the release")
    outcomes = world.rows("SELECT outcome FROM interpretations WHERE workspace_id = %s ORDER BY id")
    assert [outcome for (outcome,) in outcomes] == ["another", "typed"]
    assert asked.readings


async def test_what_has_nothing_to_do_with_the_question_leaves_it_open(world: World) -> None:
    asked = await world.ask("build api")
    await world.ask("What is 2 + 2?")
    assert world.rows("SELECT outcome FROM interpretations WHERE workspace_id = %s") == [(None,)]
    reply = await world.choose(asked, "h2")
    assert reply.outcome in {Outcome.ANSWERED, Outcome.DECLINED}


async def test_who_always_means_the_first_is_soon_not_asked(world: World) -> None:
    requests = ("build api", "build dashboard", "write tests", "fix bug", "deploy app", "build cli")
    modes = []
    for number, request in enumerate(requests):
        reply = await world.ask(request, thread=f"t{number}")
        if reply.outcome is Outcome.ASKED:
            modes.append("asked")
            await world.choose(reply, "h1", thread=f"t{number}")
        elif reply.readings:
            modes.append("advanced")
            assert reply.read_as == "h1"
    assert modes[0] == "asked"
    assert modes[-1] == "advanced", modes
    shown = (await world.command("me")).data["asks_below"]
    assert shown < 0.85


async def test_a_wrong_guess_makes_it_ask_more(world: World) -> None:
    for number in range(3):
        reply = await world.ask("build api", thread=f"t{number}")
        if reply.outcome is Outcome.ASKED:
            await world.choose(reply, "h1", thread=f"t{number}")
    before = (await world.command("me")).data["asks_below"]
    guessed = await world.ask("build api", thread="guess")
    assert guessed.read_as == "h1"
    await world.choose(guessed, "h3", thread="guess")
    assert (await world.command("me")).data["asks_below"] > before


async def test_nobody_is_asked_who_does_not_want_to_be_learned_from(world: World) -> None:
    await world.command("off")
    reply = await world.ask("build api")
    assert reply.outcome is not Outcome.ASKED
    assert world.count("interpretations") == 0


async def test_why_says_how_a_request_was_read(world: World) -> None:
    asked = await world.ask("build api")
    why = await world.command("why")
    assert "It could mean several things" in why.text
    assert "build a REST API (75%)" in why.text
    assert why.data["read"]["mode"] == "asked"
    assert asked.outcome is Outcome.ASKED


async def test_a_reading_goes_with_the_memory_it_speaks_of(world: World) -> None:
    await world.ask("My goal is to build a Zyxwort API.")
    reply = await world.ask("deploy api")
    assert any("Zyxwort" in text for text in texts(reply)), texts(reply)
    (goal,) = [m for m in (await world.command("me")).data["memories"] if "Zyxwort" in m["text"]]
    assert (await world.command(f"forget {goal['id']}")).ok
    later = await world.ask("deploy api", thread="other")
    assert not any("Zyxwort" in text for text in texts(later))


async def test_a_number_counts_after_others_have_spoken(world: World) -> None:
    await world.ask("build api", "ann", "C1")
    await world.ask("hi", "bob", "C1")
    await world.ask("What is 2 + 2?", "ann", "C1")
    await world.ask("2", "ann", "C1")
    assert world.rows("SELECT outcome FROM interpretations WHERE workspace_id = %s") == [
        ("another",)
    ]


async def test_a_second_choice_takes_the_place_of_the_first(world: World) -> None:
    asked = await world.ask("build api")
    await world.choose(asked, "h1")
    await world.choose(asked, "h2")
    assert await world.known(kind="goal") == ["design API endpoints"]
    assert await world.known(kind="history") == [
        "asked “build api” and meant “design API endpoints”"
    ]


async def test_a_question_nobody_answered_is_no_choice(world: World) -> None:
    await world.ask("build api")
    assert "choice" not in (await world.command("me")).text


async def test_a_thread_can_be_read_after_the_goal_behind_a_guess_was_forgotten(
    world: World,
) -> None:
    await world.ask("My goal is to build a Zyxwort API.")
    await world.ask("We deploy to Fly.")
    for number in range(4):
        reply = await world.ask("deploy api", thread=f"t{number}")
        if reply.outcome is Outcome.ASKED:
            await world.choose(reply, "h1", thread=f"t{number}")
    guessed = await world.ask("deploy api", thread="guess")
    assert guessed.read_as == "h1"
    for memory in (await world.command("me")).data["memories"]:
        assert (await world.command(f"forget {memory['id']}")).ok
    entries = await world.mynah.host.transcript(world.person(), guessed.target.conversation_id)
    assert [entry.readings for entry in entries] == [(), ()]
