"""The command ``tools``: what can be done here, what admins allow of it, and what is connected.

Sequence only. A token is taken in private alone, and never shown again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from bot.command import Command
from integrations.contracts.host import CommandReply
from integrations.contracts.tools import ToolFailure
from integrations.tools.outside import SourceInvalid, source_of
from learning.actions.seen import accepted
from learning.store.tool_sources import Rule, ToolRules, ToolSources, ruling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.acting.toolboxes import Look, Toolboxes
    from bot.clock import Clock
    from integrations.contracts.host import Person
    from integrations.contracts.tools import Tool
    from learning.store.store import Store

USAGE: Final = "tools [allow TOOL ask|auto|off | add NAME URL [TOKEN] | remove NAME]"
_EFFECTS: Final = {"reads": "reads", "own": "changes what I keep", "writes": "writes"}
_RULES: Final = {
    "": "asks first",
    "ask": "asks first",
    "auto": "may run by itself once I am sure",
    "off": "off",
}
_NOT_ADMIN: Final = "Only an admin decides which tools there are here."
_NOT_HERE: Final = (
    "Others read along here: write this to me in private. If there was a token in it, make a new "
    "one, and revoke that one."
)


class ToolCommands:
    """Answers ``tools``.

    Args:
        store: what is connected and allowed is there.
        toolboxes: lists what there is.
        clock: tells the time.
    """

    def __init__(self, store: Store, toolboxes: Toolboxes, clock: Clock) -> None:
        self._store = store
        self._toolboxes = toolboxes
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the rows of the table of commands."""
        return (Command("tools", USAGE, "What I can do here, and what is allowed.", self.run),)

    async def run(self, who: Person, rest: str) -> CommandReply:  # noqa: PLR0911 - one a word
        """Run ``tools`` with the rest of the line."""
        words = rest.split()
        match words:
            case [] | ["list"]:
                return await self.list(who)
            case ["test", name]:
                return await self.test(who, name.lower())
            case ["allow", tool, rule]:
                return await self.allow(who, tool.lower(), rule.lower())
            case ["add", _, _] | ["add", _, _, _] if not who.private:
                return CommandReply(_NOT_HERE, ok=False)
            case ["add", name, url, *token]:
                if len(token) < 2:  # noqa: PLR2004 - a token is one word
                    said = {"url": url.strip("<>"), "token": "".join(token)}
                    return await self.add(who, name.lower(), said)
            case ["remove", name]:
                return await self.remove(who, name.lower())
            case _:
                pass
        return CommandReply(f"It is used like this: `{USAGE}`.", ok=False)

    async def list(self, who: Person) -> CommandReply:
        """Say what there is, what it does, and what is allowed."""
        looks = await self._toolboxes.look(who.workspace_id)
        if who.outsider:  # what the workspace is connected with is for its own
            looks = [look for look in looks if look.kind == "own"]
        async with self._store.begin(who.workspace_id, None) as unit:
            rules = await ToolRules(unit).all()
        parts = [_described(look, rules) for look in looks]
        return CommandReply(
            "\n\n".join(parts) or "There are no tools here yet.",
            {"sources": [_data(look, rules) for look in looks]},
        )

    async def test(self, who: Person, name: str) -> CommandReply:
        """Say whether a source answers, and with what."""
        looks = {look.name: look for look in await self._toolboxes.look(who.workspace_id)}
        look = looks.get(name)
        if look is None or not who.admin:
            return CommandReply(
                f"There is no `{name[:60]}`: `tools` lists what there is.", ok=False
            )
        if look.failure is not None:
            said = f"\n\nIt said: {look.failure.said}" if look.failure.said and who.private else ""
            return CommandReply(f"{look.failure}{said}", _data(look, {}), ok=False)
        return CommandReply(_described(look, {}), _data(look, {}))

    async def allow(self, who: Person, tool: str, rule: str) -> CommandReply:
        """Decide about a tool, or about all of a source's."""
        if not who.admin:
            return CommandReply(_NOT_ADMIN, ok=False)
        if rule not in get_args(Rule):
            return CommandReply("Say `ask`, `auto` or `off`.", ok=False)
        looks = await self._toolboxes.look(who.workspace_id)
        names = {look.name for look in looks} | {x.name for look in looks for x in look.tools}
        if tool not in names:
            return CommandReply(
                f"There is no tool `{tool[:60]}`: `tools` lists what there is.", ok=False
            )
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            sources = ToolSources(unit)
            row = await sources.locked(tool.partition(".")[0])
            if row is not None:
                await sources.saw(row.name, accepted(row.seen, tool), now)
            await ToolRules(unit).put(tool, cast("Rule", rule), now)
        return CommandReply(f"`{tool}`: {_RULES[rule]}.", {"tool": tool, "rule": rule})

    async def add(self, who: Person, name: str, said: Mapping[str, Any]) -> CommandReply:
        """Connect a source, if it answers.

        Args:
            who: the person; what they may describe is for whoever calls to decide.
            name: what it is called.
            said: what it is described by.
        """
        if not who.admin:
            return CommandReply(_NOT_ADMIN, ok=False)
        if name in self._toolboxes.taken:
            return CommandReply(f"`{name}` is taken: choose another name.", ok=False)
        try:
            source = source_of(name, said)
            tools = await self._toolboxes.trial(name, source.kind, source.model_dump(mode="json"))
        except SourceInvalid as problem:
            return CommandReply(str(problem), ok=False)
        except ToolFailure as failure:
            return CommandReply(f"It was not added. {failure}", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            await ToolRules(unit).drop(name)
            body = source.model_dump(mode="json")
            await ToolSources(unit).put(name, source.kind, body, self._clock())
        listed = "\n".join(_line(tool, "") for tool in tools)
        return CommandReply(
            f"Added. It has:\n\n{listed}", {"added": name, "tools": [x.name for x in tools]}
        )

    async def remove(self, who: Person, name: str) -> CommandReply:
        """Take a source away, with its token and what was allowed of it."""
        if not who.admin:
            return CommandReply(_NOT_ADMIN, ok=False)
        if name in self._toolboxes.taken:
            return CommandReply(
                f"`{name}` belongs to how Mynah is set up: `tools allow {name} off` switches it "
                "off here.",
                ok=False,
            )
        async with self._store.begin(who.workspace_id, None) as unit:
            there = await ToolSources(unit).remove(name)
        if not there:
            return CommandReply(
                f"There is no `{name[:60]}`: `tools` lists what there is.", ok=False
            )
        return CommandReply(f"`{name}` is gone, with its token.", {"removed": name})


def _described(look: Look, rules: Mapping[str, Rule]) -> str:
    lines = [f"**{look.name}**"]
    if look.failure is not None:
        lines.append(f"_Not there now. {look.failure}_")
    lines += [
        _line(tool, ruling(rules, tool.name), look.changed.get(tool.name, ""))
        for tool in look.tools
    ]
    if look.gone:
        lines.append(f"_No longer there: {', '.join(look.gone)}._")
    return "\n".join(lines)


def _line(tool: Tool, rule: str, changed: str = "") -> str:
    free = tool.effect != "writes" and rule in {"", "auto"}
    state = "runs" if free else _RULES[rule]
    note = f"; changed on {changed}: `tools allow {tool.name} ask` takes it as it is now"
    return (
        f"- `{tool.name}` {tool.title} — {_EFFECTS[tool.effect]}, {state}{note if changed else ''}"
    )


def _data(look: Look, rules: Mapping[str, Rule]) -> dict[str, Any]:
    tools: Sequence[dict[str, Any]] = [
        {
            "name": tool.name,
            "title": tool.title,
            "effect": tool.effect,
            "rule": ruling(rules, tool.name),
            "changed": look.changed.get(tool.name, ""),
        }
        for tool in look.tools
    ]
    return {
        "name": look.name,
        "kind": look.kind,
        "ok": look.failure is None,
        "trouble": "" if look.failure is None else str(look.failure),
        "gone": list(look.gone),
        "tools": tools,
    }
