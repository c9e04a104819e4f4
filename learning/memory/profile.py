"""Which of what is known about a person bears on a question.

Decides by confidence and relation: what is certain may shape an answer unasked,
what is only likely needs the question to speak of it, what is doubtful stays
out. Saying less is the rule. Refuses to know how memories are found or stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from learning.confidence import ASK, permits
from learning.memory.slots import topic_of
from learning.recollection import Recollection

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.lexicon import Lexicon
    from learning.memory.contract import Memory

MOST: Final = {"goal": 3, "preference": 8, "insight": 2}
"""How many of each kind go along; history is found like any message."""
FRESH_DAYS: Final = 7
"""A goal this recent goes along even if the question does not name it."""


def bearing(
    question: str,
    memories: Sequence[Memory],
    found: Collection[UUID],
    lexicon: Lexicon,
    now: datetime,
) -> tuple[Memory, ...]:
    """Return the memories that go along with a question: goals, preferences, insights.

    Args:
        question: what was asked.
        memories: what is known of the asker and may be said here.
        found: those that recall found for this question.
        lexicon: cuts words.
        now: what validity and freshness are measured against.
    """
    asked = set(lexicon.terms(question))
    ranked: dict[str, list[tuple[tuple[bool, float, float], Memory]]] = {}
    for memory in memories:
        if not memory.holds(now) or memory.kind not in MOST:
            continue
        words = f"{memory.text} {topic_of(memory.slot)}"
        related = memory.id in found or bool(asked & set(lexicon.terms(words)))
        if not _goes(memory, related=related, now=now):
            continue
        worth = (related, memory.confidence * memory.trust, memory.last_seen_at.timestamp())
        ranked.setdefault(memory.kind, []).append((worth, memory))
    return tuple(
        memory
        for kind, most in MOST.items()
        for _, memory in sorted(ranked.get(kind, ()), key=lambda each: each[0], reverse=True)[:most]
    )


def _goes(memory: Memory, *, related: bool, now: datetime) -> bool:
    allowed = permits(memory.confidence)
    if allowed in {"silent", "fade"}:
        return False
    if memory.kind == "preference":
        return related or allowed == "suggest"
    if memory.kind == "goal":
        return related or (allowed == "suggest" and (now - memory.last_seen_at).days < FRESH_DAYS)
    return related


def recollection_of(memory: Memory) -> Recollection:
    """Return a memory as something recalled: quoted data that can be cited."""
    return Recollection(
        id=memory.id,
        kind="memory",
        text=memory.text,
        score=min(1.0, memory.confidence * memory.trust),
        said_at=memory.last_seen_at,
        speaker=memory.user_id,
        trust=memory.trust,
        memory=memory.kind,
        confidence=memory.confidence,
        topic=topic_of(memory.slot),
    )


def may_stand(recollection: Recollection, user_id: str) -> bool:
    """Return whether something found may go in as found.

    The asker's own goals, preferences and insights go in as their profile or not at all; of
    others' memories only what is sure enough to be asked about.
    """
    if recollection.kind != "memory":
        return True
    own = recollection.speaker == user_id and recollection.memory != "history"
    return not own and recollection.confidence >= ASK
