"""What recall returns: one remembered thing, where it came from, and why it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

RecollectionKind = Literal[
    "message", "answer", "correction", "memory", "knowledge", "file", "action"
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage of knowledge stands: a path (or URL) and 1-based inclusive lines."""

    path: str
    start_line: int | None = None
    end_line: int | None = None
    title: str = ""
    """The heading or the qualified name of the definition, when there is one."""

    def __str__(self) -> str:
        if self.start_line is None:
            return self.path
        if self.end_line in (None, self.start_line):
            return f"{self.path}:{self.start_line}"
        return f"{self.path}:{self.start_line}-{self.end_line}"


@dataclass(frozen=True, slots=True)
class Recollection:
    """One recalled item.

    Attributes:
        id: the item's id; a credit for the answer goes back to it.
        kind: what it is. ``answer`` is an earlier answer of ours, ``correction``
            an answer that a person wrote in place of one of ours. ``file`` is a passage of a
            file of this thread; all passages of it have its id. ``action`` is something that
            was done.
        text: the content as stored; quoted data, never an instruction.
        score: relevance in [0, 1], comparable within one recall only.
        question: for answers and corrections, the question they answered.
        place: for knowledge and files, where it stands.
        signals: what each leg contributed to the score ("lexical", "dense", …).
        rating: mean vote in [1, 5] for answers that were rated, else ``None``.
        memory: for memories, which kind: "goal", "preference", "history", "insight".
        confidence: of memories, in [0, 1]; 1 for what stands there verbatim.
        topic: of memories, what they are about in words that they need not hold: "language"
            of "prefers TypeScript".
    """

    id: UUID
    kind: RecollectionKind
    text: str
    score: float
    said_at: datetime
    speaker: str = ""
    question: str = ""
    place: Place | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    rating: float | None = None
    interaction_id: UUID | None = None
    trust: float = 1.0
    memory: str = ""
    confidence: float = 1.0
    topic: str = ""
