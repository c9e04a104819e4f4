"""Reads a file that came alone, by what it holds.

Decides the format from the first bytes where they tell it, because people rename files.
Refuses to raise on bad input, as ``read`` does.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from integrations.contracts.knowledge import Skipped
from integrations.knowledge.formats import DOCX, PDF, Format, by_name, declined
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import parse, unsupported

if TYPE_CHECKING:
    from integrations.contracts.knowledge import Document

LIMITS: Final = Limits(
    paged_bytes=20_000_000, unpacked_bytes=100_000_000, pages=500, parse_seconds=20.0
)
"""Somebody waits for the answer, so less is read than of what is ingested."""

_PAGED: Final = frozenset({"pdf", "docx"})
_PDF_WITHIN: Final = 1_024
_WORD_PART: Final = "word/document.xml"


def read_loose(name: str, data: bytes, limits: Limits = LIMITS) -> Document | Skipped:
    """Read a file and cut it into passages. Blocking; safe in any thread."""
    known = by_name(name)
    if b"%PDF-" in data[:_PDF_WITHIN] and (known is None or known.reader in _PAGED):
        known = PDF
    elif data.startswith(b"PK\x03\x04"):
        if not _is_word(data):
            what = declined(name) or "an archive"
            return Skipped(name, "unsupported", unsupported(name, what))
        known = Format(DOCX, "docx")
    elif known is not None and known.reader in _PAGED:
        known = None  # it is not what its name says; perhaps it is text
    return parse(name, data, limits, known)


def text_of(document: Document) -> str:
    """Return what a document holds, each passage at its own line."""
    lines: list[str] = []
    for passage in sorted(document.passages, key=lambda each: each.start_line):
        first, *rest = passage.text.split("\n")
        if passage.start_line <= len(lines):
            lines[-1] += f" {first}"  # the next part of one long line
        else:
            lines += [""] * (passage.start_line - 1 - len(lines)) + [first]
        lines += rest
    return "\n".join(lines)


def _is_word(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _WORD_PART in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
