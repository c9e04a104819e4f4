"""Keeps a reranker from making anybody wait.

Decides how many texts a reranker may read, from how fast it has been. Refuses to know
which model it is. What it cannot do in time is not done: the fused order stands.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from integrations.contracts.reranker import Reranker, RerankerFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_TEXTS: Final = 24
"""Texts read at most: what stands lower is seldom what was asked for."""
LIMIT_S: Final = 0.25
"""How long a turn waits for a reranker."""
FIRST_TEXTS: Final = 8
"""Texts read while nothing is known of the speed."""
HEADROOM: Final = 0.6
"""The part of the limit that is planned to be used: a machine is not always as fast."""
SMOOTHING: Final = 0.3
"""The weight of the latest call in the mean time per character."""
REST: Final = 16
"""Calls left out after one that was late with so few texts that fewer make no sense."""
FEWEST: Final = 4
"""Fewer texts are not worth reading: their order hardly changes what is recalled."""


class TimelyReranker:
    """Another reranker, within a time limit.

    Time is taken to grow with the characters read. After a late call half as many are
    read; where even ``FEWEST`` texts are late, the reranker rests for ``REST`` calls.
    A call that is given up goes on in its thread, so none is begun before it has ended.

    Args:
        inner: the reranker itself; closed with this one.
        clock: seconds that only go forward.
        limit_s: how long to wait.
        most: how many texts at most.
    """

    def __init__(
        self,
        inner: Reranker,
        clock: Callable[[], float],
        *,
        limit_s: float = LIMIT_S,
        most: int = MOST_TEXTS,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._limit_s = limit_s
        self._most = most
        self._seconds_per_char = 0.0
        self._resting = 0
        self._busy: asyncio.Future[list[float]] | None = None

    @property
    def id(self) -> str:
        """The reranker's own."""
        return self._inner.id

    async def open(self) -> None:
        """Load the model; see the port."""
        await self._inner.open()

    async def close(self) -> None:
        """Wait for what still runs, and close the reranker."""
        if self._busy is not None:
            with contextlib.suppress(RerankerFailure, asyncio.CancelledError):
                await self._busy
        await self._inner.close()

    def affordable(self, query: str, texts: Sequence[str]) -> int:
        """Return how many of the first texts can be read in time; 0 if too few."""
        if not self._seconds_per_char:
            return min(len(texts), FIRST_TEXTS, self._most)
        room = HEADROOM * self._limit_s / self._seconds_per_char
        count = 0
        for text in texts[: self._most]:
            room -= _size(query, [text])
            if room < 0:
                break
            count += 1
        return count if count >= min(FEWEST, len(texts)) else 0

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return scores of as many of the first texts as there is time for.

        Raises:
            RerankerFailure: if it took too long, still does, or rests after that.
        """
        if not texts:
            return []
        if self._busy is not None and not self._busy.done():
            raise RerankerFailure(f"{self.id} is still reading for an earlier question")
        if self._resting:
            self._resting -= 1
            if not self._resting:
                self._seconds_per_char = 0.0  # perhaps the machine is free again: try anew
            raise RerankerFailure(f"{self.id} was too slow and rests")
        count = self.affordable(query, texts)
        if not count:
            self._resting = REST
            raise RerankerFailure(f"{self.id} cannot read {FEWEST} texts in {self._limit_s:g} s")
        read = texts[:count]
        began = self._clock()
        self._busy = asyncio.ensure_future(self._inner.score(query, read))
        try:
            scores = await asyncio.wait_for(asyncio.shield(self._busy), self._limit_s)
        except TimeoutError:
            self._busy.add_done_callback(_heard)
            # Half as many next time: it took at least this long.
            self._learn(2 * HEADROOM * self._limit_s / _size(query, read), at_once=True)
            raise RerankerFailure(
                f"{self.id} did not read {count} texts in {self._limit_s:g} s"
            ) from None
        self._learn((self._clock() - began) / _size(query, read))
        return scores

    def _learn(self, seconds_per_char: float, *, at_once: bool = False) -> None:
        known = self._seconds_per_char
        if at_once or not known:
            self._seconds_per_char = max(known, seconds_per_char)
        else:
            self._seconds_per_char += SMOOTHING * (seconds_per_char - known)


def _size(query: str, texts: Sequence[str]) -> int:
    """Return how many characters are read; a model reads no more than 1,500 of a pair."""
    return sum(min(1_500, len(query) + len(text)) + 50 for text in texts)


def _heard(late: asyncio.Future[list[float]]) -> None:
    """Take note of a failure that nobody waits for any more."""
    if not late.cancelled():
        late.exception()
