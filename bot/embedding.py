"""Vectors for questions and for what is remembered, and what to do when they fail.

A turn never waits for an embedder that is down: words alone then find what
they can, and the vectors are made up for later.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import structlog

from integrations.contracts.embedder import EmbedderFailure
from learning.passages import windows
from learning.store.approximate import index_vectors
from learning.store.contents import Contents
from learning.store.index import RecallIndex
from learning.store.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from integrations.contracts.embedder import Embedder
    from learning.store.store import Store

_BATCH = 64


def parts_of(text: str, embedder: str) -> tuple[str, ...]:
    """Return what of a text gets a vector each.

    Feature hashing reads texts whole, and finds them better whole: a window shares fewer
    letters with a question than all of the text does.
    """
    return (text,) if embedder.startswith("hashing:") else windows(text)


class Embedding:
    """One embedder, and its name beside every vector."""

    def __init__(self, embedder: Embedder, store: Store) -> None:
        self._embedder = embedder
        self._store = store
        self._log = structlog.get_logger("mynah.embedding")

    @property
    def name(self) -> str:
        """Name of the embedder."""
        return self._embedder.name

    async def query(self, text: str) -> NDArray[np.float32] | None:
        """Return the vector of a question, or ``None`` when the embedder is down."""
        try:
            vectors = await self._embedder.embed([text], query=True)
        except EmbedderFailure as failure:
            self._log.warning("embedder_down", embedder=self.name, reason=str(failure))
            return None
        vector: NDArray[np.float32] = vectors[0]
        return vector

    async def passages(self, texts: Sequence[str]) -> list[NDArray[np.float32] | None]:
        """Return a matrix of shape (parts, dimension) a text, or ``None`` where it failed."""
        cut = [parts_of(text, self.name) for text in texts]
        try:
            vectors = await self._embedder.embed([part for parts in cut for part in parts])
        except EmbedderFailure as failure:
            self._log.warning("embedder_down", embedder=self.name, reason=str(failure))
            return [None] * len(texts)
        ends = itertools.accumulate(len(parts) for parts in cut)
        return [vectors[end - len(parts) : end] for parts, end in zip(cut, ends, strict=True)]

    async def catch_up_job(self, workspace_id: str) -> None:
        """Run ``catch_up`` as a job."""
        await self.catch_up(workspace_id)

    async def catch_up(self, workspace_id: str) -> int:
        """Embed what this embedder has not seen yet; return how much there was.

        Run after a change of embedder, and after an outage. Vectors of other
        embedders go once nothing is missing.
        """
        done = 0
        while True:
            async with self._store.begin(workspace_id, None) as unit:
                missing = await Vectors(unit).missing(self.name, _BATCH)
                texts = await Contents(unit).texts([id_ for id_, _, _ in missing])
            if not missing:
                break
            wanted = [(id_, audience) for id_, _, audience in missing if id_ in texts]
            vectors = await self.passages([texts[id_] for id_, _ in wanted])
            ready = {
                id_: (audience, vector)
                for (id_, audience), vector in zip(wanted, vectors, strict=True)
                if vector is not None
            }
            async with self._store.begin(workspace_id, None) as unit:
                index = RecallIndex(unit)
                await Vectors(unit).put(ready, self.name)
                # An item whose text is gone can never be embedded.
                await index.remove([id_ for id_, _, _ in missing if id_ not in texts])
            if wanted and not ready:
                return done  # down; the next run goes on
            done += len(ready)
        async with self._store.begin(workspace_id, None) as unit:
            await Vectors(unit).drop_others(keep=self.name)
        await index_vectors(self._store, workspace_id, self.name, self._embedder.dimension)
        return done
