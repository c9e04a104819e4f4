"""What the command line does, one function a command."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot import clock
from bot.accept import UnknownInteraction
from bot.app import open_database, open_mynah
from bot.configured import LOCAL
from bot.describe import learned_from, short
from bot.ingest import Progress as Step
from bot.ingest import Report
from bot.readers import readable_by
from integrations.contracts.delivery import Button, Outcome
from integrations.contracts.host import CommandReply, Person
from integrations.contracts.incoming import IncomingMessage, IncomingReaction, clean
from integrations.surfaces.pressable import pressable
from learning.scope import WORKSPACE
from learning.scope import person as only
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.learnings import Learnings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from rich.console import Console

    from bot.app import Mynah
    from bot.settings import Settings
    from integrations.contracts.host import LiveEvent
    from learning.roles import RoleName

_SLACK_S = 30.0
"""Waited beyond a turn's own limit, for a worker that has others to serve first."""


class NoAnswerYet(Exception):  # noqa: N818 - it is the answer that is missing
    """A question waits behind others for longer than the console does."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(
            f"there is no answer after {waited_s:.0f} seconds: another process is still busy with "
            "this conversation. The question is kept; `mynah learnings why` shows what came of it"
        )


class UnknownWorkspace(ValueError):  # noqa: N818 - it is the workspace that is unknown
    """A workspace that is not there was asked for."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"there is no workspace {name!r}: choose from {', '.join(known)}, "
            "or let somebody there speak to Mynah first"
        )


async def workspace_of(mynah: Mynah, workspace: str | None) -> str:
    """Return the workspace that is meant; the console does not make any but its own."""
    if workspace is None or workspace == LOCAL:
        return LOCAL
    known = await mynah.store.workspace_ids()
    if workspace not in known:
        raise UnknownWorkspace(workspace, sorted({LOCAL, *known}))
    return workspace


def person_of(user: str, channel: str | None, workspace: str = LOCAL) -> Person:
    """Return who sits before the console, and where they speak."""
    return Person(
        workspace_id=workspace,
        user_id=clean(user) or "you",
        surface="console",
        channel_id=channel or f"console:{user}",
        private=channel is None,
        admin=True,  # who can run commands on this machine can do anything to it
    )


async def ask(
    settings: Settings,
    question: str,
    user: str,
    channel: str | None,
    console: Console | None,
    expert: RoleName | None = None,
    workspace: str | None = None,
) -> dict[str, Any]:
    """Ask a question and wait for its answer, whichever process gives it."""
    who = person_of(user, channel)
    incoming = IncomingMessage(
        surface="console",
        workspace_id=LOCAL,
        event_id=str(uuid4()),
        user_id=who.user_id,
        channel_id=who.channel_id,
        private=who.private,
        occurred_at=clock.now(),
        text=question,
        role=expert,
    )
    async with open_mynah(settings, progress=teller(console)) as mynah:
        there = await workspace_of(mynah, workspace)
        who = replace(who, workspace_id=there)
        incoming = incoming.model_copy(update={"workspace_id": there})
        accepted = await mynah.host.accept(incoming)
        assert accepted.interaction_id is not None  # noqa: S101 - a message always has one
        assert accepted.conversation_id is not None  # noqa: S101 - as above
        async with mynah.host.watch(who, accepted.conversation_id) as events:
            watching = asyncio.create_task(_show(events, accepted.interaction_id, console))
            longest_s = settings.turn_timeout_s + _SLACK_S
            try:
                async with asyncio.timeout(longest_s):
                    await mynah.work_off()
                    await _until_done(mynah, who, accepted.interaction_id)
            except TimeoutError:
                raise NoAnswerYet(longest_s) from None
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        return await _answer(mynah, who, accepted.conversation_id, accepted.interaction_id)


async def _show(
    events: AsyncIterator[LiveEvent], interaction_id: UUID, console: Console | None
) -> None:
    async for event in events:
        if (
            console is not None
            and event.interaction_id == interaction_id
            and event.kind == "status"
        ):
            console.print(event.text, style="dim", highlight=False, markup=False)


async def _until_done(mynah: Mynah, who: Person, interaction_id: UUID) -> None:
    while True:
        async with mynah.store.begin(who.workspace_id, readable_by(who)) as unit:
            interaction = await Interactions(unit).find(interaction_id)
        if interaction is None or interaction.status == "done":
            return
        await asyncio.sleep(0.05)
        await mynah.work_off()


async def _answer(
    mynah: Mynah, who: Person, conversation_id: UUID, interaction_id: UUID
) -> dict[str, Any]:
    entries = [
        e
        for e in await mynah.host.transcript(who, conversation_id)
        if e.interaction_id == interaction_id and e.by == "mynah"
    ]
    if not entries:
        return {
            "interaction": str(interaction_id),
            "short_id": short(interaction_id),
            "outcome": Outcome.FAILED.value,
            "answer": "The question is gone: somebody deleted it.",
            "role": "",
            "model": "",
            "citations": [],
        }
    entry = entries[-1]
    return {
        "interaction": str(interaction_id),
        "short_id": short(interaction_id),
        "conversation": str(conversation_id),
        "outcome": entry.outcome.value if entry.outcome else "",
        "answer": entry.text,
        "role": entry.role,
        "model": entry.model,
        "readings": [
            {"id": r.id, "text": r.text, "confidence": round(r.confidence, 3)}
            for r in entry.readings
        ],
        "read_as": entry.read_as,
        "buttons": [
            {"label": b.label, "line": b.line, "asks": b.asks, "filled": b.filled}
            for b in entry.buttons
        ],
        "citations": [
            {
                "mark": c.mark,
                "label": c.label,
                "quote": c.quote,
                "path": c.place.path if c.place else None,
                "start_line": c.place.start_line if c.place else None,
                "end_line": c.place.end_line if c.place else None,
            }
            for c in entry.citations
        ],
    }


