"""What Mynah offers to its surfaces, joined from its parts."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from bot.describe import learned_from
from bot.ingest import Report
from bot.outgoing import citations_from, pressable
from bot.readers import readable_by
from bot.telemetry import span
from integrations.contracts.delivery import Outcome
from integrations.contracts.host import Entry, LiveEvent, ThreadSummary, Trace
from integrations.contracts.incoming import IncomingCorrection, IncomingStop
from integrations.contracts.knowledge import SourceFailure
from learning.roles import ROLE_NAMES
from learning.scope import WORKSPACE
from learning.scope import person as only
from learning.store.conversations import Conversations
from learning.store.doors import Outbox
from learning.store.errors import WorkspaceErased
from learning.store.interactions import Interactions
from learning.store.interpretations import Interpretations
from learning.store.store import staying
from learning.store.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bot.accept import Acceptance
    from bot.clock import Clock
    from bot.commands import Commands
    from bot.ingest import Ingestion
    from bot.leaving import Leaving
    from bot.live import LiveEvents
    from bot.metrics import Metrics
    from bot.moving import Moving
    from bot.prompts import Prompts
    from integrations.contracts.host import Accepted, CommandHelp, CommandReply, Person
    from integrations.contracts.incoming import Incoming
    from learning.interpretation.contract import Reading
    from learning.store.conversations import Message
    from learning.store.store import Store, Unit


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
        prompts: Prompts,
        leaving: Leaving,
        moving: Moving,
        clock: Clock,
    ) -> None:
        self._store = store
        self._acceptance = acceptance
        self._commands = commands
        self._ingestion = ingestion
        self._live = live
        self._metrics = metrics
        self._prompts = prompts
        self._leaving = leaving
        self._moving = moving
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

    async def find(self, person: Person, ref: str) -> UUID | None:
        """Return the interaction whose reply is at the platform's ``ref``, if they may read it."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            found = await Outbox(unit).of_ref(person.surface, ref)
            if found is None or await Interactions(unit).find(found) is None:
                return None
        return found

    async def asked(self, person: Person, ref: str) -> UUID | None:
        """Return the interaction that the person's own message at ``ref`` began."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            return await Conversations(unit).said_at_ref(person.surface, ref, person.user_id)

    async def unanswered(self, person: Person, channel_id: str, thread_id: str) -> Sequence[UUID]:
        """Return the person's questions in a thread that are still being answered."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            here = await Conversations(unit).known(person.surface, channel_id, thread_id)
            return await Interactions(unit).unanswered(here, person.user_id)

    async def takes_part(
        self, workspace_id: str, surface: str, channel_id: str, thread_id: str
    ) -> bool:
        """Tell whether somebody talked to Mynah in a thread before."""
        # Much is said in threads of workspaces that never said a word to us.
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(workspace_id, None) as unit:
                return bool(await Conversations(unit).known(surface, channel_id, thread_id))
        return False

    async def trace(self, surface: str, workspace_id: str, ref: str) -> Trace | None:
        """Return what is known of the message at the platform's ``ref``, if anything is."""
        # Likewise, and it is told of everybody's messages.
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(workspace_id, None) as unit:
                found = await Whereabouts(unit).at(surface, ref)
            return None if found is None else Trace(found.asker, found.thread_id, found.ours)
        return None

    async def reactions(
        self, surface: str, workspace_id: str, ref: str
    ) -> Sequence[tuple[str, str]]:
        """Return who reacted to the reply at ``ref``, and with which emoji, where it stands."""
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(workspace_id, None) as unit:
                found = await Outbox(unit).of_ref(surface, ref)
                return [] if found is None else await Whereabouts(unit).reactions(found)
        return []

    async def exchange(self, person: Person, interaction_id: UUID) -> Sequence[Entry]:
        """Return a question and what was answered to it; nothing if they may not read it."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            messages = await Conversations(unit).of_interaction(interaction_id)
            return await self._entries(unit, person, messages)

    async def transcript(self, person: Person, conversation_id: UUID) -> Sequence[Entry]:
        """Return a conversation the person may read, oldest first."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            messages = await Conversations(unit).messages(conversation_id)
            return await self._entries(unit, person, messages)

    @staticmethod
    async def _entries(unit: Unit, person: Person, messages: Sequence[Message]) -> list[Entry]:
        answered = [m.interaction_id for m in messages if m.interaction_id]
        reactions = await Conversations(unit).reactions(answered, person.user_id)
        interpretations = await Interpretations(unit).of_many(answered)
        buttons = await pressable(unit, {m.conversation_id for m in messages if m.by == "mynah"})
        entries = []
        for m in messages:
            given: Mapping[str, int] = {}
            mine: frozenset[str] = frozenset()
            readings: tuple[Reading, ...] = ()
            read_as = ""
            if m.by != "person" and m.interaction_id is not None:
                given, mine = reactions.get(m.interaction_id, (given, mine))
                shown = interpretations.get(m.interaction_id)
                # Only who asked may say what they meant, and only once.
                if shown is not None and shown.user_id == person.user_id and shown.open:
                    readings = shown.readings
                    read_as = readings[0].id if shown.mode == "advanced" else ""
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
                    readings=readings,
                    read_as=read_as,
                    buttons=buttons.get(m.interaction_id or m.id, ()) if m.by == "mynah" else (),
                )
            )
        return entries

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        """Return, in plain sentences, what was learned from an interaction."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            interaction = await Interactions(unit).find(interaction_id)
            return [] if interaction is None else await learned_from(unit, interaction)

    async def prompts(self, person: Person) -> Sequence[str]:
        """Return a few questions that the person may want to ask now."""
        return await self._prompts.of(person)

    async def titled(self, person: Person, channel_id: str, thread_id: str, title: str) -> None:
        """Keep the title that a person gave to a thread; an empty one takes it away."""
        async with self._store.begin(person.workspace_id, readable_by(person)) as unit:
            here = await Conversations(unit).known(person.surface, channel_id, thread_id)
            await Conversations(unit).rename(here, title)

    async def moved(self, surface: str, workspace_id: str, channel_id: str, now_id: str) -> None:
        """Take in that a channel goes by another id: what is kept of it follows."""
        await self._moving.begin(surface, workspace_id, channel_id, now_id)

    async def leave(self, surface: str, workspace_id: str) -> None:
        """Take in that a platform put us out of a workspace."""
        await self._leaving.soon(surface, workspace_id)

    async def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        """Ingest a file, folder or URL for the whole workspace; yield progress in sentences.

        What an outsider brings is theirs alone.
        """
        audience = only(person.user_id) if person.outsider else WORKSPACE
        try:
            async for step in self._ingestion.ingest(
                person.workspace_id, person.user_id, audience, path
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
