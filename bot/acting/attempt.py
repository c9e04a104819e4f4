"""Calling a tool: in time, and once more where it is known what was wrong.

Sequence only: what would mend a call is decided in ``learning.actions.repair``, what may be mended
without asking in ``learning.actions.approval``. Refuses to know where any of it is recorded.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from integrations.contracts.tools import ToolFailure
from learning.actions.approval import technical
from learning.actions.contract import HARMLESS, Fault, Try
from learning.actions.demands import fits, properties
from learning.actions.lessons import changed, lessons
from learning.actions.presumed import presumes
from learning.actions.redaction import redact, redact_text, unmarked
from learning.actions.repair import repairs
from learning.actions.signature import signature
from learning.confidence import ASK, SUGGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.clock import Clock
    from integrations.contracts.tools import Call, Tool, ToolResult
    from learning.actions.contract import Phase
    from learning.actions.repair import Repair
    from learning.store.store import Unit

MOST_TRIES: Final = 3
_MENDABLE: Final = frozenset({"invalid", "not_found", "conflict"}) & HARMLESS
_SAID: Final = 1_000
_log = structlog.get_logger("mynah.acting")


class Kit(Protocol):
    """All tools of a workspace, whoever brings them."""

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return what is switched on."""

    async def call(self, call: Call) -> ToolResult:
        """Do it once.

        Raises:
            ToolFailure: if it was not done, or nobody can tell.
        """

    async def rule(self, unit: Unit, tool: str) -> str:
        """Return what admins said of a tool: "ask", "auto", "off", or nothing."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of calling a tool.

    Attributes:
        tries: each call, redacted.
        params: what was sent last, as it was.
        result: what came of it, if it worked.
        failure: why not, if it did not.
        notes: what was mended on the way, in words.
        offer: what may mend it, to ask about.
        resolution: what made it work after a failure, as data.
        time_ms: of all calls together.
    """

    tries: tuple[Try, ...]
    params: Mapping[str, Any]
    result: ToolResult | None
    failure: ToolFailure | None
    time_ms: float
    notes: tuple[str, ...] = ()
    offer: Repair | None = None
    resolution: Mapping[str, Any] | None = None

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Where the time went."""
        over = self.result or self.failure
        return () if over is None else over.phases

    def errors(self) -> tuple[Mapping[str, Any], ...]:
        """Return the faults on the way, as data."""
        return tuple(
            {"kind": t.fault.kind, "text": t.fault.text, "status": t.fault.status}
            for t in self.tries
            if t.fault is not None
        )


async def attempt(
    kit: Kit,
    tool: Tool,
    call: Call,
    asked: Mapping[str, Any],
    earlier: Sequence[Try],
    clock: Clock,
    *,
    mends: Try | None = None,
) -> Tried:
    """Call a tool until it works, or nothing is known that would mend the call.

    Args:
        kit: where the tool is.
        tool: which one.
        call: with what.
        asked: the parameters as they were wanted, before anything was filled in.
        earlier: what was tried before, oldest first.
        clock: tells the time.
        mends: a failed try that this call is to put right.
    """
    tries: list[Try] = []
    notes: list[str] = []
    resolution: Mapping[str, Any] | None = None
    began = perf_counter()
    while True:
        result, failure, ms = await _once(kit, call)
        made = _try(tool, asked, call.params, failure, ms, call.action_id, clock)
        failed = tries[-1] if tries else mends
        if result is not None and failed is not None:
            learned = lessons(unmarked(failed.params), unmarked(made.params))
            made = replace(made, lessons=tuple(redact(each.as_data()) for each in learned))
            resolution = {
                "signature": failed.fault.signature if failed.fault else "",
                "lessons": list(made.lessons),
            }
        tries.append(made)
        mended = (
            None if failure is None else _mended(tool, call, asked, made, [*earlier, *tries], clock)
        )
        if mended is None or mended[1] is False or len(tries) == MOST_TRIES:
            break
        call = replace(call, params=dict(mended[0].params))
        notes += [each.said() for each in mended[0].lessons]
    return Tried(
        tries=tuple(tries),
        params=call.params,
        result=result,
        failure=failure,
        time_ms=(perf_counter() - began) * 1e3,
        notes=tuple(notes),
        offer=None if mended is None else mended[0],
        resolution=resolution,
    )


async def _once(kit: Kit, call: Call) -> tuple[ToolResult | None, ToolFailure | None, float]:
    began = perf_counter()
    result, failure = None, None
    try:
        async with asyncio.timeout(call.timeout_s):
            result = await kit.call(call)
    except ToolFailure as problem:
        failure = problem
    except TimeoutError:
        failure = ToolFailure("timeout", f"It did not answer within {call.timeout_s:.0f} seconds.")
    except Exception as error:  # noqa: BLE001 - whatever a tool raises, people wait for an answer
        # The type, not the text: an error's words may quote somebody's.
        _log.warning("tool_broke", tool=call.tool, error=type(error).__name__)
        failure = ToolFailure("broken", "It failed in a way that it should not.")
    return result, failure, (perf_counter() - began) * 1e3


def _try(
    tool: Tool,
    asked: Mapping[str, Any],
    params: Mapping[str, Any],
    failure: ToolFailure | None,
    ms: float,
    action_id: UUID,
    clock: Clock,
) -> Try:
    sent = redact(dict(params))
    fault = None
    if failure is not None:
        said = redact_text(failure.said or failure.message, _SAID)
        fault = Fault(failure.kind, said, failure.status, signature(said, sent))
    return Try(
        kind=tool.name,
        asked=redact(dict(asked)) if changed(asked, params) else sent,
        params=sent,
        ok=failure is None,
        at=clock(),
        fault=fault,
        schema=tool.schema,
        time_ms=ms,
        learned_from=action_id,
    )


def _mended(
    tool: Tool,
    call: Call,
    asked: Mapping[str, Any],
    made: Try,
    tries: Sequence[Try],
    clock: Clock,
) -> tuple[Repair, bool] | None:
    """Return what may mend a failed call, and whether that needs no question; or nothing."""
    fault = made.fault
    if fault is None or fault.kind not in _MENDABLE:
        return None
    sent = [each.params for each in tries if each.learned_from == call.action_id]
    found = [
        repair
        for repair in repairs(
            dict(call.params), fault, tool.parameters, tries, clock(), asked=asked
        )
        if redact(dict(repair.params)) not in sent
        and repair.confidence >= ASK
        and (repair.source != "guess" or _likely(repair.params, tool, fault))
    ]
    for repair in found:
        known = repair.source == "history" and repair.confidence >= SUGGEST
        known = known and not any(presumes(each, tool.parameters) for each in repair.lessons)
        if known and (
            tool.effect != "writes" or technical(call.params, repair.params, tool.parameters)
        ):
            return repair, True
    return (found[0], False) if found else None


def _likely(params: Mapping[str, Any], tool: Tool, fault: Fault) -> bool:
    """Tell whether a guess is worth a question: the tool says it takes such parameters."""
    known = properties(tool.parameters)
    fitting = all(fits(value, known[name]) for name, value in params.items() if name in known)
    return fitting and fault.kind == "invalid"
