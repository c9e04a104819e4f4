"""An embedding of any length as fewer numbers, without learning anything.

Decides a fixed projection. Refuses to know what the numbers are used for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learning.routing.contract import Floats

WIDTH: Final = 384
"""Longer embeddings are folded to this length by signed hashing."""
REDUCED: Final = 32
"""Numbers that an embedding is projected to, for policies that take it whole."""
_TINY: Final = 1e-9


def folded(embedding: NDArray[np.floating]) -> Floats:
    """Return an embedding as at most ``WIDTH`` numbers of length 1; not a number is 0."""
    vector = np.nan_to_num(np.asarray(embedding, dtype=np.float64).ravel(), posinf=0.0, neginf=0.0)
    largest = float(np.abs(vector).max(initial=0.0))
    if largest > _TINY:
        vector = vector / largest  # squares of what is very large would be infinite
    if vector.size > WIDTH:
        vector = hashed(vector, WIDTH)
    length = float(np.linalg.norm(vector))
    return vector / length if length > _TINY else np.zeros(vector.size)


def hashed(vector: Floats, width: int) -> Floats:
    """Return a vector as ``width`` numbers.

    Signed hashing keeps inner products in the mean (Weinberger et al., 2009).
    """
    places = np.arange(vector.size, dtype=np.uint64)
    # Fibonacci hashing; the fold must be the same on every machine and in every version.
    mixed = (places * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    signs = np.where(mixed & np.uint64(1), 1.0, -1.0)
    buckets = ((mixed >> np.uint64(1)) % np.uint64(width)).astype(np.intp)
    return np.bincount(buckets, vector * signs, width).astype(np.float64)
