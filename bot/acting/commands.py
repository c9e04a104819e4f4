"""The commands ``do``, ``action`` and ``actions``.

Sequence only. What they show is the person's own, or stands where they are.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from bot.acting.decide import may_see
from bot.acting.execute import Here, Wanted
from bot.acting.telling import BECAME, buttons_of, lines_of, value_of
from bot.command import Command
from bot.describe import short, suffix_of
from bot.readers import audience_here, readable_by
from integrations.contracts.host import CommandReply
from learning.actions.summary import listed, one_line
from learning.scope import may_tell
from learning.store.actions import Actions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from bot.acting.execute import Acting, Executed
    from bot.forget import Forgetting
    from integrations.contracts.host import Person
    from learning.actions.contract import Acted
    from learning.store.store import Store

_SHOWN: Final = 15
_LINE: Final = 100
_NAME: Final = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*=\s*")
_BARE: Final = re.compile(r"\S+")
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_USAGE: Final = "`do TOOL name=value …`"
_DECISIONS: Final = "`action accept|reject|change|stop|show|forget ID`"


class ActionCommands:
    """Answers ``do``, ``action`` and ``actions``.

    Args:
        store: where actions are.
        acting: does them.
        forgetting: deletes for real.
    """

    def __init__(self, store: Store, acting: Acting, forgetting: Forgetting) -> None:
        self._store = store
        self._acting = acting
        self._forgetting = forgetting

    def commands(self) -> tuple[Command, ...]:
        """Return their rows of the table of commands."""
        return (
            Command("do", "do TOOL name=value …", "Use a tool.", self.do),
            Command("actions", "actions", "What I did for you lately.", self.actions),
            Command(
                "action",
                "action accept|reject|change|stop|show|forget ID",
                "Decide about something I want to do, or look at it.",
                self.action,
            ),
        )

    async def use(self, who: Person, tool: str, params: Mapping[str, Any]) -> CommandReply:
        """Use a tool with parameters on behalf of a person who wants it in so many words."""
        here = Here(who, audience_here(who))
        return _reply(await self._acting.execute(here, Wanted(tool, params, "person")))

    async def do(self, who: Person, rest: str) -> CommandReply:
        """Use the tool that a line names."""
        name, _, given = rest.partition(" ")
        tools = {tool.name: tool for tool in await self._acting.tools(who)}
        tool = tools.get(name.lower())
        if tool is None:
            return CommandReply(
                f"Say which tool: {_USAGE}. `tools` lists what there is."
                if not name
                else f"There is no tool `{one_line(name, 80)}`. `tools` lists what there is.",
                ok=False,
            )
        try:
            params = arguments(given, tool.parameters)
        except ValueError as problem:
            names = ", ".join(f"`{each}`" for each in tool.parameters.get("properties", {}))
            return CommandReply(f"{problem} `{tool.name}` takes {names or 'nothing'}.", ok=False)
        return await self.use(who, tool.name, params)

    async def actions(self, who: Person, rest: str) -> CommandReply:
        """List the person's own latest actions that those who read along may know of."""
        del rest
        async with self._store.begin(who.workspace_id, None) as unit:
            found = await Actions(unit).log(who.user_id, limit=_SHOWN * 4)
        here = audience_here(who)
        shown = [each for each in found if may_tell(each.audience, here)][:_SHOWN]
        if not shown:
            return CommandReply("I have done nothing for you yet.", {"actions": []})
        return CommandReply(
            "\n".join(line_of(each) for each in shown),
            {"actions": [data_of(each) for each in shown]},
        )

    async def action(self, who: Person, rest: str) -> CommandReply:
        """Decide about an action, show it, or forget it."""
        verb, _, more = rest.partition(" ")
        parts = more.strip().split(None, 1)
        id_, text = parts[0] if parts else "", parts[1] if len(parts) > 1 else ""
        if verb not in {"accept", "reject", "change", "stop", "show", "forget"} or not id_:
            return CommandReply(f"Say what: {_DECISIONS}. `actions` lists them.", ok=False)
        acted = await self._find(who, id_)
        if acted is None:
            return CommandReply(
                f"There is no action `{one_line(id_, 40)}`, or it is not yours. "
                "`actions` lists them.",
                ok=False,
            )
        match verb:
            case "accept" | "reject" | "change" | "stop":
                return await self._acting.decide(who, acted.id, verb, text)
            case "forget":
                return await self._forget(who, acted)
            case _:
                buttons = buttons_of(acted) if acted.status == "proposed" else ()
                return CommandReply(in_full(acted), {"action": data_of(acted)}, buttons=buttons)

    async def _forget(self, who: Person, acted: Acted) -> CommandReply:
        if acted.user_id != who.user_id:
            return CommandReply("Somebody else wanted that; only they can delete it.", ok=False)
        await self._forgetting.action(who.workspace_id, who.user_id, acted.id)
        return CommandReply(
            "Forgotten: the action, and what was learned from it. What it did is done.",
            {"forgotten": str(acted.id)},
        )

    async def _find(self, who: Person, text: str) -> Acted | None:
        suffix = suffix_of(text)
        if not suffix:
            return None
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            ids: list[UUID] = await Actions(unit).resolve(suffix)
            found = await Actions(unit).load(ids) if len(ids) == 1 else []
        return next((each for each in found if may_see(who, each)), None)


