"""Plans: which way to go about a kind of work, from how the ways that were taken went.

Sequence only: which way is good is decided in ``learning.actions.approaches``. A plan is made of
the person's own work, as far as those who read along may know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.readers import told_to
from integrations.contracts.delivery import Button
from learning.actions.approaches import (
    asks_how,
    attempts_of,
    attempts_of_tasks,
    choose,
    kind_in,
    kind_of,
    told,
    work,
)
from learning.store.actions import Actions
from learning.store.consents import Consents
from learning.store.tasks import Tasks
from learning.tasks import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from bot.clock import Clock
    from integrations.contracts.host import Person
    from learning.actions.approaches import Approaches, Attempt
    from learning.scope import Audience
    from learning.store.store import Store, Unit
    from learning.tasks import BoardTask

_MOST: Final = 300
_MOST_ACTIONS: Final = 200
_ASKING: Final = "Which way did you go about it? A few words: next time I go by them."
_NOTHING: Final = (
    "I do not know yet which way of doing “{kind}” works: say it with `task way ID TEXT` when a "
    "task is done, and why it did not work when one comes back."
)


class Plans:
    """Makes plans.

    Args:
        store: where tasks and actions are.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, who: Person, kind: str, project: str = "") -> Approaches:
        """Return what is known of the ways to do a kind of work; nothing where nobody learns."""
        attempts = await self._attempts(who.workspace_id, who.user_id, who.surface, told_to(who))
        return choose(attempts, kind, project, self._clock())

    async def said(self, who: Person, kind: str, project: str = "") -> str:
        """Return a plan in words, also where there is none."""
        found = await self.of(who, kind, project)
        if not found.records:
            return _NOTHING.format(kind=kind)
        lines = [f"- {record}" for record in found.records]
        plan = found.sentence() or "No way is any surer than the others yet."
        return "\n".join([f"**{kind}**: {plan}", "", *lines])

    async def differently(self, who: Person, task: BoardTask) -> str:
        """Return what will be done differently the next time; empty if nothing is known."""
        return (await self.of(who, kind_of(task), task.project)).sentence()

    async def known(
        self,
        workspace_id: str,
        user_id: str,
        surface: str,
        readable: Sequence[Audience],
        question: str,
    ) -> str:
        """Return what a model is to know that is asked about work which was done before.

        Args:
            workspace_id: where.
            user_id: whose work.
            surface: where they ask.
            readable: what everybody may read who reads the answer.
            question: what they ask.
        """
        if not asks_how(question):
            return ""
        attempts = await self._attempts(workspace_id, user_id, surface, readable)
        kind = kind_in(question, attempts)
        return "" if not kind else told(kind, choose(attempts, kind, "", self._clock()))

    async def way(self, unit: Unit, task: BoardTask, approach: str) -> None:
        """Keep which way a task was gone about, in a transaction of the caller's."""
        tasks = Tasks(unit)
        await tasks.edit(
            task, self._clock(), approach=approach, task_type=task.task_type or work(task.title)
        )
        moves = await tasks.moves([task.id])
        over = {State.DONE, State.FAILED}
        if moves and moves[-1].after in over:
            await tasks.note(moves[-1].id, {**moves[-1].note, "approach": approach})

    async def _attempts(
        self, workspace_id: str, user_id: str, surface: str, readable: Sequence[Audience]
    ) -> list[Attempt]:
        async with self._store.begin(workspace_id, readable) as unit:
            if not await Consents(unit).learns(user_id, surface):
                return []
            tasks = Tasks(unit)
            moves = await tasks.moves(user_id=user_id, limit=_MOST)
            ids = list(dict.fromkeys(move.task_id for move in moves))
            known = await tasks.load(ids)
            log = await Actions(unit).log(user_id, limit=_MOST_ACTIONS)
        return [*attempts_of_tasks(known, moves), *attempts_of(log)]


def asks_way(task_id: UUID, approach: str) -> Button:
    """Return the button that asks which way a task was gone about."""
    return Button("Which way?", f"task way {task_id.hex}", asks=_ASKING, filled=approach)
