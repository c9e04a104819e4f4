"""A small world for the tests of whole sequences: people, a surface that remembers, a Mynah."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg

from bot.app import open_mynah
from bot.settings import Settings
from integrations.contracts.host import Person
from integrations.contracts.incoming import (
    IncomingChoice,
    IncomingCorrection,
    IncomingFile,
    IncomingMessage,
    IncomingReaction,
    IncomingStop,
)
from integrations.contracts.surface import Capabilities, FileUnavailable, Surface
from learning.scope import WORKSPACE, person
from learning.store.store import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from bot.app import Mynah
    from integrations.contracts.delivery import Delivery, Target
    from integrations.contracts.host import Accepted, CommandReply, Host
    from integrations.contracts.surface import Live

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OFFLINE = {
    f"role_{name}": f"offline:{name}" for name in ("router", "math", "lead", "senior", "architect")
}
OPENAI_KEY = "sk-secret-echo"


@dataclass(slots=True)
class RecordedLive:
    """What was shown of a reply while it was written."""

    statuses: list[str] = field(default_factory=list)
    text: str = ""
    restarts: int = 0
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def status(self, text: str) -> None:
        self.statuses.append(text)

    async def append(self, text: str) -> None:
        self.text += text
        self.began.set()

    async def restart(self) -> None:
        self.restarts += 1
        self.text = ""


class RecordingSurface(Surface):
    """Shows replies in a list, once per key, as the port demands."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.attempts: list[Delivery] = []
        self.shown: dict[str, Delivery] = {}
        self.failures: deque[Exception] = deque()
        """Raised instead of showing, one an attempt."""
        self.reached = asyncio.Event()
        """Set at the first delivery."""
        self.live_replies: dict[UUID, RecordedLive] = {}
        self.files: dict[str, bytes] = {}
        """What can be fetched, by reference."""
        self.fetched: list[str] = []
        self.asked = asyncio.Event()
        """Set when the first file is asked for."""
        self.gate = asyncio.Event()
        """Cleared, no file comes."""
        self.gate.set()

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(streaming=True, max_chars=100_000)

    async def start(self, host: Host) -> None:
        del host

    async def stop(self) -> None:
        pass

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        return self._live(target)

    @asynccontextmanager
    async def _live(self, target: Target) -> AsyncIterator[Live]:
        assert target.interaction_id is not None
        yield self.live_of(target.interaction_id)

    def live_of(self, interaction_id: UUID) -> RecordedLive:
        return self.live_replies.setdefault(interaction_id, RecordedLive())

    async def fetch(self, workspace_id: str, file: IncomingFile) -> bytes:
        del workspace_id
        self.fetched.append(file.ref)
        self.asked.set()
        await self.gate.wait()
        if file.ref not in self.files:
            raise FileUnavailable(f"{file.name} is gone.")
        return self.files[file.ref]

    async def deliver(self, delivery: Delivery) -> str:
        self.attempts.append(delivery)
        self.reached.set()
        if self.failures:
            raise self.failures.popleft()
        self.shown.setdefault(delivery.key, delivery)
        return f"ref:{delivery.key}"


