"""What a turn hands from step to step: loaded, prepared, recalled, chosen, decided.

Shapes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bot.recall import Recalled
    from integrations.contracts.model import Said
    from learning.routing.situation import Plan
    from learning.routing.spending import Budget
    from learning.store.conversations import Conversation, Message
    from learning.store.interactions import Interaction
    from learning.task_types import TaskEstimate


@dataclass(frozen=True, slots=True)
class Prepared:
    """What holds for a person and a thread before the question was looked at.

    Attributes:
        pinned: the role that answers here, by the narrowest rule.
        banned: roles that are not asked here.
        again_of: the role whose answer somebody wants another one for.
        earlier: what was answered last in this thread; what only failed is passed over.
        spent_by_person: US dollars today.
        spent_by_workspace: US dollars today.
    """

    pinned: str | None = None
    banned: frozenset[str] = frozenset()
    again_of: str | None = None
    earlier: Interaction | None = None
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


@dataclass(frozen=True, slots=True)
class Decided:
    """What was recalled and chosen."""

    recalled: Recalled
    estimate: TaskEstimate
    chosen: Chosen
    cancelled: bool
    """Whether stop was pressed before this."""
