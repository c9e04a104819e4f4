"""The week as the design keeps it: a score for each slot, moved towards how each thing went.

Decides how far one success moves a score: a fifth of the way, or less the more is known if the rate
adapts. Refuses to know recency, neighbouring hours and other people. It is the baseline; see
``forecast`` for what is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.contract import NEUTRAL, Done, Floats, packed, unpacked
from learning.habits.week import SLOTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

RATE: Final = 0.2
SLOWING: Final = 0.05


@dataclass(frozen=True, slots=True)
class Scores:
    """A week of scores in [0, 1], and how many things they were learned from."""

    scores: Floats
    count: int = 0


class Design:
    """Moves a slot's score by an exponential mean.

    Args:
        adaptive: whether the rate falls as ``0.2 / (1 + 0.05 n)``.
    """

    name = "design"

    def __init__(self, *, adaptive: bool = False) -> None:
        self._adaptive = adaptive

    def empty(self) -> Scores:
        """Return what is known of somebody new."""
        return Scores(np.full(SLOTS, NEUTRAL))

    def observe(self, state: Scores, done: Done) -> Scores:
        """Return what is known after something was done."""
        # That it was done at all speaks for the slot if nobody said how it went.
        success = 1.0 if done.success is None else done.success
        moved = self._moved(state, done.slot, success, self._rate(state.count))
        return Scores(moved, state.count + 1)

    def refuse(self, state: Scores, slot: int, at_day: date, weight: float = 1.0) -> Scores:
        """Return what is known after a slot was offered and not taken."""
        del at_day
        rate = self._rate(state.count) * weight
        return Scores(self._moved(state, slot, 0.0, rate), state.count)

    def week(self, state: Scores, today: date) -> Floats:
        """Return how probable each slot is."""
        del today
        total = float(state.scores.sum())
        return state.scores / total if total > 0.0 else np.full(SLOTS, 1.0 / SLOTS)

    def rank(self, state: Scores, today: date) -> Floats:
        """Return what orders the slots."""
        return self.score(state, today)

    def score(self, state: Scores, today: date) -> Floats:
        """Return how well each slot suits."""
        del today
        return state.scores.copy()

    def encode(self, state: Scores) -> list[Any]:
        """Return a state ready for JSON."""
        return [packed(state.scores, coarse=True), state.count]

    def decode(self, data: Sequence[Any]) -> Scores:
        """Read back what ``encode`` wrote."""
        try:
            scores, count = data
            return Scores(unpacked(scores, SLOTS, coarse=True).clip(0.0, 1.0), max(0, int(count)))
        except (TypeError, ValueError):
            return self.empty()

    def _rate(self, count: int) -> float:
        return RATE / (1.0 + SLOWING * count) if self._adaptive else RATE

    @staticmethod
    def _moved(state: Scores, slot: int, towards: float, rate: float) -> Floats:
        scores = state.scores.copy()
        scores[slot] += rate * (min(max(towards, 0.0), 1.0) - scores[slot])
        return scores
