"""Reads where a checkout stands, and how its commit messages begin.

Decides nothing of it. Where a checkout stands is read from its files, so that a look costs next
to nothing; messages need ``git``, and without it there are none. Nothing that a repository's
own settings name is ever run.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_MOST: Final = 300
_SECONDS: Final = 10
_SMALL: Final = 4_000_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")


def revision(root: Path) -> str:
    """Return the commit that a checkout stands at; empty if it is none, or that cannot be told."""
    git = root / ".git"
    try:
        if git.is_file():
            pointer = re.match(r"gitdir:\s*(.+)", _read(git))
            if pointer is None:
                return ""
            git = root / pointer[1].strip()
        head = _read(git / "HEAD").strip()
        if not head.startswith("ref: "):
            return head if _COMMIT.fullmatch(head) else ""
        ref = head.removeprefix("ref: ")
        common = git / "commondir"
        places = [git, git / _read(common).strip()] if common.is_file() else [git]
        for place in places:
            loose = place / ref
            if ".." not in ref and loose.is_file():
                return _read(loose).strip()
            packed = place / "packed-refs"
            if packed.is_file():
                for line in _read(packed).split("\n"):
                    if line.endswith(f" {ref}"):
                        return line.split(" ")[0]
    except OSError:
        return ""
    return ""


def subjects(root: Path) -> tuple[str, ...]:
    """Return the first lines of the newest commit messages; none without ``git``. Blocking."""
    if not (root / ".git").exists():
        return ()
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and the path of a folder, no shell
            [  # noqa: S607 - found on the system's own path
                "git",
                "-c",
                "log.showSignature=false",
                "-c",
                "core.fsmonitor=false",
                "-C",
                str(root),
                "log",
                f"--max-count={_MOST}",
                "--no-merges",
                "--format=%s",
            ],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            # Settings of whoever runs this are not the project's.
            env={
                "PATH": os.defpath,
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_OPTIONAL_LOCKS": "0",
                "GIT_NO_LAZY_FETCH": "1",
                "GIT_TERMINAL_PROMPT": "0",
            },
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    if done.returncode:
        return ()
    return tuple(done.stdout.decode("utf-8", "replace").splitlines())


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_SMALL).decode("utf-8", "replace")
