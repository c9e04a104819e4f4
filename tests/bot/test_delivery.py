from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Outcome
from integrations.contracts.surface import DeliveryFailure
from learning.store.people import REMOVED

if TYPE_CHECKING:
    from tests.bot.support import World

STATUS = "SELECT status, attempts, error FROM outbox WHERE workspace_id = %s"


async def test_a_delivery_that_fails_twice_is_shown_once(world: World) -> None:
    world.surface.failures.extend([DeliveryFailure("busy"), RuntimeError("a bug")])
    interaction = await world.accept("What is 2+2?")
    for _ in range(3):
        await world.mynah.work_off()
        world.hurry()
    reply = world.reply_to(interaction)
    assert [d.key for d in world.surface.attempts] == [reply.key] * 3
    assert world.rows(STATUS) == [("delivered", 3, None)]
    await world.mynah.work_off()
    assert len(world.surface.attempts) == 3


async def test_a_delivery_waits_longer_each_time(world: World) -> None:
    due = (
        "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs "
        "WHERE args->>'workspace_id' = %s AND task_name = 'deliver'"
    )
    world.surface.failures.extend([DeliveryFailure("busy")] * 2)
    await world.accept("What is 2+2?")
    await world.mynah.work_off()
    ((first,),) = world.rows(due)
    world.hurry()
    await world.mynah.work_off()
    ((second,),) = world.rows(due)
    assert 0 < first < second < 10


async def test_a_delivery_that_never_works_ends_and_the_transcript_has_it(world: World) -> None:
    world.surface.failures.extend([DeliveryFailure("busy")] * 12)
    interaction = await world.accept("What is 2+2?")
    for _ in range(12):
        await world.mynah.work_off()
        world.hurry()
    assert len(world.surface.attempts) == 10
    assert world.surface.shown == {}
    ((status, attempts, error),) = world.rows(STATUS)
    assert (status, attempts) == ("failed", 10)
    assert error
    conversation = world.surface.attempts[0].target.conversation_id
    entries = await world.mynah.host.transcript(world.person(), conversation)
    assert entries[-1].interaction_id == interaction
    assert entries[-1].outcome is Outcome.ANSWERED


async def test_a_final_failure_is_not_tried_again(world: World) -> None:
    world.surface.failures.append(DeliveryFailure("the channel is gone", final=True))
    await world.accept("What is 2+2?")
    await world.mynah.work_off()
    world.hurry()
    await world.mynah.work_off()
    assert world.rows(STATUS) == [("failed", 1, "the channel is gone")]
    assert b'mynah_deliveries_total{status="failed"' in world.mynah.metrics.text().replace(
        f'surface="{world.surface.name}",'.encode(), b""
    )


async def test_a_reply_that_is_emptied_on_its_way_is_shown_empty(world: World) -> None:
    told = await world.ask("Remember: our launch codename is QUETZAL.", channel="C1")
    world.surface.failures.append(DeliveryFailure("busy"))
    asked = await world.accept("What is our launch codename?", user="bob", channel="C1")
    await world.mynah.work_off()
    assert "QUETZAL" in world.surface.attempts[-1].text
    assert (await world.command(f"forget {told.target.interaction_id}", channel="C1")).ok
    world.hurry()
    await world.mynah.work_off()
    assert world.reply_to(asked).text == REMOVED


async def test_a_crash_between_showing_and_marking_repeats_the_same_key(world: World) -> None:
    """The surface's idempotency key is what makes it one message."""
    reply = await world.ask("What is 2+2?")
    ((outbox,),) = world.rows(
        "UPDATE outbox SET status = 'pending', ref = NULL WHERE workspace_id = %s RETURNING id"
    )
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await world.mynah.queue.defer(
            unit,
            "deliver",
            queue=f"turns:{world.surface.name}",
            workspace_id=world.workspace,
            outbox_id=str(outbox),
        )
    await world.mynah.work_off()
    assert [d.key for d in world.surface.attempts] == [reply.key] * 2
    assert len(world.surface.shown) == 1
    assert world.rows(STATUS) == [("delivered", 2, None)]


async def test_a_turn_that_fails_every_time_says_so(world: World) -> None:
    """Nothing ends in silence: here the tables themselves refuse what a turn writes."""
    interaction = await world.accept("What is 2+2?")
    world.rows(
        "UPDATE interactions SET attempts = 32767 WHERE workspace_id = %s"  # the column's limit
    )
    for _ in range(7):
        await world.mynah.work_off()
        world.hurry()
    reply = world.reply_to(interaction)
    assert reply.outcome is Outcome.FAILED
    assert "Something went wrong on my side" in reply.text
    assert world.count("messages", "by = 'mynah'") == 1
    assert world.rows("SELECT outcome FROM interactions WHERE workspace_id = %s") == [("failed",)]


async def test_a_worker_that_stops_finishes_what_it_has(world: World) -> None:
    async with world.mynah.work():
        interaction = await world.accept("What is 2+2?")
        await asyncio.wait_for(world.surface.reached.wait(), 20)
    assert "4" in world.reply_to(interaction).text
    doing = world.rows(
        "SELECT count(*) FROM procrastinate_jobs WHERE args->>'workspace_id' = %s "
        "AND status = 'doing'"
    )
    assert doing == [(0,)]


@pytest.mark.parametrize("what", ["turn", "deliver"])
async def test_jobs_about_what_is_gone_do_nothing(world: World, what: str) -> None:
    if what == "turn":
        interaction = await world.accept("What is 2+2?")
    else:
        world.surface.failures.append(DeliveryFailure("busy"))
        interaction = await world.accept("What is 2+2?")
        await world.mynah.work_off()
        world.surface.attempts.clear()
    await world.command(f"forget {interaction}")
    world.hurry()
    await world.mynah.work_off()
    assert world.surface.attempts == []
    left = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'workspace_id' = %s"
    assert world.rows(left) == [(0,)]
