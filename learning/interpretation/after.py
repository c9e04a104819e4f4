"""What a person's choice among readings teaches.

Decides which goal, which preferences and which line of history follow from it. What was
chosen was read by Mynah and only confirmed by the person, so all of it has the origin
"chosen". Refuses to know where any of it is kept.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from learning.interpretation.contract import MOST_CHARS, MOST_READINGS
from learning.interpretation.known import verb_of
from learning.interpretation.quotable import quotable
from learning.memory.contract import Draft
from learning.memory.things import things_in
from learning.persona import delta_of_reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from learning.interpretation.contract import Reading

_WISH: Final = re.compile(
    r"^(?:(?:do )?(?:you|i) )?(?:(?:really|just) )?(?:want|need)s? to\s+", re.IGNORECASE
)
_WITH: Final = re.compile(
    r"\b(?:with|using|in|on)\s+(.+?)(?=\s(?:to|for|from|at|of)\b|[.;:]|$)", re.IGNORECASE
)
"""Where a reading names what it is to be done with; after "for" stands what it is about."""
_DEPLOYED: Final = re.compile(
    r"^(?:deploy|ship|host|release)\b.*?\s(?:to|on)\s+(.+)$", re.IGNORECASE
)
_YOUR: Final = re.compile(r"\byour\b", re.IGNORECASE)
_MOST_QUOTED: Final = 100
_LIKING: Final = 0.9
"""How far choosing a thing once, of three that were offered, tells that one likes it."""
TAGS: Final = ("learned", "chosen")


@dataclass(frozen=True, slots=True)
class After:
    """What follows from a choice.

    Attributes:
        history: that it was made.
        goal: what the person is after, if the reading is something to be brought about.
        preferences: what they want it done with.
        persona: how far each facet moves; empty for the person's own words.
    """

    history: Draft
    goal: Draft | None = None
    preferences: tuple[Draft, ...] = ()
    persona: Mapping[str, float] = field(default_factory=dict)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """All that is to be remembered."""
        return (*((self.goal,) if self.goal else ()), *self.preferences, self.history)


def learned(
    reading: Reading, position: int, question: str, context: Mapping[str, object] | None = None
) -> After:
    """Return what a choice teaches.

    Args:
        reading: the one chosen; for the person's own words, a reading with these and
            the confidence 1.
        position: its place among those shown, from 1; 0 for the person's own words.
        question: what they had asked.
        context: what the choice was made in. ``trust``, in [0, 1], is how far its
            sources are believed; ``task_type`` becomes a tag.

    Raises:
        ValueError: if the position is none.
    """
    if not 0 <= position <= MOST_READINGS:
        raise ValueError(f"the position of a reading is 0 to {MOST_READINGS}, not {position}")
    known = context or {}
    trust = _unit(known.get("trust"), 1.0)
    task = known.get("task_type")
    tags = (*TAGS, task) if isinstance(task, str) and task else TAGS
    history = Draft(
        kind="history",
        text=_history(question, reading.text),
        origin="chosen",
        trust=trust,
        tags=(*tags, f"h{position}" if position else "typed"),
    )
    persona = delta_of_reading(position) if position else {}
    if not quotable(reading.text):
        return After(history, persona=persona)
    confidence = _unit(reading.confidence, 0.0)
    return After(
        history=history,
        goal=_goal(reading.text, confidence, trust, tags),
        preferences=_preferences(reading.text, confidence, trust, tags),
        persona=persona,
    )


def _goal(text: str, confidence: float, trust: float, tags: tuple[str, ...]) -> Draft | None:
    said = _WISH.sub("", text.strip()).rstrip("?.! ")
    said = _YOUR.sub("the", said[:1].lower() + said[1:])
    if not verb_of(said) or len(said) > 2 * MOST_CHARS:
        return None
    return Draft(
        kind="goal", text=said, origin="chosen", confidence=confidence, trust=trust, tags=tags
    )


def _preferences(
    text: str, confidence: float, trust: float, tags: tuple[str, ...]
) -> tuple[Draft, ...]:
    """Return a draft for each thing that the reading is to be done with.

    That a thing is wanted this time is now as good as certain; that it is wanted in
    general is not. So the confidence lies between the reading's own and 1, times
    ``_LIKING``.
    """
    named = " , ".join(
        match[1] for pattern in (_DEPLOYED, _WITH) for match in pattern.finditer(text)
    )
    return tuple(
        Draft(
            kind="preference",
            text=f"prefers {thing.name}",
            origin="chosen",
            slot=thing.slot,
            value=thing.value,
            confidence=_LIKING * (1 + confidence) / 2,
            trust=trust,
            tags=tags,
        )
        for thing in things_in(named)
    )


def _history(question: str, meant: str) -> str:
    return f"asked {_quoted(question)} and meant {_quoted(meant)}"


def _quoted(text: str) -> str:
    """Return a text in quotation marks, shortened; one that is not safe to keep is not told."""
    flat = " ".join(text.replace("“", "").replace("”", "").split())
    short = flat if len(flat) <= _MOST_QUOTED else flat[: _MOST_QUOTED - 1] + "…"
    return f"“{short}”" if quotable(short) else "something else"


def _unit(value: object, otherwise: float) -> float:
    """Return a number brought into [0, 1]; what is no number says nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return otherwise
    return min(1.0, max(0.0, float(value)))
