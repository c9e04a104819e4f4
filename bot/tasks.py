"""The commands of the board.

Sequence only. What changes the board is an action of the tools "task", so that it is recorded and
learned from like all that is done; what only looks reads the board itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from bot.acting.board import MOST_TITLE, STATES, found, named
from bot.acting.moments import when, zone_of
from bot.acting.plans import Plans, asks_way
from bot.command import Command
from bot.readers import audience_here, readable_by
from integrations.contracts.delivery import Button
from integrations.contracts.host import CommandReply
from integrations.contracts.tools import ToolFailure
from learning.actions.approaches import kind_of, work
from learning.due import due
from learning.scope import may_tell, person
from learning.store.consents import Consents
from learning.store.tasks import Tasks
from learning.tasks import ASKING_WHY, State, asks_why, noted, spent, state_of, told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.acting.board import Board
    from bot.acting.doing import Doing
    from bot.acting.issues import Backend, Found
    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.scope import Audience
    from learning.store.store import Store
    from learning.tasks import BoardTask, Move

MOST_WHY: Final = 2_000
_USAGE: Final = (
    "Say `task add TEXT [in PROJECT] [by WHEN]`, `task move ID STATE [why]`, `task show ID`, "
    "`task plan ID|TEXT`, `task way ID TEXT`, `task why ID TEXT`, `task edit ID TEXT`, "
    "`task drop ID` or `task connect OWNER/REPOSITORY`."
)
_ALONE: Final = "Who reads along here does not know that task: ask me in private."
_DUE: Final = re.compile(r"\s+(?:by|due|until)\s+(?=\S)", re.IGNORECASE)
_IN: Final = re.compile(r"\s+in\s+([\w./#-]+|\"[^\"]+\")$", re.IGNORECASE)


class TaskCommands:
    """Answers ``task`` and ``tasks``.

    Args:
        store: where tasks are.
        board: shows them.
        do: uses a tool for a person.
        backends: places elsewhere where tasks live, by name.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        board: Board,
        do: Doing,
        backends: Sequence[Backend],
        clock: Clock,
    ) -> None:
        self._store = store
        self._board = board
        self._do = do
        self._backends = {backend.name: backend for backend in backends}
        self._clock = clock
        self._plans = Plans(store, clock)

    def commands(self) -> tuple[Command, ...]:
        """Return the rows of the table of commands."""
        return (
            Command("tasks", "tasks [PROJECT|all]", "The board: what is to do.", self._list),
            Command(
                "task",
                "task add|move|show|plan|way|why|edit|drop|connect …",
                "Put something on the board, move it, see how it went.",
                self._task,
            ),
        )

    async def _list(self, who: Person, rest: str) -> CommandReply:
        words = rest.strip()
        state = "all" if words.casefold() == "all" else ""
        if not state and state_of(words) is not None:
            state = words
        try:
            shown = await self._board.listed(who, "" if state else words, state)
        except ToolFailure as failure:
            return CommandReply(str(failure), ok=False)
        return CommandReply(shown.text, shown.data)

    async def _task(self, who: Person, rest: str) -> CommandReply:
        verb, _, words = rest.strip().partition(" ")
        verbs: Mapping[str, Callable[[Person, str], Awaitable[CommandReply]]] = {
            "add": self._add,
            "move": self._move,
            "show": self._show,
            "plan": self._plan,
            "way": self._way,
            "why": self._why,
            "edit": self._edit,
            "drop": self._drop,
            "connect": self._connect,
        }
        run = verbs.get(verb.casefold())
        if run is None or not words.strip():
            return CommandReply(_USAGE, ok=False)
        try:
            return await run(who, words.strip())
        except ToolFailure as failure:
            return CommandReply(str(failure), ok=False)

    async def _add(self, who: Person, words: str) -> CommandReply:
        shared = words.casefold().startswith("shared ")
        wanted = _read(words[len("shared ") :] if shared else words, who, self._clock)
        reply = await self._do(who, "task.add", wanted | ({"shared": True} if shared else {}))
        backend = self._backend_of(str(wanted.get("project", "")))
        if not reply.ok or backend is None or "task" not in reply.data:
            return reply
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            tasks = Tasks(unit)
            task = await tasks.find(UUID(str(reply.data["task"])))
            kept = await tasks.listed(readable_by(who))
        connected = any(t.project == wanted["project"] and t.elsewhere for t in kept)
        if task is None or not connected:
            return reply
        there = await backend.create(who, task)
        if there.ok and (number := there.data.get("number")):
            elsewhere = f"{task.project}#{number}"
            async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
                await Tasks(unit).edit(
                    task,
                    self._clock(),
                    backend=backend.name,
                    elsewhere=elsewhere,
                    link=str(there.data.get("url", "")),
                )
        return _both(reply, there)

    async def _move(self, who: Person, words: str) -> CommandReply:
        which, to, why = _moving(words)
        if not to:
            states = ", ".join(STATES)
            return CommandReply(f"Say where to: `task move ID STATE [why]` ({states}).", ok=False)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, which)
        wanted = {"task": str(task.id), "to": to} | ({"why": why[:MOST_WHY]} if why else {})
        reply = await self._do(who, "task.move", wanted)
        if reply.ok and reply.data.get("ask_why"):
            asks = Button("Say why", f"task why {task.id.hex}", "primary", asks=ASKING_WHY)
            reply = replace(reply, buttons=(*reply.buttons, asks))
        backend, after = self._backends.get(task.backend), state_of(to)
        if reply.ok and "to" in reply.data and task.user_id == who.user_id:
            reply = await self._with_plan(who, task, after, reply)
        if not reply.ok or "to" not in reply.data or backend is None or after is None:
            return reply
        return _both(reply, await backend.move(who, task, after))

    async def _with_plan(
        self, who: Person, task: BoardTask, after: State | None, reply: CommandReply
    ) -> CommandReply:
        """Say how a task will be gone about, or ask how it was."""
        if after is State.DONE:
            async with self._store.begin(who.workspace_id, None) as unit:
                learns = await Consents(unit).learns(who.user_id, who.surface)
            told_here = may_tell(task.audience, audience_here(who))
            asks = (asks_way(task.id, task.approach if told_here else ""),) if learns else ()
            return replace(reply, buttons=(*reply.buttons, *asks))
        plan = await self._plans.differently(who, task) if after is not State.FAILED else ""
        return replace(reply, text=f"{reply.text}\n\n{plan}") if plan else reply

    async def _plan(self, who: Person, words: str) -> CommandReply:
        """Say which way to go about a task, or a kind of work, and which not."""
        try:
            async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
                task = await found(unit, who, words)
        except ToolFailure:  # what is not on the board may still have been done before
            kind, project = work(words), ""
        else:
            if not may_tell(task.audience, audience_here(who)):
                return CommandReply(_ALONE, ok=False)
            kind, project = kind_of(task), task.project
        return CommandReply(await self._plans.said(who, kind, project), {"kind": kind})

    async def _way(self, who: Person, words: str) -> CommandReply:
        """Take in which way a task was gone about."""
        which, _, way = words.partition(" ")
        way = " ".join(way.split())[:MOST_TITLE]
        if not way:
            return CommandReply("Say which way: `task way ID TEXT`.", ok=False)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, which, lock=True)
            await self._plans.way(unit, task, way)
        text = f"Thank you: “{way}” is what I go by next time."
        return CommandReply(text, {"task": str(task.id), "approach": way})

    async def _why(self, who: Person, words: str) -> CommandReply:
        """Take in why a task was moved back."""
        which, _, why = words.partition(" ")
        if not why.strip():
            return CommandReply("Say why: `task why ID TEXT`.", ok=False)
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, which, lock=True)
            tasks = Tasks(unit)
            moves = await tasks.moves([task.id])
            back = next(
                (m for m in reversed(moves) if m.before and asks_why(m.before, m.after)), None
            )
            if back is None:
                return CommandReply(f"{named(task, who)} was never moved back.", ok=False)
            learns = await Consents(unit).learns(who.user_id, who.surface)
            seconds = float(back.note.get("seconds", 0.0))
            approach = str(back.note.get("approach", ""))
            note = noted(why.strip()[:MOST_WHY], approach, seconds, learns=learns)
            await tasks.note(back.id, note)
        read = told(note.get("reading", ()))
        learned = f" I read it as: {read}." if read else ""
        plan = await self._plans.differently(who, task) if task.user_id == who.user_id else ""
        text = f"Thank you, that is kept.{learned} {plan}".rstrip()
        return CommandReply(text, {"task": str(task.id), **note})

    async def _edit(self, who: Person, words: str) -> CommandReply:
        which, _, title = words.partition(" ")
        if not title.strip():
            return CommandReply("Say what it is called now: `task edit ID TEXT`.", ok=False)
        wanted = _read(title, who, self._clock)
        return await self._do(who, "task.edit", {"task": which, **wanted})

    async def _show(self, who: Person, words: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, words)
            moves = await Tasks(unit).moves([task.id])
        if not may_tell(task.audience, audience_here(who)):
            text = f"{named(task, who)}: {task.state}. {_ALONE}"
            return CommandReply(text, {"id": str(task.id), "state": task.state.value})
        tz, stood = zone_of(who), spent(moves, self._clock())
        lines = [f"{named(task, who)}: {task.state}"]
        beside = {"project": task.project, "approach": task.approach, "at": task.elsewhere}
        lines += [f"- {name}: {value}" for name, value in beside.items() if value]
        lines += [f"- due {when(task.due_at, tz)}"] if task.due_at else []
        lines += [f"- {state}: {_length(seconds)}" for state, seconds in stood.items()]
        if task.detail:
            lines.append(f"\n{task.detail}")
        lines.append("")
        lines += [_told(move, f"{move.moved_at.astimezone(tz):%Y-%m-%d %H:%M}") for move in moves]
        data: dict[str, Any] = {"id": str(task.id), "state": task.state.value}
        data |= {"seconds": {state.value: round(s, 1) for state, s in stood.items()}}
        return CommandReply("\n".join(lines), data)

    async def _drop(self, who: Person, words: str) -> CommandReply:
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, words, lock=True)
            if task.user_id != who.user_id and not who.admin:
                return CommandReply("Somebody else put that up; only they can drop it.", ok=False)
            await Tasks(unit).delete(task.id)
        await self._store.vacuum()
        return CommandReply("Dropped: the task and its history.", {"dropped": str(task.id)})

    async def _connect(self, who: Person, words: str) -> CommandReply:
        """Take over what is open elsewhere, once."""
        project, _, how = words.partition(" ")
        backend = self._backend_of(project)
        if backend is None:
            return CommandReply(
                "Say which repository: `task connect OWNER/NAME [shared]`.", ok=False
            )
        reply, issues = await backend.list(who, project)
        if not reply.ok or (not issues and reply.buttons):
            return reply
        audience = audience_here(who) if how.strip() == "shared" else person(who.user_id)
        async with self._store.begin(who.workspace_id, None) as unit:
            taken = await self._taken(Tasks(unit), who, audience, project, backend.name, issues)
        count = f"{taken} task{'' if taken == 1 else 's'}"
        text = f"{project} is connected: {count} taken over, {len(issues) - taken} known before."
        return CommandReply(f"{text} `tasks {project}` shows them.", {"taken": taken})

    async def _taken(
        self,
        tasks: Tasks,
        who: Person,
        audience: Audience,
        project: str,
        backend: str,
        issues: Sequence[Found],
    ) -> int:
        """Take issues over; one that a task of ours was put up as belongs to that task."""
        now, taken = self._clock(), 0
        board = await tasks.listed([audience])
        known = {task.elsewhere for task in board}
        ours = {t.title: t for t in board if t.project == project and not t.elsewhere}
        for issue in issues:
            if issue.elsewhere in known:
                continue
            if (task := ours.pop(issue.title, None)) is not None:
                await tasks.edit(
                    task, now, backend=backend, elsewhere=issue.elsewhere, link=issue.link
                )
                continue
            added = await tasks.add(
                who.user_id,
                audience,
                issue.title,
                now,
                state=issue.state,
                project=project,
                backend=backend,
                elsewhere=issue.elsewhere,
                link=issue.link,
            )
            taken += added is not None
        return taken

    def _backend_of(self, project: str) -> Backend | None:
        return next((b for b in self._backends.values() if b.holds(project)), None)


