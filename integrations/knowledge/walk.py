"""Finds the files below a root that are worth reading.

Decides the order and what is passed over, with a note for each thing passed
over. Refuses to open files other than git's ignore rules, and to leave the root.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from integrations.contracts.knowledge import Found, Skipped, SourceFailure
from integrations.knowledge.formats import declined
from integrations.knowledge.ignore import (
    SILENT,
    Rules,
    rules_above,
    unwanted_content,
    unwanted_file,
    unwanted_folder,
)
from integrations.knowledge.read import unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integrations.knowledge.limits import Limits


def walk(root: Path, limits: Limits) -> Iterator[Found | Skipped]:
    """Yield the files of a source in a fixed order, and notes on what was passed over.

    A file yields itself, whatever rules say: somebody asked for it by name. A
    folder yields what lies below it, except what git ignores and what nobody
    wants cited. Links are never followed; what they point to inside the root
    is read at its own place.

    Raises:
        SourceFailure: if the root does not exist or cannot be read.
    """
    try:
        top = root.expanduser().resolve(strict=True)
        status = top.stat()
        if stat.S_ISREG(status.st_mode):
            return iter([_found(top, top.name, status)])
        if not stat.S_ISDIR(status.st_mode):
            raise SourceFailure(f"{root} is a device or a pipe: give a file, a folder or a URL")
        entries = _entries(str(top))
    except FileNotFoundError:
        raise SourceFailure(
            f"{root} does not exist: check the spelling, or give the full path"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceFailure(
            f"{root} cannot be read ({_why(error)}): "
            "give Mynah the right to read it, or choose another place"
        ) from None
    return _Walk(str(top), limits).below(entries)


def _found(path: Path, name: str, status: os.stat_result) -> Found:
    return Found(path=path, name=_printable(name), size=status.st_size, mtime_ns=status.st_mtime_ns)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _printable(name: str) -> str:
    """Names are bytes for the system; a store needs valid text on one line."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    rules: Rules
    entries: Iterator[os.DirEntry[str]]


class _Walk:
    """One walk. Folders nest without bound, so it keeps its own stack."""

    def __init__(self, top: str, limits: Limits) -> None:
        self._top = top
        self._limits = limits

    def below(self, entries: list[os.DirEntry[str]]) -> Iterator[Found | Skipped]:
        names = [entry.name for entry in entries]
        rules = rules_above(self._top).entering(self._top, names)
        stack = [_Folder(self._top, rules, iter(entries))]
        seen = 0
        while stack:
            entry = next(stack[-1].entries, None)
            if entry is None:
                stack.pop()
                continue
            if entry.name.lower() in SILENT:
                continue
            seen += 1
            if seen > self._limits.files:
                yield Skipped(
                    self._name(stack[-1].path),
                    "too_large",
                    f"the source has more than {self._limits.files:,} files and folders: "
                    "ingest its parts one by one, or raise the limit",
                )
                return
            result = self._look_at(entry, stack[-1].rules)
            if isinstance(result, _Folder):
                stack.append(result)
            else:
                yield result

    def _look_at(self, entry: os.DirEntry[str], rules: Rules) -> Found | Skipped | _Folder:
        name = self._name(entry.path)
        try:
            if entry.is_symlink():
                return self._link(entry.path, name)
            if entry.is_dir(follow_symlinks=False):
                return self._folder(entry, name, rules)
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            return _unreadable(name, error)
        skipped = _passed_over(entry, name, status, rules)
        return skipped or _found(Path(entry.path), name, status)

    def _folder(self, entry: os.DirEntry[str], name: str, rules: Rules) -> Skipped | _Folder:
        name += "/"
        unwanted = unwanted_folder(entry.name)
        if unwanted is not None:
            return _ignored(name, unwanted)
        origin = rules.ignoring(entry.path, folder=True)
        if origin is not None:
            return _ignored(name, f"ignored by {origin}")
        try:
            entries = _entries(entry.path)
        except OSError as error:
            return _unreadable(name, error)
        names = [inner.name for inner in entries]
        unwanted = unwanted_content(names)
        if unwanted is not None:
            return _ignored(name, unwanted)
        return _Folder(entry.path, rules.entering(entry.path, names), iter(entries))

    def _link(self, path: str, name: str) -> Skipped:
        try:
            target = os.path.realpath(path, strict=True)
        except FileNotFoundError:
            return Skipped(
                name, "unreadable", f"{name} is a link to nothing: mend the link, or delete it"
            )
        except OSError:
            return _loop(name)
        if (path + "/").startswith(target.rstrip("/") + "/"):
            return _loop(name)
        if not target.startswith(self._top.rstrip("/") + "/"):
            return Skipped(
                name,
                "ignored",
                f"{name} is a link out of the source: ingest what it points to by its own path",
            )
        return Skipped(
            name,
            "ignored",
            f"{name} is a link to {self._name(target)}: cite that one, which is read by itself",
        )

    def _name(self, path: str) -> str:
        return _printable(path[len(self._top.rstrip("/")) + 1 :] or ".")


def _passed_over(
    entry: os.DirEntry[str], name: str, status: os.stat_result, rules: Rules
) -> Skipped | None:
    """Return why a file is not worth reading, or ``None``."""
    if not stat.S_ISREG(status.st_mode):
        return Skipped(name, "unsupported", f"{name} is a device or a pipe: there is no file")
    origin = rules.ignoring(entry.path, folder=False)
    why = f"ignored by {origin}" if origin is not None else unwanted_file(entry.name)
    if why is not None:
        return _ignored(name, why)
    what = declined(entry.name)
    return Skipped(name, "unsupported", unsupported(name, what)) if what is not None else None


def _unreadable(name: str, error: OSError) -> Skipped:
    return Skipped(
        name,
        "unreadable",
        f"{name} cannot be read ({_why(error)}): give Mynah the right to read it, or leave it out",
    )


def _loop(name: str) -> Skipped:
    return Skipped(
        name, "symlink_loop", f"{name} is a link that leads back to itself: delete or mend the link"
    )


def _ignored(name: str, why: str) -> Skipped:
    return Skipped(name, "ignored", f"{name} is {why}: ingest it by its own path if it matters")
