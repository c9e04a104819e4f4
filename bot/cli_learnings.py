"""``mynah learnings``: see, correct, take along or delete what was learned."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path  # noqa: TC003 - the command line is built from the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_base import (
    USER,
    Channel,
    Json,
    User,
    Workspace,
    command,
    execute,
    print_json,
    print_reply,
)

if TYPE_CHECKING:
    from bot.settings import Settings

learnings = typer.Typer(help="See, correct, take along or delete what was learned.")


@learnings.command("list")
def list_(user: User = USER, channel: Channel = None, as_json: Json = False) -> None:
    """What was learned from you."""
    command("learnings", user, channel, as_json=as_json)


@learnings.command()
def me(user: User = USER, channel: Channel = None, as_json: Json = False) -> None:
    """What is known of you, how you like answers, and when you are asked."""
    command("me", user, channel, as_json=as_json)


@learnings.command()
def remember(
    text: Annotated[str, typer.Argument()], user: User = USER, as_json: Json = False
) -> None:
    """Keep something about you or your work."""
    command(f"remember {text}", user, None, as_json=as_json)


@learnings.command()
def knowledge(
    topic: Annotated[str, typer.Argument(metavar="[TOPIC]")] = "",
    user: User = USER,
    channel: Channel = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What is known, by topic and by where it is from."""
    command(f"knowledge {topic}", user, channel, as_json=as_json, workspace=workspace)


@learnings.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")], user: User = USER, as_json: Json = False
) -> None:
    """One learning in full."""
    command(f"show {id_}", user, None, as_json=as_json)


@learnings.command()
def why(
    id_: Annotated[str, typer.Argument(metavar="[ID]")] = "",
    user: User = USER,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Why an answer came out as it did (the latest one without an id)."""
    command(f"why {id_}", user, channel, as_json=as_json)


@learnings.command()
def correct(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    text: Annotated[str, typer.Argument()],
    user: User = USER,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Put your answer in place of Mynah's."""
    command(f"correct {id_} {text}", user, channel, as_json=as_json)


@learnings.command()
def forget(
    id_: Annotated[str, typer.Argument(metavar="ID")], user: User = USER, as_json: Json = False
) -> None:
    """Delete a learning, or a question with its answer."""
    command(f"forget {id_}", user, None, as_json=as_json)


@learnings.command("forget-me")
def forget_me(
    user: User = USER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete everything Mynah has of you."""
    sure = yes or typer.confirm(f"Delete everything of {user}, for good?", err=True)
    if sure:
        command("forget-me yes", user, None, as_json=as_json)


@learnings.command()
def export(
    user: User = USER,
    to: Annotated[Path | None, typer.Option(help="Write to a file.")] = None,
    as_json: Json = False,
) -> None:
    """Everything Mynah has of you, as JSON."""
    from bot.console import command as command_  # noqa: PLC0415 - keeps `mynah --help` quick

    async def main(settings: Settings) -> bool:
        reply = await command_(settings, "export", user, None)
        if to is not None:
            text = json.dumps(reply.data["export"], ensure_ascii=False, default=str, indent=2)
            await asyncio.to_thread(to.write_text, text, "utf-8")
            return print_reply(reply, as_json=as_json)
        print_json({"ok": True, **reply.data} if as_json else reply.data["export"])
        return True

    execute(main)


@learnings.command()
def off(user: User = USER, as_json: Json = False) -> None:
    """Stop learning from you."""
    command("off", user, None, as_json=as_json)


@learnings.command()
def on(user: User = USER, as_json: Json = False) -> None:
    """Learn from you again."""
    command("on", user, None, as_json=as_json)
