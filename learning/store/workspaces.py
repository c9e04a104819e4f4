"""The end of a workspace: everything that was kept of it goes, for good.

Decides nothing about when. Nobody else is in the workspace while its rows go, and whoever
knew it finds out at their next transaction; see ``Store.begin``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, text

from learning.store.approximate import drop_indexes_of
from learning.store.errors import WorkspaceErased
from learning.store.store import staying
from learning.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from learning.store.store import Store, Unit

_DROP_JOBS: Final = text(
    # The one that runs is the one that erases, or finds out soon that there is nothing to do.
    "DELETE FROM procrastinate_jobs WHERE args->>'workspace_id' = :ws AND status <> 'doing'"
)


async def erase_workspace(
    store: Store, workspace_id: str, sure: Callable[[Unit], Awaitable[bool]]
) -> bool:
    """Delete every row of a workspace, its indexes and its waiting jobs; return whether it was so.

    Once more is harmless, and ends what an earlier attempt left unfinished.

    Args:
        store: where it is.
        workspace_id: the workspace.
        sure: asked when nobody else is in the workspace any more, and nothing is deleted yet.
    """
    erased = False
    try:
        with staying():
            async with store.begin(workspace_id, None, alone=True) as unit:
                if not await sure(unit):
                    return False
                # Those that others belong to come last: nothing is left then to look for.
                for table in reversed(metadata.sorted_tables):
                    if "workspace_id" in table.c:
                        await unit.connection.execute(
                            delete(table).where(table.c.workspace_id == workspace_id)
                        )
                await unit.connection.execute(_DROP_JOBS, {"ws": workspace_id})
            erased = True
    except WorkspaceErased:
        pass
    # An index names the workspace, in a condition. One that is being built is waited for.
    await drop_indexes_of(store, workspace_id)
    await store.vacuum(everything=True)
    return erased
