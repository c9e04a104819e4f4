"""Which files below a root are found, and what is said about the others."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.knowledge import Found, Skipped, SourceFailure
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import read
from integrations.knowledge.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits()


def make(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(root: Path, limits: Limits = LIMITS) -> list[str]:
    return [found.name for found in walk(root, limits) if isinstance(found, Found)]


def skipped(root: Path) -> dict[str, Skipped]:
    return {note.name: note for note in walk(root, LIMITS) if isinstance(note, Skipped)}


def test_a_file_yields_itself_even_if_rules_ignore_it(tmp_path: Path) -> None:
    make(tmp_path, {".git/HEAD": "", ".gitignore": "*.log", "a.log": "hello"})
    (found,) = walk(tmp_path / "a.log", LIMITS)
    assert isinstance(found, Found)
    assert (found.name, found.size) == ("a.log", 5)
    assert found.mtime_ns == (tmp_path / "a.log").stat().st_mtime_ns


def test_order_is_fixed_and_names_are_relative(tmp_path: Path) -> None:
    make(tmp_path, {"b/z.md": "z", "b/a.md": "a", "a.md": "a", "c.md": "c"})
    assert names(tmp_path) == ["a.md", "b/a.md", "b/z.md", "c.md"]


def test_nested_gitignore_with_negation(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            ".git/info/exclude": "private.md\n",
            ".gitignore": "*.log\n/top.md\nbuild/\nhalf/*\n!half/keep.md\n[z-a]\n!\n",
            "top.md": "x",
            "private.md": "x",
            "sub/top.md": "x",
            "sub/a.log": "x",
            "sub/.gitignore": "!important.log\n*.md\n",
            "sub/important.log": "x",
            "sub/deeper/important.log": "x",
            "build/a.md": "x",
            "half/a.md": "x",
            "half/keep.md": "x",
        },
    )
    assert names(tmp_path) == [
        ".gitignore",
        "half/keep.md",
        "sub/.gitignore",
        "sub/deeper/important.log",
        "sub/important.log",
    ]
    notes = skipped(tmp_path)
    assert notes["private.md"].detail.startswith("private.md is ignored by .git/info/exclude:")
    assert notes["build/"].reason == "ignored"


def test_rules_above_the_root_hold_unless_they_ignore_the_root(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".git/HEAD": "", ".gitignore": "*.log\nout/\n", "in/a.log": "x", "in/a.md": "x"}
        | {"out/a.log": "x"},
    )
    assert names(tmp_path / "in") == ["a.md"]
    assert names(tmp_path / "out") == ["a.log"]


def test_a_checkout_inside_a_checkout_has_its_own_rules(tmp_path: Path) -> None:
    make(
        tmp_path,
        {".git/HEAD": "", ".gitignore": "*.txt\n", "a.txt": "x"}
        | {"inner/.git": "gitdir: ../.git/modules/inner\n", "inner/a.txt": "x", "inner/b.txt": "x"}
        | {".git/modules/inner/info/exclude": "b.txt\n"},
    )
    assert names(tmp_path) == [".gitignore", "inner/a.txt"]


def test_what_nobody_wants_is_passed_over_with_a_note(tmp_path: Path) -> None:
    make(
        tmp_path,
        dict.fromkeys(
            [
                "node_modules/a/b.js",
                "__pycache__/a.txt",
                "env/pyvenv.cfg",
                "env/lib/a.py",
                "cache/CACHEDIR.TAG",
                "cache/x.md",
                "poetry.lock",
                "app.min.js",
                "logo.PNG",
                ".env",
                ".env.example",
                "src/id_rsa",
                "a.zip",
                ".git/config",
                "src/a.py",
            ],
            "x",
        ),
    )
    assert names(tmp_path) == [".env.example", "src/a.py"]
    notes = skipped(tmp_path)
    reasons = {name: note.reason for name, note in notes.items()}
    assert reasons == {
        **dict.fromkeys(["node_modules/", "__pycache__/", "env/", "cache/"], "ignored"),
        **dict.fromkeys(["poetry.lock", "app.min.js", ".env", "src/id_rsa"], "ignored"),
        **dict.fromkeys(["logo.PNG", "a.zip"], "unsupported"),
    }
    assert all(note.detail.startswith(note.name) for note in notes.values())


def test_links_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    make(root, {"a/b.md": "x"})
    make(outside, {"secret.md": "x"})
    (root / "loop").symlink_to("loop")
    (root / "a" / "up").symlink_to("..", target_is_directory=True)
    (root / "out").symlink_to(outside, target_is_directory=True)
    (root / "out.md").symlink_to(outside / "secret.md")
    (root / "again.md").symlink_to("a/b.md")
    (root / "nothing.md").symlink_to("missing")
    assert names(root) == ["a/b.md"]
    assert {name: note.reason for name, note in skipped(root).items()} == {
        "loop": "symlink_loop",
        "a/up": "symlink_loop",
        "out": "ignored",
        "out.md": "ignored",
        "again.md": "ignored",
        "nothing.md": "unreadable",
    }


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert skipped(tmp_path)["pipe.md"].reason == "unsupported"
    result = read(Found(tmp_path / "pipe.md", "pipe.md", 0, 0), LIMITS)
    assert isinstance(result, Skipped)
    assert result.reason == "unsupported"
    with pytest.raises(SourceFailure, match="device or a pipe"):
        walk(tmp_path / "pipe.md", LIMITS)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Rights do not bind root, so be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(65_534)
    except OSError:
        pytest.skip("cannot become an ordinary user here")
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike ``tmp_path``."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    (folder / "closed").chmod(0o755)
    shutil.rmtree(folder)


def test_what_may_not_be_read_is_noted(public_folder: Path) -> None:
    make(public_folder, {"closed/a.md": "x", "locked.md": "x", "open.md": "x"})
    (public_folder / "closed").chmod(0o000)
    (public_folder / "locked.md").chmod(0o000)
    with unprivileged():
        results = list(walk(public_folder, LIMITS))
        locked = read(Found(public_folder / "locked.md", "locked.md", 1, 0), LIMITS)
        with pytest.raises(SourceFailure, match=r"cannot be read .*give Mynah the right"):
            walk(public_folder / "closed", LIMITS)
    (note,) = [result for result in results if isinstance(result, Skipped)]
    assert (note.name, note.reason) == ("closed/", "unreadable")
    assert "give Mynah the right to read it" in note.detail
    assert [result.name for result in results] == ["closed/", "locked.md", "open.md"]
    assert isinstance(locked, Skipped)
    assert locked.reason == "unreadable"


def test_a_file_that_went_away_is_noted(tmp_path: Path) -> None:
    make(tmp_path, {"a.md": "x"})
    (found,) = walk(tmp_path, LIMITS)
    (tmp_path / "a.md").unlink()
    assert isinstance(found, Found)
    result = read(found, LIMITS)
    assert isinstance(result, Skipped)
    assert result.reason == "unreadable"


def test_a_root_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SourceFailure, match="does not exist: check the spelling"):
        walk(tmp_path / "nowhere", LIMITS)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceFailure):
        walk(tmp_path / "loop", LIMITS)


def test_too_many_files_end_the_walk(tmp_path: Path) -> None:
    make(tmp_path, {f"{number}.md": "x" for number in range(9)})
    results = list(walk(tmp_path, Limits(files=4)))
    assert len(results) == 5
    assert isinstance(results[-1], Skipped)
    assert results[-1].reason == "too_large"


def test_deep_folders_and_odd_names(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(400):
        deep /= "d"
    make(tmp_path, {"line\nbreak.md": "x"})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md")).write_text("x", encoding="utf-8")
    deep.mkdir(parents=True)
    make(deep, {"a.md": "x"})
    found = names(tmp_path)
    assert [name for name in found if not name.startswith("d/")] == [
        "bad\ufffd.md",
        "line\ufffdbreak.md",
    ]
    assert found[1].endswith("/d/a.md")


def test_arguments_and_results_travel_between_processes(tmp_path: Path) -> None:
    make(tmp_path, {"a.md": "# A\n\ntext"})
    (found,) = walk(tmp_path, LIMITS)
    function, (file, limits) = pickle.loads(pickle.dumps((read, (found, LIMITS))))
    assert pickle.loads(pickle.dumps(function(file, limits))) == read(file, LIMITS)
