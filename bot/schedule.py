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

from bot.clock import now
from bot.queue import LEARNING
from learning.store.errors import StoreUnavailable, WorkspaceErased
from learning.store.manners import MannersKept
from learning.store.projects import Projects
from learning.store.store import staying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bot.leaving import Leaving
    from bot.queue import Queue
    from learning.store.store import Store


@dataclass(frozen=True, slots=True)
class Recurring:
    """Work for every workspace, with the time of day it is due (UTC); "*/6" is every six hours."""

    name: str
    hour: int | str
    minute: int | str


RECURRING: Final = (
    Recurring("embed", 2, 30),
    Recurring("prune", 3, 15),
    Recurring("revalidate", 4, 0),
    Recurring("leave", 4, 45),
    Recurring("sync", "*/6", 5),
    Recurring("recur", 1, 30),
    Recurring("plan", "*", "*/5"),
    Recurring("watch", "*", "2-59/5"),
)


def next_firing(name: str, now: datetime) -> datetime | None:
    """Return when recurring work is due next; nothing of work that does not recur."""
    job = next((each for each in RECURRING if each.name == name), None)
    at: datetime | None = None if job is None else _trigger(job).get_next_fire_time(None, now)
    return at


def _trigger(job: Recurring) -> CronTrigger:
    return CronTrigger(hour=job.hour, minute=job.minute, timezone="UTC")


_NUDGES: Final = frozenset({"plan", "recur"})


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
                _trigger(job),
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
            if name in _NUDGES and not await MannersKept(unit).anybody(
                now() if name == "plan" else None
            ):
                return  # where nobody wants nudges, nothing is done for them
            if name == "watch" and not await Projects(unit).all():
                return
            await self._queue.defer(
                unit,
                name,
                queue=LEARNING,
                lock=f"{name}:{workspace_id}",
                once=f"{name}:{workspace_id}",
                workspace_id=workspace_id,
            )
