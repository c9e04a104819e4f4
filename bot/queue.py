"""The durable queue: jobs that survive the process, in order where order matters.

Decides which jobs exist, what they wait for and how a failed one is retried.
Refuses to know what they do. Job arguments are ids, never text, so that
deleting a row deletes what its jobs were about.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import select
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import procrastinate
import structlog
from procrastinate import PsycopgConnector, RetryDecision, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from psycopg_pool import AsyncConnectionPool

from learning.store.errors import WorkspaceErased
from learning.store.store import staying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    import psycopg
    from procrastinate.jobs import Job

    from learning.store.store import Unit

_HEARTBEAT_S = 2.0
_STALLED_AFTER_S = 8.0
"""A worker silent for this long is taken for dead, and its jobs are given to others."""
_RECOVER_EVERY_S = 4.0
_BEGIN_AGAIN_S = 1.0
"""Pause before a worker that ended by itself is replaced."""
_FINISH_WITHIN_S = 20.0
"""How long a stopping worker may take to finish its jobs before it returns them."""

LEARNING = "learning"
"""Queue of everything that happens after the reply; any process can work on it."""


def turn_queue(surface: str) -> str:
    """Return the queue of a surface: only processes that can reach it work on it."""
    return f"turns:{surface}"


def memory_lock(user_id: str) -> str:
    """Return the lock of what is learned from one person: one thing after another."""
    return f"memory:{hashlib.sha256(user_id.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job.

    Attributes:
        name: as the queue's table spells it.
        run: called with the job's arguments.
        priority: higher goes first.
        attempts: how often it is tried in all.
        wait_s: pause before the second try; it doubles.
        last_words: called when the last try failed, so that nothing ends in silence.
    """

    name: str
    run: Callable[..., Awaitable[None]]
    priority: int = 0
    attempts: int = 5
    wait_s: int = 1
    last_words: Callable[..., Awaitable[None]] | None = None


class Queue:
    """Defers jobs within the transaction that makes them necessary, and works on them."""

    def __init__(self, conninfo: str, search_path: str) -> None:
        self._app = procrastinate.App(
            connector=PsycopgConnector(
                conninfo=conninfo,
                pool_factory=_pool,
                configure=_alone,
                kwargs={"options": search_path},
                min_size=1,
                max_size=4,
            )
        )
        self._app.job_manager = _Jobs(self._app.connector)
        self._tasks: dict[str, Task] = {}
        self._begun = 0  # jobs that this process has taken on
        self._log = structlog.get_logger("mynah.queue")

    async def __aenter__(self) -> Self:
        await self._app.open_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._app.close_async()

    def add(self, task: Task) -> None:
        """Make a kind of job known, to defer it and to work on it."""
        self._tasks[task.name] = task

        async def run(context: procrastinate.JobContext, /, **arguments: Any) -> None:  # noqa: ANN401 - JSON
            self._begun += 1
            attempt = context.job.attempts + 1
            with (
                structlog.contextvars.bound_contextvars(
                    job=task.name, job_id=context.job.id, attempt=attempt
                ),
                staying(),
            ):
                try:
                    await task.run(**arguments)
                except WorkspaceErased:
                    self._log.info("workspace_erased")  # and nothing is left to do for it
                except Exception as error:
                    final = attempt >= task.attempts
                    # The type, not the text: an error's words may quote somebody's.
                    self._log.warning("job_failed", error=type(error).__name__, final=final)
                    if final and task.last_words is not None:
                        with suppress(WorkspaceErased):
                            await task.last_words(**arguments)
                        return
                    raise

        self._app.task(
            name=task.name,
            pass_context=True,
            priority=task.priority,
            retry=_retry_strategy(task),
        )(run)

    async def defer(
        self,
        unit: Unit,
        name: str,
        *,
        queue: str,
        lock: str | None = None,
        once: str | None = None,
        delay_s: int = 0,
        **arguments: Any,  # noqa: ANN401 - JSON
    ) -> None:
        """Add a job in the caller's transaction: it exists if and only if that commits.

        Args:
            unit: the open transaction.
            name: the task.
            queue: which workers may take it.
            lock: jobs with the same lock run one after another, in order.
            once: at most one waiting job has this key; a second is dropped.
            delay_s: run no sooner than this.
            arguments: ids and figures, never text.
        """
        connection = await unit.driver_connection()
        deferrer = self._app.configure_task(
            name=name,
            queue=queue,
            lock=lock,
            queueing_lock=once,
            priority=self._tasks[name].priority,
            connection=connection,
            schedule_in={"seconds": delay_s} if delay_s else None,
        )
        try:
            # A unique violation would end the caller's transaction without a savepoint.
            async with connection.transaction() if once else _nothing():
                await deferrer.defer_async(**arguments)
        except AlreadyEnqueued:
            self._log.debug("already_waiting", task=name)

    @asynccontextmanager
    async def worker(self, queues: Sequence[str], concurrency: int) -> AsyncIterator[None]:
        """Work on jobs until the block ends; then finish what runs, or give it back."""
        ending = asyncio.Event()
        worker = asyncio.create_task(
            self._keep_working(list(queues), concurrency, ending), name="worker"
        )
        recovery = asyncio.create_task(self._keep_recovering(), name="recovery")
        try:
            yield
        finally:
            ending.set()
            recovery.cancel()
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(recovery, worker, return_exceptions=True)

    async def _keep_working(
        self, queues: list[str], concurrency: int, ending: asyncio.Event
    ) -> None:
        """Work; begin again when the worker ends by itself, or nothing would be answered."""
        while not ending.is_set():
            try:
                await self._app.run_worker_async(
                    queues=queues,
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    update_heartbeat_interval=_HEARTBEAT_S,
                    stalled_worker_timeout=_STALLED_AFTER_S,
                    shutdown_graceful_timeout=_FINISH_WITHIN_S,
                )
            except Exception as error:  # noqa: BLE001 - whatever it was, people wait for answers
                self._log.error("worker_died", error=type(error).__name__)
            if not ending.is_set():
                await asyncio.sleep(_BEGIN_AGAIN_S)

    async def work_off(self, queues: Sequence[str], concurrency: int) -> None:
        """Work until these queues have nothing to do right now."""
        await self._recover()
        begun = -1
        # Such a worker ends when it finds nothing, and does not see what its last jobs add.
        while begun != self._begun:
            begun = self._begun
            await self._app.run_worker_async(
                queues=list(queues),
                concurrency=concurrency,
                wait=False,
                listen_notify=False,
                install_signal_handlers=False,
                delete_jobs="successful",
                update_heartbeat_interval=_HEARTBEAT_S,
                stalled_worker_timeout=_STALLED_AFTER_S,
            )

    async def _keep_recovering(self) -> None:
        while True:
            await self._recover()
            await asyncio.sleep(_RECOVER_EVERY_S)

    async def _recover(self) -> None:
        """Give the jobs of dead workers to living ones."""
        manager = self._app.job_manager
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S):
                await manager.retry_job(job)
                self._log.warning("job_recovered", task=job.task_name, job_id=job.id)
            await manager.prune_stalled_workers(_STALLED_AFTER_S)
        except procrastinate.exceptions.ProcrastinateException as error:
            self._log.warning("recovery_failed", error=type(error).__name__)

    async def waiting(self) -> dict[str, int]:
        """Return how many jobs are in each state."""
        counts: dict[str, int] = {}
        for row in await self._app.job_manager.list_queues_async():
            for status in ("todo", "doing", "failed"):
                counts[status] = counts.get(status, 0) + int(row[status])
        return counts

    async def due(self, names: Collection[str]) -> dict[str, int]:
        """Return how many jobs wait for their time, of these kinds."""
        waiting = dict.fromkeys(names, 0)
        for row in await self._app.job_manager.list_tasks_async(status="todo"):
            if row["name"] in waiting:
                waiting[row["name"]] = int(row["todo"])
        return waiting


