"""How long it takes to find the best slots of four weeks, and how good they are.

Run it as ``python -m tests.benchmarks.slots``. The weeks are made up, from a seed: three hundred
events, a person's habits and energy. Beside ours stands the design's search, which walks through
every quarter of an hour and keeps the best. ``score`` is how well the best slot suits by habits
and energy alone; ``fresh`` is the share of best slots that do not follow two meetings in a row.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from learning.habits.fatigue import tired
from learning.habits.free import STEP, USUAL, edges, grid
from learning.habits.slots import ENERGY, HABITS, propose
from learning.habits.week import slot_of
from learning.spans import Span
from tests.benchmarks import rig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Week = NDArray[np.float64]
    Find = Callable[[int, Week, Week, list[Span], datetime], datetime | None]

_ZONE: Final = ZoneInfo("Europe/Berlin")
_BEGIN: Final = datetime(2026, 3, 2, 7, 20, tzinfo=UTC)
"""The clocks change within the four weeks."""


def made_up(rng: np.random.Generator, events: int) -> tuple[Week, Week, list[Span]]:
    """Return somebody's habits, energy and meetings."""
    hours = np.arange(168) % 24
    peak = rng.integers(8, 17)
    habits = 0.2 + 0.6 * np.exp(-(((hours - peak) / 2.5) ** 2)) + rng.uniform(0, 0.2, 168)
    energy = np.clip(0.9 - np.abs(hours - rng.integers(9, 15)) / 12, 0, 1)
    busy = []
    for _ in range(events):
        day = _BEGIN.replace(hour=0, minute=0) + timedelta(days=int(rng.integers(0, 28)))
        start = day + timedelta(minutes=STEP * int(rng.integers(28, 72)))
        busy.append(Span(start, start + timedelta(minutes=int(rng.choice([15, 30, 60])))))
    return np.clip(habits, 0, 1), energy, busy


def mynah(
    minutes: int, habits: Week, energy: Week, busy: list[Span], now: datetime
) -> datetime | None:
    """Return the best slot as we find it."""
    found = propose("a task", minutes, habits, energy, busy, now, _ZONE)
    return found[0].start if found else None


def design(
    minutes: int, habits: Week, energy: Week, busy: list[Span], now: datetime
) -> datetime | None:
    """Return the best slot as the design finds it: by the hour in which it begins."""
    best, when = 0.0, None
    length = timedelta(minutes=minutes)
    at = (now + timedelta(minutes=STEP)).replace(minute=0)
    end = now + timedelta(weeks=4)
    while at + length <= end:
        local = at.astimezone(_ZONE)
        if USUAL[0] <= local.hour < USUAL[1] and not any(
            span.start < at + length and at < span.end for span in busy
        ):
            slot = slot_of(at, _ZONE)
            score = float(habits[slot] * HABITS + energy[slot] * ENERGY)
            if score > best:
                best, when = score, at
        at += timedelta(minutes=STEP)
    return when


def measured(find: Find, people: int, events: int) -> dict[str, Any]:
    """Return how a search does."""
    rng = np.random.default_rng(8)
    took: list[float] = []
    scores, fresh = [], []
    for _ in range(people):
        habits, energy, busy = made_up(rng, events)
        minutes = int(rng.choice([30, 60, 90, 120]))
        began = perf_counter()
        start = find(minutes, habits, energy, busy, _BEGIN)
        took.append((perf_counter() - began) * 1e3)
        if start is None:
            continue
        slots = [slot_of(start + timedelta(minutes=n), _ZONE) for n in range(0, minutes, 5)]
        scores.append(float(np.mean(HABITS * habits[slots] + ENERGY * energy[slots])))
        within = grid(_BEGIN, _ZONE)
        step = (int(start.timestamp()) // 60 - within.start) // STEP
        fresh.append(tired(edges(busy, within), within).before[step] < 2)
    return {
        "found": len(scores) / people,
        "score": round(float(np.mean(scores)), 4),
        "fresh": round(float(np.mean(fresh)), 4),
        **rig.percentiles("search", took),
    }


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--events", type=int, default=300)
    asked = parser.parse_args()
    rig.print_result(
        {
            "set": f"made up, {asked.people} people with {asked.events} events",
            "policies": {
                "mynah": measured(mynah, asked.people, asked.events),
                "design": measured(design, min(asked.people, 50), asked.events),
            },
        }
    )


if __name__ == "__main__":
    main()
