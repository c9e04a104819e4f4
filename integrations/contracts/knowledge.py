"""What ingestion yields: documents cut into passages that can be cited by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Found:
    """A file worth reading, before it is read.

    Attributes:
        path: where it is on disk.
        name: its path relative to the source's root, with ``/``; what citations show.
        size: bytes.
        mtime_ns: last change, for skipping without reading.
    """

    path: Path
    name: str
    size: int
    mtime_ns: int


SkipReason = Literal[
    "binary",
    "too_large",
    "empty",
    "unreadable",
    "encrypted",
    "broken",
    "ignored",
    "unsupported",
    "symlink_loop",
]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not taken, and why, in one clear sentence with the mend."""

    name: str
    reason: SkipReason
    detail: str


PassageKind = Literal[
    "prose",
    "code",
    "table",
    "cell",
    # Of a project as a whole, concluded from its files:
    "file_structure",
    "dependencies",
    "conventions",
    "patterns",
]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that makes sense alone.

    Attributes:
        text: the passage as it stands in the document.
        start_line: 1-based line of the document where it starts; for PDF and
            DOCX, lines of the extracted text.
        end_line: last line, inclusive.
        title: heading path ("Install › Linux") or qualified name
            ("RetryHandler.prepare"), or empty.
        kind: what it is.
        page: 1-based page for paginated documents.
    """

    text: str
    start_line: int
    end_line: int
    title: str = ""
    kind: Literal[
        "prose",
        "code",
        "table",
        "cell",
        "file_structure",
        "dependencies",
        "conventions",
        "patterns",
    ] = "prose"
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A file or page, read and cut.

    Attributes:
        name: as citations show it.
        digest: SHA-256 of the raw bytes, hex; unchanged means nothing to do.
        media_type: "text/markdown", "text/x-python", "application/pdf", …
        title: the document's own title, or empty.
    """

    name: str
    digest: str
    size: int
    media_type: str
    title: str
    passages: tuple[Passage, ...]


class SourceFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """A source as a whole cannot be read; the message says why and what to do."""
