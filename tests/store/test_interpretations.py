"""Interpretations: stored once a request, settled, spoken of, and emptied."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from learning.interpretation.contract import Asked, Reading
from learning.scope import WORKSPACE, Scope, channel, person
from learning.store.ids import new_id
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.people import People
from tests.store.support import NOW, dump, exchange, holds

if TYPE_CHECKING:
    from uuid import UUID

    from learning.interpretation.contract import AskedOutcome
    from learning.store.store import Store, Unit

SECOND = timedelta(seconds=1)
GOAL, ANSWER = new_id(), new_id()
READINGS = (
    Reading("h1", "build a REST API with FastAPI", 0.75, (GOAL, ANSWER)),
    Reading("h2", "design an API", 0.5, (GOAL,)),
)


async def ask(unit: Unit, user_id: str = "U1", **where: Any) -> UUID:
    return (await exchange(unit, user_id, "build api", **where)).interaction_id


async def put(unit: Unit, id_: UUID, user_id: str = "U1", **other: Any) -> None:
    given: dict[str, Any] = {
        "audience": WORKSPACE, "readings": READINGS, "mode": "asked", "threshold": 0.85,
        "context": {"goals": ["an API"]}, "taken": "", "now": NOW,
    } | other  # fmt: skip
    await Interpretations(unit).put(id_, user_id, **given)


async def test_an_interpretation_is_read_back_as_it_was_put(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        interpretations = Interpretations(unit)
        asked, advanced, none = await ask(unit), await ask(unit), await ask(unit)
        await put(unit, asked)
        await put(unit, advanced, mode="advanced", taken="h1")
        found = await interpretations.of(asked)
        assert found is not None
        assert (found.interaction_id, found.user_id, found.readings) == (asked, "U1", READINGS)
        assert (found.mode, found.threshold, found.context) == (
            "asked", 0.85, {"goals": ["an API"]},
        )  # fmt: skip
        assert (found.chosen, found.chosen_text, found.outcome) == ("", "", None)
        assert found.created_at == NOW
        taken = await interpretations.of(advanced)
        assert taken is not None
        assert (taken.chosen, taken.chosen_text, taken.outcome) == ("h1", READINGS[0].text, None)
        assert await interpretations.of(none) is None
        assert await interpretations.of_many([asked, none, advanced]) == {
            asked: found, advanced: taken,
        }  # fmt: skip
        assert await interpretations.of_many([]) == {}
        assert await interpretations.count("U1") == 2
        assert await interpretations.count("U2") == 0


async def test_a_turn_that_begins_anew_replaces_its_readings_until_one_is_chosen(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        interpretations = Interpretations(unit)
        id_ = await ask(unit)
        await put(unit, id_)
        other = (Reading("h1", "write a client for an API", 0.5),)
        await put(unit, id_, readings=other, threshold=0.75)
        found = await interpretations.of(id_)
        assert found is not None
        assert (found.readings, found.threshold) == (other, 0.75)
        assert await interpretations.speaking_of([GOAL]) == []
        await interpretations.settle(id_, "first", "h1", other[0].text, NOW)
        settled = await interpretations.of(id_)
        await put(unit, id_)
        assert await interpretations.of(id_) == settled
        assert await interpretations.count("U1") == 1


async def test_a_person_may_think_again(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        interpretations = Interpretations(unit)
        id_ = await ask(unit)
        await put(unit, id_)
        thoughts: tuple[tuple[AskedOutcome, str, str], ...] = (
            ("first", "h1", READINGS[0].text),
            ("another", "h2", READINGS[1].text),
            ("typed", "", "a GraphQL server"),
        )
        for outcome, chosen, text in thoughts:
            await interpretations.settle(id_, outcome, chosen, text, NOW)
            found = await interpretations.of(id_)
            assert found is not None
            assert (found.outcome, found.chosen, found.chosen_text) == (outcome, chosen, text)
            assert found.readings == READINGS
        await interpretations.settle(new_id(), "first", "h1", "", NOW)
        assert await interpretations.count("U1") == 1


async def test_of_two_taps_at_once_the_second_sees_the_first(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        id_ = await ask(unit)
        await put(unit, id_)
    together = asyncio.Barrier(2)

    async def tap(reading: Reading) -> str:
        async with store.begin(workspace, None) as unit:
            await together.wait()
            found = await Interpretations(unit).of(id_, lock=True)
            assert found is not None
            await Interpretations(unit).settle(id_, "first", reading.id, reading.text, NOW)
            return found.chosen

    seen = await asyncio.gather(*(tap(reading) for reading in READINGS))
    async with store.begin(workspace, None) as unit:
        last = await Interpretations(unit).of(id_)
        assert last is not None
        assert sorted([*seen, last.chosen]) == ["", "h1", "h2"]


async def test_outcomes_are_the_latest_oldest_first(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        interpretations = Interpretations(unit)
        asked = [await ask(unit) for _ in range(3)]
        for number, id_ in enumerate(asked):
            await put(unit, id_, now=NOW + number * SECOND)
        await put(unit, await ask(unit, "U2"), "U2", mode="advanced", taken="h2")
        await interpretations.settle(asked[0], "another", "h2", "", NOW)
        assert await interpretations.outcomes("U1") == [
            Asked(0.75, "asked", "another", NOW),
            Asked(0.75, "asked", None, NOW + SECOND),
            Asked(0.75, "asked", None, NOW + 2 * SECOND),
        ]
        latest = await interpretations.outcomes("U1", limit=2)
        assert [one.at for one in latest] == [NOW + SECOND, NOW + 2 * SECOND]
        assert [one.mode for one in await interpretations.outcomes("U2")] == ["advanced"]


async def test_what_is_spoken_of_is_found_emptied_and_dropped(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        interpretations = Interpretations(unit)
        one, other = await ask(unit), await ask(unit)
        await put(unit, one)
        await put(unit, other, readings=READINGS[1:])
        assert await interpretations.speaking_of([ANSWER, new_id()]) == [one]
        assert await interpretations.speaking_of([GOAL]) == sorted([one, other])
        assert await interpretations.speaking_of([]) == []
        await interpretations.empty([one])
        emptied = await interpretations.of(one)
        assert emptied is not None
        assert (emptied.readings, emptied.context, emptied.chosen_text) == ((), {}, "")
        assert [asked.confidence for asked in await interpretations.outcomes("U1")] == [0.75, 0.5]
        assert await interpretations.speaking_of([ANSWER, GOAL]) == [other]
        await interpretations.drop([other])
        assert await interpretations.of(other) is None
        assert await interpretations.count("U1") == 1


async def test_a_redacted_answer_keeps_no_readings_either(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        redacted, kept = await ask(unit), await ask(unit)
        await put(unit, redacted)
        await put(unit, kept)
        await People(unit).redact([redacted])
        found = await Interpretations(unit).of_many([redacted, kept])
        assert found[redacted].readings == ()
        assert found[kept].readings == READINGS


async def test_an_interpretation_goes_with_its_request_and_stays_in_private(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        id_ = await ask(unit, audience=person("U1"), thread="dm")
        await put(unit, id_, audience=person("U1"))
    async with store.begin_in(Scope(workspace, "U1", channel("C1"))) as unit:
        assert await Interpretations(unit).of(id_) is None
        assert await Interpretations(unit).count("U1") == 0
    async with store.begin(workspace, None) as unit:
        await Interactions(unit).delete([id_])
        assert await Interpretations(unit).of(id_) is None


@pytest.mark.parametrize(("readings", "taken"), [((), ""), (READINGS, "h3")])
async def test_nothing_is_taken_that_was_not_read(
    store: Store, workspace: str, readings: tuple[Reading, ...], taken: str
) -> None:
    async with store.begin(workspace, None) as unit:
        id_ = await ask(unit)
        with pytest.raises(ValueError, match="store the readings with the one that was taken"):
            await put(unit, id_, readings=readings, taken=taken)


async def test_no_reading_is_readable_in_the_table(
    store: Store, workspace: str, database: str
) -> None:
    word = f"zq7x{workspace}"
    async with store.begin(workspace, None) as unit:
        id_ = (await exchange(unit, "U1", "…")).interaction_id
        readings = [Reading("h1", f"build {word}", 0.5)]
        await put(unit, id_, readings=readings, context={word: word}, taken="h1")
        await Interpretations(unit).settle(id_, "typed", "", word, NOW)
    assert not holds(dump(database), word)