class _Jobs(JobManager):
    """Lets a job that failed, or whose worker died, give way to the one that waits in its place."""

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let a job wait for its next try, unless it may wait only once and its successor does.

        The successor does what this one began. Left as it was, this one would count as running,
        and hold its lock, for as long as its worker lives.
        """
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except UniqueViolation:
            await self.finish_job(job, Status.FAILED, delete_job=True)


class _Patient(RetryStrategy):
    """Waits as long as an error asks for with ``retry_after_s``, if that is longer."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when a failed job runs again, if it does."""
        decision = super().get_retry_decision(exception=exception, job=job)
        asked_s: float | None = getattr(exception, "retry_after_s", None)
        if decision is None or decision.retry_at is None or not asked_s:
            return decision
        asked = RetryDecision(retry_in={"seconds": math.ceil(asked_s)})
        return decision if asked.retry_at is None else max(decision, asked, key=_at)


def _at(decision: RetryDecision) -> float:
    return decision.retry_at.timestamp() if decision.retry_at else 0.0


def _pool(**given: Any) -> AsyncConnectionPool:  # noqa: ANN401 - what the connector hands on
    return AsyncConnectionPool(**{**given, "check": _there})


async def _alone(connection: psycopg.AsyncConnection[Any]) -> None:
    """Put no transaction around calls: each is one statement.

    Not as an argument of the connection: the one that listens is given it already.
    """
    await connection.set_autocommit(True)


async def _there(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make sure of a connection, without asking the server each time.

    An idle connection has nothing to read, unless the server has hung up or says so.
    """
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN)
    if watched.poll(0):
        await AsyncConnectionPool.check_connection(connection)


def _retry_strategy(task: Task) -> RetryStrategy:
    """Return how a failed job is retried: with pauses that double from retry to retry."""
    return _Patient(max_attempts=task.attempts - 1, exponential_wait=max(2, task.wait_s * 2))


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def schema_sql() -> str:
    """Return the queue's own tables, for a database that has none yet."""
    return SchemaManager.get_schema()
