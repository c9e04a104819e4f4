from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import ValidationError

from bot.accept import UnknownInteraction, UnknownReading
from integrations.contracts.incoming import IncomingChoice
from learning.interpretation.contract import Reading
from learning.scope import channel, person
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretation, Interpretations
from tests.bot.support import BEGIN

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.delivery import Delivery
    from learning.store.interpretations import Mode
    from tests.bot.conftest import Opener
    from tests.bot.support import World


async def test_the_same_event_makes_one_turn(world: World) -> None:
    message = world.message("What is 2+2?")
    first = await world.mynah.host.accept(message)
    again = await world.mynah.host.accept(message)
    assert not first.duplicate
    assert again.duplicate
    assert (again.conversation_id, again.interaction_id) == (
        first.conversation_id,
        first.interaction_id,
    )
    await world.mynah.work_off()
    assert [d.target.interaction_id for d in world.surface.attempts] == [first.interaction_id]


async def test_the_same_event_at_the_same_time_makes_one_turn(world: World) -> None:
    message = world.message("What is 2+2?")
    accepted = await asyncio.gather(*(world.mynah.host.accept(message) for _ in range(8)))
    assert sorted(a.duplicate for a in accepted) == [False] + [True] * 7
    assert len({a.interaction_id for a in accepted}) == 1
    assert world.count("interactions") == 1
    assert world.count("messages") == 1


async def test_the_same_event_in_two_processes_makes_one_turn(world: World, opened: Opener) -> None:
    other = await opened(database=world.mynah.conninfo)
    message = world.message("What is 2+2?")
    first = await world.mynah.host.accept(message)
    again = await other.mynah.host.accept(message)
    assert again == first.model_copy(update={"duplicate": True})
    assert world.count("interactions") == 1


