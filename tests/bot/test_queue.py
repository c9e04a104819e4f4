"""Jobs of dead workers: another one takes them on, and none stands in another's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
