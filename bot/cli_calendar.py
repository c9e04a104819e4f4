"""The command line about one's calendar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_base import USER, Json, User, Workspace, command, execute, print_reply

if TYPE_CHECKING:
    from bot.settings import Settings


def calendar(
    source: Annotated[
        str, typer.Argument(metavar="[FILE|ADDRESS|off|show]", help="An .ics file, or its address.")
    ] = "show",
    user: User = USER,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Let Mynah see when you are busy, and nothing else of your calendar."""
    from bot.console_calendar import take_file  # noqa: PLC0415 - keeps `mynah --help` quick

    if source in {"off", "show"} or "://" in source:
        command(f"calendar {source}", user, None, as_json=as_json, workspace=workspace)
        return

    async def main(settings: Settings) -> bool:
        reply = await take_file(settings, Path(source), user, workspace)
        return print_reply(reply, as_json=as_json)

    execute(main)
