"""Our commands as Discord shows them: which there are, what can be typed, and when they change.

Decides the shape of each command of Mynah's table here, and that Discord is told of them only
when it knows others. Who may use which is left to the admins of a guild. Refuses to know what a
command does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog
from discord import app_commands
from discord.app_commands import Choice, Command, CommandTree, Group, Range
from discord.http import Route

from integrations.surfaces.discord.pressing.words import named, word
from learning.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from integrations.contracts.host import CommandHelp
    from integrations.surfaces.discord.pressing.origins import Interaction
    from integrations.surfaces.discord.pressing.words import Words

    Complete = Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]
    Shape = Callable[["Gives", "CommandHelp"], Any]

ASK: Final = "ask"
MYNAH: Final = "mynah"
"""The command under which all those are that have none of their own."""
MOST_QUESTION: Final = 6_000
"""Characters that Discord takes for an option."""
_OWN: Final = frozenset(
    {
        "learnings",
        "why",
        "forget",
        "correct",
        "export",
        "habits",
        "nudges",
        "model",
        "do",
        "did",
        "remind",
        "task",
        "tasks",
    }
)
"""What is used often, and so is not below ``MYNAH``."""
MOST_BELOW: Final = 25
"""Commands that Discord takes below one; whatever comes after them stands alone too."""
_MOST_CHOICES: Final = 25
_MOST_LABEL: Final = 100
_EXPERTS: Final = [Choice(name=role.display_name, value=role.name) for role in ROLES]


class Gives(Protocol):
    """What becomes of commands, and what helps to type them."""

    async def ask(self, interaction: Interaction, text: str, expert: str, *, alone: bool) -> None:
        """Take a question; ``alone`` if only who asks is to see the answer."""

    async def command(self, interaction: Interaction, line: str) -> None:
        """Run a command, and show what it says to who gave it."""

    async def data(self, interaction: Interaction, line: str) -> Mapping[str, Any]:
        """Return what a command says to programs."""


def build(tree: CommandTree[Any], table: Sequence[CommandHelp], gives: Gives) -> None:
    """Put the commands of the table into a tree, and ``/ask`` first of all."""
    tree.add_command(_ask(gives))
    below: Group = Group(name=MYNAH, description=word(f"command.{MYNAH}"))
    for row in table:
        callback = _SHAPES.get(row.name, _shape_of(row))(gives, row)
        command: Command[Any, ..., Any] = Command(
            name=row.name, description=named(row.name, row.summary), callback=callback
        )
        if row.name in _OWN or len(below.commands) == MOST_BELOW:
            tree.add_command(command)
        else:
            below.add_command(command)
    tree.add_command(below)


async def tell_discord(tree: CommandTree[Any], words: Words) -> bool:
    """Tell Discord of our commands if it knows others; return whether it was told.

    Telling it costs it much: it takes two hundred new commands a day, and shows them to everybody
    anew. What it knows is asked with all languages, which the library's own way leaves out.
    """
    wanted = [await c.get_translated_payload(tree, words) for c in tree.get_commands()]
    application = tree.client.application_id
    route = Route(
        "GET",
        "/applications/{application_id}/commands?with_localizations=true",
        application_id=application,
    )
    known = await tree.client.http.request(route)
    if _in_order(known) == _in_order(wanted):
        return False
    await tree.sync()
    structlog.get_logger("mynah.discord").info("commands changed", count=len(wanted))
    return True


def _in_order(commands: Sequence[Mapping[str, Any]]) -> list[Any]:
    return sorted((_essence(each) for each in commands), key=lambda x: (x["type"], x["name"]))


def _essence(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a command, however Discord writes what was left out."""
    kept: dict[str, Any] = {"type": 1} | {
        key: value
        for key, value in command.items()
        if key in _MEANS and value not in (None, False, "", [], {})
    }
    for key in ("contexts", "integration_types"):
        if key in kept:
            kept[key] = sorted(kept[key])
    if "options" in kept:
        kept["options"] = [_essence(option) for option in kept["options"]]
    if "choices" in kept:
        kept["choices"] = [(choice["name"], choice["value"]) for choice in kept["choices"]]
    return kept


_MEANS: Final = frozenset(
    {
        "type",
        "name",
        "description",
        "name_localizations",
        "description_localizations",
        "options",
        "choices",
        "required",
        "autocomplete",
        "min_value",
        "max_value",
        "min_length",
        "max_length",
        "contexts",
        "integration_types",
        "nsfw",
    }
)
"""``default_member_permissions`` is not among them: admins decide that, and we say nothing."""


def _ask(gives: Gives) -> Command[Any, ..., Any]:
    @app_commands.describe(
        question=word("option.question"),
        private=word("option.private"),
        expert=word("option.expert"),
    )
    @app_commands.choices(expert=_EXPERTS)
    async def ask(
        interaction: Interaction,
        question: Range[str, 1, MOST_QUESTION],
        private: bool = False,
        expert: str = "",
    ) -> None:
        await gives.ask(interaction, question, expert, alone=private)

    return Command(name=ASK, description=word(f"command.{ASK}"), callback=ask)


