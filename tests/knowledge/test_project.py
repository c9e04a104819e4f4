from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.knowledge import SourceFailure
from integrations.knowledge.limits import Limits
from integrations.knowledge.project.archive import unpack
from integrations.knowledge.project.history import revision, subjects
from integrations.knowledge.project.manifests import dependencies, scripts
from integrations.knowledge.project.survey import document, survey
from integrations.knowledge.walk import walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "pyproject.toml",
            (
                '[project]\ndependencies = ["httpx[http2]>=0.28,<1", "rich"]\n[dependency-groups]\n'
                'dev = ["pytest>=9"]\n'
            ),
            {"httpx[http2]": ">=0.28,<1", "rich": "", "pytest": ">=9"},
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nflask = "^3"\nredis = {version = "5.0"}\n',
            {"flask": "^3", "redis": "5.0"},
        ),
        ("requirements-dev.txt", "# a\n-r x.txt\nflask==3.0 # web\n", {"flask": "==3.0"}),
        ("web/package.json", '{"dependencies": {"react": "^19.0.0"}}', {"react": "^19.0.0"}),
        (
            "go.mod",
            (
                "module x\nrequire (\n\tgithub.com/gin-gonic/gin v1.9.1\n"
                "\tgolang.org/x/net v0.1.0 // indirect\n)\n"
            ),
            {"github.com/gin-gonic/gin": "v1.9.1"},
        ),
        ("Cargo.toml", '[dependencies]\ntokio = {version = "1", features = []}\n', {"tokio": "1"}),
        ("Gemfile", "gem 'rails', '~> 7.1'\ngem \"puma\"\n", {"rails": "~> 7.1", "puma": ""}),
        (
            "pom.xml",
            (
                "<dependency><groupId>g</groupId><artifactId>junit</artifactId>"
                "<version>5</version></dependency>"
            ),
            {"junit": "5"},
        ),
        ("pyproject.toml", "[project\n", {}),
        ("package.json", '{"dependencies": [1]}', {}),
        ("package.json", "null", {}),
        ("notes.txt", "flask", {}),
    ],
)
def test_manifests_say_what_is_needed(name: str, text: str, found: dict[str, str]) -> None:
    assert {each.name: each.version for each in dependencies(name, text)} == found


def test_programs_are_named() -> None:
    assert scripts("pyproject.toml", '[project.scripts]\nshop = "app:run"\n') == {"shop": "app:run"}
    assert scripts("package.json", "broken") == {}


def packed(path: Path, *members: tuple[str, bytes | str]) -> Path:
    """Return an archive of files, and of links where text is given."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def test_only_plain_files_inside_leave_an_archive(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "a.tar.gz",
        ("top/app.py", b"one"),
        ("top/../../out.py", b"two"),
        ("/etc/out.py", b"three"),
        ("top/link.py", "/etc/passwd"),
        ("top/.git/config", b"four"),
        ("lone.py", b"five"),
    )
    into = tmp_path / "into"
    into.mkdir()
    unpack(archive, into, Limits())
    assert [p.name for p in into.rglob("*")] == ["app.py"]
    assert not (tmp_path / "out.py").exists()


def test_a_file_that_is_the_same_in_the_next_archive_has_the_same_time(tmp_path: Path) -> None:
    times = []
    for number in (1, 2):
        into = tmp_path / str(number)
        into.mkdir()
        unpack(packed(tmp_path / f"{number}.tgz", ("top/app.py", b"one")), into, Limits())
        times.append((into / "app.py").stat().st_mtime_ns)
    assert times[0] == times[1]


@pytest.mark.parametrize("bound", [{"files": 1}, {"most_bytes": 4}])
def test_an_archive_that_is_too_large_or_broken_is_refused(
    tmp_path: Path, bound: dict[str, int]
) -> None:
    archive = packed(tmp_path / "a.tar.gz", ("top/a", b"one"), ("top/b", b"two"))
    limits = Limits(files=bound.get("files", 10))
    with pytest.raises(SourceFailure, match="holds more than"):
        unpack(archive, tmp_path, limits, bound.get("most_bytes", 100))
    archive.write_bytes(b"<html>")
    with pytest.raises(SourceFailure, match="cannot be unpacked"):
        unpack(archive, tmp_path, Limits())


def test_a_checkout_tells_its_commit_and_messages(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", *words]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    assert (revision(tmp_path), subjects(tmp_path)) == ("", ())
    git("init", "-b", "main")
    (tmp_path / "app.py").write_text('"""Sells."""\n')
    git("add", ".")
    git("commit", "-m", "feat: begin")
    # A repository's own settings must not be able to run anything.
    git("config", "log.showSignature", "true")
    git("config", "gpg.program", str(tmp_path / "evil"))
    assert len(revision(tmp_path)) == 40
    assert subjects(tmp_path) == ("feat: begin",)
    git("pack-refs", "--all")
    assert len(revision(tmp_path)) == 40


def test_a_survey_counts_what_a_walk_found(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "app.py").write_text('"""Sells."""\n' + 'a = "x"\n' * 9)
    profile = survey("shop", list(walk(tmp_path, Limits())), ["feat: begin"] * 5, Limits())
    read = document(profile)
    assert [p.kind for p in read.passages] == [
        "file_structure",
        "dependencies",
        "conventions",
        "patterns",
    ]
    assert "double quotes (100% of 9)" in read.passages[2].text
    assert document(profile).digest == read.digest
