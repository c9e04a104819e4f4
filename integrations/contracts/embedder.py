"""The embedder port: texts in, unit vectors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class EmbedderFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """Texts could not be embedded; the message says why and what to do."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    @property
    def name(self) -> str:
        """Stored beside every vector, such as ``hashing:v1`` or ``openai:text-embedding-3-large``.

        Two embedders with the same name give the same vectors.
        """

    @property
    def dimension(self) -> int:
        """Length of each vector. Known after ``open``."""

    async def open(self) -> None:
        """Load or reach the model once, before the first ``embed``.

        Raises:
            EmbedderFailure: if it is not there; the message says how to mend it.
        """

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return an array of shape ``(len(texts), dimension)`` of unit rows.

        Args:
            texts: any strings, the empty string too.
            query: whether the texts are questions, where the model tells
                questions and passages apart.

        Raises:
            EmbedderFailure: if the embedder is down.
        """

    async def close(self) -> None:
        """Give back connections and threads."""
