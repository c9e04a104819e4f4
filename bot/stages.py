"""What a turn hands from step to step: loaded, prepared, recalled, chosen, decided.

Shapes only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.context import Recalled
    from bot.interpreting import Interpreted
    from integrations.contracts.model import Said
    from learning.evidence import ScopeEvidence
    from learning.memory.contract import Memory
    from learning.routing.situation import Plan
    from learning.routing.spending import Budget
    from learning.store.conversations import Conversation, Message
    from learning.store.interactions import Interaction
    from learning.store.interpretations import Interpretation
    from learning.task_types import TaskEstimate


@dataclass(frozen=True, slots=True)
class Prepared:
    """What holds for a person and a thread before the question was looked at.

    Attributes:
        pinned: the role that answers here, by the narrowest rule.
        banned: roles that are not asked here.
        again_of: the role whose answer somebody wants another one for.
        earlier: what was answered last in this thread; what only failed is passed over.
        asked: what the last request in this thread could mean, while that is open.
        spent_by_person: US dollars today.
        spent_by_workspace: US dollars today.
    """

    pinned: str | None = None
    banned: frozenset[str] = frozenset()
    again_of: str | None = None
    earlier: Interaction | None = None
    asked: Interpretation | None = None
    spent_by_person: float = 0.0
    spent_by_workspace: float = 0.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan, and the choice as it was logged."""

    plan: Plan
    choice_id: UUID
    budgets: Sequence[Budget]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a turn starts from."""

    interaction: Interaction
    conversation: Conversation
    question: Message
    history: tuple[Said, ...]
    heard: tuple[UUID, ...]
    """Messages of other people in the history: an answer may quote them."""
    learns: bool
    prepared: Prepared
    memories: tuple[Memory, ...] = ()
    """What is known of the person and may be said here."""
    facets: Mapping[str, float] = field(default_factory=dict)
    """How the person likes answers, each in [0, 1]; none that was not learned."""
    settles: UUID | None = None
    """The question that Mynah asked about, which this message answers."""
    evidence: ScopeEvidence | None = None
    """How far each way to find things is to be believed here."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was recalled and chosen.

    Attributes:
        recalled: what stands before the model.
        estimate: what kind of task it is.
        chosen: who answers.
        cancelled: whether stop was pressed before this.
        interpreted: what the request could mean, if it was taken to mean one of several things.
    """

    recalled: Recalled
    estimate: TaskEstimate
    chosen: Chosen
    cancelled: bool
    interpreted: Interpreted | None = None