def arguments(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read parameters from ``name=value …``, or from one JSON object.

    Raises:
        ValueError: with what is wrong.
    """
    text = text.strip()
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise ValueError("That is no JSON object.") from error
    properties = schema.get("properties", {})
    found: dict[str, Any] = {}
    at = 0
    while text[at:].strip():
        named = _NAME.match(text, at)
        if named is None:
            raise ValueError(f"Write `name=value`, not “{one_line(text[at:], 40)}”.")
        found[named[1]], at = _value(text, named.end(), properties.get(named[1]))
    return found


def _value(text: str, at: int, schema: Any) -> tuple[Any, int]:  # noqa: ANN401 - JSON
    """Return the value that begins at a place, and where it ends."""
    if quoted := _QUOTED.match(text, at):
        if quoted[1] is None:
            return quoted[2], quoted.end()
        try:
            return json.loads(quoted[0], strict=False), quoted.end()
        except ValueError:
            return quoted[1], quoted.end()
    if text[at : at + 1] in {"[", "{"}:
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
        except ValueError as error:
            raise ValueError(f"“{one_line(text[at:], 40)}” is no JSON.") from error
        return value, end
    bare = _BARE.match(text, at)
    if bare is None:
        return "", len(text)
    return value_of(bare[0], schema), bare.end()


def line_of(acted: Acted) -> str:
    """Return one line about an action."""
    took = "" if acted.time_ms is None else f" in {acted.time_ms / 1e3:.1f} s"
    what = listed(acted.params, 40)
    return (
        f"- `#{short(acted.id)}` {acted.created_at:%d %b %H:%M} **{acted.kind}** — "
        f"{acted.status}{took}" + (f": {one_line(what, _LINE)}" if what else "")
    )


def in_full(acted: Acted) -> str:
    """Return everything about one action."""
    parts = [f"**{acted.kind}** (`#{short(acted.id)}`)", BECAME[acted.status]]
    if acted.params:
        parts.append(f"```\n{lines_of(acted.params)}\n```")
    if text := str(acted.result.get("text", "")):
        parts.append(f"What came of it:\n\n> {one_line(text, 1_000)}")
    if link := acted.result.get("link"):
        parts.append(str(link))
    parts += [f"It failed ({e['kind']}): {one_line(str(e['text']), 300)}" for e in acted.errors]
    if acted.resolution is not None:
        parts.append("What was changed then made it work.")
    return "\n\n".join(parts)


def data_of(acted: Acted) -> dict[str, Any]:
    """Return an action for programs."""
    return {
        "id": str(acted.id),
        "tool": acted.kind,
        "origin": acted.origin,
        "status": acted.status,
        "decided": acted.decided,
        "params": dict(acted.params),
        "result": dict(acted.result),
        "errors": [dict(error) for error in acted.errors],
        "time_ms": acted.time_ms,
        "rating": acted.rating,
        "created_at": acted.created_at.isoformat(),
    }


def _reply(executed: Executed) -> CommandReply:
    data = {**executed.data, "status": executed.status, "link": executed.link}
    if executed.action_id is not None:
        data["action"] = str(executed.action_id)
    return CommandReply(executed.text, data, ok=executed.ok, buttons=executed.buttons)
