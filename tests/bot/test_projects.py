from __future__ import annotations

import io
import os
import tarfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from bot.ingest import Progress
from bot.projects import Connecting
from bot.revalidate import Revalidation
from bot.watching import Learned, Watching, parse
from integrations.contracts.knowledge import SourceFailure
from integrations.contracts.tools import ToolFailure
from integrations.knowledge.limits import Limits
from learning.store.projects import Projects
from tests.bot.support import BEGIN, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.queue import Queue
    from integrations.contracts.host import Person

SESSION = '''"""Who is signed in, and for how long."""


def open_session(name: str, password: str) -> str:
    """Check a password and return a token."""
    return check(name, password)
'''
PARSER = '''"""Reads orders from a file."""


def parse_order(line: str) -> dict[str, str]:
    """Return an order."""
    return {"line": line}
'''


@dataclass
class Jobs:
    """Notes what is deferred."""

    deferred: list[dict[str, Any]] = field(default_factory=list)

    async def defer(self, unit: object, name: str, **values: Any) -> None:
        del unit
        self.deferred.append({"name": name, **values})


@dataclass
class Elsewhere:
    """One repository, as its files."""

    files: dict[str, str]
    newest: str = "a" * 40
    down: bool = False
    asked: list[tuple[str, bool]] = field(default_factory=list)

    async def commit(self, workspace_id: str, repo: str, ref: str, *, trusted: bool) -> str:
        del workspace_id, ref
        self.asked.append((repo, trusted))
        if self.down:
            raise ToolFailure("unavailable", "GitHub does not answer.")
        return self.newest

    async def archive(
        self, workspace_id: str, repo: str, ref: str, file: Path, *, trusted: bool
    ) -> None:
        del workspace_id, repo, trusted
        with tarfile.open(file, "w:gz") as tar:
            for name, text in self.files.items():
                member = tarfile.TarInfo(f"acme-shop-{ref[:7]}/{name}")
                member.size, member.mtime = len(text.encode()), int(self.newest[:6], 16)
                tar.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / "app" / "session.py").write_text(SESSION)
    (root / "app" / "orders.py").write_text(PARSER)
    (root / "requirements.txt").write_text("fastapi>=0.100\nsqlalchemy\n")
    return root


def watching(world: World, elsewhere: Elsewhere | None = None, days: float = 0) -> Watching:
    mynah = world.mynah
    now = BEGIN + timedelta(days=days)
    return Watching(mynah.store, mynah.ingestion, Limits(), elsewhere, lambda: now)


def anywhere(workspace_id: str) -> bool:
    return bool(workspace_id)


def connecting(
    world: World, found: Watching, jobs: Jobs, trusts: Callable[[str], bool] = anywhere
) -> Connecting:
    mynah = world.mynah
    store, ingestion, queue = mynah.store, mynah.ingestion, cast("Queue", jobs)
    return Connecting(store, queue, ingestion, found, trusts, lambda: BEGIN)


def admin(world: World) -> Person:
    return replace(world.person("ada"), admin=True)


async def read(world: World, found: Watching, project: str) -> list[object]:
    return [step async for step in found.learn(world.workspace, UUID(project))]


def kinds(world: World) -> set[str]:
    return {row[0] for row in world.rows("SELECT kind FROM knowledge WHERE workspace_id = %s")}


async def test_a_connected_project_is_known_and_asked_where_things_are(
    world: World, shop: Path
) -> None:
    jobs, found = Jobs(), watching(world)
    commands = connecting(world, found, jobs)
    reply = await commands.connect(admin(world), str(shop))
    assert "for everybody here" in reply.text, reply.text
    (job,) = jobs.deferred
    assert job["name"] == "project"
    assert "to be read" in (await commands.list(admin(world), "")).text
    steps = await read(world, found, job["project_id"])
    assert isinstance(steps[0], Progress)
    assert isinstance(steps[-1], Learned)
    assert kinds(world) >= {"file_structure", "dependencies", "patterns", "code"}
    listed = await commands.list(world.person(), "")
    assert listed.data["projects"][0]["frameworks"] == ["fastapi", "sqlalchemy"]
    assert "confidence 1.00" in listed.text
    place = (await world.ask("Where's auth logic?")).text
    assert "`shop/app/session.py`" in place
    assert "open_session" in place
    needs = (await world.ask("Which version of fastapi does shop depend on?", thread="t2")).text
    assert ">=0.100" in needs


async def test_a_look_reads_only_what_changed_and_forgets_what_is_gone(
    world: World, shop: Path
) -> None:
    jobs = Jobs()
    await connecting(world, watching(world), jobs).connect(admin(world), str(shop))
    project = jobs.deferred[0]["project_id"]
    await read(world, watching(world), project)
    (again,) = await read(world, watching(world, days=1), project)
    assert isinstance(again, Learned)
    assert (again.changed, again.project.validated_at) == (False, BEGIN + timedelta(days=1))
    (shop / "app" / "orders.py").unlink()
    (shop / "requirements.txt").write_text("flask\n")
    os.utime(shop / "requirements.txt", ns=(10**18, 10**18))
    *steps, last = await read(world, watching(world, days=2), project)
    assert [s.text for s in steps if isinstance(s, Progress)] == [
        "Reading shop/requirements.txt",
        "Reading shop/(project profile)",
    ]
    assert isinstance(last, Learned)
    assert last.project.body["summary"]["frameworks"] == ["flask"]
    assert world.count("knowledge_documents") == 3
    # The daily look at all sources leaves what was concluded alone.
    mynah = world.mynah
    report = await Revalidation(mynah.store, mynah.ingestion, lambda: BEGIN).run(
        world.workspace, BEGIN
    )
    assert (report.removed, report.unreachable) == (0, 0)
    assert "file_structure" in kinds(world)
    assert world.count("knowledge_documents") == 3


