"""Which way the chosen arm works: a small bandit over one of its settings.

Decides among prompt variants, temperatures, answer lengths or the next arm after a failure,
from what everybody and what the asking person made of each. Refuses to know what an option
means and where tallies are kept.

An option's mean is estimated in three steps, each shrunk towards the one before: the mean of
all options together (most feedback is about the model, and moves them alike), what people made
of this option, what this person made of it. The first option stands until there is evidence for
another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SlotPolicy = Literal["thompson", "epsilon_greedy"]

ONE_PERSON: Final = 1.0
"""The most that one person's feedback on an option weighs among everybody's."""
SEVERAL: Final = 2.5
"""What people's feedback on an option must weigh before it can become their default."""
AMONG_MANY: Final = 0.2
"""How much of the weight of the default's feedback that must be: who is content says little."""
OWN_WISH: Final = 0.75
"""What a person's feedback on an option must weigh before it can become their own default."""

_EXPLORED: Final = 0.05
"""Share of choices that follow the posterior and not the leader."""
_EPSILON: Final = 0.1
_ADVANTAGE: Final = 0.05
_NEUTRAL: Final = 0.5
_POOLED_PRIOR: Final = 2.0
_SHARED_PRIOR: Final = 2.0
_OWN_PRIOR: Final = 0.5
"""Pseudo-counts; a person's own word soon outweighs everybody's, however many they are."""
_CERTAINTY: Final = 0.5
"""Standard deviations by which people must prefer an option to the default."""
_HEAVIEST: Final = 1e9
_GRID: Final = 129
_REACH: Final = 5.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What was made of an option: the sum of weights, and of weight times reward in [0, 1]."""

    weight: float = 0.0
    total: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.weight + other.weight, self.total + other.total)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.weight - other.weight, self.total - other.total)

    def sound(self) -> Tally:
        """Return it as it may be counted: nothing if it is no number or has no weight."""
        if 0.0 <= self.total <= self.weight <= _HEAVIEST and self.weight > 0.0:
            return self
        if not (math.isfinite(self.weight) and math.isfinite(self.total)) or self.weight <= 0.0:
            return Tally()
        total = min(max(self.total, 0.0), self.weight)
        if self.weight > _HEAVIEST:
            return Tally(_HEAVIEST, _HEAVIEST * (total / self.weight))
        return Tally(self.weight, total)


_NOTHING: Final = Tally()


@dataclass(frozen=True, slots=True)
class SlotEstimate:
    """What is expected of one option, for *why*.

    Attributes:
        option: its name.
        mean: expected reward for this person, in [0, 1].
        deviation: standard deviation of that expectation.
        propensity: how probable it was to be picked.
        people_weight: of everybody's feedback on it.
        own_weight: of the person's feedback on it.
    """

    option: str
    mean: float
    deviation: float
    propensity: float
    people_weight: float
    own_weight: float


@dataclass(frozen=True, slots=True)
class Pick:
    """The option picked, and how probable that was; ``estimates`` are in the options' order."""

    option: str
    propensity: float
    estimates: tuple[SlotEstimate, ...]


@dataclass(frozen=True, slots=True)
class _Belief:
    """One number an option, in plain lists: they are too few for arrays to be worth making."""

    means: list[float]
    deviations: list[float]
    people: list[float]
    own: list[float]


def pick(
    options: Sequence[str],
    shared: Mapping[str, Tally],
    own: Mapping[str, Tally],
    rng: np.random.Generator,
    *,
    explore: bool = True,
    policy: SlotPolicy = "thompson",
) -> Pick:
    """Pick one of the options.

    ``thompson`` takes the leader, and in a share of choices, which is at most 5 %, an option as
    often as the posterior holds it for the best (probability matching, Thompson 1933). Whose own
    word made the leader is not experimented on.
    ``epsilon_greedy`` takes the best mean so far, and any option one time in ten.

    Args:
        options: the default first; a name that comes again is passed over.
        shared: everybody's tallies by option, each person's bounded as ``voice`` does.
        own: the person's tallies by option.
        rng: the only source of chance.
        explore: whether this person may be experimented on; without, the leader is certain.
        policy: how to choose.

    Raises:
        ValueError: if there is no option.
    """
    names = tuple(dict.fromkeys(options))
    if not names:
        raise ValueError("there is no option to pick from: name at least the default")
    people = [shared.get(name, _NOTHING).sound() for name in names]
    person = [own.get(name, _NOTHING).sound() for name in names]
    belief = _believed(people, person)
    share, matched = 0.0, [0.0] * len(names)
    if policy == "epsilon_greedy":
        leader = _best_so_far(people, person)
        if explore:
            share, matched = _EPSILON, [1.0 / len(names)] * len(names)
    else:
        leader = _leader(belief)
        # Who has said what they want is not experimented on: they would have to say it again.
        if explore and leader == _leader(_believed(people, [_NOTHING] * len(names))):
            share, matched = _EXPLORED, _best_probabilities(belief.means, belief.deviations)
    propensities = [share * each for each in matched]
    propensities[leader] += 1.0 - share
    total = math.fsum(propensities)
    propensities = [each / total for each in propensities]
    drawn, chosen = rng.random(), 0
    while chosen < len(names) - 1 and drawn >= propensities[chosen]:
        drawn -= propensities[chosen]
        chosen += 1
    return Pick(
        names[chosen],
        propensities[chosen],
        tuple(
            SlotEstimate(
                name,
                belief.means[i],
                belief.deviations[i],
                propensities[i],
                belief.people[i],
                belief.own[i],
            )
            for i, name in enumerate(names)
        ),
    )


