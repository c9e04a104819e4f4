"""The command line about what Mynah does, and when: actions, the board, reminders, your week.

The functions become commands in ``bot.cli``. Each hands its line to the table that every surface
shares, so that whatever a button says can be typed here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli_base import USER, Channel, Json, User, Workspace, command

if TYPE_CHECKING:
    from collections.abc import Callable

LINES: Final = (
    ("do", "Use a tool: mynah do post.message to=me text='Good morning'."),
    ("action", "Decide about something that waits for a yes, or look at it."),
    ("actions", "What was done for you lately."),
    ("task", "Put something on the board, move it, see how it went."),
    ("tasks", "The board: what is to do."),
    ("remind", "Be reminded of something, once."),
    ("reminders", "What you are still to be reminded of."),
    ("insights", "What your own work looks like, for you alone."),
    ("did", "Say what you did: mynah did deep coding 90m well."),
    ("when", "The best time for something: mynah when deep coding 90m by friday."),
    ("progress", "How far your week is known."),
    ("habits", "When you usually do what."),
    ("nudges", "Whether, and how, you want to be written to first."),
    ("zone", "The time zone your week is told in."),
)
"""Commands that are typed here as anywhere else, with what they are for."""

_Words = Annotated[list[str] | None, typer.Argument(metavar="WORDS")]


def add_lines(cli: typer.Typer) -> None:
    """Put the commands where ``mynah --help`` lists them."""
    for name, summary in LINES:
        settings = {"ignore_unknown_options": True}
        cli.command(name, help=summary, context_settings=settings)(_runs(name))


def _runs(name: str) -> Callable[..., None]:
    def run(
        words: _Words = None,
        user: User = USER,
        channel: Channel = None,
        workspace: Workspace = None,
        as_json: Json = False,
    ) -> None:
        said = [_quoted(word) for word in words or []] if name == "do" else words or []
        command(" ".join([name, *said]), user, channel, as_json=as_json, workspace=workspace)

    return run


def _quoted(word: str) -> str:
    """Return ``name=some words`` with the quotes that the shell took away."""
    name, equals, value = word.partition("=")
    bare = not equals or value[:1] in {"[", "{"} or not any(c.isspace() for c in value)
    return word if bare else f"{name}={json.dumps(value, ensure_ascii=False)}"
