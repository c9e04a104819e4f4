"""What memories rest on: the interactions they were learned from.

Decides that a source is locked while something comes to rest on it, and while it
is looked at for deletion: nothing is left that rests on nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.remembered import memories, memory_sources
from learning.store.schema import interactions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.store.store import Unit


class Sources:
    """The part of ``Memories`` that knows their sources."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def sources_of(self, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        """Return the interactions that memories rest on, oldest first."""
        rows = await self._db.execute(
            select(memory_sources.c.memory_id, memory_sources.c.interaction_id)
            .join(  # whose memory may not be read, of that nothing is told
                memories,
                (memories.c.workspace_id == memory_sources.c.workspace_id)
                & (memories.c.id == memory_sources.c.memory_id),
            )
            .where(memory_sources.c.memory_id.in_(ids))
            .order_by(memory_sources.c.interaction_id)
        )
        found: dict[UUID, tuple[UUID, ...]] = {}
        for memory_id, interaction_id in rows:
            found[memory_id] = (*found.get(memory_id, ()), interaction_id)
        return found

    async def newer_than_said(
        self, interaction_ids: Sequence[UUID], now: datetime
    ) -> dict[UUID, tuple[tuple[UUID, ...], bool]]:
        """Return what took the place of something learned from interactions, and holds.

        By interaction, with whether anything else that was learned from it still holds.
        """
        source, newer = memory_sources.c, memories.alias("newer")
        holding = (
            select(source.interaction_id)
            .join(
                memories,
                (memories.c.workspace_id == source.workspace_id)
                & (memories.c.id == source.memory_id),
            )
            .where(source.interaction_id.in_(interaction_ids), memories.c.superseded_by.is_(None))
        )
        standing = set((await self._db.execute(holding)).scalars())
        rows = await self._db.execute(
            select(source.interaction_id, newer.c.id)
            .distinct()
            .join(
                memories,
                (memories.c.workspace_id == source.workspace_id)
                & (memories.c.id == source.memory_id),
            )
            .join(
                newer,
                (newer.c.workspace_id == memories.c.workspace_id)
                & (newer.c.id == memories.c.superseded_by),
            )
            .where(
                source.interaction_id.in_(interaction_ids),
                newer.c.superseded_by.is_(None),
                or_(newer.c.valid_to.is_(None), newer.c.valid_to > now),
            )
            .order_by(newer.c.id)
        )
        found: dict[UUID, tuple[UUID, ...]] = {}
        for interaction_id, memory_id in rows:
            found[interaction_id] = (*found.get(interaction_id, ()), memory_id)
        return {id_: (ids, id_ in standing) for id_, ids in found.items()}

    async def resting_only_on(
        self, interaction_ids: Sequence[UUID], beside: Sequence[UUID] = ()
    ) -> list[UUID]:
        """Return the memories that rest on one of these, and on nothing but them.

        The interactions are locked: nothing more comes to rest on them before they are deleted.

        Args:
            interaction_ids: what is to be deleted.
            beside: interactions that bear nothing out by themselves.
        """
        await self._db.execute(
            select(interactions.c.id)
            .where(interactions.c.id.in_(interaction_ids))
            .order_by(interactions.c.id)
            .with_for_update()
        )
        source = memory_sources.c
        touched = select(source.memory_id).where(source.interaction_id.in_(interaction_ids))
        rows = await self._db.execute(
            select(source.memory_id)
            .where(source.memory_id.in_(touched))
            .group_by(source.memory_id)
            .having(func.bool_and(source.interaction_id.in_([*interaction_ids, *beside])))
            .order_by(source.memory_id)
        )
        return list(rows.scalars())

    async def hold(self, sources: Sequence[UUID]) -> list[UUID]:
        """Return those sources that are there, and see to it that they stay so.

        They are locked in the order of their ids. Who needs several sets of them holds all of
        them first, or two transactions could wait for each other.
        """
        if not sources:
            return []
        rows = await self._db.execute(
            select(interactions.c.id)
            .where(interactions.c.id.in_(sources))
            .order_by(interactions.c.id)
            .with_for_update(read=True, key_share=True)
        )
        return list(rows.scalars())

    async def _rest_on(self, memory_id: UUID, sources: Sequence[UUID]) -> int:
        """Add sources; return how many of them are new."""
        if not sources:
            return 0
        rows = await self._db.execute(
            upsert(memory_sources)
            .values(
                [
                    {
                        "workspace_id": self._unit.workspace_id,
                        "memory_id": memory_id,
                        "interaction_id": source,
                    }
                    for source in sources
                ]
            )
            .on_conflict_do_nothing()
            .returning(memory_sources.c.interaction_id)
        )
        return len(rows.all())
