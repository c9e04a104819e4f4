"""What every surface keeps to, whichever platform is behind it.

A new surface joins ``SURFACES`` with a way to build it and to see what it shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from integrations.contracts.surface import Delivery, Outcome, Surface, Target
from integrations.surfaces.console import ConsoleSurface
from integrations.surfaces.web.surface import WebSurface
from learning.interpretation.contract import Reading, numbered
from tests.surfaces.web.fake_host import FakeBroadcast, FakeHost

if TYPE_CHECKING:
    from collections.abc import Callable

SURFACES: dict[str, Callable[[FakeBroadcast], Surface]] = {
    "web": lambda broadcast: WebSurface("w", broadcast),
    "console": ConsoleSurface,
}


@pytest.fixture(params=SURFACES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broadcast() -> FakeBroadcast:
    return FakeBroadcast()


@pytest.fixture
def surface(name: str, broadcast: FakeBroadcast) -> Surface:
    return SURFACES[name](broadcast)


@pytest.fixture
def target(name: str) -> Target:
    return Target(name, "w", "c", "t", "u", uuid4(), uuid4(), private=True)


def test_it_goes_by_its_name_and_says_what_it_can(surface: Surface, name: str) -> None:
    assert surface.name == name
    assert surface.capabilities.max_chars >= 2_000


async def test_a_reply_can_be_watched_while_it_is_written(
    surface: Surface, target: Target, broadcast: FakeBroadcast
) -> None:
    async with surface.live(target) as live:
        await live.status("Looking")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    (shown,) = broadcast.published
    assert shown[0] == target.conversation_id
    assert (shown[1].kind, shown[1].interaction_id) == ("status", target.interaction_id)


async def test_a_reply_that_breaks_off_takes_nothing_with_it(
    surface: Surface, target: Target
) -> None:
    async def break_off() -> None:
        async with surface.live(target) as live:
            await live.append("half of it")
            await live.restart()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    assert not [t for t in asyncio.all_tasks() if (t.get_name() or "").startswith("live reply")]


async def test_the_same_delivery_again_has_the_same_reference(
    surface: Surface, target: Target
) -> None:
    delivery = Delivery(f"answer:{uuid4()}", target, "Yes.", outcome=Outcome.ANSWERED)
    first = await surface.deliver(delivery)
    assert first
    assert await surface.deliver(delivery) == first
    assert await surface.deliver(replace(delivery, ref=first)) == first
    assert await surface.deliver(replace(delivery, key=f"answer:{uuid4()}")) != first


async def test_a_question_back_arrives_once_like_any_reply(
    surface: Surface, target: Target, broadcast: FakeBroadcast
) -> None:
    readings = (Reading("h1", "build a REST API", 0.75), Reading("h2", "build a library", 0.6))
    asks = Delivery(
        f"answer:{uuid4()}",
        target,
        numbered(readings),
        outcome=Outcome.ASKED,
        readings=readings,
    )
    reference = await surface.deliver(asks)
    assert await surface.deliver(replace(asks, ref=reference)) == reference
    assert {shown for shown, _ in broadcast.published} == {target.conversation_id}
    assert {event.kind for _, event in broadcast.published} == {"changed"}


async def test_it_can_be_stopped_twice_and_started_again(
    surface: Surface, broadcast: FakeBroadcast
) -> None:
    host = FakeHost(broadcast, lambda: datetime(2026, 5, 4, tzinfo=UTC))
    await surface.start(host)
    await surface.stop()
    await surface.stop()
    await surface.start(host)
    await surface.stop()
