"""The command line: ``mynah``.

Every command opens the same parts as the server; several may run at once on
the same database.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markdown import Markdown

from bot.cli_actions import add_lines
from bot.cli_base import (
    ERR,
    OUT,
    USER,
    Channel,
    Json,
    User,
    Workspace,
    command,
    execute,
    print_json,
    print_reply,
    say,
)
from bot.cli_calendar import calendar
from bot.cli_learnings import learnings
from bot.cli_projects import connect, disconnect, projects
from bot.cli_routing import model, replay, seed
from bot.cli_slack import manifest
from bot.cli_tools import tools
from integrations.contracts.delivery import Button
from learning.roles import RoleName  # noqa: TC001 - the command line is built from the annotations

if TYPE_CHECKING:
    from bot.settings import Settings

cli = typer.Typer(
    help="An assistant that learns from what people do with its answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(learnings, name="learnings")
cli.add_typer(tools, name="tools")
for each in (model, seed, replay, manifest, connect, projects, disconnect, calendar):
    cli.command()(each)
add_lines(cli)


@cli.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8080,
    surface: Annotated[
        list[str] | None, typer.Option(help="Serve only these surfaces (may be repeated).")
    ] = None,
) -> None:
    """Start Mynah: the web page, every configured surface, and a worker."""
    from bot.serve import run_server  # noqa: PLC0415 - keeps `mynah --help` quick

    execute(lambda settings: run_server(settings, host, port, surface or [], say), quiet=False)


@cli.command()
def worker() -> None:
    """Add a worker on the same database, without a page."""
    from bot.serve import run_worker  # noqa: PLC0415 - as above

    execute(lambda settings: run_worker(settings, say), quiet=False)


@cli.command()
def ask(
    text: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    user: User = USER,
    channel: Channel = None,
    role: Annotated[RoleName | None, typer.Option(help="Ask this expert in particular.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Ask a question and print the answer with its sources."""
    from bot.console import ask as ask_  # noqa: PLC0415 - as above

    question = sys.stdin.read() if text == "-" else text

    async def main(settings: Settings) -> bool:
        shown = None if as_json else ERR
        answer = await ask_(settings, question, user, channel, shown, role, workspace)
        if as_json:
            print_json(answer)
        else:
            OUT.print(Markdown(answer["answer"]))
            for citation in answer["citations"]:
                OUT.print(
                    f"[{citation['mark']}] {citation['label']}",
                    style="dim",
                    highlight=False,
                    markup=False,
                )
            for line in _footer(answer):
                ERR.print(line, style="dim", highlight=False, markup=False, soft_wrap=True)
        return answer["outcome"] in {"answered", "fell_back", "declined", "asked", "acted"}

    execute(main)


def _footer(answer: dict[str, Any]) -> list[str]:
    """Return what stands under an answer: what it was taken to mean, by whom, how to go on."""
    from bot.console import pressed_with  # noqa: PLC0415 - keeps `mynah --help` quick

    if answer["outcome"] == "asked":
        return ['answer with: mynah ask 2 (or mynah ask "what you mean")']
    if answer["outcome"] == "acted":
        lines = pressed_with([Button(**each) for each in answer.get("buttons", ())])
        return [*lines, f"react: mynah react {answer['short_id']} 👍"]
    by = f"{answer['outcome']} by {answer['role']} ({answer['model']})"
    lines = [f"{by} · react: mynah react {answer['short_id']} 👍"]
    if answer.get("read_as"):
        others = [
            f"{n}: {reading['text']}"
            for n, reading in enumerate(answer["readings"], 1)
            if reading["id"] != answer["read_as"]
        ]
        taken = next(r["text"] for r in answer["readings"] if r["id"] == answer["read_as"])
        lines.insert(0, f"read as “{taken}”; mynah ask N for another: {'; '.join(others)}")
    return lines


@cli.command(context_settings={"ignore_unknown_options": True})
def react(
    interaction: Annotated[str, typer.Argument(help="The id shown under the answer.")],
    emoji: Annotated[str, typer.Argument(help="👍, 👎, +1, -1, heart, …")],
    user: User = USER,
    channel: Channel = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the reaction back.")] = False,
    as_json: Json = False,
) -> None:
    """React to an answer, or take a reaction back."""
    from bot.console import react as react_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        return print_reply(
            await react_(settings, interaction, emoji, user, channel, remove=remove),
            as_json=as_json,
        )

    execute(main)


@cli.command()
def ingest(
    location: Annotated[str, typer.Argument(metavar="PATH_OR_URL")],
    user: User = USER,
    private: Annotated[bool, typer.Option("--private", help="Only you may get it.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Read a file, a folder, a git checkout or a web page; read again only what changed."""
    from bot.console import ingest as ingest_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        report = await ingest_(
            settings,
            location,
            user,
            private=private,
            console=None if as_json else ERR,
            workspace=workspace,
        )
        if as_json:
            print_json(report)
        else:
            OUT.print(report["summary"], highlight=False, markup=False)
        return True

    execute(main)


@cli.command()
def sources(user: User = USER, workspace: Workspace = None, as_json: Json = False) -> None:
    """The folders, files and pages that were read."""
    command("sources", user, None, as_json=as_json, workspace=workspace)


@cli.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    from bot.console import migrate as migrate_  # noqa: PLC0415 - as above

    execute(lambda settings: migrate_(settings, say))


@cli.command()
def doctor(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Print a fresh encryption key.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Name what is missing, and how to mend it."""
    from bot.doctor import examine  # noqa: PLC0415 - as above
    from learning.store.cipher import Cipher  # noqa: PLC0415 - as above

    if new_key:
        sys.stdout.write(Cipher.new_key() + "\n")
        return

    async def main(settings: Settings) -> bool:
        findings = await examine(settings)
        if as_json:
            print_json(
                {"ok": all(f.ok for f in findings), "findings": [f.data() for f in findings]}
            )
        else:
            for finding in findings:
                mark, style = ("✓", "green") if finding.ok else ("✗", "red")
                OUT.print(
                    f"{mark} {finding.name}: {finding.sentence}",
                    style=style,
                    highlight=False,
                    markup=False,
                )
                if finding.mend:
                    OUT.print(f"  → {finding.mend}", highlight=False, markup=False)
        return all(finding.ok for finding in findings)

    execute(main)


@cli.command()
def stats(workspace: Workspace = None, as_json: Json = False) -> None:
    """How much is kept, and how turns ended."""
    from bot.console import stats as stats_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        return print_reply(await stats_(settings, workspace), as_json=as_json)

    execute(main)


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
