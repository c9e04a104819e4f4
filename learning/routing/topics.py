"""A few topics of a workspace's prompts, found from the first prompts and then kept.

Decides how an embedding of any length becomes a handful of shares. Refuses to
know any text, any arm and any reward. Topics never move once they are found,
so that sums over their shares stay sums that can be subtracted from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from learning.routing.contract import Floats

TOPICS: Final = 6
FOUND_AFTER: Final = 64
"""Prompts with an embedding."""
WIDTH: Final = 384
"""Longer embeddings are folded to this length by signed hashing."""
_COMPONENTS: Final = 12
_SHARPNESS: Final = 8.0
_RESTARTS: Final = 4
_ROUNDS: Final = 15


def folded(embedding: NDArray[np.floating]) -> Floats:
    """Return an embedding as at most ``WIDTH`` numbers.

    Signed hashing keeps inner products in the mean (Weinberger et al., 2009). What is
    not finite counts as 0.
    """
    vector = np.nan_to_num(np.asarray(embedding, dtype=np.float64).ravel(), posinf=0.0, neginf=0.0)
    if vector.size <= WIDTH:
        return vector
    places = np.arange(vector.size, dtype=np.uint64)
    # Fibonacci hashing; the fold must be the same on every machine and in every version.
    mixed = (places * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    signs = np.where(mixed & np.uint64(1), 1.0, -1.0)
    hashed: Floats = np.bincount(
        ((mixed >> np.uint64(1)) % np.uint64(WIDTH)).astype(np.intp), vector * signs, WIDTH
    ).astype(np.float64)
    return hashed


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one embedder's vectors.

    Attributes:
        centre: mean vector, shape ``(width,)``.
        basis: leading principal components, shape ``(width, components)``.
        middles: of the topics, shape ``(TOPICS, components)``.
        spread: mean squared distance of a prompt from its topic.
    """

    centre: Floats
    basis: Floats
    middles: Floats
    spread: float

    def shares(self, vector: Floats) -> Floats:
        """Return how much of each topic a folded embedding has, shape ``(TOPICS,)``, sum 1.

        A vector of another length has no topic: all shares are 0.
        """
        if vector.shape != self.centre.shape:
            return np.zeros(TOPICS)
        distances = (((vector - self.centre) @ self.basis - self.middles) ** 2).sum(1)
        weights = np.exp(-_SHARPNESS * (distances - distances.min()) / self.spread)
        found: Floats = weights / weights.sum()
        return found

    @classmethod
    def find(cls, vectors: Floats) -> Topics:
        """Find topics by k-means (seeded k-means++) among the leading principal components.

        Args:
            vectors: folded embeddings, shape ``(prompts, width)``.
        """
        rng = np.random.default_rng(0)
        centre = vectors.mean(0)
        basis = np.linalg.svd(vectors - centre, full_matrices=False)[2][:_COMPONENTS].T
        points = (vectors - centre) @ basis
        spread, middles = min((_cluster(points, rng) for _ in range(_RESTARTS)), key=lambda f: f[0])
        return cls(centre, basis, middles, max(spread, 1e-9))


def _cluster(points: Floats, rng: np.random.Generator) -> tuple[float, Floats]:
    middles = points[rng.integers(len(points))][None]
    while len(middles) < TOPICS:
        nearest = _distances(points, middles).min(1) + 1e-12
        middles = np.vstack([middles, points[rng.choice(len(points), p=nearest / nearest.sum())]])
    for _ in range(_ROUNDS):
        owners = _distances(points, middles).argmin(1)
        for topic in range(TOPICS):
            if (owners == topic).any():
                middles[topic] = points[owners == topic].mean(0)
    return float(_distances(points, middles).min(1).mean()), middles


def _distances(points: Floats, middles: Floats) -> Floats:
    squares: Floats = ((points[:, None] - middles[None]) ** 2).sum(-1)
    return squares
