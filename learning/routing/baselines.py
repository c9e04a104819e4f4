"""Simpler ways to choose, to be measured against and to be switched to.

Decides by fixed rules or by counts. Refuses to know anything beyond task type
and arm; LinUCB alone looks at the projected embedding.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from learning.routing.codec import UnreadableState, pack, shaped, unpack
from learning.routing.contract import Floats, Option
from learning.routing.embedding import REDUCED
from learning.routing.learner import Learner, certain, deductions, required

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.routing.contract import Context, Credit, Decision
    from learning.task_types import TaskType

    Penalties: TypeAlias = Mapping[str, float] | None

_EPSILON: Final = 0.1
_OPTIMISM: Final = 0.5
_DRAWS: Final = 256
_UNKNOWN: Final = 0.5
"""Quality expected of an arm that nobody has judged."""
_FEATURES: Final = 5 + REDUCED


class _Scored(Learner):
    """Base of policies that score each option and turn scores into chances."""

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
        *,
        explore: bool = True,
    ) -> Decision:
        """Choose one of the options; the state stays as it is."""
        off = deductions(required(options), penalties)
        means, deviations = self._scores(context, options)
        means = means - off
        chances = certain(options, int(means.argmax()))
        if explore:
            chances = self._chances(context, options, rng, means, deviations)
        return self._decision(options, means, deviations, chances, rng)

    @abstractmethod
    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        """Return expected qualities and their deviations, each of shape ``(options,)``."""

    def _chances(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        means: Floats,
        deviations: Floats,
    ) -> Floats:
        """Return how probable each option is; ``means`` are less penalties."""
        del context, rng, deviations
        return certain(options, int(means.argmax()))


class _Unlearned(_Scored):
    """Base of policies that feedback does not move."""

    def dump(self) -> bytes:
        """Return that there is nothing."""
        return pack(self.name, {})

    def _add(self, context: Context, credit: Credit) -> Credit:
        del context
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        del context, credit


class Random(_Unlearned):
    """Every option alike; the first, where chance may not decide."""

    name = "random"

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        del context
        return np.full(len(options), _UNKNOWN), np.zeros(len(options))

    def _chances(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        means: Floats,
        deviations: Floats,
    ) -> Floats:
        del context, rng, means, deviations
        return np.full(len(options), 1.0 / len(options))


class Fixed(_Unlearned):
    """One arm, whatever it costs; the first option when it is not there."""

    name = "fixed"

    def __init__(self, arm: str | None = None) -> None:
        self._arm = arm

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Penalties = None,
        *,
        explore: bool = True,
    ) -> Decision:
        """Choose the one."""
        del penalties  # fixed is fixed: it is what others are compared with
        return super().choose(context, options, rng, explore=explore)

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        del context
        names = [option.name for option in options]
        at = names.index(self._arm) if self._arm in names else 0
        return certain(options, at), np.zeros(len(options))


class StaticRules(_Unlearned):
    """The arm declared strongest, over the task types as probable as they are."""

    name = "static_rules"

    def __init__(self, strengths: Mapping[str, Mapping[TaskType, float]] | None = None) -> None:
        self._strengths = strengths or {}

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        likely = context.probabilities.items()
        declared = [
            sum(p * self._strengths.get(o.name, {}).get(t, 0.0) for t, p in likely) for o in options
        ]
        return np.array(declared), np.zeros(len(options))


class _Counts(_Scored):
    """Base of policies that sum rewards by task type and arm."""

    def __init__(self, stored: bytes | None = None) -> None:
        self._totals: dict[tuple[str, Option], Floats] = {}
        if stored is None:
            return
        rows = _rows(unpack(self.name, stored), "totals")
        try:
            for task, name, version, total, count in rows:
                totals = np.array([float(total), float(count)])
                self._totals[str(task), Option(str(name), str(version))] = totals
        except (TypeError, ValueError) as error:
            raise UnreadableState(_INCOMPLETE) from error

    def dump(self) -> bytes:
        """Return the sums."""
        rows = [
            [task, option.name, option.version, *total.tolist()]
            for (task, option), total in self._totals.items()
        ]
        return pack(self.name, {"totals": rows})

    def _key(self, context: Context, option: Option) -> tuple[str, Option]:
        return context.type, option

    def _sums(self, context: Context, options: Sequence[Option]) -> Floats:
        """Return the sums of rewards and of weights, shape ``(options, 2)``."""
        nothing = np.zeros(2)
        return np.array([self._totals.get(self._key(context, o), nothing) for o in options])

    def _add(self, context: Context, credit: Credit) -> Credit:
        self._move(context, credit, credit.weight)
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        self._move(context, credit, -credit.weight)

    def _move(self, context: Context, credit: Credit, weight: float) -> None:
        total = self._totals.setdefault(self._key(context, credit.arm), np.zeros(2))
        total += weight * np.array([credit.reward, 1.0])
        # What was taken back out of nothing, from a state that was restored, stays nothing.
        np.maximum(total, 0.0, out=total)


class EpsilonGreedy(_Counts):
    """The best mean so far over all tasks, and any arm one time in ten."""

    name = "epsilon_greedy"

    def _key(self, context: Context, option: Option) -> tuple[str, Option]:
        del context
        return "", option

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        totals, counts = self._sums(context, options).T
        means = np.where(counts > 0, totals / np.where(counts > 0, counts, 1.0), _UNKNOWN)
        return means, 0.5 / np.sqrt(1.0 + counts)

    def _chances(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        means: Floats,
        deviations: Floats,
    ) -> Floats:
        del context, rng, deviations
        best = certain(options, int(means.argmax()))
        return _EPSILON / len(options) + (1.0 - _EPSILON) * best


class BetaThompson(_Counts):
    """A draw from each arm's Beta posterior for the task type."""

    name = "beta_thompson"

    def _beta(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        totals, counts = self._sums(context, options).T
        return 1.0 + totals, 1.0 + np.maximum(counts - totals, 0.0)

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        good, bad = self._beta(context, options)
        total = good + bad
        return good / total, np.sqrt(good * bad / (total * total * (total + 1.0)))

    def _chances(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        means: Floats,
        deviations: Floats,
    ) -> Floats:
        del deviations
        good, bad = self._beta(context, options)
        draws = rng.beta(good, bad, size=(_DRAWS, len(options))) + means - good / (good + bad)
        wins: Floats = np.bincount(draws.argmax(1), minlength=len(options)) / _DRAWS
        return wins


class LinUcb(_Scored):
    """Disjoint LinUCB (Li et al., 2010) on task types and a projected embedding."""

    name = "linucb"

    def __init__(self, stored: bytes | None = None) -> None:
        self._squares: defaultdict[Option, Floats] = defaultdict(lambda: np.eye(_FEATURES))
        self._products: defaultdict[Option, Floats] = defaultdict(lambda: np.zeros(_FEATURES))
        self._inverses: dict[Option, Floats] = {}
        if stored is None:
            return
        fields = unpack(self.name, stored)
        try:
            options = [Option(str(n), str(v)) for n, v in _rows(fields, "options")]
        except (TypeError, ValueError) as error:
            raise UnreadableState(_INCOMPLETE) from error
        squares = shaped(fields, "squares", (len(options), _FEATURES, _FEATURES))
        products = shaped(fields, "products", (len(options), _FEATURES))
        self._squares.update(zip(options, squares, strict=True))
        self._products.update(zip(options, products, strict=True))

    def dump(self) -> bytes:
        """Return the normal equations."""
        options = list(self._squares)
        squares = np.array([self._squares[o] for o in options])
        products = np.array([self._products[o] for o in options])
        return pack(
            self.name,
            {
                "options": [[o.name, o.version] for o in options],
                "squares": squares.reshape(len(options), _FEATURES, _FEATURES),
                "products": products.reshape(len(options), _FEATURES),
            },
        )

    def _scores(self, context: Context, options: Sequence[Option]) -> tuple[Floats, Floats]:
        x = self._features(context)
        means, deviations = np.zeros(len(options)), np.zeros(len(options))
        for at, option in enumerate(options):
            if option not in self._squares:
                deviations[at] = np.sqrt(x @ x)
                continue
            if option not in self._inverses:
                inverted = np.linalg.inv(self._squares[option])
                self._inverses[option] = np.asarray(inverted, dtype=np.float64)
            spread = self._inverses[option] @ x
            means[at] = spread @ self._products[option]
            deviations[at] = np.sqrt(max(float(x @ spread), 0.0))
        return means, deviations

    def _chances(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        means: Floats,
        deviations: Floats,
    ) -> Floats:
        del context, rng
        return certain(options, int((means + _OPTIMISM * deviations).argmax()))

    def _features(self, context: Context) -> Floats:
        reduced = context.reduced if len(context.reduced) == REDUCED else (0.0,) * REDUCED
        return np.array([1.0, *context.types(), *reduced])

    def _add(self, context: Context, credit: Credit) -> Credit:
        self._move(context, credit, credit.weight)
        return credit

    def _take_back(self, context: Context, credit: Credit) -> None:
        if credit.arm in self._squares:
            self._move(context, credit, -credit.weight)

    def _move(self, context: Context, credit: Credit, weight: float) -> None:
        x = self._features(context)
        self._squares[credit.arm] += weight * np.outer(x, x)
        self._products[credit.arm] += weight * credit.reward * x
        self._inverses.pop(credit.arm, None)


_INCOMPLETE: Final = (
    "the stored state is incomplete: start from an empty state and credit the feedback again"
)


def _rows(fields: Mapping[str, Any], name: str) -> list[Any]:
    found = fields.get(name)
    if not isinstance(found, list):
        raise UnreadableState(_INCOMPLETE)
    return found
