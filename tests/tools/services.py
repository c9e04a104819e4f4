"""Toolboxes in front of stand-ins, and clocks that nobody waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from integrations.contracts.host import Person
from integrations.contracts.tools import Call, ToolFailure
from learning.store.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.tools import ToolResult
    from integrations.tools.boxed import Boxed

ADA = Person("w1", "ada", "console")


@dataclass(slots=True)
class Time:
    """A clock that moves when somebody sleeps."""

    now: float = 1_780_000_000.0
    slept: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass(slots=True)
class Used:
    """A toolbox, and a short way to use it."""

    box: Boxed
    time: Time

    async def do(
        self, tool: str, action_id: UUID | None = None, timeout_s: float = 30.0, **params: Any
    ) -> ToolResult:
        call = Call(f"{self.box.name}.{tool}", params, ADA, action_id or new_id(), timeout_s)
        return await self.box.call(call)

    async def fails(self, tool: str, action_id: UUID | None = None, **params: Any) -> ToolFailure:
        try:
            done = await self.do(tool, action_id, **params)
        except ToolFailure as failed:
            return failed
        raise AssertionError(done)


def secret(text: str) -> SecretStr:
    return SecretStr(text)
