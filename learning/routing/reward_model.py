"""What each arm's answers are worth by context, estimated from a log.

Decides by two ridge regressions: one that all arms share, and one for each arm
on what the first leaves over. Arms with little data stay near the shared one.
Refuses to know how the arms were chosen; whoever uses it corrects for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from learning.routing.contract import Context, Floats

_SHRINKAGE: Final = 3.0
"""Ratings that the belief in no effect is worth."""

_GIVEN: Final = len(TASK_TYPES) + 1
"""Features that every context has: its task types and its hardness."""


def features(contexts: Sequence[Context]) -> Floats:
    """Return one row a context, shape ``(contexts, width)``.

    Topics and projections that a context lacks are 0: they were found later, or there was no
    embedder.
    """
    topics = max((len(c.topics) for c in contexts), default=0)
    reduced = max((len(c.reduced) for c in contexts), default=0)
    rows = np.zeros((len(contexts), _GIVEN + topics + reduced))
    for row, context in zip(rows, contexts, strict=True):
        row[: _GIVEN - 1] = context.types()
        row[_GIVEN - 1] = context.hardness
        row[_GIVEN : _GIVEN + len(context.topics)] = context.topics
        row[_GIVEN + topics : _GIVEN + topics + len(context.reduced)] = context.reduced
    return rows


class RewardModel:
    """Expected rewards, in [0, 1].

    Args:
        rows: features of the prompts, shape ``(n, width)``.
        answered: index of the arm that answered each, shape ``(n,)``.
        arms: how many arms there are; one that never answered is expected as all are.
        rewards: in [0, 1], shape ``(n,)``.
        weights: how much each counts, shape ``(n,)``.
    """

    def __init__(
        self, rows: Floats, answered: NDArray[np.intp], arms: int, rewards: Floats, weights: Floats
    ) -> None:
        total = float(weights.sum())
        self._middle = float(weights @ rewards) / total if total else 0.5
        shared = _ridge(rows, rewards - self._middle, weights)
        left = rewards - self._middle - rows @ shared
        own = [
            _ridge(rows[at], left[at], weights[at]) for at in (answered == a for a in range(arms))
        ]
        self._slopes = shared[:, None] + np.stack(own, axis=1)

    def expect(self, rows: Floats) -> Floats:
        """Return the expected reward of every arm at each row, shape ``(rows, arms)``."""
        expected: Floats = np.clip(self._middle + rows @ self._slopes, 0.0, 1.0)
        return expected


def _ridge(rows: Floats, values: Floats, weights: Floats) -> Floats:
    weighted = rows * weights[:, None]
    squares = rows.T @ weighted + _SHRINKAGE * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(squares, weighted.T @ values), dtype=np.float64)
