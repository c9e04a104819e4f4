"""The right moment for a nudge: shortly before a habit, as long before as suits somebody.

Decides the minute, and how likely the act follows within the hour. Refuses to know what it is
about. It begins a quarter of an hour before and learns from what people did with earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

USUAL: Final = 15
SHORTEST: Final = 5
LONGEST: Final = 60
HOUR: Final = 60
_PRIOR: Final = 3.0
"""Nudges that the usual lead counts as much as."""
_HALF: Final = 6.0
_STRAYS: Final = 0.004
"""How much of the chance a minute away from somebody's own lead is worth."""
_DAY: Final = 1440
_SPREAD: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Moment:
    """When to say it.

    Attributes:
        lead: minutes before the usual one.
        chance: how likely it is done within the hour that follows.
    """

    lead: int
    chance: float


@dataclass(frozen=True, slots=True)
class Response:
    """What somebody did with a nudge.

    Attributes:
        lead: how many minutes before the usual time it came.
        after: minutes until they pressed yes or began; negative if they had begun before it.
        early: whether they put it off: it came too early.
    """

    lead: int
    after: float | None = None
    early: bool = False


def done_already(
    acts: Iterable[datetime], occasion: datetime, now: datetime, *, spread: timedelta = _SPREAD
) -> bool:
    """Tell whether somebody did what is due already.

    Args:
        acts: when they did the same.
        occasion: when it is due.
        now: the time.
        spread: how long before it is due it is still the same.
    """
    return any(occasion - spread <= each <= now for each in acts)


def lead_of(responses: Iterable[Response]) -> int:
    """Return how many minutes before somebody wants to be told, from what they did so far.

    Who takes up a nudge half an hour later wanted it half an hour later; who had begun before it
    came wanted it earlier; who put it off wanted it shortly before.
    """
    total, weight = USUAL * _PRIOR, _PRIOR
    for each in responses:
        if each.early:
            total += SHORTEST
        elif each.after is None:
            continue
        elif each.after < 0:
            total += min(LONGEST, each.lead - each.after + USUAL)
        else:
            total += min(LONGEST, max(SHORTEST, each.lead - each.after + USUAL / 2))
        weight += 1
    return round(min(LONGEST, max(SHORTEST, total / weight)))


def moment(recent: Sequence[int | None], minute: int, wanted: int = USUAL) -> Moment:
    """Return the best moment before a habit.

    Args:
        recent: minutes of the day at which it was done lately, the latest first; ``None`` where
            it was not.
        minute: the usual one.
        wanted: how long before they want to be told.
    """
    leads = sorted({wanted, *range(SHORTEST, LONGEST + 1, 5)})
    best = max(leads, key=lambda lead: _chance(recent, minute, lead) - _STRAYS * abs(lead - wanted))
    return Moment(best, _chance(recent, minute, best))


def _chance(recent: Sequence[int | None], minute: int, lead: int) -> float:
    within, total = 0.0, 0.0
    for n, each in enumerate(recent):
        weight = 0.5 ** (n / _HALF)
        total += weight
        if each is not None:
            after = (each - minute + lead + _DAY // 2) % _DAY - _DAY // 2
            within += weight * (0 <= after <= HOUR)
    return (within + 0.5) / (total + 1)
