"""The command ``insights``: what a person's own doings say of their work, for them alone.

Sequence only: what is worth telling is decided in ``learning.actions.insights``. Every sentence
tells how many doings it counts; nothing of it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.acting.moments import zone_of
from bot.command import Command
from bot.consent import missing
from integrations.contracts.host import CommandReply
from learning.actions.approaches import kind_of
from learning.actions.insights import LEAST, Doing, insights
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.interactions import Interactions
from learning.store.tasks import Tasks
from learning.tasks import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.actions.contract import Acted
    from learning.store.store import Store
    from learning.tasks import BoardTask, Move

_MOST: Final = 300
_ABOUT: Final = ("project", "repo", "repository", "genre", "to")
"""Parameters that say what something was about."""
_QUESTIONS: Final = {
    "maths": "questions of maths",
    "code": "questions of code",
    "architecture": "questions of architecture",
}


class Insights:
    """Answers ``insights``.

    Args:
        store: where doings are.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the row of the table of commands."""
        return (
            Command(
                "insights",
                "insights",
                "What your work says of itself: kinds, hours, quality, topics.",
                self.insights,
            ),
        )

    async def insights(self, who: Person, rest: str) -> CommandReply:
        """Return what a person's questions, actions and tasks say, to that person alone."""
        del rest
        if not who.private:
            return CommandReply("Your insights are for you alone: ask me in private.", ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            if lacking := await Consents(unit).lacking(who.user_id, who.surface):
                return CommandReply(missing(lacking), ok=False)
            asked = await Interactions(unit).recent_of(who.user_id, limit=_MOST)
            log = await Actions(unit).log(who.user_id, limit=_MOST)
            moves = await Tasks(unit).moves(user_id=who.user_id, limit=_MOST)
            tasks = await Tasks(unit).load(list({move.task_id for move in moves}))
        acted = [_doing(each) for each in log if each.success is not None]
        worked = _of_tasks(tasks, moves)
        doings = [
            *(Doing(_QUESTIONS.get(kind, "questions"), at, None, mark) for kind, mark, at in asked),
            *acted,
            *worked,
        ]
        counts = {"questions": len(asked), "actions": len(acted), "tasks": len(worked)}
        found = insights(doings, self._clock(), zone_of(who))
        if not found:
            text = f"I have seen {len(doings)} of your doings; from {LEAST} on I can say something."
            return CommandReply(text, {**counts, "insights": []})
        lines = [f"- {each.text} ({each.support} counted)" for each in found]
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        lines += ["", f"_I looked at your last {told}. Only you see this._"]
        kept = [{"kind": e.kind, "text": e.text, "support": e.support} for e in found]
        return CommandReply("\n".join(lines), {**counts, "insights": kept})


def _doing(acted: Acted) -> Doing:
    about = (acted.project, *(acted.params.get(name) for name in _ABOUT))
    topics = tuple(dict.fromkeys(str(each) for each in about if isinstance(each, str) and each))
    kind = acted.task_type or acted.kind.replace(".", " ").replace("_", " ")
    return Doing(kind, acted.created_at, acted.success, acted.rating, topics)


def _of_tasks(tasks: Iterable[BoardTask], moves: Iterable[Move]) -> list[Doing]:
    """Return how tasks ended; one that was moved back did not go well."""
    known = {task.id: task for task in tasks}
    ends = {State.DONE: True, State.FAILED: False, State.TODO: False}
    found = []
    for move in moves:
        task = known.get(move.task_id)
        if task is not None and move.before is not None and move.after in ends:
            topics = (task.project,) if task.project else ()
            found.append(Doing(kind_of(task), move.moved_at, ends[move.after], None, topics))
    return found