@dataclass(slots=True)
class World:
    """A workspace of its own with people in it, and the Mynah they talk to."""

    mynah: Mynah
    surface: RecordingSurface
    workspace: str
    ticks: count[int] = field(default_factory=lambda: count(1))

    def later(self) -> datetime:
        """Return a time after all earlier ones."""
        return BEGIN + timedelta(seconds=next(self.ticks))

    def _event(self, user: str, channel: str | None, event_id: str | None) -> dict[str, Any]:
        return {
            "surface": self.surface.name,
            "workspace_id": self.workspace,
            "event_id": event_id or uuid4().hex,
            "user_id": user,
            "channel_id": channel or f"dm:{user}",
            "private": channel is None,
            "occurred_at": self.later(),
        }

    def message(
        self,
        text: str,
        user: str = "ann",
        channel: str | None = None,
        *,
        thread: str = "main",
        event_id: str | None = None,
        files: Sequence[IncomingFile] = (),
    ) -> IncomingMessage:
        return IncomingMessage(
            **self._event(user, channel, event_id),
            thread_id=thread,
            text=text,
            files=tuple(files),
        )

    def person(self, user: str = "ann", channel: str | None = None) -> Person:
        return Person(
            self.workspace, user, self.surface.name, channel or f"dm:{user}", channel is None
        )

    async def accept(
        self, text: str, user: str = "ann", channel: str | None = None, *, thread: str = "main"
    ) -> UUID:
        """Hand a question over, without working on it; return its interaction."""
        accepted = await self.mynah.host.accept(self.message(text, user, channel, thread=thread))
        assert accepted.interaction_id is not None
        return accepted.interaction_id

    async def ask(
        self, text: str, user: str = "ann", channel: str | None = None, *, thread: str = "main"
    ) -> Delivery:
        """Ask, work, and return the reply that was shown."""
        interaction_id = await self.accept(text, user, channel, thread=thread)
        await self.mynah.work_off()
        return self.reply_to(interaction_id)

    def reply_to(self, interaction_id: UUID) -> Delivery:
        found = [
            delivery
            for delivery in self.surface.shown.values()
            if delivery.target.interaction_id == interaction_id
        ]
        assert len(found) == 1, f"{len(found)} replies were shown"
        return found[0]

    async def react(
        self,
        reply: Delivery | UUID,
        emoji: str = "👍",
        user: str = "ann",
        channel: str | None = None,
        *,
        removed: bool = False,
        occurred_at: datetime | None = None,
        event_id: str | None = None,
    ) -> Accepted:
        """React, and let it take effect."""
        event = self._event(user, channel, event_id)
        if occurred_at is not None:
            event["occurred_at"] = occurred_at
        accepted = await self.mynah.host.accept(
            IncomingReaction(
                **event, interaction_id=interaction_of(reply), emoji=emoji, removed=removed
            )
        )
        await self.mynah.work_off()
        return accepted

    async def correct(
        self,
        reply: Delivery | UUID,
        text: str,
        user: str = "ann",
        channel: str | None = None,
    ) -> UUID:
        """Correct an answer; return the interaction of the correction."""
        about = interaction_of(reply)
        await self.mynah.host.accept(
            IncomingCorrection(**self._event(user, channel, None), interaction_id=about, text=text)
        )
        await self.mynah.work_off()
        (corrected,) = self.rows(
            "SELECT id FROM interactions WHERE workspace_id = %s AND supersedes = %s "
            "ORDER BY created_at DESC LIMIT 1",
            about,
        )[0]
        return UUID(str(corrected))

    async def choose(
        self,
        reply: Delivery,
        reading: str,
        user: str = "ann",
        channel: str | None = None,
        *,
        thread: str = "main",
    ) -> Delivery:
        """Tap one of the readings of a question; return the reply to what was meant."""
        accepted = await self.mynah.host.accept(
            IncomingChoice(
                **self._event(user, channel, None),
                thread_id=thread,
                interaction_id=interaction_of(reply),
                reading=reading,
            )
        )
        await self.mynah.work_off()
        assert accepted.interaction_id is not None
        return self.reply_to(accepted.interaction_id)

    async def known(self, user: str = "ann", kind: str = "") -> list[str]:
        """Return what Mynah knows of a person, as they see it."""
        answer = await self.command("me", user)
        return [m["text"] for m in answer.data["memories"] if kind in {"", m["kind"]}]

    async def stop(self, interaction_id: UUID, user: str = "ann") -> None:
        await self.mynah.host.accept(
            IncomingStop(**self._event(user, None, None), interaction_id=interaction_id)
        )

    async def command(
        self, line: str, user: str = "ann", channel: str | None = None
    ) -> CommandReply:
        reply = await self.mynah.host.command(self.person(user, channel), line)
        await self.mynah.work_off()
        return reply

    async def why(self, reply: Delivery | UUID, user: str = "ann") -> dict[str, Any]:
        answer = await self.command(f"why {interaction_of(reply)}", user)
        assert answer.ok, answer.text
        return dict(answer.data)

    async def ingest(self, path: object, user: str = "ann", *, private: bool = False) -> Any:
        """Read a source; return the report."""
        audience = person(user) if private else WORKSPACE
        steps = [
            step
            async for step in self.mynah.ingestion.ingest(self.workspace, user, audience, str(path))
        ]
        return steps[-1]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Look into the tables of this workspace, past row-level security.

        The first placeholder of the query is the workspace.
        """
        return rows(self.mynah.conninfo, query, self.workspace, *parameters)

    def count(self, table: str, condition: str = "true", *parameters: object) -> int:
        found = self.rows(
            f"SELECT count(*) FROM {table} WHERE workspace_id = %s AND {condition}", *parameters
        )
        return int(found[0][0])

    def hurry(self) -> None:
        """Make retries that wait for their time due at once."""
        rows(
            self.mynah.conninfo,
            "UPDATE procrastinate_jobs SET scheduled_at = now() "
            "WHERE status = 'todo' AND scheduled_at > now() "
            "AND (queue_name = %s OR args->>'workspace_id' = %s)",
            f"turns:{self.surface.name}",
            self.workspace,
        )


def interaction_of(reply: Delivery | UUID) -> UUID:
    if isinstance(reply, UUID):
        return reply
    assert reply.target.interaction_id is not None
    return reply.target.interaction_id


def rows(conninfo: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Run a statement as the owner of the database."""
    with psycopg.connect(conninfo, options=SEARCH_PATH) as connection:
        cursor = connection.execute(query.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


def settings_of(home: object, conninfo: str, key: str, **values: Any) -> Settings:
    """Return settings that ask nothing of this machine's environment."""
    return Settings.model_validate(
        {
            "home": home,
            "database_url": conninfo,
            "encryption_keys": key,
            "embedder": "hashing",
            # Nothing listens on the discard port.
            "OLLAMA_BASE_URL": "http://127.0.0.1:9",
            # No chance in it: who answers is known beforehand.
            "policy": "static_rules",
            # Models hear what a test says, and nothing in the background.
            "distil": "off",
            **OFFLINE,
            **values,
        }
    )


@asynccontextmanager
async def open_world(settings: Settings, workspace: str) -> AsyncIterator[World]:
    """Open a Mynah with a surface that remembers what it showed."""
    surface = RecordingSurface(f"chat-{uuid4().hex[:8]}")
    ticks = count(1)
    async with open_mynah(
        settings,
        further=[surface],
        only=["console"],
        now=lambda: BEGIN + timedelta(seconds=next(ticks)),
    ) as mynah:
        yield World(mynah, surface, workspace, ticks)
