"""The cache: asks for what is missing, keeps what was used, and never keeps a text."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from integrations.contracts.embedder import EmbedderFailure
from integrations.embedders.cached import CachedEmbedder
from integrations.embedders.hashing import HashingEmbedder, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Asked:
    """An embedder that notes what it is asked."""

    def __init__(self) -> None:
        self.inner = HashingEmbedder()
        self.name = self.inner.name
        self.dimension = self.inner.dimension
        self.calls: list[tuple[list[str], bool]] = []
        self.down = False
        self.is_open = False

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if self.down:
            raise EmbedderFailure("down: wait")
        self.calls.append((list(texts), query))
        return await self.inner.embed(texts)


async def test_only_misses_are_asked_for_and_each_once() -> None:
    inner = Asked()
    cached = CachedEmbedder(inner, 10)
    await cached.embed(["a word", "other"])
    rows = await cached.embed(["new", "a word", "new", "other", ""])
    assert [texts for texts, _ in inner.calls] == [["a word", "other"], ["new", ""]]
    np.testing.assert_array_equal(rows, vectors(["new", "a word", "new", "other", ""]))


async def test_questions_and_passages_are_apart() -> None:
    inner = Asked()
    cached = CachedEmbedder(inner, 10)
    await cached.embed(["text"])
    await cached.embed(["text"], query=True)
    assert inner.calls == [(["text"], False), (["text"], True)]


async def test_the_least_recently_used_goes_first() -> None:
    inner = Asked()
    cached = CachedEmbedder(inner, 2)
    for text in ("one", "two", "one", "three", "one", "two"):
        await cached.embed([text])
    assert [texts[0] for texts, _ in inner.calls] == ["one", "two", "three", "two"]


async def test_more_texts_than_fit_are_all_answered() -> None:
    cached = CachedEmbedder(Asked(), 2)
    texts = [f"text {i}" for i in range(9)]
    np.testing.assert_array_equal(await cached.embed(texts), vectors(texts))


async def test_changing_a_row_does_not_change_the_cache() -> None:
    cached = CachedEmbedder(Asked(), 2)
    (await cached.embed(["text"]))[:] = 0.0
    np.testing.assert_array_equal(await cached.embed(["text"]), vectors(["text"]))


async def test_a_failure_is_passed_on_and_not_remembered() -> None:
    inner = Asked()
    cached = CachedEmbedder(inner, 2)
    inner.down = True
    with pytest.raises(EmbedderFailure, match="down"):
        await cached.embed(["text"])
    inner.down = False
    assert (await cached.embed(["text"])).shape == (1, cached.dimension)


async def test_no_text_is_kept() -> None:
    cached = CachedEmbedder(HashingEmbedder(), 10)
    await cached.embed(["a very private text"])
    reached: list[object] = [cached]
    seen = {id(cached)}
    while reached:
        for held in gc.get_referents(reached.pop()):
            if id(held) not in seen and not isinstance(held, type) and len(seen) < 10_000:
                seen.add(id(held))
                reached.append(held)
                assert not (isinstance(held, str) and "private" in held)


async def test_it_stands_for_the_inner_one() -> None:
    inner = Asked()
    cached = CachedEmbedder(inner, 2)
    await cached.open()
    assert inner.is_open
    assert (cached.name, cached.dimension) == (inner.name, inner.dimension)
    assert (await cached.embed([])).shape == (0, inner.dimension)
    await cached.close()
    assert not inner.is_open
    with pytest.raises(ValueError, match="at least 1"):
        CachedEmbedder(inner, 0)
