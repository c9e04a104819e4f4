"""Which role answers, and who is next when it fails.

Decides from the task, the declared strengths and what earlier feedback
advises. Refuses to know how a model is reached. Policies are registered by
name; each returns its propensity, so that a log of choices can be evaluated
for policies that did not make them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from learning.roles import ROLES

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from learning.roles import RoleName
    from learning.task_types import TaskType

AVOID_PENALTY: Final = 0.5
"""What a role loses when its answer to the very same question was disliked."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Something that can be chosen: a role, and the model that plays it today."""

    role: RoleName
    model: str


@dataclass(frozen=True, slots=True)
class RoutingContext:
    """What a choice may depend on; numbers and names, never text.

    Attributes:
        probabilities: how probable each task type is.
        avoid: roles whose answer to this very question was disliked.
        prefer: the role a person asked for, if one did.
    """

    probabilities: Mapping[TaskType, float]
    avoid: frozenset[str] = frozenset()
    prefer: RoleName | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One arm with its estimate, for *why*."""

    arm: Arm
    score: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The arm chosen, its probability of being chosen, and who is next.

    ``order`` starts with the choice itself and names every model once: roles
    that share a model would only fail alike.
    """

    policy: str
    arm: Arm
    propensity: float
    order: tuple[Arm, ...]
    candidates: tuple[Candidate, ...] = field(default=())


class Policy(Protocol):
    """A way to choose."""

    @property
    def name(self) -> str:
        """As the log of choices spells it."""

    def choose(self, context: RoutingContext, arms: Sequence[Arm], rng: random.Random) -> Choice:
        """Choose one of the arms.

        Raises:
            ValueError: if there are none.
        """


class DeclaredStrengths:
    """Chooses the role declared strongest for the probable task.

    A role's score is its strength averaged over the task types. Deterministic:
    the propensity is 1.
    """

    name = "declared_strengths"

    def choose(self, context: RoutingContext, arms: Sequence[Arm], rng: random.Random) -> Choice:
        """Choose one of the arms."""
        del rng
        if not arms:
            raise ValueError("there is no arm to choose from: map at least one role to a model")
        strengths = {role.name: role.strengths for role in ROLES}
        candidates = []
        for arm in arms:
            score = sum(
                p * strengths[arm.role].of(task) for task, p in context.probabilities.items()
            )
            note = ""
            if arm.role in context.avoid:
                score -= AVOID_PENALTY
                note = "its last answer to this question was disliked"
            if arm.role == context.prefer:
                score += 1.0
                note = "asked for"
            candidates.append(Candidate(arm, score, note))
        candidates.sort(key=lambda c: -c.score)
        order: dict[str, Arm] = {}
        for candidate in candidates:
            order.setdefault(candidate.arm.model, candidate.arm)
        return Choice(self.name, candidates[0].arm, 1.0, tuple(order.values()), tuple(candidates))


POLICIES: Final[Mapping[str, type[DeclaredStrengths]]] = {DeclaredStrengths.name: DeclaredStrengths}
"""Every policy that can be switched on, by name."""
