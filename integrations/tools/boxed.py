"""A toolbox out of any toolset of pydantic-ai: functions of ours, MCP servers, others' packages.

Decides nothing about who may use a tool: it lists them with what they do to the world, calls them
within a time that is kept whatever they do, and turns what comes back into a bounded result or a
failure with a sentence. What a tool says of itself was written by others.

Functions of ours get the ``Call`` as their dependencies (``ctx.deps``), may return a
``ToolResult``, and raise ``ToolFailure``.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import structlog
from pydantic import ValidationError
from pydantic_ai.exceptions import ModelRetry, ToolFailed
from pydantic_ai.models import Model
from pydantic_ai.tools import RunContext
from pydantic_ai.usage import RunUsage

from integrations.contracts.tools import MOST_RESULT, Call, Tool, Toolbox, ToolFailure, ToolResult
from integrations.tools.faults import failure, of_words, wait_in
from integrations.tools.limits import MOST_DESCRIPTION, Limits, fit, readable, without
from learning.actions.redaction import redact, redact_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from pydantic_ai.toolsets import AbstractToolset, ToolsetTool

    from learning.actions.contract import Effect

    Explain = Callable[[BaseException, str, Effect], ToolFailure | None]

_NAME: Final = re.compile(r"[^a-z0-9_.-]+")
_MOST_NAME: Final = 64
_MOST_SCHEMA: Final = 50_000
_SMALL: Final = 20_000
_ANY: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a tool beside what it says of itself.

    Attributes:
        effect: what it does to the world; None leaves it to its own hints.
        title: for people: "Open an issue".
        asks: the parameter that says most.
        slow: whether it may take longer than somebody waits for an answer.
    """

    effect: Effect | None = None
    title: str = ""
    asks: str = ""
    slow: bool = False


