"""What fades: learnings and memories that have not proved themselves, or are over.

Decides what is no longer used, why, and how sure the rest is. Refuses to know
what it says. Nothing is deleted: what fades comes back when it is seen again.

Confidence is ``learning.confidence.of_evidence``; below 0.2 a thing fades. Some
never fade for want of use, because not to need a thing is no word against it:
what a person stated within the last year, and what a person corrected. A goal
fades after 60 days in which nobody came back to it, however it became known.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.confidence import FADE, of_evidence
from learning.memory.contract import TRUST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

GOAL_DAYS: Final = 60
"""A goal that nobody came back to in this time is taken as given up."""
STATED_DAYS: Final = 365
"""So long a statement holds without being repeated or used."""

_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learning or a memory that may fade.

    Attributes:
        id: its own.
        kind: of a memory ("goal", "preference", "history", "insight") or of a learning
            ("rated_answer", "correction").
        origin: how it became known, as in ``learning.memory.contract``; for a learning,
            "stated" for a correction and "observed" for a rated answer.
        times_observed: how often it was said, chosen or seen; for a learning, the votes.
        times_used: how often it went into an answer.
        successes: uses that went well.
        failures: uses that did not.
        last_seen: when it was last observed or used.
        created: when it became known.
        valid_to: when it ends to hold, if that is known.
        confidence: as it stands. What was not tried does not become surer by looking at it.
    """

    id: UUID
    kind: str
    origin: str
    times_observed: int
    times_used: int
    successes: int
    failures: int
    last_seen: datetime
    created: datetime
    valid_to: datetime | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Faded:
    """What fades and what is left.

    Attributes:
        ids: those that fade.
        ended: those whose time is over; they held as long as they were to.
        counts: how many fade, by kind.
        reasons: why, in a sentence for people, by id; for both.
        confidences: to be stored, by id; of all that have not ended.
    """

    ids: tuple[UUID, ...]
    ended: tuple[UUID, ...]
    counts: Mapping[str, int]
    reasons: Mapping[UUID, str]
    confidences: Mapping[UUID, float]


def faded(candidates: Sequence[Candidate], now: datetime) -> Faded:
    """Return which of these fade at a time, and how sure each is then."""
    reasons: dict[UUID, str] = {}
    confidences: dict[UUID, float] = {}
    ended: list[UUID] = []
    fading: dict[UUID, str] = {}
    for each in candidates:
        if each.valid_to is not None and each.valid_to <= now:
            ended.append(each.id)
            reasons[each.id] = f"it was to hold until {each.valid_to.day} {each.valid_to:%B %Y}"
            continue
        sure = confidence_of(each, now)
        confidences[each.id] = sure
        reason = _reason(each, sure, now)
        if reason:
            fading[each.id] = each.kind
            reasons[each.id] = reason
    return Faded(tuple(fading), tuple(ended), dict(Counter(fading.values())), reasons, confidences)


def confidence_of(candidate: Candidate, now: datetime) -> float:
    """Return how sure a learning or memory is; disuse costs protected ones nothing."""
    days = _days_unseen(candidate, now)
    sure = of_evidence(
        times_observed=candidate.times_observed,
        belief=TRUST.get(candidate.origin, min(TRUST.values())),
        times_used=candidate.times_used,
        successes=candidate.successes,
        failures=candidate.failures,
        days_since_seen=0.0 if _is_protected(candidate, days) else days,
    )
    tried = candidate.successes > 0 or candidate.failures > 0
    return sure if tried else min(sure, max(0.0, candidate.confidence))


def _reason(candidate: Candidate, sure: float, now: datetime) -> str:
    """Return why something fades; nothing if it does not."""
    days = _days_unseen(candidate, now)
    if candidate.kind == "goal" and days >= GOAL_DAYS:
        return f"nobody came back to this goal in {int(days)} days"
    if sure >= FADE:
        return ""
    if candidate.failures > candidate.successes:
        tried = candidate.failures + candidate.successes
        return f"it did not help in {candidate.failures} of {tried} answers"
    return f"it was not seen or used for {int(days)} days"


def _is_protected(candidate: Candidate, days: float) -> bool:
    """Return whether something does not fade for want of use."""
    stated = candidate.origin == "stated" and days < STATED_DAYS
    return stated or candidate.kind == "correction"


def _days_unseen(candidate: Candidate, now: datetime) -> float:
    """Return days since it was last seen; 0 when the clock that saw it was ahead of ours."""
    latest = max(candidate.last_seen, candidate.created)
    return max(0.0, (now - latest).total_seconds() / _SECONDS)
