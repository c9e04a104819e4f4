"""Completing: one thing done changes the person's week in the same transaction, and only once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.habits.completing import Completing
from learning.habits.energy import energy
from learning.habits.habit import ALL
from learning.store.consents import LEARNING, Consents
from learning.store.habits import Completions, Energy, Habits
from learning.store.interactions import Interactions
from tests.store.support import exchange

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Store, Unit

TUESDAY_10 = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)


@pytest.fixture
def completing() -> Completing:
    return Completing(lambda: NOW)


async def weekly(completing: Completing, unit: Unit, weeks: int) -> list[UUID]:
    """Code every Tuesday at 10:00 in Berlin."""
    found = []
    for week in range(weeks):
        at = TUESDAY_10 + timedelta(weeks=week)
        found.append(
            await completing.record(
                unit, "U1", "coding", at, "Europe/Berlin", 0.9, 0.9, surface="slack"
            )
        )
    return [each for each in found if each is not None]


async def test_a_tuesday_at_ten_becomes_the_slot_for_it_where_the_person_is(
    store: Store, workspace: str, completing: Completing
) -> None:
    async with store.begin(workspace) as unit:
        assert len(await weekly(completing, unit, 3)) == 3
    async with store.begin(workspace) as unit:
        habits = await Habits(unit).of("U1")
        assert set(habits) == {ALL, "coding"}
        assert habits["coding"].week(TODAY).argmax() == 58
        assert habits["coding"].score(TODAY, "design")[58] > 0.5
        assert energy(await Energy(unit).load("U1"))[58] > 0.6
        (first, *_) = await Completions(unit).of("U1")
        assert (first.done.slot, first.done.at_day, first.zone) == (
            58, date(2026, 3, 3), "Europe/Berlin",
        )  # fmt: skip


async def test_one_message_counts_once_and_without_consent_nothing_does(
    store: Store, workspace: str, completing: Completing
) -> None:
    async with store.begin(workspace) as unit:
        asked = await exchange(unit, "U1", "parser done")
        for known in (False, True):
            found = await completing.record(
                unit, "U1", "coding", TUESDAY_10, "Nowhere/Atall", 7.0, float("nan"),
                surface="slack", interaction_id=asked.interaction_id,
            )  # fmt: skip
            assert (found is None) is known
        (kept,) = await Completions(unit).of("U1")
        assert (kept.done.success, kept.done.energy, kept.zone) == (1.0, None, "UTC")
        assert (await Habits(unit).of("U1"))[ALL].count == 1
        await Consents(unit).change("U1", LEARNING, granted=False, now=NOW)
        assert await weekly(completing, unit, 1) == []
        discord = await completing.record(
            unit, "U2", "coding", TUESDAY_10, "UTC", surface="discord"
        )
        assert discord is None
        assert len(await Completions(unit).of("U1")) == 1


async def test_what_is_forgotten_told_late_or_rated_again_is_summed_up_again(
    store: Store, workspace: str, completing: Completing
) -> None:
    async with store.begin(workspace) as unit:
        ids = await weekly(completing, unit, 4)
        await completing.refused(unit, "U1", "coding", [60, 61], date(2026, 3, 20))
        orderly = await Habits(unit).of("U1")
        asked = await exchange(unit, "U1", "I reviewed on Thursday")
        late = await completing.record(
            unit, "U1", "review", TUESDAY_10 + timedelta(days=2), "Europe/Berlin", 0.5, 0.1,
            surface="slack", interaction_id=asked.interaction_id,
        )  # fmt: skip
        assert late is not None
        told = await Habits(unit).of("U1")
        assert (told[ALL].count, told[ALL].latest) == (5, date(2026, 3, 24))
        await completing.resum(unit, "U1")
        again = await Habits(unit).of("U1")
        assert again[ALL].week(TODAY) == pytest.approx(told[ALL].week(TODAY), rel=1e-4)
        low = energy(await Energy(unit).load("U1"))[106]
        assert await completing.rate(unit, "U1", late, energy=1.0)
        assert energy(await Energy(unit).load("U1"))[106] > low
        assert not await completing.rate(unit, "U2", ids[0], success=0.0)
        await Interactions(unit).delete([asked.interaction_id])
        await completing.resum(unit, "U1")
        left = await Habits(unit).of("U1")
        assert left.keys() == orderly.keys()
        assert left[ALL].week(TODAY) == pytest.approx(orderly[ALL].week(TODAY), rel=1e-4)
        assert left["coding"].refusals == orderly["coding"].refusals != ()
        assert left["coding"].rank(TODAY) == pytest.approx(orderly["coding"].rank(TODAY), rel=1e-4)
        for each in ids:
            await Completions(unit).forget(each)
        await completing.resum(unit, "U1")
        assert list(await Habits(unit).of("U1")) == ["coding"]  # its refusals were theirs
        assert (await Energy(unit).load("U1")).count == 0


async def test_of_things_done_at_once_none_is_lost(
    store: Store, workspace: str, completing: Completing
) -> None:
    async def one(day: int) -> None:
        async with store.begin(workspace) as unit:
            at = TUESDAY_10 + timedelta(days=day)
            await completing.record(unit, "U1", "coding", at, "UTC", 0.9, 0.9, surface="slack")

    await asyncio.gather(*(one(day) for day in range(6)))
    async with store.begin(workspace) as unit:
        habits = await Habits(unit).of("U1")
        assert {kind: each.count for kind, each in habits.items()} == {ALL: 6, "coding": 6}
        assert (await Energy(unit).load("U1")).count == 6
        assert habits[ALL].latest == date(2026, 3, 8)
