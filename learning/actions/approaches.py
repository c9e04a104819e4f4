"""Ways to go about a kind of work: what was tried, how it went, how long it took.

Decides which way to take the next time, and which to leave alone. Refuses to know what the
ways are: they are names that people, tasks and models gave them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Final

from learning.confidence import ASK, confidence
from learning.tasks import State, worked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from learning.actions.contract import Acted
    from learning.tasks import BoardTask, Move

_HALF_LIFE_DAYS: Final = 60.0
_OTHER_PROJECT: Final = 0.5
"""What an attempt in another project counts: the same kind of work, other surroundings."""
_SLOW: Final = 1.5
"""An approach that takes this many times as long as the fastest that works is slow."""
_EVEN: Final = 0.5
_PRICE_OF_TIME: Final = 0.15
"""What taking twice as long costs, in success rate."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that an approach was taken.

    Attributes:
        approach: its name.
        task_type: the kind of work.
        project: what for; empty if nothing.
        success: how it ended; a task that was moved back did not succeed.
        at: when it ended.
        seconds: how long it took, if that is known.
        why: what the person said went wrong.
    """

    approach: str
    task_type: str
    project: str
    success: bool
    at: datetime
    seconds: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """How an approach has fared.

    Attributes:
        tries: how often it was taken; ``successes`` of them went well.
        rate: its success rate, by Laplace, recent attempts and those of this project
            counting more.
        seconds: the median time of those that went well.
        confidence: how sure that is, in [0, 1].
        value: the rate less what its time costs; the next plan goes by it.
        why: what was last said against it.
    """

    approach: str
    tries: int
    successes: int
    rate: float
    seconds: float | None
    confidence: float
    value: float
    slow: bool = False
    why: str = ""

    def __str__(self) -> str:
        said = f"“{self.approach}” worked {self.successes} of {self.tries} times"
        if self.seconds is not None:
            said += f", in about {duration(self.seconds)}"
        if self.slow:
            said += " (slow)"
        return said + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True, slots=True)
class Approaches:
    """What is known of the ways to do a kind of work, the best first.

    Attributes:
        use: the way to take; ``None`` if none is known to be any good.
        avoid: those that failed more often than not.
    """

    records: tuple[Record, ...]
    use: Record | None
    avoid: tuple[Record, ...]

    def sentence(self) -> str:
        """Return the plan in words; empty where nothing is known."""
        parts = []
        if self.use is not None:
            parts.append(f"I would go about it as in {self.use}.")
        parts += [f"Not again: {record}." for record in self.avoid]
        return " ".join(parts)


def attempts_of(log: Iterable[Acted]) -> list[Attempt]:
    """Return the attempts that recorded actions were, where their approach has a name."""
    return [
        Attempt(
            each.approach,
            each.task_type,
            each.project,
            each.success,
            each.finished_at,
            None if each.time_ms is None else each.time_ms / 1e3,
        )
        for each in log
        if each.approach and each.success is not None and each.finished_at is not None
    ]


_VERBS: Final = re.compile(
    r"^(?:please |let's |we (?:should|need to|must) )?(?:create|make|build|write|do|add|design"
    r"|draft|prepare|implement|set up|put up|develop|produce|start|finish|redo|improve|update"
    r"|fix|a new|new)\b[ :]*",
    re.IGNORECASE,
)
_ARTICLES: Final = re.compile(r"\b(?:an?|the|our|my|another|new|some)\b ?", re.IGNORECASE)
_FOR: Final = re.compile(
    r"\s*(?:[,:;(–—#]|\s-\s|\b(?:for|of|in|on|about|with|to|by|at|from|because)\b).*$",
    re.IGNORECASE | re.DOTALL,
)


def work(text: str) -> str:
    """Return what sort of work a title or a request is: "landing page" of "Build one for acme".

    Whatever stands before what it is for, without the verb.
    """
    bare = " ".join(text.split()).strip(" .?!\"'“”")
    for _ in range(2):
        bare = _ARTICLES.sub("", _VERBS.sub("", bare)).strip()
    bare = _FOR.sub("", bare)
    return re.sub(r"[\d_]+", "", bare).strip(" .?!-").casefold()


def kind_of(task: BoardTask) -> str:
    """Return what sort of work a task is; who put it up may have said so."""
    return task.task_type or work(task.title)


def kind_in(text: str, attempts: Iterable[Attempt]) -> str:
    """Return the kind of work, of those that were done, that a text is about; the longest name."""
    said = f" {' '.join(re.findall(_WORD, text.casefold()))} "
    kinds = {each.task_type for each in attempts if re.search(_WORD, each.task_type)}
    about = [kind for kind in kinds if f" {' '.join(re.findall(_WORD, kind))} " in said]
    return max(about, key=lambda kind: (len(kind), kind), default="")


_WORD: Final = r"[^\W_]+"
_HOW: Final = re.compile(
    r"\b(?:how|plan|approach(?:es)?|(?:best|right|which|what) way|go about|should (?:i|we)"
    r"|tackle|start with)\b",
    re.IGNORECASE,
)


def asks_how(text: str) -> bool:
    """Tell whether a text may ask how to go about something, or for it to be done."""
    return bool(_HOW.search(text) or _VERBS.match(text.strip()))


def told(kind: str, known: Approaches) -> str:
    """Return what is known of the ways to do a kind of work, in a few sentences."""
    ways = "; ".join(str(record) for record in known.records)
    return f"Ways to do “{kind}” so far: {ways}. {known.sentence()}".strip()


def attempts_of_tasks(tasks: Iterable[BoardTask], moves: Iterable[Move]) -> list[Attempt]:
    """Return the attempts that the moves of tasks tell of, where their approach has a name.

    Each time that a task came to an end is one. One that was moved back did not succeed, though
    it was called done before.

    Args:
        tasks: whose moves they are.
        moves: oldest first.
    """
    known, found = {task.id: task for task in tasks}, []
    ordered = sorted(moves, key=lambda move: (move.task_id, move.moved_at, move.id))
    for task_id, own in groupby(ordered, key=lambda move: move.task_id):
        task, own_moves = known.get(task_id), list(own)
        if task is None:
            continue
        for place, move in enumerate(own_moves):
            back = own_moves[place + 1] if place + 1 < len(own_moves) else None
            returned = back is not None and back.after is State.TODO
            ended = move.after in {State.DONE, State.FAILED} and not returned
            if not (ended or (move.after is State.TODO and move.before)):
                continue
            approach = str(move.note.get("approach") or "")
            # The way that a task has now is that of its last move.
            approach = approach or (task.approach if back is None else "")
            if approach:
                seconds = move.note.get("seconds") or worked(own_moves[: place + 1], move.moved_at)
                found.append(
                    Attempt(
                        approach, kind_of(task), task.project, move.after is State.DONE,
                        move.moved_at, float(seconds) or None, str(move.note.get("why") or ""),
                    )
                )  # fmt: skip
    return found


def choose(attempts: Sequence[Attempt], task_type: str, project: str, now: datetime) -> Approaches:
    """Return which approach to take for a kind of work.

    An attempt counts half after 60 days, and half as much in another project. What takes
    twice as long as the fastest way that works is valued 0.15 less: between two that work the
    fast one is taken, and a fast one that fails is not.

    Args:
        attempts: of any kind of work.
        task_type: the kind.
        project: what it is for; empty if nothing.
        now: the time.
    """
    mine = [each for each in attempts if each.task_type == task_type]
    mine = [replace(each, approach=spelt) for each, spelt in _spelt(mine)]
    names = dict.fromkeys(each.approach for each in mine)
    times = {name: _seconds(mine, name) for name in names}
    fastest = min((time for time in times.values() if time is not None), default=None)
    records = sorted(
        (_record(name, mine, project, times[name], fastest, now) for name in names),
        key=lambda record: (-record.value, record.approach),
    )
    good = next((r for r in records if r.rate > _EVEN and r.confidence >= ASK), None)
    bad = tuple(r for r in records if r.rate < _EVEN)
    return Approaches(tuple(records), good, bad)


def _spelt(attempts: Sequence[Attempt]) -> list[tuple[Attempt, str]]:
    """Return attempts with how their approach is spelt lately: "Template" is "template"."""
    latest = {each.approach.casefold(): each.approach for each in _by_time(attempts)}
    return [(each, latest[each.approach.casefold()]) for each in attempts]


def _by_time(attempts: Sequence[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda each: each.at)


def _record(
    name: str,
    attempts: Sequence[Attempt],
    project: str,
    seconds: float | None,
    fastest: float | None,
    now: datetime,
) -> Record:
    own = [each for each in attempts if each.approach == name]
    won = lost = 0.0
    for each in own:
        days = max(0.0, (now - each.at).total_seconds() / 86_400)
        weight = 0.5 ** (days / _HALF_LIFE_DAYS)
        weight *= 1.0 if each.project == project else _OTHER_PROJECT
        won, lost = (won + weight, lost) if each.success else (won, lost + weight)
    rate = (won + 1) / (won + lost + 2)
    last = max(each.at for each in own)
    times = 1.0 if seconds is None or not fastest else seconds / fastest
    against = [each for each in own if each.why and not each.success]
    return Record(
        approach=name,
        tries=len(own),
        successes=sum(each.success for each in own),
        rate=rate,
        seconds=seconds,
        confidence=confidence(
            times_used=won + lost,
            success_rate=rate,
            days_since_used=(now - last).total_seconds() / 86_400,
            variance=4 * rate * (1 - rate),
        ),
        value=rate - _PRICE_OF_TIME * (times - 1),
        slow=times >= _SLOW,
        why=max(against, key=lambda each: each.at).why if against else "",
    )


def _seconds(attempts: Sequence[Attempt], name: str) -> float | None:
    times = [
        each.seconds
        for each in attempts
        if each.approach == name and each.success and each.seconds is not None
    ]
    return median(times) if times else None


def duration(seconds: float) -> str:
    """Return a length of time as people say it: "40 seconds", "12 minutes", "3.5 hours"."""
    size, name = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    number = round(seconds / size, 0 if seconds >= _COARSE * size else 1)
    return f"{number:g} {name}{'' if number == 1 else 's'}"


_UNITS: Final = ((3_600, "hour"), (60, "minute"), (1, "second"))
_COARSE: Final = 10
"""Of more than this many units, tenths are not told."""
