"""The process in which SymPy lives: one question a line in, one answer a line out.

Speaks JSON lines: ``{"question": …}`` → ``{"answer": …}`` or ``{"declined": …}``.
It is stopped from outside when a question takes too long; should its parent be
gone by then, its own alarm stops it.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Final

MEMORY_BYTES: Final = 1_500_000_000
"""Address space; more is a question gone wrong."""
ALARM_S: Final = 30
"""Longest question, in seconds, if nobody stops it before."""
IDLE_S: Final = 900
"""A worker that is not asked gives its memory back after so many seconds."""
MAX_INT_DIGITS: Final = 50_000
"""Digits of a whole number that may be written out; Python's own limit is lower."""
MAX_ANSWER: Final = 8_000
"""Characters of the longest answer."""


def answer(question: str) -> dict[str, str]:
    """Solve one question.

    Returns:
        ``{"answer": Markdown}``, or ``{"declined": sentence}`` where the reason
        is known, or an empty ``declined`` where the question was not recognised.
    """
    from integrations.models.offline.solver.problem import Unsolved  # noqa: PLC0415 - see below
    from integrations.models.offline.solver.recognise import recognise  # noqa: PLC0415 - see below
    from integrations.models.offline.solver.solve import solve  # noqa: PLC0415 - loads SymPy

    problem = recognise(question)
    if problem is None:
        return {"declined": ""}
    try:
        text = solve(problem).markdown()
    except Unsolved as unsolved:
        return {"declined": str(unsolved)}
    except MemoryError:
        return {"declined": "The computation needs more memory than it may take."}
    except Exception as error:  # noqa: BLE001 - SymPy raises anything; the person gets a sentence
        return {"declined": f"I recognised the problem but could not solve it ({_kind(error)})."}
    if len(text) > MAX_ANSWER:
        return {"declined": "The result is too long to be of use."}
    return {"answer": text}


def _kind(error: Exception) -> str:
    return "no method is known for it" if isinstance(error, NotImplementedError) else "it failed"


def main() -> None:
    """Answer lines until standard input ends."""
    _limit_memory()
    sys.set_int_max_str_digits(MAX_INT_DIGITS)
    import integrations.models.offline.solver.solve  # noqa: F401, PLC0415 - half a second, once

    print(json.dumps({"ready": True}), flush=True)  # noqa: T201 - the protocol
    _alarm(IDLE_S)
    for line in sys.stdin:
        _alarm(ALARM_S)
        reply = answer(str(json.loads(line)["question"]))
        print(json.dumps(reply), flush=True)  # noqa: T201 - the protocol
        _alarm(IDLE_S)


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    main()
