"""What is known, where it came from, how sure it is, and whether it still stands.

Decides how far each kind of knowledge is believed as time passes, and what a look
at a document's place means for it. Refuses to know how files and pages are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from learning.confidence import confidence, of_trials
from learning.feedback import reward_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

Origin = Literal["user_feedback", "document_ingestion", "interaction_learning"]
"""Corrections that people wrote, passages of what was read, and answers they liked."""

SourceKind = Literal["file", "folder", "git", "web"]

Finding = Literal["unchanged", "changed", "gone", "missing", "unreachable", "due"]
"""What a look says of a document. ``due``: only its contents can tell. ``missing``: not
found, but a single look is not believed. ``unreachable``: nothing can be said."""

HALF_LIFE_DAYS: Final = 30.0
"""A document that nobody looked at for so long is half believed: the time after which a
learning that nobody used has lost its recency, too."""

DOUBTED: Final = 0.5
"""What is left of the confidence in a document that changed or is missing, until it is
read again."""

BELIEVED: Final = 0.9
"""Above this a document's age is not worth writing into the index; four and a half days."""

PAGE_EVERY: Final = timedelta(days=7)
"""How long a page from the web is taken to be as it was read."""

PAGE_AGAIN: Final = timedelta(hours=20)
"""How long a page that could not be read is left alone: a day, less what a daily job is late."""

_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is needed to tell whether a document changed.

    Attributes:
        id: the document.
        digest: SHA-256 of its bytes, hex.
        size: bytes.
        mtime_ns: its last change when it was read; 0 for a page.
        validated_at: when it was last found to be as it was read.
        doubted: whether the last look found it changed or missing.
        described: whether its topics are known.
    """

    id: UUID
    digest: str
    size: int
    mtime_ns: int
    validated_at: datetime
    doubted: bool = False
    described: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a document's place found.

    Attributes:
        reached: whether the place could be looked at.
        there: whether the document is there.
        certain: whether its absence is: a folder that lists its other files lists it no more.
        size: bytes; ``None`` where only reading tells.
        mtime_ns: last change; ``None`` where only reading tells.
        digest: of its bytes, hex, once they were read; it decides alone.
    """

    reached: bool = True
    there: bool = True
    certain: bool = False
    size: int | None = None
    mtime_ns: int | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Trials:
    """How the uses of something learned went.

    Attributes:
        uses: how often it was put before a model.
        successes: answers with it that were liked.
        failures: answers with it that were disliked.
        rating: mean vote on itself, in [1, 5].
    """

    uses: int = 0
    successes: int = 0
    failures: int = 0
    rating: float | None = None


def confidence_of(
    origin: Origin,
    validated_at: datetime,
    now: datetime,
    *,
    trials: Trials | None = None,
    doubted: bool = False,
) -> float:
    """Return how sure a piece of knowledge is, in [0, 1].

    What was learned from people has uses and successes, so ``learning.confidence``
    says it. A document has none: it begins at 1 and halves every
    ``HALF_LIFE_DAYS`` in which it was not found to be as it was read, and once
    more when it is known to have changed or to be missing.

    Args:
        origin: where it came from.
        validated_at: when it was last borne out: for a document, found unchanged;
            for a learning, used or learned.
        now: the time. Before ``validated_at`` (clocks disagree) nothing is taken off.
        trials: for learnings.
        doubted: for documents, whether the last look found it changed or missing.
    """
    days = max(0.0, (now - validated_at).total_seconds() / _DAY)
    if origin == "document_ingestion":
        return math.exp2(-days / HALF_LIFE_DAYS) * (DOUBTED if doubted else 1.0)
    trials = trials or Trials()
    if trials.uses:
        return of_trials(trials.uses, trials.successes, trials.failures, days)
    reward = 1.0 if trials.rating is None else reward_of(trials.rating)
    return confidence(
        times_used=1, success_rate=max(reward, 1 - reward), days_since_used=days, variance=0
    )


def decide(known: KnownDocument, seen: Seen) -> Finding:
    """Return what a look at a document's place means for it.

    Contents are compared only where size and time differ: a file that was only
    touched is unchanged, and one that was changed to the same size within one tick
    of its disk's clock is not noticed. A document that is not there is gone at once
    where its folder is there and lists others; a file or page that stands alone is
    gone when a second look, too, does not find it. A place that cannot be reached
    says nothing: its disk may not be mounted.
    """
    if not seen.reached:
        return "unreachable"
    if not seen.there:
        return "gone" if seen.certain or known.doubted else "missing"
    if seen.digest:
        return "unchanged" if seen.digest == known.digest else "changed"
    same = (seen.size, seen.mtime_ns) == (known.size, known.mtime_ns)
    return "unchanged" if same and not known.doubted else "due"


def page_due(validated_at: datetime | None, looked_at: datetime | None, now: datetime) -> bool:
    """Return whether a page should be fetched again.

    Args:
        validated_at: when it was last found to be as it was read; ``None`` if never.
        looked_at: when it was last asked for, whatever came of it; ``None`` if never.
        now: the time.
    """
    if looked_at is not None and now - looked_at < PAGE_AGAIN:
        return False
    return validated_at is None or now - validated_at >= PAGE_EVERY
