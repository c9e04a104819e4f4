"""Tools for a language model: what it is told of them, and what it does with them.

Decides under which names a provider knows them, and how what they return is put before the
model again. Refuses to know what a tool does and whether it may be used: the ``Hands`` do.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pydantic_ai.exceptions import ModelRequestRejectedError
from pydantic_ai.messages import ModelRequest, ToolCallPart, ToolReturnPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from integrations.models.prompt import returned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.profiles import ModelProfile

    from integrations.contracts.tools import Hands

MOST_ROUNDS: Final = 6
"""How often one answer may use tools; what it knows by then has to do."""
MOST_AT_ONCE: Final = 8
"""How many of them it may want in one breath."""
_MOST_NAME: Final = 64
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_NOT_TAKEN: Final = re.compile(r"\btools?\b|\bfunctions?\b|tool_choice|tool-call", re.IGNORECASE)
"""How servers say that a model, or they themselves, cannot use tools: Ollama, vLLM, llama.cpp."""


class Using:
    """What one answer does with tools.

    Args:
        hands: the tools, and the only way to them.
        instructions: what is said to the model beside every round.
    """

    def __init__(self, hands: Hands, instructions: str) -> None:
        self._hands = hands
        self._instructions = instructions or None
        self._names = _named([tool.name for tool in hands.tools])
        self._definitions = [
            ToolDefinition(
                name=wire,
                description=tool.description,
                parameters_json_schema=dict(tool.parameters),
                # Schemas come from others: few of them have the form that strictness wants.
                strict=False,
            )
            for wire, tool in zip(self._names, hands.tools, strict=True)
        ]

    def parameters(self) -> ModelRequestParameters:
        """Return what a request carries so that the model knows the tools."""
        return ModelRequestParameters(function_tools=list(self._definitions))

    async def use(self, calls: Sequence[ToolCallPart]) -> ModelRequest:
        """Use tools as the model wants them, one after another; return what to tell it."""
        parts = []
        for number, call in enumerate(calls):
            if number < MOST_AT_ONCE:
                ok, text = await self._one(call)
            else:
                ok, text = False, f"Not used: at most {MOST_AT_ONCE} at once. Ask again for it."
            parts.append(
                ToolReturnPart(
                    call.tool_name,
                    returned(call.tool_name, text),
                    call.tool_call_id,
                    outcome="success" if ok else "failed",
                )
            )
        return ModelRequest(parts=parts, instructions=self._instructions)

    async def _one(self, call: ToolCallPart) -> tuple[bool, str]:
        name = self._names.get(call.tool_name)
        if name is None:
            known = ", ".join(self._names)
            return False, f"There is no tool of that name. There are: {known}."
        try:
            params = call.args_as_dict(raise_if_invalid=True)
        except (ValueError, AssertionError):
            return False, "The arguments are no JSON object, so nothing was done. Write them anew."
        return True, await self._hands.use(name, params)


def calls_of(response: ModelResponse) -> list[ToolCallPart]:
    """Return the tools that a model wants used now."""
    return [part for part in response.parts if isinstance(part, ToolCallPart)]


def takes_tools(profile: ModelProfile) -> bool:
    """Return whether a model is known to use tools."""
    return bool(profile.get("supports_tools", True))


def refuses_tools(error: Exception) -> bool:
    """Return whether a server says that it is the tools that it does not take."""
    return isinstance(error, ModelRequestRejectedError) and bool(
        _NOT_TAKEN.search(f"{error.message} {error.body}")
    )


def total(responses: Sequence[ModelResponse]) -> RequestUsage:
    """Return what several rounds used together."""
    usage = RequestUsage()
    for response in responses:
        usage += response.usage
    return usage


def _named(names: Sequence[str]) -> dict[str, str]:
    """Return the name that every provider accepts of each tool, with the tool's own."""
    named: dict[str, str] = {}
    for name in names:
        wire = _NO_NAME.sub("_", name)[:_MOST_NAME]
        if wire in named or not wire:
            digest = sha256(name.encode()).hexdigest()[:8]
            wire = f"{wire[: _MOST_NAME - 9]}_{digest}"
        named[wire] = name
    return named
