"""What a person's own doings say about their work: kinds, hours, how it goes, what it is about.

Decides what is worth telling the person themselves. It counts; it draws no conclusions about
anybody's health, mood or worth, and it is never for anybody else's eyes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

LEAST: Final = 5
"""Doings below which nothing is said."""
_FEW: Final = 3
_CHANGE: Final = 0.15
"""Difference of success rates, or of shares, that is worth a word."""
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Doing:
    """Something a person did, or had done.

    Attributes:
        kind: the kind of task, or the tool.
        at: when.
        success: how it went; ``None`` if nobody knows.
        rating: what they thought of it, in [1, 5].
        topics: what it was about.
    """

    kind: str
    at: datetime
    success: bool | None = None
    rating: float | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Insight:
    """One thing worth telling, with the numbers behind it."""

    kind: str  # kinds, hours, days, quality, trend, topics
    text: str
    support: int


def insights(doings: Sequence[Doing], now: datetime, zone: tzinfo) -> list[Insight]:
    """Return what a person's doings say, for that person.

    Args:
        doings: theirs, in any order.
        now: tells recent from earlier: the last half of the time that is known.
        zone: where the person lives.
    """
    if len(doings) < LEAST:
        return []
    found = [_kinds(doings), _hours(doings, zone), _days(doings, zone)]
    found += [_quality(doings), _trend(doings, now), _topics(doings)]
    return [insight for insight in found if insight is not None]


def _kinds(doings: Sequence[Doing]) -> Insight:
    counts = Counter(each.kind for each in doings)
    parts = [f"{kind} ({count / len(doings):.0%})" for kind, count in counts.most_common(3)]
    return Insight("kinds", f"You mostly work on {_and(parts)}.", len(doings))


def _hours(doings: Sequence[Doing], zone: tzinfo) -> Insight | None:
    hours = Counter(each.at.astimezone(zone).hour for each in doings)
    best, count = max(
        ((hour, sum(hours[(hour + k) % 24] for k in range(3))) for hour in range(24)),
        key=lambda item: (item[1], -item[0]),
    )
    if count / len(doings) < 3 / 24 + _CHANGE:
        return None
    until = (best + 3) % 24
    return Insight(
        "hours",
        f"{count / len(doings):.0%} of it happens between {best:02}:00 and {until:02}:00.",
        count,
    )


def _days(doings: Sequence[Doing], zone: tzinfo) -> Insight | None:
    days = Counter(each.at.astimezone(zone).weekday() for each in doings)
    weeks = {each.at.astimezone(zone).isocalendar()[:2] for each in doings}
    if len(weeks) < _FEW:
        return None
    day, count = min(days.items(), key=lambda item: (-item[1], item[0]))
    if count / len(doings) < 1 / 7 + _CHANGE:
        return None
    return Insight("days", f"{_DAYS[day]} is your busiest day.", count)


def _quality(doings: Sequence[Doing]) -> Insight | None:
    """Return which kind of work goes best and which worst, by how it ended and was rated."""
    marks: dict[str, list[float]] = defaultdict(list)
    for each in doings:
        if (mark := _mark(each)) is not None:
            marks[each.kind].append(mark)
    rated = {kind: mean(seen) for kind, seen in marks.items() if len(seen) >= _FEW}
    if not rated:
        return None
    best, worst = max(rated, key=lambda k: (rated[k], k)), min(rated, key=lambda k: (rated[k], k))
    support = sum(len(marks[kind]) for kind in rated)
    if rated[best] - rated[worst] < _CHANGE:
        return Insight("quality", f"It goes well {rated[best]:.0%} of the time.", support)
    return Insight(
        "quality",
        f"{best.capitalize()} goes best ({rated[best]:.0%} well), "
        f"{worst} is hardest ({rated[worst]:.0%}).",
        support,
    )


def _trend(doings: Sequence[Doing], now: datetime) -> Insight | None:
    first = min(each.at for each in doings)
    middle = first + (now - first) / 2
    earlier = [m for each in doings if each.at < middle and (m := _mark(each)) is not None]
    later = [m for each in doings if each.at >= middle and (m := _mark(each)) is not None]
    if min(len(earlier), len(later)) < LEAST:
        return None
    before, after = mean(earlier), mean(later)
    if abs(after - before) < _CHANGE:
        return None
    word = "better" if after > before else "worse"
    return Insight(
        "trend",
        f"Lately it goes {word}: {after:.0%} well, {before:.0%} before.",
        len(earlier) + len(later),
    )


def _topics(doings: Sequence[Doing]) -> Insight | None:
    topics = Counter(topic for each in doings for topic in dict.fromkeys(each.topics))
    often = [(topic, count) for topic, count in topics.most_common(3) if count >= _FEW]
    if not often:
        return None
    return Insight(
        "topics",
        f"What comes up most: {_and([topic for topic, _ in often])}.",
        sum(count for _, count in often),
    )


def _mark(each: Doing) -> float | None:
    """Return how a doing went, in [0, 1]; what was thought of it says more than how it ended."""
    if each.rating is not None:
        return min(1.0, max(0.0, (each.rating - 1) / 4))
    return None if each.success is None else float(each.success)


def _and(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
