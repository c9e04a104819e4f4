"""Interactions: what was asked, what was chosen, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, delete, func, insert, select, update

from learning.store.ids import new_id
from learning.store.schema import choices, interactions, recalled, runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Interaction:
    """One question and its answer, as far as it has come."""

    id: UUID
    conversation_id: UUID
    user_id: str
    surface: str
    audience: Audience
    status: str
    outcome: str | None
    task_type: str | None
    role: str | None
    model: str | None
    supersedes: UUID | None
    cancel_requested: bool
    attempts: int
    rating: float | None
    votes: int
    explanation: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of one model."""

    role: str
    model: str
    outcome: str
    latency_ms: float
    first_piece_ms: float | None = None
    model_version: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """One recalled item, as it was put into a prompt."""

    item_id: UUID
    mark: int
    cited: bool
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


class Interactions:
    """Reads and writes interactions within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def open(
        self,
        conversation_id: UUID,
        user_id: str,
        surface: str,
        audience: Audience,
        now: datetime,
        *,
        supersedes: UUID | None = None,
    ) -> UUID:
        """Begin an interaction; its id is what everything about it refers to."""
        interaction_id = new_id()
        await self._db.execute(
            insert(interactions).values(
                workspace_id=self._unit.workspace_id,
                id=interaction_id,
                conversation_id=conversation_id,
                user_id=user_id,
                surface=surface,
                audience=audience,
                status="accepted",
                supersedes=supersedes,
                created_at=now,
            )
        )
        return interaction_id

    async def find(self, interaction_id: UUID, *, lock: bool = False) -> Interaction | None:
        """Return an interaction that this transaction may read.

        Args:
            interaction_id: which one.
            lock: hold the row until the transaction ends, so that of two
                workers with the same turn only one records it.
        """
        statement = select(interactions).where(interactions.c.id == interaction_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _interaction(row)

    async def resolve(self, prefix: str) -> list[UUID]:
        """Return the ids that end with what a person typed (ids share their beginnings)."""
        rows = await self._db.execute(
            select(interactions.c.id)
            .where(
                func.replace(cast(interactions.c.id, Text), "-", "").endswith(
                    prefix, autoescape=True
                )
            )
            .limit(2)
        )
        return list(rows.scalars())

    async def latest(self, user_id: str) -> UUID | None:
        """Return the person's latest finished interaction."""
        found: UUID | None = (
            await self._db.execute(
                select(interactions.c.id)
                .where(interactions.c.user_id == user_id, interactions.c.status == "done")
                .order_by(interactions.c.created_at.desc())
                .limit(1)
            )
        ).scalar_one_or_none()
        return found

    async def start(self, interaction_id: UUID) -> int:
        """Mark the turn as running; return how often it was started, this time included."""
        attempts: int = (
            await self._db.execute(
                update(interactions)
                .where(interactions.c.id == interaction_id)
                .values(status="running", attempts=interactions.c.attempts + 1)
                .returning(interactions.c.attempts)
            )
        ).scalar_one()
        return attempts

    async def choose(
        self,
        interaction_id: UUID,
        *,
        policy: str,
        arm: str,
        propensity: float,
        context: Mapping[str, Any],
        candidates: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> UUID:
        """Record a choice with its propensity, before it is acted on."""
        choice_id = new_id()
        await self._db.execute(
            insert(choices).values(
                workspace_id=self._unit.workspace_id,
                id=choice_id,
                interaction_id=interaction_id,
                policy=policy,
                arm=arm,
                propensity=propensity,
                context=dict(context),
                candidates=[dict(candidate) for candidate in candidates],
                created_at=now,
            )
        )
        return choice_id

    async def finish(
        self,
        interaction_id: UUID,
        *,
        outcome: str,
        task_type: str,
        role: str,
        model: str,
        explanation: Mapping[str, Any],
        overhead_ms: float,
        now: datetime,
    ) -> None:
        """Record how the turn ended."""
        await self._db.execute(
            update(interactions)
            .where(interactions.c.id == interaction_id)
            .values(
                status="done",
                outcome=outcome,
                task_type=task_type,
                role=role,
                model=model,
                explanation=dict(explanation),
                overhead_ms=overhead_ms,
                completed_at=now,
            )
        )

    async def ran(
        self, interaction_id: UUID, choice_id: UUID | None, attempts: Sequence[Run], now: datetime
    ) -> None:
        """Record every model that was tried, in order."""
        if not attempts:
            return
        await self._db.execute(
            insert(runs),
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "id": new_id(),
                    "interaction_id": interaction_id,
                    "choice_id": choice_id,
                    "attempt": number,
                    "role": run.role,
                    "model": run.model,
                    "model_version": run.model_version,
                    "outcome": run.outcome,
                    "input_tokens": run.input_tokens,
                    "output_tokens": run.output_tokens,
                    "cost_usd": run.cost_usd,
                    "latency_ms": run.latency_ms,
                    "first_piece_ms": run.first_piece_ms,
                    "created_at": now,
                }
                for number, run in enumerate(attempts, 1)
            ],
        )

    async def runs_of(self, interaction_id: UUID) -> list[Run]:
        """Return what was tried for an interaction, in order."""
        rows = await self._db.execute(
            select(runs)
            .where(runs.c.interaction_id == interaction_id)
            .order_by(runs.c.created_at, runs.c.attempt)
        )
        return [
            Run(
                row.role,
                row.model,
                row.outcome,
                row.latency_ms,
                row.first_piece_ms,
                row.model_version,
                row.input_tokens,
                row.output_tokens,
                row.cost_usd,
            )
            for row in rows
        ]

    async def spent(self, since: datetime) -> Decimal | None:
        """Return the workspace's spending in dollars since a time."""
        total: Decimal | None = (
            await self._db.execute(
                select(func.sum(runs.c.cost_usd)).where(runs.c.created_at >= since)
            )
        ).scalar_one()
        return total

    async def choice_of(self, interaction_id: UUID) -> Mapping[str, Any] | None:
        """Return the choice behind an interaction."""
        row = (
            await self._db.execute(
                select(choices)
                .where(choices.c.interaction_id == interaction_id)
                .order_by(choices.c.created_at.desc())
                .limit(1)
            )
        ).one_or_none()
        return None if row is None else dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name

    async def recalled(self, interaction_id: UUID, items: Sequence[Recall]) -> None:
        """Record what was recalled into the prompt and what of it was cited."""
        if not items:
            return
        await self._db.execute(
            insert(recalled),
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "interaction_id": interaction_id,
                    "item_id": item.item_id,
                    "mark": item.mark,
                    "cited": item.cited,
                    "score": item.score,
                    "signals": dict(item.signals),
                }
                for item in items
            ],
        )

    async def recalls_of(self, interaction_id: UUID) -> list[Recall]:
        """Return what was recalled for an interaction, in citation order."""
        rows = await self._db.execute(
            select(recalled)
            .where(recalled.c.interaction_id == interaction_id, recalled.c.mark > 0)
            .order_by(recalled.c.mark)
        )
        return [Recall(r.item_id, r.mark, r.cited, r.score, r.signals) for r in rows]

    async def outcomes(self) -> dict[str, int]:
        """Return how many turns ended in which way."""
        rows = await self._db.execute(
            select(func.coalesce(interactions.c.outcome, "open"), func.count()).group_by(
                interactions.c.outcome
            )
        )
        return {row[0]: row[1] for row in rows}

    async def citing(self, item_ids: Sequence[UUID]) -> list[UUID]:
        """Return the interactions into whose prompts any of the items was put."""
        rows = await self._db.execute(
            select(recalled.c.interaction_id).where(recalled.c.item_id.in_(item_ids)).distinct()
        )
        return list(rows.scalars())

    async def corrections_of(self, interaction_id: UUID) -> list[UUID]:
        """Return the corrections that took an interaction's place."""
        rows = await self._db.execute(
            select(interactions.c.id).where(interactions.c.supersedes == interaction_id)
        )
        return list(rows.scalars())

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Delete interactions with their messages, choices, runs and learnings."""
        await self._db.execute(delete(interactions).where(interactions.c.id.in_(ids)))

    async def request_cancel(self, interaction_id: UUID, user_id: str) -> bool:
        """Ask a running turn to stop; only the person who asked may."""
        result = await self._db.execute(
            update(interactions)
            .where(
                interactions.c.id == interaction_id,
                interactions.c.user_id == user_id,
                interactions.c.status != "done",
            )
            .values(cancel_requested=True)
            .returning(interactions.c.id)
        )
        return result.one_or_none() is not None

    async def rate(self, interaction_id: UUID, rating: float | None, votes: int) -> None:
        """Store the mean of the votes as they stand."""
        await self._db.execute(
            update(interactions)
            .where(interactions.c.id == interaction_id)
            .values(rating=rating, votes=votes)
        )


def _interaction(row: Any) -> Interaction:  # noqa: ANN401 - SQLAlchemy's row
    return Interaction(
        row.id,
        row.conversation_id,
        row.user_id,
        row.surface,
        row.audience,
        row.status,
        row.outcome,
        row.task_type,
        row.role,
        row.model,
        row.supersedes,
        row.cancel_requested,
        row.attempts,
        row.rating,
        row.votes,
        row.explanation or {},
        row.created_at,
    )
