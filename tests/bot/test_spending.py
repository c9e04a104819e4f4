"""What budgets forbid, what they leave, and what people are told about them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.answer import Answers, Limits, Load
from integrations.contracts.delivery import Outcome
from integrations.contracts.model import Finished, ModelRequest, Piece
from integrations.models.offline.extractive import ExtractiveExpert
from learning.routing.situation import Arm, Step
from tests.bot.support import OPENAI_KEY, RecordedLive, interaction_of
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from tests.bot.conftest import Opener
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer, Received

CODE = "Write a python function that reverses a list"
SUM = "What is 12 * 12?"
PAID = {
    f"role_{name}": "openai:gpt-4o" for name in ("router", "math", "lead", "senior", "architect")
}
FREE = "offline:router"
BUILT_IN = "offline:extractive"
"""What the built-in experts call themselves, whatever their role, but for maths."""
LONG = Script(("Done.",), input_tokens=1_000, output_tokens=2_000)
"""Two and a quarter cents by the list price of gpt-4o."""


async def paid(opened: Opener, models: ModelServer, **values: Any) -> World:
    models.answer = lambda _: LONG
    # The router is asked what kind of task it is, which nobody pays for here.
    return await opened(
        **{**PAID, "role_router": FREE, **values},
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    )


def _asks_for_the_kind(received: Received) -> bool:
    """Return whether the router was asked what kind of task it is, rather than for an answer."""
    return 8 in {received.body.get("max_tokens"), received.body.get("max_completion_tokens")}


def choice(world: World, reply: Any) -> tuple[Any, ...]:
    return world.rows(
        "SELECT arm, propensity, forced, fallbacks FROM choices "
        "WHERE workspace_id = %s AND interaction_id = %s",
        interaction_of(reply),
    )[0]


def unfinished(world: World) -> int:
    """Return how many jobs of this workspace are not done."""
    ((count,),) = world.rows(
        "SELECT count(*) FROM procrastinate_jobs "
        "WHERE args->>'workspace_id' = %s AND status <> 'succeeded'"
    )
    return int(count)


@pytest.mark.parametrize("model", ["openai:gpt-4o", "openai:nobody-knows-its-price"])
async def test_a_turn_budget_of_zero_leaves_only_what_is_free(
    opened: Opener, models: ModelServer, model: str
) -> None:
    mapped = {**dict.fromkeys(PAID, model), "role_senior": FREE}
    world = await paid(opened, models, **mapped, turn_budget_usd=0.0)
    models.answer = lambda _: Script(("code",))
    reply = await world.ask("Hello")
    assert (reply.role, reply.model) == ("senior", BUILT_IN)
    assert choice(world, reply) == ("senior", 1.0, "only_one", [])
    assert all(map(_asks_for_the_kind, models.received)), "nobody was asked for an answer"


async def test_without_money_the_built_in_expert_answers_what_it_can(
    opened: Opener, models: ModelServer
) -> None:
    world = await paid(opened, models, turn_budget_usd=0.0, role_router="openai:gpt-4o")
    models.answer = lambda _: Script(("maths",))
    reply = await world.ask(SUM)
    assert (reply.outcome, reply.role, reply.model) == (Outcome.FELL_BACK, "math", "offline:math")
    assert "144" in reply.text
    assert "No money may be spent here: the budget of one question is $0.00." in reply.text
    assert "A built-in expert answered instead." in reply.text
    assert choice(world, reply) == ("", 0.0, "", [])
    assert unfinished(world) == 0, "there is nobody to credit, and that is no error"


async def test_without_money_and_expert_the_person_is_told_which_budget_it_is(
    opened: Opener, models: ModelServer
) -> None:
    world = await paid(opened, models, person_budget_usd=0.02, role_router="openai:gpt-4o")
    models.answer = lambda r: Script(("code",)) if _asks_for_the_kind(r) else LONG
    assert (await world.ask(CODE)).outcome is Outcome.ANSWERED
    asked = len(models.received)
    reply = await world.ask("Write a python function about the Zorgon protocol", thread="2")
    assert reply.outcome is Outcome.OVER_BUDGET
    assert "Your budget of $0.02 a day does not allow another answer: $0.02 of it" in reply.text
    assert "It starts afresh at 00:00 UTC, in about 14 hours." in reply.text
    assert "MYNAH_PERSON_BUDGET_USD" in reply.text
    assert all(map(_asks_for_the_kind, models.received[asked:]))
    assert world.surface.live_of(interaction_of(reply)).text == ""


async def test_a_person_s_spending_counts_wherever_they_asked_and_for_them_alone(
    opened: Opener, models: ModelServer
) -> None:
    world = await paid(opened, models, person_budget_usd=0.02)
    assert (await world.ask(CODE, "ann")).model == "openai:gpt-4o"
    in_channel = await world.ask(CODE, "ann", "C1", thread="2")
    assert in_channel.model == BUILT_IN, "what is free may answer"
    assert (await world.ask(CODE, "bob", "C1", thread="3")).model == "openai:gpt-4o"
    assert (await world.ask(CODE, "bob", thread="4")).model == BUILT_IN


async def test_everybody_draws_on_the_workspace_s_budget(
    opened: Opener, models: ModelServer
) -> None:
    world = await paid(opened, models, workspace_budget_usd=0.02)
    assert (await world.ask(CODE, "ann")).model == "openai:gpt-4o"
    reply = await world.ask(CODE, "bob", thread="2")
    assert (reply.model, choice(world, reply)[2]) == (BUILT_IN, "only_one")
    ((candidates,),) = world.rows(
        "SELECT candidates FROM choices WHERE workspace_id = %s AND interaction_id = %s",
        interaction_of(reply),
    )
    notes = {each["role"]: each["note"] for each in candidates}
    assert notes["lead"] == "over the workspace budget"


async def test_a_pin_gives_way_to_a_budget(opened: Opener, models: ModelServer) -> None:
    world = await paid(opened, models, turn_budget_usd=0.0)
    assert (await world.command("model pin architect")).ok
    reply = await world.ask("Hello")
    assert (reply.model, choice(world, reply)[2]) == (BUILT_IN, "only_one")


async def test_a_cheap_model_answers_late_on_an_overspent_day(
    opened: Opener, models: ModelServer
) -> None:
    world = await paid(
        opened, models, person_budget_usd=0.2, role_senior="openai:gpt-4o-mini", quality_per_usd=1.0
    )
    assert (await world.ask(CODE)).model == "openai:gpt-4o"
    models.answer = lambda _: Script(("Done.",), input_tokens=1_000, output_tokens=15_000)
    assert (await world.ask(CODE, thread="dear")).model == "openai:gpt-4o"
    reply = await world.ask(CODE, thread="2")
    arm, _, forced, fallbacks = choice(world, reply)
    assert reply.model in {BUILT_IN, "openai:gpt-4o-mini"}
    assert (arm, forced) != ("lead", "")
    assert fallbacks, "there is money left for another one"


class _Dear:
    """A model that costs a dollar and says nothing."""

    streams_text = True

    def __init__(self, name: str) -> None:
        self.id = name

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        del request
        yield Finished(cost_usd=1.0)

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        del request
        return "", Finished(cost_usd=1.0)


@pytest.mark.parametrize(
    ("question", "outcome"), [("Hello", Outcome.FELL_BACK), ("Zorgon?", Outcome.OVER_BUDGET)]
)
async def test_a_question_that_used_up_its_budget_goes_to_what_is_free(
    question: str, outcome: Outcome
) -> None:
    models: dict[RoleName, Model] = {name: _Dear(f"x:{name}") for name in ("lead", "senior")}
    answers = Answers(models, {"lead": ExtractiveExpert("lead")}, Limits(5, 0.5), Load())
    answered = await answers.answer(
        [Step(Arm("lead", "x:lead")), Step(Arm("senior", "x:senior"))],
        ModelRequest(question),
        RecordedLive(),
        asyncio.Event(),
    )
    assert answered.outcome is outcome
    assert [run.model for run in answered.runs] == ["x:lead", BUILT_IN]
    assert "This question has used up its budget of $0.50." in answered.text
    assert ("A model that costs nothing" in answered.text) == (outcome is Outcome.FELL_BACK)


async def test_a_free_model_is_asked_though_the_budget_is_used_up() -> None:
    models: dict[RoleName, Model] = {
        "lead": _Dear("x:lead"),
        "senior": _Dear("x:senior"),
        "architect": ExtractiveExpert("architect"),
    }
    answers = Answers(models, {"lead": models["architect"]}, Limits(5, 0.5), Load())
    answered = await answers.answer(
        [
            Step(Arm("lead", "x:lead")),
            Step(Arm("senior", "x:senior")),
            Step(Arm("architect", models["architect"].id), free=True),
        ],
        ModelRequest("Hello"),
        RecordedLive(),
        asyncio.Event(),
    )
    assert (answered.outcome, answered.role) == (Outcome.FELL_BACK, "architect")
    assert [run.role for run in answered.runs] == ["lead", "architect"]
