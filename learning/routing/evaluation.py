"""How a policy would have fared on choices that another one made: off-policy evaluation.

Decides estimates, how sure they are, and what makes them doubtful, from a log
of choices with their propensities. Refuses to know where the log is kept and
what is done about the result.

Nobody's silence is a bad mark. Choices that nobody rated count as choices made
(``Policy.chosen``) and stay out of every mean. That assumes that whether people
rate depends neither on who answered nor on how well; where the shares of rated
answers differ between arms, a warning says so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.routing.contract import Evidence, Option
from learning.routing.doubts import doubts
from learning.routing.reward_model import RewardModel, features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from learning.routing.contract import Context, Decision, Floats, Policy

MAX_WEIGHT: Final = 100.0
"""Importance weights beyond this are clipped: one lucky row must not decide."""
_FOLDS: Final = 5
_RESAMPLES: Final = 1_000
_AT_ONCE: Final = 2_000_000
"""Numbers held while resampling."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One free choice as it was logged.

    Attributes:
        context: what was known of the prompt.
        options: those that could be chosen.
        arm: name of the one that was.
        propensity: how probable that was, in (0, 1].
        reward: in [0, 1]; ``None`` when nobody rated the answer.
        at: when.
        weight: in [0, 1], of the rating.
    """

    context: Context
    options: tuple[Option, ...]
    arm: str
    propensity: float
    reward: float | None
    at: datetime
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a log says about a policy; estimates are mean rewards, ``None`` if it says nothing.

    Attributes:
        policy: its name.
        n: choices that could be read.
        used: those that were rated.
        dropped: choices that could not be read.
        ips: inverse propensity scoring; unbiased while no weight is clipped, and wide.
        snips: the same, self-normalised: nearly unbiased, in [0, 1], narrower.
        dr: doubly robust; the one to go by.
        gain: doubly robust estimate less what was rated in fact, pairwise.
        effective_sample_size: how many ratings of its own choices the log is worth.
        matched: share of rated choices that the policy would have made as well.
        clipped: importance weights that were cut to the largest allowed.
        warnings: what to know before believing any of it, as sentences.
    """

    policy: str
    n: int
    used: int
    dropped: int
    ips: Interval | None
    snips: Interval | None
    dr: Interval | None
    gain: Interval | None
    effective_sample_size: float
    matched: float
    clipped: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several policies on one log, the best doubly robust estimate first.

    Attributes:
        logged: mean reward of the choices as they were made.
        n: choices that could be read.
        rated: those that somebody rated.
    """

    logged: Interval | None
    n: int
    rated: int
    evaluations: tuple[Evaluation, ...]

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Followed:
    """The rated rows, and what the policy would have done at each."""

    rows: Sequence[Logged]
    chances: Sequence[Floats]
    """Of every option, in its row's order."""
    rewards: Floats
    counts: Floats
    ratios: Floats
    """Importance weights, not clipped."""


def evaluate(
    log: Sequence[Logged],
    policy: Policy,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    max_weight: float = MAX_WEIGHT,
) -> Evaluation:
    """Estimate the mean reward that a policy would have had, switched on at the log's start.

    The policy is followed in the order of time: at each choice it states its distribution over
    the options, is weighed, and then learns from what was rated in fact. Its state at a choice
    depends on earlier ones only, so that the importance-weighted rewards are unbiased for the
    sequence of its states. It learns from the log's choices, not from its own: a policy that
    would have tried more is underrated, if anything.

    Args:
        log: in any order; forced choices do not belong in it.
        policy: fresh, or warmed by what it would have known at the start; it is changed.
        rng: the only source of chance.
        confidence: of the intervals, in (0, 1).
        max_weight: where importance weights are clipped.

    Raises:
        ValueError: if ``confidence`` or ``max_weight`` cannot be meant.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence of {confidence} is not between 0 and 1; 0.95 is usual")
    if not max_weight >= 1.0:
        raise ValueError(f"weights cannot be clipped at {max_weight}: 1 is the least")
    readable = [row for row in sorted(log, key=lambda row: row.at) if _readable(row)]
    followed = _follow(readable, policy, rng)
    weights = np.minimum(followed.ratios, max_weight)
    shares = Counter(row.arm for row in readable)
    warnings = doubts(
        dropped=len(log) - len(readable),
        made=shares,
        rated=Counter(row.arm for row in followed.rows),
        propensities=np.array([row.propensity for row in followed.rows]),
        ratios=followed.ratios,
        max_weight=max_weight,
        unsupported=_unsupported(followed, shares),
    )
    used = len(followed.rows)
    ips = snips = dr = gain = None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    if used > 1 and weights.any():
        counts, rewards = followed.counts, followed.rewards
        scores = _doubly_robust(followed, weights)
        ips = _mean(weights * rewards, counts, z)
        snips = _self_normalised(weights * counts, rewards, rng, confidence)
        dr = _mean(scores, counts, z)
        gain = _mean(scores - rewards, counts, z)
    own = np.array(
        [_own(row, chance) for row, chance in zip(followed.rows, followed.chances, strict=True)]
    )
    return Evaluation(
        policy.name,
        len(readable),
        used,
        len(log) - len(readable),
        ips,
        snips,
        dr,
        gain,
        effective(weights * followed.counts),
        float(own.mean()) if used else 0.0,
        int((followed.ratios > max_weight).sum()),
        tuple(warnings),
    )


def compare(
    log: Sequence[Logged],
    policies: Sequence[Policy],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> Comparison:
    """Evaluate several policies on one log, each with chance of its own."""
    readable = [row for row in log if _readable(row)]
    rated = [(row.reward, row.weight) for row in readable if row.reward is not None and row.weight]
    logged = None
    if len(rated) > 1:
        rewards, counts = np.array(rated, dtype=np.float64).T
        logged = _mean(rewards, counts, NormalDist().inv_cdf(0.5 + confidence / 2))
    evaluations = [
        evaluate(log, policy, own, confidence=confidence)
        for policy, own in zip(policies, rng.spawn(len(policies)), strict=True)
    ]
    evaluations.sort(key=lambda e: -math.inf if e.dr is None else e.dr.value, reverse=True)
    return Comparison(logged, len(readable), len(rated), tuple(evaluations))


def effective(weights: Floats) -> float:
    """Return Kish's effective sample size (1965): (Σw)² / Σw²."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _readable(row: Logged) -> bool:
    names = [option.name for option in row.options]
    return (
        row.arm in names
        and len(set(names)) == len(names)
        and 0.0 < row.propensity <= 1.0
        and 0.0 <= row.weight <= 1.0
        and (row.reward is None or 0.0 <= row.reward <= 1.0)
    )


