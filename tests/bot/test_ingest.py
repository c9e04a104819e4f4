from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.delivery import Outcome
from integrations.contracts.knowledge import SourceFailure
from learning.scope import WORKSPACE
from learning.store.catalogue import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.support import World

CODE = '''"""Retries."""


class PatientClient:
    """Asks again."""

    def compute_backoff(self, attempt: int) -> float:
        """Return the seconds to wait before an attempt."""
        return 0.5 * 2**attempt
'''
PROSE = "# Pond\n\nThe heron Zebulon guards the pond at night.\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src" / "client.py").write_text(CODE)
    (root / "pond.md").write_text(PROSE)
    (root / "blob.bin").write_bytes(bytes(range(256)))
    return root


def rewritten(path: Path, text: str) -> None:
    """Change a file, and its time beyond the clock's resolution."""
    before = path.stat().st_mtime_ns
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def emptied(root: Path) -> None:
    """Leave an empty folder, as a disk does that is not there."""
    root.rename(root.parent / "away")
    root.mkdir()


async def test_only_what_changed_is_read_again(world: World, tree: Path) -> None:
    first = await world.ingest(tree)
    assert (first.read, first.unchanged, first.removed) == (2, 0, 0)
    assert [s.name for s in first.skipped] == ["blob.bin"]
    count = world.count("knowledge")
    assert count == first.passages == world.count("recall_items", "kind = 'knowledge'") > 0

    again = await world.ingest(tree)
    assert (again.read, again.unchanged, again.removed, again.passages) == (0, 2, 0, 0)
    assert world.count("knowledge") == count
    assert world.count("knowledge_sources") == 1

    os.utime(tree / "pond.md")
    touched = await world.ingest(tree)
    assert (touched.read, touched.unchanged) == (0, 2), "the same bytes at another time"

    rewritten(tree / "pond.md", PROSE.replace("Zebulon", "Balthasar"))
    changed = await world.ingest(tree)
    assert (changed.read, changed.unchanged, changed.removed) == (1, 1, 0)
    assert world.count("knowledge") == count
    answer = (await world.ask("Who guards the pond at night?", thread="t1")).text
    assert "Balthasar" in answer
    assert "Zebulon" not in answer

    (tree / "pond.md").unlink()
    gone = await world.ingest(tree)
    assert (gone.read, gone.unchanged, gone.removed) == (0, 1, 1)
    assert world.count("knowledge_documents") == 1
    assert world.count("vectors") == world.count("recall_items")
    last = await world.ask("Who guards the pond at night?", thread="t2")
    assert "Balthasar" not in last.text


async def test_an_answer_cites_path_and_lines(world: World, tree: Path) -> None:
    await world.ingest(tree)
    reply = await world.ask("Where is compute_backoff defined?")
    assert reply.outcome is Outcome.ANSWERED
    citation = reply.citations[0]
    assert citation.place is not None
    assert citation.place.path == "project/src/client.py"
    start, end = citation.place.start_line, citation.place.end_line
    assert start is not None
    assert end is not None
    cited = CODE.splitlines()[start - 1 : end]
    assert any("def compute_backoff" in line for line in cited)
    assert f"[{citation.mark}]" in reply.text
    assert f"project/src/client.py:{start}" in citation.label


async def test_an_ingestion_that_was_cut_short_is_finished_by_the_next(
    world: World, tree: Path
) -> None:
    for number in range(40):
        (tree / f"note{number:02}.md").write_text(f"# Note {number}\n\n" + "word " * 400)
    steps = world.mynah.ingestion.ingest(world.workspace, "ann", WORKSPACE, str(tree))
    async for step in steps:
        if step.done == 30:  # type: ignore[union-attr]
            break
    await steps.aclose()  # type: ignore[attr-defined]
    report = await world.ingest(tree)
    assert report.read + report.unchanged == 42
    assert world.count("knowledge_documents") == 42
    assert world.count("knowledge") == world.count("recall_items") == world.count("vectors")
    assert (await world.ingest(tree)).unchanged == 42


async def test_the_same_folder_privately_and_for_all_is_two_sources(
    world: World, tree: Path
) -> None:
    await world.ingest(tree, "ann", private=True)
    assert (await world.command("sources", "bob")).data["sources"] == []
    assert "Zebulon" not in (await world.ask("Who guards the pond at night?", "bob")).text
    assert "Zebulon" in (await world.ask("Who guards the pond at night?", "ann")).text
    await world.ingest(tree, "bob")
    assert len((await world.command("sources", "bob")).data["sources"]) == 1
    again = await world.ask("Who guards the pond at night?", "bob", thread="t2")
    assert "Zebulon" in again.text


async def test_what_cannot_be_read_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(SourceFailure, match="nowhere"):
        await world.ingest(tmp_path / "nowhere")
    said = [s async for s in world.mynah.host.ingest(world.person(), str(tmp_path / "nowhere"))]
    assert len(said) == 1
    assert "nowhere" in said[0]
    assert world.count("knowledge_sources") == 0


async def test_the_page_is_told_how_far_it_is(world: World, tree: Path) -> None:
    said = [s async for s in world.mynah.host.ingest(world.person(), str(tree))]
    assert said[0].startswith("Reading project/")
    assert said[-1].startswith("2 files read (")


async def test_an_emptied_folder_deletes_nothing_and_says_so(world: World, tree: Path) -> None:
    await world.ingest(tree)
    count = world.count("knowledge")
    emptied(tree)
    report = await world.ingest(tree)
    assert (report.removed, report.unreachable) == (0, 2)
    assert "2 not found or out of reach, and kept" in str(report)
    assert "is empty, perhaps because its disk is not there" in str(report)
    assert world.count("knowledge") == count


async def test_a_link_that_broke_keeps_no_other_file_from_being_forgotten(
    world: World, tree: Path
) -> None:
    await world.ingest(tree)
    (tree / "dangling.md").symlink_to(tree / "nowhere.md")
    (tree / "pond.md").unlink()
    assert (await world.ingest(tree)).removed == 1


async def test_a_document_of_two_hundred_pages_is_read_with_its_topics(
    world: World, tmp_path: Path
) -> None:
    pages = [
        f"# Page {n}\n\n" + f"The harbour crane lifts container {n} onto the ship. " * 40
        for n in range(200)
    ]
    (tmp_path / "port.md").write_text("\n\n".join(pages))
    report = await world.ingest(tmp_path / "port.md")
    assert report.read == 1
    assert report.passages >= 200
    assert world.count("knowledge") == world.count("recall_items") == report.passages
    async with world.mynah.store.begin(world.workspace) as unit:
        (document,), _ = await Catalogue(unit).documents(10)
    assert "crane" in document.topics[0]


async def test_two_names_that_look_the_same_are_not_mixed_up(world: World, tree: Path) -> None:
    for byte, text in ((b"\xff", "The owl counts mice."), (b"\xfe", "The owl counts voles.")):
        (tree / os.fsdecode(b"owl" + byte + b".md")).write_text(f"# Owl\n\n{text}\n")
    for _ in range(2):
        report = await world.ingest(tree)
        assert sum("two files" in skipped.detail for skipped in report.skipped) == 1
        assert world.count("knowledge_documents") == 3
