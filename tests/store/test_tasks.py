from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from learning.scope import channel, person
from learning.store.people import People
from learning.store.reminders import Reminders
from learning.store.tasks import Tasks
from learning.tasks import State

if TYPE_CHECKING:
    from learning.store.store import Store


async def test_a_task_moves_once_and_its_moves_are_kept_in_order(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        tasks = Tasks(unit)
        id_ = await tasks.add("ann", person("ann"), "Fix login", now, project="api")
        assert id_ is not None
        task = await tasks.find(id_)
        assert task is not None
        assert (task.title, task.project, task.state) == ("Fix login", "api", State.TODO)
        later = now + timedelta(hours=1)
        assert await tasks.move(task, "ann", State.DOING, later, {"why": "now"}) is not None
        assert await tasks.move(task, "bob", State.DONE, later, {}) is None  # it stood elsewhere
        moves = await tasks.moves([id_])
        assert [(m.before, m.after) for m in moves] == [
            (None, State.TODO),
            (State.TODO, State.DOING),
        ]
        assert moves[-1].note == {"why": "now"}
        assert await tasks.resolve(id_.hex[-8:]) == [id_]


async def test_what_is_elsewhere_is_taken_over_once_for_each_audience(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        tasks = Tasks(unit)
        add = partial(tasks.add, "ann", title="Fix", now=now, elsewhere="acme/api#12")
        assert await add(person("ann"))
        assert await add(person("ann")) is None
        assert await add(channel("C1"))
        assert len(await tasks.listed([person("ann"), channel("C1")])) == 2


async def test_a_board_shows_only_what_its_reader_may_see(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        mine = await Tasks(unit).add("ann", person("ann"), "Mine", now)
        await Tasks(unit).add("ann", channel("C1"), "Ours", now)
    assert mine is not None
    audiences = (person("bob"), channel("C1"))
    async with store.begin(workspace, audiences) as unit:
        assert [t.title for t in await Tasks(unit).listed(audiences)] == ["Ours"]
        assert await Tasks(unit).find(mine) is None


async def test_tasks_and_reminders_go_with_the_person(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        await Tasks(unit).add("ann", person("ann"), "Mine", now)
        reminders = Reminders(unit)
        id_ = await reminders.add("ann", person("ann"), "web", "call", now, now)
        assert id_ is not None
        exported = await People(unit).export("ann")
        assert {"tasks", "task_moves", "reminders"} <= set(exported)
        await People(unit).erase("ann", now)
        assert await reminders.find(id_) is None
        assert await Tasks(unit).listed([person("ann")]) == []


async def test_a_reminder_is_settled_once_and_can_be_put_off(
    store: Store, workspace: str, now: datetime
) -> None:
    async with store.begin(workspace, None) as unit:
        reminders = Reminders(unit)
        id_ = await reminders.add("ann", person("ann"), "web", "call", now, now)
        assert id_ is not None
        assert await reminders.settle(id_, "sent", now)
        assert not await reminders.settle(id_, "sent", now)
        before = await reminders.find(id_)
        assert before is not None
        await reminders.put_off(before, now + timedelta(hours=1))
        (again,) = await reminders.waiting("ann")
        assert again.key != before.key
        assert await reminders.waiting("bob") == []
