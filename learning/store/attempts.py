"""Choices and runs: who was chosen to answer, who was tried, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from learning.evidence import Outcome
from learning.feedback import DISLIKED, LIKED
from learning.store.decisions import choices, recalled, runs
from learning.store.ids import new_id
from learning.store.schema import interactions, learnings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice as it was logged before it was acted on.

    Attributes:
        arm: the role chosen.
        propensity: how probable that was, in (0, 1].
        context: what the policy knew: numbers and names, never text.
        candidates: what each arm was expected to give.
        forced: why the policy had no say; empty if it chose freely.
        settings: what was chosen inside the arms, with propensities.
        fallbacks: roles to be tried after the arm, in order.
    """

    id: UUID
    interaction_id: UUID
    policy: str
    arm: str
    propensity: float
    context: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    created_at: datetime
    model: str = ""
    model_version: str = ""
    forced: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    fallbacks: Sequence[str] = ()


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


class Attempts:
    """Reads and writes choices and runs within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

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
        model: str = "",
        model_version: str = "",
        forced: str = "",
        settings: Mapping[str, Any] | None = None,
        fallbacks: Sequence[str] = (),
    ) -> UUID:
        """Record a choice with its propensity, before it is acted on; see ``Choice``."""
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
                model=model,
                model_version=model_version,
                forced=forced,
                settings=dict(settings or {}),
                fallbacks=list(fallbacks),
                created_at=now,
            )
        )
        return choice_id

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

    async def spent(self, since: datetime, user_id: str | None = None) -> Decimal:
        """Return what answering has cost since a time, in US dollars; 0 if nothing has.

        Args:
            since: this very time is included.
            user_id: who asked; ``None`` for the whole workspace.

        In a transaction that does not see all audiences, a person's questions in
        the others are left out.
        """
        statement = select(func.sum(runs.c.cost_usd)).where(runs.c.created_at >= since)
        if user_id is not None:
            statement = statement.join(
                interactions,
                (interactions.c.workspace_id == runs.c.workspace_id)
                & (interactions.c.id == runs.c.interaction_id),
            ).where(interactions.c.user_id == user_id)
        total: Decimal | None = (await self._db.execute(statement)).scalar_one()
        return Decimal(0) if total is None else total

    async def choice_of(self, interaction_id: UUID) -> Choice | None:
        """Return the choice behind an interaction: the latest, if it was begun again."""
        row = (
            await self._db.execute(
                select(choices)
                .where(choices.c.interaction_id == interaction_id)
                .order_by(choices.c.created_at.desc(), choices.c.id.desc())
                .limit(1)
            )
        ).one_or_none()
        return None if row is None else choice_from(row)

    async def found_by(self, limit: int = 500) -> list[Outcome]:
        """Return what came of recalled items lately, with what found them.

        Those in front of a liked answer, and those cited in a disliked one. It takes a verdict of
        people who may be learned from: what was learned from the answer holds theirs.
        """
        rows = await self._db.execute(
            select(recalled.c.signals, recalled.c.cited, interactions.c.rating)
            .join(
                interactions,
                (interactions.c.workspace_id == recalled.c.workspace_id)
                & (interactions.c.id == recalled.c.interaction_id),
            )
            .join(
                learnings,
                (learnings.c.workspace_id == interactions.c.workspace_id)
                & (learnings.c.learned_from == interactions.c.id)
                & (learnings.c.kind == "rated_answer"),
            )
            .where(
                recalled.c.mark > 0,
                ((interactions.c.rating >= LIKED) & (learnings.c.rating >= LIKED))
                | (
                    (interactions.c.rating <= DISLIKED)
                    & (learnings.c.rating <= DISLIKED)
                    & recalled.c.cited
                ),
            )
            .order_by(interactions.c.created_at.desc())
            .limit(limit)
        )
        return [
            Outcome(
                float(row.signals.get("lexical", 0.0)),
                float(row.signals.get("dense", 0.0)),
                row.cited and row.rating >= LIKED,
            )
            for row in rows
        ]


def choice_from(row: Any) -> Choice:  # noqa: ANN401 - SQLAlchemy's row
    """Return the choice in a row that has all columns of ``choices``."""
    return Choice(
        row.id,
        row.interaction_id,
        row.policy,
        row.arm,
        row.propensity,
        row.context,
        row.candidates,
        row.created_at,
        row.model,
        row.model_version,
        row.forced,
        row.settings,
        tuple(row.fallbacks),
    )
