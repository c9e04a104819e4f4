"""A few topics of a workspace's prompts, and what of a prompt a policy gets to see.

Decides how a text and its embedding become a handful of numbers. Refuses to keep
either, and to know any arm and any reward. Topics never move once they are found,
so that sums over their shares stay sums that can be subtracted from.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.codec import UnreadableState, pack, shaped, unpack
from learning.routing.contract import Context
from learning.routing.embedding import REDUCED, folded, hashed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from learning.routing.contract import Floats
    from learning.task_types import TaskType

TOPICS: Final = 4
FOUND_AFTER: Final = 64
"""Embeddings from which topics can be told apart."""
_KIND: Final = "topics"
_COMPONENTS: Final = 12
_SHARPNESS: Final = 4.0
_RESTARTS: Final = 4
_ROUNDS: Final = 15
_TINY: Final = 1e-9
_LONG: Final = 4_000
"""Characters from which a text is as hard as its length can make it."""
_MANY: Final = 8
_PART = re.compile(r"[.?!;:]\s|\n+|,\s")


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one embedder's vectors.

    Attributes:
        embedder: whose vectors they are; vectors of two embedders are not compared.
        centre: mean vector, shape ``(width,)``.
        basis: leading principal components, shape ``(width, components)``.
        middles: of the topics, shape ``(TOPICS, components)``.
        spread: mean squared distance of a prompt from its topic.
    """

    embedder: str
    centre: Floats
    basis: Floats
    middles: Floats
    spread: float

    def shares(self, embedding: NDArray[np.floating]) -> tuple[float, ...]:
        """Return how much of each topic an embedding has; they sum to 1.

        A vector of another length has no topic: there are no shares then.
        """
        vector = folded(embedding)
        if vector.shape != self.centre.shape:
            return ()
        distances = (((vector - self.centre) @ self.basis - self.middles) ** 2).sum(1)
        weights = np.exp(-_SHARPNESS * (distances - distances.min()) / self.spread)
        return tuple((weights / weights.sum()).tolist())

    @classmethod
    def find(cls, vectors: Sequence[NDArray[np.floating]], embedder: str) -> Topics:
        """Find topics by k-means (seeded k-means++) among the leading principal components.

        Args:
            vectors: embeddings of one length, at least ``FOUND_AFTER``.
            embedder: who made them.

        Raises:
            ValueError: if there are too few, or of several lengths.
        """
        if len(vectors) < FOUND_AFTER:
            raise ValueError(f"{len(vectors)} embeddings are too few: topics need {FOUND_AFTER}")
        points = [folded(vector) for vector in vectors]
        if len({point.size for point in points}) > 1:
            raise ValueError("the embeddings differ in length: pass those of one embedder")
        stacked = np.array(points)
        rng = np.random.default_rng(0)
        centre = stacked.mean(0)
        turns = np.linalg.svd(stacked - centre, full_matrices=False)[2]
        basis = np.ascontiguousarray(turns[:_COMPONENTS].T)
        turned = (stacked - centre) @ basis
        spread, middles = min((_cluster(turned, rng) for _ in range(_RESTARTS)), key=lambda f: f[0])
        return cls(embedder, centre, basis, middles, max(spread, _TINY))

    def dump(self) -> bytes:
        """Return them as bytes: some 40 KB."""
        fields = {"centre": self.centre, "basis": self.basis, "middles": self.middles}
        return pack(_KIND, {"embedder": self.embedder, "spread": self.spread, **fields})

    @classmethod
    def load(cls, stored: bytes) -> Topics:
        """Read back what ``dump`` wrote.

        Raises:
            UnreadableState: if it is of another format; find topics again then.
        """
        fields = unpack(_KIND, stored)
        centre, basis = fields.get("centre"), fields.get("basis")
        try:
            width, components = np.asarray(centre).size, np.asarray(basis).shape[-1]
            return cls(
                str(fields.get("embedder", "")),
                shaped(fields, "centre", (width,)),
                shaped(fields, "basis", (width, components)),
                shaped(fields, "middles", (TOPICS, components)),
                max(float(fields.get("spread", 0.0)), _TINY),
            )
        except (IndexError, TypeError, ValueError) as error:
            raise UnreadableState("the stored topics are incomplete: find them again") from error


def context_of(
    text: str,
    probabilities: Mapping[TaskType, float],
    embedding: NDArray[np.floating] | None,
    topics: Topics | None,
    embedder: str = "",
) -> Context:
    """Return the context of a prompt.

    Args:
        text: the prompt; only its length and number of parts are looked at.
        probabilities: of the task types.
        embedding: of any length; ``None`` when there is no embedder.
        topics: of the workspace, once they were found.
        embedder: which embedder made the embedding; topics of another are not used.
    """
    if embedding is None:
        return Context(probabilities, hardness=hardness(text))
    vector = folded(embedding)
    shares = () if topics is None or topics.embedder != embedder else topics.shares(vector)
    return Context(probabilities, shares, tuple(hashed(vector, REDUCED).tolist()), hardness(text))


def hardness(text: str) -> float:
    """Return how hard a prompt looks, in [0, 1]: half its length, half its number of parts."""
    length = min(math.log1p(len(text)) / math.log1p(_LONG), 1.0)
    parts = min(len(_PART.findall(text[:_LONG])) / _MANY, 1.0)
    return (length + parts) / 2


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
