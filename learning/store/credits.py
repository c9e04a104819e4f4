"""Credits: the ledger of what an interaction added to what was learned.

Refuses to know how a credit is computed: a detail is what its owner needs to
take it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.attempts import choice_from
from learning.store.decisions import choices, ledger
from learning.store.schema import interactions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.store.attempts import Choice
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    interaction_id: UUID
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Credited:
    """A credit with the choice it was given for.

    Attributes:
        interaction_id: of the answer.
        subject: what was credited.
        detail: how.
        choice: as it was logged.
    """

    interaction_id: UUID
    subject: str
    detail: Mapping[str, Any]
    choice: Choice

    @property
    def context(self) -> Mapping[str, Any]:
        """What the policy knew when it chose."""
        return self.choice.context

    @property
    def arm(self) -> str:
        """The role that was chosen."""
        return self.choice.arm

    @property
    def model(self) -> str:
        """The model behind it then."""
        return self.choice.model

    @property
    def created_at(self) -> datetime:
        """When it was chosen."""
        return self.choice.created_at


class Credits:
    """Reads and writes credits within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def of(self, interaction_id: UUID) -> dict[str, dict[str, Any]]:
        """Return what stands for an interaction: details by subject."""
        rows = await self._db.execute(
            select(ledger.c.subject, ledger.c.detail).where(
                ledger.c.interaction_id == interaction_id
            )
        )
        return {row.subject: row.detail for row in rows}

    async def put(
        self, interaction_id: UUID, subject: str, detail: Mapping[str, Any], now: datetime
    ) -> None:
        """Set what stands for one subject of an interaction."""
        statement = upsert(ledger).values(
            workspace_id=self._unit.workspace_id,
            interaction_id=interaction_id,
            subject=subject,
            detail=dict(detail),
            updated_at=now,
        )
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "interaction_id", "subject"],
                set_={"detail": statement.excluded.detail, "updated_at": now},
            )
        )

    async def drop(self, interaction_id: UUID, subjects: Collection[str]) -> None:
        """Forget what stood for some subjects of an interaction."""
        await self._db.execute(
            delete(ledger).where(
                ledger.c.interaction_id == interaction_id, ledger.c.subject.in_(subjects)
            )
        )

    async def after(self, prefix: str, version: int) -> list[Entry]:
        """Return what was counted after a version of the state it was counted in.

        Args:
            prefix: how the subjects begin.
            version: compared with the number ``at`` in each detail; none is 0.
        """
        at = func.coalesce(cast(ledger.c.detail["at"].astext, Integer), 0)
        return await self._entries(
            ledger.c.subject.startswith(prefix, autoescape=True) & (at > version)
        )

    async def holding(self, subject: str, key: str) -> list[Entry]:
        """Return the entries of one subject whose details have a key."""
        return await self._entries((ledger.c.subject == subject) & ledger.c.detail.has_key(key))

    async def count(self, subject: str, since: UUID | None = None) -> int:
        """Return how many interactions have an entry for a subject.

        Args:
            subject: exactly.
            since: the oldest interaction that is counted; ids grow with time.
        """
        statement = select(func.count()).select_from(ledger).where(ledger.c.subject == subject)
        if since is not None:
            statement = statement.where(ledger.c.interaction_id >= since)
        found: int = (await self._db.execute(statement)).scalar_one()
        return found

    async def without(self, subject: str, key: str) -> None:
        """Remove a key from the details of every entry of a subject."""
        await self._db.execute(
            update(ledger)
            .where(ledger.c.subject == subject, ledger.c.detail.has_key(key))
            .values(detail=ledger.c.detail.op("-")(key))
        )

    async def mark(self, prefix: str, key: str, value: str) -> None:
        """Set one key in the details of all subjects that begin so."""
        await self._db.execute(
            update(ledger)
            .where(ledger.c.subject.startswith(prefix, autoescape=True))
            .values(detail=ledger.c.detail.op("||")(cast(literal({key: value}, JSONB), JSONB)))
        )

    async def history(self, prefix: str, limit: int) -> list[Credited]:
        """Return the latest credits with the choices they were given for, oldest first.

        An interaction that was begun again counts with its latest choice; one
        without a choice is left out.

        Args:
            prefix: how the subjects begin.
            limit: at most so many.
        """
        latest = (
            select(choices)
            .ext(distinct_on(choices.c.workspace_id, choices.c.interaction_id))
            .order_by(
                choices.c.workspace_id,
                choices.c.interaction_id,
                choices.c.created_at.desc(),
                choices.c.id.desc(),
            )
            .subquery()
        )
        rows = (
            await self._db.execute(
                select(latest, ledger.c.subject, ledger.c.detail)
                .join(
                    ledger,
                    (ledger.c.workspace_id == latest.c.workspace_id)
                    & (ledger.c.interaction_id == latest.c.interaction_id),
                )
                .where(ledger.c.subject.startswith(prefix, autoescape=True))
                .order_by(
                    latest.c.created_at.desc(),
                    latest.c.interaction_id.desc(),
                    ledger.c.subject.desc(),
                )
                .limit(limit)
            )
        ).all()
        return [
            Credited(row.interaction_id, row.subject, row.detail, choice_from(row))
            for row in reversed(rows)
        ]

    async def of_user(self, user_id: str) -> list[UUID]:
        """Return a person's interactions that have credits, oldest first."""
        rows = await self._db.execute(
            select(ledger.c.interaction_id)
            .join(
                interactions,
                (interactions.c.workspace_id == ledger.c.workspace_id)
                & (interactions.c.id == ledger.c.interaction_id),
            )
            .where(interactions.c.user_id == user_id)
            .distinct()
            .order_by(ledger.c.interaction_id)
        )
        return list(rows.scalars())

    async def _entries(self, condition: ColumnElement[bool]) -> list[Entry]:
        rows = await self._db.execute(
            select(ledger.c.interaction_id, ledger.c.subject, ledger.c.detail)
            .where(condition)
            .order_by(ledger.c.interaction_id, ledger.c.subject)
        )
        return [Entry(row.interaction_id, row.subject, row.detail) for row in rows]
