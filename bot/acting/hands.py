"""The tools that a model may use in one answer.

Every use goes the one way of all actions: allowed, or proposed to the person, recorded and
learned from. Decides what the model is told of it, and that nothing is done twice in one answer,
whichever model wants it. Refuses to know who the model is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.acting.wanted import Wanted
from bot.telemetry import span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.acting.execute import Acting
    from bot.acting.wanted import Executed, Here
    from integrations.contracts.surface import Live
    from integrations.contracts.tools import Tool

MOST_PROPOSED: Final = 3
"""What one answer asks the person to decide about at most."""

_PROPOSED: Final = (
    "Proposed to the person, and not done: they see exactly this below your answer, with buttons "
    "to decide. Do not ask for it again, and do not say that it is done.\n\n{text}"
)
_ENOUGH: Final = (
    "Not proposed: the person has enough to decide about already. Tell them what else you would do."
)
_BROKE: Final = "It failed in a way that it should not, and nobody knows more. Go on without it."
_log = structlog.get_logger("mynah.hands")


class AnswerHands:
    """The ``Hands`` of one answer.

    Args:
        acting: does what is wanted.
        here: on whose behalf, and where.
        tools: what the model gets to see.
        live: where the person sees what is going on.
    """

    def __init__(self, acting: Acting, here: Here, tools: Sequence[Tool], live: Live) -> None:
        self._acting = acting
        self._here = here
        self._tools = {tool.name: tool for tool in tools}
        self._live = live
        self._said: dict[str, str] = {}
        self.proposed: list[Executed] = []
        """What the person has to decide about."""

    @property
    def tools(self) -> Sequence[Tool]:
        """What may be used."""
        return tuple(self._tools.values())

    async def use(self, name: str, params: Mapping[str, Any]) -> str:
        """Use a tool, or ask the person whether to; return what to tell the model."""
        tool = self._tools.get(name)
        if tool is None:
            return f"There is no tool of that name. There are: {', '.join(self._tools)}."
        key = f"{name} {json.dumps(params, sort_keys=True, default=str)}"
        if key not in self._said:
            await self._live.status(f"Using {tool.title}…")
            with span("mynah.tool", {"mynah.tool": name}):
                self._said[key] = await self._use(tool, params)
        return self._said[key]

    async def _use(self, tool: Tool, params: Mapping[str, Any]) -> str:
        if tool.effect == "writes" and len(self.proposed) >= MOST_PROPOSED:
            return _ENOUGH
        try:
            executed = await self._acting.execute(self._here, Wanted(tool.name, params, "model"))
        except Exception as error:  # noqa: BLE001 - a model is told, whatever went wrong
            _log.warning("tool_failed", tool=tool.name, error=type(error).__name__)
            return _BROKE
        # From here on what a tool said stands before the model.
        self._here = replace(self._here, tainted=True)
        if executed.status == "proposed":
            self.proposed.append(executed)
            return _PROPOSED.format(text=executed.text)
        return executed.text