class _Nobody(Model):
    """Stands where a toolset expects a model: none is asked here."""

    @property
    def model_name(self) -> str:
        return "none"

    @property
    def system(self) -> str:
        return "none"

    async def request(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - never called
        raise ToolFailure("not_allowed", "A tool may not ask a model here.")


class Boxed(Toolbox):
    """Offers the tools of a toolset.

    Args:
        name: what stands before the dot in its tools' names.
        toolset: whose tools they are.
        facts: what is known of them, by the toolset's own names.
        limits: what it may cost.
        who: the service, for people; the name if left out.
        only: the tools that are offered, by the toolset's own names; all when empty.
        secrets: what is taken out of everything it says, such as the token it is reached with,
            beside what looks like one.
        foreign: whether others made it: secrets are taken out of what it says, and a tool is
            looked at again before each call, and not called if it is not what was offered.
        explain: what the toolset's own exceptions amount to.
        close: ends what the toolset holds open.
    """

    def __init__(
        self,
        name: str,
        toolset: AbstractToolset[Any],
        facts: Mapping[str, Facts] | None = None,
        limits: Limits = Limits(),  # noqa: B008 - it cannot change
        *,
        who: str = "",
        only: Collection[str] = (),
        secrets: Sequence[str] = (),
        foreign: bool = False,
        explain: Explain | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._name = name
        self._toolset = toolset
        self._facts = facts or {}
        self._limits = limits
        self._who = who or name
        self._only = frozenset(only)
        self._secrets = secrets
        self._foreign = foreign
        self._explain = explain
        self._close = close
        self._offered: dict[str, tuple[Tool, ToolsetTool[Any]]] = {}
        self._abandoned: set[asyncio.Task[Any]] = set()

    @property
    def name(self) -> str:
        """What stands before the dot in its tools' names."""
        return self._name

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return what may be used of it.

        Raises:
            ToolFailure: if it cannot be told now.
        """
        del workspace_id  # who gave it to a workspace has decided that
        self._offered = await self._list()
        return [tool for tool, _ in self._offered.values()]

    async def call(self, call: Call) -> ToolResult:
        """Do it once.

        Raises:
            ToolFailure: if it was not done, or nobody can tell.
        """
        if call.tool not in self._offered:
            await self.tools(call.by.workspace_id)
        if call.tool not in self._offered:
            raise ToolFailure(
                "not_found", f"{self._who} has no tool {call.tool}: `tools` lists what there is."
            )
        tool, inner = self._offered[call.tool]
        if self._foreign:
            inner = await self._as_offered(tool)
        seconds = call.timeout_s if tool.slow else min(call.timeout_s, self._limits.call_s)
        value = await self._within(seconds, self._do(call, inner), tool.effect)
        return self._cleansed(await self._fit(value))

    async def close(self) -> None:
        """End what it holds open, and what was given up on."""
        for task in self._abandoned:
            task.cancel()
        if self._close is not None:
            await self._close()

    async def _as_offered(self, tool: Tool) -> ToolsetTool[Any]:
        """Return a tool as it is now, if it is what was offered."""
        found = (await self._list()).get(tool.name)
        if found is None:
            raise ToolFailure("not_found", f"{self._who} no longer has {tool.name}.")
        if found[0] != tool:
            raise ToolFailure(
                "not_allowed",
                f"{tool.name} is not what it was when it was offered, so it was not used: "
                "`tools` shows what it is now.",
            )
        return found[1]

    async def _list(self) -> dict[str, tuple[Tool, ToolsetTool[Any]]]:
        """Return the tools that there are now, by the names they are offered under."""
        found = await self._within(
            self._limits.start_s, self._toolset.get_tools(self._context(None)), "reads"
        )
        offered: dict[str, tuple[Tool, ToolsetTool[Any]]] = {}
        for raw, each in found.items():
            if self._only and raw not in self._only:
                continue
            tool = self._tool(raw, each)
            if tool is None or tool.name in offered:
                structlog.get_logger("mynah.tools").warning(
                    "a tool is not offered", source=self._name, why="name or parameters"
                )
            elif len(offered) < self._limits.most_tools:
                offered[tool.name] = (tool, each)
        return offered

    def _tool(self, raw: str, each: ToolsetTool[Any]) -> Tool | None:
        slug = _NAME.sub("_", raw.lower()).strip("_.-")[:_MOST_NAME]
        schema = each.tool_def.parameters_json_schema or _ANY
        if not slug or len(str(schema)) > _MOST_SCHEMA:
            return None
        facts = self._facts.get(raw, Facts())
        said = (each.tool_def.metadata or {}).get("annotations") or {}
        described = readable(each.tool_def.description or "")
        title = facts.title or readable(str(said.get("title") or "")) or slug.replace("_", " ")
        required = schema.get("required") or ()
        return Tool(
            f"{self._name}.{slug}",
            title[:80].splitlines()[0].capitalize() if title else slug,
            described[:MOST_DESCRIPTION],
            schema,
            facts.effect or _effect(said),
            facts.asks or (str(required[0]) if required else ""),
            facts.slow,
        )

    async def _do(self, call: Call, inner: ToolsetTool[Any]) -> object:
        context = self._context(call, inner.tool_def.name)
        try:
            params = inner.args_validator.validate_python(dict(call.params))
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'parameters'}: {each['msg']}"
                for each in error.errors(include_url=False, include_input=False)
            )
            raise ToolFailure("invalid", f"That does not fit {call.tool}: {said}.", said) from None
        return await self._toolset.call_tool(inner.tool_def.name, params, context, inner)

    async def _within(self, seconds: float, doing: Any, effect: Effect) -> Any:  # noqa: ANN401 - whatever it gives back
        """Return what comes of something, which is abandoned when its time is over.

        It is not waited for then: a tool that hangs may hang over being ended, too.
        """
        task = asyncio.ensure_future(doing)
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            if not task.done():
                self._abandoned.add(task)
                task.add_done_callback(self._settled)
                task.cancel()
        if not task.done():
            raise failure("timeout", self._who)
        try:
            return task.result()
        except asyncio.CancelledError:
            raise failure("timeout", self._who) from None
        except Exception as error:
            raise self._failed(error, effect) from error

    def _settled(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # nobody waits for it any more

    def _failed(self, error: Exception, effect: Effect) -> ToolFailure:
        if isinstance(error, ToolFailure):
            found = error
        elif self._explain is not None and (told := self._explain(error, self._who, effect)):
            found = told
        elif isinstance(error, ModelRetry | ToolFailed):
            said = readable(str(error.message))
            found = failure(of_words(said, effect), self._who, said, retry_after_s=wait_in(said))
        elif isinstance(error, TimeoutError):
            found = failure("timeout", self._who)
        elif isinstance(error, OSError):
            found = failure("unavailable", self._who)
        else:
            structlog.get_logger("mynah.tools").error(
                "a tool failed in a way that is not known",
                source=self._name,
                error=type(error).__name__,
            )
            found = failure("broken", self._who)
        return _told(found, self._secrets)

    async def _fit(self, value: object) -> ToolResult:
        try:
            if isinstance(value, str) and len(value) < _SMALL:
                return fit(value)
            return await asyncio.to_thread(fit, value)
        except ToolFailure as unreadable:
            raise _told(unreadable, self._secrets) from None

    def _cleansed(self, result: ToolResult) -> ToolResult:
        if not self._foreign:
            return result
        return replace(
            result,
            text=redact_text(without(self._secrets, result.text), MOST_RESULT),
            data=redact(_clean(self._secrets, result.data)),
            link=without(self._secrets, result.link),
        )

    def _context(self, call: Call | None, tool: str | None = None) -> RunContext[Any]:
        id_ = None if call is None else str(call.action_id)
        return RunContext(
            deps=call, model=_Nobody(), usage=RunUsage(), tool_name=tool, tool_call_id=id_
        )


def _effect(said: Mapping[str, Any]) -> Effect:
    """Return what a tool says that it does; who says nothing writes."""
    return "reads" if said.get("readOnlyHint") is True else "writes"


def _told(found: ToolFailure, secrets: Sequence[str]) -> ToolFailure:
    found.message = without(secrets, found.message)
    found.said = without(secrets, found.said)
    return found


def _clean(secrets: Sequence[str], data: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(data, str):
        return without(secrets, data)
    if isinstance(data, dict):
        return {without(secrets, key): _clean(secrets, each) for key, each in data.items()}
    return [_clean(secrets, each) for each in data] if isinstance(data, list) else data
