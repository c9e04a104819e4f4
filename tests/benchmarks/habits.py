"""How well each forecaster foresees when people do things, and how fast one thing is learned.

A person's day is foreseen from the days before it, after the first 20 things they did: in bits a
thing over the 168 slots, in things that fall into the 17 slots ranked highest, and in those that
fall into that day's three hours ranked highest. Slots that are ranked alike stay in their order.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.forecast import DEFAULT, FORECASTERS
from learning.habits.week import HOURS, weekday
from tests.benchmarks import rig
from tests.benchmarks.habits_policies import BASELINES, Foreseeing, Learning
from tests.benchmarks.habits_set import Days, made_up, read
from tests.benchmarks.habits_update import update_times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FIRST: Final = 20
_WEEK_BEST: Final = 17
_DAY_BEST: Final = 3
_SEED: Final = 20


@dataclass(slots=True)
class Figures:
    """Sums over all things that were foreseen."""

    bits: float = 0.0
    hits: int = 0
    day_hits: int = 0
    count: int = field(default=0)

    def add(self, person: Days, foreseeing: Foreseeing) -> None:
        """Let a person's days pass by."""
        seen = 0
        for day, slots in person:
            scored = slots[max(0, _FIRST - seen) :]
            if scored.size:
                week, rank = foreseeing.foresee(day)
                today = weekday(day) * HOURS
                best = np.argsort(-rank, kind="stable")[:_WEEK_BEST]
                hours = np.argsort(-rank[today : today + HOURS], kind="stable")[:_DAY_BEST]
                self.bits -= float(np.log2(week[scored]).sum())
                self.hits += int(np.isin(scored, best).sum())
                self.day_hits += int(np.isin(scored - today, hours).sum())
                self.count += scored.size
            foreseeing.see(day, slots)
            seen += slots.size

    def result(self) -> dict[str, float]:
        count = max(self.count, 1)
        return {
            "bits": round(self.bits / count, 4),
            "hit": round(self.hits / count, 4),
            "day_hit": round(self.day_hits / count, 4),
        }


def foreseen(
    people: Sequence[Days], policies: dict[str, Callable[[], Foreseeing]]
) -> dict[str, dict[str, Any]]:
    """Return each policy's figures."""
    found: dict[str, dict[str, Any]] = {}
    with rig.progress() as shown:
        for name, opened in policies.items():
            task = shown.add_task(name, total=len(people))
            figures = Figures()
            for person in people:
                figures.add(person, opened())
                shown.advance(task)
            found[name] = figures.result()
    return found


def main() -> None:
    """Measure, and print the result as one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", type=Path, required=True, help="a CSV file: workspace,user,time")
    parser.add_argument("--updates", type=int, default=600, help="things learned to measure time")
    parser.add_argument("--seed", type=int, default=_SEED, help="of the people who are made up")
    options = parser.parse_args()
    people = read(options.set)
    ours: dict[str, Callable[[], Foreseeing]] = {DEFAULT: lambda: Learning(FORECASTERS[DEFAULT])}
    policies = foreseen(people, {**ours, **BASELINES})
    others = foreseen(made_up(options.seed), {**ours, **BASELINES})
    times, machine = asyncio.run(update_times(people, options.updates))
    policies[DEFAULT] |= rig.percentiles("update", times)
    rig.print_result(
        {
            "set": options.set.stem,
            "people": len(people),
            "policies": policies,
            "made_up": others,
            "machine": machine,
        }
    )


if __name__ == "__main__":
    main()
