"""How people want to be spoken to first, and when the planner has to look at them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, Text, column, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.acted import actions
from learning.store.habitual import completions, manners

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of somebody's manners.

    Attributes:
        content: what they said, and their habits as they were last worked out.
        surface: where they usually talk.
        nudged: whether they said yes.
        look_at: when the planner looks at them again; never where nothing is due.
    """

    user_id: str
    content: Mapping[str, Any] = field(default_factory=dict)
    surface: str = ""
    nudged: bool = False
    look_at: datetime | None = None


class MannersKept:
    """Reads and writes people's manners within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def find(self, user_id: str, *, lock: bool = False) -> Kept:
        """Return somebody's manners; those of one who said nothing are empty."""
        statement = select(manners).where(manners.c.user_id == user_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return Kept(user_id) if row is None else _kept(row)

    async def change(
        self,
        user_id: str,
        now: datetime,
        content: Mapping[str, Any] | None = None,
        **columns: Any,  # noqa: ANN401 - surface, nudged, look_at
    ) -> None:
        """Change some of what is kept of somebody, and leave the rest.

        Args:
            user_id: whose.
            now: the time.
            content: what is to be kept from now on; what is ``None`` goes.
            columns: as in ``Kept``.
        """
        await self._db.execute(
            upsert(manners)
            .values(
                workspace_id=self._unit.workspace_id, user_id=user_id, content={}, changed_at=now
            )
            .on_conflict_do_nothing()
        )
        kept = await self.find(user_id, lock=True)
        merged = {k: v for k, v in {**kept.content, **(content or {})}.items() if v is not None}
        if any(merged.get(zone) != kept.content.get(zone) for zone in ("zone", "tz")):
            # On another clock other times are usual: they are worked out at the next look.
            merged.pop("recurring", None)
            columns = {"look_at": now, **columns}
        await self._db.execute(
            update(manners)
            .where(manners.c.user_id == user_id)
            .values(content=merged, changed_at=now, **columns)
        )

    async def due(self, now: datetime, after: str, limit: int) -> list[Kept]:
        """Return those whom the planner has to look at, in pages: the next ones after an id."""
        rows = await self._db.execute(
            select(manners)
            .where(
                manners.c.nudged,
                manners.c.look_at <= now,
                manners.c.user_id > after,
            )
            .order_by(manners.c.user_id)
            .limit(limit)
        )
        return [_kept(row) for row in rows]

    async def anybody(self, now: datetime | None = None) -> bool:
        """Tell whether anybody said yes; with a time, whether the planner has to look at one."""
        due = select(manners.c.user_id).where(manners.c.nudged)
        if now is not None:
            due = due.where(manners.c.look_at <= now)
        return (await self._db.execute(due.limit(1))).one_or_none() is not None

    async def looked(self, looked: Sequence[tuple[str, datetime | None]], now: datetime) -> None:
        """Record when to look at people again, unless they changed that meanwhile."""
        if not looked:
            return
        times = DateTime(timezone=True)
        given = (
            func.unnest(
                literal([user_id for user_id, _ in looked], ARRAY(Text)),
                literal([at for _, at in looked], ARRAY(times)),
            )
            .table_valued(column("user_id", Text), column("look_at", times))
            .render_derived(name="looked")
        )
        await self._db.execute(
            update(manners)
            .where(manners.c.user_id == given.c.user_id, manners.c.look_at <= now)
            .values(look_at=given.c.look_at)
        )

    async def busy_since(self, since: datetime, after: str, limit: int) -> list[str]:
        """Return who wants nudges and did something since a time, in pages."""
        did = or_(
            exists().where(
                completions.c.user_id == manners.c.user_id, completions.c.created_at >= since
            ),
            exists().where(actions.c.user_id == manners.c.user_id, actions.c.created_at >= since),
        )
        return list(
            await self._db.scalars(
                select(manners.c.user_id)
                .where(manners.c.nudged, manners.c.user_id > after, did)
                .order_by(manners.c.user_id)
                .limit(limit)
            )
        )


def _kept(row: Any) -> Kept:  # noqa: ANN401 - SQLAlchemy's row
    return Kept(row.user_id, row.content, row.surface, row.nudged, row.look_at)
