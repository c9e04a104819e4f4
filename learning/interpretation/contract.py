"""The shapes of interpretation: readings of a request, and what came of showing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

MOST_READINGS: Final = 3
"""Nobody reads a longer list before asking their question anew."""

MOST_CHARS: Final = 75
"""Characters of a reading that fit on a button."""

ASKING: Final = "Which do you mean?"
"""How the question begins that asks a person to choose."""

AskedOutcome = Literal["first", "another", "typed"]
"""What a person meant: the first reading, another one, or something of their own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a request may mean.

    Attributes:
        id: "h1", "h2" or "h3", in the order shown.
        text: the request as it would be said in full, in the imperative: "build a
            REST API with FastAPI". Short enough for a button (at most ``MOST_CHARS``).
        confidence: how probable it is, in [0, 1]. Readings need not add up to 1.
        sources: the memories and answers it speaks of.
    """

    id: str
    text: str
    confidence: float
    sources: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One time that readings were made, and what came of it.

    Attributes:
        confidence: of the first reading.
        mode: whether the person was asked or the first reading was taken.
        outcome: what they meant; ``None`` while it is not known. For a reading that
            was taken, silence means "first".
        at: when.
    """

    confidence: float
    mode: Literal["asked", "advanced"]
    outcome: AskedOutcome | None
    at: datetime


def numbered(readings: tuple[Reading, ...]) -> str:
    """Return the question with its readings as a list, for places without buttons."""
    lines = "\n".join(f"{n}. {r.text[:1].upper()}{r.text[1:]}" for n, r in enumerate(readings, 1))
    return f"{ASKING}\n\n{lines}\n\nAnswer with a number, or say it in your own words."
