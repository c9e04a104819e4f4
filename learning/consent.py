"""Consent: from whom may be learned, and whose yes that takes.

Decides what silence means on each surface, and who still has to be asked. Refuses to know how
people say yes or no, and where that is kept.

Discord's rules forbid profiling and training on what people write there, unless they and whoever
runs the server want it: silence is a no. Elsewhere a person may say no, and an admin may for
everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Party = Literal["workspace", "person"]

ASKED_FIRST: Final = frozenset({"discord"})
"""Surfaces from which nothing is learned before both have said yes."""
ALONE: Final = "dm:"
"""Begins the id of a workspace that is one person's: nobody else decides there."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was said about one thing that may be allowed; ``None`` is silence."""

    person: bool | None = None
    workspace: bool | None = None


def said_in(workspace_id: str, words: Words) -> Words:
    """Return what holds in a workspace; in one that is a person's own, theirs is its word too."""
    return Words(words.person, words.person) if workspace_id.startswith(ALONE) else words


def lacking(surface: str, words: Words) -> tuple[Party, ...]:
    """Return whose yes it takes before anything may be learned; nobody's if it may be."""
    silence = surface not in ASKED_FIRST
    parties: tuple[tuple[Party, bool | None], ...] = (
        ("workspace", words.workspace),
        ("person", words.person),
    )
    return tuple(party for party, word in parties if not (silence if word is None else word))
