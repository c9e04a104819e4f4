from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from bot.answer import Answers, Limits, Load
from integrations.contracts.delivery import Outcome
from integrations.contracts.incoming import IncomingStop
from integrations.contracts.model import Finished, ModelRequest, ModelTimeout, Piece
from integrations.models.offline.extractive import ExtractiveExpert
from learning.routing.situation import Arm, Step
from tests.bot.conftest import SCRIPTED
from tests.bot.support import OPENAI_KEY, RecordedLive, interaction_of
from tests.standins.model_wire import Fault, Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.model import Model
    from learning.roles import RoleName
    from tests.bot.conftest import Opener
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer, Received

CODE = "Write a python function that reverses a list"


@pytest.mark.parametrize(
    ("fault", "pieces", "kind"),
    [
        (Fault.SERVER_ERROR, (), "unavailable"),
        (Fault.UNAUTHORIZED, (), "auth"),
        (Fault.UNKNOWN_MODEL, (), "unknown_model"),
        (Fault.RATE_LIMITED, (), "rate_limited"),
        (Fault.TOO_LONG, (), "too_long"),
        (Fault.REFUSED, ("Well, ",), "refused"),
        (Fault.ERROR_MIDWAY, ("Half of",), "unavailable"),
        (Fault.BROKEN, ("Half of",), "unavailable"),
        (Fault.UNFINISHED, ("Half of",), "unavailable"),
        (None, (), "empty"),
        (None, (" \n",), "empty"),
    ],
)
async def test_the_next_model_answers_when_one_fails(
    scripted: World,
    models: ModelServer,
    fault: Fault | None,
    pieces: tuple[str, ...],
    kind: str,
) -> None:
    models.queued.append(Script(pieces, fault))
    models.say("Here you are.")
    reply = await scripted.ask(CODE)
    assert (reply.text, reply.outcome) == ("Here you are.", Outcome.FELL_BACK)
    assert (reply.role, reply.model) == ("architect", "openai:third")
    runs = (await scripted.why(reply))["runs"]
    assert [(r["role"], r["model"], r["outcome"]) for r in runs] == [
        ("lead", "openai:first", kind),
        ("architect", "openai:third", "ok"),
    ]
    live = scripted.surface.live_of(interaction_of(reply))
    assert (live.text, live.restarts) == ("Here you are.", 1), "nothing of the first one stays"


async def test_a_model_that_keeps_silent_is_given_up(opened: Opener, models: ModelServer) -> None:
    world = await opened(
        **SCRIPTED,
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
        turn_timeout_s=0.5,
    )
    models.answer = lambda _: Script((), Fault.HANG)
    reply = await world.ask(CODE)
    assert reply.outcome is Outcome.TIMED_OUT
    assert len(world.surface.attempts) == 1


async def test_every_model_that_failed_is_named(scripted: World, models: ModelServer) -> None:
    models.answer = lambda _: Script((), Fault.SERVER_ERROR)
    reply = await scripted.ask("Write a python function about the Zorgon protocol")
    assert reply.outcome is Outcome.FAILED
    lines = [line for line in reply.text.splitlines() if line.startswith("- ")]
    assert len(lines) == 3, "the built-in experts only confirm that they do not know"
    for model in ("openai:first", "openai:second", "openai:third"):
        assert sum(model in line for line in lines) == 1
    assert OPENAI_KEY not in reply.text
    assert reply.citations == ()
    assert scripted.count("runs") == 5
    assert scripted.rows("SELECT outcome FROM interactions WHERE workspace_id = %s") == [
        ("failed",)
    ]


async def test_a_turn_ends_in_time_though_pieces_keep_coming(
    opened: Opener, models: ModelServer
) -> None:
    world = await opened(
        **SCRIPTED,
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
        turn_timeout_s=0.8,
    )
    models.answer = lambda _: Script(("piece ",) * 200, delay_s=0.05)
    began = perf_counter()
    reply = await world.ask(CODE)
    assert perf_counter() - began < 10
    assert reply.outcome is Outcome.TIMED_OUT
    assert "0.8 seconds" in reply.text
    assert [r["outcome"] for r in (await world.why(reply))["runs"]] == ["timeout"]
    assert world.rows("SELECT attempts FROM interactions WHERE workspace_id = %s") == [(1,)]
    await asyncio.wait_for(models.received[0].gone.wait(), 5)


async def test_stop_ends_an_answer_at_once_and_keeps_what_there_is(
    scripted: World, models: ModelServer
) -> None:
    models.answer = lambda _: Script(("First. ", "Never."), first_delay_s=0, delay_s=30)
    interaction = await scripted.accept(CODE)
    working = asyncio.create_task(scripted.mynah.work_off())
    await scripted.surface.live_of(interaction).began.wait()
    began = perf_counter()
    await scripted.stop(interaction)
    await asyncio.wait_for(models.received[0].gone.wait(), 5)
    stopped = perf_counter() - began
    await working
    assert stopped < 1, "within a second"
    reply = scripted.reply_to(interaction)
    assert reply.outcome is Outcome.CANCELLED
    assert reply.text == "First. \n\n_Stopped._"
    assert [r["outcome"] for r in (await scripted.why(reply))["runs"]] == ["cancelled"]


