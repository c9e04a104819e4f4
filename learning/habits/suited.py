"""How well each hour of a week suits: what was done, what was said, what people alike do.

Decides how the three are put together, from what is kept beside a week. Refuses to know who keeps
it. What was done stays as it is: words and people alike are laid over it each time it is asked
for, so nothing is ever counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.adjust import checked, merge
from learning.habits.similar import blended
from learning.habits.week import SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ADJUSTMENTS: Final = "adjustments"
SIMILAR: Final = "similar"
"""What these are kept under beside a week."""


def suited(score: NDArray[np.float64], kept: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return how well each slot suits, in [0, 1].

    Args:
        score: of what was done, in [0, 1].
        kept: what is kept beside the week; what is missing or unreadable there changes nothing.
    """
    said = kept.get(ADJUSTMENTS)
    adjustments = checked(said).adjustments if isinstance(said, list) else ()
    return merge(blended(score, _signal(kept.get(SIMILAR))), adjustments)


def _signal(kept: object) -> NDArray[np.float64] | None:
    if not isinstance(kept, list) or len(kept) != SLOTS:
        return None
    numbers = (v if isinstance(v, int | float) and 0 <= v <= 1 else np.nan for v in kept)
    return np.fromiter(numbers, np.float64, SLOTS)
