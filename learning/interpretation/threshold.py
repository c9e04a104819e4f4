"""Decides from which confidence the first reading is taken instead of asked about.

What a confidence is worth differs between people, so it is learned: the probability
that the first reading is right is a logistic function of the confidence's logit, with
an intercept and a slope of the person's own (Platt, "Probabilistic outputs for support
vector machines", 1999), at the maximum of the posterior under a Gaussian prior. With no
outcomes that is the prior; old outcomes weigh less, because people change.

Asking costs something if the first reading was right all along; taking it costs more if it
was wrong. It is taken where ``wrong·(1 − P) ≤ needless·P``. Refuses to know what was asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from learning.interpretation.contract import Asked, Reading

Decision = Literal["ask", "take", "leave"]

NEEDLESS: Final = 1.0
"""What it costs to ask somebody who meant the first reading."""
WRONG: Final = 4.0
"""What it costs to answer another question than was meant: reading it, and saying so."""

START: Final = 0.85
"""The threshold before anything is known of a person."""
LOWEST: Final = 0.5
HIGHEST: Final = 0.98

_INTERCEPT_SD: Final = 1.5
_SLOPE_SD: Final = 0.5
_LEAST_SLOPE: Final = 0.2
"""A higher confidence is never worth less, however odd the few outcomes."""

_HALF_LIFE_DAYS: Final = 60.0
_HALF_LIFE_OUTCOMES: Final = 40.0
"""An outcome counts half after so many days, and half after so many newer ones."""
_SILENCE: Final = 0.5
"""What it counts that nobody objected to a reading taken: some are wrong, and unsaid."""
_STEPS: Final = 50
_SMALL: Final = 1e-9


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


_PRIOR: Final = (_logit(WRONG / (WRONG + NEEDLESS)) - _logit(START), 1.0)
"""Intercept and slope at which, with the costs above, the threshold is ``START``."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on the first reading is taken.

    Attributes:
        at: the confidence, in [``LOWEST``, ``HIGHEST``].
        intercept: of the logistic function.
        slope: of the logistic function.
        outcomes: how many outcomes it rests on.
        needless: the cost of a needless question.
        wrong: the cost of a wrong guess.
    """

    at: float
    intercept: float
    slope: float
    outcomes: int
    needless: float = NEEDLESS
    wrong: float = WRONG

    def right(self, confidence: float) -> float:
        """Return the probability that a first reading of this confidence is right."""
        return _sigmoid(self.intercept + self.slope * _logit(_inside(confidence)))

    def cost_of_asking(self, confidence: float) -> float:
        """Return the expected cost of asking at this confidence."""
        return self.needless * self.right(confidence)

    def cost_of_taking(self, confidence: float) -> float:
        """Return the expected cost of taking the first reading at this confidence."""
        return self.wrong * (1 - self.right(confidence))


def threshold(
    history: Sequence[Asked], now: datetime, *, needless: float = NEEDLESS, wrong: float = WRONG
) -> Threshold:
    """Return the threshold for a person.

    Args:
        history: what came of earlier readings, in any order. One that was asked
            about and not answered says nothing.
        now: what their age is measured against.
        needless: the cost of a needless question.
        wrong: the cost of a wrong guess.

    Raises:
        ValueError: if a cost is not positive.
    """
    if not (0 < needless < math.inf and 0 < wrong < math.inf):
        raise ValueError(
            f"costs are positive numbers: needless={needless!r}, wrong={wrong!r} are not"
        )
    seen = _weighed(history, now)
    intercept, slope = _fitted(seen)
    at = _sigmoid((_logit(wrong / (wrong + needless)) - intercept) / slope)
    return Threshold(
        at=min(HIGHEST, max(LOWEST, at)),
        intercept=intercept,
        slope=slope,
        outcomes=len(seen),
        needless=needless,
        wrong=wrong,
    )


def decide(readings: Sequence[Reading], threshold: Threshold) -> Decision:
    """Return whether to take the first reading, to ask, or to leave the request as it is.

    It is left where there is nothing to choose from: no reading, or a single
    one that is not probable enough to take.
    """
    if not readings:
        return "leave"
    if readings[0].confidence >= threshold.at:
        return "take"
    return "ask" if len(readings) > 1 else "leave"


@dataclass(frozen=True, slots=True)
class _Outcome:
    x: float  # the confidence's logit
    right: bool
    weight: float


def _weighed(history: Sequence[Asked], now: datetime) -> list[_Outcome]:
    """Return what is known of the outcomes, the newest first."""
    told: list[_Outcome] = []
    for asked in sorted(history, key=lambda a: (a.at, a.confidence, a.outcome or ""), reverse=True):
        silent = asked.outcome is None
        if silent and asked.mode == "asked":
            continue
        # A clock that runs ahead makes an outcome no heavier than a fresh one.
        days = max(0.0, (now - asked.at).total_seconds() / 86_400)
        weight = 0.5 ** (days / _HALF_LIFE_DAYS + len(told) / _HALF_LIFE_OUTCOMES)
        told.append(
            _Outcome(
                x=_logit(_inside(asked.confidence)),
                right=silent or asked.outcome == "first",
                weight=weight * (_SILENCE if silent else 1.0),
            )
        )
    return told


def _inside(confidence: float) -> float:
    """Return a confidence whose logit is finite; one that is no number says nothing."""
    if math.isnan(confidence):
        return 0.5
    return min(0.99, max(0.01, confidence))


def _fitted(seen: Sequence[_Outcome]) -> tuple[float, float]:
    """Return the intercept and slope of the highest posterior.

    Newton's method with halved steps; the log-posterior is concave, so there is
    one maximum. If it lies below the least slope, the slope stays there.
    """
    intercept, slope = _climbed(seen, *_PRIOR, free=True)
    if slope < _LEAST_SLOPE:
        intercept, slope = _climbed(seen, intercept, _LEAST_SLOPE, free=False)
    return intercept, slope


def _climbed(
    seen: Sequence[_Outcome], intercept: float, slope: float, *, free: bool
) -> tuple[float, float]:
    best = _log_posterior(seen, intercept, slope)
    for _ in range(_STEPS):
        da, db = _step(seen, intercept, slope)
        if not free:
            da, db = _step_of_intercept(seen, intercept, slope), 0.0
        scale = 1.0
        reached = _log_posterior(seen, intercept + da, slope + db)
        while reached < best and scale > _SMALL:
            scale /= 2
            reached = _log_posterior(seen, intercept + scale * da, slope + scale * db)
        if reached - best < _SMALL:
            break
        intercept, slope, best = intercept + scale * da, slope + scale * db, reached
    return intercept, slope


def _log_posterior(seen: Sequence[_Outcome], intercept: float, slope: float) -> float:
    total = -((intercept - _PRIOR[0]) ** 2) / (2 * _INTERCEPT_SD**2)
    total -= (slope - _PRIOR[1]) ** 2 / (2 * _SLOPE_SD**2)
    for each in seen:
        z = intercept + slope * each.x
        # log σ(z) = −log(1 + e^−z), written so that neither end overflows.
        signed = z if each.right else -z
        total += each.weight * (min(signed, 0.0) - math.log1p(math.exp(-abs(signed))))
    return total


def _step(seen: Sequence[_Outcome], intercept: float, slope: float) -> tuple[float, float]:
    """Return Newton's step: the gradient through the inverse of the negative Hessian."""
    ga = -(intercept - _PRIOR[0]) / _INTERCEPT_SD**2
    gb = -(slope - _PRIOR[1]) / _SLOPE_SD**2
    haa, hab, hbb = 1 / _INTERCEPT_SD**2, 0.0, 1 / _SLOPE_SD**2
    for each in seen:
        p = _sigmoid(intercept + slope * each.x)
        off = each.weight * (each.right - p)
        ga, gb = ga + off, gb + off * each.x
        curve = each.weight * p * (1 - p)
        haa, hab, hbb = haa + curve, hab + curve * each.x, hbb + curve * each.x**2
    determinant = haa * hbb - hab**2
    return (hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant


def _step_of_intercept(seen: Sequence[_Outcome], intercept: float, slope: float) -> float:
    gradient = -(intercept - _PRIOR[0]) / _INTERCEPT_SD**2
    curve = 1 / _INTERCEPT_SD**2
    for each in seen:
        p = _sigmoid(intercept + slope * each.x)
        gradient += each.weight * (each.right - p)
        curve += each.weight * p * (1 - p)
    return gradient / curve