def _bare(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401 - as the library types it
    async def bare(interaction: Interaction) -> None:
        await gives.command(interaction, row.name)

    return bare


def _wordy(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(text=word("option.text"))
    async def wordy(interaction: Interaction, text: str) -> None:
        await gives.command(interaction, f"{row.name} {text}")

    return wordy


def _perhaps(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(text=word("option.text"))
    async def perhaps(interaction: Interaction, text: str = "") -> None:
        await gives.command(interaction, f"{row.name} {text}".strip())

    return perhaps


def _pick(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    known = _sources(gives) if row.name == "forget-source" else _known(gives)

    @app_commands.describe(item=word("option.id"))
    @app_commands.rename(item="id")
    @app_commands.autocomplete(item=known)
    async def pick(interaction: Interaction, item: str) -> None:
        await gives.command(interaction, f"{row.name} {item}")

    return pick


def _why(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(item=word("option.id"))
    @app_commands.rename(item="id")
    @app_commands.autocomplete(item=_known(gives, answers=True))
    async def why(interaction: Interaction, item: str = "") -> None:
        await gives.command(interaction, f"{row.name} {item}".strip())

    return why


def _correct(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(item=word("option.id"), text=word("option.text"))
    @app_commands.rename(item="id")
    @app_commands.autocomplete(item=_known(gives))
    async def correct(interaction: Interaction, item: str, text: str) -> None:
        await gives.command(interaction, f"{row.name} {item} {text}")

    return correct


def _forget_me(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(sure=word("option.sure"))
    async def forget_me(
        interaction: Interaction,
        sure: bool = False,
    ) -> None:
        await gives.command(interaction, f"{row.name} yes" if sure else row.name)

    return forget_me


def _states(*states: str) -> Shape:
    """Return the shape of a command that tells how something is, or puts it into a state."""

    def shape(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
        @app_commands.describe(state=word("option.state"))
        @app_commands.choices(state=[Choice(name=each, value=each) for each in states])
        async def put(interaction: Interaction, state: str = "") -> None:
            await gives.command(interaction, f"{row.name} {state}".strip())

        return put

    return shape


def _model(gives: Gives, row: CommandHelp) -> Any:  # noqa: ANN401
    @app_commands.describe(
        does=word("option.does"),
        expert=word("option.expert"),
        where=word("option.where"),
        version=word("option.version"),
    )
    @app_commands.choices(
        does=[Choice(name=x, value=x) for x in ("pin", "ban", "free", "snapshots", "restore")],
        expert=_EXPERTS,
        where=[Choice(name=x, value=x) for x in ("here", "everywhere")],
    )
    async def model(
        interaction: Interaction,
        does: str = "",
        expert: str = "",
        where: str = "",
        version: Range[int, 1] | None = None,
    ) -> None:
        given = (row.name, does, expert, where, "" if version is None else str(version))
        await gives.command(interaction, " ".join(each for each in given if each))

    return model


def _known(gives: Gives, *, answers: bool = False) -> Complete:
    """Return what offers what is known of a person; or ``answers``, that it was learned from."""

    async def known(interaction: Interaction, current: str) -> list[Choice[str]]:
        data = await gives.data(interaction, "learnings")
        learned = [
            (x["learned_from"] if answers else x["id"], x["question"])
            for x in data.get("learnings", ())
        ]
        kept = [] if answers else [(x["id"], x["text"]) for x in data.get("memories", ())]
        return _offer([*learned, *kept], current)

    return known


def _sources(gives: Gives) -> Complete:
    async def sources(interaction: Interaction, current: str) -> list[Choice[str]]:
        data = await gives.data(interaction, "sources")
        return _offer([(x["id"], x["location"]) for x in data.get("sources", ())], current)

    return sources


def _offer(known: Sequence[tuple[str, str]], current: str) -> list[Choice[str]]:
    """Return what fits what was typed so far, by its words or the end of its id."""
    typed = current.casefold().strip().lstrip("#")
    fit = dict.fromkeys((i, t) for i, t in known if typed in t.casefold() or typed in i)
    return [Choice(name=_label(item, text), value=item) for item, text in list(fit)[:_MOST_CHOICES]]


def _label(item: str, text: str) -> str:
    label = f"#{item.replace('-', '')[-_SHORT:]} {' '.join(text.split())}"
    return label if len(label) <= _MOST_LABEL else label[: _MOST_LABEL - 1].rstrip() + "…"


def _shape_of(row: CommandHelp) -> Shape:
    """Return the shape of a command that is told nowhere else, by its usage."""
    rest = row.usage.removeprefix(row.name).strip()
    if not rest:
        return _bare
    return _perhaps if rest.startswith("[") else _wordy


_SHORT: Final = 8
_SHAPES: Final[Mapping[str, Shape]] = {
    "show": _pick,
    "forget": _pick,
    "forget-source": _pick,
    "why": _why,
    "correct": _correct,
    "forget-me": _forget_me,
    "nudges": _states("on", "off"),
    "learning": _states("here on", "here off"),
    "model": _model,
}
