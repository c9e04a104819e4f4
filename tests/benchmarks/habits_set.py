"""Reads when people did things, and makes up other people who do them in ways of their own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.habits.week import DAYS, HOURS, weekday

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_BEGIN: Final = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """What a person did, day by day.

    Attributes:
        days: the active ones, in their order.
        slots: the slots of the week that things were done in, by day.
    """

    days: list[date]
    slots: list[NDArray[np.int64]]

    def __iter__(self) -> Iterator[tuple[date, NDArray[np.int64]]]:
        return zip(self.days, self.slots, strict=True)


def read(file: Path) -> list[Days]:
    """Return the people of a set.

    Raises:
        ValueError: if the file has no such columns, or a time is none.
    """
    people: dict[tuple[str, str], list[datetime]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if missing := {"workspace", "user", "time"} - set(rows.fieldnames or ()):
            raise ValueError(f"{file} has no column {', '.join(sorted(missing))}.")
        for row in rows:
            at = datetime.fromisoformat(row["time"])
            people.setdefault((row["workspace"], row["user"]), []).append(at)
    return [_person(times) for times in people.values()]


def _person(times: list[datetime]) -> Days:
    by_day: dict[date, list[int]] = {}
    # The clock on the wall says which day it was, wherever they were.
    for at in sorted(times, key=lambda each: (each.date(), each.timestamp())):
        by_day.setdefault(at.date(), []).append(weekday(at) * HOURS + at.hour)
    return Days(list(by_day), [np.array(slots) for slots in by_day.values()])


def made_up(seed: int, people: int = 40, weeks: int = 60) -> list[Days]:
    """Return people who never were: working weeks, evenings, two jobs, shifts; all of them drift.

    Args:
        seed: the same people for the same seed.
        people: how many.
        weeks: how long each of them is watched.
    """
    rng = np.random.default_rng(seed)
    return [_made(rng, weeks) for _ in range(people)]


def _made(rng: np.random.Generator, weeks: int) -> Days:
    hours = np.arange(HOURS)
    peaks = rng.uniform(7, 23, size=rng.integers(1, 4))
    widths = rng.uniform(0.8, 3.0, size=len(peaks))
    shares = rng.dirichlet(np.full(len(peaks), 2.0))
    rests, free = rng.choice([0.1, 0.6, 1.0, 1.6]), rng.integers(DAYS)
    busy = rng.uniform(0.2, 0.8) * np.array([rests, 1, 1, 1, 1, 1, rests])
    busy[free] *= rng.choice([0.2, 1.0])
    own = rng.normal(0, rng.choice([0.2, 1.5]), size=(DAYS, len(peaks)))  # hours of single days
    days, slots = [], []
    for number in range(weeks * DAYS):
        day = _BEGIN + timedelta(days=number)
        peaks = peaks + rng.normal(0, 0.05, size=len(peaks))
        if rng.random() < 0.004:
            peaks = peaks + rng.normal(0, 3, size=len(peaks))
        place = weekday(day)
        if rng.random() >= busy[place]:
            continue
        away = np.abs(hours[:, None] - (peaks + own[place])) % HOURS
        bells = np.exp(-0.5 * (np.minimum(away, HOURS - away) / widths) ** 2)
        likely = (bells / bells.sum(0)) @ shares + 0.01
        # Things come in bursts: a few hours of a day, some of them with many.
        chosen = rng.choice(HOURS, size=rng.integers(1, 5), p=likely / likely.sum())
        done = np.sort(np.repeat(chosen, rng.geometric(0.5, size=len(chosen))))
        days.append(day)
        slots.append(place * HOURS + done)
    return Days(days, slots)
