"""People made up for nudges: a quarter of what they do, when, and how they take being told.

Their habits drift, are left out, end and begin; they go on holiday, do things by chance, and some
do not want to be told. Seeded, so that everybody meets the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from learning.habits.occasions import Occurrence, Shape

if TYPE_CHECKING:
    import numpy as np

BEGIN: Final = date(2026, 1, 5)
WARM: Final = 8
QUARTER: Final = 13
WEEKS: Final = WARM + QUARTER
_KINDS: Final = ("deploying", "email", "reviewing", "planning", "reporting", "writing")


@dataclass(frozen=True)
class Routine:
    """Something done again and again, as it is in truth."""

    kind: str
    shape: Shape
    minute: float
    spread: float
    rate: float
    drift: float
    begins: int
    ends: int


@dataclass(frozen=True)
class Somebody:
    """One of them."""

    acts: list[Occurrence]
    routines: list[Routine]
    refuses: bool


def somebody(rng: np.random.Generator) -> Somebody:
    """Return a person with their acts."""
    manner = rng.choice(["regular", "loose", "irregular"], p=[0.6, 0.25, 0.15])
    routines = []
    if manner != "irregular":
        kinds = rng.permutation(list(_KINDS))[: rng.integers(1, 4)]
        routines = [_routine(str(kind), rng, loose=manner == "loose") for kind in kinds]
    away = _away(rng)
    acts: list[Occurrence] = []
    for n in range(WEEKS * 7):
        day, week = BEGIN + timedelta(days=n), n // 7
        if day in away:
            continue
        for each in routines:
            due = each.shape.on(day) and each.begins <= week < each.ends
            if due and rng.random() < each.rate:
                minute = each.minute + each.drift * week + rng.normal(0, each.spread)
                acts.append(Occurrence(each.kind, _at(day, minute)))
        work = 1.6 if day.isoweekday() <= 5 else 0.2
        for _ in range(rng.poisson(work * (2 if manner == "irregular" else 1))):
            kind = str(rng.choice([*_KINDS, "answering", "meeting"]))
            acts.append(Occurrence(kind, _at(day, rng.uniform(8 * 60, 19 * 60))))
    acts.sort(key=lambda each: each.at)
    return Somebody(acts, routines, bool(rng.random() < 0.1))


def _routine(kind: str, rng: np.random.Generator, *, loose: bool) -> Routine:
    roll, day = rng.random(), int(rng.integers(1, 6))
    if roll < 0.45:
        shape = Shape("weekly", (day,))
    elif roll < 0.7:
        shape = Shape("weekly", (1, 2, 3, 4, 5))
    elif roll < 0.85:
        days = sorted({day, int(rng.integers(1, 6))})
        shape = Shape("weekly", tuple(days))
    elif roll < 0.93:
        shape = Shape("fortnightly", (day,), int(rng.integers(0, 2)))
    else:
        shape = Shape("monthly", (day,), int(rng.choice([1, -1])))
    return Routine(
        kind,
        shape,
        float(rng.uniform(8.5 * 60, 17.5 * 60)),
        float(rng.uniform(25, 60) if loose else rng.uniform(3, 20)),
        float(rng.uniform(0.6, 0.85) if loose else rng.uniform(0.88, 1.0)),
        float(rng.normal(0, 4)) if rng.random() < 0.3 else 0.0,
        int(rng.integers(0, 10)) if rng.random() < 0.2 else 0,
        int(rng.integers(10, WEEKS)) if rng.random() < 0.2 else WEEKS,
    )


def _away(rng: np.random.Generator) -> set[date]:
    """Return a week of holiday, a day that everybody has off, and days of illness."""
    first = BEGIN + timedelta(days=int(rng.integers(2, WEEKS - 1)) * 7)
    days = {first + timedelta(days=n) for n in range(7)}
    days |= {BEGIN + timedelta(days=7 * 12 + 4), BEGIN + timedelta(days=7 * 13)}
    return days | {BEGIN + timedelta(days=int(n)) for n in rng.integers(0, WEEKS * 7, 3)}


def _at(day: date, minute: float) -> datetime:
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    return midnight + timedelta(minutes=min(1439.0, max(0.0, minute)))
