"""What a turn hands from step to step: loaded, prepared, recalled, chosen, decided.

Shapes only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from learning.scope import Scope, may_tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.context import Recalled
    from integrations.contracts.model import Said
    from learning.attached import Attached
    from learning.evidence import ScopeEvidence
    from learning.interpretation.contract import Reading
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
    outsiders: bool = True
    """Whether somebody who is not of the workspace reads along, as far as is known."""
    files: tuple[Attached, ...] = ()
    """The latest files of the thread, oldest first."""

    def scope(self, workspace_id: str) -> Scope:
        """Return what the reply may draw on."""
        asked = self.interaction
        return Scope(workspace_id, asked.user_id, asked.audience, outsiders=self.outsiders)

    def read_by(self, *, outsiders: bool) -> Loaded:
        """Return this without what those who read along may not know."""
        here = self.interaction.audience
        return replace(
            self,
            memories=tuple(
                m for m in self.memories if may_tell(m.audience, here, outsiders=outsiders)
            ),
            outsiders=outsiders,
        )

    @property
    def own_files(self) -> tuple[Attached, ...]:
        """The files that came with the question."""
        return tuple(file for file in self.files if file.message_id == self.question.id)

    @property
    def unread(self) -> tuple[Attached, ...]:
        """Those of them that nobody tried to read yet."""
        return tuple(file for file in self.own_files if file.unread)


@dataclass(frozen=True, slots=True)
class Interpreted:
    """What a request may mean.

    Attributes:
        readings: the most probable first.
        mode: whether to ask, or to go on with the first.
        threshold: the confidence from which the first is taken.
        reason: why the request seemed ambiguous.
        context: what was known when the readings were made, for learning from the choice.
    """

    readings: tuple[Reading, ...]
    mode: Literal["asked", "advanced"]
    threshold: float
    reason: str
    context: Mapping[str, Any]

    @property
    def taken(self) -> Reading | None:
        """The reading to go on with, unless the person is asked."""
        return self.readings[0] if self.mode == "advanced" else None


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
