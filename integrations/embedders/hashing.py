"""The embedder that needs nothing: hashed words and parts of words.

Decides how features become a vector. Refuses to download, to learn, or to
depend on a tokeniser that might change: vectors made today must compare with
vectors made next year, so any change of the result needs a new version in
``name``.

Words and their character n-grams (as in fastText, Bojanowski et al. 2017) are
hashed into buckets with a sign (Weinberger et al. 2009), so that texts with
the same words, inflected or misspelt words and shared parts of identifiers are
close. It knows no synonyms; it is the last resort.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np

from integrations.embedders.sub_words import features, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

DIMENSION: Final = 512
"""A power of two, so that a bucket is some bits of a hash."""
MAX_CHARS: Final = 20_000
"""Characters of a text that count; a passage is far shorter."""

_CHUNK: Final = 100_000
"""Characters hashed at once; each takes some 300 bytes while it is."""
_AT_ONCE: Final = 2_000
"""Characters that take under a millisecond, less than a hop to a thread and back costs."""


class HashingEmbedder:
    """Hashes words and sub-words into ``DIMENSION`` buckets; the same on every machine."""

    @property
    def name(self) -> str:
        """The algorithm's version and the dimension."""
        return f"hashing:v1-{DIMENSION}"

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return DIMENSION

    async def open(self) -> None:
        """Do nothing: there is nothing to load."""

    async def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    async def embed(
        self,
        texts: Sequence[str],
        *,
        query: bool = False,  # noqa: ARG002 - the port's; questions and passages are alike here
    ) -> NDArray[np.float32]:
        """Return an array of shape ``(len(texts), dimension)`` of unit rows.

        A text without a single word gets the first unit vector.
        """
        if sum(map(len, texts)) <= _AT_ONCE:
            return vectors(texts)
        return await asyncio.to_thread(vectors, texts)


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the unit vectors of texts, shape ``(len(texts), DIMENSION)``."""
    rows = [np.zeros((0, DIMENSION), np.float32)]
    rows.extend(_hashed(chunk) for chunk in _chunks(texts))
    return np.concatenate(rows)


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(fold(text[:MAX_CHARS]))
        size += len(chunk[-1]) + 1
        if size > _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _hashed(folded: list[str]) -> NDArray[np.float32]:
    found = features(folded)
    # Sorted by text first, so that a row's sum does not depend on the texts beside it.
    key = (found.text.astype(np.uint64) << np.uint64(40)) | (found.hash >> np.uint64(24))
    keys, occurrence, count = np.unique(key, return_inverse=True, return_counts=True)
    total = np.bincount(occurrence, weights=found.weight, minlength=keys.size)
    # Sublinear frequency: the tenth time a word occurs says less than the first.
    value = total / count * (1.0 + np.log(count))
    sign = np.where(keys & np.uint64(DIMENSION), 1.0, -1.0)
    text = (keys >> np.uint64(40)).astype(np.intp)
    bucket = (keys & np.uint64(DIMENSION - 1)).astype(np.intp)
    flat = np.bincount(
        text * DIMENSION + bucket, weights=value * sign, minlength=len(folded) * DIMENSION
    )
    rows = flat.reshape(len(folded), DIMENSION)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    # A vector of zeros has no direction, and a cosine with it is undefined.
    rows[norms[:, 0] == 0.0, 0] = 1.0
    return (rows / np.where(norms == 0.0, 1.0, norms)).astype(np.float32)
