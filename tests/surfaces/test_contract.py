"""What every surface keeps to, whichever platform is behind it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import CoroutineType
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from integrations.contracts.delivery import Delivery, Outcome, Standing
from integrations.contracts.incoming import IncomingFile
from integrations.contracts.surface import FileUnavailable, NoSuchSpot
from learning.interpretation.contract import Reading, numbered
from tests.surfaces.grounds import GROUNDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from integrations.contracts.surface import Surface
    from tests.surfaces.grounds import Ground

READINGS = (Reading("h1", "build a REST API", 0.75), Reading("h2", "build a library", 0.6))


@pytest.fixture(params=GROUNDS)
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    async with GROUNDS[request.param]() as there:
        try:
            yield there
        finally:
            await there.surface.stop()


def answer(ground: Ground, text: str = "Team Heron.") -> Delivery:
    return Delivery(f"answer:{uuid4()}", ground.target, text, outcome=Outcome.ANSWERED)


async def _deliver_elsewhere(ground: Ground, delivery: Delivery) -> str:
    """Deliver in another process, which knows nothing but what the platform does."""
    other = ground.open()
    try:
        return await other.deliver(delivery)
    finally:
        await other.stop()


def under_way() -> list[str]:
    """What of our own is still going on."""
    running = [task.get_coro() for task in asyncio.all_tasks()]
    files = [each.cr_code.co_filename for each in running if isinstance(each, CoroutineType)]
    return [file for file in files if "/integrations/" in file]


async def test_it_goes_by_its_name_and_says_what_it_can(ground: Ground) -> None:
    assert ground.surface.name == ground.target.surface
    assert ground.surface.capabilities.max_chars >= 2_000
    assert "xoxb" not in repr(ground.surface)


async def test_a_reply_can_be_watched_while_it_is_written(ground: Ground) -> None:
    before = len(ground.events())
    async with ground.surface.live(ground.target) as live:
        await live.status("Looking")
        async with asyncio.timeout(5):
            while len(ground.events()) == before:  # noqa: ASYNC110 - it is told on its own time
                await asyncio.sleep(0)


async def test_a_reply_that_breaks_off_takes_nothing_with_it(ground: Ground) -> None:
    async def break_off(surface: Surface) -> None:
        async with surface.live(ground.target) as live:
            await live.append("half of it")
            await live.restart()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off(ground.surface)
    await ground.surface.abandon(ground.target)
    assert list(ground.shown()) == []
    assert await ground.surface.deliver(answer(ground))
    await ground.surface.stop()
    assert under_way() == []


async def test_what_was_shown_of_a_reply_that_will_not_come_is_taken_away(ground: Ground) -> None:
    async with ground.surface.live(ground.target) as live:
        await live.append("half of it\n\n")
        async with asyncio.timeout(5):
            while ground.surface.capabilities.keeps and not ground.shown():  # noqa: ASYNC110
                await asyncio.sleep(0)
    for _ in "12":
        await ground.surface.abandon(ground.target)
        assert list(ground.shown()) == []


async def test_the_same_delivery_again_has_the_same_reference(ground: Ground) -> None:
    delivery = answer(ground)
    first = await ground.surface.deliver(delivery)
    assert first
    assert await ground.surface.deliver(delivery) == first
    assert await ground.surface.deliver(replace(delivery, ref=first)) == first
    assert await _deliver_elsewhere(ground, delivery) == first
    assert await _deliver_elsewhere(ground, replace(delivery, key=f"answer:{uuid4()}")) != first
    if ground.surface.capabilities.keeps:
        assert ["Team Heron." in each for each in ground.shown()] == [True, True]


async def test_a_question_back_arrives_once_with_its_readings(ground: Ground) -> None:
    asks = replace(answer(ground, numbered(READINGS)), outcome=Outcome.ASKED, readings=READINGS)
    reference = await ground.surface.deliver(asks)
    assert await ground.surface.deliver(replace(asks, ref=reference)) == reference
    if ground.surface.capabilities.keeps:
        (shown,) = ground.shown()
        assert all(reading.text[1:] in shown for reading in READINGS)


async def test_what_became_of_a_reply_is_shown_once_and_it_can_be_taken_back(
    ground: Ground,
) -> None:
    delivery = answer(ground)
    shown = replace(delivery, ref=await ground.surface.deliver(delivery))
    standing = Standing(up=2, down=1, corrected=True)
    for _ in "12":
        await ground.surface.restate(shown, standing)
        seen = ["👍 2" in each for each in ground.shown()]
        assert seen == [True] * ground.surface.capabilities.keeps
    for _ in "12":
        await ground.surface.withdraw(ground.target.workspace_id, shown.ref or "")
        assert list(ground.shown()) == []


async def test_a_persons_own_spot_takes_once_what_nobody_asked_for(ground: Ground) -> None:
    there = ground.target
    if ground.surface.name == "console":
        with pytest.raises(NoSuchSpot, match="cannot be spoken to later"):
            await ground.surface.spot(there.workspace_id, there.user_id, "")
        return
    spot = await ground.surface.spot(there.workspace_id, there.user_id, "")
    assert spot.private
    with pytest.raises(NoSuchSpot):
        await ground.surface.spot(there.workspace_id, there.user_id, "#nowhere")
    assert await ground.surface.presence(there.workspace_id, there.user_id) == "there"
    target = replace(
        there,
        channel_id=spot.channel_id,
        thread_id=spot.thread_id,
        interaction_id=None,
        message_ref="",
        private=True,
    )
    reminder = replace(answer(ground), target=target)
    first = await ground.surface.deliver(reminder)
    assert await _deliver_elsewhere(ground, reminder) == first
    assert list(ground.shown()) == []


async def test_members_are_no_outsiders_and_the_platform_holds_the_place(ground: Ground) -> None:
    assert not await ground.surface.outsiders(ground.target)
    assert await ground.surface.holds(ground.target.workspace_id)


async def test_a_file_from_anywhere_else_is_not_fetched(ground: Ground) -> None:
    file = IncomingFile(
        name="plan.txt", media_type="text/plain", size=3, ref="http://127.0.0.1:9/plan.txt"
    )
    with pytest.raises(FileUnavailable, match=r"plan\.txt"):
        await ground.surface.fetch(ground.target.workspace_id, file)


async def test_it_can_be_stopped_twice_and_started_again(ground: Ground) -> None:
    for _ in "12":
        await ground.surface.start(ground.host)
        await ground.surface.stop()
        await ground.surface.stop()
    assert under_way() == []
