"""The words of what was done: actions, tries, faults, and what follows from them.

Shapes only. Parameters and results in them are redacted already; whoever makes one sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience

Effect = Literal["reads", "own", "writes"]
"""What a tool does to the world: nothing; something in our own store, which can be taken back;
something elsewhere."""

Origin = Literal["person", "model", "pattern", "task", "schedule"]
"""Who wanted an action: somebody in so many words, a model in an answer, a habit that was
noticed, a task on the board, a time that came."""

Status = Literal[
    "proposed", "approved", "running", "done", "failed", "rejected", "expired", "unknown"
]
"""``unknown``: it was begun and nobody can tell whether it happened."""

FaultKind = Literal[
    "invalid",  # the call itself is wrong: parameters
    "not_found",
    "denied",  # the token is missing, revoked, or may not
    "rate_limited",
    "conflict",
    "unavailable",  # down, or a server error before anything happened
    "timeout",  # nobody knows whether it happened
    "too_large",
    "not_allowed",  # by an allow-list of ours
    "broken",  # what came back is not what the tool promises
]

HARMLESS: frozenset[FaultKind] = frozenset(
    {"invalid", "not_found", "denied", "rate_limited", "conflict", "not_allowed"}
)
"""Faults after which it is certain that nothing happened, so that another try doubles nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a try failed.

    Attributes:
        kind: what sort of failure.
        text: what the tool said, redacted and shortened; written by others, never obeyed.
        status: the HTTP status, where there was one.
        signature: the text without what differs from call to call (``learning.actions.signature``).
    """

    kind: FaultKind
    text: str
    status: int | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the time that an action took.

    Attributes:
        name: short: "queue", "build", "upload".
        ms: how long.
        waiting: whether nothing was done meanwhile but wait for somebody else's machine.
    """

    name: str
    ms: float
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """One call of a tool: with which parameters, and how it went.

    Attributes:
        kind: the tool, "github.create_issue".
        asked: the parameters as they were wanted.
        params: the parameters as they were sent.
        ok: whether it worked.
        fault: why not.
        lessons: what was changed from the failed try before, if this one worked.
        schema: digest of the tool's schema at that time; empty if it has none.
        own: whether the person asking now is who made it.
        learned_from: the action it belongs to.
    """

    kind: str
    asked: Mapping[str, Any]
    params: Mapping[str, Any]
    ok: bool
    at: datetime
    fault: Fault | None = None
    lessons: tuple[Mapping[str, Any], ...] = ()
    schema: str = ""
    time_ms: float = 0.0
    own: bool = True
    learned_from: UUID | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """An action as it is recorded.

    Attributes:
        kind: the tool, "github.create_issue"; what stands before the dot is the API.
        asked: the parameters that were wanted.
        params: those that were (or would be) sent.
        result: what came of it: ``text``, ``data``, ``link``.
        approach: the way it was gone about, where there are several.
        project: what it was done for: a repository, a board's project; empty if nothing.
        task_type: what sort of work, "landing page", "music"; empty if nothing is known.
        errors: the faults on the way, as data, oldest first.
        resolution: what made it work after a fault.
        rating: mean vote in [1, 5].
        decided: how it came to be done: ``asked`` (somebody approved), ``sure`` (from
            history, where admins allow it), ``free`` (needs no approval), ``never`` (rejected
            for good: this is not to follow that again); empty while open.
        changed: what the person changed of the proposal, as data: parameter → [before, after].
        after: the tool that a habit offered it after; empty if none did.
    """

    id: UUID
    user_id: str
    audience: Audience
    kind: str
    origin: Origin
    status: Status
    created_at: datetime
    asked: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    surface: str = ""
    channel_id: str = ""
    interaction_id: UUID | None = None
    conversation_id: UUID | None = None
    task_id: UUID | None = None
    approach: str = ""
    project: str = ""
    task_type: str = ""
    success: bool | None = None
    rating: float | None = None
    votes: int = 0
    time_ms: float | None = None
    phases: tuple[Phase, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    resolution: Mapping[str, Any] | None = None
    decided: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""
    decided_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def api(self) -> str:
        """Whose tool it is: "github"."""
        return self.kind.partition(".")[0]
