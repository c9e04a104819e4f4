"""``mynah tools``: what can be done, what is allowed, and what is connected.

The functions become commands in ``bot.cli``. Programs are connected here alone: who runs commands
on this machine can do anything to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_base import USER, Complaint, Json, User, Workspace, command, execute, print_reply
from bot.settings import environment

if TYPE_CHECKING:
    from bot.settings import Settings

tools = typer.Typer(help="What Mynah can do, and what it may.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What stands before the dot: search.")]


@tools.command("list")
def list_(user: User = USER, workspace: Workspace = None, as_json: Json = False) -> None:
    """What there is, what it does, and what is allowed."""
    command("tools", user, None, as_json=as_json, workspace=workspace)


@tools.command()
def allow(
    tool: Annotated[str, typer.Argument(help="A tool, or all of a source: search.find, search.")],
    rule: Annotated[str, typer.Argument(help="ask, auto or off.")],
    user: User = USER,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Decide whether a tool asks first, may run by itself, or is off."""
    command(f"tools allow {tool} {rule}", user, None, as_json=as_json, workspace=workspace)


@tools.command()
def remove(
    name: Name, user: User = USER, workspace: Workspace = None, as_json: Json = False
) -> None:
    """Take a source away, with its token."""
    command(f"tools remove {name}", user, None, as_json=as_json, workspace=workspace)


@tools.command(context_settings={"ignore_unknown_options": True})
def add(
    name: Name,
    where: Annotated[list[str], typer.Argument(help="An address, or a program with arguments.")],
    token_from: Annotated[
        str, typer.Option(help="The variable of the environment that holds the token.")
    ] = "",
    env: Annotated[
        list[str] | None,
        typer.Option(help="A variable of the environment that the program gets."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Offer only these tools.")] = None,
    private: Annotated[
        bool, typer.Option("--private", help="The address may be inside a private network.")
    ] = False,
    user: User = USER,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Connect an MCP server: a program on this machine, or an address."""
    from bot.acting.adding import add_here  # noqa: PLC0415 - keeps `mynah --help` quick

    async def main(settings: Settings) -> bool:
        said: dict[str, Any] = {"only": only or [], "private": private}
        if where[0].startswith(("http://", "https://")) and len(where) == 1:
            said |= {"url": where[0], "token": _variable(token_from) if token_from else ""}
        else:
            said |= {"command": where[0], "args": where[1:]}
            said["env"] = {each: _variable(each) for each in env or []}
        reply = await add_here(settings, name.lower(), said, user, workspace)
        return print_reply(reply, as_json=as_json)

    execute(main)


@tools.command("test")
def examine(
    name: Name, user: User = USER, workspace: Workspace = None, as_json: Json = False
) -> None:
    """Ask a source for its tools now."""
    command(f"tools test {name}", user, None, as_json=as_json, workspace=workspace)


def _variable(name: str) -> str:
    value = environment().get(name)
    if value is None:
        raise Complaint(f"{name} is not set in the environment: set it, and try again.")
    return value
