"""All knowledge at a glance: documents, corrections and liked answers that somebody may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from learning.feedback import DISLIKED, LIKED
from learning.store.schema import (
    knowledge,
    knowledge_documents,
    knowledge_sources,
    learnings,
    lexeme_statistics,
    scope_statistics,
)
from learning.topics import Background

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as it is listed. ``doubted``: it changed or is missing since it was read."""

    id: UUID
    name: str
    kind: str
    topics: tuple[str, ...]
    passages: int
    validated_at: datetime
    doubted: bool


@dataclass(frozen=True, slots=True)
class Taught:
    """A correction, or an answer that was liked. ``kind``: correction, rated_answer."""

    id: UUID
    kind: str
    user_id: str
    question: str
    answer: str
    rating: float | None
    times_used: int
    successes: int
    failures: int
    borne_out_at: datetime


class Catalogue:
    """Reads what is known within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def documents(self, limit: int) -> tuple[list[Listed], int]:
        """Return the documents validated last, and how many there are in all."""
        passages = (
            select(func.count())
            .where(
                knowledge.c.workspace_id == knowledge_documents.c.workspace_id,
                knowledge.c.document_id == knowledge_documents.c.id,
            )
            .scalar_subquery()
        )
        table = knowledge_documents
        # Through its source, because that says who may read a document.
        rows = await self._db.execute(
            select(
                table.c.id,
                table.c.name,
                knowledge_sources.c.kind,
                table.c.topics,
                passages.label("passages"),
                table.c.validated_at,
                (table.c.confidence < 1).label("doubted"),
                func.count().over().label("total"),
            )
            .join(
                knowledge_sources,
                (knowledge_sources.c.workspace_id == table.c.workspace_id)
                & (knowledge_sources.c.id == table.c.source_id),
            )
            .order_by(table.c.validated_at.desc(), table.c.id)
            .limit(limit)
        )
        found = rows.all()
        return (
            [
                Listed(
                    r.id,
                    r.name,
                    r.kind,
                    tuple(r.topics or ()),
                    r.passages,
                    r.validated_at,
                    r.doubted,
                )
                for r in found
            ],
            found[0].total if found else 0,
        )

    async def taught(self, limit: int) -> tuple[list[Taught], int]:
        """Return the newest corrections and liked answers that hold, and how many there are."""
        rated = learnings.c.rating
        rows = await self._db.execute(
            select(learnings, func.count().over().label("total"))
            .where(
                learnings.c.valid_to.is_(None),
                or_(
                    (learnings.c.kind == "correction") & (rated.is_(None) | (rated > DISLIKED)),
                    (learnings.c.kind == "rated_answer") & (rated >= LIKED),
                ),
            )
            .order_by(learnings.c.created_at.desc(), learnings.c.id.desc())
            .limit(limit)
        )
        found = rows.all()
        return (
            [
                Taught(
                    r.id,
                    r.kind,
                    r.user_id,
                    r.content["question"],
                    r.content["answer"],
                    r.rating,
                    r.times_used,
                    r.successes,
                    r.failures,
                    r.last_used_at or r.created_at,
                )
                for r in found
            ],
            found[0].total if found else 0,
        )

    async def background(self, stems: Iterable[str]) -> Background:
        """Return in how many of the workspace's texts each stem stands.

        The table holds keyed hashes only, so a stem can be looked up but none read out.
        """
        terms = {self._unit.hasher.term(stem): stem for stem in stems}
        documents = await self._db.execute(select(scope_statistics.c.documents))
        rows = await self._db.execute(
            select(lexeme_statistics.c.lexeme, lexeme_statistics.c.documents).where(
                lexeme_statistics.c.lexeme == func.any(literal(list(terms), ARRAY(Integer)))
            )
        )
        return Background(
            documents.scalar_one_or_none() or 0, {terms[row[0]]: row[1] for row in rows}
        )
