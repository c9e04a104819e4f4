from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.reranker import RerankerFailure
from integrations.rerankers.timely import FIRST_TEXTS, MOST_TEXTS, REST, TimelyReranker

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = ["x" * 449] * 100  # 500 characters a pair, with the question and what a pair costs


class Paced:
    """Takes a given time a text by its own clock; ``stuck`` waits until it is let go."""

    id = "paced"

    def __init__(self, per_text: float = 0.0) -> None:
        self.per_text = per_text
        self.now = 0.0
        self.read: list[int] = []
        self.stuck = asyncio.Event()
        self.stuck.set()
        self.closed = False

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self.closed = True

    async def score(self, query: str, texts: Sequence[str]) -> list[float]:
        assert query == "q"
        self.read.append(len(texts))
        self.now += self.per_text * len(texts)
        await self.stuck.wait()
        return [1.0] * len(texts)


async def test_as_many_are_read_as_there_is_time_for() -> None:
    inner = Paced(per_text=0.0099)
    timely = TimelyReranker(inner, lambda: inner.now, limit_s=0.25)
    for _ in range(3):
        await timely.score("q", TEXTS)
    assert inner.read == [FIRST_TEXTS, 15, 15]  # 60 % of 0.25 s at 9.9 ms a text
    inner.per_text = 0.0001
    for _ in range(20):
        await timely.score("q", TEXTS)
    assert inner.read[-1] == MOST_TEXTS
    assert len(await timely.score("q", TEXTS)) == MOST_TEXTS


async def test_fewer_are_read_as_it_gets_slower() -> None:
    inner = Paced(per_text=0.01)
    timely = TimelyReranker(inner, lambda: inner.now, limit_s=0.25)
    await timely.score("q", TEXTS)
    inner.per_text = 0.02
    for _ in range(20):
        await timely.score("q", TEXTS)
    assert inner.read[-1] == 7


async def test_a_late_one_is_not_waited_for_and_reads_less_next_time() -> None:
    inner = Paced()
    timely = TimelyReranker(inner, lambda: inner.now, limit_s=0.01)
    inner.stuck.clear()
    with pytest.raises(RerankerFailure, match="did not read 8 texts"):
        await timely.score("q", TEXTS)
    with pytest.raises(RerankerFailure, match="still reading"):
        await timely.score("q", TEXTS)
    assert inner.read == [FIRST_TEXTS]
    inner.stuck.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(await timely.score("q", TEXTS)) == FIRST_TEXTS // 2
    await timely.close()
    assert inner.closed


async def test_one_that_is_always_late_rests_and_is_tried_again() -> None:
    inner = Paced(per_text=1.0)
    timely = TimelyReranker(inner, lambda: inner.now, limit_s=0.25)
    await timely.score("q", TEXTS)
    for _ in range(1 + REST):
        with pytest.raises(RerankerFailure):
            await timely.score("q", TEXTS)
    assert inner.read == [FIRST_TEXTS]
    inner.per_text = 0.001
    assert len(await timely.score("q", TEXTS)) == FIRST_TEXTS


async def test_nothing_is_read_for_nothing() -> None:
    inner = Paced()
    assert await TimelyReranker(inner, lambda: 0.0).score("q", []) == []
    assert inner.read == []
