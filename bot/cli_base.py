"""What every command of the command line shares: who speaks, how it prints, how it fails.

Errors are one sentence and an exit status, never a trace.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markdown import Markdown

from bot.settings import Settings
from bot.telemetry import configure_logging, configure_tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from integrations.contracts.host import CommandReply

User = Annotated[str, typer.Option(help="Who speaks.")]
Channel = Annotated[
    str | None, typer.Option(help="Speak in a channel that others read; private when left out.")
]
Workspace = Annotated[
    str | None,
    typer.Option(help="Whose: a Slack team's id, say; this machine's own when left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

OUT = Console()
ERR = Console(stderr=True)
USER = "you"
FAILED = 1


class Complaint(Exception):  # noqa: N818 - it is what a person is told
    """A command cannot be carried out; the message is what to tell the person."""


def settings_of(*, quiet: bool) -> Settings:
    """Return the settings, and set up logs and spans.

    Raises:
        Complaint: if something set is no good, with its name.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise Complaint(
            "\n".join(
                f"{'MYNAH_' + str(e['loc'][0]).upper() if e['loc'] else 'settings'}: "
                f"{e['msg'].removeprefix('Value error, ')}"
                for e in error.errors()
            )
        ) from None
    configure_logging("error" if quiet else settings.log_level)
    configure_tracing()
    return settings


def execute(main: Callable[[Settings], Coroutine[Any, Any, bool]], *, quiet: bool = True) -> None:
    """Run a command; turn what can go wrong into one sentence and an exit status."""
    from bot.errors import EXPECTED, sentence  # noqa: PLC0415 - loads every part

    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            succeeded = runner.run(main(settings_of(quiet=quiet)))
    except (Complaint, *EXPECTED) as error:
        ERR.print(sentence(error), style="red", highlight=False, markup=False)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if not succeeded:
        raise typer.Exit(FAILED)


def _loop() -> asyncio.AbstractEventLoop:
    """Return an event loop: libuv's, where there is one; a message costs a sixth less with it."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return asyncio.new_event_loop()
    return new_event_loop()


def say(sentence: str) -> None:
    """Show a sentence about what is going on."""
    ERR.print(sentence, style="dim", highlight=False, markup=False)


def print_json(data: Any) -> None:  # noqa: ANN401 - JSON
    """Print one JSON object."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def print_reply(reply: CommandReply, *, as_json: bool) -> bool:
    """Print a reply for people or for programs; return whether it did what was asked."""
    if as_json:
        print_json({"ok": reply.ok, **reply.data, **({} if reply.ok else {"error": reply.text})})
    else:
        (OUT if reply.ok else ERR).print(Markdown(reply.text))
    return reply.ok


def command(
    line: str, user: str, channel: str | None, *, as_json: bool, workspace: str | None = None
) -> None:
    """Run a command line of the table that every surface shares."""
    from bot.console import command as command_  # noqa: PLC0415 - keeps `mynah --help` quick

    async def main(settings: Settings) -> bool:
        reply = await command_(settings, line, user, channel, workspace)
        return print_reply(reply, as_json=as_json)

    execute(main)
