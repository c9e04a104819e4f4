"""Personas: steps that are taken at once, changed, taken back and computed anew."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from learning.store.ids import new_id
from learning.store.interactions import Interactions
from learning.store.personas import Personas
from tests.store.support import NOW, exchange

if TYPE_CHECKING:
    from uuid import UUID

    from learning.store.store import Store, Unit

SECOND = timedelta(seconds=1)
START = {"concise": 0.5, "formal": 0.5}
AT_ONCE = 6


async def ask(unit: Unit, user_id: str = "U1") -> UUID:
    return (await exchange(unit, user_id, "…")).interaction_id


async def step(
    unit: Unit, interaction_id: UUID, by: float, *, cause: str = "vote", user_id: str = "U1",
    seconds: int = 0,
) -> None:  # fmt: skip
    """Load, decide and save, as whoever moves a persona does."""
    facets, _ = await Personas(unit).of(user_id)
    before = START | facets
    after = before | {"concise": before["concise"] + by}
    await Personas(unit).apply(
        user_id, interaction_id, cause, before, after, {"concise": by}, {"reward": by},
        NOW + seconds * SECOND,
    )  # fmt: skip


async def test_a_step_is_taken_and_logged(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        personas = Personas(unit)
        assert await personas.of("U1") == ({}, 0)
        first, second = await ask(unit), await ask(unit)
        await step(unit, first, 0.25)
        await step(unit, second, -0.125, seconds=1)
        assert await personas.of("U1") == ({"concise": 0.625, "formal": 0.5}, 2)
        assert await personas.of("U2") == ({}, 0)
        newest, oldest = await personas.changes_of("U1")
        assert (newest.interaction_id, oldest.interaction_id) == (second, first)
        assert (oldest.before, oldest.after) == (START, START | {"concise": 0.75})
        assert (newest.before, newest.after) == (
            START | {"concise": 0.75}, START | {"concise": 0.625},
        )  # fmt: skip
        assert (newest.cause, newest.signals) == ("vote", {"reward": -0.125})
        assert newest.created_at == NOW + SECOND
        assert await personas.deltas_of("U1") == [{"concise": 0.25}, {"concise": -0.125}]
        assert len(await personas.changes_of("U1", limit=1)) == 1


async def test_of_steps_at_once_none_is_lost(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        asked = [await ask(unit) for _ in range(AT_ONCE)]
    together = asyncio.Barrier(AT_ONCE)

    async def take(interaction_id: UUID) -> None:
        async with store.begin(workspace, None) as unit:
            facets, _ = await Personas(unit).of("U1")
            before = START | facets
            await together.wait()  # everybody has read the same
            after = before | {"concise": 0.5625}
            await Personas(unit).apply(
                "U1", interaction_id, "vote", before, after, {"concise": 0.0625}, {}, NOW
            )

    await asyncio.gather(*(take(one) for one in asked))
    async with store.begin(workspace, None) as unit:
        facets, changes = await Personas(unit).of("U1")
        assert (facets, changes) == (START | {"concise": 0.5 + AT_ONCE * 0.0625}, AT_ONCE)
        logged = await Personas(unit).changes_of("U1")
        # Each began where another had ended.
        assert {one.before["concise"] for one in logged} == {
            0.5 + n * 0.0625 for n in range(AT_ONCE)
        }


async def test_steps_never_lead_out_of_the_range(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        personas = Personas(unit)
        for by, expected in ((0.4, 1.0), (-0.9, 0.1), (-0.9, 0.0)):
            before = {"concise": 0.9}  # old news for all but the first
            after = {"concise": min(max(0.9 + by, 0.0), 1.0)}
            await personas.apply(
                "U1", await ask(unit), "vote", before, after, {"concise": by}, {}, NOW
            )
            facets, _ = await personas.of("U1")
            assert facets["concise"] == pytest.approx(expected)


async def test_the_same_cause_counts_once_and_may_change(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        personas = Personas(unit)
        one = await ask(unit)
        await step(unit, one, 0.25)
        await step(unit, await ask(unit), 0.125)
        await step(unit, one, 0.25)  # the job ran once more
        assert await personas.of("U1") == (START | {"concise": 0.875}, 2)
        await step(unit, one, -0.25)  # the vote was changed
        assert await personas.of("U1") == (START | {"concise": 0.375}, 2)
        await step(unit, one, 0.0)  # and taken back
        assert await personas.of("U1") == (START | {"concise": 0.625}, 2)
        (changed,) = [c for c in await personas.changes_of("U1") if c.interaction_id == one]
        assert (changed.before, changed.after, changed.delta) == (START, START, {"concise": 0.0})
        await step(unit, one, 0.125, cause="wish")
        assert await personas.of("U1") == (START | {"concise": 0.75}, 3)


async def test_steps_are_taken_back_and_the_persona_computed_anew(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        personas = Personas(unit)
        one, other = await ask(unit), await ask(unit, "U2")
        await step(unit, one, 0.25)
        await step(unit, other, 0.125, seconds=1)
        await step(unit, other, 0.0625, user_id="U2")
        assert await personas.take_back([new_id()]) == []
        assert await personas.take_back([other]) == ["U1", "U2"]
        assert await personas.deltas_of("U1") == [{"concise": 0.25}]
        assert await personas.deltas_of("U2") == []
        await personas.save("U1", START | {"concise": 0.75}, 1, NOW)
        assert await personas.of("U1") == (START | {"concise": 0.75}, 1)
        await personas.save("U3", START, 0, NOW)
        assert await personas.of("U3") == (START, 0)


async def test_a_step_that_is_taken_meanwhile_survives_the_computing(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        first, second = await ask(unit), await ask(unit)
        await step(unit, first, 0.25)

    async def move(unit: Unit) -> None:
        before = START | {"concise": 0.75}  # read before the first step was taken back
        after = before | {"concise": 0.875}
        delta = {"concise": 0.125}
        await Personas(unit).apply("U1", second, "vote", before, after, delta, {}, NOW)

    async with store.begin(workspace, None) as computing:
        assert await Personas(computing).take_back([first]) == ["U1"]
        async with store.begin(workspace, None) as unit:
            await unit.connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                await move(unit)
            await unit.connection.rollback()
        left = await Personas(computing).deltas_of("U1")
        await Personas(computing).save("U1", START, len(left), NOW)
    async with store.begin(workspace, None) as unit:
        await move(unit)
        assert await Personas(unit).of("U1") == (START | {"concise": 0.625}, 1)


async def test_a_step_goes_with_its_interaction(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        one = await ask(unit)
        await step(unit, one, 0.25)
        await Interactions(unit).delete([one])
        assert await Personas(unit).changes_of("U1") == []


async def test_what_is_no_number_or_moves_nothing_known_is_refused(
    store: Store, workspace: str
) -> None:
    nan = float("nan")
    async with store.begin(workspace, None) as unit:
        personas = Personas(unit)
        one = await ask(unit)
        for before, after, delta in (
            ({"concise": nan}, START, {"concise": 0.1}),
            (START, {"concise": nan}, {"concise": 0.1}),
            (START, START, {"concise": float("inf")}),
        ):
            with pytest.raises(ValueError, match="finite"):
                await personas.apply("U1", one, "vote", before, after, delta, {}, NOW)
        with pytest.raises(ValueError, match=r"\['charm'\]"):
            await personas.apply("U1", one, "vote", START, START, {"charm": 0.1}, {}, NOW)
        with pytest.raises(ValueError, match="finite"):
            await personas.save("U1", {"concise": nan}, 1, NOW)
        assert await personas.of("U1") == ({}, 0)
