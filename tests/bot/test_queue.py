"""Jobs that fail, or whose workers die: another one takes them on, and none stands in its way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from bot.queue import Task
from integrations.contracts.surface import DeliveryFailure
from tests.bot.support import rows

if TYPE_CHECKING:
    from tests.bot.support import World

_STATES = (
    "SELECT task_name, status::text FROM procrastinate_jobs "
    "WHERE args->>'workspace_id' = %s ORDER BY task_name, status"
)


async def _defer(world: World, name: str) -> None:
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await world.mynah.queue.defer(
            unit,
            name,
            queue="learning",
            lock=f"{name}:{world.workspace}",
            once=f"{name}:{world.workspace}",
            workspace_id=world.workspace,
        )


def _die_with(world: World, name: str) -> None:
    """Make a waiting job look as if its worker had been killed while at it."""
    world.rows(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL "
        "WHERE args->>'workspace_id' = %s AND task_name = %s",
        name,
    )


async def test_a_dead_worker_s_job_gives_way_to_the_one_that_waits_for_its_place(
    world: World,
) -> None:
    for name in ("prune", "revalidate"):
        await _defer(world, name)
        _die_with(world, name)
    await _defer(world, "prune")  # its place is taken; the other's is free
    assert world.rows(_STATES) == [
        ("prune", "doing"),
        ("prune", "todo"),
        ("revalidate", "doing"),
    ]
    await world.mynah.work_off()
    assert world.rows(_STATES) == []
    assert world.count("learning_metrics") == 1


async def test_a_job_that_fails_gives_way_to_the_one_that_waits_for_its_place(
    world: World,
) -> None:
    failures = [DeliveryFailure("busy")]

    async def stumble(workspace_id: str) -> None:
        assert workspace_id == world.workspace
        if failures:
            await _defer(world, "stumble")
            raise failures.pop()

    world.mynah.queue.add(Task("stumble", stumble))
    await _defer(world, "stumble")
    await world.mynah.work_off()
    assert failures == []
    assert world.rows(_STATES) == []


async def test_a_worker_that_dies_is_replaced(world: World) -> None:
    done = asyncio.Event()

    async def arrive(workspace_id: str) -> None:
        assert workspace_id == world.workspace
        done.set()

    world.mynah.queue.add(Task("arrive", arrive))
    rows(world.mynah.conninfo, "ALTER TABLE procrastinate_workers RENAME TO mislaid")
    with capture_logs() as logs:
        async with asyncio.timeout(20), world.mynah.work():
            while not any(line["event"] == "worker_died" for line in logs):  # noqa: ASYNC110 - only the log tells
                await asyncio.sleep(0.01)
            rows(world.mynah.conninfo, "ALTER TABLE mislaid RENAME TO procrastinate_workers")
            await _defer(world, "arrive")
            await done.wait()
