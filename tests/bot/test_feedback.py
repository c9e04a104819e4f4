from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Outcome
from learning.store.interactions import Interactions
from tests.bot.support import BEGIN, interaction_of
from tests.standins.model_wire import Fault, Script

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.delivery import Delivery
    from tests.bot.support import World
    from tests.standins.model_server import ModelServer

ASKED = "Which python library do we use for retries?"
OTHER = "Which rust crate draws our charts?"


def rating(world: World, reply: Delivery | UUID) -> tuple[float | None, int]:
    ((value, votes),) = world.rows(
        "SELECT rating, votes FROM interactions WHERE workspace_id = %s AND id = %s",
        interaction_of(reply),
    )
    return value, votes


def learned(world: World) -> list[tuple[str, float | None, bool]]:
    """Return kind, rating and whether it holds, of every learning."""
    return [
        (kind, value, valid_to is None)
        for kind, value, valid_to in world.rows(
            "SELECT kind, rating, valid_to FROM learnings WHERE workspace_id = %s "
            "ORDER BY created_at, id"
        )
    ]


@pytest.mark.parametrize(
    ("emoji", "stars"),
    [("👍", 5), ("👎", 1), ("👍🏿", 5), (":+1::skin-tone-4:", 5), ("thumbsdown", 1), ("❤️", 5)],
)
async def test_an_emoji_is_a_vote(world: World, emoji: str, stars: float) -> None:
    reply = await world.ask("What is 2+2?")
    await world.react(reply, emoji)
    assert rating(world, reply) == (stars, 1)
    assert learned(world) == [("rated_answer", stars, True)]


async def test_an_emoji_that_says_nothing_changes_nothing(world: World) -> None:
    reply = await world.ask("What is 2+2?")
    await world.react(reply, "🦜")
    assert rating(world, reply) == (None, 0)
    assert learned(world) == []


async def test_everybody_has_one_vote(world: World) -> None:
    reply = await world.ask("What is 2+2?", channel="C1")
    await world.react(reply, "👍", "ann", "C1")
    await world.react(reply, "👍", "bob", "C1")
    await world.react(reply, "🎉", "bob", "C1")
    await world.react(reply, "👎", "cem", "C1")
    value, votes = rating(world, reply)
    assert value == pytest.approx(11 / 3)
    assert votes == 3
    assert learned(world) == [("rated_answer", 5.0, False)], "no longer liked, nor disliked"
    await world.react(reply, "👍", "mynah", "C1")
    assert rating(world, reply)[1] == 3, "Mynah's own reaction"


async def test_the_same_event_twice_and_late_events(world: World) -> None:
    reply = await world.ask("What is 2+2?")
    await world.react(reply, "👍", event_id="e1")
    assert (await world.react(reply, "👍", event_id="e1")).duplicate
    later = BEGIN + timedelta(hours=2)
    await world.react(reply, "👍", removed=True, occurred_at=later)
    await world.react(reply, "👍", occurred_at=later - timedelta(hours=1))
    assert rating(world, reply) == (None, 0), "the removal is the newer of the two"
    await world.react(reply, "👎", removed=True, occurred_at=later + timedelta(hours=2))
    await world.react(reply, "👎", occurred_at=later + timedelta(hours=1))
    assert rating(world, reply) == (None, 0), "a removal that came before its reaction"
    await world.react(reply, "👎", occurred_at=later + timedelta(hours=3))
    assert rating(world, reply) == (1, 1)


async def test_a_liked_answer_comes_back_for_its_question_only(
    scripted: World, models: ModelServer
) -> None:
    models.say("We use tenacity.")
    reply = await scripted.ask(ASKED, thread="t1")
    await scripted.react(reply)
    models.say("Tenacity, as before [1].")
    again = await scripted.ask(ASKED, thread="t2")
    assert "Answer: We use tenacity." in models.received[-1].turns[-1][1]
    assert [c.quote for c in again.citations] == ["We use tenacity."]
    assert (await scripted.why(again))["recalled"][0]["kind"] == "answer"
    assert scripted.rows("SELECT times_used FROM learnings WHERE workspace_id = %s") == [(1,)]


async def test_an_offline_expert_gives_a_liked_answer_again(
    scripted: World, models: ModelServer
) -> None:
    models.say("We use tenacity.")
    await scripted.react(await scripted.ask(ASKED, thread="t1"))
    for _ in ("first", "second", "third"):
        models.fail(Fault.OVERLOADED)
    again = await scripted.ask(ASKED, thread="t2")
    assert again.outcome is Outcome.FELL_BACK
    assert "We use tenacity." in again.text
    models.answer = lambda _: Script((), Fault.OVERLOADED)
    other = await scripted.ask(OTHER, thread="t3")
    assert "tenacity" not in other.text


async def test_what_was_cited_is_credited_with_the_votes_that_may_be_learned_from(
    scripted: World, models: ModelServer
) -> None:
    models.say("We use tenacity.")
    await scripted.react(
        await scripted.ask(ASKED, "ann", "general", thread="t1"), "👍", "ann", "general"
    )
    models.say("Tenacity [1].")
    second = await scripted.ask(ASKED, "ann", "general", thread="t2")
    await scripted.command("off", "bob")
    await scripted.react(second, "👎", "bob", "general")
    async with scripted.mynah.store.begin(scripted.workspace, None) as unit:
        assert await Interactions(unit).found_by() == []
    await scripted.react(second, "👍", "ann", "general")
    await scripted.react(second, "👎", "bob", "general", removed=True)
    async with scripted.mynah.store.begin(scripted.workspace, None) as unit:
        assert [each.useful for each in await Interactions(unit).found_by()] == [True]
    credit = "SELECT successes, failures FROM learnings WHERE workspace_id = %s ORDER BY created_at"
    assert scripted.rows(credit)[0] == (1, 0)


