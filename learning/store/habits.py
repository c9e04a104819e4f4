"""What people did, their weeks and their energy.

Decides how two processes that learn of one person at once take turns, so that nothing is lost:
weeks are locked in the order of their names, and one that nobody had yet is saved only if nobody
else saved it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.habits.contract import Done
from learning.habits.energy import Ratings, decode, encode
from learning.habits.habit import Habit
from learning.store.habitual import completions, energy, habits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row, Select

    from learning.store.store import Unit

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that a person did.

    Attributes:
        done: when in their week, and how it went.
        zone: the name of the time zone where they were.
        source: said, message, action or reminder.
        interaction_id: the message that said so.
        action_id: the action that it was.
    """

    id: UUID
    user_id: str
    task_type: str
    done_at: datetime
    done: Done
    zone: str
    source: str
    comment: str = ""
    interaction_id: UUID | None = None
    action_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """A person's week as it was last saved; versions only grow."""

    habit: Habit
    version: int = 0


class Completions:
    """Reads and writes what was done within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(self, completion: Completion, now: datetime) -> bool:
        """Record something that was done; tell whether it was not known before."""
        added = await self._db.scalar(
            upsert(completions)
            .values(
                workspace_id=self._unit.workspace_id,
                id=completion.id,
                user_id=completion.user_id,
                task_type=completion.task_type,
                source=completion.source,
                interaction_id=completion.interaction_id,
                action_id=completion.action_id,
                content=content_of(completion),
                done_at=completion.done_at,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(completions.c.id)
        )
        return added is not None

    async def get(self, completion_id: UUID) -> Completion | None:
        """Return something that was done, to be changed."""
        row = (
            await self._db.execute(
                select(completions).where(completions.c.id == completion_id).with_for_update()
            )
        ).one_or_none()
        return None if row is None else _completion(row)

    async def of(self, user_id: str) -> list[Completion]:
        """Return all that a person did, oldest first."""
        rows = await self._db.stream(
            select(completions)
            .where(completions.c.user_id == user_id)
            .order_by(completions.c.done_at, completions.c.id)
            .execution_options(yield_per=_BATCH)
        )
        return [_completion(row) async for row in rows]

    async def resting_on(
        self, interaction_ids: Collection[UUID], action_ids: Collection[UUID]
    ) -> dict[str, set[str]]:
        """Return who did what, of that which goes with interactions and actions."""
        rows = await self._db.execute(
            select(completions.c.user_id, completions.c.task_type).where(
                completions.c.interaction_id.in_(interaction_ids)
                | completions.c.action_id.in_(action_ids)
            )
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.user_id, set()).add(row.task_type)
        return found

    async def drop(self, interaction_id: UUID) -> None:
        """Delete what a message said was done."""
        await self._db.execute(
            delete(completions).where(completions.c.interaction_id == interaction_id)
        )

    async def rate(self, completion: Completion) -> None:
        """Save how something went that is known."""
        await self._db.execute(
            update(completions)
            .where(completions.c.id == completion.id)
            .values(content=content_of(completion))
        )

    async def forget(self, completion_id: UUID) -> None:
        """Delete something that was done."""
        await self._db.execute(delete(completions).where(completions.c.id == completion_id))


class Habits:
    """Reads and writes weeks within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def load(self, user_id: str, task_type: str) -> Habit | None:
        """Return a person's week for one kind of work; "" is all of them together."""
        return (await self.of(user_id, [task_type])).get(task_type)

    async def of(self, user_id: str, task_types: Collection[str] | None = None) -> dict[str, Habit]:
        """Return a person's weeks by kind of work; those that there are none of are left out."""
        rows = await self._db.execute(_weeks(user_id, task_types))
        return {row.task_type: _week(row).habit for row in rows}

    async def lock(
        self, user_id: str, task_types: Collection[str] | None = None
    ) -> dict[str, Week]:
        """Return a person's weeks to be changed; those that there are none of are left out."""
        rows = await self._db.execute(_weeks(user_id, task_types).with_for_update())
        return {row.task_type: _week(row) for row in rows}

    async def save(self, user_id: str, weeks: Mapping[str, Week], now: datetime) -> set[str]:
        """Save weeks that were locked; return those that somebody else made meanwhile."""
        if not weeks:
            return set()
        statement = upsert(habits).values(
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "user_id": user_id,
                    "task_type": task_type,
                    "content": week.habit.as_data(),
                    "completions": week.habit.count,
                    "version": week.version + 1,
                    "updated_at": now,
                }
                for task_type, week in sorted(weeks.items())
            ]
        )
        new = statement.excluded
        saved = await self._db.scalars(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "user_id", "task_type"],
                set_={
                    "content": new.content,
                    "completions": new.completions,
                    "version": new.version,
                    "updated_at": now,
                },
                where=habits.c.version == new.version - 1,
            ).returning(habits.c.task_type)
        )
        return set(weeks) - set(saved)

    async def forget(self, user_id: str, task_types: Collection[str]) -> None:
        """Delete weeks of which nothing is left."""
        if task_types:
            await self._db.execute(
                delete(habits).where(
                    habits.c.user_id == user_id, habits.c.task_type.in_(task_types)
                )
            )


class Energy:
    """Reads and writes people's energy within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def load(self, user_id: str) -> Ratings:
        """Return what a person rated; it is neutral if that is nothing."""
        content = await self._db.scalar(select(energy.c.content).where(energy.c.user_id == user_id))
        return decode(content.get("energy") or () if content else ())

    async def save(self, user_id: str, ratings: Ratings, now: datetime) -> None:
        """Save what a person rated; whoever does holds a lock on their weeks."""
        statement = upsert(energy).values(
            workspace_id=self._unit.workspace_id,
            user_id=user_id,
            content={"energy": encode(ratings)},
            ratings=ratings.count,
            updated_at=now,
        )
        new = statement.excluded
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "user_id"],
                set_={"content": new.content, "ratings": new.ratings, "updated_at": now},
            )
        )

    async def forget(self, user_id: str) -> None:
        """Delete what a person rated."""
        await self._db.execute(delete(energy).where(energy.c.user_id == user_id))


def content_of(completion: Completion) -> dict[str, Any]:
    """Return what is kept of something that was done where nobody else reads it."""
    done = completion.done
    return {
        "slot": done.slot,
        "day": done.at_day.isoformat(),
        "success": done.success,
        "energy": done.energy,
        "comment": completion.comment,
        "zone": completion.zone,
    }


def _completion(row: Row[Any]) -> Completion:
    content = row.content
    done = Done(
        content["slot"],
        date.fromisoformat(content["day"]),
        content.get("success"),
        content.get("energy"),
    )
    return Completion(
        row.id,
        row.user_id,
        row.task_type,
        row.done_at,
        done,
        content.get("zone") or "UTC",
        row.source,
        content.get("comment") or "",
        row.interaction_id,
        row.action_id,
    )


def _weeks(user_id: str, task_types: Collection[str] | None) -> Select[Any]:
    which = habits.c.user_id == user_id
    if task_types is not None:
        which &= habits.c.task_type.in_(sorted(task_types))
    columns = (habits.c.task_type, habits.c.content, habits.c.completions, habits.c.version)
    return select(*columns).where(which).order_by(habits.c.task_type)


def _week(row: Row[Any]) -> Week:
    return Week(Habit.from_data(row.content, row.completions), row.version)
