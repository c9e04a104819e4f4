"""A look at the place of a source: what stands there now, before anything is read.

Sequence only: what is worth reading is decided in ``integrations.knowledge``, what
an absence means in ``learning.knowledge``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integrations.contracts.knowledge import Document, Found, Skipped, SourceFailure
from learning.knowledge import Seen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from integrations.knowledge.limits import Limits
    from learning.store.knowledge import Source

    Fetch = Callable[[str], Awaitable[Document | Skipped]]

_FOLDERS: Final = frozenset({"folder", "git"})


@dataclass(frozen=True, slots=True)
class Look:
    """What stands at a location.

    Attributes:
        kind: file, folder, git or web.
        root: the location, in full.
        entries: what is there. For a page, its contents, because only they tell.
        reached: whether the place could be looked at; if not, ``entries`` says nothing.
        why: if it could not, the reason in a sentence.
    """

    kind: str
    root: str
    entries: Sequence[Found | Skipped | Document]
    reached: bool = True
    why: str = ""

    def name_of(self, entry: Found | Skipped | Document) -> str:
        """Return how citations call an entry: with the folder's name in front."""
        return f"{Path(self.root).name}/{entry.name}" if self.kind in _FOLDERS else entry.name

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names that could not be looked at, and folders (with ``/``) below which nothing could.

        Empty text stands for everything: there were too many files to look at all.
        """
        return tuple(
            "" if entry.reason == "too_large" else self.name_of(entry)
            for entry in self.entries
            if isinstance(entry, Skipped) and entry.reason in {"unreadable", "too_large"}
        )

    def absent(self, name: str) -> Seen:
        """Return what the look says of a document that it did not find."""
        hidden = any(
            name.startswith(other) if other.endswith("/") or not other else name == other
            for other in self.hidden
        )
        return Seen(reached=self.reached and not hidden, there=False, certain=self.kind in _FOLDERS)


async def look(location: str, limits: Limits, fetch: Fetch) -> Look:
    """Look at a place; a page is fetched.

    A folder in which nothing stands counts as not reached: that is how the mount
    point of a disk looks that is not there.

    Raises:
        SourceFailure: if there is nothing, or it cannot be read.
    """
    if location.startswith(("http://", "https://")):
        page = await fetch(location)
        if isinstance(page, Skipped) and page.reason == "unreadable":
            return Look("web", location, [page], reached=False, why=page.detail)
        return Look("web", location, [page])
    return await asyncio.to_thread(_look, location, limits)


async def look_again(source: Source, limits: Limits, fetch: Fetch) -> Look:
    """Look at the place of a source that is known; what fails is said, not raised."""
    try:
        found = await look(source.location, limits, fetch)
    except SourceFailure as failure:
        lone = source.kind == "file" and await asyncio.to_thread(_unlisted, Path(source.location))
        return Look(source.kind, source.location, [], reached=lone, why=str(failure))
    if found.kind == source.kind or {found.kind, source.kind} <= _FOLDERS:
        return found
    # Somebody allowed a file to be read, not the folder that has taken its name.
    return Look(
        source.kind,
        source.location,
        [],
        reached=source.kind == "file",
        why=f"{source.location} is no {source.kind} any more but a {found.kind}: "
        "ingest it anew if you want it read",
    )


def _look(location: str, limits: Limits) -> Look:
    from integrations.knowledge.walk import walk  # noqa: PLC0415 - loads the parsers

    path = Path(location).expanduser().absolute()
    entries = list(walk(path, limits))
    if path.is_file():
        return Look("file", str(path), entries)
    kind = "git" if _is_checkout(path) else "folder"
    if not entries:
        return Look(
            kind,
            str(path),
            [],
            reached=False,
            why=f"{path} is empty, perhaps because its disk is not there: forget the source "
            "if it is meant to be empty",
        )
    return Look(kind, str(path), entries)


def _is_checkout(path: Path) -> bool:
    try:
        return (path / ".git").exists()
    except OSError:
        return False


def _unlisted(path: Path) -> bool:
    """Tell whether the folder of a file is there and lists others, but not this file."""
    try:
        names = {entry.name for entry in path.parent.iterdir()}
    except OSError:
        return False
    return bool(names) and path.name not in names
