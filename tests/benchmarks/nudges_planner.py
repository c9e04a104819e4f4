"""How long a pass of the planner takes over many people, and whether its memory grows with them."""

from __future__ import annotations

import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.habits.planner import Planner
from bot.queue import Queue, Task
from learning.habits.occasions import Recurring, Shape
from learning.habits.phrases import encoded
from learning.store.habitual import manners
from learning.store.manners import MannersKept
from learning.store.store import SEARCH_PATH
from tests.benchmarks import rig

if TYPE_CHECKING:
    from learning.store.store import Store

_PAGE: Final = 2_000
_PASS: Final = timedelta(minutes=5)
_WORKSPACE: Final = "w-nudges"
_NOW: Final = datetime(2026, 3, 13, 14, 30, tzinfo=UTC)


async def planned(people: int) -> dict[str, Any]:
    """Return the figures of passes over so many people who all said yes.

    The first pass finds everybody due at once, as after an outage; the ones after it, five
    minutes apart, those whose time has come.
    """
    rig.quiet()
    async with rig.a_store() as store:
        await _filled(store, people)
        async with Queue(store.conninfo, SEARCH_PATH) as queue:

            async def nothing(**_: str) -> None:
                pass

            queue.add(Task("nudge", nothing))
            now = _NOW
            planner = Planner(store, queue, lambda: now)
            memory = [_memory_mb()]
            passes: list[float] = []
            counts: list[int] = []
            cpu_s: list[float] = []
            for n in range(4):
                now = _NOW + n * _PASS
                cpu, began = time.process_time(), time.perf_counter()
                await planner.plan(_WORKSPACE)
                passes.append(time.perf_counter() - began)
                cpu_s.append(time.process_time() - cpu)
                memory.append(_memory_mb())
                counts.append(await _count(store))
    return {
        "people": people,
        "cold_pass_s": round(passes[0], 2),
        "cold_pass_cpu_s": round(cpu_s[0], 2),
        "cold_pass_nudges": counts[0],
        "pass_s": round(float(np.mean(passes[1:])), 3),
        "pass_nudges": round((counts[-1] - counts[0]) / (len(counts) - 1), 1),
        "memory_before_mb": round(memory[0], 1),
        "memory_after_mb": round(memory[1], 1),
    }


async def _filled(store: Store, people: int) -> None:
    rng = np.random.default_rng(5)
    for start in range(0, people, _PAGE):
        values = [
            {
                "workspace_id": _WORKSPACE,
                "user_id": f"u{n:07}",
                "content": {"tz": "Europe/Berlin", "recurring": _plans(rng)},
                "surface": "slack",
                "nudged": True,
                "look_at": _NOW,
                "changed_at": _NOW,
            }
            for n in range(start, min(people, start + _PAGE))
        ]
        async with store.begin(_WORKSPACE, None) as unit:
            await unit.connection.execute(manners.insert(), values)


def _plans(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return one to three habits of somebody, in the hours of work."""
    plans = []
    for kind in ("deploying", "email", "reviewing")[: int(rng.integers(1, 4))]:
        day, minute = int(rng.integers(1, 6)), int(rng.integers(8 * 60, 18 * 60))
        habit = Recurring(kind, Shape("weekly", (day,)), minute, 8, 0.9, 0.9, (minute,) * 8)
        plans.append(encoded(habit) | {"lead": 15, "chance": 0.93})
    return plans


async def _count(store: Store) -> int:
    async with store.begin(_WORKSPACE, None) as unit:
        assert not await MannersKept(unit).due(_NOW, "", 1)
        rows = await unit.connection.exec_driver_sql("SELECT count(*) FROM mynah.nudges")
        return int(rows.scalar_one())


def _memory_mb() -> float:
    """Return the most memory that this process held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)
