"""Projects: sources that are watched, and known as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.acted import projects
from learning.store.ids import new_id
from learning.store.schema import knowledge, knowledge_documents, knowledge_sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit

Origin = Literal["local", "github"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    Attributes:
        location: where it stands: a path, or the address of a repository.
        origin: whose eyes are needed to look at it.
        revision: the commit that it stood at when it was read; empty if unknown.
        failures: looks that failed since the last that did not.
        body: name, repo, marks of its files, summary, progress, problem.
        documents: files that were read of it.
        learned_at: when its profile last changed; ``None`` before the first reading ended.
        validated_at: when it was last found to be as it is known.
    """

    id: UUID
    source_id: UUID
    location: str
    audience: Audience
    added_by: str
    origin: Origin
    revision: str
    failures: int
    body: Mapping[str, Any]
    documents: int
    created_at: datetime
    learned_at: datetime | None
    validated_at: datetime | None


class Projects:
    """Reads and writes projects within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def open(
        self, source_id: UUID, origin: Origin, audience: Audience, body: Mapping[str, Any]
    ) -> UUID:
        """Return the project of a source, adding it at first sight."""
        statement = (
            upsert(projects)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                audience=audience,
                source_id=source_id,
                origin=origin,
                body=dict(body),
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "source_id"], set_={"origin": origin}
            )
            .returning(projects.c.id)
        )
        opened: UUID = (await self._db.execute(statement)).scalar_one()
        return opened

    async def all(self) -> list[Project]:
        """Return the projects that this transaction may read, the oldest first."""
        documents = (
            select(func.count())
            .where(
                knowledge_documents.c.workspace_id == projects.c.workspace_id,
                knowledge_documents.c.source_id == projects.c.source_id,
            )
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(
                projects,
                knowledge_sources.c.location,
                knowledge_sources.c.added_by,
                documents.label("documents"),
            )
            .join(
                knowledge_sources,
                (knowledge_sources.c.workspace_id == projects.c.workspace_id)
                & (knowledge_sources.c.id == projects.c.source_id),
            )
            .order_by(projects.c.created_at, projects.c.id)
        )
        return [
            Project(
                r.id,
                r.source_id,
                r.location,
                r.audience,
                r.added_by,
                r.origin,
                r.revision,
                r.failures,
                r.body,
                r.documents,
                r.created_at,
                r.learned_at,
                r.validated_at,
            )
            for r in rows
        ]

    async def find(self, project_id: UUID) -> Project | None:
        """Return a project, if it is there and may be read."""
        return next((each for each in await self.all() if each.id == project_id), None)

    async def passages(self, source_id: UUID, kinds: tuple[str, ...]) -> list[UUID]:
        """Return the passages of these kinds that belong to a source."""
        rows = await self._db.execute(
            select(knowledge.c.id)
            .join(
                knowledge_documents,
                (knowledge_documents.c.workspace_id == knowledge.c.workspace_id)
                & (knowledge_documents.c.id == knowledge.c.document_id),
            )
            .where(knowledge_documents.c.source_id == source_id, knowledge.c.kind.in_(kinds))
        )
        return list(rows.scalars())

    async def ways_of(self, item_ids: Sequence[UUID]) -> list[UUID]:
        """Return what is told of the conventions of the projects that passages stand in."""
        there = (
            select(knowledge_documents.c.source_id)
            .join(
                knowledge,
                (knowledge.c.workspace_id == knowledge_documents.c.workspace_id)
                & (knowledge.c.document_id == knowledge_documents.c.id),
            )
            .where(knowledge.c.id.in_(item_ids))
        )
        rows = await self._db.execute(
            select(knowledge.c.id)
            .join(
                knowledge_documents,
                (knowledge_documents.c.workspace_id == knowledge.c.workspace_id)
                & (knowledge_documents.c.id == knowledge.c.document_id),
            )
            .where(
                knowledge.c.kind == "conventions",
                knowledge_documents.c.source_id.in_(there.scalar_subquery()),
            )
            .order_by(knowledge.c.id)
        )
        return list(rows.scalars())

    async def save(self, project_id: UUID, body: Mapping[str, Any], **values: Any) -> None:  # noqa: ANN401 - columns
        """Write what is known of a project.

        Args:
            project_id: which one.
            body: all of its body.
            values: further columns: revision, failures, learned_at, validated_at.
        """
        await self._db.execute(
            update(projects).where(projects.c.id == project_id).values(body=dict(body), **values)
        )
