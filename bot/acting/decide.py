"""What somebody decides about a proposal: yes, no, or yes with changes.

Sequence only. The row is held while it is decided, so that of two who press at once one decides
and the other is told what became of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from bot.acting.telling import BECAME, CANNOT_BE_KEPT, buttons_of, lines_of, params_from
from integrations.contracts.host import CommandReply
from learning.actions.redaction import holds_secret, redact
from learning.scope import person
from learning.store.actions import Actions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from uuid import UUID

    from bot.acting.execute import Executed
    from bot.acting.record import Records
    from bot.acting.telling import Telling
    from bot.clock import Clock
    from integrations.contracts.host import Person
    from integrations.contracts.tools import Tool
    from learning.actions.contract import Acted
    from learning.store.store import Store, Unit

Answer = Literal["accept", "reject", "change", "stop"]


class Deciding:
    """Takes in what people decide.

    Args:
        store: where proposals are.
        records: queues what follows.
        telling: takes the buttons away.
        waits: how long a proposal can be decided.
        clock: tells the time.
    """

    def __init__(
        self, store: Store, records: Records, telling: Telling, waits: timedelta, clock: Clock
    ) -> None:
        self._store = store
        self._records = records
        self._telling = telling
        self._waits = waits
        self._clock = clock

    async def decide(
        self, who: Person, action_id: UUID, verdict: Answer, text: str, tools: Sequence[Tool]
    ) -> tuple[CommandReply, bool]:
        """Return what to tell whoever decided, and whether it is to be done while they wait."""
        now = self._clock()
        async with self._store.begin(who.workspace_id, None) as unit:
            actions = Actions(unit)
            found = await actions.open(action_id, lock=True)
            if found is None:
                return CommandReply("There is no such action any more.", ok=False), False
            if (already := await self._already(unit, who, found[0])) is not None:
                return already, False
            acted, beside = found
            if verdict in {"reject", "stop"}:
                for_good = verdict == "stop" and bool(acted.after)
                decided = "never" if for_good else "asked"
                acted = replace(acted, status="rejected", decided=decided, decided_at=now)
                await self._end(unit, acted)
                words = f"I will not offer `{acted.kind}` after `{acted.after}` again."
                said = f"Left: it is not done. {words if for_good else ''}".rstrip()
                return CommandReply(said, _data(acted)), False
            if verdict == "change":
                tool = next((t for t in tools if t.name == acted.kind), None)
                changed = _changed(acted, tool, text)
                if isinstance(changed, CommandReply):
                    return changed, False
                acted = changed
            acted = replace(acted, status="approved", decided="asked", decided_at=now)
            await actions.settle(acted, {"proposed"}, beside)
            await self._telling.settled(unit, acted, _said_yes(who, acted))
            if acted.conversation_id is None:
                return CommandReply(BECAME["approved"], _data(acted)), True
            await self._records.perform_soon(unit, acted)
        return CommandReply("On it. I tell you what comes of it.", _data(acted)), False

    async def reply_of(self, executed: Executed | None) -> CommandReply:
        """Return what to tell of something that was done while somebody waited."""
        if executed is None:
            return CommandReply("It could not be done, or was done meanwhile.", ok=False)
        data = {"action": str(executed.action_id), "status": executed.status, **executed.data}
        return CommandReply(executed.text, data, ok=executed.ok, buttons=executed.buttons)

    async def _already(self, unit: Unit, who: Person, acted: Acted) -> CommandReply | None:
        """Return what to tell somebody who has nothing to decide here (any more)."""
        if not may_see(who, acted):
            return CommandReply("There is no such action any more.", ok=False)
        if refusal := _may_not(who, acted):
            return CommandReply(refusal, _data(acted), ok=False)
        if acted.status != "proposed":
            return CommandReply(BECAME[acted.status], _data(acted))
        if self._clock() - acted.created_at < self._waits:
            return None
        acted = replace(acted, status="expired", decided_at=self._clock())
        await self._end(unit, acted)
        return CommandReply(BECAME["expired"], _data(acted), ok=False)

    async def _end(self, unit: Unit, acted: Acted) -> None:
        """Close a proposal that is not done."""
        await Actions(unit).settle(replace(acted, params=redact(dict(acted.params))), {"proposed"})
        await self._telling.settled(unit, acted, BECAME[acted.status])
        await self._records.learn(unit, acted.id)


def may_see(who: Person, acted: Acted) -> bool:
    """Tell whether somebody may know of an action where they are."""
    if acted.user_id == who.user_id:
        return True
    if acted.audience.kind == "user":
        return acted.audience == person(who.user_id)
    if acted.audience.kind == "channel":
        return acted.audience.id == who.channel_id
    return not who.outsider


def _may_not(who: Person, acted: Acted) -> str:
    """Return why somebody may not decide about an action; empty if they may."""
    if acted.user_id == who.user_id or (who.admin and not who.outsider):
        return ""
    return "Somebody else asked for this: they decide, or an admin does."


def _changed(acted: Acted, tool: Tool | None, text: str) -> Acted | CommandReply:
    """Return a proposal with what a person changed of it, or what to tell them."""
    if not text.strip():
        words = (
            "Say what is to be different, one line each. As it stands:\n\n"
            f"```\n{lines_of(acted.params)}\n```"
        )
        return CommandReply(words, _data(acted), ok=False, buttons=buttons_of(acted))
    try:
        params = params_from(text, {} if tool is None else tool.parameters, acted.params)
    except ValueError as problem:
        return CommandReply(str(problem), _data(acted), ok=False, buttons=buttons_of(acted))
    if holds_secret(params):
        return CommandReply(CANNOT_BE_KEPT, _data(acted), ok=False, buttons=buttons_of(acted))
    required = () if tool is None else tool.parameters.get("required", ())
    if lacking := [f"`{name}`" for name in required if params.get(name) in (None, "")]:
        words = f"It needs {', '.join(lacking)}: say what that is to be."
        return CommandReply(words, _data(acted), ok=False, buttons=buttons_of(acted))
    changes: Mapping[str, Any] = {
        name: [acted.params.get(name), params.get(name)]
        for name in dict.fromkeys([*acted.params, *params])
        if acted.params.get(name) != params.get(name)
    }
    return replace(acted, params=params, changed=redact(dict(changes)))


def _said_yes(who: Person, acted: Acted) -> str:
    by = "" if who.user_id == acted.user_id else " by an admin"
    how = "Approved with changes" if acted.changed else "Approved"
    return f"{how}{by}."


def _data(acted: Acted) -> dict[str, Any]:
    return {"action": str(acted.id), "status": acted.status, "tool": acted.kind}
