from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.deliver import Deliveries
from integrations.contracts.delivery import Button, Outcome
from integrations.contracts.surface import DeliveryFailure, Spot
from learning.store.doors import Outbox
from tests.bot.board_place import BoardPlace, open_board
from tests.bot.support import settings_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from integrations.contracts.host import Entry
    from learning.store.doors import Outgoing
    from learning.store.store import Unit

DEV = Spot("dev", "", private=False, label="#dev")
PRESS = Button("Do it", "action accept 1", "primary")


@pytest.fixture
async def place(
    database: str, encryption_key: str, workspace: str, tmp_path: Path
) -> AsyncIterator[BoardPlace]:
    async with open_board(settings_of(tmp_path, database, encryption_key), workspace) as it:
        yield it


async def say(place: BoardPlace, text: str = "It is built.", spot: Spot = DEV) -> UUID | None:
    async with place.mynah.store.begin(place.workspace, None) as unit:
        return await place.speaking.say(
            unit,
            surface=place.surface.name,
            spot=spot,
            user_id="ann",
            key="k1",
            text=text,
            buttons=[PRESS],
        )


async def transcript(place: BoardPlace) -> list[Entry]:
    (delivery,) = place.surface.shown.values()
    return list(
        await place.mynah.host.transcript(
            place.person("bob", "dev"), delivery.target.conversation_id
        )
    )


async def test_what_is_said_first_is_said_once_and_stands_in_the_transcript(
    place: BoardPlace,
) -> None:
    assert await say(place) is not None
    assert await say(place) is None
    await place.mynah.work_off()
    (delivery,) = place.surface.shown.values()
    assert (delivery.text, delivery.outcome, delivery.buttons) == (
        "It is built.",
        Outcome.ACTED,
        (PRESS,),
    )
    target = delivery.target
    assert (target.channel_id, target.thread_id, target.private) == ("dev", "", False)
    assert target.interaction_id is None
    (entry,) = await transcript(place)
    assert (entry.by, entry.text, entry.buttons) == ("mynah", "It is built.", (PRESS,))


async def test_what_was_said_can_be_said_anew_without_its_buttons(place: BoardPlace) -> None:
    await say(place)
    await place.mynah.work_off()
    async with place.mynah.store.begin(place.workspace, None) as unit:
        assert await place.speaking.restate(unit, "k1", text="It is built. Done.")
        assert not await place.speaking.restate(unit, "k2", text="?")
    await place.mynah.work_off()
    (restated,) = place.surface.restated
    assert (restated.text, restated.buttons, restated.ref) == ("It is built. Done.", (), "ref:k1")
    (entry,) = await transcript(place)
    assert (entry.text, entry.buttons) == ("It is built. Done.", ())


async def test_what_changes_while_it_is_shown_is_shown_as_it_is_then(place: BoardPlace) -> None:
    async def press() -> None:
        async with place.mynah.store.begin(place.workspace, None) as unit:
            await place.speaking.restate(unit, "k1")

    await say(place)
    place.surface.meanwhile = press
    await place.mynah.work_off()
    assert [each.buttons for each in place.surface.restated] == [()]


async def test_it_goes_with_the_person_for_whom_it_was_said(place: BoardPlace) -> None:
    await say(place)
    await place.mynah.work_off()
    assert (await place.mynah.host.command(place.person(), "forget-me yes")).ok
    await place.mynah.work_off()
    assert place.surface.withdrawn == ["ref:k1"]
    assert (place.count("messages"), place.count("outbox")) == (0, 0)


async def test_who_said_it_hears_that_it_can_never_be_shown(place: BoardPlace) -> None:
    lost: list[tuple[str, str]] = []

    async def told(unit: Unit, outgoing: Outgoing, why: str) -> None:
        del unit
        lost.append((outgoing.key, why))

    mynah = place.mynah
    deliveries = Deliveries(
        mynah.store, mynah.surfaces, place.standings, mynah.metrics, place.now, told
    )
    id_ = await say(place)
    place.surface.failures.append(DeliveryFailure("the channel is gone", final=True))
    await deliveries.deliver(place.workspace, str(id_))
    assert lost == [("k1", "the channel is gone")]
    async with mynah.store.begin(place.workspace, None) as unit:
        found = await Outbox(unit).of_key("k1")
    assert found is not None
    assert found.status == "failed"
