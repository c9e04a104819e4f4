"""One run over a source: what was known of it, what was seen, what is to be read and saved.

Sequence only: what a look at a known document means is decided in ``learning.knowledge``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from integrations.contracts.knowledge import Document, Found, Skipped
from learning.knowledge import BELIEVED, Seen, confidence_of, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from bot.look import Look
    from learning.knowledge import Finding, KnownDocument
    from learning.scope import Audience

_BATCH_PASSAGES: Final = 128

_STILL_THERE: Final = frozenset({"unreadable", "broken", "encrypted", "too_large"})
"""Reasons for not taking a file that was read before and may be readable again: what was
read of it stays, doubted. For any other reason it holds nothing to cite any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document that is to be read, and what is known of it."""

    name: str
    entry: Found | Document
    before: KnownDocument | None

    @property
    def mtime_ns(self) -> int:
        """Its last change as the look saw it: a change while it is read is found by the next."""
        return self.entry.mtime_ns if isinstance(self.entry, Found) else 0


@dataclass(slots=True)
class Reading:
    """One run over a source.

    Attributes:
        source_id: the source.
        audience: who may read it.
        now: when it was looked at.
        skipped: what was not taken, and why.
        wanted: what is to be read, in this order.
        batch: what was read and is not saved yet.
    """

    source_id: UUID
    audience: Audience
    now: datetime
    skipped: list[Skipped]
    wanted: list[Wanted] = field(default_factory=list)
    batch: list[tuple[Document, Wanted]] = field(default_factory=list)
    _findings: dict[Finding, dict[UUID, KnownDocument]] = field(default_factory=dict)

    def note(self, finding: Finding, document: KnownDocument) -> None:
        """Keep what was found of a document, to be saved at the end."""
        self._findings.setdefault(finding, {})[document.id] = document

    def ids(self, *findings: Finding) -> list[UUID]:
        """Return the documents of which one of these was found."""
        return [id_ for finding in findings for id_ in self._findings.get(finding, {})]

    def plan(
        self, look: Look, known: Mapping[bytes, KnownDocument], digest: Callable[[str], bytes]
    ) -> list[KnownDocument]:
        """Decide what is to be read; return the documents that the look did not find."""
        left, seen = dict(known), set[bytes]()
        for entry in look.entries:
            if isinstance(entry, Skipped):
                self.skipped.append(entry)
                continue
            name = look.name_of(entry)
            if (key := digest(name)) in seen:
                self.skipped.append(_namesake(name))
                continue
            seen.add(key)
            before = left.pop(key, None)
            if before is not None and isinstance(entry, Found):
                finding = decide(before, Seen(size=entry.size, mtime_ns=entry.mtime_ns))
                # What was read before documents had topics is read again, once.
                if finding == "unchanged" and before.described:
                    self.note("unchanged", before)
                    continue
            self.wanted.append(Wanted(name, entry, before))
        return list(left.values())

    def bound(self, most: int | None) -> int:
        """Keep what may be read this time, and return how many documents wait for the next.

        Known ones go first, those longest not validated before the others.
        """
        self.wanted.sort(
            key=lambda w: (w.before is None, w.before.validated_at if w.before else self.now)
        )
        cut = len(self.wanted) if most is None else most
        later = self.wanted[cut:]
        del self.wanted[cut:]
        for wanted in later:
            if wanted.before is not None:
                self.note("changed", wanted.before)
        return len(later)

    def skip(self, wanted: Wanted, why: Skipped) -> None:
        """Note what could not be read after all."""
        self.skipped.append(why)
        if wanted.before is not None:
            self.note("changed" if why.reason in _STILL_THERE else "gone", wanted.before)

    @property
    def full(self) -> bool:
        """Whether the batch is worth a transaction."""
        return sum(len(document.passages) for document, _ in self.batch) >= _BATCH_PASSAGES

    def beliefs(self) -> dict[float, list[UUID]]:
        """Return confidences that are to be written into the index, with their documents.

        Those of documents that are looked at every day stay as they are.
        """
        found: dict[float, list[UUID]] = {}
        for finding, documents in self._findings.items():
            for document in documents.values():
                doubted = document.doubted or finding in {"changed", "missing"}
                sure = confidence_of(
                    "document_ingestion", document.validated_at, self.now, doubted=doubted
                )
                if finding != "gone" and sure < BELIEVED:
                    value = 1.0 if finding == "unchanged" else round(sure, 2)
                    found.setdefault(value, []).append(document.id)
        return found


def _namesake(name: str) -> Skipped:
    return Skipped(
        name,
        "unreadable",
        f"{name} is what two files are called once unprintable characters are replaced: "
        "rename one of them",
    )
