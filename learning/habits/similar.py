"""What the weeks of people alike say, without saying whose.

Decides whose weeks are alike and what of them may be passed on: only sums over five people at
least, hour by hour, of those who agreed to it, in coarse steps, so that nobody's own hour can be
told from them. Refuses to know who anybody is: weeks come without names. It counts little: one
part in ten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from learning.habits.contract import NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_PEOPLE: Final = 5
"""Of fewer nothing is passed on."""
WEIGHT: Final = 0.1
ALIKE: Final = 0.3
"""The least correlation of two weeks that are alike."""
STEP: Final = 0.1
"""What is passed on is rounded to this, so that one person more or less rarely shows."""


def shared(
    own: NDArray[np.float64], others: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64] | None:
    """Return what people alike do, slot by slot, NaN where too few do anything.

    Args:
        own: the person's week, scores in [0, 1]; a slot they never used is at its neutral.
        others: the weeks of others who agreed, the same; NaN where they did nothing.

    Returns:
        The mean of five people at least in each slot; ``None`` if fewer are alike.
    """
    alike = [week for week in others if _likeness(own, week) >= ALIKE]
    if len(alike) < LEAST_PEOPLE:
        return None
    weeks = np.clip(np.stack(alike), 0.0, 1.0)
    there = ~np.isnan(weeks)
    counts = there.sum(axis=0)
    enough = counts >= LEAST_PEOPLE
    if not enough.any():
        return None
    means = np.where(there, weeks, 0.0).sum(axis=0) / np.maximum(counts, 1)
    return np.asarray(np.where(enough, np.round(means / STEP) * STEP, np.nan))


def used(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a design's week without the slots that nothing ever moved: NaN."""
    return np.asarray(np.where(score == NEUTRAL, np.nan, score))


def blended(
    week: NDArray[np.float64], signal: NDArray[np.float64] | None, weight: float = WEIGHT
) -> NDArray[np.float64]:
    """Return a week as what people alike do changes it a little."""
    if signal is None:
        return week
    there = ~np.isnan(signal)
    return np.asarray(np.where(there, week * (1 - weight) + np.nan_to_num(signal) * weight, week))


def _likeness(own: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the correlation of two weeks over the slots where the other did something."""
    there = ~np.isnan(other)
    if there.sum() < 2:  # noqa: PLR2004 - of one point nothing can be told
        return 0.0
    one, two = own[there] - own[there].mean(), other[there] - other[there].mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(two))
    return float(one @ two) / size if size > 0 else 0.0
