"""What can be told of somebody's weeks, to that person.

Decides which regularities of what they did are worth a sentence, and with which numbers. Refuses
to tell what chance alone would show: each sentence needs enough of what it counts, and one that
compares needs a difference larger than its own doubt. A draft's slot is what it is about, so a
newer sentence takes the place of an older; what is not said any more is to be ended.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.confidence import confidence
from learning.habits.week import label
from learning.memory.contract import TRUST, Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

PREFIX: Final = "week: "
"""Begins the slots of what is told here."""
EXCELS: Final = 0.8
"""A score above this is worth telling."""
LEAST: Final = 5
"""So often something must have been done before anything is told of it."""
WINDOW_DAYS: Final = 90
"""What is older says nothing of this season's weeks."""
MOST_KINDS: Final = 5

_THERE: Final = 3
"""So often in the very hour."""
_DROP: Final = 0.4
"""The share by which a day must be worse than another to be told of."""
_RATED: Final = 4
"""Ratings a day needs before it is compared."""
_SURE: Final = 1.64
"""Standard errors that a difference must be larger than: one in twenty by chance."""
_SPREAD: Final = 0.15
"""The least spread of ratings that is believed; a few alike are no proof that all are."""
_TIRING: Final = 0.25
_DAY_S: Final = 86_400.0
_NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_PARTS: Final = (
    ("morning", range(5, 12)),
    ("afternoon", range(12, 18)),
    ("evening", range(18, 24)),
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done, as it is told of.

    Attributes:
        kind: what kind of work.
        slot: of the week, on the person's own clock.
        at: when; aware.
        success: how it went, in [0, 1]; nothing if nobody said.
        energy: what energy was left, in [0, 1]; nothing if nobody said.
        comment: what else they said.
    """

    kind: str
    slot: int
    at: datetime
    success: float | None = None
    energy: float | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Ratings that belong together.

    Attributes:
        count: how many.
        mean: of them.
        doubt: the standard error of the mean.
    """

    count: int
    mean: float
    doubt: float


def insights(
    scores: Mapping[str, NDArray[np.float64]], log: Sequence[Deed], now: datetime
) -> tuple[Draft, ...]:
    """Return what is worth telling a person of their weeks.

    Args:
        scores: by kind of work, how well each slot suits, in [0, 1].
        log: what they did, in any order.
        now: what age is measured against.
    """
    recent = [each for each in log if 0 <= _days(each.at, now) <= WINDOW_DAYS]
    found = [
        *_excels(scores, recent, now),
        *_worse_day(recent, now),
        *_part_of_day(recent, now),
        *_tiring(recent, now),
    ]
    return tuple(found)


def peaks(
    score: NDArray[np.float64], done: Iterable[Deed], most: int = 3, least: int = 1
) -> tuple[int, ...]:
    """Return the slots that suit best among those where something was done, the best first."""
    counts = Counter(each.slot for each in done)
    slots = [slot for slot, count in counts.items() if count >= least]
    return tuple(sorted(slots, key=lambda slot: (-score[slot], -counts[slot], slot))[:most])


def remarks(log: Iterable[Deed], most: int = 20) -> tuple[str, ...]:
    """Return what somebody said of what they did, with when that was, oldest first."""
    said = [f"{each.kind} on {_plural(each.slot)}: {each.comment}" for each in log if each.comment]
    return tuple(said[-most:])


def best_day(log: Iterable[Deed]) -> str:
    """Return the day of the week on which most went well; empty where nothing was done."""
    weights = [0.0] * len(_NAMES)
    for each in log:
        weights[each.slot // 24] += 0.7 if each.success is None else each.success
    most = max(weights)
    return _NAMES[weights.index(most)] if most > 0 else ""


def by_weekday(log: Iterable[Deed]) -> dict[str, Group]:
    """Return the ratings of each day of the week that has enough of them."""
    return _rated(log, lambda each: _NAMES[each.slot // 24], lambda each: each.success)


def _excels(
    scores: Mapping[str, NDArray[np.float64]], log: Sequence[Deed], now: datetime
) -> Iterator[Draft]:
    """Yield when somebody is good at what."""
    counts = Counter(each.kind for each in log)
    for kind in sorted(counts, key=lambda k: (-counts[k], k))[:MOST_KINDS]:
        done = [each for each in log if each.kind == kind]
        score = scores.get(kind)
        if score is None or len(done) < LEAST:
            continue
        slots = [s for s in peaks(score, done, 2, _THERE) if score[s] > EXCELS]
        well = {s: _mean([e.success for e in done if e.slot == s]) for s in slots}
        slots = [s for s in slots if well[s] is None or (well[s] or 0.0) >= EXCELS - 0.1]
        if not slots:
            continue
        when = " and ".join(_plural(slot) for slot in slots)
        last = max(each.at for each in done if each.slot in slots)
        sure = _sure(len(done), float(score[slots[0]]), last, now)
        yield _insight(f"excels at {kind} on {when}", f"excels at {kind}", sure)


def _worse_day(log: Sequence[Deed], now: datetime) -> Iterator[Draft]:
    """Yield the day of the week that goes clearly worse than the best."""
    days = by_weekday(log)
    if "Monday" in days and "Friday" in days and _clearly(days["Friday"], days["Monday"]):
        worst, best = "Friday", "Monday"
    elif len(days) > 1:
        worst = min(days, key=lambda d: days[d].mean)
        best = max(days, key=lambda d: days[d].mean)
    else:
        return
    low, high = days[worst], days[best]
    if not _clearly(low, high):
        return
    drop = 1 - low.mean / high.mean
    text = (
        f"{worst}s go {drop:.0%} below {best}s: "
        f"{low.mean:.0%} success in {low.count} against {high.mean:.0%} in {high.count}"
    )
    yield _insight(text, "days that go worse", _sure(low.count + high.count, 0.8, now, now))


def _part_of_day(log: Sequence[Deed], now: datetime) -> Iterator[Draft]:
    """Yield the part of the day in which all kinds of work together go clearly better."""
    if len({each.kind for each in log}) < 2:  # noqa: PLR2004 - of one kind it is said already
        return
    parts = _rated(log, lambda each: _part(each.slot % 24), lambda each: each.success)
    parts.pop("", None)
    if len(parts) < 2:  # noqa: PLR2004 - nothing to compare
        return
    worst = min(parts, key=lambda p: parts[p].mean)
    best = max(parts, key=lambda p: parts[p].mean)
    low, high = parts[worst], parts[best]
    if _differ(low, high) and high.mean - low.mean >= _TIRING / 2:
        text = (
            f"whatever the work, {best}s go better than {worst}s: "
            f"{high.mean:.0%} success in {high.count} against {low.mean:.0%} in {low.count}"
        )
        yield _insight(text, "parts of the day", _sure(low.count + high.count, 0.8, now, now))


def _tiring(log: Sequence[Deed], now: datetime) -> Iterator[Draft]:
    """Yield the kind of work that leaves clearly less energy than the others."""
    kinds = _rated(log, lambda each: each.kind, lambda each: each.energy)
    if len(kinds) < 2:  # noqa: PLR2004 - nothing to compare
        return
    worst = min(kinds, key=lambda k: kinds[k].mean)
    others = _rated(
        (each for each in log if each.kind != worst), lambda _: "", lambda each: each.energy
    )[""]
    low = kinds[worst]
    if _differ(low, others) and others.mean - low.mean >= _TIRING:
        text = (
            f"{worst} leaves less energy than other work: "
            f"{low.mean:.0%} in {low.count} against {others.mean:.0%} in {others.count}"
        )
        yield _insight(text, "what tires", _sure(low.count + others.count, 0.8, now, now))


def _clearly(low: Group, high: Group) -> bool:
    return low.mean <= (1 - _DROP) * high.mean + 1e-9 and _differ(low, high)


def _differ(low: Group, high: Group) -> bool:
    return high.mean - low.mean > _SURE * math.hypot(low.doubt, high.doubt)


def _rated(
    log: Iterable[Deed], of: Callable[[Deed], str], rating: Callable[[Deed], float | None]
) -> dict[str, Group]:
    """Return the ratings of each group that has enough of them."""
    values: dict[str, list[float]] = {}
    for each in log:
        value = rating(each)
        if value is not None and math.isfinite(value):
            values.setdefault(of(each), []).append(value)
    return {name: _group(found) for name, found in values.items() if len(found) >= _RATED}


def _group(values: Sequence[float]) -> Group:
    count = len(values)
    mean = sum(values) / count
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    return Group(count, mean, max(spread, _SPREAD) / math.sqrt(count))


def _part(hour: int) -> str:
    return next((name for name, hours in _PARTS if hour in hours), "")


def _plural(slot: int) -> str:
    day, _, hour = label(slot).partition(" ")
    return f"{day}s at {hour}"


def _mean(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def _insight(text: str, about: str, sure: float) -> Draft:
    return Draft(
        kind="insight",
        text=text,
        origin="inferred",
        slot=f"{PREFIX}{about}",
        value=text.casefold(),
        confidence=sure,
        trust=TRUST["inferred"],
        tags=("week",),
    )


def _sure(count: int, share: float, last: datetime, now: datetime) -> float:
    return confidence(
        times_used=count, success_rate=share, days_since_used=_days(last, now), variance=0.0
    )


def _days(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds() / _DAY_S
