from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from bot.ingest import Ingestion
from bot.revalidate import Report, Revalidation
from integrations.contracts.knowledge import Document, Passage, Skipped
from integrations.knowledge.limits import Limits
from learning.scope import WORKSPACE, person
from tests.bot.support import BEGIN, World

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

DAY = timedelta(days=1)
URL = "https://pond.test/heron"
ASKED = "Who guards the pond at night?"
POND = "# Pond\n\nThe heron Zebulon guards the pond at night.\n"
FENCE = "# Fence\n\nThe badger Agathe mends the fence in spring.\n"


class Web:
    """One page that changes, and fails."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.down = False
        self.asked = 0

    async def fetch(self, url: str) -> Document | Skipped:
        self.asked += 1
        if self.down:
            return Skipped(url, "unreadable", f"{url} took longer than 30 s: try again later")
        digest = sha256(self.text.encode()).hexdigest()
        passages = (Passage(self.text, 1, 3, "Pond"),)
        return Document(url, digest, len(self.text), "text/html", "Pond", passages)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "notes"
    root.mkdir()
    (root / "pond.md").write_text(POND)
    (root / "fence.md").write_text(FENCE)
    return root


def rewrite(path: Path, text: str) -> None:
    """Change a file, and its time beyond the clock's resolution."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def unmount(root: Path, leaves: str) -> None:
    """Take a folder away, and leave nothing, an empty folder or a file in its place."""
    root.rename(root.parent / "unmounted")
    if leaves == "empty":
        root.mkdir()
    elif leaves == "a file":
        root.write_text("The password is swordfish.\n")


def mount(root: Path) -> None:
    """Put a folder back."""
    if root.is_dir():
        root.rmdir()
    root.unlink(missing_ok=True)
    (root.parent / "unmounted").rename(root)


def looking(world: World, web: Web | None = None, **bounds: int) -> Revalidation:
    mynah = world.mynah
    ingestion = mynah.ingestion
    if web is not None:
        ingestion = Ingestion(
            mynah.store, mynah.embedding, Limits(), lambda: BEGIN, fetch=web.fetch
        )
    return Revalidation(mynah.store, ingestion, lambda: BEGIN + DAY, **bounds)


async def look(world: World, now: datetime = BEGIN + DAY, **bounds: int) -> Report:
    return await looking(world, None, **bounds).run(world.workspace, now)


def confidence(world: World) -> list[float]:
    """Return how sure the index is of its passages."""
    return sorted(
        row[0]
        for row in world.rows(
            "SELECT confidence FROM recall_items WHERE workspace_id = %s AND kind = 'knowledge'"
        )
    )


def whole(world: World) -> bool:
    """Return whether passages, what is recalled of them and vectors belong together."""
    passages = world.count("knowledge")
    recalled = world.count("recall_items", "kind = 'knowledge'")
    return passages == recalled and world.count("vectors") == world.count("recall_items")


async def test_a_changed_file_is_read_again_and_a_new_one_too(world: World, tree: Path) -> None:
    await world.ingest(tree, private=True)
    rewrite(tree / "pond.md", POND.replace("Zebulon", "Balthasar"))
    (tree / "owl.md").write_text("# Owl\n\nThe owl counts mice.\n")
    report = await look(world)
    assert (report.unchanged, report.changed, report.added, report.removed) == (1, 1, 1, 0)
    assert "1 unchanged, 1 changed and read again, 1 new" in str(report)
    answer = (await world.ask(ASKED)).text
    assert "Balthasar" in answer
    assert "Zebulon" not in answer
    audiences = world.rows("SELECT DISTINCT audience FROM knowledge WHERE workspace_id = %s")
    assert audiences == [(str(person("ann")),)], "still for its owner alone"
    assert whole(world)


async def test_a_second_look_finds_nothing_to_do(world: World, tree: Path) -> None:
    await world.ingest(tree)
    os.utime(tree / "pond.md", ns=(10**18, 10**18))
    for day in (1, 2):
        report = await look(world, BEGIN + day * DAY)
        assert report.counts() == {"sources": 1, "unchanged": 2}
    (validated,) = world.rows(
        "SELECT DISTINCT validated_at FROM knowledge_documents WHERE workspace_id = %s"
    )
    assert validated[0] == BEGIN + 2 * DAY


async def test_what_its_folder_lists_no_more_is_gone_at_once(world: World, tree: Path) -> None:
    await world.ingest(tree)
    (tree / "pond.md").unlink()
    report = await look(world)
    assert (report.removed, report.missing) == (1, 0)
    assert "Zebulon" not in (await world.ask(ASKED)).text
    assert whole(world)


async def test_a_lone_file_is_gone_after_two_looks(world: World, tree: Path) -> None:
    await world.ingest(tree / "pond.md")
    (tree / "pond.md").unlink()
    first = await look(world)
    assert (first.missing, first.removed) == (1, 0)
    assert confidence(world) == [0.49], "a day old, and in doubt"
    assert world.count("knowledge") == 1
    second = await look(world, BEGIN + 2 * DAY)
    assert (second.missing, second.removed) == (0, 1)
    assert world.count("knowledge") == world.count("recall_items") == 0


