"""What every routing policy takes and returns.

Decides the form in which a prompt is known to a policy and kept beside a
choice: a few rounded numbers, so that what was credited can be taken back from
the saved form alone. Refuses to know any text or embedding, where feedback
comes from, how state is stored, and how any policy estimates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.task_types import TaskType

Floats: TypeAlias = NDArray[np.float64]
_DIGITS: Final = 4
_FAR: Final = 10.0
"""No projected number is farther from 0 than this."""


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
    """What is known of a prompt before it is answered, as it is saved beside the choice.

    Every number is rounded and bounded when it is made, so ``from_data(as_data())`` is
    the same context. What is not a number counts as 0.

    Attributes:
        probabilities: how probable each task type is; a missing type is 0.
        topics: shares of the workspace's topics; empty while there are none.
        reduced: a fixed projection of the embedding; empty without an embedder.
        hardness: in [0, 1], from the length and the number of parts of the text.
    """

    probabilities: Mapping[TaskType, float]
    topics: tuple[float, ...] = ()
    reduced: tuple[float, ...] = ()
    hardness: float = 0.0

    def __post_init__(self) -> None:
        given: Any = self.probabilities
        bounded = {task: _bounded(given.get(task), 0.0, 1.0) for task in TASK_TYPES}
        put = object.__setattr__  # frozen: this is the one place that may
        put(self, "probabilities", bounded)
        put(self, "topics", tuple(_bounded(share, 0.0, 1.0) for share in self.topics))
        put(self, "reduced", tuple(_bounded(number, -_FAR, _FAR) for number in self.reduced))
        put(self, "hardness", _bounded(self.hardness, 0.0, 1.0))

    def types(self) -> Floats:
        """Return the probabilities, shape ``(4,)`` in the order of ``TASK_TYPES``."""
        return np.array([self.probabilities[task] for task in TASK_TYPES])

    @property
    def type(self) -> TaskType:
        """The most probable task type."""
        return max(TASK_TYPES, key=self.probabilities.__getitem__)

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "types": dict(self.probabilities),
            "topics": list(self.topics),
            "reduced": list(self.reduced),
            "hardness": self.hardness,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Context:
        """Read back what ``as_data`` wrote; what is missing or unreadable counts as 0."""
        return cls(
            _mapping(data.get("types")),
            _numbers(data.get("topics")),
            _numbers(data.get("reduced")),
            data.get("hardness", 0.0),
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy expects of one arm, for *why* and for the fallback order.

    Attributes:
        arm: its name.
        mean: expected quality less the arm's penalty.
        deviation: standard deviation of that expectation; 0 where a policy has none.
        propensity: how probable it was that this arm is chosen.
    """

    arm: str
    mean: float
    deviation: float
    propensity: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The arm chosen, and how probable that was.

    ``estimates`` has every option, the best mean first; their propensities sum to 1.
    """

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
        evaluation: whether nobody chose the arm: such answers are no sign of how often people
            respond.
    """

    arm: Option
    context: Context
    reward: float | None
    weight: float = 1.0
    evaluation: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """What of a choice is counted now: save it beside the choice, hand it back next time.

    Attributes:
        epoch: which life of the arm's posterior it was added to.
        rise: what it added to the evidence that the arm got better.
        fall: the same for worse.
        response: what it added to the count of responses.
    """

    arm: Option
    reward: float
    weight: float = 1.0
    epoch: int = 0
    rise: float = 0.0
    fall: float = 0.0
    response: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON, with every digit: what was added is what is subtracted."""
        return {
            "arm": self.arm.name,
            "version": self.arm.version,
            "reward": self.reward,
            "weight": self.weight,
            "epoch": self.epoch,
            "rise": self.rise,
            "fall": self.fall,
            "response": self.response,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Credit:
        """Read back what ``as_data`` wrote; what is missing or unreadable counts as 0."""
        return cls(
            Option(str(data.get("arm", "")), str(data.get("version", ""))),
            _finite(data.get("reward")),
            _finite(data.get("weight")),
            int(_finite(data.get("epoch"))),
            _finite(data.get("rise")),
            _finite(data.get("fall")),
            _finite(data.get("response")),
        )


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
        *,
        explore: bool = True,
    ) -> Decision:
        """Choose one of the options; the state stays as it is.

        Args:
            context: what is known of the prompt.
            options: those that can be used and afforded now; of each name one.
            rng: the only source of chance.
            penalties: what each arm's expected cost and delay take off its quality.
            explore: whether chance may decide; if not, what is expected to be best is chosen.

        Raises:
            ValueError: if there is no option.
        """

    def chosen(self, count: float = 1.0) -> None:
        """Count choices that were made, whether or not anybody responds to them."""

    def credit(self, evidence: Evidence, standing: Credit | None = None) -> Outcome:
        """Make what people think of a choice count, in place of what stood before.

        Args:
            evidence: the newest state of the feedback on one choice.
            standing: what was counted for that choice until now.
        """

    def dump(self) -> bytes:
        """Return the state; ``registry.open_policy`` reads it back."""


def _finite(value: object) -> float:
    if not isinstance(value, int | float | np.floating) or not math.isfinite(value):
        return 0.0
    return float(value)


def _bounded(value: object, low: float, high: float) -> float:
    return round(min(max(_finite(value), low), high), _DIGITS)


def _numbers(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
