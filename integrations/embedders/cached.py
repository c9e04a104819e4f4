"""Remembers the vectors of recent texts.

Decides which vectors to keep. Refuses to keep a text: rows are found by a
digest, so that nothing that people said stays behind here.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from integrations.contracts.embedder import Embedder


class CachedEmbedder:
    """An embedder that asks another one only for what it has not seen lately.

    Args:
        inner: does the work.
        capacity: vectors kept; the least recently used go first. A vector of
            3,072 dimensions takes 12 KB.
    """

    def __init__(self, inner: Embedder, capacity: int = 1024) -> None:
        if capacity < 1:
            raise ValueError(f"a cache for {capacity} vectors keeps none: give at least 1")
        self._inner = inner
        self._capacity = capacity
        self._rows: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    @property
    def name(self) -> str:
        """The inner embedder's name: the vectors are the same."""
        return self._inner.name

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._inner.dimension

    async def open(self) -> None:
        """Open the inner embedder."""
        await self._inner.open()

    async def close(self) -> None:
        """Forget everything and close the inner embedder."""
        self._rows.clear()
        await self._inner.close()

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit rows as the inner embedder does; see the port."""
        keys = [_key(text, query) for text in texts]
        found: dict[bytes, NDArray[np.float32]] = {}
        missing: dict[bytes, str] = {}
        for key, text in zip(keys, texts, strict=True):
            row = self._rows.get(key)
            if row is None:
                missing[key] = text
            else:
                self._rows.move_to_end(key)
                found[key] = row
        if missing:
            rows = await self._inner.embed(list(missing.values()), query=query)
            for key, row in zip(missing, rows, strict=True):
                found[key] = row
                # A copy: a view would keep the whole batch in memory.
                self._rows[key] = row.copy()
            while len(self._rows) > self._capacity:
                self._rows.popitem(last=False)
        if not keys:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([found[key] for key in keys])


def _key(text: str, query: bool) -> bytes:
    side = b"q" if query else b"p"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=side).digest()
