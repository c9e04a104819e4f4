"""Knowledge: sources, their documents, and the passages that can be cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Uuid, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.knowledge import KnownDocument
from learning.store.decisions import recalled
from learning.store.ids import new_id
from learning.store.remembered import knowledge_corrections
from learning.store.schema import (
    interactions,
    knowledge,
    knowledge_documents,
    knowledge_sources,
    learnings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Source:
    """A file, folder, checkout or page that was read.

    ``read_at`` is when it was last looked at; ``None`` before its first reading ended.
    """

    id: UUID
    location: str
    kind: str
    audience: Audience
    added_by: str
    read_at: datetime | None
    documents: int
    validated_at: datetime | None
    """Since when all of its documents were found to be as they were read."""


class DocumentFacts(Protocol):
    """What is kept about a document beside its passages."""

    @property
    def name(self) -> str:
        """As citations show it."""

    @property
    def title(self) -> str:
        """Its own title, or empty."""

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, hex."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def media_type(self) -> str:
        """Such as "text/markdown"."""


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to store; ``id`` is also its id in the recall index."""

    id: UUID
    ordinal: int
    kind: str
    title: str
    text: str
    start_line: int
    end_line: int
    page: int | None


class Knowledge:
    """Reads and writes knowledge within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def open_source(
        self, location: str, kind: str, audience: Audience, added_by: str, now: datetime
    ) -> UUID:
        """Return the source at a location, adding it at first sight."""
        digest = self._unit.digest("source", location)
        statement = (
            upsert(knowledge_sources)
            .values(
                workspace_id=self._unit.workspace_id,
                id=new_id(),
                audience=audience,
                location=location,
                digest=digest,
                added_by=added_by,
                kind=kind,
                created_at=now,
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "audience", "digest"], set_={"kind": kind}
            )
            .returning(knowledge_sources.c.id)
        )
        opened: UUID = (await self._db.execute(statement)).scalar_one()
        return opened

    async def sources(self) -> list[Source]:
        """Return the sources this transaction may read, with their sizes."""
        of_source = (
            knowledge_documents.c.workspace_id == knowledge_sources.c.workspace_id,
            knowledge_documents.c.source_id == knowledge_sources.c.id,
        )
        count = select(func.count()).where(*of_source).scalar_subquery()
        validated = (
            select(func.min(knowledge_documents.c.validated_at)).where(*of_source).scalar_subquery()
        )
        rows = await self._db.execute(
            select(
                knowledge_sources, count.label("documents"), validated.label("validated_at")
            ).order_by(knowledge_sources.c.created_at)
        )
        return [
            Source(
                r.id,
                r.location,
                r.kind,
                r.audience,
                r.added_by,
                r.read_at,
                r.documents,
                r.validated_at,
            )
            for r in rows
        ]

    async def hold(self, source_id: UUID) -> bool:
        """Let nobody else change a source until the transaction ends; tell whether it is there.

        Who changes what was read from a source holds it first: two readings of it
        then take turns, and none waits for the other in a circle.
        """
        held = await self._db.execute(
            select(knowledge_sources.c.id)
            .where(knowledge_sources.c.id == source_id)
            .with_for_update(key_share=True)
        )
        return held.one_or_none() is not None

    async def documents(
        self, source_id: UUID, names: Sequence[str] | None = None
    ) -> dict[bytes, KnownDocument]:
        """Return the documents of a source by the digest of their name.

        Args:
            source_id: the source.
            names: only these documents.
        """
        table = knowledge_documents
        statement = select(
            table.c.name_digest,
            table.c.id,
            table.c.digest,
            table.c.size,
            table.c.mtime_ns,
            table.c.validated_at,
            table.c.confidence < 1,
            table.c.topics.is_not(None),
        ).where(table.c.source_id == source_id)
        if names is not None:
            statement = statement.where(
                table.c.name_digest.in_([self.name_digest(name) for name in names])
            )
        rows = await self._db.execute(statement)
        return {bytes(row[0]): KnownDocument(*row[1:]) for row in rows}

    async def names(self, document_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return what documents are called."""
        rows = await self._db.execute(
            select(knowledge_documents.c.id, knowledge_documents.c.name).where(
                knowledge_documents.c.id.in_(document_ids)
            )
        )
        return {row.id: row.name for row in rows}

    def name_digest(self, name: str) -> bytes:
        """Return the key ``documents`` uses for a name."""
        return self._unit.digest("document", name)

    async def put_document(
        self,
        source_id: UUID,
        document: DocumentFacts,
        passages: Sequence[NewPassage],
        mtime_ns: int,
        audience: Audience,
        now: datetime,
        topics: Sequence[str] = (),
    ) -> UUID:
        """Add a document with its passages; an earlier version must be removed first."""
        document_id = new_id()
        await self._db.execute(
            insert(knowledge_documents).values(
                workspace_id=self._unit.workspace_id,
                id=document_id,
                source_id=source_id,
                name=document.name,
                name_digest=self.name_digest(document.name),
                title=document.title,
                digest=document.digest,
                size=document.size,
                mtime_ns=mtime_ns,
                media_type=document.media_type,
                topics=list(topics),
                read_at=now,
                validated_at=now,
            )
        )
        if passages:
            await self._db.execute(
                insert(knowledge),
                [
                    {
                        "workspace_id": self._unit.workspace_id,
                        "id": passage.id,
                        "audience": audience,
                        "document_id": document_id,
                        "ordinal": passage.ordinal,
                        "kind": passage.kind,
                        "title": passage.title,
                        "text": passage.text,
                        "start_line": passage.start_line,
                        "end_line": passage.end_line,
                        "page": passage.page,
                    }
                    for passage in passages
                ],
            )
        return document_id

    async def passages(self, document_ids: Sequence[UUID]) -> list[UUID]:
        """Return the ids of the passages of documents."""
        rows = await self._db.execute(
            select(knowledge.c.id).where(knowledge.c.document_id.in_(document_ids))
        )
        return list(rows.scalars())

    async def touch(
        self,
        document_id: UUID,
        mtime_ns: int,
        now: datetime,
        topics: Sequence[str] | None = None,
    ) -> None:
        """Note that a document was read again and is as it was."""
        described = {} if topics is None else {"topics": list(topics)}
        await self._db.execute(
            update(knowledge_documents)
            .where(knowledge_documents.c.id == document_id)
            .values(mtime_ns=mtime_ns, validated_at=now, confidence=1.0, **described)
        )

    async def validate(self, document_ids: Sequence[UUID], now: datetime) -> None:
        """Note that documents were looked at and found unchanged."""
        if document_ids:
            await self._db.execute(
                update(knowledge_documents)
                .where(knowledge_documents.c.id.in_(document_ids))
                .values(validated_at=now, confidence=1.0)
            )

    async def doubt(self, document_ids: Sequence[UUID], confidence: float) -> None:
        """Note that documents changed or are missing, and were not read again."""
        if document_ids:
            await self._db.execute(
                update(knowledge_documents)
                .where(knowledge_documents.c.id.in_(document_ids))
                .values(confidence=confidence)
            )

    async def remove(self, document_ids: Sequence[UUID]) -> None:
        """Delete documents with their passages."""
        await self._db.execute(
            delete(knowledge_documents).where(knowledge_documents.c.id.in_(document_ids))
        )

    async def remove_source(self, source_id: UUID) -> None:
        """Delete a source with everything read from it."""
        await self._db.execute(delete(knowledge_sources).where(knowledge_sources.c.id == source_id))

    async def read(self, source_id: UUID, now: datetime) -> None:
        """Note that a source was looked at to its end."""
        await self._db.execute(
            update(knowledge_sources).where(knowledge_sources.c.id == source_id).values(read_at=now)
        )

    async def corrected(self, learning_id: UUID, interaction_id: UUID) -> int:
        """Note which passages a correction speaks against; return how many more they are.

        They are those that the corrected answer cited; a correction of a correction
        speaks against what the first answer cited.

        Args:
            learning_id: the correction.
            interaction_id: the answer that it replaces.
        """
        corrected = (
            select(interactions.c.id, interactions.c.supersedes)
            .where(interactions.c.id == interaction_id)
            .cte(recursive=True)
        )
        earlier = select(interactions.c.id, interactions.c.supersedes).join(
            corrected, interactions.c.id == corrected.c.supersedes
        )
        answers = corrected.union(earlier)
        cited = (
            select(knowledge.c.workspace_id, knowledge.c.id, literal(learning_id, Uuid))
            .join(
                recalled,
                (recalled.c.workspace_id == knowledge.c.workspace_id)
                & (recalled.c.item_id == knowledge.c.id),
            )
            .where(recalled.c.cited, recalled.c.interaction_id.in_(select(answers.c.id)))
            .distinct()
        )
        linked = await self._db.execute(
            upsert(knowledge_corrections)
            .from_select(["workspace_id", "item_id", "learning_id"], cited)
            .on_conflict_do_nothing()
            .returning(knowledge_corrections.c.item_id)
        )
        return len(linked.all())

    async def cleared(self, learning_id: UUID) -> None:
        """Note that a learning speaks against no passage any more."""
        await self._db.execute(
            delete(knowledge_corrections).where(knowledge_corrections.c.learning_id == learning_id)
        )

    async def corrections_of(self, item_ids: Sequence[UUID]) -> Mapping[UUID, list[UUID]]:
        """Return, per passage, the corrections that hold and speak against it, newest first.

        Those that this transaction may not read speak against nothing here.
        """
        if not item_ids:
            return {}
        link = knowledge_corrections
        rows = await self._db.execute(
            select(link.c.item_id, link.c.learning_id)
            .join(
                learnings,
                (learnings.c.workspace_id == link.c.workspace_id)
                & (learnings.c.id == link.c.learning_id),
            )
            .where(link.c.item_id.in_(item_ids), learnings.c.valid_to.is_(None))
            .order_by(learnings.c.created_at.desc(), learnings.c.id.desc())
        )
        found: dict[UUID, list[UUID]] = {}
        for item_id, learning_id in rows:
            found.setdefault(item_id, []).append(learning_id)
        return found
