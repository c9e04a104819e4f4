"""What somebody does again and again at a time of its own: "deploys Fridays at 15:00".

Decides from the log of what was done which times are habits and which are chance, and when the
next one is due. Refuses to know what is done with that: whether anybody is told is for manners.

A habit has to have happened on most of its occasions, lately too, and far more often than the
same acts strewn over other days and hours would have (binomial tail, as small as trying all
these shapes demands). Days on which somebody usually does something and did nothing at all
(holidays) count for nothing.
"""

from __future__ import annotations

from datetime import timedelta
from math import comb
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.confidence import confidence
from learning.habits.occasions import DAY, NEAR, NTH, Recurring, Shape, apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from numpy.typing import NDArray

    from learning.habits.occasions import Cadence, Occurrence

LOOKED_BACK: Final = 182
"""Days; what was done before says nothing of now."""
SHARE: Final = 0.72
"""Of the latest occasions, those on which it must have happened."""
CHANCE: Final = 1e-5
"""How likely chance alone may have made it so."""
LEAST: Final[dict[Cadence, int]] = {"weekly": 4, "fortnightly": 4, "monthly": 3}
_APART: Final = 25
"""Minutes between the times of two weekdays that are one habit."""
_HALF: Final = 6.0
"""Occasions after which one counts half."""
_ENDED: Final = 2
"""Occasions in a row without it, and it is over."""
_MOST_TIMES: Final = 4
_RECENT: Final = 12
_BIN: Final = 5
_WAKING: Final = 960
_BROAD: Final = 30.0
_FORGETS: Final = 42.0
"""Days after which an act counts half for finding the times of a day."""
_ACTIVE: Final = 0.6
_SILENT: Final = timedelta(days=35)
"""Who did nothing at all for so long has no habits now."""
_WORKDAYS: Final = (1, 2, 3, 4, 5)


def recurring(log: Iterable[Occurrence], now: datetime, zone: tzinfo) -> list[Recurring]:
    """Return somebody's habits, the surest first.

    Args:
        log: what they did, in any order.
        now: the time; what comes later is left out.
        zone: in whose hours and days to count.
    """
    local = now.astimezone(zone)
    today = local.date().toordinal()
    acts: dict[str, list[tuple[int, int, bool]]] = {}
    active: dict[str, set[int]] = {}
    latest = None
    for each in log:
        if not timedelta(0) <= now - each.at <= timedelta(days=LOOKED_BACK):
            continue
        there = each.at.astimezone(zone)
        ago = today - there.date().toordinal()
        minute = there.hour * 60 + there.minute
        acts.setdefault(each.kind, []).append((ago, minute, each.prompted))
        active.setdefault(each.kind, set()).add(ago)
        latest = each.at if latest is None else max(latest, each.at)
    if latest is None or now - latest > _SILENT:
        return []
    found: list[Recurring] = []
    for kind, done in acts.items():
        if len(done) < min(LEAST.values()):
            continue
        others = set[int]().union(*(days for name, days in active.items() if name != kind))
        found += _Kind(kind, done, others, local).habits()
    return sorted(found, key=lambda each: (-each.confidence, each.kind, each.minute))


