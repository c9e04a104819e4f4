"""Observations: seen once an interaction, judged by what people make of the answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from learning.memory.contract import Observation
from learning.routing.crediting import CORRECTED
from learning.scope import WORKSPACE, Scope, channel, person
from learning.store.interactions import Interactions
from learning.store.observations import Observations
from tests.store.support import NOW, dump, exchange, holds

if TYPE_CHECKING:
    from learning.store.store import Store

SECOND = timedelta(seconds=1)


async def test_an_observation_is_read_back_newest_first(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        song = (await exchange(unit, "U1", "a song")).interaction_id
        page = (await exchange(unit, "U1", "a page")).interaction_id
        observations = Observations(unit)
        await observations.add("U1", song, WORKSPACE, "tempo_bpm", "", 145.0, NOW)
        await observations.add("U1", page, person("U1"), "css", "tailwind", None, NOW + SECOND)
        await observations.add("U2", page, WORKSPACE, "css", "tailwind", None, NOW)
        seen = [
            Observation("css", "tailwind", None, NOW + SECOND, None, page, person("U1")),
            Observation("tempo_bpm", "", 145.0, NOW, None, song, WORKSPACE),
        ]
        assert await observations.of("U1") == seen
        assert await observations.of("U1", limit=1) == seen[:1]
        assert len(await observations.of("U2")) == 1


async def test_the_same_thing_is_observed_once_an_interaction(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        one = (await exchange(unit, "U1", "a song")).interaction_id
        other = (await exchange(unit, "U1", "a song")).interaction_id
        observations = Observations(unit)

        async def add(value: str, number: float | None, *, again: bool = False) -> bool:
            id_ = other if again else one
            return await observations.add("U1", id_, WORKSPACE, "tempo", value, number, NOW)

        assert await add("", 145)
        assert not await add("", 145.0), "the same number, written otherwise"
        assert await add("", 160)
        assert await add("fast", None)
        assert not await add("fast", None)
        assert await add("fast", None, again=True)
        assert len(await observations.of("U1")) == 4


async def test_the_reward_is_what_people_make_of_the_answer_now(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        said = await exchange(unit, "U1", "a page")
        id_ = said.interaction_id
        observations, interactions = Observations(unit), Interactions(unit)
        await observations.add("U1", id_, WORKSPACE, "theme", "dark", None, NOW)

        async def reward() -> float | None:
            (one,) = await observations.of("U1")
            return one.reward

        assert await reward() is None, "nobody said"
        for rating, expected in ((5.0, 1.0), (2.0, 0.25), (1.0, 0.0), (None, None)):
            await interactions.rate(id_, rating, 1)
            assert await reward() == expected
        await interactions.rate(id_, 5.0, 1)
        corrected = await interactions.open(
            said.conversation_id, "U1", "web", WORKSPACE, NOW, supersedes=id_
        )
        assert await reward() == CORRECTED
        await interactions.delete([corrected])
        assert await reward() == 1.0


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
async def test_what_is_no_number_is_refused(store: Store, workspace: str, number: float) -> None:
    async with store.begin(workspace, None) as unit:
        id_ = (await exchange(unit, "U1", "a song")).interaction_id
        with pytest.raises(ValueError, match="tempo was observed as"):
            await Observations(unit).add("U1", id_, WORKSPACE, "tempo", "", number, NOW)
        assert await Observations(unit).of("U1") == []


async def test_an_observation_goes_with_its_interaction_and_stays_in_private(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        said = await exchange(unit, "U1", "a page", audience=person("U1"), thread="dm")
        id_ = said.interaction_id
        await Observations(unit).add("U1", id_, person("U1"), "theme", "dark", None, NOW)
    async with store.begin_in(Scope(workspace, "U1", channel("C1"))) as unit:
        assert await Observations(unit).of("U1") == []
    async with store.begin_in(Scope(workspace, "U1", person("U1"))) as unit:
        assert len(await Observations(unit).of("U1")) == 1
    async with store.begin(workspace, None) as unit:
        await Interactions(unit).delete([id_])
        assert await Observations(unit).of("U1") == []


async def test_what_was_observed_is_not_readable_in_the_table(
    store: Store, workspace: str, database: str
) -> None:
    word = f"zq7x{workspace}"
    async with store.begin(workspace, None) as unit:
        id_ = (await exchange(unit, "U1", "…")).interaction_id
        await Observations(unit).add("U1", id_, WORKSPACE, f"slot{word}", word, None, NOW)
    assert not holds(dump(database), word)
