"""The inbox takes each event once, the outbox holds each reply once, and jobs come with both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from bot.queue import Queue, Task
from learning.store.doors import Inbox, Outbox
from learning.store.ids import new_id
from learning.store.schema import inbox
from learning.store.store import SEARCH_PATH, Store
from tests.store.support import NOW, ask, exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from learning.store.store import Unit


class Refused(Exception):  # noqa: N818 - a test's own
    """What a transaction fails with."""


@pytest.fixture
async def queue(database: str) -> AsyncIterator[Queue]:
    async with Queue(database, SEARCH_PATH) as queue:
        queue.add(Task("trivial", asyncio.sleep))
        yield queue


def jobs(database: str, workspace: str) -> int:
    ((found,),) = ask(
        database,
        "SELECT count(*) FROM mynah.procrastinate_jobs WHERE args->>'workspace_id' = %s",
        workspace,
    )
    return int(found)


async def stored(unit: Unit) -> int:
    found: int = (
        await unit.connection.execute(select(func.count()).select_from(inbox))
    ).scalar_one()
    return found


async def test_an_event_is_stored_once(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        doors = Inbox(unit)
        first = await doors.receive("slack", "e1", "reaction", "U1", {"emoji": "👍"}, NOW)
        assert first is not None
        assert await doors.receive("slack", "e1", "reaction", "U1", {"emoji": "👎"}, NOW) is None
        assert await doors.receive("discord", "e1", "reaction", "U1", None, NOW) is not None
        earlier = await doors.earlier("slack", "e1")
        assert earlier == await doors.find(first)
        assert earlier is not None
        assert (earlier.payload, earlier.handled) == ({"emoji": "👍"}, False)
        assert await doors.earlier("slack", "e2") is None
    async with store.begin(f"{workspace}-other") as unit:
        assert await Inbox(unit).receive("slack", "e1", "reaction", "U1", None, NOW) is not None


async def test_handled_events_keep_their_id_and_lose_their_payload(
    store: Store, workspace: str
) -> None:
    conversation, interaction = new_id(), new_id()
    async with store.begin(workspace) as unit:
        doors = Inbox(unit)
        id_ = await doors.receive("slack", "e1", "correction", "U1", {"text": "no"}, NOW)
        assert id_ is not None
        await doors.concerns(id_, conversation, interaction)
        await doors.handled(id_, NOW)
        assert await doors.receive("slack", "e1", "correction", "U1", {"text": "no"}, NOW) is None
        found = await doors.find(id_)
        assert found is not None
        assert (found.handled, found.payload) == (True, None)
        assert (found.conversation_id, found.interaction_id) == (conversation, interaction)


async def test_the_same_event_at_once_is_stored_once(store: Store, workspace: str) -> None:
    async def receive() -> bool:
        async with store.begin(workspace) as unit:
            return await Inbox(unit).receive("web", "e1", "message", "U1", {}, NOW) is not None

    assert sum(await asyncio.gather(*(receive() for _ in range(6)))) == 1
    async with store.begin(workspace) as unit:
        assert await stored(unit) == 1


async def test_who_waits_for_a_transaction_that_fails_goes_first(
    store: Store, workspace: str
) -> None:
    inside, outside = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        async with store.begin(workspace) as unit:
            assert await Inbox(unit).receive("web", "e1", "message", "U1", {}, NOW)
            inside.set()
            await outside.wait()
            raise Refused

    async def waits() -> bool:
        await inside.wait()
        async with store.begin(workspace) as unit:
            asyncio.get_running_loop().call_later(0.05, outside.set)
            return await Inbox(unit).receive("web", "e1", "message", "U1", {}, NOW) is not None

    failed, first = await asyncio.gather(fails(), waits(), return_exceptions=True)
    assert isinstance(failed, Refused)
    assert first is True


async def test_an_event_and_its_job_come_together_or_not_at_all(
    store: Store, queue: Queue, workspace: str, database: str
) -> None:
    async def accept(event: str, *, fail: bool) -> None:
        async with store.begin(workspace) as unit:
            await Inbox(unit).receive("web", event, "message", "U1", {}, NOW)
            await queue.defer(unit, "trivial", queue="none", workspace_id=workspace)
            if fail:
                raise Refused

    with pytest.raises(Refused):
        await accept("e1", fail=True)
    assert jobs(database, workspace) == 0
    async with store.begin(workspace) as unit:
        assert await stored(unit) == 0
    await accept("e1", fail=False)
    assert jobs(database, workspace) == 1
    async with store.begin(workspace) as unit:
        assert await stored(unit) == 1


async def test_a_second_waiting_job_is_dropped_and_the_rest_stands(
    store: Store, queue: Queue, workspace: str, database: str
) -> None:
    async with store.begin(workspace) as unit:
        for event in ("e1", "e2"):
            await queue.defer(
                unit, "trivial", queue="none", once=f"once:{workspace}", workspace_id=workspace
            )
            await Inbox(unit).receive("web", event, "message", "U1", {}, NOW)
    assert jobs(database, workspace) == 1
    async with store.begin(workspace) as unit:
        assert await stored(unit) == 2


async def test_a_reply_is_held_once_until_it_is_shown(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        said = await exchange(unit, "U1", "question")
        outbox = Outbox(unit)

        async def put(text: str) -> UUID | None:
            return await outbox.put(
                "reply:1", "web", said.conversation_id, said.interaction_id, "U1", {"t": text}, NOW
            )

        id_ = await put("first")
        assert id_ is not None
        assert await put("second") is None
        await outbox.attempt(id_)
        await outbox.attempt(id_)
        held = await outbox.find(id_)
        assert held is not None
        assert (held.body, held.status, held.attempts, held.ref) == (
            {"t": "first"}, "pending", 2, None,
        )  # fmt: skip
        await outbox.failed(held.id, "no such channel")
        await outbox.delivered(held.id, "ts-1", NOW)
        held = await outbox.find(held.id)
        assert held is not None
        assert (held.status, held.ref) == ("delivered", "ts-1")
        assert await outbox.find(new_id()) is None


async def test_a_reply_is_put_once_by_two_workers_at_once(store: Store, workspace: str) -> None:
    async with store.begin(workspace) as unit:
        said = await exchange(unit, "U1", "question")

    async def put() -> bool:
        async with store.begin(workspace) as unit:
            return (
                await Outbox(unit).put("k", "web", said.conversation_id, None, "U1", {}, NOW)
            ) is not None

    assert sum(await asyncio.gather(*(put() for _ in range(6)))) == 1
