"""Tasks on the board: where one may go, how long it was there, and what its return teaches.

Decides who may move a task, when a move asks why, and what the answer says of how the task was
gone about. Refuses to know where tasks are kept and how people are asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from learning.reasons import Why, form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience


class State(StrEnum):
    """Where a task stands."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    FAILED = "failed"


_SAID: Final[Mapping[str, State]] = {
    "to do": State.TODO,
    "open": State.TODO,
    "back": State.TODO,
    "in progress": State.DOING,
    "started": State.DOING,
    "start": State.DOING,
    "wip": State.DOING,
    "finished": State.DONE,
    "closed": State.DONE,
    "complete": State.DONE,
    "completed": State.DONE,
    "broken": State.FAILED,
    "fail": State.FAILED,
}

_WENT_WRONG: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(rf"\b(?:{pattern})", re.IGNORECASE)
    for name, pattern in {
        "wrong": r"wrong|incorrect|not right|mistake|bug|not what",
        "outdated": r"out ?dated|out of date|stale|obsolete|old version|deprecated",
        "misunderstood": r"misunderst|misread|not what i (?:meant|asked|wanted)|meant something",
        "incomplete": r"incomplete|missing|half.?done|not (?:finished|complete)|forgot|left out",
        "broken": r"broke|crash|error|fail|(?:does|did) ?n[o']t work|not working|exception",
        "slow": r"slow|too long to|took (?:too|very|so) long|timed? ?out|late\b",
        "off_style": r"style|format|convention|ugly|layout|look(?:s|ed)? (?:bad|off)",
        "untested": r"untested|no tests?|without tests?|not tested",
        "blocked": r"block|waiting (?:for|on)|depends on|no access|permission",
    }.items()
}
"""What people say of work that came back, in the order in which it is told."""

ASKING_WHY: Final = "What went wrong? Next time I go about it another way."


@dataclass(frozen=True, slots=True)
class BoardTask:
    """A task.

    Attributes:
        approach: the way it is gone about, where there are several.
        backend: where it lives: "board", or "github".
        elsewhere: where it is there: "acme/api#12".
        link: where it can be seen there.
    """

    id: UUID
    user_id: str
    audience: Audience
    title: str
    state: State
    created_at: datetime
    changed_at: datetime
    detail: str = ""
    project: str = ""
    approach: str = ""
    task_type: str = ""
    backend: str = "board"
    elsewhere: str = ""
    link: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a task.

    Attributes:
        before: where it stood; nothing if it was new.
        note: as ``noted`` makes it: why, in their words, and what that says.
    """

    id: UUID
    task_id: UUID
    user_id: str
    before: State | None
    after: State
    moved_at: datetime
    note: Mapping[str, Any] = field(default_factory=dict)


def state_of(said: str) -> State | None:
    """Return the state that somebody names; nothing if it is none."""
    name = said.strip().casefold().replace("_", " ")
    return _SAID.get(name) or next((state for state in State if state == name), None)


def may_move(task: BoardTask, user_id: str, *, outsider: bool = False) -> bool:
    """Return whether somebody who sees a task may move and change it.

    Args:
        task: which one.
        user_id: who wants to.
        outsider: whether they are no member of the workspace: they change only what is theirs.
    """
    return task.user_id == user_id or not outsider


def asks_why(before: State, after: State) -> bool:
    """Return whether a move is a step back that teaches something: somebody is asked why."""
    return after is State.TODO and before is not State.TODO


def spent(moves: Sequence[Move], now: datetime) -> dict[State, float]:
    """Return how many seconds a task stood in each state, from all its moves, oldest first."""
    seconds: dict[State, float] = {}
    ends = [move.moved_at for move in moves[1:]]
    for move, end in zip(moves, [*ends, now], strict=True):
        stood = max(0.0, (end - move.moved_at).total_seconds())
        seconds[move.after] = seconds.get(move.after, 0.0) + stood
    return seconds


def worked(moves: Sequence[Move], now: datetime) -> float:
    """Return the seconds of the last stretch of work on a task, which a move back judges."""
    began: datetime | None = None
    seconds = 0.0
    for move in moves:
        if move.after is State.DOING:
            began = move.moved_at
        elif began is not None:
            seconds, began = (move.moved_at - began).total_seconds(), None
    return seconds if began is None else (now - began).total_seconds()


def reading(why: str) -> tuple[str, ...]:
    """Return what somebody's words say of what went wrong: "broken", "untested"; wishes of form."""
    found = [name for name, pattern in _WENT_WRONG.items() if pattern.search(why)]
    found += [f"wants {aspect}" for aspect in form(Why((), why), "")]
    return tuple(found)


def noted(why: str, approach: str, seconds: float, *, learns: bool) -> dict[str, Any]:
    """Return what is kept of a move: why, in their words, and what that teaches.

    Args:
        why: their words.
        approach: the way the task had been gone about.
        seconds: how long it was worked on.
        learns: whether anything may be learned from them.
    """
    note: dict[str, Any] = {"why": why, "approach": approach, "seconds": round(seconds, 1)}
    return note | {"reading": list(reading(why))} if learns else note


def told(names: Sequence[str]) -> str:
    """Return what went wrong, for people: "broken, untested"."""
    return ", ".join(name.replace("_", " ") for name in names)
