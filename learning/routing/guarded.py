"""Thompson sampling over a hierarchical posterior, with a guard and a change detector.

Decides which arm answers. How often it samples is the share of choices that
people respond to: exploring pays only if someone says how it went. Otherwise
it takes the best mean, and leaves a declared incumbent only on evidence.
When an arm's answers stop being as good as expected (Page, 1954), everything
learned and declared is dropped. Refuses to know prompts, prices and people.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.contract import (
    Context,
    Credit,
    Decision,
    Estimate,
    Evidence,
    Floats,
    Learner,
    Option,
    Outcome,
    required,
)
from learning.routing.hierarchy import TYPES, Posterior, Sums
from learning.routing.topics import FOUND_AFTER, TOPICS, Topics, folded
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.task_types import TaskType

_TEMPERATURE: Final = 0.1
"""By which sampled variance is scaled while there are declarations to lean on."""
_UNGUIDED: Final = 0.4
"""The same once evidence or a change has shown that they are not to be trusted."""
_TRUSTED: Final = 0.25
"""How far declarations must hold to be leant on; 0.5 is believed beforehand."""
_INCUMBENT_SLICE: Final = 0.2
"""Of the choices that would sample, when an incumbent is declared."""
_GUARD: Final = 1.0
"""Standard deviations by which an arm must beat the incumbent in the mean."""
_DRAWS: Final = 256
_UNTEMPERED: Final = 8
"""Draws of the full posterior when unguided: bad luck early on must not rule out an arm."""
_DRIFT: Final = 0.4
"""The change looked for, in standard deviations of the noise."""
_ALARM: Final = 11.0
"""Log-likelihood ratio at which a change is believed: one false alarm in some 10⁵."""
_ANSWERED: Final = (2.0, 10.0)
"""Responses and choices assumed before any were seen."""


@dataclass(slots=True)
class Remembered:
    """A prompt or an observation from before the topics were found."""

    types: Floats
    vector: Floats
    arm: int = -1
    reward: float = 0.0
    weight: float = 0.0


@dataclass(slots=True)
class State:
    """Everything that is learned; plain numbers, see ``codec``."""

    names: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    sums: Sums = field(default_factory=lambda: Sums.empty(0))
    change: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    trusted: bool = True
    alarms: int = 0
    answered: Floats = field(default_factory=lambda: np.array(_ANSWERED))
    embedder: str = ""
    topics: Topics | None = None
    early: list[Remembered] = field(default_factory=list)
    """Observations that are placed once there are topics."""
    seen: list[Floats] = field(default_factory=list)
    """Embeddings that topics will be found from."""


class HierarchicalThompson(Learner):
    """The default policy.

    Args:
        strengths: declared strengths by arm, in [0, 1]; priors that yield to evidence.
        incumbent: the arm that answers until another is known to be better.
        state: what was learned before.
    """

    name = "hierarchical_thompson"

    def __init__(
        self,
        strengths: Mapping[str, Mapping[TaskType, float]] | None = None,
        incumbent: str | None = None,
        state: State | None = None,
    ) -> None:
        self._strengths = strengths or {}
        self._incumbent = incumbent
        self.state = state or State()
        self._posterior = self._believed()

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Mapping[str, float] | None = None,
    ) -> Decision:
        """Choose one of the options."""
        places = [self._place(option) for option in required(options)]
        self._see(context)
        self.state.answered[1] += 1.0
        means, covariance = self._posterior.scores(self._features(context))
        means, covariance = means[places], covariance[np.ix_(places, places)]
        if penalties:
            means = means - [penalties.get(option.name, 0.0) for option in options]
        chances = self._chances(means, covariance, options, rng)
        # Not rng.choice: it checks what is true by construction, which takes longer than all else.
        chosen = int(np.searchsorted(np.cumsum(chances), rng.random() * chances.sum(), "right"))
        chosen = min(chosen, len(options) - 1)
        deviations = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        estimates = [
            Estimate(option.name, float(means[i]), float(deviations[i]), float(chances[i]))
            for i, option in enumerate(options)
        ]
        estimates.sort(key=lambda e: -e.mean)
        return Decision(
            self.name, options[chosen].name, float(min(chances[chosen], 1.0)), tuple(estimates)
        )

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        """Make what people think of a choice count, in place of what stood before.

        What is said of another version than the one that is asked now does not count.
        """
        arm = evidence.arm
        if arm.name in self.state.names:
            current = self.state.versions[self.state.names.index(arm.name)]
            if arm.version != current:
                outcome = super().credit(replace(evidence, reward=None), standing)
                problem = (
                    f"{arm.name} is now version {current!r}, the feedback is on {arm.version!r}"
                )
                return replace(outcome, problem=problem)
        return super().credit(evidence, standing)

    def prepare(self, contexts: Sequence[Context]) -> None:
        """See prompts before any is answered, so that topics exist from the first on."""
        for context in contexts:
            self._see(context)

    def _chances(
        self, means: Floats, covariance: Floats, options: Sequence[Option], rng: np.random.Generator
    ) -> Floats:
        """Return how probable each option is, shape ``(options,)``, sum 1."""
        answered, chosen = self.state.answered
        sampling = min(max(answered / chosen, 0.0), 1.0)
        best = int(means.argmax())
        at = next((i for i, o in enumerate(options) if o.name == self._incumbent), None)
        if at is not None:
            sampling *= _INCUMBENT_SLICE
            spread = covariance[best, best] + covariance[at, at] - 2 * covariance[best, at]
            if means[best] - means[at] < _GUARD * np.sqrt(max(spread, 0.0)):
                best = at
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        noise = rng.standard_normal((_DRAWS, len(options)))
        if self.state.trusted and self._posterior.trust > _TRUSTED:
            noise *= np.sqrt(_TEMPERATURE)
        else:
            noise[_UNTEMPERED:] *= np.sqrt(_UNGUIDED)
        draws = means + noise @ root.T
        wins = np.bincount(draws.argmax(1), minlength=len(options)) / _DRAWS
        chances: Floats = sampling * wins
        chances[best] += 1.0 - sampling
        return chances

    def _add(self, context: Context, credit: Credit) -> Credit:
        state, at = self.state, self._place(credit.arm)
        x = self._features(context)
        means, covariance = self._posterior.scores(x)
        expected = np.sqrt(self._posterior.noise + covariance[at, at])
        surprise = float(credit.weight * (credit.reward - means[at]) / expected)
        before = state.change[at].copy()
        steps = _DRIFT * (np.array([surprise, -surprise]) - credit.weight * _DRIFT / 2)
        state.change[at] = np.maximum(before + steps, 0.0)
        state.answered[0] += 1.0
        if state.change[at].max() > _ALARM:
            self._start_over()
            before = np.zeros(2)
        state.sums.add(at, x, credit.reward, credit.weight)
        vector = self._vector(context)
        if state.topics is None and vector is not None:
            state.early.append(
                Remembered(context.types(), vector, at, credit.reward, credit.weight)
            )
        self._posterior = self._believed()
        rise, fall = (float(moved) for moved in state.change[at] - before)
        return Credit(credit.arm, credit.reward, credit.weight, state.epochs[at], rise, fall)

    def _take_back(self, context: Context, credit: Credit) -> None:
        state = self.state
        if credit.arm.name not in state.names:
            return
        at = state.names.index(credit.arm.name)
        if state.epochs[at] != credit.epoch:
            return  # it went when the arm started afresh
        state.sums.add(at, self._features(context), credit.reward, -credit.weight)
        state.change[at] = np.maximum(state.change[at] - [credit.rise, credit.fall], 0.0)
        state.answered[0] = max(state.answered[0] - 1.0, 0.0)
        vector = self._vector(context)
        if vector is not None:
            gone = (at, credit.reward, credit.weight)
            for number, kept in enumerate(state.early):
                same = kept.vector.shape == vector.shape and np.allclose(kept.vector, vector)
                if (kept.arm, kept.reward, kept.weight) == gone and same:
                    del state.early[number]
                    break
        self._posterior = self._believed()

    def _place(self, option: Option) -> int:
        """Return the arm's row; a new arm gets one, a new version starts afresh."""
        state = self.state
        if option.name not in state.names:
            state.names.append(option.name)
            state.versions.append(option.version)
            state.epochs.append(0)
            state.sums.grow()
            state.change = np.vstack([state.change, np.zeros(2)])
            self._posterior = self._believed()
        at = state.names.index(option.name)
        if state.versions[at] != option.version:
            state.versions[at] = option.version
            self._forget(at)
            self._posterior = self._believed()
        return at

    def _forget(self, at: int) -> None:
        self.state.sums.clear(at)
        self.state.change[at] = 0.0
        self.state.epochs[at] += 1
        self.state.early = [kept for kept in self.state.early if kept.arm != at]

    def _start_over(self) -> None:
        """Drop what was learned and declared: where one arm changed, the others may have."""
        for at in range(len(self.state.names)):
            self._forget(at)
        self.state.trusted = False
        self.state.alarms += 1

    def _see(self, context: Context) -> None:
        state = self.state
        vector = self._vector(context)
        if state.topics is not None or vector is None:
            return
        state.embedder = state.embedder or context.embedder
        if state.seen and state.seen[0].shape != vector.shape:
            return
        state.seen.append(vector)
        if len(state.seen) < FOUND_AFTER:
            return
        state.topics = Topics.find(np.array(state.seen))
        for kept in state.early:
            state.sums.add(
                kept.arm, _features(kept.types, np.zeros(TOPICS)), kept.reward, -kept.weight
            )
            x = _features(kept.types, state.topics.shares(kept.vector))
            state.sums.add(kept.arm, x, kept.reward, kept.weight)
        state.seen, state.early = [], []
        self._posterior = self._believed()

    def _vector(self, context: Context) -> Floats | None:
        if context.embedding is None:
            return None
        if self.state.embedder and context.embedder != self.state.embedder:
            return None
        return folded(context.embedding)

    def _features(self, context: Context) -> Floats:
        vector = self._vector(context)
        topics = self.state.topics
        shares = np.zeros(TOPICS) if topics is None or vector is None else topics.shares(vector)
        return _features(context.types(), shares)

    def _believed(self) -> Posterior:
        declared = np.full((len(self.state.names), TYPES), np.nan)
        for at, name in enumerate(self.state.names):
            if self.state.trusted and name in self._strengths:
                strengths = self._strengths[name]
                declared[at] = [strengths.get(task, np.nan) for task in TASK_TYPES]
        known = ~np.isnan(declared)
        means = np.where(known, declared, 0.0).sum(0) / np.maximum(known.sum(0), 1)
        return Posterior(self.state.sums, np.where(known, declared - means, 0.0))


def _features(types: Floats, shares: Floats) -> Floats:
    return np.concatenate([[1.0], types, shares])