def voice(own: Tally) -> Tally:
    """Return what one person's tally of an option counts for among everybody's.

    The mean is kept, the weight is bounded: who says a thing a thousand times is still one
    person. Everybody's tally is the sum of the voices, so when a person's tally goes from
    ``before`` to ``after``, everybody's moves by ``voice(after) - voice(before)``.
    """
    counted = own.sound()
    if counted.weight <= ONE_PERSON:
        return counted
    return Tally(ONE_PERSON, ONE_PERSON * counted.total / counted.weight)


def best_supported(*tallies: Mapping[str, Tally]) -> tuple[str, ...]:
    """Return all options that were tallied, the one with most reward first."""
    totals: dict[str, float] = {}
    for each in tallies:
        for option, tally in each.items():
            totals[option] = totals.get(option, 0.0) + tally.sound().total
    return tuple(sorted(totals, key=lambda option: (-totals[option], option)))


def _believed(people: Sequence[Tally], person: Sequence[Tally]) -> _Belief:
    weight, total = sum(t.weight for t in people), sum(t.total for t in people)
    pooled = (_POOLED_PRIOR * _NEUTRAL + total) / (_POOLED_PRIOR + weight)
    shared = [
        (_SHARED_PRIOR * (pooled - _ADVANTAGE if i else pooled + _ADVANTAGE) + each.total)
        / (_SHARED_PRIOR + each.weight)
        for i, each in enumerate(people)
    ]
    # How this person votes in general: a harsh critic says little against any one option.
    surprise = sum(own.total - own.weight * s for own, s in zip(person, shared, strict=True))
    leaning = surprise / (_POOLED_PRIOR + sum(own.weight for own in person))
    means, deviations = [], []
    for own, everybody, each in zip(person, people, shared, strict=True):
        expected = min(max(each + leaning, 0.0), 1.0)
        mean = (_OWN_PRIOR * expected + own.total) / (_OWN_PRIOR + own.weight)
        seen = _SHARED_PRIOR + everybody.weight + own.weight
        means.append(mean)
        # A mean at 0 or 1 is not certain; a twentieth is taken for the least variance.
        deviations.append(math.sqrt(max(mean * (1.0 - mean), 0.05) / (1.0 + seen)))
    return _Belief(means, deviations, [t.weight for t in people], [t.weight for t in person])


def _leader(belief: _Belief) -> int:
    """Return the default, or the best of those that there is enough evidence for."""
    means, deviations = belief.means, belief.deviations
    enough = max(SEVERAL, AMONG_MANY * belief.people[0])
    leader = 0
    for i in range(1, len(means)):
        apart = _CERTAINTY * math.hypot(deviations[i], deviations[0])
        several = belief.people[i] >= enough and means[i] - means[0] >= apart
        if (several or belief.own[i] >= OWN_WISH) and means[i] > means[leader]:
            leader = i
    return leader


def _best_so_far(people: Sequence[Tally], person: Sequence[Tally]) -> int:
    both = [each + own for each, own in zip(people, person, strict=True)]
    means = [each.total / each.weight if each.weight > 0.0 else _NEUTRAL for each in both]
    return means.index(max(means))


def _best_probabilities(expected: Sequence[float], spread: Sequence[float]) -> list[float]:
    """Return how probable each option is the best, for independent normal beliefs.

    The integral of one density times the others' distributions, as a sum over a grid. The option
    is drawn from these numbers themselves, so the grid's error is none of the propensity's.
    """
    means, deviations = np.array(expected), np.array(spread)
    low = float((means - _REACH * deviations).min())
    high = float((means + _REACH * deviations).max())
    grid = np.linspace(low, high, _GRID)
    # A peak between two points of the grid would be seen by neither.
    deviations = np.maximum(deviations, (high - low) / (_GRID - 1))
    z = (grid - means[:, None]) / deviations[:, None]
    densities = np.exp(-0.5 * z * z) / deviations[:, None]
    below = np.cumsum(densities, axis=1) - 0.5 * densities
    below /= densities.sum(1, keepdims=True)
    product = below.prod(0)
    # Where an option's own distribution is 0 it is best with probability 0 as well.
    others = np.divide(product, below, out=np.zeros_like(below), where=below > 0.0)
    best = (densities * others).sum(1)
    total = float(best.sum())
    if total <= 0.0:
        return [1.0 / len(expected)] * len(expected)
    probabilities: list[float] = (best / total).tolist()
    return probabilities
