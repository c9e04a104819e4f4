"""Retention: what people did not allow to learn from is not kept for long.

Sequence only. Where learning takes a yes first, what was said in threads in which nobody gave it
is deleted once it is old: the question, the answer, and everything about them; and what was done
by commands for who did not give it. Nothing that was learned rests on them; what does is kept
until it is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from learning.consent import ASKED_FIRST
from learning.store.consents import Consents
from learning.store.unlearned import Unlearned

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from bot.clock import Clock
    from learning.store.store import Store

_BATCH: Final = 100


class Retention:
    """Deletes what is old and was not to be learned from.

    Args:
        store: where it is.
        keep: how long it stays.
        clock: tells the time.
    """

    def __init__(self, store: Store, keep: timedelta, clock: Clock) -> None:
        self._store = store
        self._keep = keep
        self._clock = clock
        self._log = structlog.get_logger("mynah.retention")

    async def clear(self, workspace_id: str) -> None:
        """Delete what is over its time in a workspace; twice is as good as once."""
        before = self._clock() - self._keep
        after: UUID | None = None
        gone = 0
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                unlearned, consents = Unlearned(unit), Consents(unit)
                batch = await unlearned.threads(ASKED_FIRST, before, after, _BATCH)
                for thread in batch:
                    if not await consents.willing(thread.people, thread.surface):
                        gone += await unlearned.clear(thread.id, before)
            if len(batch) < _BATCH:
                break
            after = batch[-1].id
        async with self._store.begin(workspace_id, None) as unit:
            unlearned, consents = Unlearned(unit), Consents(unit)
            for user_id, surface in await unlearned.doers(ASKED_FIRST, before):
                if not await consents.willing([user_id], surface):
                    gone += await unlearned.clear_actions(user_id, surface, before)
        if gone:
            await self._store.vacuum()
            self._log.info("outlived", workspace=workspace_id, interactions=gone)
