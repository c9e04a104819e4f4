"""Leaving: a workspace that put us out is forgotten, once the platform says that it is so.

Sequence only: ask the platform, then erase. What an event says of it may be old, or may never
come; so an event only makes us ask, and once a day we ask of our own accord.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.queue import turn_queue
from learning.store.errors import WorkspaceErased
from learning.store.installations import KeptTokens, installed_workspaces
from learning.store.store import staying
from learning.store.workspaces import erase_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.queue import Queue
    from integrations.contracts.surface import Surface
    from learning.store.store import Store, Unit

_SETTLE_S: Final = 2
"""A platform says in several events, at once, that we are out; by then all have come."""


class Leaving:
    """Erases the workspaces that put us out.

    Args:
        store: where they are.
        queue: takes the jobs.
        surfaces: those of this process.
    """

    def __init__(self, store: Store, queue: Queue, surfaces: Mapping[str, Surface]) -> None:
        self._store = store
        self._queue = queue
        self._surfaces = surfaces
        self._log = structlog.get_logger("mynah.leaving")

    async def soon(self, surface: str, workspace_id: str, delay_s: int = _SETTLE_S) -> None:
        """See to it that the platform is asked; a workspace that is gone already stays so."""
        try:
            with staying():
                async with self._store.begin(workspace_id, None) as unit:
                    await self._queue.defer(
                        unit,
                        "leave",
                        queue=turn_queue(surface),
                        lock=f"leave:{workspace_id}",
                        once=f"leave:{surface}:{workspace_id}",
                        delay_s=delay_s,
                        workspace_id=workspace_id,
                        surface=surface,
                    )
        except WorkspaceErased:
            self._log.info("left_already", surface=surface)

    async def look_everywhere(self) -> None:
        """See to it that every workspace's platform is asked, one a second."""
        for surface in self._surfaces:
            workspaces = await installed_workspaces(self._store, surface)
            for number, workspace_id in enumerate(workspaces):
                await self.soon(surface, workspace_id, _SETTLE_S + number)

    async def leave(self, workspace_id: str, surface: str) -> None:
        """Erase a workspace, unless the platform still lets us in, or does so again meanwhile.

        Raises:
            DeliveryFailure: if the platform cannot tell now; the queue tries again.
        """

        async def let_in(unit: Unit) -> datetime | None:
            kept = await KeptTokens(unit).find(surface)
            return None if kept is None else kept.installed_at

        async def sure(unit: Unit) -> bool:
            return await let_in(unit) == before

        async with self._store.begin(workspace_id, None) as unit:
            before = await let_in(unit)
        if await self._surfaces[surface].holds(workspace_id):
            self._log.info("still_let_in", surface=surface)
            return
        if await erase_workspace(self._store, workspace_id, sure):
            self._log.info("workspace_left", surface=surface)

    async def give_up(self, workspace_id: str, surface: str) -> None:
        """Say that a platform could not be asked; the next day it is asked again."""
        del workspace_id
        self._log.warning("not_known_whether_left", surface=surface)
