"""How long one thing takes to be learned, with the commit to Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.habits.completing import Completing
from learning.habits.week import HOURS
from tests.benchmarks import rig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.habits_set import Days

_WARM = 50
"""Things learned before time is taken: connections are opened, statements prepared."""


def log_of(person: Days) -> list[datetime]:
    """Return what a person did, at moments in UTC."""
    return [
        datetime.combine(day, time(slot % HOURS), UTC) + timedelta(seconds=number)
        for day, slots in person
        for number, slot in enumerate(slots.tolist())
    ]


async def update_times(people: Sequence[Days], count: int) -> tuple[list[float], dict[str, Any]]:
    """Let the busiest person do things one after the other.

    Returns:
        The milliseconds of each, from the transaction's begin to its commit, and what they were
        measured on.
    """
    load = rig.load()
    busiest = max(people, key=lambda person: sum(map(len, person.slots)))
    times: list[float] = []
    async with rig.a_store() as store:
        completing = Completing(lambda: datetime(2026, 1, 1, tzinfo=UTC))
        for number, at in enumerate(log_of(busiest)[: count + _WARM]):
            with rig.timed(times):
                async with store.begin("benchmark") as unit:
                    await completing.record(
                        unit, "U1", "coding", at, "UTC", 0.9, 0.7 if number % 3 else None,
                        surface="slack",
                    )  # fmt: skip
        return times[_WARM:], rig.machine(await rig.postgres_version(store.conninfo), load)
