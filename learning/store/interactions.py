"""Interactions: what was asked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, delete, func, insert, select, update

from learning.store.attempts import Attempts, Choice, Run
from learning.store.decisions import recalled
from learning.store.ids import new_id
from learning.store.schema import interactions
from learning.store.whereabouts import asked_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience

__all__ = ["Choice", "Interaction", "Interactions", "Recall", "Run"]


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
    again: UUID | None = None
    asked_role: str | None = None
    clarifies: UUID | None = None
    asked_at: str = ""
    """Where the question is on its platform, if that is known."""


@dataclass(frozen=True, slots=True)
class Recall:
    """One recalled item, as it was put into a prompt."""

    item_id: UUID
    mark: int
    cited: bool
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)


class Interactions(Attempts):
    """Reads and writes interactions within one transaction."""

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
        statement = select(interactions, asked_at().label("asked_at")).where(
            interactions.c.id == interaction_id
        )
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

    async def previous(
        self,
        conversation_id: UUID,
        before: datetime,
        user_id: str | None = None,
        limit: int = 3,
    ) -> list[Interaction]:
        """Return what was asked and answered in a thread before a time, newest first.

        Turns that are not over and corrections are left out.

        Args:
            conversation_id: the thread.
            before: what began at this very time is left out too.
            user_id: only what this person asked.
            limit: at most so many.
        """
        statement = select(interactions).where(
            interactions.c.conversation_id == conversation_id,
            interactions.c.created_at < before,
            interactions.c.status == "done",
            interactions.c.supersedes.is_(None),
        )
        if user_id is not None:
            statement = statement.where(interactions.c.user_id == user_id)
        rows = await self._db.execute(
            statement.order_by(interactions.c.created_at.desc(), interactions.c.id.desc()).limit(
                limit
            )
        )
        return [_interaction(row) for row in rows]

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

    async def citing(self, item_ids: Sequence[UUID], cited_by: str | None = None) -> list[UUID]:
        """Return the interactions into whose prompts any of the items was put.

        Args:
            item_ids: which items.
            cited_by: only a person's own, and only where the answer quotes it.
        """
        statement = select(recalled.c.interaction_id).where(recalled.c.item_id.in_(item_ids))
        if cited_by is not None:
            statement = statement.join(
                interactions,
                (interactions.c.workspace_id == recalled.c.workspace_id)
                & (interactions.c.id == recalled.c.interaction_id),
            ).where(recalled.c.cited, interactions.c.user_id == cited_by)
        return list((await self._db.execute(statement.distinct())).scalars())

    async def corrections_of(self, interaction_id: UUID) -> list[UUID]:
        """Return the corrections that took an interaction's place."""
        rows = await self._db.execute(
            select(interactions.c.id).where(interactions.c.supersedes == interaction_id)
        )
        return list(rows.scalars())

    async def asked_again(self, interaction_id: UUID) -> list[UUID]:
        """Return where anybody wanted another answer to the same question, oldest first.

        Each holds the question in the same words; another answer to another answer counts too.
        """
        again = (
            select(interactions.c.id)
            .where(interactions.c.again == interaction_id)
            .cte("asked_again", recursive=True)
        )
        again = again.union(
            select(interactions.c.id).join(again, interactions.c.again == again.c.id)
        )
        return list(await self._db.scalars(select(again.c.id).order_by(again.c.id)))

    async def settling(self, interaction_id: UUID) -> UUID | None:
        """Return the newest interaction that says this one's question more clearly."""
        found: UUID | None = (
            await self._db.execute(
                select(interactions.c.id)
                .where(interactions.c.clarifies == interaction_id)
                .order_by(interactions.c.created_at.desc(), interactions.c.id.desc())
                .limit(1)
            )
        ).scalar_one_or_none()
        return found

    async def clarifying(self, interaction_ids: Sequence[UUID]) -> list[UUID]:
        """Return the interactions that say the questions of these more clearly."""
        rows = await self._db.execute(
            select(interactions.c.id)
            .where(interactions.c.clarifies.in_(interaction_ids))
            .order_by(interactions.c.id)
        )
        return list(rows.scalars())

    async def delete(self, ids: Sequence[UUID]) -> None:
        """Delete interactions with all that hangs on them.

        That is their messages, choices, runs, learnings, observations, readings and the
        steps of personas. Memories stay, without the source: delete what rests on nothing
        else beforehand.
        """
        await self._db.execute(delete(interactions).where(interactions.c.id.in_(ids)))

    async def clarify(self, interaction_id: UUID, asked: UUID) -> None:
        """Note which question of ours an interaction answers."""
        await self._db.execute(
            update(interactions).where(interactions.c.id == interaction_id).values(clarifies=asked)
        )

    async def recent_of(
        self, user_id: str, limit: int = 200
    ) -> list[tuple[str, float | None, datetime]]:
        """Return a person's questions, latest first: kind of task, mean vote, when."""
        rows = await self._db.execute(
            select(interactions.c.task_type, interactions.c.rating, interactions.c.created_at)
            .where(
                interactions.c.user_id == user_id,
                interactions.c.status == "done",
                interactions.c.supersedes.is_(None),
            )
            .order_by(interactions.c.created_at.desc())
            .limit(limit)
        )
        return [(row.task_type or "general", row.rating, row.created_at) for row in rows]

    async def unanswered(self, conversation_ids: Sequence[UUID], user_id: str) -> list[UUID]:
        """Return the person's questions that are still being answered, oldest first."""
        return list(
            await self._db.scalars(
                select(interactions.c.id)
                .where(
                    interactions.c.conversation_id.in_(conversation_ids),
                    interactions.c.user_id == user_id,
                    interactions.c.status != "done",
                )
                .order_by(interactions.c.created_at)
            )
        )

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
        row.again,
        row.asked_role,
        row.clarifies,
        getattr(row, "asked_at", None) or "",  # only who looks for one gets it
    )
