"""Tasks on the board, and their moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.acted import task_moves, tasks
from learning.store.ids import new_id
from learning.tasks import BoardTask, Move, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit

_MOST_LISTED = 200
_CONTENT = ("title", "detail", "project", "approach", "elsewhere", "link")


class Tasks:
    """Reads and writes the board within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(
        self,
        user_id: str,
        audience: Audience,
        title: str,
        now: datetime,
        *,
        state: State = State.TODO,
        detail: str = "",
        project: str = "",
        approach: str = "",
        task_type: str = "",
        due_at: datetime | None = None,
        backend: str = "board",
        elsewhere: str = "",
        link: str = "",
        id_: UUID | None = None,
    ) -> UUID | None:
        """Put a task on the board; return its id, or nothing if it was taken over before.

        Args:
            user_id: whose it is.
            audience: who may see it.
            title: what is to be done.
            now: since when.
            state: where it stands.
            detail: more about it.
            project: what it is for.
            approach: the way it is to be gone about.
            task_type: what sort of work it is.
            due_at: until when.
            backend: where it lives.
            elsewhere: where it is there; an audience takes each over once.
            link: where it can be seen there.
            id_: what it is called, so that adding it again adds nothing.
        """
        content = {
            "title": title,
            "detail": detail,
            "project": project,
            "approach": approach,
            "elsewhere": elsewhere,
            "link": link,
        }
        added: UUID | None = (
            await self._db.execute(
                upsert(tasks)
                .values(
                    workspace_id=self._unit.workspace_id,
                    id=id_ or new_id(),
                    audience=audience,
                    user_id=user_id,
                    status=state,
                    content=content,
                    task_type=task_type,
                    backend=backend,
                    elsewhere=self._unit.digest("task", elsewhere) if elsewhere else None,
                    due_at=due_at,
                    created_at=now,
                    changed_at=now,
                )
                .on_conflict_do_nothing()
                .returning(tasks.c.id)
            )
        ).scalar_one_or_none()
        if added is not None:
            await self._moved(added, user_id, None, state, now, {})
        return added

    async def find(self, task_id: UUID, *, lock: bool = False) -> BoardTask | None:
        """Return a task that this transaction may read; locked, it is held until the end."""
        statement = select(tasks).where(tasks.c.id == task_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _task(row)

    async def load(self, ids: Sequence[UUID]) -> list[BoardTask]:
        """Return tasks that this transaction may read."""
        rows = await self._db.execute(select(tasks).where(tasks.c.id.in_(ids)))
        return [_task(row) for row in rows]

    async def resolve(self, suffix: str) -> list[UUID]:
        """Return the ids that end with what a person typed, at most two."""
        ends = func.replace(cast(tasks.c.id, Text), "-", "").endswith(suffix, autoescape=True)
        return list(await self._db.scalars(select(tasks.c.id).where(ends).limit(2)))

    async def listed(
        self, audiences: Sequence[Audience], *, states: Sequence[State] = ()
    ) -> list[BoardTask]:
        """Return the tasks of audiences as a board shows them: what is in work first.

        Args:
            audiences: whose; the transaction must be able to read them.
            states: where they stand; anywhere if none is given.
        """
        order = [State.DOING, State.FAILED, State.TODO, State.DONE]
        statement = select(tasks).where(tasks.c.audience.in_(list(audiences)))
        if states:
            statement = statement.where(tasks.c.status.in_(list(states)))
        rows = await self._db.execute(
            statement.order_by(
                case({s.value: i for i, s in enumerate(order)}, value=tasks.c.status),
                tasks.c.due_at.asc().nulls_last(),
                tasks.c.created_at,
            ).limit(_MOST_LISTED)
        )
        return [_task(row) for row in rows]

    async def move(
        self,
        task: BoardTask,
        user_id: str,
        after: State,
        now: datetime,
        note: Mapping[str, Any],
    ) -> UUID | None:
        """Move a task; return the move's id, or nothing if it stands elsewhere by now."""
        changed = await self._db.execute(
            update(tasks)
            .where(tasks.c.id == task.id, tasks.c.status == task.state)
            .values(status=after, changed_at=now)
        )
        if not changed.rowcount:
            return None
        return await self._moved(task.id, user_id, task.state, after, now, note)

    async def note(self, move_id: UUID, note: Mapping[str, Any]) -> None:
        """Keep why a task was moved."""
        await self._db.execute(
            update(task_moves).where(task_moves.c.id == move_id).values(note=dict(note))
        )

    async def edit(
        self,
        task: BoardTask,
        now: datetime,
        *,
        due_at: datetime | None = None,
        task_type: str | None = None,
        backend: str | None = None,
        **content: str,
    ) -> None:
        """Change what a task says, where it is elsewhere, or when it is due."""
        kept = {name: getattr(task, name) for name in _CONTENT} | content
        values: dict[str, Any] = {"content": kept, "changed_at": now}
        if backend is not None:
            values["backend"] = backend
            values["elsewhere"] = self._unit.digest("task", kept["elsewhere"])
        if due_at is not None:
            values["due_at"] = due_at
        if task_type is not None:
            values["task_type"] = task_type
        await self._db.execute(update(tasks).where(tasks.c.id == task.id).values(**values))

    async def delete(self, task_id: UUID) -> None:
        """Delete a task with its moves."""
        await self._db.execute(delete(tasks).where(tasks.c.id == task_id))

    async def moves(
        self, task_ids: Sequence[UUID] | None = None, *, user_id: str = "", limit: int = 200
    ) -> list[Move]:
        """Return moves, oldest first.

        Args:
            task_ids: of these tasks; of all that the transaction may read if none are given.
            user_id: of this person's tasks only.
            limit: the latest so many.
        """
        statement = select(task_moves).join(
            tasks,
            (tasks.c.workspace_id == task_moves.c.workspace_id)
            & (tasks.c.id == task_moves.c.task_id),
        )
        if task_ids is not None:
            statement = statement.where(task_moves.c.task_id.in_(list(task_ids)))
        if user_id:
            statement = statement.where(tasks.c.user_id == user_id)
        rows = await self._db.execute(
            statement.order_by(task_moves.c.moved_at.desc(), task_moves.c.id.desc()).limit(limit)
        )
        return [_move(row) for row in reversed(rows.all())]

    async def _moved(
        self,
        task_id: UUID,
        user_id: str,
        before: State | None,
        after: State,
        now: datetime,
        note: Mapping[str, Any],
    ) -> UUID:
        move_id = new_id()
        await self._db.execute(
            insert(task_moves).values(
                workspace_id=self._unit.workspace_id,
                id=move_id,
                task_id=task_id,
                user_id=user_id,
                before=before or "",
                after=after,
                note=dict(note) or None,
                moved_at=now,
            )
        )
        return move_id


def _task(row: Any) -> BoardTask:  # noqa: ANN401 - SQLAlchemy's row
    return BoardTask(
        id=row.id,
        user_id=row.user_id,
        audience=row.audience,
        state=State(row.status),
        created_at=row.created_at,
        changed_at=row.changed_at,
        task_type=row.task_type,
        backend=row.backend,
        due_at=row.due_at,
        **{name: row.content.get(name, "") for name in _CONTENT},
    )


def _move(row: Any) -> Move:  # noqa: ANN401 - SQLAlchemy's row
    return Move(
        row.id,
        row.task_id,
        row.user_id,
        State(row.before) if row.before else None,
        State(row.after),
        row.moved_at,
        row.note or {},
    )
