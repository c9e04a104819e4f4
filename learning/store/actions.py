"""Actions: what was proposed and done, by whom it was decided, and how it went.

Decides which changes of status may happen: each names the statuses it starts from, so that of two
that come at once one finds nothing left to change.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Text, any_, bindparam, cast, delete, func, insert, select, update

from learning.actions.contract import Acted, Phase
from learning.store.acted import actions
from learning.store.schema import conversations, interactions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.actions.contract import Status
    from learning.store.store import Unit

_INSIDE: Final = (
    "asked", "params", "result", "approach", "project", "errors", "resolution", "changed",
    "after",
)  # fmt: skip
"""What stands in the encrypted column, beside the phases."""

# What is executed each time is written down once: putting it together takes as long as running it.
_ADD: Final = insert(actions)
_SETTLE: Final = (
    update(actions)
    .where(
        actions.c.id == bindparam("wanted"),
        actions.c.status == any_(bindparam("before", type_=ARRAY(Text))),
    )
    .returning(actions.c.id)
)
_ALL: Final = select(actions)
_INTERACTION, _CONVERSATION = (
    select(table.c.id).where(table.c.id == bindparam("wanted")).with_for_update(key_share=True)
    for table in (interactions, conversations)
)


class Actions:
    """Reads and writes actions within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(self, acted: Acted, beside: Mapping[str, Any] | None = None) -> bool:
        """Record an action, unless what it is for was forgotten; tell whether it is recorded.

        Args:
            acted: the action, redacted.
            beside: what else it takes to perform it later; gone once it is over.
        """
        if not await self._wanted_still(acted):
            return False
        await self._db.execute(
            _ADD,
            {
                "workspace_id": self._unit.workspace_id,
                "id": acted.id,
                "user_id": acted.user_id,
                "audience": acted.audience,
                "interaction_id": acted.interaction_id,
                "conversation_id": acted.conversation_id,
                "task_id": acted.task_id,
                "surface": acted.surface,
                "channel_id": acted.channel_id,
                "origin": acted.origin,
                "kind": acted.kind,
                "task_type": acted.task_type,
                "created_at": acted.created_at,
                **_course(acted),
                "content": _content(acted) | ({"beside": dict(beside)} if beside else {}),
            },
        )
        return True

    async def _wanted_still(self, acted: Acted) -> bool:
        """Tell whether the turn, or the conversation, of an action is still there; hold it."""
        statement, id_ = (
            (_INTERACTION, acted.interaction_id)
            if acted.interaction_id is not None
            else (_CONVERSATION, acted.conversation_id)
        )
        return id_ is None or await self._db.scalar(statement, {"wanted": id_}) is not None

    async def find(self, id_: UUID, *, lock: bool = False) -> Acted | None:
        """Return an action that this transaction may read."""
        found = await self.open(id_, lock=lock)
        return None if found is None else found[0]

    async def open(self, id_: UUID, *, lock: bool = False) -> tuple[Acted, dict[str, Any]] | None:
        """Return an action, and what else it takes to perform it.

        Args:
            id_: which one.
            lock: hold its row until the transaction ends.
        """
        statement = _ALL.where(actions.c.id == id_)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else (_acted(row), row.content.get("beside", {}))

    async def resolve(self, suffix: str) -> list[UUID]:
        """Return the ids that end with what a person typed."""
        rows = await self._db.execute(
            select(actions.c.id)
            .where(
                func.replace(cast(actions.c.id, Text), "-", "").endswith(suffix, autoescape=True)
            )
            .limit(2)
        )
        return list(rows.scalars())

    async def move(
        self,
        id_: UUID,
        from_: Collection[Status],
        to: Status,
        **values: Any,  # noqa: ANN401 - columns
    ) -> bool:
        """Change a status if it is one of these now, and columns with it; tell whether it was."""
        moved = await self._db.execute(
            update(actions)
            .where(actions.c.id == id_, actions.c.status.in_(from_))
            .values(status=to, **values)
            .returning(actions.c.id)
        )
        return moved.one_or_none() is not None

    async def settle(
        self, acted: Acted, from_: Collection[Status], beside: Mapping[str, Any] | None = None
    ) -> bool:
        """Record how far an action has come, if it stood where it is said to; tell whether it did.

        Args:
            acted: the whole action as it is now.
            from_: the statuses that it may have now.
            beside: as with ``add``; nothing of it stays where nothing is given.
        """
        moved = await self._db.execute(
            _SETTLE,
            {
                "wanted": acted.id,
                "before": list(from_),
                **_course(acted),
                "content": _content(acted) | ({"beside": dict(beside)} if beside else {}),
            },
        )
        return moved.one_or_none() is not None

    async def log(
        self,
        user_id: str | None = None,
        kinds: Collection[str] = (),
        since: datetime | None = None,
        limit: int = 200,
    ) -> list[Acted]:
        """Return actions, latest first.

        Args:
            user_id: only this person's.
            kinds: only these tools'; all where none is named.
            since: only what began at this time or later.
            limit: at most so many.
        """
        statement = _ALL
        if user_id is not None:
            statement = statement.where(actions.c.user_id == user_id)
        if kinds:
            statement = statement.where(actions.c.kind.in_(kinds))
        if since is not None:
            statement = statement.where(actions.c.created_at >= since)
        rows = await self._db.execute(
            statement.order_by(actions.c.created_at.desc(), actions.c.id.desc()).limit(limit)
        )
        return [_acted(row) for row in rows]

    async def stopped(self, user_id: str) -> list[Acted]:
        """Return the follow-ups that a person never wants to be offered again."""
        rows = await self._db.execute(
            _ALL.where(
                actions.c.user_id == user_id,
                actions.c.origin == "pattern",
                actions.c.decided == "never",
            )
        )
        return [_acted(row) for row in rows]

    async def load(self, ids: Sequence[UUID]) -> list[Acted]:
        """Return actions that this transaction may read."""
        rows = await self._db.execute(_ALL.where(actions.c.id.in_(ids)))
        return [_acted(row) for row in rows]

    async def of_interactions(self, interaction_ids: Sequence[UUID]) -> list[Acted]:
        """Return what was done or proposed in turns, oldest first."""
        rows = await self._db.execute(
            _ALL.where(actions.c.interaction_id.in_(interaction_ids)).order_by(
                actions.c.created_at, actions.c.id
            )
        )
        return [_acted(row) for row in rows]

    async def begun_before(self, before: datetime) -> list[UUID]:
        """Return actions that have been running since before a time."""
        rows = await self._db.execute(
            select(actions.c.id)
            .where(actions.c.status == "running", actions.c.started_at < before)
            .order_by(actions.c.id)
        )
        return list(rows.scalars())

    async def rate(self, interaction_id: UUID, rating: float | None, votes: int) -> None:
        """Store what people think of a turn with what was done in it, as the votes stand."""
        await self._db.execute(
            update(actions)
            .where(actions.c.interaction_id == interaction_id)
            .values(rating=rating, votes=votes)
        )

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Delete actions with their tries."""
        if ids:
            await self._db.execute(delete(actions).where(actions.c.id.in_(ids)))


def _course(acted: Acted) -> dict[str, Any]:
    """Return the columns that change while an action goes its way."""
    return {
        "status": acted.status,
        "decided": acted.decided,
        "success": acted.success,
        "time_ms": acted.time_ms,
        "decided_at": acted.decided_at,
        "started_at": acted.started_at,
        "finished_at": acted.finished_at,
    }


def _content(acted: Acted) -> dict[str, Any]:
    return {name: getattr(acted, name) for name in _INSIDE} | {
        "phases": [asdict(phase) for phase in acted.phases]
    }


def _acted(row: Any) -> Acted:  # noqa: ANN401 - SQLAlchemy's row
    inside = {name: row.content[name] for name in _INSIDE if name in row.content}
    inside["errors"] = tuple(inside.get("errors", ()))
    return Acted(
        id=row.id,
        user_id=row.user_id,
        audience=row.audience,
        kind=row.kind,
        origin=row.origin,
        status=row.status,
        created_at=row.created_at,
        surface=row.surface,
        channel_id=row.channel_id,
        interaction_id=row.interaction_id,
        conversation_id=row.conversation_id,
        task_id=row.task_id,
        task_type=row.task_type,
        success=row.success,
        rating=row.rating,
        votes=row.votes,
        time_ms=row.time_ms,
        decided=row.decided,
        decided_at=row.decided_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        phases=tuple(Phase(**phase) for phase in row.content.get("phases", ())),
        **inside,
    )
