from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pydantic import ValidationError

from bot.accept import UnknownInteraction

if TYPE_CHECKING:
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
