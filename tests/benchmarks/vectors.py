"""Vectors from the product's own embedder, kept on disk between runs if a folder is given."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from integrations.contracts.embedder import Embedder


class KeptVectors:
    """Embeds lists of texts.

    Args:
        embedder: open.
        folder: where vectors are kept; nowhere if ``None``.
    """

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        self._embedder = embedder
        self._folder = folder

    async def of(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return unit rows, one a text."""
        kept = self._file(texts, query=query)
        if kept is not None and kept.exists():
            found: NDArray[np.float32] = np.load(kept)
            return found
        made = await self._embedder.embed(texts, query=query)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, made)
        return made

    def _file(self, texts: Sequence[str], *, query: bool) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(f"{self._embedder.name}\0{query}".encode())
        for text in texts:
            digest.update(b"\0" + text.encode())
        return self._folder / f"{digest.hexdigest()[:32]}.npy"
