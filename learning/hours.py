"""When a person usually asks, and what.

Decides what counts as usual: a weekday or an hour that holds clearly more than its share of a
person's questions. Refuses to know where the questions are kept and whose they are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from datetime import datetime, tzinfo

LEAST: Final = 5
"""Questions; fewer say nothing of a habit."""
STANDS_OUT: Final = 1.5
"""How much more than an even share a day or an hour must hold."""
SEEN_TWICE: Final = 2
MOST_SHOWN: Final = 3
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK: Final = 7
_DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a person.

    Attributes:
        questions: how many it was read from.
        days: weekdays on which they ask most, Monday is 0, the busiest first.
        hours: hours of the day, from 0 to 23, the busiest first.
        kinds: kinds of task with their share in [0, 1], the most usual first.
    """

    questions: int
    days: tuple[int, ...]
    hours: tuple[int, ...]
    kinds: tuple[tuple[str, float], ...]


def usual(asked: Sequence[tuple[str, datetime]], zone: tzinfo) -> Usual | None:
    """Return when and what a person usually asks; ``None`` if they asked too little to say.

    Args:
        asked: kind of task and time of each question, in any order.
        zone: in whose hours and days to count.
    """
    if len(asked) < LEAST:
        return None
    times = [at.astimezone(zone) for _, at in asked]
    kinds = Counter(kind for kind, _ in asked)
    return Usual(
        questions=len(asked),
        days=_outstanding((at.weekday() for at in times), len(asked) / _WEEK),
        hours=_outstanding((at.hour for at in times), len(asked) / _DAY),
        kinds=tuple(
            (kind, count / len(asked)) for kind, count in sorted(kinds.items(), key=_busiest)
        ),
    )


def _outstanding(found: Iterable[int], even: float) -> tuple[int, ...]:
    """Return what was seen more than once and clearly more than evenly, the busiest first."""
    counts = sorted(Counter(found).items(), key=_busiest)
    least = max(STANDS_OUT * even, SEEN_TWICE)
    return tuple(each for each, count in counts if count >= least)[:MOST_SHOWN]


def _busiest(counted: tuple[Hashable, int]) -> tuple[int, str]:
    each, count = counted
    return -count, f"{each!s:0>8}"
