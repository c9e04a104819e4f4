"""What Mynah offers to its surfaces, joined from its parts."""

from __future__ import annotations

from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from bot.deliver import citations_from
from bot.describe import learned_from
from bot.ingest import Report
from bot.readers import readable_by
from bot.telemetry import span
from integrations.contracts.knowledge import SourceFailure
from integrations.contracts.surface import (
    Entry,
    IncomingCorrection,
    IncomingStop,
    LiveEvent,
    Outcome,
    ThreadSummary,
)
from learning.roles import ROLE_NAMES
from learning.scope import WORKSPACE
from learning.store.conversations import Conversations
from learning.store.interactions import Interactions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bot.accept import Acceptance
    from bot.clock import Clock
    from bot.commands import Commands
    from bot.ingest import Ingestion
    from bot.live import LiveEvents
    from bot.metrics import Metrics
    from integrations.contracts.surface import (
        Accepted,
        CommandHelp,
        CommandReply,
        Incoming,
        Person,
    )
    from learning.store.store import Store


class MynahHost:
    """The ``Host`` of every surface."""

    def __init__(
        self,
        store: Store,
        acceptance: Acceptance,
        commands: Commands,
        ingestion: Ingestion,
        live: LiveEvents,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._store = store
        self._acceptance = acceptance
        self._commands = commands
        self._ingestion = ingestion
        self._live = live
        self._metrics = metrics
        self._clock = clock

    async def accept(self, incoming: Incoming) -> Accepted:
        """Verify, dedupe, store and queue an event, in one transaction; then return.

        Raises:
            UnknownInteraction: if it refers to an answer that is not there.
        """
        began = perf_counter()
        with span("mynah.accept"):
            accepted = await self._acceptance.accept(incoming)
        self._metrics.accepted(
            incoming.surface,
            incoming.kind,
            duplicate=accepted.duplicate,
            seconds=perf_counter() - began,
        )
        if isinstance(incoming, IncomingStop) and accepted.conversation_id is not None:
            await self._live.publish(
                accepted.conversation_id, LiveEvent("stop", incoming.interaction_id)
            )
        return accepted

    async def command(self, person: Person, line: str) -> CommandReply:
        """Run a command."""
        return await self._commands.run(person, line)

    def commands(self) -> Sequence[CommandHelp]:
        """Return the table of commands."""
        return self._commands.help()

    async def threads(self, person: Person) -> Sequence[ThreadSummary]:
        """Return the person's threads on this surface, newest first."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            found = await Conversations(unit).threads(person.user_id, person.surface)
        return [
            ThreadSummary(c.id, c.thread_id, c.channel_id, c.title or "…", c.updated_at)
            for c in found
        ]

    async def transcript(self, person: Person, conversation_id: UUID) -> Sequence[Entry]:
        """Return a conversation the person may read, oldest first."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            conversations = Conversations(unit)
            messages = await conversations.messages(conversation_id)
            reactions = await conversations.reactions(
                [m.interaction_id for m in messages if m.interaction_id], person.user_id
            )
        entries = []
        for m in messages:
            given: Mapping[str, int] = {}
            mine: frozenset[str] = frozenset()
            if m.by != "person" and m.interaction_id is not None:
                given, mine = reactions.get(m.interaction_id, (given, mine))
            entries.append(
                Entry(
                    id=m.id,
                    by=m.by,
                    author=m.author_id,
                    text=m.text,
                    said_at=m.said_at,
                    interaction_id=m.interaction_id,
                    citations=citations_from(m.citations),
                    outcome=Outcome(m.outcome) if m.outcome and m.by != "person" else None,
                    role=m.role,
                    model=m.model,
                    reactions=given,
                    mine=mine,
                    again=m.again if m.by == "person" else None,
                    asked_role=next((name for name in ROLE_NAMES if name == m.asked_role), None),
                )
            )
        return entries

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        """Return, in plain sentences, what was learned from an interaction."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            interaction = await Interactions(unit).find(interaction_id)
            return [] if interaction is None else await learned_from(unit, interaction)

    async def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        """Ingest a file, folder or URL for the whole workspace; yield progress in sentences."""
        try:
            async for step in self._ingestion.ingest(
                person.workspace_id, person.user_id, WORKSPACE, path
            ):
                yield (
                    str(step)
                    if isinstance(step, Report)
                    else (f"{step.text} ({step.done} of {step.total})")
                )
        except SourceFailure as failure:
            yield str(failure)

    @asynccontextmanager
    async def watch(
        self, person: Person, conversation_id: UUID
    ) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        """Follow a conversation the person may read; any other stays silent."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            found = await Conversations(unit).find(conversation_id)
        if found is None:
            yield _silence()
            return
        async with self._live.watch(conversation_id) as events:
            yield events


async def _silence() -> AsyncIterator[LiveEvent]:
    nothing: tuple[LiveEvent, ...] = ()
    for event in nothing:
        yield event


def correction_of(who: Person, interaction_id: UUID, text: str, clock: Clock) -> IncomingCorrection:
    """Return the event of a correction that was typed as a command."""
    return IncomingCorrection(
        surface=who.surface,
        workspace_id=who.workspace_id,
        event_id=f"correction:{uuid4()}",
        user_id=who.user_id,
        channel_id=who.channel_id or who.user_id,
        private=who.private,
        occurred_at=clock(),
        interaction_id=interaction_id,
        text=text,
    )
