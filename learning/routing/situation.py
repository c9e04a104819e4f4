"""What a choice is made from, and what comes out of it.

Decides names and shapes only: ``learning.routing.plan`` makes the one from the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from learning.routing.contract import Option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.roles import RoleName
    from learning.routing.contract import Context
    from learning.routing.health import Health
    from learning.routing.slots import SlotPolicy, Tally
    from learning.routing.spending import Budget
    from learning.routing.weights import Weights
    from learning.task_types import TaskType

Forced = Literal["", "asked", "pinned", "sticky", "only_one"]
Kind = Literal["variant", "temperature", "max_tokens", "fallback"]
KINDS: Final[tuple[Kind, ...]] = ("variant", "temperature", "max_tokens", "fallback")


@dataclass(frozen=True, slots=True)
class Arm:
    """A role, and the model that plays it today.

    Attributes:
        role: its name.
        model: ``provider:model``; roles that share one fail alike.
        version: what the provider says answers under that name.
    """

    role: RoleName
    model: str
    version: str = ""

    @property
    def option(self) -> Option:
        """The arm as policies know it."""
        return Option(self.role, self.version or self.model)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people asked for and forbade.

    Attributes:
        asked: the role this question is for, if somebody in particular was asked.
        pinned: the role that answers here until it is freed.
        banned: roles that are not asked here.
        avoid: roles whose answer to this very question was disliked.
        earlier: the role that answered last in this thread, if that still binds.
        aspects: what this message says about the form of answers.
    """

    asked: RoleName | None = None
    pinned: RoleName | None = None
    banned: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    earlier: str | None = None
    aspects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """How a model works and what it costs, as expected for this turn.

    Attributes:
        health: what was seen of it.
        prior_usd: its price for a turn of this size by the list; ``None`` if unknown.
        load: requests in flight with it.
        floor_s: the least patience for its first piece, however fast it has been: one that may
            have to be loaded first is slow once, and not for good.
    """

    health: Health
    prior_usd: float | None = None
    load: int = 0
    floor_s: float = 2.0


Tallies: TypeAlias = "Mapping[tuple[Kind, str, str], Mapping[str, Tally]]"
"""By kind, role and whose: "" for everybody's, "own" for the person's."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a plan is made from.

    Attributes:
        context: what is known of the prompt.
        task_type: its most probable task.
        length: characters that the model will read.
        arms: every role with its model.
        wanted: what people asked for and forbade.
        operations: by model.
        budgets: those that are set.
        tallies: of this task type.
        weights: what a dollar and a second are worth.
        patience_s: the longest wait for the first piece.
        explore: whether this person may be experimented on.
        slot_policy: how the settings of an arm are picked.
        try_settings: whether settings may be experimented with; not where the policy leaves
            nothing to chance.
    """

    context: Context
    task_type: TaskType
    length: int
    arms: Sequence[Arm]
    wanted: Wanted
    operations: Mapping[str, Operation]
    budgets: Sequence[Budget]
    tallies: Tallies
    weights: Weights
    patience_s: float
    explore: bool = True
    slot_policy: SlotPolicy = "thompson"
    try_settings: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt: who, and in which way.

    Attributes:
        arm: who is asked.
        settings: the option of each slot: variant, temperature, max_tokens.
        propensities: how probable each of these was.
        patience_s: how long to wait for the first piece before the next step.
        free: whether it costs nothing, so that no budget is in its way.
    """

    arm: Arm
    settings: Mapping[str, str] = field(default_factory=dict)
    propensities: Mapping[str, float] = field(default_factory=dict)
    patience_s: float = 60.0
    free: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One arm with what was expected of it, for *why*.

    ``score`` is the expected quality less what cost and delay take off; ``deviation`` is the
    standard deviation of that quality.
    """

    arm: Arm
    score: float
    deviation: float = 0.0
    propensity: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a turn does.

    Attributes:
        policy: as the log of choices spells it.
        steps: the choice and its fallbacks; empty if nothing can be paid for.
        propensity: how probable the choice was.
        forced: why the policy did not choose freely, if it did not.
        candidates: every arm, best first; those that were out of the question last. If nothing
            can be paid for, it is quality alone that orders them.
        unpaid: the budget that left somebody out, if one did.
    """

    policy: str
    steps: tuple[Step, ...]
    propensity: float
    forced: Forced
    candidates: tuple[Candidate, ...]
    unpaid: Budget | None = None
