"""What every routing policy takes and returns, and what a credit must satisfy.

Decides which rewards count and how feedback that comes twice, changes or is
taken back becomes an addition or a subtraction. Refuses to know where feedback
comes from, how state is stored, and how any policy estimates.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.task_types import TaskType

Floats: TypeAlias = NDArray[np.float64]
MAX_WEIGHT: Final = 1.0
"""Of one piece of feedback: nobody's vote counts more than a plain one."""


@dataclass(frozen=True, slots=True)
class Option:
    """An arm that can be chosen now.

    Attributes:
        name: stable for as long as the arm plays the same part.
        version: of the model behind it; another version is another thing to learn about.
    """

    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a prompt before it is answered.

    Attributes:
        probabilities: how probable each task type is; a missing type is 0.
        embedding: of any length; ``None`` when there is no embedder.
        embedder: which embedder made it; vectors of two embedders are not compared.
    """

    probabilities: Mapping[TaskType, float]
    embedding: NDArray[np.floating] | None = None
    embedder: str = ""

    def types(self) -> Floats:
        """Return the probabilities, shape ``(4,)`` in the order of ``TASK_TYPES``."""
        return np.array([self.probabilities.get(task, 0.0) for task in TASK_TYPES])

    @property
    def type(self) -> TaskType:
        """The most probable task type."""
        return max(TASK_TYPES, key=lambda task: self.probabilities.get(task, 0.0))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy expects of one arm, for *why* and for the fallback order."""

    arm: str
    mean: float
    deviation: float
    propensity: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The arm chosen, and how probable that was; ``estimates`` has the best mean first."""

    policy: str
    arm: str
    propensity: float
    estimates: tuple[Estimate, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Evidence:
    """What people made of one choice.

    Attributes:
        arm: the arm that answered, in the version that answered.
        context: the same as when it was chosen.
        reward: in [0, 1]; ``None`` when all feedback was taken back.
        weight: in [0, 1]; less than 1 bounds the influence of one person.
    """

    arm: Option
    context: Context
    reward: float | None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Credit:
    """What of a choice is counted now: save it beside the choice, hand it back next time.

    Attributes:
        epoch: which life of the arm's posterior it was added to.
        rise: what it added to the evidence that the arm got better.
        fall: the same for worse.
    """

    arm: Option
    reward: float
    weight: float = 1.0
    epoch: int = 0
    rise: float = 0.0
    fall: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a credit came to.

    Attributes:
        credit: what stands for the choice from now on; ``None`` if nothing does.
        changed: whether the policy's state is another than before.
        problem: why the feedback was refused or altered, as a sentence; empty if it was not.
    """

    credit: Credit | None
    changed: bool
    problem: str = ""


class Policy(Protocol):
    """A way to choose that learns; the object is its loaded state."""

    @property
    def name(self) -> str:
        """As the log of choices spells it."""

    def choose(
        self,
        context: Context,
        options: Sequence[Option],
        rng: np.random.Generator,
        penalties: Mapping[str, float] | None = None,
    ) -> Decision:
        """Choose one of the options.

        Args:
            context: what is known of the prompt.
            options: those that can be used and afforded now.
            rng: the only source of chance.
            penalties: what each arm's expected cost and delay take off its quality.

        Raises:
            ValueError: if there is no option.
        """

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        """Make what people think of a choice count, in place of what stood before.

        Args:
            evidence: the newest state of the feedback on one choice.
            standing: what was counted for that choice until now.
        """


class Learner(ABC):
    """Turns newest-state feedback into additions and subtractions."""

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        """Make what people think of a choice count, in place of what stood before."""
        reward, weight, problem = checked(evidence)
        if reward is None and problem:
            return Outcome(standing, changed=False, problem=problem)
        if standing is not None and (standing.reward, standing.weight) == (reward, weight):
            return Outcome(standing, changed=False, problem=problem)
        if standing is not None:
            self._take_back(evidence.context, standing)
        credit = None
        if reward is not None and weight > 0.0:
            credit = self._add(evidence.context, Credit(evidence.arm, reward, weight))
        changed = standing is not None or credit is not None
        return Outcome(credit, changed=changed, problem=problem)

    @abstractmethod
    def _add(self, context: Context, credit: Credit) -> Credit:
        """Count it; return what ``_take_back`` needs."""

    @abstractmethod
    def _take_back(self, context: Context, credit: Credit) -> None:
        """Undo ``_add``."""


def checked(evidence: Evidence) -> tuple[float | None, float, str]:
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


def required(options: Sequence[Option]) -> Sequence[Option]:
    """Return the options.

    Raises:
        ValueError: if there is none.
    """
    if not options:
        raise ValueError("there is no arm to choose from: map at least one role to a model")
    return options
