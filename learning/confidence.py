"""How sure a learning is, and what may be done with it at that confidence.

Decides suggest, ask or stay silent. Refuses to know what was learned.
"""

from __future__ import annotations

from typing import Final, Literal

SUGGEST: Final = 0.7
ASK: Final = 0.4
FADE: Final = 0.2

_USES_FOR_FULL = 10
_DAYS_TO_NONE = 30
_DAYS_TO_HALF = 90


def confidence(
    *, times_used: float, success_rate: float, days_since_used: float, variance: float
) -> float:
    """Return the confidence of a learning in [0, 1].

    ``uses/10·0.3 + success·0.4 + (1 − days/30)·0.2 + (1 − variance)·0.1``: the
    sum of four terms, each clamped to [0, 1] so that none can outweigh the rest.
    What is not a number adds nothing.

    Args:
        times_used: how often it was used; a fraction where old uses count less.
        success_rate: share of uses that went well.
        days_since_used: days since the last use; negative when clocks disagree.
        variance: of the outcomes, 0 (always the same) to 1.
    """
    return (
        _clamp(times_used / _USES_FOR_FULL) * 0.3
        + _clamp(success_rate) * 0.4
        + _clamp(1 - days_since_used / _DAYS_TO_NONE) * 0.2
        + _clamp(1 - variance) * 0.1
    )


def of_lesson(reward: float | None, votes: int) -> float:
    """Return the confidence of something just learned.

    Args:
        reward: mean vote in [0, 1]; ``None`` for a correction nobody rated yet.
            A clear dislike teaches as much as a clear like.
        votes: how many people voted.
    """
    success = 1.0 if reward is None else max(reward, 1 - reward)
    return confidence(times_used=max(1, votes), success_rate=success, days_since_used=0, variance=0)


def of_trials(times_used: int, successes: int, failures: int, days_since_used: float) -> float:
    """Return the confidence of a learning from how its uses went.

    The success rate is Laplace's ``(s + 1) / (n + 2)``, the variance that of
    one such trial, scaled to [0, 1].
    """
    rate = (successes + 1) / (successes + failures + 2)
    return confidence(
        times_used=times_used,
        success_rate=rate,
        days_since_used=days_since_used,
        variance=4 * rate * (1 - rate),
    )


def of_evidence(
    *,
    times_observed: int,
    belief: float,
    times_used: int,
    successes: int,
    failures: int,
    days_since_seen: float,
) -> float:
    """Return the confidence of something that was learned and then perhaps tried.

    Each observation counts as a success to the degree that such observations are
    believed, each trial as what it was: one believed in full and not yet tried has
    0.73, as in ``of_lesson``. A use that failed does not count as a use. For the first
    30 days this is the formula as it stands; when its term for recency is spent, uses
    and success halve every 90 days, or nothing would ever fade for want of use.

    Args:
        times_observed: how often it was said, chosen or seen.
        belief: how far that is believed, in [0, 1].
        times_used: how often it was used.
        successes: uses that went well.
        failures: uses that did not.
        days_since_seen: days since it was last observed or used; negative when clocks
            disagree.
    """
    observed, good, bad = max(0, times_observed), max(0, successes), max(0, failures)
    tried = observed + good + bad
    rate = (observed * _clamp(belief) + good) / tried if tried else 0.5
    left = 0.5 ** (max(0.0, days_since_seen - _DAYS_TO_NONE) / _DAYS_TO_HALF)
    return confidence(
        times_used=max(0, observed + times_used - bad) * left,
        success_rate=rate * left,
        days_since_used=days_since_seen,
        variance=4 * rate * (1 - rate),
    )


def permits(confidence_: float) -> Literal["suggest", "ask", "silent", "fade"]:
    """Return what a learning of this confidence may do."""
    if confidence_ >= SUGGEST:
        return "suggest"
    if confidence_ >= ASK:
        return "ask"
    return "silent" if confidence_ >= FADE else "fade"


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))