class _Kind:
    """All of one kind that somebody did, by day: index 0 is today, 1 yesterday."""

    def __init__(
        self, kind: str, done: list[tuple[int, int, bool]], others: set[int], now: datetime
    ) -> None:
        self._kind = kind
        self._now = now.hour * 60 + now.minute
        self._done = done
        self._span = max(ago for ago, _, _ in done) + 1
        today = now.date()
        ago = np.arange(self._span)
        ordinals = today.toordinal() - ago
        self._weekday = ordinals % 7  # 1 January of year 1 was a Monday, so a Sunday is 0
        self._parity = (ordinals - 1) // 7 % 2
        self._days = [today - timedelta(days=int(each)) for each in ago]
        did = np.zeros(self._span, bool)
        did[[each for each, _, _ in done]] = True
        elsewhere = np.zeros(self._span, bool)
        elsewhere[[each for each in others if each < self._span]] = True
        # Nothing at all on a weekday on which they usually do other things: they were not there.
        usual = np.array(
            [
                elsewhere[self._weekday == day].mean() if (self._weekday == day).any() else 0.0
                for day in range(7)
            ]
        )
        self._absent = ~did & ~elsewhere & (usual[self._weekday] >= _ACTIVE)

    def habits(self) -> list[Recurring]:
        """Return the habits at each time of the day that stands out."""
        found: list[Recurring] = []
        for centre in self._times():
            minutes = self._near(centre)
            if sum(each >= 0 for each in minutes) >= min(LEAST.values()):
                found += self._at(centre, minutes)
        return found

    def _times(self) -> list[int]:
        """Return the minutes of the day around which it is done most, the usual one first."""
        counts = np.zeros(DAY // _BIN)
        for ago, minute, _ in self._done:
            counts[minute // _BIN] += 0.5 ** (ago / _FORGETS)
        bins: list[int] = []
        while len(bins) < _MOST_TIMES and counts.sum() > 0:
            top = int((_KERNEL @ counts).argmax())
            distance = np.abs((np.arange(DAY // _BIN) - top + 144) % 288 - 144) * _BIN
            near = distance <= NEAR
            if counts[near].sum() <= 0:
                break
            counts[near] = 0
            bins.append(top)
        return [each * _BIN + _BIN // 2 for each in bins]

    def _near(self, centre: int) -> NDArray[np.int64]:
        """Return the first minute near a time by day, -1 where there is none."""
        minutes = np.full(self._span, -1, np.int64)
        for ago, minute, prompted in self._done:
            if apart(minute, centre) > NEAR:
                continue
            seen = centre if prompted else minute
            if minutes[ago] < 0 or apart(seen, centre) < apart(int(minutes[ago]), centre):
                minutes[ago] = seen
        return minutes

    def _at(self, centre: int, minutes: NDArray[np.int64]) -> list[Recurring]:
        hit = minutes >= 0
        counts = ~self._absent
        # What may still happen today has not failed to.
        if not hit[0] and self._now < centre + NEAR:
            counts = counts.copy()
            counts[0] = False
        width = 2 * NEAR
        strewn = min(0.9, len(self._done) / self._span * width / _WAKING)

        def habit(shape: Shape, mask: NDArray[np.bool_]) -> Recurring | None:
            return self._judged(shape, mask & counts, counts & ~mask, minutes, strewn)

        byday = {day: self._weekday == day for day in range(7)}
        whole = [Shape("weekly"), Shape("weekly", _WORKDAYS)]
        for shape in whole:
            mask = np.isin(self._weekday, shape.days)
            seen = [hit[byday[d] & counts] for d in shape.days]
            if all(len(each) and each.mean() >= SHARE / 2 for each in seen) and (
                steady := habit(shape, mask)
            ):
                return [steady]
        single = [each for d in range(7) if (each := habit(Shape("weekly", (d,)), byday[d]))]
        found = self._joined(single, habit)
        held = np.isin(self._weekday, [d for each in found for d in each.shape.days])
        left = hit & ~held
        for shape, mask in self._rarer(left):
            if int((left & mask).sum()) < LEAST[shape.cadence]:
                continue
            # Against the same weekday's other days: or one that ended would be a rarer one.
            on = np.isin(self._weekday, shape.days)
            rare = self._judged(shape, mask & counts, on & counts & ~mask, minutes, strewn)
            if rare is not None:
                found.append(rare)
                left = left & ~mask
        return found

    def _joined(
        self,
        single: list[Recurring],
        habit: Callable[[Shape, NDArray[np.bool_]], Recurring | None],
    ) -> list[Recurring]:
        """Return weekdays at about the same time as one habit."""
        groups: list[list[Recurring]] = []
        for each in sorted(single, key=lambda one: one.minute):
            if groups and each.minute - groups[-1][0].minute <= _APART:
                groups[-1].append(each)
            else:
                groups.append([each])
        found: list[Recurring] = []
        for group in groups:
            days = tuple(sorted(day for each in group for day in each.shape.days))
            joined = (
                habit(Shape("weekly", days), np.isin(self._weekday, days))
                if len(group) > 1
                else group[0]
            )
            found += [joined] if joined is not None else group
        return found

    def _rarer(self, left: NDArray[np.bool_]) -> Iterable[tuple[Shape, NDArray[np.bool_]]]:
        """Yield the shapes that are worth a look for what no weekday explains."""
        if left.sum() < min(LEAST.values()):
            return
        for day in range(7):
            on = self._weekday == day
            if (left & on).sum() < LEAST["monthly"]:
                continue
            for parity in (0, 1):
                yield Shape("fortnightly", (day,), parity), on & (self._parity == parity)
            for nth in NTH:
                shape = Shape("monthly", (day,), nth)
                yield shape, np.array([shape.on(each) for each in self._days])
        dates = np.array([each.day for each in self._days])
        for day in np.flatnonzero(np.bincount(dates[left]) >= LEAST["monthly"]).tolist():
            yield Shape("monthly", day=day), dates == day

    def _judged(
        self,
        shape: Shape,
        mask: NDArray[np.bool_],
        outside: NDArray[np.bool_],
        minutes: NDArray[np.int64],
        strewn: float,
    ) -> Recurring | None:
        """Return the habit of a shape, if there is one."""
        seen = minutes[mask]
        hit = seen >= 0
        n, k = len(hit), int(hit.sum())
        days = len(shape.days) if shape.cadence == "weekly" else 1
        if k < max(LEAST[shape.cadence], 2 * days) or not hit[: max(_ENDED, days)].any():
            return None
        weight = 0.5 ** (np.arange(n) / _HALF / max(1, days / 2))
        share = float((weight * hit).sum() + 0.5) / float(weight.sum() + 1)
        rate = (int((minutes[outside] >= 0).sum()) + 1) / (int(outside.sum()) + 2)
        if share < SHARE or _tail(n, k, max(rate, strewn)) > CHANCE * max(1, n / k):
            return None
        recent = tuple(int(each) if each >= 0 else None for each in seen[:_RECENT])
        minute = _usual([each for each in seen.tolist() if each >= 0][:_RECENT])
        off = [apart(each, minute) for each in recent if each is not None]
        last = int(np.flatnonzero(mask)[np.flatnonzero(hit)[0]])
        return Recurring(
            self._kind,
            shape,
            minute,
            k,
            share,
            confidence(
                times_used=k,
                success_rate=share,
                days_since_used=last,
                variance=min(1.0, float(np.mean(off)) / NEAR),
            ),
            recent,
        )


def _usual(minutes: Sequence[int]) -> int:
    """Return the median of minutes around the clock, where the latest count most."""
    if not minutes:
        return 0
    base = minutes[0]
    turned = [(each - base + DAY // 2) % DAY - DAY // 2 for each in minutes]
    ranked = sorted(range(len(turned)), key=lambda n: turned[n])
    weights = [0.5 ** (n / 3) for n in range(len(turned))]
    half, summed = sum(weights) / 2, 0.0
    for n in ranked:
        summed += weights[n]
        if summed >= half:
            return int((base + turned[n]) % DAY)
    return base


def _tail(n: int, k: int, p: float) -> float:
    """Return how likely chance gives as many of so many."""
    return sum(comb(n, each) * p**each * (1 - p) ** (n - each) for each in range(k, n + 1))


def _kernel() -> NDArray[np.float64]:
    size = DAY // _BIN
    distance = np.abs((np.arange(size)[:, None] - np.arange(size) + size // 2) % size - size // 2)
    return np.asarray(np.exp(-0.5 * (distance * _BIN / _BROAD) ** 2))


_KERNEL: Final = _kernel()
