"""Boards elsewhere: tasks that live as issues, and how a move on our board is made there.

What is done elsewhere is an action like any other: recorded, and asked about where it writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from learning.tasks import State, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.acting.doing import Doing
    from integrations.contracts.host import CommandReply, Person
    from learning.tasks import BoardTask

_ISSUE: Final = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")
_LABELS: Final = frozenset({State.TODO.value, State.DOING.value, State.FAILED.value})
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A task as it stands elsewhere.

    Attributes:
        elsewhere: what it is called there, "acme/api#12".
    """

    elsewhere: str
    title: str
    state: State
    link: str


class Backend(Protocol):
    """A place beside our own board where tasks live."""

    @property
    def name(self) -> str:
        """As tasks say it: "github"."""

    def holds(self, project: str) -> bool:
        """Tell whether a project's name is that of a place there."""

    async def list(self, who: Person, project: str) -> tuple[CommandReply, Sequence[Found]]:
        """Return what is open there; the reply says why, where nothing could be had."""

    async def create(self, who: Person, task: BoardTask) -> CommandReply:
        """Put a task up there too."""

    async def move(self, who: Person, task: BoardTask, after: State) -> CommandReply:
        """Let a task there stand where it stands here."""


class Issues:
    """GitHub's issues as tasks: their labels say todo, doing and failed; a closed one is done.

    Args:
        do: uses a tool for a person.
    """

    name = "github"

    def __init__(self, do: Doing) -> None:
        self._do = do

    def holds(self, project: str) -> bool:
        """Tell whether a project's name is that of a repository."""
        return bool(_REPOSITORY.fullmatch(project))

    async def list(self, who: Person, project: str) -> tuple[CommandReply, Sequence[Found]]:
        """Return the open issues of a repository."""
        wanted = {"repo": project, "state": "open", "limit": _MOST}
        reply = await self._do(who, "github.list_issues", wanted)
        items = reply.data.get("items", ()) if reply.ok else ()
        return reply, [_found(project, item) for item in items if "number" in item]

    async def create(self, who: Person, task: BoardTask) -> CommandReply:
        """Open an issue for a task."""
        wanted = {
            "repo": task.project,
            "title": task.title,
            "body": task.detail,
            "labels": [task.state.value],
        }
        return await self._do(who, "github.create_issue", wanted)

    async def move(self, who: Person, task: BoardTask, after: State) -> CommandReply:
        """Label, close or open an issue as its task stands."""
        repo, number = _place(task.elsewhere)
        read = await self._do(who, "github.get_issue", {"repo": repo, "number": number})
        if not read.ok:
            return read
        kept = [name for name in read.data.get("labels", ()) if name.casefold() not in _LABELS]
        done = after is State.DONE
        wanted: dict[str, Any] = {
            "repo": repo,
            "number": number,
            "state": "closed" if done else "open",
            "labels": kept if done else [*kept, after.value],
        }
        return await self._do(who, "github.update_issue", wanted)


def _place(elsewhere: str) -> tuple[str, int]:
    match = _ISSUE.fullmatch(elsewhere)
    if match is None:
        raise ValueError(f"{elsewhere!r} names no issue")
    return match[1], int(match[2])


def _found(repo: str, item: Mapping[str, Any]) -> Found:
    labelled = [state_of(str(name)) for name in item.get("labels", ())]
    state = next((state for state in labelled if state is not None), State.TODO)
    if item.get("state") == "closed":
        state = State.DONE
    elif state is State.DONE:
        state = State.TODO
    title = str(item.get("title", "")).strip() or "(without a title)"
    return Found(f"{repo}#{item['number']}", title, state, str(item.get("url", "")))
