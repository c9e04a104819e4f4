"""A host in memory: the whole ``Host`` port, with scripted answers instead of models."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from integrations.contracts.delivery import Delivery, Outcome, Target
from integrations.contracts.host import (
    Accepted,
    CommandHelp,
    CommandReply,
    Entry,
    LiveEvent,
    Person,
    ThreadSummary,
    Trace,
)
from integrations.contracts.incoming import (
    Incoming,
    IncomingChoice,
    IncomingCorrection,
    IncomingEdit,
    IncomingMessage,
    IncomingReaction,
    IncomingReason,
    IncomingSignal,
    IncomingStop,
)
from integrations.contracts.knowledge import SourceFailure
from tests.surfaces.web import scripts
from tests.surfaces.web.fake_known import FakeKnown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from integrations.contracts.surface import Surface


class FakeBroadcast:
    """Events within one process."""

    def __init__(self) -> None:
        self.published: list[tuple[UUID, LiveEvent]] = []
        self.losing = False
        self._queues: defaultdict[UUID, set[asyncio.Queue[LiveEvent]]] = defaultdict(set)

    async def publish(self, conversation_id: UUID, event: LiveEvent) -> None:
        self.published.append((conversation_id, event))
        if self.losing:
            return
        for queue in self._queues[conversation_id]:
            queue.put_nowait(event)

    @asynccontextmanager
    async def watch(self, conversation_id: UUID) -> AsyncIterator[AsyncIterator[LiveEvent]]:
        queue: asyncio.Queue[LiveEvent] = asyncio.Queue()

        async def events() -> AsyncIterator[LiveEvent]:
            while True:
                yield await queue.get()

        self._queues[conversation_id].add(queue)
        try:
            yield events()
        finally:
            self._queues[conversation_id].discard(queue)


@dataclass
class _Conversation:
    summary: ThreadSummary
    owner: str
    entries: list[Entry] = field(default_factory=list)


class FakeHost:
    """Implements ``Host``; answers arrive through the surface, as they do in a real turn."""

    def __init__(self, broadcast: FakeBroadcast, now: Callable[[], datetime]) -> None:
        self.accepted: list[Incoming] = []
        self.commands_run: list[tuple[str, str]] = []
        self.ingested: list[tuple[str, str]] = []
        self.shown: dict[UUID, str] = {}
        """Where the surface says that each reply is."""
        self._asked: dict[tuple[str, str], UUID] = {}
        self._broadcast = broadcast
        self._now = now
        self._surface: Surface | None = None
        self._conversations: dict[UUID, _Conversation] = {}
        self._seen: dict[tuple[str, str], Accepted] = {}
        self._learned: defaultdict[UUID, list[str]] = defaultdict(list)
        self._stops: defaultdict[UUID, asyncio.Event] = defaultdict(asyncio.Event)
        self._failed_once: set[str] = set()
        self._known = FakeKnown(now)
        self._turns: set[asyncio.Task[None]] = set()

    def attach(self, surface: Surface) -> None:
        self._surface = surface

    def seed(self, owner: str, title: str, entries: list[Entry], at: datetime) -> UUID:
        id_ = uuid4()
        summary = ThreadSummary(id_, id_.hex, f"web:{owner}", title, at)
        self._conversations[id_] = _Conversation(summary, owner, entries)
        return id_

    async def accept(self, incoming: Incoming) -> Accepted:
        key = (incoming.user_id, incoming.event_id)
        if key in self._seen:
            return self._seen[key].model_copy(update={"duplicate": True})
        self.accepted.append(incoming)
        if isinstance(incoming, IncomingMessage):
            result = self._message(incoming)
        elif isinstance(incoming, IncomingChoice):
            result = self._choice(incoming)
        else:
            assert not isinstance(incoming, IncomingEdit | IncomingReason)  # not from the page
            result = Accepted(duplicate=False, interaction_id=incoming.interaction_id)
            if isinstance(incoming, IncomingSignal):
                self._answer(incoming.interaction_id)
            else:
                await self._feedback(incoming)
        self._seen[key] = result
        return result

    async def prompts(self, person: Person) -> Sequence[str]:
        del person
        return ()

    async def moved(self, surface: str, workspace_id: str, channel_id: str, now_id: str) -> None:
        raise AssertionError(f"nothing moves in {surface} {workspace_id}: {channel_id} {now_id}")

    async def titled(self, person: Person, channel_id: str, thread_id: str, title: str) -> None:
        raise AssertionError(f"nobody names {channel_id} {thread_id} {title!r} for {person}")

    async def leave(self, surface: str, workspace_id: str) -> None:
        raise AssertionError(f"nobody leaves {surface} {workspace_id}")

    def _message(self, message: IncomingMessage) -> Accepted:
        found = [
            c for c in self._conversations.values() if c.summary.thread_id == message.thread_id
        ]
        if not found:
            title = message.text.splitlines()[0][:60]
            id_ = self.seed(message.user_id, title, [], self._now())
            found = [self._conversations[id_]]
            found[0].summary = replace(found[0].summary, thread_id=message.thread_id)
        conversation = found[0]
        conversation.summary = replace(conversation.summary, updated_at=self._now())
        interaction_id = uuid4()
        self._asked[message.user_id, message.message_ref] = interaction_id
        conversation.entries.append(
            Entry(
                uuid4(),
                "person",
                message.user_id,
                message.text,
                self._now(),
                interaction_id,
                again=message.again,
                asked_role=message.role,
            )
        )
        turn = asyncio.create_task(self._turn(message, conversation, interaction_id))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        return Accepted(
            duplicate=False,
            conversation_id=conversation.summary.conversation_id,
            interaction_id=interaction_id,
        )

    def _choice(self, choice: IncomingChoice) -> Accepted:
        conversation, at = self._answer(choice.interaction_id)
        asked = conversation.entries[at]
        chosen = next(each for each in asked.readings if each.id == choice.reading)
        conversation.entries[at] = replace(asked, readings=(), read_as="")
        said = choice.model_dump(include=set(IncomingMessage.model_fields) - {"kind"})
        return self._message(IncomingMessage(**said, text=chosen.text))

    async def _turn(
        self, message: IncomingMessage, conversation: _Conversation, interaction_id: UUID
    ) -> None:
        assert self._surface is not None
        target = Target(
            "web",
            message.workspace_id,
            message.channel_id,
            message.thread_id,
            message.user_id,
            conversation.summary.conversation_id,
            interaction_id,
            private=True,
        )
        script = scripts.script_for(message.text, again=message.text in self._failed_once)
        if message.role is not None:
            script = replace(script, role=message.role, model=f"asked:{message.role}")
        if script.outcome is Outcome.FAILED:
            self._failed_once.add(message.text)
        outcome, text = script.outcome, script.text
        async with self._surface.live(target) as live:
            await live.status("Looking through 3 sources")
            if script.held:
                await live.append(text)
                await self._stops[interaction_id].wait()
                outcome, text = Outcome.CANCELLED, text + "\n\nStopped."
            else:
                for word in text.split(" "):
                    await live.append(word + " ")
                    await asyncio.sleep(0)
        delivery = Delivery(
            str(interaction_id),
            target,
            text,
            script.citations,
            outcome,
            script.role,
            script.model,
            readings=script.readings,
            read_as=script.read_as,
        )
        conversation.entries.append(
            Entry(
                uuid4(),
                "mynah",
                "Mynah",
                text,
                self._now(),
                interaction_id,
                script.citations,
                outcome,
                script.role,
                script.model,
                readings=script.readings,
                read_as=script.read_as,
                buttons=script.buttons,
            )
        )
        self.shown[interaction_id] = await self._surface.deliver(delivery)

    async def _feedback(
        self, incoming: IncomingReaction | IncomingCorrection | IncomingStop
    ) -> None:
        id_ = incoming.interaction_id
        conversation, at = self._answer(id_)
        if isinstance(incoming, IncomingStop):
            self._stops[id_].set()
            return
        if isinstance(incoming, IncomingCorrection):
            self._learned[id_].append("Your correction is preferred over the old answer.")
            conversation.entries.insert(
                at + 1,
                Entry(uuid4(), "correction", incoming.user_id, incoming.text, self._now(), uuid4()),
            )
        else:
            entry = conversation.entries[at]
            counts = dict(entry.reactions)
            counts[incoming.emoji] = counts.get(incoming.emoji, 0) + (-1 if incoming.removed else 1)
            one = frozenset({incoming.emoji})
            mine = entry.mine - one if incoming.removed else entry.mine | one
            counts = {emoji: n for emoji, n in counts.items() if n > 0}
            conversation.entries[at] = replace(entry, reactions=counts, mine=mine)
            sentence = scripts.LESSONS.get(incoming.emoji, "you reacted to this answer")
            if incoming.removed:
                self._learned[id_] = [s for s in self._learned[id_] if s != sentence]
            else:
                self._learned[id_].append(sentence)
        await self._broadcast.publish(
            conversation.summary.conversation_id, LiveEvent("changed", id_)
        )

    def _answer(self, interaction_id: UUID) -> tuple[_Conversation, int]:
        for conversation in self._conversations.values():
            last = -1
            for i, entry in enumerate(conversation.entries):
                if entry.interaction_id == interaction_id:
                    last = i if entry.by == "mynah" or last < 0 else last
            if last >= 0:
                return conversation, last
        raise LookupError(interaction_id)

    async def command(self, person: Person, line: str) -> CommandReply:
        self.commands_run.append((person.user_id, line))
        told = self._known.run(person, line)
        if told is not None:
            return told
        name, _, rest = line.partition(" ")
        if name == "action":
            for each in self._conversations.values() if rest.startswith("accept") else ():
                each.entries = [replace(e, buttons=()) for e in each.entries]
            return scripts.acted(rest)
        if name in {"learnings", "why", "progress"}:
            return scripts.told(name)
        if name == "forget":
            conversation, _ = self._answer(UUID(rest))
            conversation.entries = [
                e for e in conversation.entries if str(e.interaction_id) != rest
            ]
            return CommandReply("Forgotten: the question, the answer and 1 learning.")
        if name == "help":
            rows = [f"| `/{c.usage}` | {c.summary} |" for c in self.commands()]
            return CommandReply("| command | what it does |\n|---|---|\n" + "\n".join(rows))
        return CommandReply(f"There is no command `{name}`. Try `/help`.", ok=False)

    def commands(self) -> Sequence[CommandHelp]:
        return scripts.COMMANDS

    async def threads(self, person: Person) -> Sequence[ThreadSummary]:
        mine = [c.summary for c in self._conversations.values() if c.owner == person.user_id]
        return sorted(mine, key=lambda summary: summary.updated_at, reverse=True)

    async def transcript(self, person: Person, conversation_id: UUID) -> Sequence[Entry]:
        return tuple(self._readable(person, conversation_id).entries)

    def _readable(self, person: Person, conversation_id: UUID) -> _Conversation:
        conversation = self._conversations[conversation_id]
        if conversation.owner != person.user_id:
            raise PermissionError(conversation_id)
        return conversation

    async def find(self, person: Person, ref: str) -> UUID | None:
        del person
        return next((id_ for id_, shown in self.shown.items() if ref in shown.split(",")), None)

    async def asked(self, person: Person, ref: str) -> UUID | None:
        return self._asked.get((person.user_id, ref))

    async def exchange(self, person: Person, interaction_id: UUID) -> Sequence[Entry]:
        return [
            entry
            for conversation in self._conversations.values()
            if conversation.owner == person.user_id
            for entry in conversation.entries
            if entry.interaction_id == interaction_id
        ]

    async def unanswered(self, person: Person, channel_id: str, thread_id: str) -> Sequence[UUID]:
        here = [
            entry
            for conversation in self._conversations.values()
            if conversation.owner == person.user_id
            and conversation.summary.channel_id == channel_id
            and conversation.summary.thread_id == thread_id
            for entry in conversation.entries
        ]
        answered = {entry.interaction_id for entry in here if entry.by == "mynah"}
        return [
            entry.interaction_id
            for entry in here
            if entry.by == "person"
            and entry.interaction_id
            and entry.interaction_id not in answered
        ]

    async def takes_part(
        self, workspace_id: str, surface: str, channel_id: str, thread_id: str
    ) -> bool:
        del workspace_id, surface
        return any(
            (c.summary.channel_id, c.summary.thread_id) == (channel_id, thread_id)
            for c in self._conversations.values()
        )

    async def trace(self, surface: str, workspace_id: str, ref: str) -> Trace | None:
        raise AssertionError(f"{surface} asks for {workspace_id} {ref}")

    async def reactions(
        self, surface: str, workspace_id: str, ref: str
    ) -> Sequence[tuple[str, str]]:
        del surface, workspace_id, ref
        return ()

    async def learned(self, person: Person, interaction_id: UUID) -> Sequence[str]:
        conversation, _ = self._answer(interaction_id)
        self._readable(person, conversation.summary.conversation_id)
        return tuple(self._learned[interaction_id])

    async def ingest(self, person: Person, path: str) -> AsyncIterator[str]:
        self.ingested.append((person.user_id, path))
        if "missing" in path:
            raise SourceFailure(f"{path} does not exist: check the spelling")
        yield f"Found 3 files in {path}"
        yield "docs/retries.md: 12 passages"
        yield "Done: 3 files, 31 passages; ask away"

    def watch(
        self, person: Person, conversation_id: UUID
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        return self._broadcast.watch(
            self._readable(person, conversation_id).summary.conversation_id
        )
