"""Live events between processes, over the database's own notifications.

A notification passes through a file of the server, so it is sealed like any
text; it is never stored, and losing one loses nothing that is not in a table.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import psycopg
from sqlalchemy import text

from learning.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from learning.store.cipher import Cipher
    from learning.store.store import Store

_CHANNEL = "mynah_live"
_MAX_CHARS = 800
"""Notifications end at 8,000 bytes; characters that JSON writes in six are 6,600 when sealed."""
_BACKLOG = 1_000
_RECONNECT_S = 1.0


class Notifications:
    """Publishes small events about conversations to every process that listens."""

    def __init__(self, store: Store, cipher: Cipher) -> None:
        self._store = store
        self._cipher = cipher
        self._watchers: defaultdict[UUID, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._tasks.add(asyncio.create_task(self._listen(), name="notifications"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ready(self) -> None:
        """Wait until notifications are being received."""
        await self._listening.wait()

    async def publish(self, conversation_id: UUID, event: Mapping[str, Any]) -> None:
        """Send an event to every process that listens; long text goes in several."""
        content = str(event.get("text", ""))
        parts = [content[i : i + _MAX_CHARS] for i in range(0, len(content), _MAX_CHARS)] or [""]
        payloads = [
            f"{conversation_id.hex}{self._cipher.encrypt(_json({**event, 'text': part})).decode()}"
            for part in parts
        ]
        async with self._store.connect() as connection:
            for payload in payloads:
                await connection.execute(
                    text("SELECT pg_notify(:channel, :payload)"),
                    {"channel": _CHANNEL, "payload": payload},
                )
            await connection.commit()

    @asynccontextmanager
    async def watch(self, conversation_id: UUID) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Follow a conversation; a watcher that falls far behind loses the oldest events."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_BACKLOG)
        self._watchers[conversation_id].add(queue)

        async def events() -> AsyncIterator[dict[str, Any]]:
            while True:
                yield await queue.get()

        try:
            yield events()
        finally:
            self._watchers[conversation_id].discard(queue)
            if not self._watchers[conversation_id]:
                del self._watchers[conversation_id]

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(
                    self._store.conninfo, autocommit=True
                ) as connection:
                    await connection.execute(f"LISTEN {_CHANNEL}")
                    self._listening.set()
                    async for notification in connection.notifies():
                        self._dispatch(notification.payload)
            self._listening.clear()
            await asyncio.sleep(_RECONNECT_S)

    def _dispatch(self, payload: str) -> None:
        try:
            watchers = self._watchers.get(UUID(hex=payload[:32]), ())
            if not watchers:
                return
            event = json.loads(self._cipher.decrypt(payload[32:].encode()))
        except (ValueError, StoreUnavailable):
            return  # not from us, or sealed with a key that only a newer process has
        for queue in watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)


def _json(event: Mapping[str, Any]) -> bytes:
    # Half a character, where a model's stream was cut, has no bytes of its own in UTF-8.
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
