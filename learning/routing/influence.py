"""How much one person's feedback may count.

Decides weights from counts alone. Refuses to know who anybody is.
"""

from __future__ import annotations

from typing import Final

_FREE: Final = 20.0
"""Votes of anybody that count in full."""
_SHARE: Final = 1.0
"""How much a person may weigh beyond these, against everybody else together."""


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
