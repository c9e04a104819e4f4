"""The commands about projects: connect, projects, disconnect.

A folder of this machine may hold anything, so only admins connect one, and only of a workspace
that whoever runs Mynah named: anybody is the admin of their own direct messages, or of a workspace
that they install Mynah in. Likewise only admins use the workspace's own access to GitHub. Others
connect, for themselves alone, what everybody may read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.command import Command
from bot.describe import short, suffix_of
from bot.queue import LEARNING
from bot.readers import readable_by
from bot.watching import parse
from integrations.contracts.host import CommandReply
from integrations.contracts.knowledge import SourceFailure
from learning.projects.profile import believed
from learning.scope import WORKSPACE, person
from learning.store.projects import Projects

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.clock import Clock
    from bot.ingest import Ingestion
    from bot.queue import Queue
    from bot.watching import Watching, Where
    from integrations.contracts.host import Person
    from learning.scope import Audience
    from learning.store.projects import Project
    from learning.store.store import Store

_FOR_ME: Final = "private"
_SHOWN: Final = 4
_NOT_TRUSTED: Final = (
    "Folders of the machine I run on are not for this workspace: whoever runs me can allow it by "
    "naming the workspace in MYNAH_TOOL_WORKSPACES. `connect OWNER/NAME` reads from GitHub."
)


class Connecting:
    """Answers ``connect``, ``projects`` and ``disconnect``.

    Args:
        store: where projects are.
        queue: takes the job of reading one.
        ingestion: removes them.
        watching: reads them.
        trusts: tells whether a workspace may read folders of this machine.
        clock: tells the time.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        ingestion: Ingestion,
        watching: Watching,
        trusts: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._ingestion = ingestion
        self._watching = watching
        self._trusts = trusts
        self._clock = clock

    def commands(self) -> tuple[Command, ...]:
        """Return the rows of the table of commands."""
        return (
            Command(
                "connect",
                "connect PATH|OWNER/NAME [private]",
                "Read a project, and follow it from then on.",
                self.connect,
            ),
            Command("projects", "projects", "The projects I follow, and what I know.", self.list),
            Command("disconnect", "disconnect ID", "Forget a project.", self.disconnect),
        )

    async def connect(self, who: Person, rest: str) -> CommandReply:
        """Take a project in, and have it read in the background."""
        words = rest.split()
        alone = words[-1:] == [_FOR_ME]
        try:
            where = parse(" ".join(words[:-1] if alone else words))
            if why := _refused(who, where, trusted=self._trusts(who.workspace_id)):
                return CommandReply(why, ok=False)
            audience = _audience(who, alone=alone)
            id_ = await self._watching.open(
                who.workspace_id, who.user_id, audience, where, trusted=who.admin
            )
        except SourceFailure as failure:
            return CommandReply(str(failure), ok=False)
        async with self._store.begin(who.workspace_id, None) as unit:
            await self._queue.defer(
                unit,
                "project",
                queue=LEARNING,
                lock=f"project:{id_}",
                once=f"project:{id_}",
                workspace_id=who.workspace_id,
                project_id=str(id_),
            )
        whose = "for you alone" if audience != WORKSPACE else "for everybody here"
        return CommandReply(
            f"Connected {where.location} {whose}. I am reading it now; `projects` says how far "
            f"I am. `disconnect {short(id_)}` takes it back.",
            {"project": str(id_), "location": where.location},
        )

    async def list(self, who: Person, rest: str) -> CommandReply:
        """Return the projects that the person may read."""
        del rest
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            found = await Projects(unit).all()
        if not found:
            return CommandReply(
                "I follow no project yet: `connect PATH` or `connect OWNER/NAME`.",
                {"projects": []},
            )
        now = self._clock()
        return CommandReply(
            "\n".join(f"- {_line(each, now)}" for each in found),
            {"projects": [_data(each, now) for each in found]},
        )

    async def disconnect(self, who: Person, rest: str) -> CommandReply:
        """Forget a project, with everything that was read and concluded of it."""
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            found = await Projects(unit).all()
        suffix = suffix_of(rest)
        matching = [each for each in found if suffix and each.id.hex.endswith(suffix)]
        if len(matching) != 1:
            return CommandReply("Name one project by its id; `projects` lists them.", ok=False)
        if matching[0].added_by != who.user_id and not who.admin:
            return CommandReply(
                "Somebody else connected that project; they or an admin can disconnect it.",
                ok=False,
            )
        await self._ingestion.remove(who.workspace_id, matching[0].source_id)
        return CommandReply(
            f"Forgotten: {matching[0].location}", {"forgotten": str(matching[0].id)}
        )


def described(project: Project, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a project as it is listed: a line for people, data for programs."""
    return _line(project, now), _data(project, now)


def _refused(who: Person, where: Where, *, trusted: bool) -> str:
    """Return why somebody may not connect a project; empty if they may."""
    if where.origin == "local" and not trusted:
        return _NOT_TRUSTED
    if who.admin:
        return ""
    if where.origin == "local":
        return "Only admins connect folders of the machine I run on. Ask one of them."
    if not who.private:
        return (
            "Only admins connect projects for everybody. Ask one of them, or write me in private "
            "to have it for yourself."
        )
    return ""


def _audience(who: Person, *, alone: bool) -> Audience:
    return person(who.user_id) if alone or not who.admin or who.outsider else WORKSPACE


def _line(project: Project, now: datetime) -> str:
    head = f"`#{short(project.id)}` {project.location}"
    if project.learned_at is None:
        if problem := project.body.get("problem"):
            return f"{head}: could not be read. {problem}"
        done, total = project.body.get("progress") or (0, 0)
        return f"{head}: {f'reading, {done} of {total} files' if total else 'to be read'}"
    summary = project.body.get("summary", {})
    languages = ", ".join(list(summary.get("languages", {}))[:_SHOWN]) or "no code"
    parts = [f"{summary.get('files', 0):,} files, {languages}"]
    parts.append(f"{summary.get('dependencies', 0)} dependencies")
    parts.append(f"{len(summary.get('conventions', ()))} conventions")
    sure = believed(project.validated_at, project.failures, now)
    at = f"at {project.revision[:10]}, " if project.revision else ""
    parts.append(f"{at}confidence {sure:.2f}, validated {project.validated_at:%Y-%m-%d %H:%M}")
    problem = project.body.get("problem")
    return f"{head}: {'; '.join(parts)}{f'. Last look failed: {problem}' if problem else ''}"


def _data(project: Project, now: datetime) -> dict[str, Any]:
    return {
        "id": str(project.id),
        "location": project.location,
        "origin": project.origin,
        "revision": project.revision,
        "files": project.documents,
        "read": project.learned_at is not None,
        "progress": project.body.get("progress"),
        "problem": project.body.get("problem", ""),
        "confidence": round(believed(project.validated_at, project.failures, now), 3),
        "validated_at": project.validated_at and project.validated_at.isoformat(),
        **project.body.get("summary", {}),
    }
