"""Looks through all files of a project at once, and returns what they have in common.

Decides which files are worth counting. What counts as a convention, and how a project is told
of, is decided in ``learning.projects``. Blocking; safe in any thread.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from integrations.contracts.knowledge import Document, Found, Passage
from integrations.knowledge.formats import by_name
from integrations.knowledge.project.manifests import dependencies, is_manifest, scripts
from learning.projects.conventions import (
    Counts,
    commit_style,
    conventions,
    merge,
    names_of_tests,
    observe,
)
from learning.projects.profile import DOCUMENT, Dependency, FileSeen, Profile
from learning.sentences import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from integrations.knowledge.limits import Limits

MOST_READ: Final = 3_000
"""Source files that are read to count; of a larger project this is enough to tell."""
_LONGEST: Final = 200_000
_PIECE: Final = 2_200
"""Characters of a passage of a profile."""


def survey(name: str, entries: Iterable[object], commits: Sequence[str], limits: Limits) -> Profile:
    """Return a project as a whole.

    Args:
        name: what it is called.
        entries: what a walk found; only files count.
        commits: the first lines of its commit messages, if it has any.
        limits: the bounds of reading.
    """
    found = [entry for entry in entries if isinstance(entry, Found)]
    counts: list[Counts] = []
    seen: list[FileSeen] = []
    needs: list[Dependency] = []
    programs: dict[str, str] = {}
    read = 0
    for each in found:
        known = by_name(each.name)
        language = known.language if known is not None and known.reader == "code" else ""
        manifest = is_manifest(each.name)
        speaks = bool(_SPEAKS.search(each.name))
        text = ""
        if (language or manifest or speaks) and read < MOST_READ and each.size <= limits.text_bytes:
            text = _text(each)
            read += 1
        if manifest:
            needs += dependencies(each.name, text)
            programs |= scripts(each.name, text)
        if language and text:
            counts.append(observe(language, text))
        about = _about(text) if speaks else ""
        seen.append(FileSeen(each.name, language, text.count("\n") if language else 0, about))
    counts += [names_of_tests(each.name for each in found), commit_style(commits)]
    return Profile(name, tuple(seen), tuple(needs), programs, conventions(merge(counts)))


def document(profile: Profile) -> Document:
    """Return a profile as a document to cite: one passage for each piece of a section."""
    passages: list[Passage] = []
    line = 1
    for section in profile.sections():
        for piece in _pieces(section.text):
            count = piece.count("\n") + 1
            passages.append(Passage(piece, line, line + count - 1, section.title, section.kind))
            line += count
    text = "\n".join(passage.text for passage in passages)
    return Document(
        name=DOCUMENT,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        size=len(text),
        media_type="text/plain",
        title=f"{profile.name}: project profile",
        passages=tuple(passages),
    )


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    held = ""
    for whole in text.split("\n"):
        line = whole[:_PIECE]
        if held and len(held) + len(line) >= _PIECE:
            pieces.append(held)
            held = line
        else:
            held = f"{held}\n{line}" if held else line
    return [*pieces, held] if held.strip() else pieces


def _text(found: Found) -> str:
    try:
        with found.path.open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return ""  # it is passed over like any file that cannot be read


def _about(text: str) -> str:
    """Return the first sentence that a file says of itself."""
    plain = _TITLE.sub("", text.lstrip().lstrip("\"'/*# ")).strip()
    first = next((unit.text for unit in units(plain[:2_000])), "")
    flat = " ".join(first.replace('"""', " ").split())
    return flat if len(flat) <= _SENTENCE and _WORDS.search(flat) else ""


_SENTENCE: Final = 160
_WORDS: Final = re.compile(r"\w+ \w+ \w+")
_TITLE: Final = re.compile(r"\A#[^\n]*\n+")
_SPEAKS: Final = re.compile(
    r"(?:^|/)(?:__init__\.py|readme\.(?:md|rst|txt)|mod\.rs|doc\.go)$", re.IGNORECASE
)
