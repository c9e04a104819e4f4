"""How much energy a person has in each hour of their week, from how they rated it.

Decides how far one rating reaches to the hours and days around it, and how soon it fades. Where
nothing was rated energy is neutral, 0.5. Refuses to know what was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.contract import NEUTRAL, Floats, packed, unpacked
from learning.habits.forecast import ring
from learning.habits.week import DAYS, HOURS, SLOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEPT: Final = 0.5 ** (1.0 / 100.0)
"""How much a rating leaves of those before it."""
_DOUBT: Final = 2.0
"""Ratings that neutral counts as, and that all days count as for one of them."""
_NEAR: Final = ring(HOURS, 0.8)
_NEIGHBOURS: Final = ring(DAYS, 0.7)


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a person rated.

    Attributes:
        sums: of ratings and of how many there were, faded, shape ``(2, 168)``.
        count: how many there were.
    """

    sums: Floats
    count: int = 0


def unrated() -> Ratings:
    """Return what is known of somebody who rated nothing."""
    return Ratings(np.zeros((2, SLOTS)))


def rated(ratings: Ratings, slot: int, energy: float) -> Ratings:
    """Return what is known after a rating; one out of [0, 1] counts as the nearest in it."""
    sums = ratings.sums * _KEPT
    sums[:, slot] += (min(max(energy, 0.0), 1.0), 1.0)
    return Ratings(sums, ratings.count + 1)


def energy(ratings: Ratings) -> Floats:
    """Return the energy of each slot of the week, in [0, 1]."""
    total, count = ratings.sums.reshape(2, DAYS, HOURS) @ _NEAR
    usual = (total.sum(0) + _DOUBT * NEUTRAL) / (count.sum(0) + _DOUBT)
    near, rated_near = _NEIGHBOURS @ total, _NEIGHBOURS @ count
    found: Floats = ((near + _DOUBT * usual) / (rated_near + _DOUBT)).ravel()
    return found


def encode(ratings: Ratings) -> list[Any]:
    """Return it ready for JSON."""
    return [packed(ratings.sums, coarse=True), ratings.count]


def decode(data: Sequence[Any]) -> Ratings:
    """Read back what ``encode`` wrote; what cannot be read is nothing."""
    try:
        sums, count = data
        return Ratings(unpacked(sums, 2, SLOTS, coarse=True).clip(0.0), max(0, int(count)))
    except (TypeError, ValueError):
        return unrated()
