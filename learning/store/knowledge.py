"""Knowledge: sources, their documents, and the passages that can be cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.ids import new_id
from learning.store.schema import knowledge, knowledge_documents, knowledge_sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from learning.scope import Audience
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Source:
    """A file, folder, checkout or page that was read."""

    id: UUID
    location: str
    kind: str
    audience: Audience
    added_by: str
    read_at: datetime | None
    documents: int


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is needed to tell whether a document changed."""

    id: UUID
    digest: str
    size: int
    mtime_ns: int


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
        count = (
            select(func.count())
            .where(
                knowledge_documents.c.workspace_id == knowledge_sources.c.workspace_id,
                knowledge_documents.c.source_id == knowledge_sources.c.id,
            )
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(knowledge_sources, count.label("documents")).order_by(
                knowledge_sources.c.created_at
            )
        )
        return [
            Source(r.id, r.location, r.kind, r.audience, r.added_by, r.read_at, r.documents)
            for r in rows
        ]

    async def documents(self, source_id: UUID) -> dict[bytes, KnownDocument]:
        """Return the documents of a source by the digest of their name."""
        table = knowledge_documents
        rows = await self._db.execute(
            select(
                table.c.name_digest, table.c.id, table.c.digest, table.c.size, table.c.mtime_ns
            ).where(table.c.source_id == source_id)
        )
        return {bytes(r[0]): KnownDocument(r[1], r[2], r[3], r[4]) for r in rows}

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
                read_at=now,
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

    async def touch(self, document_id: UUID, mtime_ns: int, now: datetime) -> None:
        """Note that a document was looked at and found unchanged."""
        await self._db.execute(
            update(knowledge_documents)
            .where(knowledge_documents.c.id == document_id)
            .values(mtime_ns=mtime_ns, read_at=now)
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
        """Note that a source was read to its end."""
        await self._db.execute(
            update(knowledge_sources).where(knowledge_sources.c.id == source_id).values(read_at=now)
        )
