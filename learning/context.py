"""How much of what is known fits into a prompt, and what goes in first.

Decides which earlier messages go along with a question, and how the room for
everything recalled is shared out between its sections. Refuses to know what any
of it says; worth, lengths and kinds are all it looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, get_args

from learning.budget import fill_budget
from learning.tokens import estimated_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learning.recall import Scored
    from learning.recollection import Recollection

HISTORY_TOKENS: Final = 1_500
_CHARS_PER_TOKEN = 4
_LONGEST = 2_000
"""Characters of one earlier message that go along; its beginning says most."""

By = Literal["person", "mynah"]

Section = Literal[
    "goals",
    "preferences",
    "persona",
    "files",
    "rated",
    "knowledge",
    "history",
    "insights",
    "conversation",
]
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)

CAPS: Final[Mapping[Section, int]] = {
    "goals": 160,
    "preferences": 240,
    "insights": 120,
    "rated": 1_600,
}
"""Tokens a section may take at most. What documents and people said fills the rest, and what
these leave over: a profile must never push out what answers the question."""

_OF_MEMORY: Final[Mapping[str, Section]] = {
    "goal": "goals",
    "preference": "preferences",
    "history": "history",
    "insight": "insights",
}


@dataclass(frozen=True, slots=True)
class Composed:
    """What goes into a prompt.

    Attributes:
        recollections: in the order of their citation marks: rated answers, what was
            found, what is known of the person.
        tokens: estimated tokens of each section that has any.
    """

    recollections: tuple[Recollection, ...]
    tokens: Mapping[Section, int]


def section_of(recollection: Recollection) -> Section:
    """Return the section that something recalled belongs to."""
    if recollection.kind == "memory":
        return _OF_MEMORY.get(recollection.memory, "history")
    if recollection.kind == "knowledge":
        return "knowledge"
    if recollection.kind == "file":
        return "files"
    return "history" if recollection.kind == "message" else "rated"


def compose(
    rated: Sequence[Recollection],
    found: Sequence[tuple[Scored, Recollection]],
    profile: Sequence[Recollection],
    max_tokens: int,
    max_found: int,
) -> Composed:
    """Share out the room of a prompt.

    Sections with a cap take what fits of theirs, best first; what was found then
    competes for the rest by what each adds. Something that is both found and part
    of the profile goes in once, as part of the profile.

    Args:
        rated: earlier answers and corrections worth repeating, best first.
        found: what recall found, best first, each with its text in its candidate.
        profile: what is known of the person and bears on the question, best first.
        max_tokens: room for all of it, in estimated tokens.
        max_found: how many of what was found and rated go in at most.
    """
    used: dict[Section, int] = {}
    kept_rated = _within_caps(rated, used)
    kept_profile = _within_caps(profile, used)
    known = {recollection.id for recollection in (*kept_rated, *kept_profile)}
    texts = {scored.candidate.id: recollection for scored, recollection in found}
    chosen = fill_budget(
        [scored for scored, recollection in found if recollection.id not in known],
        max_tokens - sum(used.values()),
        max_found - len(kept_rated),
    )
    kept_found = [texts[scored.candidate.id] for scored in chosen]
    for recollection in kept_found:
        section = section_of(recollection)
        used[section] = used.get(section, 0) + estimated_tokens(recollection.text)
    return Composed((*kept_rated, *kept_found, *kept_profile), used)


def _within_caps(items: Sequence[Recollection], used: dict[Section, int]) -> list[Recollection]:
    """Return what fits its section, and count it; what is too long for any is cut."""
    kept = []
    for item in items:
        section = section_of(item)
        cap = CAPS.get(section, 0)
        shown = item
        if estimated_tokens(item.text) > cap:
            shown = replace(item, text=_cut(item.text, cap))
        cost = estimated_tokens(shown.text)
        if cost and used.get(section, 0) + cost <= cap:
            used[section] = used.get(section, 0) + cost
            kept.append(shown)
    return kept


def _cut(text: str, room: int) -> str:
    """Return the beginning of a text that fits the room."""
    head = text[: room * _CHARS_PER_TOKEN]
    while head and estimated_tokens(head) >= room:
        head = head[: len(head) * 3 // 4]
    return head.rstrip() + " …" if head else ""


def tokens(text: str) -> int:
    """Estimate the tokens of a text: four characters each, rounded up."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def fit_history(
    messages: Sequence[tuple[By, str]], budget: int = HISTORY_TOKENS
) -> list[tuple[By, str]]:
    """Return the latest messages that fit the budget, oldest first.

    Args:
        messages: who said what, oldest first.
        budget: tokens.
    """
    kept: list[tuple[By, str]] = []
    for by, text in reversed(messages):
        shown = text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + " …"
        budget -= tokens(shown)
        if budget < 0:
            break
        kept.append((by, shown))
    return kept[::-1]
