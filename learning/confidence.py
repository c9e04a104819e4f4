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


def confidence(
    *, times_used: int, success_rate: float, days_since_used: float, variance: float
) -> float:
    """Return the confidence of a learning in [0, 1].

    ``uses/10·0.3 + success·0.4 + (1 − days/30)·0.2 + (1 − variance)·0.1``: the
    sum of four terms, each clamped to [0, 1] so that none can outweigh the rest.

    Args:
        times_used: how often it was used.
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


def permits(confidence_: float) -> Literal["suggest", "ask", "silent", "fade"]:
    """Return what a learning of this confidence may do."""
    if confidence_ >= SUGGEST:
        return "suggest"
    if confidence_ >= ASK:
        return "ask"
    return "silent" if confidence_ >= FADE else "fade"


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))
