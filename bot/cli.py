"""The command line: ``mynah``.

Every command opens the same parts as the server; several may run at once on
the same database. Errors are one sentence and an exit status, never a trace.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path  # noqa: TC003 - the command line is built from the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markdown import Markdown

from bot.settings import Settings
from bot.telemetry import configure_logging, configure_tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from integrations.contracts.surface import CommandReply

cli = typer.Typer(
    help="An assistant that learns from what people do with its answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
learnings = typer.Typer(help="See, correct, take along or delete what was learned.")
cli.add_typer(learnings, name="learnings")

User = Annotated[str, typer.Option(help="Who speaks.")]
Channel = Annotated[
    str | None, typer.Option(help="Speak in a channel that others read; private when left out.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_out = Console()
_err = Console(stderr=True)
_USER = "you"
_FAILED = 1


class Complaint(Exception):  # noqa: N818 - it is what a person is told
    """A command cannot be carried out; the message is what to tell the person."""


def _settings(*, quiet: bool) -> Settings:
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


def _run(main: Callable[[Settings], Coroutine[Any, Any, bool]], *, quiet: bool = True) -> None:
    """Run a command; turn what can go wrong into one sentence and an exit status."""
    from bot.errors import EXPECTED, sentence  # noqa: PLC0415 - loads every part

    try:
        succeeded = asyncio.run(main(_settings(quiet=quiet)))
    except (Complaint, *EXPECTED) as error:
        _err.print(sentence(error), style="red", highlight=False, markup=False)
        raise typer.Exit(_FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if not succeeded:
        raise typer.Exit(_FAILED)


def _say(sentence: str) -> None:
    _err.print(sentence, style="dim", highlight=False, markup=False)


def _print_json(data: Any) -> None:  # noqa: ANN401 - JSON
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")


def _print_reply(reply: CommandReply, *, as_json: bool) -> bool:
    if as_json:
        _print_json({"ok": reply.ok, **reply.data, **({} if reply.ok else {"error": reply.text})})
    else:
        (_out if reply.ok else _err).print(Markdown(reply.text))
    return reply.ok


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

    _run(lambda settings: run_server(settings, host, port, surface or [], _say), quiet=False)


@cli.command()
def worker() -> None:
    """Add a worker on the same database, without a page."""
    from bot.serve import run_worker  # noqa: PLC0415 - as above

    _run(lambda settings: run_worker(settings, _say), quiet=False)


@cli.command()
def ask(
    text: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    user: User = _USER,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Ask a question and print the answer with its sources."""
    from bot.console import ask as ask_  # noqa: PLC0415 - as above

    question = sys.stdin.read() if text == "-" else text

    async def main(settings: Settings) -> bool:
        answer = await ask_(settings, question, user, channel, _err if not as_json else None)
        if as_json:
            _print_json(answer)
        else:
            _out.print(Markdown(answer["answer"]))
            for citation in answer["citations"]:
                _out.print(
                    f"[{citation['mark']}] {citation['label']}",
                    style="dim",
                    highlight=False,
                    markup=False,
                )
            _err.print(
                f"{answer['outcome']} by {answer['role']} ({answer['model']}) · "
                f"react: mynah react {answer['short_id']} 👍",
                style="dim",
                highlight=False,
                markup=False,
            )
        return answer["outcome"] in {"answered", "fell_back", "declined"}

    _run(main)


@cli.command(context_settings={"ignore_unknown_options": True})
def react(
    interaction: Annotated[str, typer.Argument(help="The id shown under the answer.")],
    emoji: Annotated[str, typer.Argument(help="👍, 👎, +1, -1, heart, …")],
    user: User = _USER,
    channel: Channel = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the reaction back.")] = False,
    as_json: Json = False,
) -> None:
    """React to an answer, or take a reaction back."""
    from bot.console import react as react_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        return _print_reply(
            await react_(settings, interaction, emoji, user, channel, remove=remove),
            as_json=as_json,
        )

    _run(main)


def _command(line: str, user: str, channel: str | None, *, as_json: bool) -> None:
    from bot.console import command  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        return _print_reply(await command(settings, line, user, channel), as_json=as_json)

    _run(main)