def _follow(rows: Sequence[Logged], policy: Policy, rng: np.random.Generator) -> _Followed:
    rated, chances, ratios = [], [], []
    for row in rows:
        if row.reward is not None and row.weight:
            decision = policy.choose(row.context, row.options, rng)
            chance = _stated(decision, row.options)
            rated.append(row)
            chances.append(chance)
            ratios.append(_own(row, chance) / row.propensity)
        policy.chosen()
        if row.reward is not None:
            policy.credit(Evidence(_answered(row), row.context, row.reward, row.weight))
    return _Followed(
        rated,
        chances,
        np.array([row.reward for row in rated], dtype=np.float64),
        np.array([row.weight for row in rated], dtype=np.float64),
        np.array(ratios, dtype=np.float64),
    )


def _stated(decision: Decision, options: Sequence[Option]) -> Floats:
    """Return the probability of every option; a policy that states none is sure of its choice."""
    stated = {estimate.arm: estimate.propensity for estimate in decision.estimates}
    chances: Floats = np.array([stated.get(option.name, 0.0) for option in options])
    if not chances.any():
        chances = np.array([float(option.name == decision.arm) for option in options])
    shares: Floats = chances / chances.sum()
    return shares


def _answered(row: Logged) -> Option:
    return next(option for option in row.options if option.name == row.arm)


def _own(row: Logged, chance: Floats) -> float:
    """Return how probable the policy makes the choice that was made."""
    return float(chance[[option.name for option in row.options].index(row.arm)])


def _unsupported(followed: _Followed, made: Counter[str]) -> dict[str, float]:
    """Return the mean probability that the policy gives to each arm the log never tried."""
    lost: defaultdict[str, float] = defaultdict(float)
    for row, chance in zip(followed.rows, followed.chances, strict=True):
        for option, probability in zip(row.options, chance, strict=True):
            if not made[option.name]:
                lost[option.name] += float(probability)
    return {arm: total / len(followed.rows) for arm, total in lost.items()}


def _mean(scores: Floats, counts: Floats, z: float) -> Interval:
    """Return a weighted mean with the normal approximation of its error.

    With importance-weighted rewards as scores it is the estimator of Horvitz and Thompson
    (1952): (1/n) Σ π(a|x)/p · r.
    """
    total = float(counts.sum())
    value = float(counts @ scores) / total
    error = math.sqrt(float(counts**2 @ (scores - value) ** 2) * len(scores) / (len(scores) - 1))
    return Interval(value, value - z * error / total, value + z * error / total)


def _self_normalised(
    weights: Floats, rewards: Floats, rng: np.random.Generator, confidence: float
) -> Interval:
    """Return Σ w r / Σ w (Swaminathan and Joachims, 2015) with a percentile bootstrap.

    A ratio's error is skewed while few weights carry it; resampled rows (Efron, 1979) show it.
    """
    value = float(weights @ rewards) / float(weights.sum())
    size = len(weights)
    found: list[Floats] = []
    batch = max(1, _AT_ONCE // size)
    for start in range(0, _RESAMPLES, batch):
        drawn = rng.integers(size, size=(min(batch, _RESAMPLES - start), size))
        below = weights[drawn].sum(1)
        above = (weights * rewards)[drawn].sum(1)
        found.append(above[below > 0.0] / below[below > 0.0])
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1.0 - tail])
    return Interval(value, min(float(low), value), max(float(high), value))


def _doubly_robust(followed: _Followed, weights: Floats) -> Floats:
    """Return Σ_a π(a|x) q̂(x, a) + w (r - q̂(x, a₀)) of each row (Dudík, Langford and Li, 2011).

    The expectations q̂ at a row come from a model that was fitted without it (cross-fitting:
    Chernozhukov and others, 2018); folds are taken in turns, so that each spans the whole time.
    """
    inputs = features([row.context for row in followed.rows])
    places: dict[Option, int] = {}
    for row in followed.rows:
        for option in row.options:
            places.setdefault(option, len(places))
    answered = np.array([places[_answered(row)] for row in followed.rows])
    folds = np.arange(len(answered)) % _FOLDS
    expected = np.zeros((len(answered), len(places)))
    for fold in range(_FOLDS):
        out = folds == fold
        model = RewardModel(
            inputs[~out],
            answered[~out],
            len(places),
            followed.rewards[~out],
            followed.counts[~out],
        )
        expected[out] = model.expect(inputs[out])
    chances = np.zeros_like(expected)
    for at, (row, chance) in enumerate(zip(followed.rows, followed.chances, strict=True)):
        chances[at, [places[option] for option in row.options]] = chance
    own = expected[np.arange(len(answered)), answered]
    scores: Floats = (chances * expected).sum(1) + weights * (followed.rewards - own)
    return scores