def _read(words: str, who: Person, clock: Clock) -> dict[str, Any]:
    """Return the parameters of a task from "Fix login in acme/api by friday"."""
    wanted: dict[str, Any] = {}
    for match in reversed(list(_DUE.finditer(words))):
        until = due(words[match.end() :], clock().astimezone(zone_of(who)))
        if until is not None and not until.words:
            wanted["due"] = until.at.isoformat()
            words = words[: match.start()]
            break
    if (place := _IN.search(words)) is not None:
        wanted["project"] = place[1].strip('"')
        words = words[: place.start()]
    return {"title": words.strip(), **wanted}


def _moving(words: str) -> tuple[str, str, str]:
    """Return which task, where to and why, from "3f2a done" or "3f2a back to todo it broke"."""
    which, _, rest = words.partition(" ")
    rest = rest.strip()
    for lead in ("back to ", "to "):
        if rest.casefold().startswith(lead):
            rest = rest[len(lead) :].strip()
    for count in (2, 1):  # "in progress", "done"
        parts = rest.split(None, count)
        said = " ".join(parts[:count])
        if said and (state := state_of(said.strip(":,"))) is not None:
            why = parts[count] if len(parts) > count else ""
            return which, state.value, why.removeprefix("because ").strip(" :,")
    return which, "", ""


def _both(here: CommandReply, there: CommandReply) -> CommandReply:
    """Return what is said of something that was done here and, as it may be, elsewhere."""
    return CommandReply(
        f"{here.text}\n\n{there.text}",
        {**here.data, "elsewhere": dict(there.data)},
        here.ok,
        (*here.buttons, *there.buttons),
    )


def _told(move: Move, at: str) -> str:
    line = f"- {at}: {move.before} → {move.after}" if move.before else f"- {at}: {move.after}"
    if why := move.note.get("why"):
        line += f" — {why}"
    read = told(move.note.get("reading", ()))
    return f"{line} ({read})" if read else line


def _length(seconds: float) -> str:
    """Return a stretch of time for people: "2 h 5 min"."""
    minutes = round(seconds / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = {"d": days, "h": hours, "min": minutes}
    return " ".join(f"{n} {unit}" for unit, n in parts.items() if n) or "less than a minute"
