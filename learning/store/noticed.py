"""What struck us about a message, and what is told of it besides its answer.

Decides that a sentence goes with what it speaks of. Refuses to know what is worth
a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.decisions import recalled
from learning.store.schema import interactions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from learning.store.store import Unit

_QUOTING = ("noticed", "read")
"""What of an explanation quotes memories: contradictions, and how a request was read."""


class Noticed:
    """Keeps such sentences with their interactions, within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(
        self, interaction_id: UUID, sentences: Sequence[str], about: Sequence[UUID]
    ) -> None:
        """Keep what struck us about a message, for the person to read.

        Args:
            interaction_id: the message's.
            sentences: what to tell; none leaves what was kept before.
            about: the memories that they quote.
        """
        if not sentences:
            return
        told = {"noticed": list(dict.fromkeys(sentences))}
        for id_, explanation in await self._locked([interaction_id]):
            await self._explain(id_, {**explanation, **told})
            await self.speaks_of(id_, about)

    async def speaks_of(self, interaction_id: UUID, about: Collection[UUID]) -> None:
        """Note that what is told of an interaction quotes these items, so that it goes with them.

        That is a row as for an item that was recalled, without a mark: it was cited nowhere.
        """
        if not about:
            return
        await self._db.execute(
            upsert(recalled)
            .values(
                [
                    {
                        "workspace_id": self._unit.workspace_id,
                        "interaction_id": interaction_id,
                        "item_id": item,
                        "mark": 0,
                        "cited": False,
                        "score": 0.0,
                        "signals": {},
                    }
                    for item in sorted(about)
                ]
            )
            .on_conflict_do_nothing()
        )

    async def drop(self, interaction_ids: Collection[UUID]) -> None:
        """Delete what is told of interactions in words that quote memories."""
        for id_, explanation in await self._locked(interaction_ids):
            left = {name: what for name, what in explanation.items() if name not in _QUOTING}
            if left != explanation:
                await self._explain(id_, left)

    async def _locked(
        self, interaction_ids: Collection[UUID]
    ) -> list[tuple[UUID, dict[str, object]]]:
        if not interaction_ids:
            return []
        rows = await self._db.execute(
            select(interactions.c.id, interactions.c.explanation)
            .where(interactions.c.id.in_(list(interaction_ids)))
            .order_by(interactions.c.id)
            # Memories may go on to rest on them: their keys stay.
            .with_for_update(key_share=True)
        )
        return [(row.id, row.explanation or {}) for row in rows]

    async def _explain(self, id_: UUID, explanation: dict[str, object]) -> None:
        await self._db.execute(
            update(interactions).where(interactions.c.id == id_).values(explanation=explanation)
        )
