"""Recording what is done: before it is done where it cannot be taken back, and after it.

Sequence only. Parameters, results and faults are redacted before they get here or are kept; what
is told of an action done outside of a turn is said in the same transaction, so exactly once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.queue import LEARNING, turn_queue
from learning.actions.redaction import redact
from learning.actions.summary import summary
from learning.recall import indexed_text
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.index import Item, RecallIndex
from learning.store.learning_metrics import LearningMetrics
from learning.store.tries import Tries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from bot.acting.attempt import Tried
    from bot.acting.telling import Telling
    from bot.clock import Clock
    from bot.queue import Queue
    from integrations.contracts.delivery import Button
    from integrations.contracts.tools import ToolFailure
    from learning.actions.contract import Acted, Effect, Status, Try
    from learning.store.store import Store, Unit

_CLOSED: Final = 503
"""The status of a service that does nothing at all just now."""
BEGUN: Final[frozenset[Status]] = frozenset({"running", "unknown"})
"""Statuses that the end of an action may find; also when it was given up too early."""
PATIENCE_S: Final = 60
"""How long after its time an action that was begun is given up."""


class Records:
    """Records actions.

    Args:
        store: where they are kept.
        queue: takes the jobs that follow.
        telling: says what came of what was done outside of a turn.
        clock: tells the time.
    """

    def __init__(self, store: Store, queue: Queue, telling: Telling, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._telling = telling
        self._clock = clock

    async def begin(
        self, unit: Unit, acted: Acted, beside: Mapping[str, Any], *, within_s: float
    ) -> bool:
        """Record an action before anything comes of it; tell whether what it is for is there.

        Args:
            unit: an open transaction.
            acted: proposed, approved or running.
            beside: what it takes to perform it.
            within_s: when to look what became of it.
        """
        if not await Actions(unit).add(acted, beside):
            return False
        await self.look_after(unit, acted.id, within_s)
        return True

    async def look_after(self, unit: Unit, action_id: UUID, within_s: float) -> None:
        """See to it that an action does not stay open for ever."""
        await self._queue.defer(
            unit,
            "act_settle",
            queue=LEARNING,
            delay_s=int(within_s),
            workspace_id=unit.workspace_id,
            action_id=str(action_id),
        )

    async def perform_soon(self, unit: Unit, acted: Acted) -> None:
        """Queue an approved action where its surface can be reached."""
        await self._queue.defer(
            unit,
            "act",
            queue=turn_queue(acted.surface),
            workspace_id=unit.workspace_id,
            action_id=str(acted.id),
        )

    async def learn(self, unit: Unit, action_id: UUID) -> None:
        """Queue what is learned from an action that is over."""
        await self._queue.defer(
            unit,
            "act_learn",
            queue=LEARNING,
            workspace_id=unit.workspace_id,
            action_id=str(action_id),
        )

    async def over(
        self,
        workspace_id: str,
        acted: Acted,
        tries: Sequence[Try],
        *,
        new: bool,
        offered: tuple[Acted, Mapping[str, Any]] | None = None,
        within_s: float = 0,
        tell: tuple[str, Sequence[Button]] | None = None,
        applied: int = 0,
    ) -> bool:
        """Record how an action ended; tell whether it was still there.

        Args:
            workspace_id: where.
            acted: the action as it is now.
            tries: its calls.
            new: it was not recorded before.
            offered: what is proposed in its place.
            within_s: how long that proposal waits.
            tell: what to say in its conversation.
            applied: how many learnings its parameters come from.
        """
        async with self._store.begin(workspace_id, None) as unit:
            actions = Actions(unit)
            there = await (actions.add(acted) if new else actions.settle(acted, BEGUN))
            if not there:
                return False
            if await Consents(unit).learns(acted.user_id, acted.surface):
                await Tries(unit).add(acted.id, acted.user_id, acted.audience, tries)
            if offered is not None:
                await self.begin(unit, *offered, within_s=within_s)
            if tell is not None:
                await self._telling.over(unit, acted, *tell)
            if applied:
                good = applied if acted.success else 0
                bad = applied if acted.success is False else 0
                day = self._clock().date()
                await LearningMetrics(unit).add(day, applied=applied, successful=good, failed=bad)
            await self.learn(unit, acted.id)
        return True


def ended(acted: Acted, tried: Tried, effect: Effect, now: Any) -> Acted:  # noqa: ANN401 - a datetime
    """Return an action with what came of calling its tool."""
    result, failure = tried.result, tried.failure
    unsure = failure is not None and (
        failure.kind == "timeout" or (effect == "writes" and _may_have_happened(failure))
    )
    return replace(
        acted,
        status="done" if failure is None else "unknown" if unsure else "failed",
        success=None if unsure else failure is None,
        params=tried.tries[-1].params,  # what was sent last, redacted
        result={}
        if result is None
        else redact({"text": result.text, "data": dict(result.data), "link": result.link}),
        time_ms=tried.time_ms,
        phases=tried.phases,
        errors=tried.errors(),
        resolution=tried.resolution,
        finished_at=now,
    )


def _may_have_happened(failure: ToolFailure) -> bool:
    """Tell whether nobody can say that a failure of what writes changed nothing.

    What answered with too much, or with nothing that can be read, may have done it before.
    """
    if failure.kind in {"broken", "too_large"}:
        return failure.kind == "broken" or failure.status is None
    return failure.kind == "unavailable" and (failure.status or _CLOSED) != _CLOSED


def item_of(acted: Acted, vectors: NDArray[np.float32] | None) -> Item:
    """Return an action as the index holds it."""
    return Item(
        id=acted.id,
        kind="action",
        audience=acted.audience,
        user_id=acted.user_id,
        sequence_id=acted.id,  # beside a thread's messages it has no place
        position=0,
        speaker=acted.user_id,
        occurred_at=acted.finished_at or acted.created_at,
        text=indexed_text(summary(acted), acted.user_id),
        vectors=vectors,
        rating=acted.rating,
    )


async def indexed(
    unit: Unit, acted: Acted, vectors: NDArray[np.float32] | None, embedder: str
) -> None:
    """Let an action that worked be found again, in a transaction of the caller's.

    Args:
        unit: open for all audiences.
        acted: the action; one that was forgotten meanwhile stays forgotten.
        vectors: of ``item_of(acted, None).text``.
        embedder: whose they are.
    """
    if not acted.success or await Actions(unit).find(acted.id, lock=True) is None:
        return
    index = RecallIndex(unit)
    await index.add([item_of(acted, vectors)], embedder)
    await index.fold()
