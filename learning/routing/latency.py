"""How long a model takes, as a histogram that forgets.

Decides which wait is longer than it should be, also when the answers that would have come
later were never waited for. Refuses to know which model it is and what happens after a wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from learning.routing.discount import number

_SHORTEST_S: Final = 0.05
_STEPS: Final = 2
"""Buckets in which a time doubles."""
_BUCKETS: Final = 30
"""The last one begins at 0.05 · 2^14.5 seconds, which is more than any wait that can be set."""
_LONGER: Final = 2.0
"""How many times the wait a cut answer is taken to need; see ``Latencies.cut``."""
_MOST: Final = 100.0
"""Answers after which old ones have faded, however fast they come."""

LONGEST_S: Final = 3600.0
SHORTEST_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Latencies:
    """Discounted counts of waits on a logarithmic scale, from 50 ms up.

    Attributes:
        counts: by bucket; the first has everything shorter than 50 ms, the next reach 1.41
            times as far each. Empty, or of length 30.
    """

    counts: tuple[float, ...] = ()

    @property
    def mass(self) -> float:
        """How many answers, discounted."""
        return math.fsum(self.counts)

    def seen(self, seconds: float) -> Latencies:
        """Return it with one answer more, which took that long."""
        counts = list(self.counts or (0.0,) * _BUCKETS)
        mass = math.fsum(counts)
        if mass > _MOST - 1.0:
            counts = [count * ((_MOST - 1.0) / mass) for count in counts]
        counts[_bucket(seconds)] += 1.0
        return Latencies(tuple(counts))

    def cut(self, seconds: float) -> Latencies:
        """Return it with one answer more, which had not come when it was no longer waited for.

        All that is known is that it takes longer (a right-censored time). Left out, or counted
        as the wait itself, it would teach ever shorter waits, and these would cut ever more
        answers. It is counted as twice the wait, so that waits double until answers come.
        """
        return self.seen(seconds * _LONGER)

    def times(self, factor: float) -> Latencies:
        """Return it with the weight of all answers multiplied."""
        return Latencies(tuple(count * factor for count in self.counts))

    def quantile(self, q: float) -> float | None:
        """Return the wait in seconds that a share ``q`` of answers keeps; ``None`` without any.

        Within a bucket it is interpolated on the logarithmic scale.
        """
        mass = self.mass
        if mass <= 0.0:
            return None
        wanted = min(max(q, 0.0), 1.0) * mass
        below, last = 0.0, 0
        for i, count in enumerate(self.counts):
            if count <= 0.0:
                continue
            if below + count >= wanted:
                return _edge(i - 1 + (wanted - below) / count)
            below, last = below + count, i
        return _edge(last)

    def as_data(self) -> list[float]:
        """Return it ready for JSON."""
        return list(self.counts)

    @classmethod
    def from_data(cls, data: object) -> Latencies:
        """Read back what ``as_data`` wrote; anything else is no evidence."""
        if not isinstance(data, list | tuple) or len(data) != _BUCKETS:
            return cls()
        counts = [number(each) for each in data]
        return (
            cls(tuple(count for count in counts if count is not None))
            if all(count is not None for count in counts)
            else cls()
        )


def _bucket(seconds: float) -> int:
    if not seconds > _SHORTEST_S:
        return 0
    place = math.log2(min(seconds, LONGEST_S) / _SHORTEST_S) * _STEPS
    return min(math.floor(place) + 1, _BUCKETS - 1)


def _edge(place: float) -> float:
    """Return the time at a place on the scale; bucket ``i`` is between ``i - 1`` and ``i``."""
    return float(_SHORTEST_S * 2.0 ** (place / _STEPS))
