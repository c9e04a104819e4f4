"""Knows what nobody wants cited: caches, lock files, secrets, and what git ignores.

Decides from names and from ``.gitignore`` files. Refuses to read any other file.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST_RULES = 1_000_000

SILENT = frozenset({".git", ".hg", ".svn", ".jj", ".ds_store", "thumbs.db"})
"""Not even worth a note."""

_FOLDERS = {
    "installed packages": "node_modules bower_components .venv site-packages .eggs pods",
    "a cache": (
        "__pycache__ .mypy_cache .ruff_cache .pytest_cache .hypothesis .tox .nox .cache .gradle "
        ".parcel-cache .turbo .next .nuxt .svelte-kit .terraform .dart_tool .ipynb_checkpoints "
        ".import_linter_cache deriveddata htmlcov *.egg-info *.dist-info"
    ),
    "an editor's settings": ".idea .vs .vscode .settings",
}
_FILES = {
    "a lock file": (
        "*.lock package-lock.json npm-shrinkwrap.json pnpm-lock.yaml bun.lockb go.sum "
        "packages.lock.json gradle.lockfile pylock.toml package.resolved"
    ),
    "minified or generated": "*.min.js *.min.css *.min.mjs *.map *.bundle.js *_pb2.py *.pb.go",
    "a leftover of an editor": "*~ *.swp *.swo *.bak *.orig .#*",
    "a place for secrets": (
        ".env .env.* *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx id_rsa id_dsa id_ecdsa "
        "id_ed25519 .netrc .npmrc .pypirc .htpasswd .pgpass credentials.json"
    ),
}
_SAFE = frozenset({".env.example", ".env.sample", ".env.template", ".env.dist"})


def _table(groups: dict[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    exact: dict[str, str] = {}
    patterns: list[tuple[str, str]] = []
    for what, names in groups.items():
        for name in names.split():
            if "*" in name:
                patterns.append((name, what))
            else:
                exact[name] = what
    return exact, patterns


_FOLDER_NAMES, _FOLDER_PATTERNS = _table(_FOLDERS)
_FILE_NAMES, _FILE_PATTERNS = _table(_FILES)


def unwanted_folder(name: str) -> str | None:
    """Return what a folder of this name holds that nobody wants, or ``None``."""
    return _look_up(name.lower(), _FOLDER_NAMES, _FOLDER_PATTERNS)


def unwanted_file(name: str) -> str | None:
    """Return why nobody wants a file of this name, or ``None``."""
    lower = name.lower()
    return None if lower in _SAFE else _look_up(lower, _FILE_NAMES, _FILE_PATTERNS)


def unwanted_content(entries: Iterable[str]) -> str | None:
    """Return why a folder with these entries is skipped, whatever its name."""
    names = set(entries)
    if "CACHEDIR.TAG" in names:
        return "a cache"
    return "installed packages" if "pyvenv.cfg" in names else None


def _look_up(name: str, exact: dict[str, str], patterns: list[tuple[str, str]]) -> str | None:
    found = exact.get(name)
    if found is None:
        found = next((what for pattern, what in patterns if fnmatch(name, pattern)), None)
    return found


@dataclass(frozen=True, slots=True)
class _Layer:
    """The rules of one file, which hold below ``folder``."""

    folder: str
    origin: str
    spec: GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Rules:
    """What git ignores at one folder: its own rules over those of the folders above."""

    layers: tuple[_Layer, ...] = ()

    def entering(self, folder: str, entries: Iterable[str]) -> Rules:
        """Return the rules that hold inside ``folder``, an absolute path."""
        names = set(entries)
        # A checkout inside another one is a world of its own, as for git.
        layers = () if ".git" in names else self.layers
        added: list[_Layer] = []
        if ".git" in names:
            exclude = os.path.join(_common_git_folder(folder), "info", "exclude")  # noqa: PTH118 - str paths are the fast ones in a walk
            added.extend(_layer(folder, exclude, ".git/info/exclude"))
        if ".gitignore" in names:
            added.extend(_layer(folder, os.path.join(folder, ".gitignore"), ".gitignore"))  # noqa: PTH118 - as above
        return Rules((*layers, *added)) if added or layers != self.layers else self

    def ignoring(self, path: str, *, folder: bool) -> str | None:
        """Return which file says that git ignores ``path``, or ``None``."""
        for layer in reversed(self.layers):
            inside = path[len(layer.folder.rstrip("/")) + 1 :]
            verdict = layer.spec.check_file(inside + "/" if folder else inside).include
            if verdict is not None:
                return layer.origin if verdict else None
        return None


def rules_above(root: str) -> Rules:
    """Return the rules that a checkout around ``root`` sets for it.

    If they ignore the root itself, nothing of it would be left; but somebody
    asked for it by name, so then they do not count.
    """
    top = root
    while not os.path.lexists(os.path.join(top, ".git")):  # noqa: PTH118 - as above
        parent = os.path.dirname(top)  # noqa: PTH120 - as above
        if parent == top:
            return Rules()
        top = parent
    rules = Rules()
    current = top
    for part in [*(p for p in root[len(top) :].split("/") if p), ""]:
        if current == root:
            break
        try:
            names = os.listdir(current)  # noqa: PTH208 - as above
        except OSError:
            names = [".git", ".gitignore"]
        rules = rules.entering(current, names)
        current = os.path.join(current, part)  # noqa: PTH118 - as above
        if rules.ignoring(current, folder=True):
            return Rules()
    return rules


def _common_git_folder(folder: str) -> str:
    """Return the git folder that worktrees share; ``.git`` may be a file that points to it."""
    git = os.path.join(folder, ".git")  # noqa: PTH118 - as above
    pointer = re.match(r"gitdir:\s*(.+)", _small_file(git) or "")
    if pointer:
        git = os.path.join(folder, pointer[1].strip())  # noqa: PTH118 - as above
        common = _small_file(os.path.join(git, "commondir"))  # noqa: PTH118 - as above
        if common:
            git = os.path.join(git, common.strip())  # noqa: PTH118 - as above
    return git


def _layer(folder: str, file: str, origin: str) -> Iterable[_Layer]:
    text = _small_file(file)
    lines = (text or "").splitlines()
    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):
        # One bad pattern must not take the good ones with it.
        spec = GitIgnoreSpec.from_lines([line for line in lines if _valid(line)])
    return [_Layer(folder, origin, spec)] if text else []


def _valid(pattern: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return False
    return True


def _small_file(path: str) -> str | None:
    """Return a regular file's text; links are not followed, as git does not."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return os.fsdecode(file.read(_LARGEST_RULES).removeprefix(b"\xef\xbb\xbf"))
    except OSError:
        return None
