"""Who answers, through a surface: rules, threads, wishes, and what is written down of a choice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.answer import Answers, Limits, Load
from integrations.contracts.delivery import Outcome
from integrations.contracts.model import Finished, ModelRequest, Piece
from learning.routing.situation import Arm, Step
from tests.bot.support import OPENAI_KEY, RecordedLive, interaction_of
from tests.standins.model_wire import Fault, Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from integrations.contracts.delivery import Delivery
    from tests.bot.conftest import Opener
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

CODE = "Write a python function that reverses a list"
MORE = "Write a python function that sorts a list of words by length"
EVERYBODY = {
    "role_router": "openai:nil",
    "role_math": "openai:zeroth",
    "role_lead": "openai:first",
    "role_senior": "openai:second",
    "role_architect": "openai:third",
}
_CHOICE = (
    "SELECT policy, arm, model, model_version, propensity, forced, settings, fallbacks, "
    "candidates, context FROM choices WHERE workspace_id = %s AND interaction_id = %s"
)


def choice(world: World, reply: Delivery | UUID) -> dict[str, Any]:
    names = _CHOICE.removeprefix("SELECT ").split(" FROM")[0].split(", ")
    (row,) = world.rows(_CHOICE, interaction_of(reply))
    return dict(zip(names, row, strict=True))


@pytest.fixture
async def undecided(opened: Opener, models: ModelServer) -> World:
    """A Mynah that knows no difference between its models, and lets chance decide."""
    return await opened(
        **EVERYBODY,
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
        policy="random",
    )


async def asked_of(world: World, role: str, text: str, **asked: Any) -> Delivery:
    """Ask somebody in particular."""
    message = world.message(text, **asked).model_copy(update={"role": role})
    accepted = await world.mynah.host.accept(message)
    await world.mynah.work_off()
    assert accepted.interaction_id is not None
    return world.reply_to(accepted.interaction_id)


async def everywhere(world: World, line: str) -> None:
    admin = replace(world.person(), admin=True)
    assert (await world.mynah.host.command(admin, line)).ok


async def test_a_choice_is_written_down_whole(scripted: World, models: ModelServer) -> None:
    models.say("Done.", version="first-2026")
    await scripted.ask(CODE, thread="earlier")
    reply = await scripted.ask(MORE)
    row = choice(scripted, reply)
    assert (row["policy"], row["arm"], row["model"]) == ("static_rules", "lead", "openai:first")
    assert row["model_version"] == "first-2026"
    assert (row["propensity"], row["forced"]) == (1.0, "")
    assert [each["role"] for each in row["candidates"]] == ["lead", *row["fallbacks"]]
    assert len(row["fallbacks"]) == 4
    usual = {
        "variant": {"option": "default", "propensity": 1.0},
        "temperature": {"option": "provider", "propensity": 1.0},
        "max_tokens": {"option": "1", "propensity": 1.0},
    }
    assert row["settings"] == dict.fromkeys(["lead", *row["fallbacks"]], usual)
    by_role = {each["role"]: each for each in row["candidates"]}
    assert set(by_role["lead"]) == {
        "role",
        "model",
        "version",
        "score",
        "deviation",
        "propensity",
        "note",
    }
    assert by_role["lead"]["version"] == "first-2026"
    assert by_role["senior"]["version"] == "openai:second", "it never said who it is"
    assert {role: each["propensity"] for role, each in by_role.items()} == {
        "lead": 1.0,
        "architect": 0.0,
        "senior": 0.0,
        "math": 0.0,
        "router": 0.0,
    }


async def test_what_a_model_reads_is_counted_with_the_thread(scripted: World) -> None:
    first = await scripted.ask(CODE)
    second = await scripted.ask("And with a loop?")
    read = len(CODE) + len(first.text) + len("And with a loop?")
    assert choice(scripted, second)["context"]["length"] >= read


async def test_the_one_asked_for_answers_unless_banned(scripted: World) -> None:
    reply = await asked_of(scripted, "architect", CODE)
    assert (reply.role, choice(scripted, reply)["forced"]) == ("architect", "asked")
    assert (await scripted.command("model ban architect")).ok
    reply = await asked_of(scripted, "architect", CODE, thread="other")
    row = choice(scripted, reply)
    assert (reply.role, row["forced"]) == ("lead", "")
    assert "architect" not in row["fallbacks"]
    assert {c["role"]: c["note"] for c in row["candidates"]}["architect"] == "banned here"


async def test_the_narrowest_pin_holds(scripted: World) -> None:
    async def who(user: str, channel: str | None, thread: str) -> str:
        return (await scripted.ask(CODE, user, channel, thread=thread)).role

    await everywhere(scripted, "model pin senior everywhere")
    assert (await scripted.command("model pin architect here", "bob", "C1")).ok
    assert (await scripted.command("model pin lead", "ann")).ok
    assert await who("ann", "C1", "1") == "lead"
    assert await who("bob", "C1", "2") == "architect"
    assert await who("bob", "C2", "3") == "senior"
    assert await who("eve", None, "4") == "senior"
    assert (await scripted.command("model ban lead here", "bob", "C1")).ok
    reply = await scripted.ask(CODE, "ann", "C1", thread="5")
    assert (reply.role, choice(scripted, reply)["forced"]) == (
        "architect",
        "pinned",
    ), "the ban wins, and the channel's pin is next"
    assert await who("ann", None, "6") == "lead", "in another place it is not banned"


async def test_a_thread_goes_on_with_who_answered(undecided: World) -> None:
    first = await undecided.ask(CODE)
    assert choice(undecided, first)["forced"] == ""
    for text in (MORE, "Write a python function that counts vowels in a text"):
        again = await undecided.ask(text)
        row = choice(undecided, again)
        assert (again.role, row["forced"], row["propensity"]) == (first.role, "sticky", 1.0)
    elsewhere = await undecided.ask(MORE, thread="another")
    assert choice(undecided, elsewhere)["forced"] == ""
    other_kind = await undecided.ask("What is the derivative of x^3 + 2x?")
    assert choice(undecided, other_kind)["forced"] == ""


async def test_a_disliked_answer_binds_nobody_until_that_is_taken_back(undecided: World) -> None:
    reply = await undecided.ask(CODE)
    await undecided.react(reply, "👎")
    assert choice(undecided, await undecided.ask(MORE))["forced"] == ""
    await undecided.ask(CODE, thread="kept")
    reply = await undecided.ask(MORE, thread="kept")
    await undecided.react(reply, "👎")
    await undecided.react(reply, "👎", removed=True)
    last = await undecided.ask("Write a python function that counts vowels", thread="kept")
    assert choice(undecided, last)["forced"] == "sticky"


async def test_who_asks_the_same_again_or_for_another_answer_is_free(undecided: World) -> None:
    reply = await undecided.ask(CODE)
    repeated = await undecided.ask(f"{CODE.upper()} ")
    assert choice(undecided, repeated)["forced"] == ""
    message = undecided.message(CODE).model_copy(update={"again": interaction_of(reply)})
    accepted = await undecided.mynah.host.accept(message)
    await undecided.mynah.work_off()
    assert accepted.interaction_id is not None
    row = choice(undecided, accepted.interaction_id)
    assert row["forced"] == ""
    # Chance may still fall on the one whose answer was not wanted, who only starts lower.
    scores = {each["role"]: each["score"] for each in row["candidates"]}
    assert min(scores, key=lambda role: scores[role]) == reply.role


async def test_a_pin_does_not_live_on_in_the_thread(undecided: World) -> None:
    assert (await undecided.command("model pin senior")).ok
    pinned = await undecided.ask(CODE)
    assert (pinned.role, choice(undecided, pinned)["forced"]) == ("senior", "pinned")
    assert (await undecided.command("model free senior")).ok
    assert choice(undecided, await undecided.ask(MORE))["forced"] == ""


async def test_a_thread_goes_on_after_a_turn_that_only_failed(
    undecided: World, models: ModelServer
) -> None:
    first = await undecided.ask(CODE)
    usual = models.answer
    models.answer = lambda _: Script((), Fault.REFUSED)
    assert (await undecided.ask(MORE)).outcome is not Outcome.ANSWERED
    models.answer = usual
    again = await undecided.ask("Write a python function that counts vowels in a text")
    assert (again.role, choice(undecided, again)["forced"]) == (first.role, "sticky")


async def test_a_wish_shapes_this_very_answer_once_there_was_one_before(
    undecided: World, models: ModelServer
) -> None:
    await undecided.ask("please add comments")
    assert "Comment the code" not in models.received[-1].system, "there was nothing to wish about"
    reply = await undecided.ask("please add comments", thread="other")
    assert "Comment the code" not in models.received[-1].system, "that was in another thread"
    reply = await undecided.ask("please add comments", thread="other")
    assert "Comment the code" in models.received[-1].system
    row = choice(undecided, reply)
    assert row["settings"][row["arm"]]["variant"] == {"option": "comments", "propensity": 1.0}


async def test_a_wish_after_a_failure_is_only_a_question(
    undecided: World, models: ModelServer
) -> None:
    usual = models.answer
    models.answer = lambda _: Script((), Fault.REFUSED)
    assert (await undecided.ask(CODE)).outcome is Outcome.FAILED
    models.answer = usual
    await undecided.ask("please add comments")
    assert "Comment the code" not in models.received[-1].system


@pytest.mark.parametrize("learns", [True, False])
async def test_whoever_opted_out_is_not_experimented_on(
    opened: Opener, models: ModelServer, *, learns: bool
) -> None:
    world = await opened(
        **EVERYBODY,
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
        policy="epsilon_greedy",
    )
    if not learns:
        assert (await world.command("off")).ok
    row = choice(world, await world.ask(CODE))
    expected = 0.92 if row["propensity"] > 0.5 else 0.02
    assert row["propensity"] == pytest.approx(1.0 if not learns else expected)
    slots = row["settings"][row["arm"]]
    chances = {slot["propensity"] for slot in slots.values()}
    assert chances == {1.0} if not learns else 1.0 not in chances


async def test_a_model_that_was_down_three_times_is_passed_over_and_asked_last(
    scripted: World, models: ModelServer
) -> None:
    models.answer = lambda r: (
        Script((), Fault.SERVER_ERROR) if r.model == "first" else Script(("Done.",))
    )
    for number in range(3):
        assert (await scripted.ask(CODE, thread=f"t{number}")).outcome is Outcome.FELL_BACK
    asked = len(models.received)
    reply = await scripted.ask(MORE, thread="next")
    assert (reply.role, reply.outcome) == ("architect", Outcome.ANSWERED)
    assert [r.model for r in models.received[asked:]] == ["third"]
    row = choice(scripted, reply)
    assert row["fallbacks"][-1] == "lead"
    notes = {c["role"]: c["note"] for c in row["candidates"]}
    assert notes["lead"] == "resting after failures"


class _Hesitant:
    """A model that says something after a while, and goes on after another."""

    streams_text = True
    id = "x:lead"

    def __init__(self, first_s: float, next_s: float) -> None:
        self._waits_s = (first_s, next_s)

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        for wait_s in self._waits_s:
            if wait_s == float("inf"):
                await asyncio.Event().wait()
            await asyncio.sleep(wait_s)
            yield Piece("so ")
        yield Finished(model=request.question)

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        del request
        return "", Finished()


@pytest.mark.parametrize(
    ("first_s", "next_s", "outcome"),
    [(0.0, 0.3, Outcome.ANSWERED), (float("inf"), 0.0, Outcome.TIMED_OUT)],
)
async def test_patience_is_for_the_first_piece_alone(
    first_s: float, next_s: float, outcome: Outcome
) -> None:
    model = _Hesitant(first_s, next_s)
    answers = Answers({"lead": model}, {"lead": model}, Limits(5, 1), Load())
    answered = await answers.answer(
        [Step(Arm("lead", model.id), patience_s=0.1)],
        ModelRequest("Hello"),
        RecordedLive(),
        asyncio.Event(),
    )
    assert answered.outcome is outcome
    if outcome is Outcome.TIMED_OUT:
        assert "said nothing for 0.1 seconds" in answered.text
        assert [run.outcome for run in answered.runs] == ["timeout"]
