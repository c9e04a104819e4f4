"""Looking again at what was read: what changed is read anew, what is gone leaves recall.

Sequence only: what a look means for a document is decided in ``learning.knowledge``.

Nothing is looked at while somebody waits for an answer, so an answer may cite a
passage whose file has changed since. It is at most as old as the time between two
runs (a day, less after a start), and a page a week; longer only where a run leaves
something for the next because so much changed, or where a place is out of reach. Then
its confidence falls, and with it its place in recall.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from bot.ingest import Progress
from integrations.contracts.knowledge import SourceFailure
from learning.knowledge import page_due
from learning.store.knowledge import Knowledge

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot import ingest
    from bot.clock import Clock
    from bot.ingest import Ingestion
    from learning.store.knowledge import Source
    from learning.store.store import Store

MOST_READ: Final = 400
"""Documents that one run reads; looking at a file that did not change is next to free."""

MOST_PAGES: Final = 20
"""Pages that one run fetches; each may take half a minute to fail."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Report:
    """What came of a run, in documents except where it says otherwise.

    Attributes:
        sources: looked at.
        out_of_reach: sources of them whose place could not be looked at.
        waiting: sources left for the next run.
        unchanged: as they were read.
        changed: read again.
        added: new in a folder that is known.
        removed: gone, with their passages.
        missing: not found for the first time; kept until the next look.
        unreachable: that could not be looked at; kept.
        left: changed or new, for the next run.
        passages: new ones.
        notes: what a person may want to mend, a sentence each.
    """

    sources: int = 0
    out_of_reach: int = 0
    waiting: int = 0
    unchanged: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0
    missing: int = 0
    unreachable: int = 0
    left: int = 0
    passages: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, one: ingest.Report) -> None:
        """Count what came of one source."""
        self.unchanged += one.unchanged
        self.changed += one.read - one.new
        self.added += one.new
        self.removed += one.removed
        self.missing += one.missing
        self.unreachable += one.unreachable
        self.left += one.left
        self.passages += one.passages
        self.notes += [s.detail for s in one.skipped if s.reason in {"unreadable", "broken"}]

    def counts(self) -> dict[str, int]:
        """Return the figures, without anybody's paths."""
        return {
            name: value
            for name in self.__slots__
            if isinstance(value := getattr(self, name), int) and value
        }

    def __str__(self) -> str:
        if not self.sources:
            return "There is nothing to look at again."
        counts = ", ".join(
            f"{value} {word}"
            for value, word in (
                (self.unchanged, "unchanged"),
                (self.changed, "changed and read again"),
                (self.added, "new"),
                (self.removed, "gone and removed"),
                (self.missing + self.unreachable, "not found or out of reach, and kept"),
                (self.left, "left for the next time"),
            )
            if value
        )
        places = f"{self.sources} source{'' if self.sources == 1 else 's'} looked at"
        return f"{places}: {counts or 'nothing in them'}."


class Revalidation:
    """Looks again at the sources of a workspace.

    Args:
        store: knows them.
        ingestion: reads what changed.
        clock: tells the time of a job.
        most_read: documents that one run reads at most.
        most_pages: pages that one run fetches at most.
    """

    def __init__(
        self,
        store: Store,
        ingestion: Ingestion,
        clock: Clock,
        *,
        most_read: int = MOST_READ,
        most_pages: int = MOST_PAGES,
    ) -> None:
        self._store = store
        self._ingestion = ingestion
        self._clock = clock
        self._most_read = most_read
        self._most_pages = most_pages
        self._log = structlog.get_logger("mynah.revalidate")

    async def job(self, workspace_id: str) -> None:
        """Run as a job; running it twice, even at once, changes nothing more."""
        report = await self.run(workspace_id, self._clock())
        self._log.info("revalidated", **report.counts())

    async def run(
        self,
        workspace_id: str,
        now: datetime,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Report:
        """Look at every file, folder and checkout, and at pages whose time has come.

        Sources that were not looked at for the longest time go first.

        Args:
            workspace_id: whose sources.
            now: the time.
            progress: gets a sentence before each step that takes time.
        """
        report = Report()
        pages = 0
        for source in await self._sources(workspace_id):
            page = source.kind == "web"
            if page and not page_due(source.validated_at, source.read_at, now):
                continue
            read = report.changed + report.added
            if read >= self._most_read or (page and pages >= self._most_pages):
                report.waiting += 1
                continue
            pages += page
            progress(f"Looking at {source.location}")
            try:
                await self._renew(
                    workspace_id, source, now, self._most_read - read, report, progress
                )
            except SourceFailure as failure:  # it was forgotten meanwhile
                report.notes.append(str(failure))
        return report

    async def _sources(self, workspace_id: str) -> list[Source]:
        async with self._store.begin(workspace_id, None) as unit:
            # Repositories elsewhere are looked at by bot.watching.
            sources = [s for s in await Knowledge(unit).sources() if s.kind != "github"]
        return sorted(sources, key=lambda source: (source.read_at or _NEVER, source.id))

    async def _renew(
        self,
        workspace_id: str,
        source: Source,
        now: datetime,
        most: int,
        report: Report,
        progress: Callable[[str], None],
    ) -> None:
        found = await self._ingestion.look_again(source)
        report.sources += 1
        report.out_of_reach += not found.reached
        async for step in self._ingestion.renew(
            workspace_id, source.id, source.audience, found, now, most=most
        ):
            if isinstance(step, Progress):
                progress(step.text)
            else:
                report.add(step)
