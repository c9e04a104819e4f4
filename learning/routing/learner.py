"""What all policies share: feedback in its newest state, and a choice from chances.

Decides which rewards count, and how feedback that comes twice, changes or is
taken back becomes an addition or a subtraction. Refuses to know how any policy
estimates.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from learning.routing.contract import Credit, Decision, Estimate, Evidence, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.routing.contract import Context, Floats, Option

MAX_WEIGHT: Final = 1.0
"""Of one piece of feedback: nobody's vote counts more than a plain one."""


class Learner(ABC):
    """Turns newest-state feedback into additions and subtractions."""

    name: ClassVar[str]

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        """Make what people think of a choice count, in place of what stood before."""
        reward, weight, problem = _checked(evidence)
        if reward is None and problem:
            return Outcome(standing, changed=False, problem=problem)
        if standing is not None and (standing.reward, standing.weight) == (reward, weight):
            return Outcome(standing, changed=False, problem=problem)
        if standing is not None:
            self._take_back(evidence.context, standing)
        credit = None
        if reward is not None and weight > 0.0:
            response = 0.0 if evidence.evaluation else 1.0
            credit = self._add(
                evidence.context, Credit(evidence.arm, reward, weight, response=response)
            )
        changed = standing is not None or credit is not None
        return Outcome(credit, changed=changed, problem=problem)

    def chosen(self, count: float = 1.0) -> None:  # noqa: B027 - most policies do not care
        """Count choices that were made, whether or not anybody responds to them."""

    def _decision(
        self,
        options: Sequence[Option],
        means: Floats,
        deviations: Floats,
        chances: Floats,
        rng: np.random.Generator,
    ) -> Decision:
        """Choose by the chances.

        Args:
            options: of which one is chosen.
            means: expected quality less penalties, shape ``(options,)``.
            deviations: of the means.
            chances: how probable each option is; they sum to 1.
            rng: the source of chance.
        """
        chances = chances / chances.sum()
        # Not rng.choice: it checks what is true by construction, which takes longer than all else.
        at = int(np.searchsorted(np.cumsum(chances), rng.random(), "right"))
        at = min(at, int(np.flatnonzero(chances)[-1]))
        estimates = [
            Estimate(option.name, *numbers)
            for option, *numbers in zip(
                options, means.tolist(), deviations.tolist(), chances.tolist(), strict=True
            )
        ]
        chosen = estimates[at]
        estimates.sort(key=lambda e: -e.mean)
        return Decision(self.name, chosen.arm, chosen.propensity, tuple(estimates))

    @abstractmethod
    def _add(self, context: Context, credit: Credit) -> Credit:
        """Count it; return what ``_take_back`` needs."""

    @abstractmethod
    def _take_back(self, context: Context, credit: Credit) -> None:
        """Undo ``_add``."""


def required(options: Sequence[Option]) -> Sequence[Option]:
    """Return the options.

    Raises:
        ValueError: if there is none.
    """
    if not options:
        raise ValueError("there is no arm to choose from: map at least one role to a model")
    return options


def deductions(options: Sequence[Option], penalties: Mapping[str, float] | None) -> Floats:
    """Return what is taken off each option, shape ``(options,)``; no number is 0."""
    found = np.array([(penalties or {}).get(option.name, 0.0) for option in options])
    return np.where(np.isfinite(found), found, 0.0)


def certain(options: Sequence[Option], at: int) -> Floats:
    """Return the chances when one option is chosen for sure."""
    chances = np.zeros(len(options))
    chances[at] = 1.0
    return chances


def _checked(evidence: Evidence) -> tuple[float | None, float, str]:
    """Return reward and weight as they may be counted, and what was wrong with them."""
    reward, weight = evidence.reward, evidence.weight
    if not math.isfinite(weight):
        return None, 0.0, f"a weight of {weight} is not a number; the feedback was not counted"
    weight = min(max(weight, 0.0), MAX_WEIGHT)
    if reward is None:
        return None, weight, ""
    if not math.isfinite(reward):
        return None, weight, f"a reward of {reward} is not a number; the feedback was not counted"
    if not 0.0 <= reward <= 1.0:
        clipped = min(max(reward, 0.0), 1.0)
        return clipped, weight, f"a reward of {reward} is outside [0, 1]; it counted as {clipped}"
    return float(reward), weight, ""
