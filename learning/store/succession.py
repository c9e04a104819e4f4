"""Which memory took whose place, and what holds again when one goes.

Decides that a memory which is deleted leaves nothing behind: what it had
superseded holds again, or gives way to what superseded the deleted one. Refuses
to know why anything is superseded, ended or deleted.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, update

from learning.store.memory_sources import Sources
from learning.store.remembered import memories

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID


class Succession(Sources):
    """The part of ``Memories`` that ends them and lets them hold again."""

    async def supersede(self, id_: UUID, by: UUID, now: datetime) -> None:
        """Let a memory take another's place; the other is history from now on.

        Two memories never supersede each other: if ``by`` gave way to this one, however
        many steps ago, or if it is this one, nothing changes.
        """
        if id_ in await self._line(by):
            return
        await self._db.execute(
            update(memories)
            .where(memories.c.id == id_, memories.c.superseded_by.is_(None))
            .values(superseded_by=by, valid_to=func.least(memories.c.valid_to, now))
        )

    async def end(self, ids: Sequence[UUID], now: datetime) -> None:
        """End the validity of memories; ``revive`` takes it back, and so does a new source."""
        still = or_(memories.c.valid_to.is_(None), memories.c.valid_to > now)
        await self._db.execute(
            update(memories).where(memories.c.id.in_(ids), still).values(valid_to=now)
        )

    async def revive(self, ids: Sequence[UUID]) -> None:
        """Let memories hold again, until the time that was said of them, if any was.

        One that was said anew since stays history: it gives way to its newer self.
        """
        for row in await self._locked(memories.c.id.in_(ids)):
            twin = await self._twin(row, but=())
            if twin is None:
                changes: dict[str, Any] = {"superseded_by": None, "valid_to": _until(row)}
            else:
                changes = {"superseded_by": twin}
            await self._change(row.id, changes)

    async def revived_by_loss(self, ids: Sequence[UUID]) -> list[UUID]:
        """Return the memories that hold again when these are deleted.

        Left out is what stays history: what took the deleted one's place takes
        theirs as well, and so does a newer memory of the same words.
        """
        return [id_ for id_, heir in (await self._heirs(ids)).items() if heir is None]

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Delete for real; ``revived_by_loss`` says what holds again then."""
        heirs = await self._heirs(ids)
        # First: the foreign key would let a memory stand beside its newer self.
        for id_, heir in heirs.items():
            if heir is not None:
                await self._change(id_, {"superseded_by": heir})
        await self._db.execute(delete(memories).where(memories.c.id.in_(ids)))
        await self.revive([id_ for id_, heir in heirs.items() if heir is None])

    async def _heirs(self, ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
        """Return, for what these supersede, what supersedes it without them; ``None``: nothing."""
        rows = await self._db.execute(
            select(memories.c.id, memories.c.superseded_by).where(memories.c.id.in_(ids))
        )
        leaving = {row.id: row.superseded_by for row in rows}
        left = await self._locked(
            memories.c.superseded_by.in_(list(leaving)) & memories.c.id.not_in(list(leaving))
        )
        heirs: dict[UUID, UUID | None] = {}
        newest: dict[tuple[str, bytes, str], UUID] = {}
        for row in left:
            heir = _survivor(row.superseded_by, leaving) or await self._twin(row, but=leaving)
            same = (row.user_id, bytes(row.digest), str(row.audience))
            if heir is None and newest.setdefault(same, row.id) != row.id:
                heir = newest[same]
            heirs[row.id] = heir
        return heirs

    async def _locked(self, condition: Any) -> list[Any]:  # noqa: ANN401 - SQLAlchemy's types
        rows = await self._db.execute(
            select(memories)
            .where(condition)
            .order_by(memories.c.last_seen_at.desc(), memories.c.id.desc())
            .with_for_update()
        )
        return list(rows)

    async def _twin(self, row: Any, but: Collection[UUID]) -> UUID | None:  # noqa: ANN401 - SQLAlchemy's row
        """Return the standing memory of the same words, if there is another."""
        found: UUID | None = (
            await self._db.execute(
                select(memories.c.id).where(
                    memories.c.user_id == row.user_id,
                    memories.c.digest == row.digest,
                    memories.c.audience == row.audience,
                    memories.c.superseded_by.is_(None),
                    memories.c.id != row.id,
                    memories.c.id.not_in(list(but)),
                )
            )
        ).scalar_one_or_none()
        return found

    async def _line(self, id_: UUID) -> set[UUID]:
        """Return a memory and everything that came after it."""
        line: set[UUID] = set()
        following: UUID | None = id_
        while following is not None and following not in line:
            line.add(following)
            following = (
                await self._db.execute(
                    select(memories.c.superseded_by).where(memories.c.id == following)
                )
            ).scalar_one_or_none()
        return line

    async def _change(self, id_: UUID, changes: dict[str, Any]) -> None:
        await self._db.execute(update(memories).where(memories.c.id == id_).values(**changes))


def _survivor(id_: UUID | None, leaving: Mapping[UUID, UUID | None]) -> UUID | None:
    while id_ is not None and id_ in leaving:
        id_ = leaving[id_]
    return id_


def _until(row: Any) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's row
    said = row.content["until"]
    return None if said is None else datetime.fromisoformat(said)
