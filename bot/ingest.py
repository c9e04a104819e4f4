"""Reading knowledge: a file, a folder, a checkout or a page becomes passages to cite.

Sequence only: what is worth reading and where it is cut is decided in
``integrations.knowledge``, what a look at a known document means in
``learning.knowledge``. Only what changed is read again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx

from bot.look import look, look_again
from bot.reading import Reading
from integrations.contracts.knowledge import Document, Skipped, SourceFailure
from learning.knowledge import DOUBTED, Seen, decide
from learning.projects.profile import is_profile
from learning.sources import trust_of
from learning.store.catalogue import Catalogue
from learning.store.contents import passage_text
from learning.store.ids import new_id
from learning.store.index import Item, RecallIndex
from learning.store.knowledge import Knowledge, NewPassage
from learning.topics import mentions, topics_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from bot.embedding import Embedding
    from bot.look import Fetch, Look
    from bot.reading import Wanted
    from integrations.knowledge.limits import Limits
    from learning.knowledge import KnownDocument
    from learning.scope import Audience
    from learning.store.knowledge import Source
    from learning.store.store import Store
    from learning.topics import Mentions

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
    new: int = 0
    """How many of those read were not known before."""
    missing: int = 0
    """Not found, but a single look is not believed."""
    unreachable: int = 0
    """Could not be looked at; what was read of them stays."""
    left: int = 0
    """Changed or new, for the next run."""

    def __str__(self) -> str:
        parts = [f"{self.read} file{'' if self.read == 1 else 's'} read ({self.passages} passages)"]
        if self.unchanged:
            parts.append(f"{self.unchanged} unchanged")
        if self.removed:
            parts.append(f"{self.removed} gone and removed")
        if kept := self.missing + self.unreachable:
            parts.append(f"{kept} not found or out of reach, and kept")
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


class Ingestion:
    """Reads sources into the store.

    Args:
        store: where passages go.
        embedding: makes their vectors.
        limits: the bounds of reading.
        clock: tells the time.
        fetch: reads a page; by default from the web, without cookies and proxies.
    """

    def __init__(
        self,
        store: Store,
        embedding: Embedding,
        limits: Limits,
        clock: Clock,
        fetch: Fetch | None = None,
    ) -> None:
        self._store = store
        self._embedding = embedding
        self._limits = limits
        self._clock = clock
        self._fetch = fetch or self._from_the_web

    async def ingest(
        self, workspace_id: str, user_id: str, audience: Audience, location: str
    ) -> AsyncIterator[Progress | Report]:
        """Read a source; yield progress, and the report last.

        Raises:
            SourceFailure: if the source as a whole cannot be read.
        """
        found = await look(location, self._limits, self._fetch)
        async with self._store.begin(workspace_id, None) as unit:
            source_id = await Knowledge(unit).open_source(
                found.root, found.kind, audience, user_id, self._clock()
            )
        async for step in self.renew(workspace_id, source_id, audience, found, self._clock()):
            yield step

    async def look_again(self, source: Source) -> Look:
        """Look at the place of a known source."""
        return await look_again(source, self._limits, self._fetch)

    async def renew(
        self,
        workspace_id: str,
        source_id: UUID,
        audience: Audience,
        found: Look,
        now: datetime,
        *,
        most: int | None = None,
    ) -> AsyncIterator[Progress | Report]:
        """Bring what is known of a source up to a look; yield progress, and the report last.

        Args:
            workspace_id: the workspace.
            source_id: the source.
            audience: who may read it.
            found: what stands at its place.
            now: when that was.
            most: at most so many documents are read; all if ``None``.

        Raises:
            SourceFailure: if the source is forgotten meanwhile.
        """
        # The parsers cost half a second and 40 MB; processes that never ingest never load them.
        from integrations.knowledge.read import read  # noqa: PLC0415 - see above

        report = Report()
        reading = Reading(source_id, audience, now, report.skipped)
        async with self._store.begin(workspace_id, None) as unit:
            knowledge = Knowledge(unit)
            known = await knowledge.documents(source_id)
            absent = reading.plan(found, known, knowledge.name_digest)
            names = await knowledge.names([document.id for document in absent])
        for document in absent:
            name = names.get(document.id, "")
            if is_profile(name):
                continue  # it stands in no file; who concluded it renews it
            seen = found.absent(name)
            reading.note(decide(document, seen), document)
        if found.why and not report.skipped:
            report.skipped.append(Skipped(found.root, "unreadable", found.why))
        report.left = reading.bound(most)
        for number, wanted in enumerate(reading.wanted, 1):
            yield Progress(f"Reading {wanted.name}", number, len(reading.wanted))
            entry = wanted.entry
            taken: Document | Skipped = (
                entry
                if isinstance(entry, Document)
                else await asyncio.to_thread(read, entry, self._limits)
            )
            if isinstance(taken, Skipped):
                reading.skip(wanted, taken)
                continue
            reading.batch.append((replace(taken, name=wanted.name), wanted))
            if reading.full:
                await self._save(workspace_id, reading, report)
        await self._save(workspace_id, reading, report)
        await self._finish(workspace_id, reading, report)
        yield report

    async def remove(self, workspace_id: str, source_id: UUID) -> None:
        """Forget a source with everything read from it."""
        async with self._store.begin(workspace_id, None) as unit:
            knowledge = Knowledge(unit)
            await knowledge.hold(source_id)
            documents = await knowledge.documents(source_id)
            await _forget(knowledge, RecallIndex(unit), [d.id for d in documents.values()])
            await knowledge.remove_source(source_id)

    async def _from_the_web(self, url: str) -> Document | Skipped:
        from integrations.knowledge.web import fetch  # noqa: PLC0415 - loads the parsers

        async with httpx.AsyncClient(trust_env=False) as client:
            return await fetch(url, client, self._limits)

    async def _save(self, workspace_id: str, reading: Reading, report: Report) -> None:
        """Store the batch: texts, words and vectors in one transaction."""
        batch, reading.batch = reading.batch, []
        if not batch:
            return
        found = await asyncio.to_thread(_mentions, [document for document, _ in batch])
        changed = [document for document, wanted in batch if not _same(wanted.before, document)]
        texts = [
            passage_text(document.name, passage.title, passage.text)
            for document in changed
            for passage in document.passages
        ]
        indexed = zip(texts, await self._embedding.passages(texts), strict=True)
        vectors = {
            document.name: [next(indexed) for _ in document.passages] for document in changed
        }
        async with self._store.begin(workspace_id, None) as unit:
            knowledge, index, now = Knowledge(unit), RecallIndex(unit), reading.now
            await _hold(knowledge, reading.source_id)
            # Another reading of the source may have been here since the look.
            known = await knowledge.documents(
                reading.source_id, [document.name for document, _ in batch]
            )
            background = await Catalogue(unit).background(
                {stem for each in found for stem in each.stems}
            )
            items: list[Item] = []
            for (document, wanted), mentioned in zip(batch, found, strict=True):
                before = known.get(knowledge.name_digest(document.name))
                topics = topics_of(mentioned, background)
                if before is not None and _same(before, document):
                    await knowledge.touch(before.id, wanted.mtime_ns, now, topics)
                    reading.note("unchanged", before)
                elif document.name in vectors:
                    if before is not None:
                        await _forget(knowledge, index, [before.id])
                    report.read += 1
                    report.new += before is None
                    items += await self._put(
                        knowledge, document, vectors[document.name], wanted, topics, reading
                    )
            await index.add(items, self._embedding.name)
        report.passages += len(items)

    async def _put(
        self,
        knowledge: Knowledge,
        document: Document,
        indexed: Sequence[tuple[str, NDArray[np.float32] | None]],
        wanted: Wanted,
        topics: Sequence[str],
        reading: Reading,
    ) -> list[Item]:
        """Store a document that is new or changed; return what is to be indexed of it."""
        passages = [
            NewPassage(new_id(), n, p.kind, p.title, p.text, p.start_line, p.end_line, p.page)
            for n, p in enumerate(document.passages)
        ]
        document_id = await knowledge.put_document(
            reading.source_id,
            document,
            passages,
            wanted.mtime_ns,
            reading.audience,
            reading.now,
            topics,
        )
        return [
            Item(
                id=passage.id,
                kind="knowledge",
                audience=reading.audience,
                user_id=None,
                sequence_id=document_id,
                position=passage.ordinal,
                speaker="",
                occurred_at=reading.now,
                text=text,
                vectors=vectors,
                trust=trust_of(document.name),
            )
            for passage, (text, vectors) in zip(passages, indexed, strict=True)
        ]

    async def _finish(self, workspace_id: str, reading: Reading, report: Report) -> None:
        """Save what the look said of the documents that were not read."""
        gone = reading.ids("gone")
        report.removed = len(gone)
        report.unchanged = len(reading.ids("unchanged"))
        report.missing = len(reading.ids("missing"))
        report.unreachable = len(reading.ids("unreachable"))
        async with self._store.begin(workspace_id, None) as unit:
            knowledge, index = Knowledge(unit), RecallIndex(unit)
            await _hold(knowledge, reading.source_id)
            await _forget(knowledge, index, gone)
            await knowledge.validate(reading.ids("unchanged"), reading.now)
            await knowledge.doubt(reading.ids("changed", "missing"), DOUBTED)
            for confidence, document_ids in reading.beliefs().items():
                passages = await knowledge.passages(document_ids)
                await index.believe(dict.fromkeys(passages, confidence))
            await knowledge.read(reading.source_id, reading.now)
            await index.fold()
        await self._embedding.catch_up(workspace_id)


def _same(before: KnownDocument | None, document: Document) -> bool:
    return before is not None and decide(before, Seen(digest=document.digest)) == "unchanged"


def _mentions(documents: Sequence[Document]) -> list[Mentions]:
    return [
        mentions(d.name, d.title, [(passage.title, passage.text) for passage in d.passages])
        for d in documents
    ]


async def _hold(knowledge: Knowledge, source_id: UUID) -> None:
    if not await knowledge.hold(source_id):
        raise SourceFailure("the source was forgotten while it was read: nothing of it is kept")


async def _forget(knowledge: Knowledge, index: RecallIndex, document_ids: list[UUID]) -> None:
    if document_ids:
        await index.remove(await knowledge.passages(document_ids))
        await knowledge.remove(document_ids)
