"""Consent: from whom may be learned, and whose yes that takes.

Decides what silence means on each surface, and who still has to be asked. Refuses to know how
people say yes or no, and where that is kept.

Discord's rules forbid profiling and training on what people write there, unless they and whoever
runs the server want it: silence is a no. Slack's terms keep what was written there out of training
in any case. Elsewhere a person may say no, and an admin may for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Party = Literal["workspace", "person"]

ASKED_FIRST: Final = frozenset({"discord"})
"""Surfaces from which nothing is learned before both have said yes."""
NEVER_TRAINED_ON: Final = frozenset({"slack"})
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


def learns(surface: str, person: bool | None, workspace: bool | None) -> bool:
    """Return whether anything may be learned from what a person says and does on a surface."""
    return not lacking(surface, Words(person, workspace))


def trains(surface: str, person: bool | None, workspace: bool | None) -> bool:
    """Return whether it may become training data, which leaves this place: only after both yes.

    The words asked for are about training; those about learning do not count.
    """
    return surface not in NEVER_TRAINED_ON and person is True and workspace is True
