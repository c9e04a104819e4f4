"""What people say of an answer without voting: thanks, approval, refusal, copies, changes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from bot.accept import UnknownInteraction
from integrations.contracts.incoming import IncomingSignal
from learning.interpretation.contract import Reading
from learning.scope import channel, person
from learning.store.interpretations import Interpretations
from tests.bot.support import BEGIN, interaction_of
from tests.bot.team import Place, anew, ask, credits_of, estimates
from tests.standins.model_wire import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from integrations.contracts.delivery import Delivery
    from integrations.contracts.host import Accepted
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

CODE = "Write a python function that reverses a list"
ANSWER = "Use slicing: def turned(items): return items[::-1] which makes a new list."
READINGS = (
    Reading("h1", "reverse a list in place", 0.9),
    Reading("h2", "reverse a linked list", 0.4),
)


@pytest.fixture
async def team(
    database: str, encryption_key: str, workspace: str, tmp_path: Path, models: ModelServer
) -> AsyncIterator[World]:
    models.answer = lambda _: Script((ANSWER,))
    place = Place(database, encryption_key, workspace, tmp_path / "home", models)
    async with place.open() as world:
        yield world


def counted(world: World, reply: Delivery | UUID) -> list[tuple[float, float]]:
    """Return what is counted of the arms: rewards and weights."""
    return [
        (detail["reward"], detail["weight"])
        for subject, detail in credits_of(world, reply).items()
        if subject.startswith("arm|")
    ]


async def copy(
    world: World, reply: Delivery | UUID, user: str = "ann", channel_id: str | None = None
) -> Accepted:
    """Copy an answer, and let it take effect."""
    event: dict[str, Any] = world.message("x", user, channel_id).model_dump(
        exclude={"files", "kind", "thread_id", "text", "message_ref", "again", "role"}
    )
    accepted = await world.mynah.host.accept(
        IncomingSignal(**event, interaction_id=interaction_of(reply), signal="copied")
    )
    await world.mynah.work_off()
    return accepted


async def taken(world: World, reply: Delivery, user: str = "ann") -> None:
    """Let an answer have been given on a reading that nobody was asked about."""
    audience = person(user) if reply.target.private else channel(reply.target.channel_id)
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await Interpretations(unit).put(
            interaction_of(reply), user, audience, READINGS, "advanced", 0.8, {}, "h1", BEGIN
        )


async def meant(world: World, reply: Delivery) -> tuple[str | None, str]:
    """Return what a person is taken to have meant: the outcome and the reading."""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        found = await Interpretations(unit).of(interaction_of(reply))
    assert found is not None
    return found.outcome, found.chosen


async def test_thanks_raise_what_is_expected_and_forgetting_takes_them_back(team: World) -> None:
    reply = await ask(team, CODE, thread="t")
    before = await estimates(team)
    thanks = await ask(team, "Thank you!", thread="t")
    assert counted(team, reply) == [(0.75, 0.2)]
    assert (await estimates(team))["lead"][0] > before["lead"][0]
    assert (await team.command(f"forget {interaction_of(thanks)}")).ok
    assert counted(team, reply) == []
    for role, known in before.items():
        assert (await estimates(team))[role] == pytest.approx(known, abs=1e-9)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("that worked, thanks", [(0.9, 0.5)]),
        ("no, that's not what I meant", [(0.1, 0.5)]),
        ("Danke, aber das funktioniert nicht", [(0.1, 0.5)]),
        ("does slicing make a new list?", [(0.4, 0.1)]),
        ("Who owns the billing module?", []),
        ("great, now explain recursion", []),
        ("thanks for nothing", []),
    ],
)
async def test_what_a_message_says_of_the_answer_before_it(
    team: World, said: str, expected: list[tuple[float, float]]
) -> None:
    reply = await ask(team, CODE, thread="t")
    message = await ask(team, said, thread="t")
    assert counted(team, reply) == expected
    assert (await team.command(f"forget {interaction_of(message)}")).ok
    assert counted(team, reply) == []


async def test_a_question_after_a_minute_leaves_nothing_open(team: World) -> None:
    reply = await ask(team, CODE, thread="t")
    list(islice(team.ticks, 60))
    await ask(team, "does slicing make a new list?", thread="t")
    assert counted(team, reply) == []


async def test_of_thanks_and_a_refusal_the_later_counts_and_both_are_about_the_answer(
    team: World,
) -> None:
    reply = await ask(team, CODE, thread="t")
    polite = await ask(team, "thanks", thread="t")
    refusal = await ask(team, "no, that doesn't work", thread="t")
    assert counted(team, reply) == [(0.1, 0.5)]
    assert counted(team, polite) == [], "that was no answer to refuse"
    await ask(team, "it works now", thread="t")
    assert counted(team, reply) == [(0.9, 0.5)]
    assert (await team.command(f"forget {interaction_of(refusal)}")).ok
    assert counted(team, reply) == [(0.9, 0.5)]


async def test_a_no_to_a_question_of_ours_is_an_answer(team: World, models: ModelServer) -> None:
    models.answer = lambda _: Script(("Slicing does it. Shall I explain?",))
    reply = await ask(team, CODE, thread="t")
    await ask(team, "no", thread="t")
    assert counted(team, reply) == []


async def test_a_vote_outranks_what_was_said(team: World) -> None:
    reply = await ask(team, CODE, thread="t")
    await team.react(reply, "👍")
    await ask(team, "no, that's wrong", thread="t")
    await copy(team, reply)
    assert counted(team, reply) == [(1.0, 1.0)]
    await team.react(reply, "👍", removed=True)
    assert counted(team, reply) == [(0.75, 0.2)], "what was done last of what was only done"


async def test_who_opted_out_is_not_heard(team: World) -> None:
    reply = await ask(team, CODE, channel="C1", thread="t")
    await team.command("off", "bob")
    await copy(team, reply, "bob", "C1")
    other = await ask(team, CODE, "bob", "C1", thread="u")
    await ask(team, "thanks", "bob", "C1", thread="u")
    assert counted(team, reply) == counted(team, other) == []
    assert team.count("signals") == 0, "nor kept for later"


async def test_a_copy_counts_once(team: World) -> None:
    reply = await ask(team, CODE)
    before = await estimates(team)
    assert not (await copy(team, reply)).duplicate
    after = await estimates(team)
    assert after["lead"][0] > before["lead"][0]
    for _ in range(3):
        await copy(team, reply)
    assert counted(team, reply) == [(0.75, 0.2)]
    assert await estimates(team) == after
    assert team.count("signals", "kind = 'copied'") == 1


async def test_nobody_copies_what_they_may_not_read(team: World) -> None:
    reply = await ask(team, CODE)
    with pytest.raises(UnknownInteraction):
        await copy(team, reply, "bob")
    assert team.count("inbox", "kind = 'signal'") == 0
    assert counted(team, reply) == []


async def test_the_copy_of_a_forgotten_person_is_taken_back(team: World) -> None:
    reply = await ask(team, CODE, channel="C1")
    await copy(team, reply, "bob", "C1")
    assert counted(team, reply) == [(0.75, 0.2)]
    assert (await team.command("forget-me yes", "bob")).ok
    assert counted(team, reply) == []


async def test_a_little_change_counts_milder_than_another_answer(team: World) -> None:
    mended = await ask(team, CODE)
    await team.correct(mended, ANSWER.replace("turned", "flipped"))
    ((reward, weight),) = counted(team, mended)
    assert 0.5 < reward < 0.7
    assert weight == 0.6
    anew_ = await ask(team, CODE)
    await team.correct(anew_, "Call reversed() on it.")
    assert counted(team, anew_) == [(0.1, 1.0)]
    await team.react(mended, "👎")
    assert counted(team, mended) == [(0.0, 1.0)], "a vote outranks a change, before it or after"


async def test_a_vote_before_a_little_change_stands(team: World) -> None:
    reply = await ask(team, CODE)
    await team.react(reply, "👍")
    changed = await team.correct(reply, ANSWER.replace("turned", "flipped"))
    assert counted(team, reply) == [(1.0, 1.0)]
    await team.react(reply, "👍", removed=True)
    ((_, weight),) = counted(team, reply)
    assert weight == 0.6
    assert (await team.command(f"forget {changed}")).ok
    assert counted(team, reply) == []


async def test_a_vote_says_whether_the_reading_was_right(team: World) -> None:
    reply = await ask(team, CODE, channel="C1")
    await taken(team, reply)
    await team.react(reply, "👎", "bob", "C1")
    assert await meant(team, reply) == (None, "h1"), "only who asked knows what they meant"
    await team.react(reply, "👎", "ann", "C1")
    assert await meant(team, reply) == ("another", "")
    await team.react(reply, "👎", "ann", "C1", removed=True)
    assert await meant(team, reply) == ("first", "h1"), "as after silence"
    await team.react(reply, "👎", "ann", "C1")
    await team.react(reply, "👍", "ann", "C1")
    assert await meant(team, reply) == ("first", "h1")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("no, that's not what I meant", "another"),
        ("thanks", "first"),
        ("does slicing make a new list?", None),
    ],
)
async def test_words_say_whether_the_reading_was_right(
    team: World, said: str, outcome: str | None
) -> None:
    reply = await ask(team, CODE, thread="t")
    await taken(team, reply)
    await ask(team, said, thread="t")
    assert (await meant(team, reply))[0] == outcome


async def test_who_wants_another_answer_meant_another_reading(team: World) -> None:
    reply = await ask(team, CODE)
    await taken(team, reply)
    again = await anew(team, reply)
    assert await meant(team, reply) == ("another", "")
    assert (await team.command(f"forget {interaction_of(again)}")).ok
    assert await meant(team, reply) == ("first", "h1")
