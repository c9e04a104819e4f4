"""The clock: says when recurring work is due, and never does it.

Each firing only puts a job into the queue, under a key that keeps a second one
out. So any number of processes may run a clock, and the work is done once.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.queue import LEARNING
from learning.store.errors import StoreUnavailable, WorkspaceErased
from learning.store.store import staying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.leaving import Leaving
    from bot.queue import Queue
    from learning.store.store import Store


@dataclass(frozen=True, slots=True)
class Recurring:
    """Work for every workspace, with the time of day it is due (UTC)."""

    name: str
    hour: int
    minute: int


RECURRING: Final = (
    Recurring("embed", 2, 30),
    Recurring("prune", 3, 15),
    Recurring("revalidate", 4, 0),
    Recurring("leave", 4, 45),
)


class Schedule:
    """Defers recurring jobs.

    Args:
        store: knows the workspaces.
        queue: takes the jobs.
        leaving: knows who let us in.
    """

    def __init__(self, store: Store, queue: Queue, leaving: Leaving) -> None:
        self._store = store
        self._queue = queue
        self._leaving = leaving
        self._log = structlog.get_logger("mynah.schedule")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fire until the block ends; what was missed while nobody ran is due at once."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        for job in RECURRING:
            await self.fire(job.name)
            scheduler.add_job(
                self.fire,
                CronTrigger(hour=job.hour, minute=job.minute, timezone="UTC"),
                args=[job.name],
                id=job.name,
                coalesce=True,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def fire(self, name: str) -> None:
        """Put a job into the queue for every workspace, unless one waits there already."""
        try:
            if name == "leave":
                await self._leaving.look_everywhere()
                return
            for workspace_id in await self._store.workspace_ids():
                with staying(), suppress(WorkspaceErased):
                    await self._defer(name, workspace_id)
        except StoreUnavailable as error:  # the next firing tries again
            self._log.warning("schedule_failed", job=name, error=type(error).__name__)

    async def _defer(self, name: str, workspace_id: str) -> None:
        async with self._store.begin(workspace_id, None) as unit:
            await self._queue.defer(
                unit,
                name,
                queue=LEARNING,
                lock=f"{name}:{workspace_id}",
                once=f"{name}:{workspace_id}",
                workspace_id=workspace_id,
            )
