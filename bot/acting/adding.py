"""``mynah tools add``: connects a source for whoever runs commands on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot import clock
from bot.acting.connected import given_by, openers
from bot.acting.tool_commands import ToolCommands
from bot.acting.toolboxes import Toolboxes
from bot.app import open_database
from bot.configured import LOCAL
from bot.console import UnknownWorkspace, person_of
from learning.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings import Settings
    from integrations.contracts.host import CommandReply


async def add_here(
    settings: Settings, name: str, said: Mapping[str, Any], user: str, workspace: str | None
) -> CommandReply:
    """Connect a source for whoever runs commands on this machine."""
    async with (
        open_database(settings, lambda _: None) as (conninfo, cipher),
        Store(conninfo, cipher) as store,
    ):
        known = await store.workspace_ids()
        if workspace is not None and workspace not in known:
            raise UnknownWorkspace(workspace, sorted({LOCAL, *known}))
        toolboxes = Toolboxes(store, (), given_by(settings), openers(settings), clock.now)
        who = person_of(user, None, workspace or LOCAL)
        return await ToolCommands(store, toolboxes, clock.now).add(who, name, said)
