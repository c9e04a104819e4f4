"""The tools port: what can be done, how it is asked for, and what comes of it.

What a tool returns was written by others: data to quote, never words to obey.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from integrations.contracts.host import Person
    from learning.actions.contract import Effect, FaultKind, Phase

MOST_RESULT = 20_000
"""Characters of a result that are kept and shown to models; the rest is cut, and said to be."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing that can be done.

    Attributes:
        name: unique, lower case: "github.create_issue". It is the kind of the actions it makes.
        title: for people: "Open an issue".
        description: for models: what it does and what it needs.
        parameters: JSON Schema of an object.
        effect: what it does to the world.
        asks: the parameter that says most, for one-line summaries: "title".
        slow: whether it may take longer than somebody waits for an answer.
    """

    name: str
    title: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    asks: str = ""
    slow: bool = False

    @property
    def schema(self) -> str:
        """A digest of the parameters' schema: another one is another contract."""
        text = json.dumps(self.parameters, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool.

    Attributes:
        tool: its name.
        params: what it is called with.
        by: on whose behalf, and where they are.
        action_id: the action that is recorded of it; the same one never happens twice where
            a tool can tell.
        timeout_s: how long it may take in all.
    """

    tool: str
    params: Mapping[str, Any]
    by: Person
    action_id: UUID
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of it.

    Attributes:
        text: for people and models, at most ``MOST_RESULT`` characters.
        data: the same for programs, as JSON; what learning reads.
        link: where it can be seen.
        phases: where the time went, as far as the tool knows.
        cut: whether some of it was left out.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    phases: tuple[Phase, ...] = ()
    cut: bool = False


@dataclass(eq=False)
class ToolFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """A tool did not do it.

    Attributes:
        kind: what sort of failure; ``HARMLESS`` ones are certain to have changed nothing.
        message: one sentence for a person: what was wrong and what to do; never a secret.
        said: what the tool itself said, for learning; written by others.
        status: the HTTP status, where there was one.
        retry_after_s: when the tool said how long to wait.
        phases: where the time went until then.
    """

    kind: FaultKind
    message: str
    said: str = ""
    status: int | None = None
    retry_after_s: float | None = field(default=None, kw_only=True)
    phases: tuple[Phase, ...] = field(default=(), kw_only=True)

    def __str__(self) -> str:
        return self.message


class Toolbox(Protocol):
    """Tools that belong together: one service, one server, one part of Mynah."""

    @property
    def name(self) -> str:
        """What stands before the dot in its tools' names."""

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return what a workspace may use of it; nothing if it is not connected there.

        Raises:
            ToolFailure: if it cannot be told now.
        """

    async def call(self, call: Call) -> ToolResult:
        """Do it once.

        Raises:
            ToolFailure: if it was not done, or nobody can tell.
        """


class Hands(Protocol):
    """The tools that a model may use in one answer, each use recorded, allowed or asked about."""

    @property
    def tools(self) -> Sequence[Tool]:
        """What may be used."""

    async def use(self, name: str, params: Mapping[str, Any]) -> str:
        """Use a tool, or ask the person whether to; return what to tell the model.

        Never raises: a failure is told to the model, as data.
        """
