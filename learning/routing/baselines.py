"""Simpler ways to choose, to be measured against and to be switched to.

Decides by fixed rules or by counts. Refuses to know anything beyond task type
and arm; LinUCB alone looks at the embedding.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.contract import Context, Credit, Decision, Floats, Learner, Option, required
from learning.routing.topics import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.task_types import TaskType

    Penalties = Mapping[str, float] | None

_EPSILON: Final = 0.1
_OPTIMISM: Final = 0.5
_REDUCED: Final = 32


class Unlearned(Learner):
    """Base of policies that feedback does not move."""

    def _add(self, context: Context, credit: Credit) -> Credit:
        del context
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        del context, credit


class Random(Unlearned):
    """Every option alike."""

    name = "random"

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        del context, penalties
        chosen = required(options)[int(rng.integers(len(options)))]
        return Decision(self.name, chosen.name, 1.0 / len(options))


class Fixed(Unlearned):
    """One arm, and the first option when it is not there."""

    name = "fixed"

    def __init__(self, arm: str) -> None:
        self._arm = arm

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        del context, rng, penalties
        names = [option.name for option in required(options)]
        return Decision(self.name, self._arm if self._arm in names else names[0], 1.0)


class StaticRules(Unlearned):
    """The arm declared strongest for the probable task type."""

    name = "static_rules"

    def __init__(self, strengths: Mapping[str, Mapping[TaskType, float]]) -> None:
        self._strengths = strengths

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        del rng, penalties
        task = context.type
        best = max(required(options), key=lambda o: self._strengths.get(o.name, {}).get(task, 0.0))
        return Decision(self.name, best.name, 1.0)


class _Counts(Learner):
    """Base of policies that count rewards a task type and arm."""

    def __init__(self) -> None:
        self._totals: defaultdict[tuple[str, Option], Floats] = defaultdict(lambda: np.zeros(2))

    def _total(self, context: Context, option: Option) -> Floats:
        """Return the sum of rewards and the sum of weights."""
        return self._totals[context.type, option]

    def _add(self, context: Context, credit: Credit) -> Credit:
        self._total(context, credit.arm)[:] += credit.weight * np.array([credit.reward, 1.0])
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        self._total(context, credit.arm)[:] -= credit.weight * np.array([credit.reward, 1.0])


class EpsilonGreedy(_Counts):
    """The best mean so far over all tasks, and any arm one time in ten."""

    name = "epsilon_greedy"

    def _total(self, context: Context, option: Option) -> Floats:
        del context
        return self._totals["", option]

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        means = []
        for option in required(options):
            total, count = self._total(context, option)
            mean = total / count if count > 0 else 0.5
            means.append(mean - (penalties or {}).get(option.name, 0.0))
        best = int(np.argmax(means))
        chosen = int(rng.integers(len(options))) if rng.random() < _EPSILON else best
        propensity = _EPSILON / len(options) + (1.0 - _EPSILON) * (chosen == best)
        return Decision(self.name, options[chosen].name, propensity)


class BetaThompson(_Counts):
    """A draw from each arm's Beta posterior for the task type."""

    name = "beta_thompson"

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        totals = np.array([self._total(context, option) for option in required(options)])
        good = np.maximum(totals[:, 0], 0.0)
        bad = np.maximum(totals[:, 1] - totals[:, 0], 0.0)
        draws = rng.beta(1.0 + good, 1.0 + bad, size=(64, len(options)))
        draws -= [(penalties or {}).get(option.name, 0.0) for option in options]
        winners = draws.argmax(1)
        chosen = int(winners[0])
        return Decision(self.name, options[chosen].name, float((winners == chosen).mean()))


class LinUcb(Learner):
    """Disjoint LinUCB (Li et al., 2010) on task types and a random projection."""

    name = "linucb"

    def __init__(self) -> None:
        self._projection: Floats | None = None
        width = 5 + _REDUCED
        self._squares: defaultdict[Option, Floats] = defaultdict(lambda: np.eye(width))
        self._products: defaultdict[Option, Floats] = defaultdict(lambda: np.zeros(width))
        self._inverses: dict[Option, Floats] = {}

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
    ) -> Decision:
        """Choose one of the options."""
        del rng
        x = self._features(context)
        scores = []
        for option in required(options):
            if option not in self._inverses:
                inverted = np.linalg.inv(self._squares[option])
                self._inverses[option] = np.asarray(inverted, dtype=np.float64)
            inverse = self._inverses[option]
            mean = x @ inverse @ self._products[option]
            bonus = _OPTIMISM * np.sqrt(x @ inverse @ x)
            scores.append(mean + bonus - (penalties or {}).get(option.name, 0.0))
        return Decision(self.name, options[int(np.argmax(scores))].name, 1.0)

    def _features(self, context: Context) -> Floats:
        reduced = np.zeros(_REDUCED)
        if context.embedding is not None:
            vector = folded(context.embedding)
            if self._projection is None or len(self._projection) != len(vector):
                shape = (len(vector), _REDUCED)
                random = np.random.default_rng(0)
                self._projection = np.asarray(random.normal(0.0, _REDUCED**-0.5, shape), np.float64)
            reduced[:] = vector @ self._projection
        return np.concatenate([[1.0], context.types(), reduced])

    def _add(self, context: Context, credit: Credit) -> Credit:
        self._move(context, credit, credit.weight)
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        self._move(context, credit, -credit.weight)

    def _move(self, context: Context, credit: Credit, weight: float) -> None:
        x = self._features(context)
        self._squares[credit.arm] += weight * np.outer(x, x)
        self._products[credit.arm] += weight * credit.reward * x
        self._inverses.pop(credit.arm, None)
