"""``mynah manifest``: what to paste where an app for Slack is made.

The function becomes a command in ``bot.cli``.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.cli_base import ERR, FAILED, Json, print_json


def manifest(
    url: Annotated[
        str,
        typer.Option(
            help="Where Mynah is reached from outside, as https://HOST; then by HTTP, unless "
            "--socket."
        ),
    ] = "",
    socket: Annotated[
        bool | None,
        typer.Option(
            "--socket/--http",
            help="Slack reaches Mynah by a socket, without an address; or by HTTP at --url.",
        ),
    ] = None,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="For any number of workspaces; needs --url.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The manifest to make the app for Slack from."""
    from bot.manifest import HEAD, Way, as_yaml  # noqa: PLC0415 - keeps `mynah --help` quick
    from bot.manifest import manifest as manifest_  # noqa: PLC0415 - as above

    try:
        way = Way(url, not url if socket is None else socket, oauth)
    except ValueError as problem:
        ERR.print(str(problem), style="red", highlight=False, markup=False)
        raise typer.Exit(FAILED) from None
    made = manifest_(way)
    if as_json:
        print_json(made)
    else:
        sys.stdout.write(HEAD + as_yaml(made))
