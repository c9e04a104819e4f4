"""The board: tasks of people and channels, as tools.

Sequence only: who may move a task, and what its return teaches, is decided in ``learning.tasks``.
A task is its owner's alone unless it is shared: then it is of the channel it was put up in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.acting.moments import moment, when, zone_of
from bot.describe import short, suffix_of
from bot.readers import audience_here, readable_by, told_to
from integrations.contracts.tools import Tool, ToolFailure, ToolResult
from learning.scope import may_tell, person
from learning.store.consents import Consents
from learning.store.tasks import Tasks
from learning.tasks import ASKING_WHY, State, asks_why, may_move, noted, spent, state_of, worked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from integrations.contracts.tools import Call
    from learning.store.store import Store, Unit
    from learning.tasks import BoardTask

MOST_TITLE: Final = 300
MOST_DETAIL: Final = 8_000
_WORDS: Final = ("title", "detail", "project", "approach")
STATES: Final = tuple(state.value for state in State)

_TEXTS: Final[Mapping[str, Any]] = {
    "title": {"type": "string", "description": "What is to be done.", "maxLength": MOST_TITLE},
    "detail": {"type": "string", "description": "More about it.", "maxLength": MOST_DETAIL},
    "project": {"type": "string", "description": "What it is for."},
    "approach": {"type": "string", "description": "The way it is to be gone about."},
    "due": {"type": "string", "description": 'Until when: "friday", "3 May", or ISO 8601.'},
}
_WHICH: Final = {"type": "string", "description": "Its id, the end of it, or its title."}


def _schema(required: Sequence[str] = (), **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TOOLS: Final = (
    Tool(
        "task.add",
        "Add a task",
        "Put a task on the person's board.",
        _schema(
            ["title"],
            **_TEXTS,
            shared={
                "type": "boolean",
                "description": "Whether everybody in the channel shall see it.",
                "default": False,
            },
        ),
        "own",
        asks="title",
    ),
    Tool(
        "task.list",
        "List tasks",
        "List the tasks on the board.",
        _schema(
            project={"type": "string", "description": "Only those of a project."},
            state={"type": "string", "enum": [*STATES, "all"], "description": "Where they stand."},
        ),
        "reads",
    ),
    Tool(
        "task.move",
        "Move a task",
        "Move a task to another state. Moved back to todo, say why: what went wrong.",
        _schema(
            ["task", "to"],
            task=_WHICH,
            to={"type": "string", "enum": list(STATES)},
            why={"type": "string", "description": "Why, in the person's words."},
        ),
        "own",
        asks="task",
    ),
    Tool(
        "task.edit",
        "Change a task",
        "Change what a task says.",
        _schema(["task"], task=_WHICH, **_TEXTS),
        "own",
        asks="task",
    ),
)


class Board:
    """The tools "task".

    Args:
        store: where tasks are.
        clock: tells the time.
    """

    name = "task"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def tools(self, workspace_id: str) -> Sequence[Tool]:
        """Return the tools."""
        del workspace_id
        return _TOOLS

    async def call(self, call: Call) -> ToolResult:
        """Add, list, move or change.

        Raises:
            ToolFailure: if that cannot be done.
        """
        given = {name: value for name, value in call.params.items() if value is not None}
        if call.tool == "task.add":
            return await self._add(call, given)
        if call.tool == "task.list":
            state = str(given.get("state", ""))
            return await self.listed(call.by, str(given.get("project", "")), state)
        if call.tool == "task.move":
            why = str(given.get("why", "")).strip()
            return await self._move(call.by, str(given["task"]), str(given["to"]), why)
        return await self._edit(call.by, given)

    async def _add(self, call: Call, given: Mapping[str, Any]) -> ToolResult:
        who, now = call.by, self._clock()
        words = _words(given)
        if not words.get("title"):
            raise ToolFailure("invalid", "Say what is to be done.", "title: required")
        audience = audience_here(who) if given.get("shared") else person(who.user_id)
        due_at = moment(str(given["due"]), now, zone_of(who)) if given.get("due") else None
        async with self._store.begin(who.workspace_id, None) as unit:
            await Tasks(unit).add(
                who.user_id,
                audience,
                words["title"],
                now,
                detail=words.get("detail", ""),
                project=words.get("project", ""),
                approach=words.get("approach", ""),
                due_at=due_at,
                id_=call.action_id,
            )
        told = f"Added `#{short(call.action_id)}` **{words['title']}**"
        told += f" in {words['project']}" if words.get("project") else ""
        told += f", due {when(due_at, zone_of(who))}" if due_at else ""
        told += f". {_shared(audience.kind)}" if given.get("shared") else "."
        return ToolResult(told, {"task": str(call.action_id), **words})

    async def listed(self, who: Person, project: str = "", state: str = "") -> ToolResult:
        """Return the board as a person sees it where they are.

        Args:
            who: the person.
            project: only its tasks; all where none is named.
            state: only tasks that stand there; "all" for every one; without it what is open.

        Raises:
            ToolFailure: if there is no such state.
        """
        wanted = state_of(state) if state and state != "all" else None
        if state and state != "all" and wanted is None:
            raise ToolFailure("invalid", _no_state(state), "state: unknown")
        states = [wanted] if wanted else [s for s in State if state == "all" or s != State.DONE]
        audiences = told_to(who)
        async with self._store.begin(who.workspace_id, audiences) as unit:
            tasks = await Tasks(unit).listed(audiences, states=states)
        if project:
            tasks = [t for t in tasks if t.project.casefold() == project.casefold()]
        if not tasks:
            where = f" in {project}" if project else ""
            return ToolResult(
                f"Nothing is on the board{where}: `task add TEXT` puts something there.",
                {"tasks": []},
            )
        lines = ["| task | | state | project | due |", "|---|---|---|---|---|"]
        lines += [_row(task, who) for task in tasks]
        return ToolResult("\n".join(lines), {"tasks": [data_of(task) for task in tasks]})

    async def _move(self, who: Person, which: str, to: str, why: str) -> ToolResult:
        after, now = state_of(to), self._clock()
        if after is None:
            raise ToolFailure("invalid", _no_state(to), "to: unknown")
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, which, lock=True)
            if task.state is after:
                raise ToolFailure("conflict", f"{named(task, who)} stands there already.")
            tasks = Tasks(unit)
            moves = await tasks.moves([task.id])
            asked = asks_why(task.state, after)
            note: Mapping[str, Any] = {}
            if asked or why:
                learns = await Consents(unit).learns(who.user_id, who.surface)
                note = noted(why, task.approach, worked(moves, now), learns=learns)
            await tasks.move(task, who.user_id, after, now, note)
        stood = {state.value: round(s, 1) for state, s in spent(moves, now).items()}
        text = f"{named(task, who)}: {task.state} → {after}."
        if asked and not why:
            text += f" {ASKING_WHY} (`task why {short(task.id)} …`)"
        data = {
            "task": str(task.id),
            "from": task.state.value,
            "to": after.value,
            "project": task.project,
            "approach": task.approach,
            "elsewhere": task.elsewhere,
            "ask_why": asked and not why,
            "seconds": stood,
        }
        return ToolResult(text, data, task.link)

    async def _edit(self, who: Person, given: Mapping[str, Any]) -> ToolResult:
        words, now = _words(given), self._clock()
        due_at = moment(str(given["due"]), now, zone_of(who)) if given.get("due") else None
        if not words and due_at is None:
            raise ToolFailure("invalid", "Say what to change: title, detail, project, due.")
        if "title" in words and not words["title"]:
            raise ToolFailure("invalid", "A task needs a title.", "title: required")
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            task = await found(unit, who, str(given["task"]), lock=True)
            await Tasks(unit).edit(task, now, due_at=due_at, **words)
        return ToolResult(f"Changed {named(task, who)}.", {"task": str(task.id), **words})


async def found(unit: Unit, who: Person, which: str, *, lock: bool = False) -> BoardTask:
    """Return the task that somebody names and may change.

    Args:
        unit: open for what they may read.
        who: the person.
        which: an id, the end of one, or a title or what is in it.
        lock: hold it until the transaction ends.

    Raises:
        ToolFailure: if there is none, or more than one.
    """
    tasks, suffix = Tasks(unit), suffix_of(which)
    ids: list[UUID] = await tasks.resolve(suffix) if suffix else []
    if not ids and (words := which.strip().strip("\"'").casefold()):
        board = await tasks.listed(readable_by(who))
        exact = [task.id for task in board if task.title.casefold() == words]
        ids = exact or [task.id for task in board if words in task.title.casefold()]
    task = await tasks.find(ids[0], lock=lock) if len(ids) == 1 else None
    if task is None:
        there = f"There is {'more than one' if len(ids) > 1 else 'no'} task `{which[:40]}`"
        raise ToolFailure("not_found", f"{there}: `tasks` lists them with their ids.")
    if not may_move(task, who.user_id, outsider=who.outsider):
        raise ToolFailure("not_allowed", "That task is somebody else's; only they can change it.")
    return task


def named(task: BoardTask, who: Person) -> str:
    """Return how a task is called where a person is: its title only if all may read that."""
    id_ = f"`#{short(task.id)}`"
    return f"{id_} **{task.title}**" if may_tell(task.audience, audience_here(who)) else id_


def data_of(task: BoardTask) -> dict[str, Any]:
    """Return a task for programs."""
    return {
        "id": str(task.id),
        "title": task.title,
        "state": task.state.value,
        "project": task.project,
        "approach": task.approach,
        "due_at": task.due_at.isoformat() if task.due_at else None,
        "elsewhere": task.elsewhere,
    }


def _row(task: BoardTask, who: Person) -> str:
    due = task.due_at.astimezone(zone_of(who)).strftime("%Y-%m-%d %H:%M") if task.due_at else ""
    title, project = (" ".join(s.replace("|", "/").split()) for s in (task.title, task.project))
    return f"| {title} | `#{short(task.id)}` | {task.state} | {project} | {due} |"


def _words(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts that were given, if they are not too long.

    Raises:
        ToolFailure: if one is.
    """
    words = {name: str(given[name]).strip() for name in _WORDS if name in given}
    for name, text in words.items():
        most = MOST_DETAIL if name == "detail" else MOST_TITLE
        if len(text) > most:
            raise ToolFailure(
                "invalid", f"The {name} may have {most:,} characters.", f"{name}: is too long"
            )
    return words


def _shared(kind: str) -> str:
    return {"channel": "Everybody in this channel sees it.", "user": "Only you see it."}.get(
        kind, "Everybody here sees it."
    )


def _no_state(said: str) -> str:
    return f"There is no state `{said[:40]}`: say {', '.join(STATES)}."
