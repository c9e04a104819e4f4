"""Connected projects: read once, looked at every few minutes, read again where they changed.

Sequence only: what is told of a project, and how far it is believed, is decided in
``learning.projects``; what a changed file means in ``learning.knowledge``. A look at a folder
costs a walk over its names, a look at a repository elsewhere one question for its newest commit.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import structlog

from bot.ingest import Progress, Report
from bot.look import look
from integrations.contracts.knowledge import Found, SourceFailure
from integrations.contracts.tools import ToolFailure
from learning.projects.profile import KINDS, believed
from learning.store.index import RecallIndex
from learning.store.knowledge import Knowledge
from learning.store.projects import Projects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.clock import Clock
    from bot.ingest import Ingestion
    from bot.look import Look
    from integrations.contracts.knowledge import Document, Skipped
    from integrations.knowledge.limits import Limits
    from learning.scope import Audience
    from learning.store.projects import Origin, Project
    from learning.store.store import Store

_EVERY: Final = 50
"""Files between two notes of how far a reading is."""


class Repositories(Protocol):
    """Where repositories are had from that are not on this machine."""

    async def commit(self, workspace_id: str, repo: str, ref: str, *, trusted: bool) -> str:
        """Return the newest commit of a branch; of the main one if ``ref`` is empty.

        Args:
            workspace_id: whose access counts.
            repo: OWNER/NAME.
            ref: a branch or tag.
            trusted: whether the workspace's own access may be used; if not, only what
                everybody may read can be had.

        Raises:
            ToolFailure: if it cannot be had.
        """

    async def archive(
        self, workspace_id: str, repo: str, ref: str, file: Path, *, trusted: bool
    ) -> None:
        """Write a commit's files to ``file``, as a ``.tar.gz``.

        Raises:
            ToolFailure: if they cannot be had, or are too many.
        """


@dataclass(frozen=True, slots=True)
class Where:
    """Where a project stands."""

    location: str
    origin: Origin
    name: str
    repo: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a reading. ``changed``: whether anything was read."""

    project: Project
    changed: bool


def parse(text: str) -> Where:
    """Return where a project stands, by what a person typed.

    Raises:
        SourceFailure: if it is neither a folder nor a repository on GitHub.
    """
    typed = text.strip().strip("<>`")
    if match := _ON_GITHUB.fullmatch(typed):
        owner, name, ref = match[1], match[2].removesuffix(".git"), match[3] or ""
        if name.strip("."):
            repo = f"{owner}/{name}"
            at = f"/tree/{ref}" if ref else ""
            return Where(f"https://github.com/{repo}{at}", "github", name, repo, ref)
    if "://" in typed or not typed:
        raise SourceFailure("Give a folder's path, OWNER/NAME, or https://github.com/OWNER/NAME.")
    path = Path(typed).expanduser().absolute()
    return Where(str(path), "local", path.name)


