"""What every forecaster of a week takes and returns.

Decides the shape of a person's week as it is foreseen: 168 numbers, Sunday 00:00 first. Refuses to
know how a forecaster gets at them, what kind of work they are of, and where a state is kept.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

Floats: TypeAlias = NDArray[np.float64]
State = TypeVar("State")

USUAL_SUCCESS: Final = 0.8
"""What is taken for how something went of which nobody said."""
NEUTRAL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done.

    Attributes:
        slot: of the week, on the person's own clock.
        at_day: the day there.
        success: how it went, in [0, 1]; nothing if nobody said.
        energy: what energy was left, likewise.
    """

    slot: int
    at_day: date
    success: float | None = None
    energy: float | None = None


class Forecaster(Protocol[State]):
    """Learns a person's week. States are values: what is learned is a new one."""

    name: str

    def empty(self) -> State:
        """Return what is known of somebody new."""
        ...

    def observe(self, state: State, done: Done) -> State:
        """Return what is known after something was done."""
        ...

    def refuse(self, state: State, slot: int, at_day: date, weight: float = 1.0) -> State:
        """Return what is known after a slot was offered and not taken.

        Args:
            state: before.
            slot: that was offered.
            at_day: when it was refused.
            weight: how much that says, in [0, 1]; less if they only did not answer.
        """
        ...

    def week(self, state: State, today: date) -> Floats:
        """Return how probable each slot is for what is done next; they sum to 1."""
        ...

    def rank(self, state: State, today: date) -> Floats:
        """Return what orders the slots: the higher, the likelier it is done there."""
        ...

    def score(self, state: State, today: date) -> Floats:
        """Return how well each slot suits, in [0, 1]."""
        ...

    def encode(self, state: State) -> list[Any]:
        """Return a state ready for JSON."""
        ...

    def decode(self, data: Sequence[Any]) -> State:
        """Read back what ``encode`` wrote; what cannot be read is somebody new."""
        ...


def packed(numbers: Floats, *, coarse: bool = False) -> str:
    """Return numbers as text: lists of decimals take ten times as long to read.

    Args:
        numbers: small ones, if they are to be coarse.
        coarse: to three digits; to seven if not.
    """
    return b64encode(numbers.astype("<f2" if coarse else "<f4").tobytes()).decode()


def unpacked(text: Any, *shape: int, coarse: bool = False) -> Floats:  # noqa: ANN401 - whatever was kept
    """Read back what ``packed`` wrote.

    Raises:
        TypeError: if it is no text at all.
        ValueError: if it is anything else, or holds what is no number.
    """
    if not isinstance(text, str):
        raise TypeError("these are no packed numbers")
    numbers = np.frombuffer(b64decode(text, validate=True), "<f2" if coarse else "<f4")
    found: Floats = numbers.astype(np.float64).reshape(shape)
    if not np.isfinite(found).all():
        raise ValueError("these are not all finite numbers")
    return found
