"""How much one person's feedback may count.

Decides weights from counts alone. Refuses to know who anybody is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

WINDOW: Final = timedelta(days=30)
"""In which one person's votes are weighed against everybody else's."""
BURST: Final = timedelta(minutes=1)
"""In which votes that agree are taken for arranged, beyond a few."""
_FREE: Final = 20.0
"""Votes of anybody that count in full."""
_SHARE: Final = 1.0
"""How much a person may weigh beyond these, against everybody else together."""
_AT_ONCE: Final = 3
"""Votes within a minute that agree by chance; more are likely to be arranged."""


def vote_weight(own: float, others: float) -> float:
    """Return the weight of a person's next vote in a window of time.

    Args:
        own: weight that the person's votes already have there.
        others: weight of everybody else's votes there.

    Returns:
        1 while the person's weight stays under 20 or under that of all others
        together; beyond that ever less, so that n votes weigh some √(20 n).
    """
    allowed = max(_FREE, _SHARE * others)
    return 1.0 if own < allowed else allowed / (2.0 * own + allowed)


def burst_weight(agreeing: int, window_free: int = _AT_ONCE) -> float:
    """Return the weight of each of several votes that agree within a minute.

    Args:
        agreeing: how many there are, this one included.
        window_free: how many count in full; together no more than these count.

    Returns:
        1 up to ``window_free`` votes; beyond that what makes all of them weigh that much.
    """
    free = max(window_free, 1)
    return 1.0 if agreeing <= free else free / agreeing


def weight_of(own: int, others: int, agreeing: int) -> float:
    """Return what one vote weighs, in [0, 1].

    Args:
        own: votes that stand of this person in ``WINDOW``, this one included.
        others: those of everybody else.
        agreeing: people whose votes stand in ``BURST``, this person included.
    """
    return vote_weight(float(max(own - 1, 0)), float(others)) * burst_weight(agreeing)
