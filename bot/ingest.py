"""Reading knowledge: a file, a folder, a checkout or a page becomes passages to cite.

Sequence only: what is worth reading and where it is cut is decided in
``integrations.knowledge``. Only what changed is read again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from integrations.contracts.knowledge import Document, Found, Skipped
from learning.sources import trust_of
from learning.store.contents import passage_text
from learning.store.ids import new_id
from learning.store.index import Item, RecallIndex
from learning.store.knowledge import Knowledge, NewPassage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from uuid import UUID

    from bot.clock import Clock
    from bot.embedding import Embedding
    from integrations.knowledge.limits import Limits
    from learning.scope import Audience
    from learning.store.knowledge import KnownDocument
    from learning.store.store import Store

_BATCH_PASSAGES = 128
_SHOWN_SKIPS = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingestion has come, as a sentence and as numbers."""

    text: str
    done: int
    total: int


@dataclass(slots=True)
class Report:
    """What came of an ingestion."""

    read: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.read} file{'' if self.read == 1 else 's'} read ({self.passages} passages)"]
        if self.unchanged:
            parts.append(f"{self.unchanged} unchanged")
        if self.removed:
            parts.append(f"{self.removed} gone and removed")
        notable = [s for s in self.skipped if s.reason not in {"ignored", "binary", "empty"}]
        quiet = len(self.skipped) - len(notable)
        if quiet:
            parts.append(f"{quiet} passed over (ignored, binary or empty)")
        lines = [", ".join(parts) + "."]
        lines += [f"- {s.name}: {s.detail}" for s in notable[:_SHOWN_SKIPS]]
        if len(notable) > _SHOWN_SKIPS:
            reasons = Counter(s.reason.replace("_", " ") for s in notable[_SHOWN_SKIPS:])
            more = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
            lines.append(f"- and {len(notable) - _SHOWN_SKIPS} more: {more}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Source:
    """What stands at a location, before it is read."""

    kind: str
    root: str
    entries: Sequence[Found | Skipped | Document]

    def name_of(self, entry: Found | Skipped | Document) -> str:
        """Return how citations call an entry: with the folder's name in front."""
        return (
            f"{Path(self.root).name}/{entry.name}" if self.kind in {"folder", "git"} else entry.name
        )


@dataclass(slots=True)
class _Reading:
    """One run over a source: what was known, what was seen, what is to be saved."""

    source_id: UUID
    known: dict[bytes, KnownDocument]
    digest: Callable[[str], bytes]
    report: Report = field(default_factory=Report)
    seen: set[bytes] = field(default_factory=set)
    blind: bool = False
    batch: list[tuple[Document, int, KnownDocument | None]] = field(default_factory=list)

    def skip(self, entry: Skipped) -> None:
        """Note what was not taken; what cannot be looked at today is not gone."""
        self.report.skipped.append(entry)
        self.blind = self.blind or entry.reason == "unreadable"

    def unchanged(self, name: str, entry: Found | Document) -> bool:
        """Tell by size and time whether a file is as it was; contents are not looked at."""
        before = self.known.get(self.digest(name))
        if before is None or isinstance(entry, Document):
            return False
        if (before.size, before.mtime_ns) != (entry.size, entry.mtime_ns):
            return False
        self.seen.add(self.digest(name))
        self.report.unchanged += 1
        return True

    def take(self, name: str, document: Document, mtime_ns: int) -> KnownDocument | None:
        """Put a document into the batch; return the known one if its contents are the same."""
        key = self.digest(name)
        self.seen.add(key)
        before = self.known.get(key)
        if before is not None and before.digest == document.digest:
            self.report.unchanged += 1
            return before
        self.report.read += 1
        self.batch.append((replace(document, name=name), mtime_ns, before))
        return None

    @property
    def full(self) -> bool:
        """Whether the batch is worth a transaction."""
        return sum(len(document.passages) for document, _, _ in self.batch) >= _BATCH_PASSAGES

    @property
    def gone(self) -> list[UUID]:
        """The documents that are no longer there."""
        if self.blind:
            return []
        return [document.id for key, document in self.known.items() if key not in self.seen]


class Ingestion:
    """Reads sources into the store."""

    def __init__(self, store: Store, embedding: Embedding, limits: Limits, clock: Clock) -> None:
        self._store = store
        self._embedding = embedding
        self._limits = limits
        self._clock = clock

    async def ingest(
        self, workspace_id: str, user_id: str, audience: Audience, location: str
    ) -> AsyncIterator[Progress | Report]:
        """Read a source; yield progress, and the report last.

        Raises:
            SourceFailure: if the source as a whole cannot be read.
        """
        # The parsers cost half a second and 40 MB; processes that never ingest never load them.
        from integrations.knowledge.read import read  # noqa: PLC0415 - see above

        source = await self._look(location)
        async with self._store.begin(workspace_id, None) as unit:
            knowledge = Knowledge(unit)
            source_id = await knowledge.open_source(
                source.root, source.kind, audience, user_id, self._clock()
            )
            reading = _Reading(
                source_id, await knowledge.documents(source_id), knowledge.name_digest
            )
        for number, entry in enumerate(source.entries, 1):
            name = source.name_of(entry)
            if isinstance(entry, Skipped):
                reading.skip(entry)
                continue
            if reading.unchanged(name, entry):
                continue
            yield Progress(f"Reading {name}", number, len(source.entries))
            document: Document | Skipped = (
                entry
                if isinstance(entry, Document)
                else await asyncio.to_thread(read, entry, self._limits)
            )
            if isinstance(document, Skipped):
                reading.skip(document)
                continue
            mtime_ns = entry.mtime_ns if isinstance(entry, Found) else 0
            if (same := reading.take(name, document, mtime_ns)) is not None:
                async with self._store.begin(workspace_id, None) as unit:
                    await Knowledge(unit).touch(same.id, mtime_ns, self._clock())
            if reading.full:
                await self._save(workspace_id, audience, reading)
        await self._save(workspace_id, audience, reading)
        await self._finish(workspace_id, reading)
        yield reading.report

    async def _look(self, location: str) -> _Source:
        from integrations.knowledge.walk import walk  # noqa: PLC0415 - loads the parsers
        from integrations.knowledge.web import fetch  # noqa: PLC0415 - as above

        if location.startswith(("http://", "https://")):
            async with httpx.AsyncClient(trust_env=False) as client:
                return _Source("web", location, [await fetch(location, client, self._limits)])

        def look() -> _Source:
            path = Path(location).expanduser().absolute()
            entries = list(walk(path, self._limits))
            kind = "git" if (path / ".git").exists() else "folder" if path.is_dir() else "file"
            return _Source(kind, str(path), entries)

        return await asyncio.to_thread(look)

    async def _finish(self, workspace_id: str, reading: _Reading) -> None:
        gone = reading.gone
        reading.report.removed = len(gone)
        async with self._store.begin(workspace_id, None) as unit:
            knowledge, index = Knowledge(unit), RecallIndex(unit)
            await _forget(knowledge, index, gone)
            await knowledge.read(reading.source_id, self._clock())
            await index.fold()
        await self._embedding.catch_up(workspace_id)

    async def remove(self, workspace_id: str, source_id: UUID) -> None:
        """Forget a source with everything read from it."""
        async with self._store.begin(workspace_id, None) as unit:
            knowledge = Knowledge(unit)
            documents = await knowledge.documents(source_id)
            await _forget(knowledge, RecallIndex(unit), [d.id for d in documents.values()])
            await knowledge.remove_source(source_id)

    async def _save(self, workspace_id: str, audience: Audience, reading: _Reading) -> None:
        """Store the batch: texts, words and vectors in one transaction."""
        batch, reading.batch = reading.batch, []
        if not batch:
            return
        texts = [
            passage_text(document.name, passage.title, passage.text)
            for document, _, _ in batch
            for passage in document.passages
        ]
        indexed = zip(texts, await self._embedding.passages(texts), strict=True)
        async with self._store.begin(workspace_id, None) as unit:
            knowledge, index = Knowledge(unit), RecallIndex(unit)
            await _forget(knowledge, index, [old.id for _, _, old in batch if old])
            items: list[Item] = []
            for document, mtime_ns, _ in batch:
                passages = [
                    NewPassage(
                        new_id(), n, p.kind, p.title, p.text, p.start_line, p.end_line, p.page
                    )
                    for n, p in enumerate(document.passages)
                ]
                document_id = await knowledge.put_document(
                    reading.source_id, document, passages, mtime_ns, audience, self._clock()
                )
                items += [
                    Item(
                        id=passage.id,
                        kind="knowledge",
                        audience=audience,
                        user_id=None,
                        sequence_id=document_id,
                        position=passage.ordinal,
                        speaker="",
                        occurred_at=self._clock(),
                        text=text,
                        vectors=vectors,
                        trust=trust_of(document.name),
                    )
                    for passage, (text, vectors) in zip(passages, indexed, strict=False)
                ]
            await index.add(items, self._embedding.name)
        reading.report.passages += len(items)


async def _forget(knowledge: Knowledge, index: RecallIndex, document_ids: list[UUID]) -> None:
    if document_ids:
        await index.remove(await knowledge.passages(document_ids))
        await knowledge.remove(document_ids)
