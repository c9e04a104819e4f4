"""A workspace's days of learning: counts that add up, means that are set."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from learning.store.learning_metrics import DayOfLearning, LearningMetrics
from tests.store.support import NOW

if TYPE_CHECKING:
    from learning.store.store import Store

TODAY = NOW.date()
DAY = timedelta(days=1)


async def test_counts_add_up_and_means_are_set(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        metrics = LearningMetrics(unit)
        await metrics.add(TODAY, applied=3, successful=2)
        await metrics.add(TODAY, applied=1, failed=1, faded=4)
        await metrics.set_means(TODAY, 0.5, None, 7)
        await metrics.set_means(TODAY, 0.75, 0.25, 8)
        await metrics.set_means(TODAY + DAY, 0.5, 0.5, 9)
        await metrics.add(TODAY + DAY, applied=-5)
        today = DayOfLearning(TODAY, 8, 0.75, 0.25, 4, 2, 1, 4)
        tomorrow = DayOfLearning(TODAY + DAY, 9, 0.5, 0.5, 0, 0, 0, 0)
        assert await metrics.of(7) == [today, tomorrow]
        assert await metrics.of(1) == [tomorrow]
        await metrics.add(TODAY, applied=-1, failed=-5)
        assert (await metrics.of(2))[0] == DayOfLearning(TODAY, 8, 0.75, 0.25, 3, 2, 0, 4)
    async with store.begin(f"{workspace}-other") as unit:
        assert await LearningMetrics(unit).of(7) == []


async def test_of_counts_at_once_none_is_lost(store: Store, workspace: str) -> None:
    together = asyncio.Barrier(6)

    async def add() -> None:
        async with store.begin(workspace) as unit:
            await together.wait()
            await LearningMetrics(unit).add(TODAY, applied=1, faded=2)

    await asyncio.gather(*(add() for _ in range(6)))
    async with store.begin(workspace) as unit:
        (day,) = await LearningMetrics(unit).of(7)
        assert (day.applied, day.faded) == (6, 12)
