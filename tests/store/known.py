"""A person of whom things become known, for the tests of memories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from learning.memory.contract import Draft
from learning.scope import WORKSPACE
from learning.store.memories import Memories
from tests.store.support import NOW, exchange

if TYPE_CHECKING:
    from uuid import UUID

    from learning.memory.contract import Memory
    from learning.scope import Audience
    from learning.store.store import Unit

DAY = timedelta(days=1)
VERCEL = Draft(
    "preference", "deploys to Vercel", slot="deployment", value="vercel", confidence=0.75,
    tags=("stated",),
)  # fmt: skip
FLY = replace(VERCEL, text="deploys to Fly", value="fly")
AWS = replace(VERCEL, text="deploys to AWS", value="aws")
GOAL = Draft("goal", "build a REST API")


class Person:
    """U1, and what is remembered of them."""

    def __init__(self, unit: Unit, user_id: str = "U1") -> None:
        self.unit = unit
        self.user_id = user_id
        self.memories = Memories(unit)

    async def says(self) -> UUID:
        return (await exchange(self.unit, self.user_id, "…")).interaction_id

    async def known(
        self,
        draft: Draft,
        *sources: UUID,
        now: Any = NOW,
        audience: Audience = WORKSPACE,
    ) -> UUID:
        """Put a draft that is not refused; from a new source, unless some are given."""
        given = list(sources) or [await self.says()]
        id_ = await self.memories.put(draft, self.user_id, audience, given, now)
        assert id_ is not None
        return id_

    async def one(self, id_: UUID) -> Memory:
        (found,) = await self.memories.find([id_])
        return found

    async def moves(self, old: UUID, draft: Draft, now: Any = NOW) -> UUID:
        new = await self.known(draft, now=now)
        await self.memories.supersede(old, new, now)
        return new

    async def texts(self, now: Any = NOW, **which: Any) -> list[str]:
        return [m.text for m in await self.memories.of(self.user_id, now=now, **which)]
