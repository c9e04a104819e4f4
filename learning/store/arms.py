"""Arms: weighted sums of rewards per option, for everybody and for single persons.

Refuses to know what an option is. Every change is one addition in the
database, so changes may come in any order, from any number of processes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.routing.slots import Tally
from learning.store.decisions import arms

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from learning.store.store import Unit

_EVERYBODY = ""
_LEAST = 1e-9
"""Weight that is left by rounding when everything was taken back."""


@dataclass(frozen=True, slots=True)
class ArmRow:
    """What was given to one option.

    Attributes:
        user_id: whose feedback it is; empty for everybody's.
        weight: of all rewards together.
        total: sum of weight times reward.
    """

    user_id: str
    kind: str
    role: str
    task_type: str
    option: str
    weight: float
    total: float


class Arms:
    """Reads and writes tallies within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def tallies(
        self,
        kinds: Collection[str],
        role: str | None = None,
        task_type: str | None = None,
        user_id: str = _EVERYBODY,
    ) -> list[ArmRow]:
        """Return everybody's tallies and one person's; options with none are left out.

        Args:
            kinds: of options.
            role: one, or ``None`` for all.
            task_type: one, or ``None`` for all.
            user_id: the person; empty for everybody's alone.
        """
        statement = select(arms).where(
            arms.c.user_id.in_([_EVERYBODY, user_id]),
            arms.c.kind.in_(kinds),
            arms.c.weight >= _LEAST,
        )
        if role is not None:
            statement = statement.where(arms.c.role == role)
        if task_type is not None:
            statement = statement.where(arms.c.task_type == task_type)
        rows = await self._db.execute(
            statement.order_by(
                arms.c.user_id, arms.c.kind, arms.c.role, arms.c.task_type, arms.c.option
            )
        )
        return [
            ArmRow(r.user_id, r.kind, r.role, r.task_type, r.option, r.weight, r.total)
            for r in rows
        ]

    async def add(
        self,
        kind: str,
        role: str,
        task_type: str,
        option: str,
        user_id: str,
        moved: Tally,
        now: datetime,
    ) -> Tally:
        """Add to a tally, or take back with a negative weight; return what it is then.

        Who adds to several options in one transaction goes through them in one
        order, or two transactions may wait for each other forever.

        Raises:
            ValueError: if weight or total is no finite number: no later one would mend the sum.
        """
        if not (math.isfinite(moved.weight) and math.isfinite(moved.total)):
            raise ValueError(
                f"{moved} cannot be added to {kind} {option!r}: weight and total must be finite"
            )
        statement = upsert(arms).values(
            workspace_id=self._unit.workspace_id,
            user_id=user_id,
            kind=kind,
            role=role,
            task_type=task_type,
            option=option,
            weight=moved.weight,
            total=moved.total,
            updated_at=now,
        )
        row = (
            await self._db.execute(
                statement.on_conflict_do_update(
                    index_elements=[
                        "workspace_id",
                        "user_id",
                        "kind",
                        "role",
                        "task_type",
                        "option",
                    ],
                    set_={
                        "weight": arms.c.weight + statement.excluded.weight,
                        "total": arms.c.total + statement.excluded.total,
                        "updated_at": now,
                    },
                ).returning(arms.c.weight, arms.c.total)
            )
        ).one()
        return Tally(row.weight, row.total)