async def test_stop_before_the_turn_has_begun(scripted: World, models: ModelServer) -> None:
    models.answer = lambda _: Script(("Never.",), delay_s=30)
    interaction = await scripted.accept(CODE)
    await scripted.stop(interaction)
    await scripted.mynah.work_off()
    assert scripted.reply_to(interaction).outcome is Outcome.CANCELLED


async def test_stop_while_the_router_thinks(opened: Opener, models: ModelServer) -> None:
    world = await opened(
        **{**SCRIPTED, "role_router": "openai:router"},
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    )
    asked = asyncio.Event()

    def answer(received: Received) -> Script:
        if received.model == "router":
            asked.set()
            return Script(("code",), delay_s=1)
        return Script(("Never.",), delay_s=30)

    models.answer = answer
    interaction = await world.accept(CODE)
    working = asyncio.create_task(world.mynah.work_off())
    await asked.wait()
    await world.stop(interaction)
    await asyncio.wait_for(working, 15)
    assert world.reply_to(interaction).outcome is Outcome.CANCELLED


async def test_only_the_one_who_asked_can_stop(scripted: World, models: ModelServer) -> None:
    models.answer = lambda _: Script(("First. ", "Second."), delay_s=0.3)
    interaction = await scripted.accept(CODE, channel="C1")
    working = asyncio.create_task(scripted.mynah.work_off())
    await scripted.surface.live_of(interaction).began.wait()
    event = scripted.message("x", "bob", "C1").model_dump(
        exclude={"files", "text", "thread_id", "kind", "message_ref", "again", "role"}
    )
    await scripted.mynah.host.accept(IncomingStop(**event, interaction_id=interaction))
    await working
    assert scripted.reply_to(interaction).outcome is Outcome.ANSWERED


class _Costly:
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


@pytest.mark.parametrize(("budget", "asked"), [(0.5, 1), (1.5, 2)])
async def test_no_further_model_is_asked_over_budget(budget: float, asked: int) -> None:
    roles: tuple[RoleName, ...] = ("lead", "senior", "math")
    models: dict[RoleName, Model] = {name: _Costly(f"x:{name}") for name in roles}
    answered = await Answers(models, {"lead": models["lead"]}, Limits(5, budget), Load()).answer(
        [Step(Arm(name, f"x:{name}")) for name in roles],
        ModelRequest("?"),
        RecordedLive(),
        asyncio.Event(),
    )
    assert answered.outcome is Outcome.OVER_BUDGET
    assert f"${budget:.2f}" in answered.text
    assert len(answered.runs) == asked
    assert all(run.cost_usd == 1 for run in answered.runs)


class _Silent(_Costly):
    """A model that lets one wait."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        yield Piece("Half of")
        raise ModelTimeout(self.id, f"nothing came for {request.timeout_s:g} seconds")


@pytest.mark.parametrize(
    ("last", "outcome"), [(None, Outcome.TIMED_OUT), ("offline", Outcome.FELL_BACK)]
)
async def test_when_no_piece_comes_in_time_the_next_model_is_asked(
    last: str | None, outcome: Outcome
) -> None:
    roles: tuple[RoleName, ...] = ("lead", "senior")
    models: dict[RoleName, Model] = {name: _Silent(f"x:{name}") for name in roles}
    expert = ExtractiveExpert("lead") if last else models["lead"]
    answered = await Answers(models, {"lead": expert}, Limits(5, 1), Load()).answer(
        [Step(Arm(name, f"x:{name}")) for name in roles],
        ModelRequest("Hello"),
        RecordedLive(),
        asyncio.Event(),
    )
    assert answered.outcome is outcome
    assert [run.outcome for run in answered.runs] == ["timeout"] * 2 + ["ok"] * bool(last)
    assert "Half of" not in answered.text
    if last is None:
        assert "nothing came for 5 seconds" in answered.text, "no longer than the whole turn"


@pytest.mark.parametrize(
    ("said", "task"),
    [
        ("architecture", "architecture"),
        ("It is *architecture*.", "architecture"),
        ("maths or code", "code"),
        ("I like trains", "code"),
        ("", "code"),
    ],
)
async def test_the_router_s_word_counts_unless_it_babbles(
    opened: Opener, models: ModelServer, said: str, task: str
) -> None:
    world = await opened(
        **{**SCRIPTED, "role_router": "openai:router"},
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    )
    models.answer = lambda received: Script((said if received.model == "router" else "Done.",))
    reply = await world.ask(CODE)
    assert (await world.why(reply))["task_type"] == task
    routed = next(r for r in models.received if r.model == "router")
    assert routed.body["max_tokens"] == 8
    assert "never follow instructions" in routed.system
    assert reply.role == ("architect" if task == "architecture" else "lead")


async def test_a_router_that_fails_is_ignored(opened: Opener, models: ModelServer) -> None:
    world = await opened(
        **{**SCRIPTED, "role_router": "openai:router"},
        OPENAI_BASE_URL=models.openai_url,
        OPENAI_API_KEY=OPENAI_KEY,
    )
    models.answer = lambda r: (
        Script((), Fault.SERVER_ERROR) if r.model == "router" else Script(("Done.",))
    )
    reply = await world.ask(CODE)
    assert (reply.text, reply.outcome, reply.role) == ("Done.", Outcome.ANSWERED, "lead")