async def test_a_repository_elsewhere_is_fetched_again_only_for_a_new_commit(world: World) -> None:
    jobs = Jobs()
    elsewhere = Elsewhere({"app/session.py": SESSION, "app/orders.py": PARSER})
    found = watching(world, elsewhere)
    commands = connecting(world, found, jobs)
    reply = await commands.connect(world.person("bob"), "acme/shop")
    assert "for you alone" in reply.text
    project = jobs.deferred[0]["project_id"]
    await read(world, found, project)
    assert elsewhere.asked[-1] == ("acme/shop", False), "not with the workspace's own access"
    assert "session.py" in (await world.ask("where is open_session defined?", "bob")).text
    assert "session.py" not in (await world.ask("where is open_session defined?", "ann")).text
    (same,) = await read(world, found, project)
    assert isinstance(same, Learned)
    assert not same.changed
    elsewhere.newest = "b" * 40
    elsewhere.files["app/orders.py"] = PARSER.replace("parse_order", "parse_bill")
    *steps, _ = await read(world, found, project)
    names = [s.text for s in steps if isinstance(s, Progress)]
    assert "Reading shop/app/orders.py" in names
    assert "Reading shop/app/session.py" not in names, "it has not changed"
    elsewhere.down = True
    (failure,) = await read(world, watching(world, elsewhere, days=30), project)
    assert isinstance(failure, SourceFailure)
    (told,) = (await commands.list(world.person("bob"), "")).data["projects"]
    assert (told["confidence"], "does not answer" in told["problem"]) == (0.5, True)
    sure = world.rows(
        "SELECT DISTINCT r.confidence FROM recall_items r JOIN knowledge k ON k.id = r.id "
        "WHERE r.workspace_id = %s AND k.kind = 'file_structure'"
    )
    assert sure == [(0.25,)]


async def test_only_admins_connect_folders_and_only_owners_disconnect(
    world: World, shop: Path
) -> None:
    jobs = Jobs()
    commands = connecting(world, watching(world, Elsewhere({})), jobs)
    assert "Only admins" in (await commands.connect(world.person("bob"), str(shop))).text
    shared = await commands.connect(world.person("bob", "C1"), "acme/shop")
    assert "Only admins" in shared.text
    assert (await commands.connect(admin(world), str(shop / "app" / "orders.py"))).ok is False
    assert (await commands.connect(admin(world), str(shop / "nothing"))).ok is False
    assert not jobs.deferred
    assert (await commands.connect(admin(world), str(shop))).ok
    (project,) = (await commands.list(world.person("bob"), "")).data["projects"]
    assert not (await commands.disconnect(world.person("bob"), project["id"])).ok
    assert (await commands.disconnect(admin(world), project["id"])).ok
    async with world.mynah.store.begin(world.workspace, None) as unit:
        assert await Projects(unit).all() == []


async def test_an_admin_of_somebody_else_s_workspace_reads_no_folder_of_this_machine(
    world: World, shop: Path
) -> None:
    jobs = Jobs()
    # Everybody is the admin of their own direct messages in Discord.
    commands = connecting(world, watching(world, Elsewhere({})), jobs, lambda _: False)
    for typed in (str(shop), "~", str(shop / "nothing")):
        reply = await commands.connect(replace(admin(world), private=True), typed)
        assert not reply.ok
        assert "MYNAH_TOOL_WORKSPACES" in reply.text
    assert not jobs.deferred
    assert (await commands.connect(admin(world), "acme/shop")).ok


async def test_the_style_of_accepted_code_becomes_a_preference(world: World) -> None:
    code = '```python\ndef total(prices: list[int]) -> int:\n    name = "sum"\n    return 0\n```'
    reply = await world.ask("write a python function")
    for _ in range(3):
        written = await world.correct(reply, code)
        await world.react(written, "👍")
    known = await world.mynah.host.command(world.person(), "me")
    assert "Python with type hints" in known.text
    assert "double quotes in Python" in known.text


@pytest.mark.parametrize(
    ("typed", "location", "repo"),
    [
        ("acme/shop", "https://github.com/acme/shop", "acme/shop"),
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop", "acme/shop"),
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop", "acme/shop"),
        (
            "https://github.com/acme/shop/tree/dev",
            "https://github.com/acme/shop/tree/dev",
            "acme/shop",
        ),
        ("/srv/shop", "/srv/shop", ""),
    ],
)
def test_what_people_type_names_a_place(typed: str, location: str, repo: str) -> None:
    where = parse(typed)
    assert (where.location, where.repo) == (location, repo)


def test_a_page_is_no_project() -> None:
    with pytest.raises(SourceFailure, match="OWNER/NAME"):
        parse("https://example.com/acme/shop")
