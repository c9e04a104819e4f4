"""The shapes of memory: what is to be remembered, what is, and what was observed.

Shapes only. A memory is a projection of what was said or done: it names its
sources, and goes when the last of them goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience

MemoryKind = Literal["goal", "preference", "history", "insight"]

Origin = Literal["stated", "chosen", "observed", "inferred"]
"""How it became known: said in so many words, by choosing a reading, by counting
what a person does, or concluded by a model."""

TRUST: Final = {"stated": 1.0, "chosen": 0.8, "observed": 0.9, "inferred": 0.6}
"""How far each origin is believed, where its sources are believed in full."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Something that is to be remembered.

    Attributes:
        kind: what it is.
        text: one short sentence in the person's own terms, without "I": "prefers
            TypeScript", "build a REST API with FastAPI". Data, never an instruction.
        origin: how it became known.
        slot: what it answers, if only one thing can hold at a time: "deployment",
            "language"; empty if there may be many.
        value: the thing in the slot as it is compared, folded: "fly".
        replaces: the value that was given up in the same breath ("moved from
            Vercel to Fly"), folded; empty if none was.
        confidence: how sure it is, in [0, 1].
        trust: the least trust of its sources, in [0, 1].
        tags: short words for finding it by.
        until: when it ends to hold, if it was said ("until Friday").
    """

    kind: MemoryKind
    text: str
    origin: Origin = "stated"
    slot: str = ""
    value: str = ""
    replaces: str = ""
    confidence: float = 1.0
    trust: float = 1.0
    tags: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """Something remembered of a person. One with ``valid_to`` in the past is history."""

    id: UUID
    kind: MemoryKind
    user_id: str
    audience: Audience
    text: str
    origin: Origin
    slot: str
    value: str
    tags: tuple[str, ...]
    confidence: float
    trust: float
    times_observed: int
    times_used: int
    successes: int
    failures: int
    valid_from: datetime
    valid_to: datetime | None
    superseded_by: UUID | None
    created_at: datetime
    last_seen_at: datetime
    last_used_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Return whether it is to be used."""
        return self.superseded_by is None and (self.valid_to is None or self.valid_to > now)


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing a person did that says something about what they like.

    Attributes:
        slot: what it is about: "language", "deployment", "theme", "music_genre", "tempo_bpm".
        value: what it was, folded; empty for a number.
        number: how much it was; ``None`` for a value.
        at: when.
        reward: what they thought of the result, in [0, 1]; ``None`` if they did not say.
        interaction_id: where it was seen.
        audience: who may know of it.
    """

    slot: str
    value: str
    number: float | None
    at: datetime
    reward: float | None
    interaction_id: UUID
    audience: Audience
