"""The maths expert: computes exactly what it recognises with certainty, and says no to the rest.

Decides whether a message is a problem it knows. SymPy itself lives in a worker
process, started with the first problem and killed when one takes too long,
because a thread cannot be stopped.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from integrations.contracts.model import (
    Finished,
    ModelDeclined,
    ModelTimeout,
    ModelUnavailable,
    Piece,
)
from integrations.models.offline.small_talk import small_talk
from integrations.models.offline.solver.recognise import recognise
from integrations.models.offline.solver.stories import tell
from integrations.models.offline.streaming import in_pieces

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

    from integrations.contracts.model import ModelRequest

START_S: Final = 30.0
"""Longest wait for the worker to start, in seconds; importing SymPy takes about one."""
CAN_DO: Final = (
    "I compute arithmetic and percentages, equations and systems, derivatives, integrals, limits, "
    "sums, matrices, primes and divisors, statistics of a list, and simple word problems; "
    "write it as a formula, such as `solve x^2 - 5x + 6 = 0`."
)
CONNECT: Final = (
    "For anything else connect a model: `MYNAH_ROLE_MATH=provider:model`, for instance "
    "`ollama:mathstral`."
)
_WORKER: Final = "integrations.models.offline.maths_worker"


class MathsExpert:
    """Solves mathematics with SymPy.

    Args:
        time_limit_s: the longest a problem may take; then its process is killed.
        command: how to start the worker; our own by default.
    """

    def __init__(
        self, *, time_limit_s: float = 5.0, command: tuple[str, ...] | None = None
    ) -> None:
        self._time_limit_s = time_limit_s
        # -P keeps the working directory, which may be anyone's, off the import path.
        self._command = command or (sys.executable, "-P", "-m", _WORKER)
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    @property
    def id(self) -> str:
        """``offline:math``."""
        return "offline:math"

    @property
    def streams_text(self) -> bool:
        """No: it computes, it cannot classify or summarise."""
        return False

    async def stream(self, request: ModelRequest) -> AsyncIterator[Piece | Finished]:
        """Answer line by line.

        Raises:
            ModelDeclined: if the message is no problem it knows for certain.
            ModelTimeout: if the problem takes too long.
            ModelUnavailable: if the worker cannot be started or keeps dying.
        """
        text, finished = await self.complete(request)
        for piece in in_pieces(text):
            yield Piece(piece)
        yield finished

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        """Answer at once; raises as ``stream`` does."""
        text = small_talk(request.question, "math") or await self._answer(request.question)
        return text, Finished(cost_usd=0.0, model=self.id, cited=())

    async def close(self) -> None:
        """Stop the worker, if there is one."""
        async with self._turn:
            await self._stop()

    async def _answer(self, question: str) -> str:
        story = tell(question)
        if story is not None:
            return story.markdown()
        # What is not recognised never wakes the worker.
        if recognise(question) is None:
            raise ModelDeclined(
                self.id, f"I can't read this as a problem I know for certain. {CAN_DO} {CONNECT}"
            )
        async with self._turn:
            reply = await self._ask(question)
        if "answer" in reply:
            return str(reply["answer"])
        why = str(reply.get("declined", "")) or "I can't solve this."
        raise ModelDeclined(self.id, f"{why} {CONNECT}")

    async def _ask(self, question: str) -> dict[str, Any]:
        """Ask the worker; a worker that dies is replaced once."""
        for _ in range(2):
            try:
                process = await self._started()
                return await self._exchange(process, question)
            except (ConnectionError, EOFError, ValueError):
                await self._stop()
            except TimeoutError:
                await self._stop()
                raise ModelTimeout(
                    self.id,
                    f"This takes longer than the {self._time_limit_s:g} seconds a problem may "
                    f"take; ask for something smaller. {CONNECT}",
                ) from None
            except BaseException:
                # Whoever waited is gone, and the worker's next line would answer the wrong one.
                await self._stop()
                raise
        raise ModelUnavailable(
            self.id, "The process that computes died twice on this; ask for something smaller"
        )

    async def _exchange(self, process: Process, question: str) -> dict[str, Any]:
        if process.stdin is None or process.stdout is None:
            raise EOFError
        async with asyncio.timeout(self._time_limit_s):
            process.stdin.write(json.dumps({"question": question}).encode() + b"\n")
            await process.stdin.drain()
            return _object(await process.stdout.readline())

    async def _started(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self._stop()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_environment(),
                limit=1 << 20,
            )
        except OSError as error:
            raise ModelUnavailable(
                self.id, f"The process that computes cannot be started: {error.strerror}"
            ) from error
        self._process = process
        if process.stdout is None:
            raise EOFError
        try:
            async with asyncio.timeout(START_S):
                _object(await process.stdout.readline())
        except TimeoutError:
            await self._stop()
            raise ModelUnavailable(
                self.id, f"The process that computes did not start within {START_S:g} seconds"
            ) from None
        return process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            # It keeps nothing that a gentler end would save, and may be deep in a computation.
            with suppress(ProcessLookupError):
                process.kill()
        # Reading to the end lets the transport close; a cancelled caller must not skip it.
        await asyncio.shield(process.communicate())


def _object(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise EOFError
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError(f"the worker said {value!r}")  # noqa: TRY004 - a broken worker, as JSON is
    return value


def _environment() -> dict[str, str]:
    """Return the least a Python needs: the worker has no business with our keys."""
    kept = {k: v for k, v in os.environ.items() if re.fullmatch(r"PATH|LANG|LC_.*|SYSTEMROOT", k)}
    root = str(Path(__file__).resolve().parents[3])
    # The packages stand beside each other, installed or not.
    return kept | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}
