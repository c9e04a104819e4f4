"""Who learns waits for rows first and for the index last, so nobody waits in a circle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg
import pytest

from learning.store.store import SEARCH_PATH
from tests.bot.support import interaction_of

if TYPE_CHECKING:
    from tests.bot.support import World

_WAITING = "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
_INDEX = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


@pytest.mark.parametrize("table", ["interactions", "memories"])
async def test_who_waits_for_a_row_leaves_the_index_to_others(world: World, table: str) -> None:
    reply = await world.ask("We deploy to Fly.")
    async with world.mynah.store.begin(world.workspace, None) as unit:
        await world.mynah.queue.defer(
            unit,
            "learn",
            queue="learning",
            workspace_id=world.workspace,
            interaction_id=str(interaction_of(reply)),
        )
    with psycopg.connect(world.mynah.conninfo, options=SEARCH_PATH) as held:
        rows = f"SELECT 1 FROM {table} WHERE workspace_id = %s FOR UPDATE"
        assert held.execute(rows.encode(), (world.workspace,)).fetchall()
        learning = asyncio.create_task(world.mynah.work_off())
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(held.execute(_WAITING).fetchall):
                assert not learning.done()
        assert held.execute(_INDEX, (world.workspace,)).fetchone() == (True,)
    await learning
    assert await world.known() == ["deploys to Fly"]
