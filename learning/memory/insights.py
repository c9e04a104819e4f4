"""What can be told about a person from what they do, to that person.

Decides which regularities are worth a sentence, by counting. Refuses to guess: no
model is asked, nothing is told of single questions, and only goals that the person
stated or chose are quoted. Few insights, each well supported.

Confidence is ``learning.confidence.confidence``: ``times_used`` what speaks for the
sentence, ``success_rate`` its share, ``days_since_used`` since the newest of it,
``variance`` twice the share that speaks against it, by Laplace's rule.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from learning.confidence import SUGGEST, confidence
from learning.memory.contract import TRUST, Draft
from learning.memory.preferences import together
from learning.routing.variants import aspects_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from learning.memory.contract import Memory
    from learning.memory.preferences import Discovered

MOST: Final = 4
"""Who is told more about themselves reads none of it."""
WINDOW_DAYS: Final = 180
"""Questions older than this say nothing about today."""
LEAST_ASKED: Final = 10
LEAST_RATED: Final = 5
LEAST_RETURNS: Final = 3
"""So often a goal must have been seen before that is worth saying."""

QUOTING: Final = frozenset({"habit", "returns_to"})
"""Slots of insights that repeat words of goals and preferences; the others only count."""

_LAST: Final = 10
_MOSTLY: Final = 0.6
_CLEARLY: Final = 0.8
_LIKED: Final = 4.0
_DISLIKED: Final = 2.0
_LONGEST_QUOTE: Final = 80
_SECONDS: Final = 86_400.0

_SUBJECTS: Final[Mapping[str, str]] = {"maths": "maths", "code": "code", "architecture": "design"}
"""What each kind of task is about; general talk is about nothing in particular."""
_FORMS: Final[Mapping[str, str]] = {
    "brief": "short answers",
    "detail": "detailed answers",
    "steps": "answers in steps",
    "bullets": "answers in bullet points",
    "examples": "answers with examples",
    "code_first": "answers with the code first",
    "code_only": "answers of code alone",
    "formal": "formal answers",
    "casual": "casual answers",
}


class Question(NamedTuple):
    """One question of the person.

    Attributes:
        task_type: what kind of task it was.
        rating: what the person thought of the answer, in [1, 5]; ``None`` if they did not say.
        at: when it was asked.
        variant: the form that the answer was given in.
    """

    task_type: str
    rating: float | None
    at: datetime
    variant: str = ""


def insights(
    goals: Sequence[Memory],
    discovered: Sequence[Discovered],
    asked: Sequence[Question],
    now: datetime,
) -> tuple[Draft, ...]:
    """Return what is worth telling a person about themselves, the surest first.

    A draft's slot is what it is about; of each only the newest is worth keeping.

    Args:
        goals: of the person, with how often they were seen.
        discovered: preferences that emerged.
        asked: their questions, in any order.
        now: what age is measured against.
    """
    recent = sorted(
        (each for each in asked if _days(each.at, now) <= WINDOW_DAYS), key=lambda each: each.at
    )
    found = [
        *_subject(recent, now),
        *_verdicts(recent, now),
        *_habit(discovered),
        *_returns(goals, now),
    ]
    sure = (draft for draft in found if draft.confidence >= SUGGEST)
    return tuple(sorted(sure, key=lambda draft: (-draft.confidence, draft.slot)))[:MOST]


def _subject(asked: Sequence[Question], now: datetime) -> Iterator[Draft]:
    """Yield what a person mostly asks about."""
    for task_type, subject in _SUBJECTS.items():
        about = [each for each in asked if each.task_type == task_type]
        if len(asked) >= LEAST_ASKED and len(about) >= _MOSTLY * len(asked):
            sure = _sure(len(about), len(asked), about[-1].at, now)
            yield _insight(f"asks mostly about {subject}", "asks_about", sure)


def _verdicts(asked: Sequence[Question], now: datetime) -> Iterator[Draft]:
    """Yield which answers a person clearly likes or dislikes, of the last ten rated ones."""
    kinds: dict[str, list[Question]] = {}
    for each in asked:
        if each.rating is None or not math.isfinite(each.rating):
            continue
        if each.task_type in _SUBJECTS:
            kinds.setdefault(f"answers about {_SUBJECTS[each.task_type]}", []).append(each)
        for aspect in aspects_of(each.variant):
            if aspect in _FORMS:
                kinds.setdefault(_FORMS[aspect], []).append(each)
    for kind, rated in kinds.items():
        last = rated[-_LAST:]
        for verb, meant in (
            ("liked", [each for each in last if (each.rating or 0.0) >= _LIKED]),
            ("disliked", [each for each in last if (each.rating or 0.0) <= _DISLIKED]),
        ):
            if len(last) < LEAST_RATED or len(meant) < _CLEARLY * len(last):
                continue
            of = f"the last {len(last)}" if len(rated) > len(last) else f"{len(last)}"
            sure = _sure(len(meant), len(last), meant[-1].at, now)
            yield _insight(f"{verb} {len(meant)} of {of} {kind}", f"verdict:{kind}", sure)


def _habit(discovered: Sequence[Discovered]) -> Iterator[Draft]:
    """Yield what a person always goes for, if it is more than one thing."""
    always = [each for each in discovered if each.always]
    slots = sorted({each.slot for each in always})
    if len(slots) > 1:
        text = f"always goes for {together(always, slots)}"
        yield _insight(text, "habit", min(each.confidence for each in always))


def _returns(goals: Sequence[Memory], now: datetime) -> Iterator[Draft]:
    """Yield the goal that a person came back to most often."""
    own = [
        goal
        for goal in goals
        if goal.kind == "goal"
        and goal.holds(now)
        and goal.origin in {"stated", "chosen"}
        and goal.trust >= TRUST["chosen"]
        and goal.times_observed >= LEAST_RETURNS
        and len(goal.text) <= _LONGEST_QUOTE
        and goal.text.isprintable()
    ]
    if own:
        goal = max(own, key=lambda each: (each.times_observed, each.last_seen_at, each.text))
        text = f"came back to “{goal.text}” in {goal.times_observed} questions"
        times = goal.times_observed
        yield _insight(text, "returns_to", _sure(times, times, goal.last_seen_at, now))


def _insight(text: str, slot: str, sure: float) -> Draft:
    return Draft(
        kind="insight",
        text=text,
        origin="observed",
        slot=slot,
        value=text.casefold(),
        confidence=sure,
        trust=TRUST["observed"],
        tags=("insight",),
    )


def _sure(count: int, of: int, last: datetime, now: datetime) -> float:
    return confidence(
        times_used=count,
        success_rate=count / of,
        days_since_used=_days(last, now),
        variance=2 * (1 - (count + 1) / (of + 2)),
    )


def _days(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds() / _SECONDS