async def test_a_lone_file_that_comes_back_is_believed_again(world: World, tree: Path) -> None:
    await world.ingest(tree / "pond.md")
    (tree / "pond.md").rename(tree / "away.md")
    await look(world)
    (tree / "away.md").rename(tree / "pond.md")
    report = await look(world, BEGIN + 2 * DAY)
    assert (report.unchanged, report.removed) == (1, 0)
    assert confidence(world) == [1.0]
    (tree / "pond.md").rename(tree / "away.md")
    assert (await look(world, BEGIN + 3 * DAY)).missing == 1, "two looks in a row"


@pytest.mark.parametrize("disk", ["gone", "empty", "a file"])
async def test_a_place_out_of_reach_deletes_nothing(world: World, tree: Path, disk: str) -> None:
    await world.ingest(tree)
    unmount(tree, disk)
    for day in (1, 30):
        report = await look(world, BEGIN + day * DAY)
        assert (report.out_of_reach, report.unreachable, report.removed) == (1, 2, 0)
        assert len(report.notes) == 1
    assert confidence(world) == [0.5, 0.5], "a month unseen"
    assert world.count("knowledge", "text IS NOT NULL") == 2
    mount(tree)
    assert (await look(world, BEGIN + 31 * DAY)).unchanged == 2
    assert confidence(world) == [1.0, 1.0]


async def test_a_folder_in_the_place_of_a_file_is_not_read(world: World, tree: Path) -> None:
    await world.ingest(tree / "pond.md")
    (tree / "pond.md").unlink()
    (tree / "pond.md").mkdir()
    (tree / "pond.md" / "secret.md").write_text("The password is swordfish.\n")
    report = await look(world)
    assert (report.missing, report.added) == (1, 0)
    assert "is no file any more" in report.notes[0]


async def test_what_cannot_be_looked_at_is_kept(world: World, tree: Path) -> None:
    await world.ingest(tree)
    (tree / "pond.md").unlink()
    (tree / "pond.md").symlink_to(tree / "nowhere.md")
    (tree / "round").symlink_to(tree)
    report = await look(world)
    assert (report.unreachable, report.removed, report.unchanged) == (1, 0, 1)
    assert "link to nothing" in report.notes[0]
    assert "Zebulon" in (await world.ask(ASKED)).text


