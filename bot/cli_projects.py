"""The command line about projects: connect, projects, disconnect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_base import ERR, OUT, USER, Json, User, Workspace, command, execute, print_json

if TYPE_CHECKING:
    from bot.settings import Settings


def connect(
    location: Annotated[str, typer.Argument(metavar="PATH_OR_REPOSITORY")],
    user: User = USER,
    private: Annotated[bool, typer.Option("--private", help="Only you may get it.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Read a project as a whole, and follow it from then on."""
    from bot.console_projects import connect as connect_  # noqa: PLC0415 - keeps `--help` quick

    async def main(settings: Settings) -> bool:
        told: dict[str, Any] = await connect_(
            settings,
            location,
            user,
            private=private,
            console=None if as_json else ERR,
            workspace=workspace,
        )
        if as_json:
            print_json(told)
        else:
            (OUT if told["ok"] else ERR).print(told["text"], highlight=False, markup=False)
        return bool(told["ok"])

    execute(main)


def projects(user: User = USER, workspace: Workspace = None, as_json: Json = False) -> None:
    """The projects that are followed, and what is known of them."""
    command("projects", user, None, as_json=as_json, workspace=workspace)


def disconnect(
    project: Annotated[str, typer.Argument(help="The id that `projects` shows.")],
    user: User = USER,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Forget a project."""
    command(f"disconnect {project}", user, None, as_json=as_json, workspace=workspace)
