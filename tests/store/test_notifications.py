"""Live events between processes: whole, in order, sealed, and back after a cut."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import given, settings

from learning.store.cipher import Cipher
from learning.store.notifications import Notifications
from learning.store.store import Store
from tests.store.support import ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID


@pytest.fixture(scope="module")
async def here(store: Store, cipher: Cipher) -> AsyncIterator[Notifications]:
    """The process that publishes."""
    async with Notifications(store, cipher) as notifications:
        await notifications.ready()
        yield notifications


@pytest.fixture(scope="module")
async def there(database: str, cipher: Cipher) -> AsyncIterator[Notifications]:
    """Another process, with its own store and connections."""
    async with Store(database, cipher) as store, Notifications(store, cipher) as notifications:
        await notifications.ready()
        yield notifications


async def take(events: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        return [await anext(events) for _ in range(count)]


async def text_of(events: AsyncIterator[dict[str, Any]]) -> str:
    """Return what came until the event that says it is over."""
    text = ""
    async with asyncio.timeout(10):
        async for event in events:
            if event["kind"] == "done":
                break
            text += event["text"]
    return text


@asynccontextmanager
async def watching(
    notifications: Notifications,
) -> AsyncIterator[tuple[UUID, AsyncIterator[dict[str, Any]]]]:
    conversation = uuid4()
    async with notifications.watch(conversation) as events:
        yield conversation, events


async def test_events_reach_every_process_in_order(
    here: Notifications, there: Notifications
) -> None:
    conversation = uuid4()
    async with (
        here.watch(conversation) as near,
        there.watch(conversation) as far,
        there.watch(uuid4()) as elsewhere,
    ):
        for n in range(20):
            await here.publish(conversation, {"kind": "piece", "text": f"{n}", "n": n})
        for events in (near, far):
            assert [e["n"] for e in await take(events, 20)] == list(range(20))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(elsewhere), 0.01)


async def test_an_event_without_text_arrives_as_one(
    here: Notifications, there: Notifications
) -> None:
    async with watching(there) as (conversation, events):
        await here.publish(conversation, {"kind": "changed"})
        assert await take(events, 1) == [{"kind": "changed", "text": ""}]


HARD = {
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 2_000,
    "han": "漢字" * 5_000,
    "control": "\x01\x1f\x7f\u2028" * 2_000,
    "surrogates": "a\ud800" * 2,
    "quotes": '\\"\n\t' * 3_000,
    "mixed": "añ€😀\x00\r\n" * 2_000,
}


@pytest.mark.parametrize("name", HARD)
async def test_long_text_arrives_whole(
    here: Notifications, there: Notifications, name: str
) -> None:
    async with watching(there) as (conversation, events):
        event = {"kind": "piece", "text": HARD[name], "interaction_id": str(uuid4())}
        await here.publish(conversation, event)
        await here.publish(conversation, {"kind": "done"})
        assert await text_of(events) == HARD[name]


@given(text=st.text(max_size=3_000))
@settings(max_examples=20, deadline=None)
async def test_any_text_arrives_whole(here: Notifications, there: Notifications, text: str) -> None:
    async with watching(there) as (conversation, events):
        await here.publish(conversation, {"kind": "piece", "text": text})
        await here.publish(conversation, {"kind": "done"})
        assert await text_of(events) == text


async def test_who_listens_on_the_wire_reads_nothing(here: Notifications, database: str) -> None:
    conversation = uuid4()
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as wire:
        await wire.execute("LISTEN mynah_live")
        await here.publish(conversation, {"kind": "piecezq7x", "text": "secretzq7x " * 300})
        heard = [
            one.payload
            async for one in wire.notifies(timeout=10, stop_after=2)
            if one.payload.startswith(conversation.hex)
        ]
    assert len(heard) >= 2
    for payload in heard:
        assert "zq7x" not in payload
        assert b"zq7x" not in urlsafe_b64decode(payload[32:])


async def test_what_is_not_ours_is_passed_over(
    here: Notifications, there: Notifications, database: str
) -> None:
    async with watching(there) as (conversation, events):
        sealed = Cipher([Cipher.new_key()]).encrypt(b"{}").decode()
        for payload in ("", "hello", f"{conversation.hex}x", f"{conversation.hex}{sealed}"):
            ask(database, "SELECT pg_notify('mynah_live', %s)", payload)
        await here.publish(conversation, {"kind": "piece", "text": "still here"})
        assert (await take(events, 1))[0]["text"] == "still here"


async def test_a_watcher_that_falls_behind_loses_the_oldest(
    here: Notifications, there: Notifications
) -> None:
    async with watching(there) as (conversation, slow), there.watch(conversation) as quick:
        await here.publish(conversation, {"kind": "piece", "text": "x" * 1_200_000})
        await here.publish(conversation, {"kind": "done"})
        last: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while last.get("kind") != "done":
                last = await anext(quick)
        assert len(await take(slow, 1_000)) == 1_000


async def test_a_cut_connection_is_made_again(
    here: Notifications, fresh_database: str, cipher: Cipher
) -> None:
    del here
    async with Store(fresh_database, cipher) as store, Notifications(store, cipher) as ours:
        await ours.ready()
        async with watching(ours) as (conversation, events):
            cut = ask(
                fresh_database,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%%' AND pid <> %s",
                0,
            )
            assert cut == [(True,)]
            waiting = asyncio.create_task(take(events, 1))
            async with asyncio.timeout(10):
                while not waiting.done():  # what is sent during the cut is lost, by design
                    await ours.publish(conversation, {"kind": "piece", "text": "back"})
                    await asyncio.wait([waiting], timeout=0.1)
            assert (await waiting)[0]["text"] == "back"


async def test_leaving_ends_the_listening(fresh_database: str, cipher: Cipher) -> None:
    async with Store(fresh_database, cipher) as store:
        async with Notifications(store, cipher) as ours:
            await ours.ready()
        left = ask(
            fresh_database,
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN%%' AND pid <> %s",
            0,
        )
        assert left == [(0,)]