class Watching:
    """Reads projects, and looks after them.

    Args:
        store: where they are.
        ingestion: reads files.
        limits: the bounds of reading.
        repositories: reaches repositories elsewhere; none if nothing does.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        ingestion: Ingestion,
        limits: Limits,
        repositories: Repositories | None,
        clock: Clock,
    ) -> None:
        self._store = store
        self._ingestion = ingestion
        self._limits = limits
        self._repositories = repositories
        self._clock = clock
        self._log = structlog.get_logger("mynah.projects")

    async def open(
        self, workspace_id: str, user_id: str, audience: Audience, where: Where, *, trusted: bool
    ) -> UUID:
        """Take a project in, without reading it yet; return its id.

        Raises:
            SourceFailure: if it cannot be looked at.
        """
        if where.origin == "github":
            await self._commit(workspace_id, where.repo, where.ref, trusted=trusted)
        else:
            found = await look(where.location, self._limits, _no_page)
            if found.kind == "file":
                raise SourceFailure(f"{where.location} is a file: connect the folder it stands in")
            if not found.reached:
                raise SourceFailure(found.why)
        kind = "github" if where.origin == "github" else "git"
        async with self._store.begin(workspace_id, None) as unit:
            source_id = await Knowledge(unit).open_source(
                where.location, kind, audience, user_id, self._clock()
            )
            return await Projects(unit).open(
                source_id,
                where.origin,
                audience,
                {"name": where.name, "repo": where.repo, "ref": where.ref, "trusted": trusted},
            )

    async def job(self, workspace_id: str, project_id: str) -> None:
        """Read one project, as a job; what fails is kept with it, to be told."""
        async for _ in self.learn(workspace_id, UUID(project_id)):
            pass

    async def watch(self, workspace_id: str) -> None:
        """Look at every project, as a job; running it twice changes nothing more."""
        async with self._store.begin(workspace_id, None) as unit:
            found = await Projects(unit).all()
        for project in found:
            await self.job(workspace_id, str(project.id))

    async def learn(
        self, workspace_id: str, project_id: UUID
    ) -> AsyncIterator[Progress | Learned | SourceFailure]:
        """Bring what is known of a project up to what stands there; yield how far it is.

        A failure comes as the last thing; what was known stays, and is believed less.
        """
        async with self._store.begin(workspace_id, None) as unit:
            project = await Projects(unit).find(project_id)
        if project is None:
            return
        try:
            with tempfile.TemporaryDirectory(prefix="mynah-project-") as folder:
                async for step in self._renew(workspace_id, project, Path(folder)):
                    yield step
        except SourceFailure as failure:
            await self._failed(workspace_id, project, failure)
            yield failure

    async def _renew(
        self, workspace_id: str, project: Project, folder: Path
    ) -> AsyncIterator[Progress | Learned]:
        # The parsers cost half a second and 40 MB, as in bot.ingest.
        from integrations.knowledge.project import history  # noqa: PLC0415 - see above
        from integrations.knowledge.project.survey import document, survey  # noqa: PLC0415

        if project.origin == "github":
            revision = await self._commit(
                workspace_id,
                project.body["repo"],
                project.body["ref"],
                trusted=project.body["trusted"],
            )
            if revision == project.revision and project.learned_at is not None:
                yield await self._as_known(workspace_id, project)
                return
            yield Progress(f"Fetching {project.body['repo']}", 0, 1)
            root = await self._fetch(workspace_id, project, revision, folder)
            found = replace(await look(str(root), self._limits, _no_page), kind="git")
        else:
            root = Path(project.location)
            found = await look(project.location, self._limits, _no_page)
            revision = await asyncio.to_thread(history.revision, root)
        if found.kind == "file" or not found.reached:
            raise SourceFailure(found.why or f"{project.location} is no folder any more")
        marks = _marks(found)
        if marks == project.body.get("marks") and project.learned_at is not None:
            yield await self._as_known(workspace_id, project, revision)
            return
        commits = await asyncio.to_thread(history.subjects, root)
        profile = await asyncio.to_thread(
            survey, project.body["name"], found.entries, commits, self._limits
        )
        whole = replace(found, entries=[*found.entries, document(profile)])
        report = Report()
        async for step in self._ingestion.renew(
            workspace_id, project.source_id, project.audience, whole, self._clock()
        ):
            if isinstance(step, Report):
                report = step
                continue
            if step.done % _EVERY == 1:
                await self._note(workspace_id, project, progress=[step.done, step.total])
            yield step
        body = {
            **project.body,
            "marks": marks,
            "summary": profile.summary() | {"passages": report.passages},
            "progress": None,
            "problem": "",
        }
        yield await self._save(workspace_id, project, body, revision=revision, changed=True)

    async def _commit(self, workspace_id: str, repo: str, ref: str, *, trusted: bool) -> str:
        if self._repositories is None:
            raise SourceFailure("GitHub is not connected here: give a folder on this machine.")
        try:
            return await self._repositories.commit(workspace_id, repo, ref, trusted=trusted)
        except ToolFailure as failure:
            raise SourceFailure(f"{repo} cannot be reached: {failure}") from None

    async def _fetch(
        self, workspace_id: str, project: Project, revision: str, folder: Path
    ) -> Path:
        from integrations.knowledge.project.archive import unpack  # noqa: PLC0415 - as above

        packed, root = folder / "archive.tar.gz", folder / str(project.body["name"])
        assert self._repositories is not None  # noqa: S101 - its commit was just asked for
        try:
            await self._repositories.archive(
                workspace_id,
                project.body["repo"],
                revision,
                packed,
                trusted=project.body["trusted"],
            )
        except ToolFailure as failure:
            raise SourceFailure(f"{project.body['repo']} cannot be fetched: {failure}") from None
        root.mkdir()
        await asyncio.to_thread(unpack, packed, root, self._limits)
        return root

    async def _as_known(
        self, workspace_id: str, project: Project, revision: str | None = None
    ) -> Learned:
        """Note that a project stands as it is known."""
        if project.failures:
            async with self._store.begin(workspace_id, None) as unit:
                told = await Projects(unit).passages(project.source_id, KINDS)
                await RecallIndex(unit).believe(dict.fromkeys(told, 1.0))
        body = {**project.body, "problem": ""}
        kept = project.revision if revision is None else revision
        return await self._save(workspace_id, project, body, revision=kept, changed=False)

    async def _save(
        self,
        workspace_id: str,
        project: Project,
        body: dict[str, Any],
        *,
        revision: str,
        changed: bool,
    ) -> Learned:
        now = self._clock()
        learned_at = now if changed else project.learned_at
        async with self._store.begin(workspace_id, None) as unit:
            projects = Projects(unit)
            await projects.save(
                project.id,
                body,
                revision=revision,
                failures=0,
                learned_at=learned_at,
                validated_at=now,
            )
            current = await projects.find(project.id)
        if current is None:
            raise SourceFailure("the project was disconnected while it was read")
        return Learned(current, changed)

    async def _note(self, workspace_id: str, project: Project, **noted: object) -> None:
        async with self._store.begin(workspace_id, None) as unit:
            await Projects(unit).save(project.id, {**project.body, **noted})

    async def _failed(self, workspace_id: str, project: Project, failure: SourceFailure) -> None:
        """Keep why a look failed, and believe what was concluded of the project less."""
        failures, now = project.failures + 1, self._clock()
        body = {**project.body, "problem": str(failure), "progress": None}
        async with self._store.begin(workspace_id, None) as unit:
            projects = Projects(unit)
            await projects.save(project.id, body, failures=failures)
            told = await projects.passages(project.source_id, KINDS)
            sure = round(believed(project.validated_at, failures, now), 2)
            await RecallIndex(unit).believe(dict.fromkeys(told, sure))
        self._log.info("project_failed", project=str(project.id), failures=failures)


def _marks(found: Look) -> str:
    """Return what changes whenever a file comes, goes or is written to."""
    digest = sha256()
    for entry in found.entries:
        if isinstance(entry, Found):
            digest.update(f"{entry.name}\0{entry.size}\0{entry.mtime_ns}\n".encode())
    return digest.hexdigest()


async def _no_page(url: str) -> Document | Skipped:
    raise SourceFailure(f"{url} is a page, no project: ingest it instead")


_ON_GITHUB: Final = re.compile(
    r"(?:(?:https?://(?:www\.)?github\.com/|git@github\.com:)?)"
    r"([A-Za-z0-9][A-Za-z0-9-]{0,38})/([\w.-]{1,100})(?:/tree/([\w./-]{1,200}))?/?"
)
