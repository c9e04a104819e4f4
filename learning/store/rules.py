"""Routing rules: whom people want to answer, or never to, and where.

Decides nothing about which of several rules holds. A transaction sees and
changes the rules of the audiences that it may read, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.decisions import routing_rules
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from learning.scope import Audience
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        audience: where it holds: for a person, in a channel, in the workspace.
        rule: ``pin``: this role answers; ``ban``: it does not.
        role: which.
        user_id: who set it; empty once that person was erased.
        created_at: when it was set last.
    """

    audience: Audience
    rule: Literal["pin", "ban"]
    role: str
    user_id: str
    created_at: datetime


class RoutingRules:
    """Reads and writes routing rules within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def of(self, audiences: Collection[Audience]) -> list[Rule]:
        """Return the rules of some audiences, oldest first."""
        rows = await self._db.execute(
            select(routing_rules)
            .where(routing_rules.c.audience.in_(audiences))
            .order_by(routing_rules.c.created_at, routing_rules.c.id)
        )
        return [Rule(r.audience, r.rule, r.role, r.user_id, r.created_at) for r in rows]

    async def pin(self, audience: Audience, role: str, user_id: str, now: datetime) -> None:
        """Let one role answer an audience, in place of any that was pinned before."""
        await self._set(audience, "pin", role, user_id, now)

    async def ban(self, audience: Audience, role: str, user_id: str, now: datetime) -> None:
        """Let a role answer an audience no more."""
        await self._set(audience, "ban", role, user_id, now)

    async def free(self, audience: Audience, role: str | None = None) -> int:
        """Remove an audience's rules about a role, or all of them; return how many."""
        statement = delete(routing_rules).where(routing_rules.c.audience == audience)
        if role is not None:
            statement = statement.where(routing_rules.c.role == role)
        return (await self._db.execute(statement)).rowcount

    async def _set(
        self,
        audience: Audience,
        rule: Literal["pin", "ban"],
        role: str,
        user_id: str,
        now: datetime,
    ) -> None:
        keys = ["workspace_id", "audience"] + (["role"] if rule == "ban" else [])
        await self._db.execute(
            upsert(routing_rules)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                audience=audience,
                user_id=user_id,
                rule=rule,
                role=role,
                created_at=now,
            )
            .on_conflict_do_update(
                index_elements=keys,
                # As a parameter it would not be recognised as the index's own condition.
                index_where=text(f"rule = '{rule}'"),
                set_={"role": role, "user_id": user_id, "created_at": now},
            )
        )