async def test_a_removed_like_leaves_nothing_behind(scripted: World, models: ModelServer) -> None:
    models.say("We use tenacity.")
    first = await scripted.ask(ASKED, thread="t1")
    await scripted.react(first)
    models.say("Tenacity [1].")
    second = await scripted.ask(ASKED, thread="t2")
    credit = (
        "SELECT successes, failures FROM learnings WHERE workspace_id = %s ORDER BY created_at "
        "LIMIT 1"
    )
    await scripted.react(second)
    assert scripted.rows(credit) == [(1, 0)], "what the liked answer was built on"
    await scripted.react(second, removed=True)
    assert scripted.rows(credit) == [(0, 0)]
    await scripted.react(second, "👎")
    assert scripted.rows(credit) == [(0, 1)]
    await scripted.react(second, "👍")
    await scripted.react(second, "👎", removed=True)
    assert scripted.rows(credit) == [(1, 0)]
    await scripted.react(second, removed=True)
    await scripted.react(first, removed=True)
    assert scripted.rows(credit) == [(0, 0)]
    assert {holds for _, _, holds in learned(scripted)} == {False}
    await scripted.ask(ASKED, thread="t3")
    assert "Answer: We use tenacity." not in models.received[-1].turns[-1][1]
    assert (await scripted.why(first))["learned"] == []


async def test_a_disliked_answer_changes_who_answers_and_from_what(
    scripted: World, models: ModelServer
) -> None:
    await scripted.ask("Remember: for retries we use the python library foo.", thread="t0")
    models.say("It is foo [1].")
    first = await scripted.ask(ASKED, thread="t1")
    assert (first.role, len(first.citations)) == ("lead", 1)
    await scripted.react(first, "👎")
    models.say("Something else.")
    second = await scripted.ask(ASKED, thread="t2")
    assert second.role != "lead"
    prompt = models.received[-1].turns[-1][1]
    assert "library foo" not in prompt, "its source"
    assert "It is foo" not in prompt, "the answer itself"
    why = await scripted.why(second)
    notes = {c["role"]: c["note"] for c in why["candidates"]}
    assert "not wanted" in notes["lead"]
    assert "Left out: 1 source" in (await scripted.command(f"why {interaction_of(second)}")).text
    await scripted.react(first, "👎", removed=True)
    models.say("Back.")
    third = await scripted.ask(ASKED, thread="t3")
    assert third.role == "lead"
    assert "library foo" in models.received[-1].turns[-1][1]


async def test_a_correction_takes_the_answers_place(world: World) -> None:
    first = await world.ask("Who owns the billing module?", thread="t1")
    assert first.outcome is Outcome.DECLINED
    corrected = await world.correct(first, "Billing belongs to Team Heron.")
    second = await world.ask("Who owns the billing module?", thread="t2")
    assert "Billing belongs to Team Heron." in second.text
    why = await world.why(second)
    assert (why["recalled"][0]["kind"], why["recalled"][0]["cited"]) == ("correction", True)
    assert "correction" in (await world.why(first))["learned"][-1].lower()
    entries = await world.mynah.host.transcript(world.person(), first.target.conversation_id)
    assert [e.by for e in entries] == ["person", "mynah", "correction"]
    assert entries[-1].interaction_id == corrected

    await world.react(corrected, "👎")
    third = await world.ask("Who owns the billing module?", thread="t3")
    assert "Heron" not in third.text
    await world.react(corrected, "👎", removed=True)
    assert "Heron" in (await world.ask("Who owns the billing module?", thread="t4")).text


async def test_the_latest_correction_counts(world: World) -> None:
    first = await world.ask("Who owns the billing module?", thread="t1")
    corrected = await world.correct(first, "Billing belongs to Team Heron.")
    await world.correct(corrected, "Billing belongs to Team Stork.")
    again = await world.ask("Who owns the billing module?", thread="t2")
    assert "Team Stork" in again.text
    assert "Heron" not in again.text


async def test_off_means_that_nothing_is_kept_to_learn_from(
    scripted: World, models: ModelServer
) -> None:
    await scripted.command("off")
    models.say("We use tenacity.")
    reply = await scripted.ask(ASKED, thread="t1")
    await scripted.react(reply)
    await scripted.correct(reply, "We use stamina.")
    assert rating(scripted, reply) == (5, 1), "the reaction is shown all the same"
    assert learned(scripted) == []
    assert scripted.count("recall_items") == 0
    await scripted.command("on")
    await scripted.ask("Which python linter do we use?", thread="t2")
    await scripted.react(reply, "👍", removed=True)
    await scripted.react(reply, "👍")
    assert scripted.count("recall_items", "kind = 'message'") == 1
    assert learned(scripted) == [("rated_answer", 5.0, True)]


async def test_a_like_can_be_taken_back_after_off(world: World) -> None:
    """Not learning any more must not mean that what was learned cannot be undone."""
    reply = await world.ask("What is 2+2?")
    await world.react(reply)
    await world.command("off")
    await world.react(reply, removed=True)
    assert learned(world) == [("rated_answer", 5.0, False)]


async def test_no_answer_no_lesson(world: World) -> None:
    reply = await world.ask("Who owns the billing module?")
    assert reply.outcome is Outcome.DECLINED
    await world.react(reply)
    assert learned(world) == []
