"""Taking a calendar from a file on this machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot import clock
from bot.app import open_database
from bot.configured import LOCAL
from bot.console import UnknownWorkspace, person_of
from bot.habits.calendars import Calendaring, guarded
from bot.habits.zones import zone_of_person
from integrations.calendars.busy import MOST_BYTES
from integrations.contracts.host import CommandReply
from learning.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


async def take_file(
    settings: Settings, path: Path, user: str, workspace: str | None
) -> CommandReply:
    """Keep when somebody is busy by a file; what fails is told, not raised."""
    try:
        data = await asyncio.to_thread(_read, path)
    except OSError as error:
        return CommandReply(f"{path} cannot be read: {error.strerror}.", ok=False)
    async with (
        open_database(settings, lambda _: None) as (conninfo, cipher),
        Store(conninfo, cipher) as store,
    ):
        known = await store.workspace_ids()
        if workspace is not None and workspace not in known:
            raise UnknownWorkspace(workspace, sorted({LOCAL, *known}))
        who = person_of(user, None, workspace or LOCAL)
        return await Calendaring(store, guarded, zone_of_person, clock.now).take_file(who, data)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
