"""Observations: what people did that says something about what they like.

Refuses to know what follows from them; it only says what the person thought of
the result, which lies with the interaction and may change.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.feedback import reward_of
from learning.memory.contract import Observation
from learning.routing.crediting import CORRECTED
from learning.store.ids import new_id
from learning.store.remembered import observations
from learning.store.schema import interactions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit


class Observations:
    """Reads and writes observations within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(
        self,
        user_id: str,
        interaction_id: UUID,
        audience: Audience,
        slot: str,
        value: str,
        number: float | None,
        now: datetime,
    ) -> bool:
        """Record what was observed; return whether it is new.

        The same thing is observed once in an interaction, however often it is read.

        Raises:
            ValueError: if it is no finite number: no mean would recover from it.
        """
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{slot} was observed as {number}: only finite numbers can be counted")
        # 145 and 145.0 are one tempo.
        amount = "" if number is None else repr(float(number))
        row = await self._db.execute(
            upsert(observations)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                audience=audience,
                user_id=user_id,
                interaction_id=interaction_id,
                content={"slot": slot, "value": value, "number": number},
                digest=self._unit.digest("observation", user_id, slot, value, amount),
                observed_at=now,
            )
            .on_conflict_do_nothing()
            .returning(observations.c.id)
        )
        return row.one_or_none() is not None

    async def take_back(self, user_id: str, interaction_id: UUID, slot: str, value: str) -> None:
        """Forget that a value was observed in an interaction."""
        digest = self._unit.digest("observation", user_id, slot, value, "")
        await self._db.execute(
            delete(observations).where(
                observations.c.interaction_id == interaction_id, observations.c.digest == digest
            )
        )

    async def of(self, user_id: str, limit: int = 500) -> list[Observation]:
        """Return what was observed of a person, newest first, with what they made of it.

        The reward is that of the interaction's rating as it stands; an answer that
        somebody wrote anew has the reward of a corrected one, whatever its rating.
        """
        corrections = interactions.alias()
        corrected = exists().where(
            corrections.c.workspace_id == observations.c.workspace_id,
            corrections.c.supersedes == observations.c.interaction_id,
        )
        rows = await self._db.execute(
            select(observations, interactions.c.rating, corrected.label("corrected"))
            .join(
                interactions,
                (interactions.c.workspace_id == observations.c.workspace_id)
                & (interactions.c.id == observations.c.interaction_id),
            )
            .where(observations.c.user_id == user_id)
            .order_by(observations.c.observed_at.desc(), observations.c.id.desc())
            .limit(limit)
        )
        return [_observation(row) for row in rows]


def _observation(row: Any) -> Observation:  # noqa: ANN401 - SQLAlchemy's row
    rated = None if row.rating is None else reward_of(row.rating)
    return Observation(
        slot=row.content["slot"],
        value=row.content["value"],
        number=row.content["number"],
        at=row.observed_at,
        reward=CORRECTED if row.corrected else rated,
        interaction_id=row.interaction_id,
        audience=row.audience,
    )
