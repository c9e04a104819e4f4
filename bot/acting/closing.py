"""Closing what stays open: proposals that nobody decides, and what was begun and broken off.

Sequence only. What was begun, not ended, and changes something is ``unknown`` from then on: it is
never done again by itself, and whoever wanted it is told once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from bot.acting.telling import BECAME
from learning.actions.redaction import redact
from learning.store.actions import Actions

if TYPE_CHECKING:
    from bot.acting.record import Records
    from bot.acting.telling import Telling
    from bot.clock import Clock
    from bot.metrics import Metrics
    from learning.actions.contract import Status
    from learning.store.store import Store


class Closing:
    """Closes actions that stay open.

    Args:
        store: where they are.
        records: queues what follows.
        telling: tells people.
        metrics: counts.
        begun_s: how long after its begin an action is over that is not slow.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        records: Records,
        telling: Telling,
        metrics: Metrics,
        begun_s: float,
        clock: Clock,
    ) -> None:
        self._store = store
        self._records = records
        self._telling = telling
        self._metrics = metrics
        self._begun_s = begun_s
        self._clock = clock

    async def settle(self, workspace_id: str, action_id: str) -> None:
        """Close what is still open when its time is over: a proposal, or what was begun."""
        id_, now = UUID(action_id), self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            acted = await Actions(unit).find(id_, lock=True)
            if acted is not None and acted.status == "proposed":
                await Actions(unit).move(id_, {"proposed"}, "expired", decided_at=now)
                await self._telling.settled(unit, acted, BECAME["expired"])
                await self._records.learn(unit, id_)
                return
        await self.close(workspace_id, id_, {"running"})

    async def recover(self) -> None:
        """Close what other processes began and did not end; for when a process starts."""
        for workspace_id in await self._store.workspace_ids():
            before = self._clock() - timedelta(seconds=self._begun_s)
            async with self._store.begin(workspace_id, None) as unit:
                begun = await Actions(unit).begun_before(before)
                open_ = [await Actions(unit).open(id_) for id_ in begun]
            for found in open_:
                # A slow one has a job of its own, which comes back.
                if found is not None and not found[1].get("slow"):
                    await self.close(workspace_id, found[0].id, {"running"})

    async def close(
        self,
        workspace_id: str,
        id_: UUID,
        from_: set[Status],
        *,
        failed: str = "",
        tell: bool = True,
    ) -> None:
        """End what nobody will end any more, and say so once."""
        async with self._store.begin(workspace_id, None) as unit:
            found = await Actions(unit).open(id_, lock=True)
            if found is None or found[0].status not in from_:
                return
            acted, beside = found
            # What only reads has changed nothing, whether it came to its end or not.
            surely = failed or acted.status == "approved" or beside.get("effect") == "reads"
            acted = replace(
                acted,
                status="failed" if surely else "unknown",
                success=False if surely else None,
                params=redact(dict(acted.params)),
                finished_at=self._clock(),
            )
            await Actions(unit).settle(acted, from_)
            if tell:
                title = beside.get("title") or acted.kind
                text = f"**{title}**: {failed or BECAME[acted.status]}"
                await self._telling.over(unit, acted, text)
            await self._records.learn(unit, id_)
        self._metrics.action(acted.origin, acted.status)