async def test_a_file_that_broke_is_kept_in_doubt_until_it_can_be_read(
    world: World, tree: Path
) -> None:
    sheet = tree / "pond.ipynb"
    cell = {"cell_type": "markdown", "source": POND, "metadata": {}}
    good = (
        f'{{"cells": [{json.dumps(cell)}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}'
    )
    sheet.write_text(good)
    await world.ingest(tree)
    rewrite(sheet, good[: len(good) // 2])  # caught while it was written
    report = await look(world)
    assert (report.removed, report.changed) == (0, 0)
    assert len(report.notes) == 1
    assert confidence(world)[0] < 0.5
    rewrite(sheet, good.replace("Zebulon", "Balthasar"))
    assert (await look(world, BEGIN + 2 * DAY)).changed == 1
    assert confidence(world) == [1.0] * world.count("knowledge")


async def test_a_file_that_holds_nothing_any_more_leaves_recall(world: World, tree: Path) -> None:
    await world.ingest(tree)
    rewrite(tree / "pond.md", "")
    assert (await look(world)).removed == 1
    assert world.count("knowledge") == 1


async def test_a_change_while_a_file_is_read_is_found_by_the_next_look(
    world: World, tree: Path
) -> None:
    steps = world.mynah.ingestion.ingest(world.workspace, "ann", WORKSPACE, str(tree))
    await anext(steps)  # the folder was looked at, and nothing read
    rewrite(tree / "pond.md", POND.replace("Zebulon", "Balthasar"))
    async for _ in steps:
        pass
    rewrite(tree / "pond.md", POND.replace("Zebulon", "Melchior"))
    assert (await look(world)).changed == 1
    assert "Melchior" in (await world.ask(ASKED)).text


async def test_a_run_is_bounded_and_the_next_goes_on(world: World, tree: Path) -> None:
    await world.ingest(tree)
    other = tree.parent / "other"
    other.mkdir()
    (other / "mill.md").write_text("# Mill\n\nThe mill turns.\n")
    await world.ingest(other)
    for path in (tree / "pond.md", tree / "fence.md", other / "mill.md"):
        rewrite(path, path.read_text() + "\nMore of it.\n")
    first = await look(world, most_read=1)
    assert (first.changed, first.left, first.waiting) == (1, 1, 1)
    assert min(confidence(world)) < 0.5, "what is known to have changed is in doubt"
    second = await look(world, BEGIN + 2 * DAY, most_read=1)
    assert (second.changed, second.waiting) == (1, 1)
    looked = world.rows("SELECT read_at FROM knowledge_sources WHERE workspace_id = %s")
    assert {at for (at,) in looked} == {BEGIN + DAY, BEGIN + 2 * DAY}, "who waited went first"
    third = await look(world, BEGIN + 3 * DAY, most_read=1)
    assert (third.changed, third.left) == (1, 0)
    last = await look(world, BEGIN + 4 * DAY)
    assert last.counts() == {"sources": 2, "unchanged": 3}
    assert confidence(world) == [1.0] * 3


async def test_what_is_known_is_read_before_what_is_new(world: World, tree: Path) -> None:
    await world.ingest(tree)
    (tree / "a-new-one.md").write_text("# New\n\nThe owl counts mice.\n")
    rewrite(tree / "pond.md", POND + "\nMore of it.\n")
    report = await look(world, most_read=1)
    assert (report.changed, report.added, report.left) == (1, 0, 1)


async def test_two_runs_at_once_leave_one_of_everything(world: World, tree: Path) -> None:
    await world.ingest(tree)
    for path in (tree / "pond.md", tree / "fence.md"):
        rewrite(path, path.read_text().replace("Zebulon", "Balthasar") + "\nMore.\n")
    (tree / "owl.md").write_text("# Owl\n\nThe owl counts mice.\n")
    both = await asyncio.gather(*(look(world) for _ in range(3)))
    assert sum(report.changed for report in both) == 2
    assert sum(report.added for report in both) == 1
    assert world.count("knowledge_documents") == world.count("knowledge") == 3
    assert whole(world)


async def test_a_source_that_is_forgotten_meanwhile_stays_forgotten(
    world: World, tree: Path
) -> None:
    await world.ingest(tree)
    (source_id,) = world.rows("SELECT id FROM knowledge_sources WHERE workspace_id = %s")[0]
    rewrite(tree / "pond.md", POND + "\nMore.\n")

    said: list[str] = []

    def progress(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("Reading"):
            world.rows(
                "DELETE FROM knowledge_sources WHERE workspace_id = %s AND id = %s RETURNING id",
                source_id,
            )

    report = await looking(world).run(world.workspace, BEGIN + DAY, progress)
    assert "forgotten while it was read" in report.notes[0]
    assert world.count("knowledge_documents") == world.count("knowledge") == 0
    assert said == [f"Looking at {tree}", "Reading notes/pond.md"]


async def test_a_page_is_asked_for_once_a_week_and_never_deleted(world: World) -> None:
    web = Web(POND)
    revalidation = looking(world, web)
    ingestion = Ingestion(
        world.mynah.store, world.mynah.embedding, Limits(), lambda: BEGIN, fetch=web.fetch
    )
    async for _ in ingestion.ingest(world.workspace, "ann", WORKSPACE, URL):
        pass
    assert (await revalidation.run(world.workspace, BEGIN + 6 * DAY)).sources == 0
    assert web.asked == 1
    web.down = True
    down = await revalidation.run(world.workspace, BEGIN + 8 * DAY)
    assert (down.unreachable, down.removed, web.asked) == (1, 0, 2)
    assert "took longer" in down.notes[0]
    assert confidence(world)[0] < 0.9
    again = await revalidation.run(world.workspace, BEGIN + 8 * DAY + timedelta(hours=1))
    assert (again.sources, web.asked) == (0, 2), "not twice a day"
    web.down, web.text = False, POND.replace("Zebulon", "Balthasar")
    assert (await revalidation.run(world.workspace, BEGIN + 9 * DAY)).changed == 1
    assert confidence(world) == [1.0]
    assert "Balthasar" in (await world.ask(ASKED)).text


async def test_only_so_many_pages_are_asked_for_in_a_run(world: World) -> None:
    web = Web(POND)
    ingestion = Ingestion(
        world.mynah.store, world.mynah.embedding, Limits(), lambda: BEGIN, fetch=web.fetch
    )
    for number in range(3):
        async for _ in ingestion.ingest(world.workspace, "ann", WORKSPACE, f"{URL}/{number}"):
            pass
    report = await looking(world, web, most_pages=2).run(world.workspace, BEGIN + 8 * DAY)
    assert (report.sources, report.unchanged, report.waiting) == (2, 2, 1)


async def test_what_was_read_before_there_were_topics_gets_them(world: World, tree: Path) -> None:
    await world.ingest(tree)
    world.rows("UPDATE knowledge_documents SET topics = NULL WHERE workspace_id = %s RETURNING id")
    report = await look(world)
    assert (report.unchanged, report.changed) == (2, 0)
    assert world.count("knowledge_documents", "topics IS NULL") == 0
    assert (await look(world)).counts() == {"sources": 1, "unchanged": 2}


async def test_the_job_runs_at_the_time_it_is_taken(world: World, tree: Path) -> None:
    await world.ingest(tree)
    await looking(world).job(world.workspace)
    ((validated,),) = world.rows(
        "SELECT DISTINCT validated_at FROM knowledge_documents WHERE workspace_id = %s"
    )
    assert validated == BEGIN + DAY


async def test_without_sources_there_is_nothing_to_look_at(world: World) -> None:
    assert str(await look(world)) == "There is nothing to look at again."