@learnings.command("list")
def list_(user: User = _USER, channel: Channel = None, as_json: Json = False) -> None:
    """What was learned from you."""
    _command("learnings", user, channel, as_json=as_json)


@learnings.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")], user: User = _USER, as_json: Json = False
) -> None:
    """One learning in full."""
    _command(f"show {id_}", user, None, as_json=as_json)


@learnings.command()
def why(
    id_: Annotated[str, typer.Argument(metavar="[ID]")] = "",
    user: User = _USER,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Why an answer came out as it did (the latest one without an id)."""
    _command(f"why {id_}", user, channel, as_json=as_json)


@learnings.command()
def correct(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    text: Annotated[str, typer.Argument()],
    user: User = _USER,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Put your answer in place of Mynah's."""
    _command(f"correct {id_} {text}", user, channel, as_json=as_json)


@learnings.command()
def forget(
    id_: Annotated[str, typer.Argument(metavar="ID")], user: User = _USER, as_json: Json = False
) -> None:
    """Delete a learning, or a question with its answer."""
    _command(f"forget {id_}", user, None, as_json=as_json)


@learnings.command("forget-me")
def forget_me(
    user: User = _USER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete everything Mynah has of you."""
    sure = yes or typer.confirm(f"Delete everything of {user}, for good?", err=True)
    if sure:
        _command("forget-me yes", user, None, as_json=as_json)


@learnings.command()
def export(
    user: User = _USER,
    to: Annotated[Path | None, typer.Option(help="Write to a file.")] = None,
    as_json: Json = False,
) -> None:
    """Everything Mynah has of you, as JSON."""
    from bot.console import command  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        reply = await command(settings, "export", user, None)
        if to is not None:
            text = json.dumps(reply.data["export"], ensure_ascii=False, default=str, indent=2)
            await asyncio.to_thread(to.write_text, text, "utf-8")
            return _print_reply(reply, as_json=as_json)
        _print_json({"ok": True, **reply.data} if as_json else reply.data["export"])
        return True

    _run(main)


@learnings.command()
def off(user: User = _USER, as_json: Json = False) -> None:
    """Stop learning from you."""
    _command("off", user, None, as_json=as_json)


@learnings.command()
def on(user: User = _USER, as_json: Json = False) -> None:
    """Learn from you again."""
    _command("on", user, None, as_json=as_json)


@cli.command()
def ingest(
    location: Annotated[str, typer.Argument(metavar="PATH_OR_URL")],
    user: User = _USER,
    private: Annotated[bool, typer.Option("--private", help="Only you may get it.")] = False,
    as_json: Json = False,
) -> None:
    """Read a file, a folder, a git checkout or a web page; read again only what changed."""
    from bot.console import ingest as ingest_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        report = await ingest_(
            settings, location, user, private=private, console=None if as_json else _err
        )
        if as_json:
            _print_json(report)
        else:
            _out.print(report["summary"], highlight=False, markup=False)
        return True

    _run(main)


@cli.command()
def sources(user: User = _USER, as_json: Json = False) -> None:
    """The folders, files and pages that were read."""
    _command("sources", user, None, as_json=as_json)


@cli.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    from bot.console import migrate as migrate_  # noqa: PLC0415 - as above

    _run(lambda settings: migrate_(settings, _say))


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
            _print_json(
                {"ok": all(f.ok for f in findings), "findings": [f.data() for f in findings]}
            )
        else:
            for finding in findings:
                mark, style = ("✓", "green") if finding.ok else ("✗", "red")
                _out.print(
                    f"{mark} {finding.name}: {finding.sentence}",
                    style=style,
                    highlight=False,
                    markup=False,
                )
                if finding.mend:
                    _out.print(f"  → {finding.mend}", highlight=False, markup=False)
        return all(finding.ok for finding in findings)

    _run(main)


@cli.command()
def stats(as_json: Json = False) -> None:
    """How much is kept, and how turns ended."""
    from bot.console import stats as stats_  # noqa: PLC0415 - as above

    async def main(settings: Settings) -> bool:
        return _print_reply(await stats_(settings), as_json=as_json)

    _run(main)


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