async def test_an_event_id_counts_in_its_workspace_only(world: World) -> None:
    message = world.message("What is 2+2?", event_id="1")
    await world.mynah.host.accept(message)
    elsewhere = message.model_copy(update={"workspace_id": f"w{uuid4().hex[:12]}"})
    assert not (await world.mynah.host.accept(elsewhere)).duplicate


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  What\x00 is\x07 this?\r\n", "What is this?"),
        ("pay\u200bload\ufeff", "payload"),
        ("\u202egnp.exe\u202c\u2066!\u2069", "gnp.exe!"),
        ("מה זה?\u200f (2)", "מה זה?\u200f (2)"),
        ("ما هذا؟", "ما هذا؟"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # this joiner is part of the word
        ("half \ud83d of it", "half  of it"),
        ("👩‍🚀👍🏽", "👩‍🚀👍🏽"),
        ("cafe\u0301", "café"),
        ("x" * 40_000, "x" * 40_000),
    ],
    ids=[
        "control",
        "zero-width",
        "bidi overrides",
        "hebrew",
        "arabic",
        "persian",
        "lone surrogate",
        "emoji only",
        "decomposed",
        "longest",
    ],
)
async def test_what_is_stored_of_a_message(world: World, sent: str, kept: str) -> None:
    accepted = await world.mynah.host.accept(world.message(sent))
    assert accepted.conversation_id is not None
    (entry,) = await world.mynah.host.transcript(world.person(), accepted.conversation_id)
    assert entry.text == kept


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u2060\x00", "empty"),
        ("\ud800", "empty"),
        ("\u200d", "empty"),
        ("x" * 40_001, "40,001 characters and at most 40,000"),
    ],
)
def test_what_is_refused_of_a_message(world: World, sent: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        world.message(sent)


@pytest.mark.parametrize("about", ["nothing", "somebody else's", "another workspace's"])
async def test_a_reaction_needs_an_answer_that_may_be_seen(world: World, about: str) -> None:
    interaction = uuid4()
    if about != "nothing":
        interaction = await world.accept("What is 2+2?")
    if about == "another workspace's":
        world.workspace = f"w{uuid4().hex[:12]}"
    with pytest.raises(UnknownInteraction, match="not yours to see"):
        await world.react(interaction, user="bob" if about == "somebody else's" else "ann")
    assert world.count("inbox", "kind = 'reaction'") == 0, "refused, so nothing of it is kept"


async def test_nobody_corrects_or_stops_what_they_may_not_see(world: World) -> None:
    interaction = await world.accept("What is 2+2?")
    with pytest.raises(UnknownInteraction):
        await world.correct(interaction, "5", user="bob")
    with pytest.raises(UnknownInteraction):
        await world.stop(interaction, user="bob")


async def test_a_channel_s_answer_is_everybodys_there_and_nobodys_elsewhere(world: World) -> None:
    reply = await world.ask("What is 2+2?", channel="C1")
    assert not (await world.react(reply, user="bob", channel="C1")).duplicate
    with pytest.raises(UnknownInteraction):
        await world.react(reply, user="bob", channel="C2")


async def test_acceptance_that_fails_leaves_nothing(world: World) -> None:
    """The message, its turn and its job exist together or not at all."""
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'workspace_id' = %s"
    # The last step of an acceptance, deferring the job, fails on an argument it cannot store.
    odd = world.message("What is 2+2?").model_copy(update={"surface": "a\x00b"})
    with pytest.raises(Exception, match=r"NUL|0x00|\\\\x00"):
        await world.mynah.host.accept(odd)
    tables = ("inbox", "conversations", "interactions", "messages")
    assert {table: world.count(table) for table in tables} == dict.fromkeys(tables, 0)
    assert world.rows(jobs) == [(0,)]
    await world.accept("What is 2+2?")
    assert world.rows(jobs) == [(1,)]


async def test_one_thread_may_hold_private_and_public_messages(world: World) -> None:
    """A slash command in a channel is answered to one person alone."""
    public = await world.ask("What is 2+2?", "ann", "C1")
    whispers = [
        world.message(text, user).model_copy(update={"channel_id": "C1"})
        for text, user in (("What is 3+3?", "ann"), ("What is 4+4?", "bob"))
    ]
    accepted = [await world.mynah.host.accept(whisper) for whisper in whispers]
    await world.mynah.work_off()
    assert len({public.target.conversation_id, *(a.conversation_id for a in accepted)}) == 3
    for each, user in zip(accepted, ("ann", "bob"), strict=True):
        assert each.interaction_id is not None
        reply = world.reply_to(each.interaction_id)
        assert reply.target.private
        assert (reply.target.channel_id, reply.target.user_id) == ("C1", user)


READINGS = (
    Reading("h1", "add two and two", 0.7),
    Reading("h2", "add 2 to 2 in Python", 0.6),
)


async def read_in_two_ways(
    world: World, mode: Mode = "asked", channel_id: str | None = None, thread: str = "t"
) -> Delivery:
    """Ask something that can be read in two ways."""
    reply = await world.ask("What is 2+2?", channel=channel_id, thread=thread)
    assert reply.target.interaction_id is not None
    audience = channel(channel_id) if channel_id else person("ann")
    taken = "h1" if mode == "advanced" else ""
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await Interpretations(unit).put(
            reply.target.interaction_id, "ann", audience, READINGS, mode, 0.85, {}, taken, BEGIN
        )
    return reply


def choice(
    world: World,
    reply: Delivery,
    reading: str,
    user: str = "ann",
    channel_id: str | None = None,
    event_id: str | None = None,
) -> IncomingChoice:
    message = world.message("x", user, channel_id, event_id=event_id)
    event = message.model_dump(exclude={"kind", "text", "message_ref", "again", "role", "files"})
    return IncomingChoice(**event, interaction_id=reply.target.interaction_id, reading=reading)


async def interpretation(world: World, reply: Delivery) -> Interpretation:
    assert reply.target.interaction_id is not None
    async with world.mynah.store.begin(world.workspace, None) as unit:
        found = await Interpretations(unit).of(reply.target.interaction_id)
    assert found is not None
    return found


async def test_a_choice_arrives_in_its_thread_as_the_person_s_words(world: World) -> None:
    reply = await read_in_two_ways(world)
    accepted = await world.mynah.host.accept(choice(world, reply, "h2"))
    assert not accepted.duplicate
    assert accepted.conversation_id == reply.target.conversation_id, "whatever thread was named"
    assert accepted.interaction_id is not None
    await world.mynah.work_off()
    assert world.reply_to(accepted.interaction_id).target.user_id == "ann"
    entries = await world.mynah.host.transcript(world.person(), reply.target.conversation_id)
    assert [(e.by, e.text) for e in entries][2] == ("person", "add 2 to 2 in Python")
    found = await interpretation(world, reply)
    assert (found.outcome, found.chosen, found.chosen_text) == (
        "another",
        "h2",
        "add 2 to 2 in Python",
    )
    async with world.mynah.store.begin(world.workspace, None) as unit:
        begun = await Interactions(unit).find(accepted.interaction_id)
    assert begun is not None
    assert begun.clarifies == reply.target.interaction_id


async def test_a_second_tap_changes_nothing_and_another_reading_is_another_turn(
    world: World,
) -> None:
    reply = await read_in_two_ways(world)
    first = await world.mynah.host.accept(choice(world, reply, "h1", event_id="e1"))
    assert (await interpretation(world, reply)).outcome == "first"
    for event_id in ("e1", "e2", "e3"):
        again = await world.mynah.host.accept(choice(world, reply, "h1", event_id=event_id))
        assert again == first.model_copy(update={"duplicate": True})
    other = await world.mynah.host.accept(choice(world, reply, "h2"))
    assert not other.duplicate
    assert other.interaction_id != first.interaction_id
    assert (await interpretation(world, reply)).outcome == "another"
    late = await world.mynah.host.accept(choice(world, reply, "h1", event_id="e1"))
    assert late == first.model_copy(update={"duplicate": True}), "the event is an old one"
    assert (await interpretation(world, reply)).chosen == "h2"
    assert world.count("interactions") == 3


async def test_two_taps_at_the_same_moment_in_two_processes_make_one_turn(
    world: World, opened: Opener
) -> None:
    reply = await read_in_two_ways(world)
    elsewhere = await opened()
    taps = [choice(world, reply, "h2") for _ in range(8)]
    hosts = [world.mynah.host, elsewhere.mynah.host]
    accepted = await asyncio.gather(
        *(hosts[number % 2].accept(tap) for number, tap in enumerate(taps))
    )
    assert sorted(each.duplicate for each in accepted) == [False] + [True] * 7
    assert len({each.interaction_id for each in accepted}) == 1
    assert world.count("interactions") == 2


async def test_a_choice_whose_turn_was_forgotten_can_be_made_again(world: World) -> None:
    reply = await read_in_two_ways(world)
    first = await world.mynah.host.accept(choice(world, reply, "h2"))
    await world.mynah.work_off()
    assert (await world.command(f"forget {first.interaction_id}")).ok
    again = await world.mynah.host.accept(choice(world, reply, "h2"))
    assert not again.duplicate
    assert again.interaction_id != first.interaction_id


async def test_to_choose_what_was_taken_already_confirms_it(world: World) -> None:
    reply = await read_in_two_ways(world, "advanced")
    accepted = await world.mynah.host.accept(choice(world, reply, "h1"))
    assert accepted.duplicate
    assert accepted.interaction_id == reply.target.interaction_id
    assert (await interpretation(world, reply)).outcome == "first"
    assert world.count("interactions") == 1
    other = await world.mynah.host.accept(choice(world, reply, "h2"))
    assert not other.duplicate
    assert (await interpretation(world, reply)).outcome == "another"


@pytest.mark.parametrize(("user", "channel_id"), [("bob", "C1"), ("ann", "C2"), ("bob", None)])
async def test_only_who_asked_may_choose_and_only_there(
    world: World, user: str, channel_id: str | None
) -> None:
    reply = await read_in_two_ways(world, channel_id="C1")
    with pytest.raises(UnknownInteraction):
        await world.mynah.host.accept(choice(world, reply, "h1", user, channel_id))
    clear: UUID = await world.accept("What is 3+3?", channel="C1")
    nothing = choice(world, reply, "h1", "ann", "C1").model_copy(update={"interaction_id": clear})
    with pytest.raises(UnknownInteraction):
        await world.mynah.host.accept(nothing)
    assert (await interpretation(world, reply)).outcome is None
    assert world.count("inbox", "kind <> 'message'") == 0


async def test_a_reading_that_was_not_offered_is_refused_and_says_which_were(world: World) -> None:
    reply = await read_in_two_ways(world)
    with pytest.raises(UnknownReading, match=r"no reading 'h4' .*: choose h1 or h2"):
        await world.mynah.host.accept(choice(world, reply, "h4"))
    assert reply.target.interaction_id is not None
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await Interpretations(unit).empty([reply.target.interaction_id])
    with pytest.raises(UnknownReading, match="ask it once more"):
        await world.mynah.host.accept(choice(world, reply, "h1"))
    assert world.count("interactions") == 1
