"""What foresees a week in the benchmark: simple ways to do it, and the forecasters themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from learning.habits.contract import Done, Floats
from learning.habits.design import Design
from learning.habits.week import DAYS, HOURS, SLOTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from learning.habits.contract import Forecaster


class Foreseeing(Protocol):
    """Foresees one person's days, each from those before."""

    def foresee(self, day: date) -> tuple[Floats, Floats]:
        """Return how probable each slot is, and what orders them."""
        ...

    def see(self, day: date, slots: NDArray[np.int64]) -> None:
        """Learn what was done on a day."""
        ...


class Uniform:
    """Knows nothing."""

    def foresee(self, day: date) -> tuple[Floats, Floats]:
        del day
        week = np.full(SLOTS, 1.0 / SLOTS)
        return week, week

    def see(self, day: date, slots: NDArray[np.int64]) -> None:
        del day, slots


class Counts:
    """Counts, one more than there were; of slots, or of the hours of all days."""

    def __init__(self, *, hours: bool = False) -> None:
        self._hours = hours
        self._counts = np.zeros(SLOTS)

    def foresee(self, day: date) -> tuple[Floats, Floats]:
        del day
        counts = self._counts + 1.0
        if self._hours:
            counts = np.tile(self._counts.reshape(DAYS, HOURS).sum(0) + 1.0, DAYS)
        week = counts / counts.sum()
        return week, week

    def see(self, day: date, slots: NDArray[np.int64]) -> None:
        del day
        np.add.at(self._counts, slots, 1.0)


class Learning:
    """A forecaster at work."""

    def __init__(self, forecaster: Forecaster[Any]) -> None:
        self._forecaster, self._state = forecaster, forecaster.empty()

    def foresee(self, day: date) -> tuple[Floats, Floats]:
        return self._forecaster.week(self._state, day), self._forecaster.rank(self._state, day)

    def see(self, day: date, slots: NDArray[np.int64]) -> None:
        for slot in slots.tolist():
            self._state = self._forecaster.observe(self._state, Done(slot, day, 1.0))


BASELINES: Mapping[str, Callable[[], Foreseeing]] = {
    "uniform": Uniform,
    "counts": Counts,
    "hour_marginal": lambda: Counts(hours=True),
    "design": lambda: Learning(Design()),
}
