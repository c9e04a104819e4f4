"""What holds for a question before anything is estimated: rules, and who answered the thread.

Decides from rules, the last answer and the words of questions. Refuses to know where any of it
is kept, and whether who is named can answer at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from learning.feedback import DISLIKED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

STICKS_FOR: Final = timedelta(hours=6)
"""A thread that was silent for longer starts with a free choice."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A pin or a ban, and for how few people it holds: the higher, the fewer."""

    rule: str
    role: str
    narrowness: int


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last answer of a thread.

    Attributes:
        role: who gave it.
        task_type: what kind of task it was for.
        outcome: how its turn ended.
        rating: mean vote in [1, 5], if anybody voted.
        forced: why the choice was not free; empty if it was.
        asked_at: when its question came.
    """

    role: str | None
    task_type: str | None
    outcome: str | None
    rating: float | None
    forced: str
    asked_at: datetime


def standing(rules: Iterable[Ruled]) -> tuple[str | None, frozenset[str]]:
    """Return who is pinned and who is banned: every ban holds, and the narrowest pin.

    A pin that a ban forbids gives way to the next wider one.
    """
    rules = tuple(rules)
    banned = frozenset(each.role for each in rules if each.rule == "ban")
    pins = [each for each in rules if each.rule == "pin" and each.role not in banned]
    narrowest = max(pins, key=lambda each: each.narrowness, default=None)
    return None if narrowest is None else narrowest.role, banned


def goes_on(last: LastAnswer | None, task_type: str, now: datetime) -> str | None:
    """Return who goes on answering a thread: who answered the same kind of task just before.

    An answer that people disliked binds nobody. Nor does one that a rule led to: a rule of one
    person would hold for everybody in the thread, and outlive its end.
    """
    if last is None or last.outcome != "answered" or last.forced == "pinned":
        return None
    if last.rating is not None and last.rating <= DISLIKED:
        return None
    fresh = now - last.asked_at <= STICKS_FOR
    return last.role if fresh and last.task_type == task_type else None


def same_words(one: str, other: str) -> bool:
    """Return whether two questions are the same but for case and spaces."""
    return _folded(one) == _folded(other)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