async def react(
    settings: Settings, id_: str, emoji: str, user: str, channel: str | None, *, remove: bool
) -> CommandReply:
    """React to an answer, and say what came of it."""
    who = person_of(user, channel)
    async with open_mynah(settings) as mynah:
        async with mynah.store.begin(who.workspace_id, readable_by(who)) as unit:
            suffix = id_.strip().lstrip("#").replace("-", "").lower()
            found = await Interactions(unit).resolve(suffix) if suffix.isalnum() else []
        if len(found) != 1:
            raise UnknownInteraction
        incoming = IncomingReaction(
            surface="console",
            workspace_id=LOCAL,
            event_id=str(uuid4()),
            user_id=who.user_id,
            channel_id=who.channel_id,
            private=who.private,
            occurred_at=clock.now(),
            interaction_id=found[0],
            emoji=emoji,
            removed=remove,
        )
        await mynah.host.accept(incoming)
        await mynah.work_off()
        async with mynah.store.begin(who.workspace_id, readable_by(who)) as unit:
            interaction = await Interactions(unit).find(found[0])
            learned = [] if interaction is None else await learned_from(unit, interaction)
    text = "\n".join(f"- {line}" for line in learned) or "Noted."
    return CommandReply(
        text,
        {
            "interaction": str(found[0]),
            "rating": interaction.rating if interaction else None,
            "learned": learned,
        },
    )


async def command(
    settings: Settings, line: str, user: str, channel: str | None, workspace: str | None = None
) -> CommandReply:
    """Run a line of the table of commands."""
    async with open_mynah(settings) as mynah:
        who = person_of(user, channel, await workspace_of(mynah, workspace))
        reply = await mynah.host.command(who, line)
        await mynah.work_off()
        if reply.data.get("status") == "approved":  # and done by now: nobody tells a terminal
            reply = await mynah.host.command(who, f"action show {reply.data['action']}")
        return in_words(reply)


def pressed_with(buttons: Sequence[Button]) -> list[str]:
    """Return how buttons are pressed in a terminal: "Do it: mynah action accept 3f2a"."""
    return [
        f"{button.label}: mynah {button.line}{' …' if button.asks else ''}"
        for button in pressable(buttons)
    ]


def in_words(reply: CommandReply) -> CommandReply:
    """Return what a command says as a terminal shows it: pictures and buttons are lines."""
    lines = [f"- {picture.name}: {picture.alt}" for picture in reply.pictures]
    lines += [f"- {line.replace(': ', ': `', 1)}`" for line in pressed_with(reply.buttons)]
    return replace(reply, text="\n\n".join([reply.text, "\n".join(lines)]) if lines else reply.text)


async def ingest(
    settings: Settings,
    location: str,
    user: str,
    *,
    private: bool,
    console: Console | None,
    workspace: str | None = None,
) -> dict[str, Any]:
    """Read a source, with a progress bar."""
    who = person_of(user, None)
    audience = only(who.user_id) if private else WORKSPACE
    async with open_mynah(settings, progress=teller(console)) as mynah:
        there, report = await workspace_of(mynah, workspace), Report()
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            disable=console is None,
            transient=True,
        ) as bar:
            task = bar.add_task("Looking around", total=None)
            async for step in mynah.ingestion.ingest(there, who.user_id, audience, location):
                if isinstance(step, Step):
                    bar.update(
                        task, description=step.text[-60:], completed=step.done, total=step.total
                    )
                else:
                    report = step
    return {
        "read": report.read,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "passages": report.passages,
        "skipped": [
            {"name": s.name, "reason": s.reason, "detail": s.detail} for s in report.skipped
        ],
        "summary": str(report),
    }


async def migrate(settings: Settings, say: Callable[[str], None]) -> bool:
    """Bring the database to the current schema."""
    async with open_database(settings, say):
        say("The database is ready.")
    return True


async def stats(settings: Settings, workspace: str | None = None) -> CommandReply:
    """Return how much is kept: of one workspace, or of each."""
    async with open_mynah(settings) as mynah:
        workspaces: dict[str, Any] = {}
        wanted = await workspace_of(mynah, workspace) if workspace else ""
        for workspace_id in [wanted] if wanted else await mynah.store.workspace_ids():
            async with mynah.store.begin(workspace_id, None) as unit:
                workspaces[workspace_id] = {
                    "recallable": await RecallIndex(unit).counts(),
                    "turns": await Interactions(unit).outcomes(),
                    "learnings": await Learnings(unit).count(),
                }
        data = {
            "workspaces": workspaces,
            "jobs": await mynah.queue.waiting(),
            "embedder": mynah.embedding.name,
            "roles": {name: str(a.ref) for name, a in mynah.plan.assignments.items()},
        }
    lines = [f"- **{name}**: {numbers}" for name, numbers in workspaces.items()]
    return CommandReply("\n".join(lines) or "Nothing yet.", data)


def teller(console: Console | None) -> Callable[[str], None]:
    """Return what shows a sentence about what is going on, if there is where to."""
    if console is None:
        return lambda _: None
    return lambda sentence: console.print(sentence, style="dim", highlight=False, markup=False)
