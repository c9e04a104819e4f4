"""Reads PDF and DOCX files as numbered lines of extracted text.

Decides how pages, headings and tables become blocks, and when a file is locked,
damaged or too large to unpack. Refuses to recognise text in images.
"""

from __future__ import annotations

import io
import time
import zipfile
from typing import TYPE_CHECKING, Any

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf import PdfReader
from pypdf.generic import Destination

from integrations.knowledge.limits import Limits, megabytes
from integrations.knowledge.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pypdf import PageObject

    from integrations.contracts.knowledge import SkipReason

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
_LARGEST_PAGE = 8_000_000
"""Bytes of drawing commands; a page with more is a map or a plot, and takes minutes."""
_OUTLINE_DEPTH = 6
_OUTLINE_ENTRIES = 10_000


class Unreadable(Exception):  # noqa: N818 - it names the state of the file
    """A file's content cannot be taken; the message says why and what to do."""

    def __init__(self, reason: SkipReason, message: str) -> None:
        super().__init__(message)
        self.reason: SkipReason = reason


def pdf(data: bytes, limits: Limits) -> tuple[str, Sheet]:
    """Return a PDF's title and text, page by page.

    Raises:
        Unreadable: if it needs a password.
        Exception: whatever the parser raises on a damaged file.
    """
    reader = PdfReader(io.BytesIO(data), strict=False)
    # Many files are encrypted with an empty password, only to forbid printing.
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted", "needs a password: save a copy without one and ingest that")
    deadline = time.monotonic() + limits.parse_seconds
    sections = _sections(reader)
    sheet = Sheet()
    count = len(reader.pages)
    for number in range(1, min(count, limits.pages) + 1):
        if time.monotonic() > deadline:
            break
        sheet.page = number
        for level, heading in sections.get(number, ()):
            sheet.under(level, heading)
        for paragraph in _paragraphs(_page_text(reader.pages[number - 1])):
            sheet.write(paragraph)
    metadata = reader.metadata
    title = str((metadata.title if metadata else None) or "")
    return " ".join(title.split())[:300], sheet


def _page_text(page: PageObject) -> str:
    contents = page.get_contents()
    if contents is None or len(contents.get_data()) > _LARGEST_PAGE:
        return ""
    return page.extract_text()


def _paragraphs(text: str) -> Iterable[str]:
    """Part a page where it leaves a line empty."""
    paragraph: list[str] = []
    for line in [*text.replace("\r", "\n").split("\n"), ""]:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield "\n".join(paragraph)
            paragraph = []


def _sections(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """Return the outline's headings by page; a broken outline counts as none."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        stack: list[tuple[int, Iterator[Any]]] = [(1, iter(reader.outline))]
        seen = 0
        while stack and seen < _OUTLINE_ENTRIES:
            level, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, Destination):
                seen += 1
                page = reader.get_destination_page_number(entry)
                text = " ".join(str(entry.title or "").split())[:200]
                if page is not None and page >= 0 and text:
                    found.setdefault(page + 1, []).append((level, text))
            elif isinstance(entry, list) and level < _OUTLINE_DEPTH:
                stack.append((level + 1, iter(entry)))
    except Exception:  # noqa: BLE001 - the pages are worth reading whatever the outline does
        return {}
    return found


def word(data: bytes, limits: Limits) -> tuple[str, Sheet]:
    """Return a DOCX file's title and text in reading order.

    Raises:
        Unreadable: if it is encrypted, or would unpack to too much.
        Exception: whatever the parser raises on a damaged file.
    """
    if data.startswith(_COMPOUND_FILE):
        raise Unreadable(
            "encrypted",
            "is password-protected or in the old .doc format: "
            "save a copy as .docx without a password and ingest that",
        )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # Unpacking never yields more than is declared, so the declaration bounds the work.
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > limits.unpacked_bytes:
        raise Unreadable(
            "too_large",
            f"unpacks to {megabytes(unpacked)} and at most {megabytes(limits.unpacked_bytes)} "
            "is read: split the document, or remove its pictures",
        )
    document = docx.Document(io.BytesIO(data))
    sheet = Sheet()
    for part in document.iter_inner_content():
        if isinstance(part, Paragraph):
            level = _level(part)
            if level:
                sheet.heading(level, part.text)
            else:
                sheet.write(part.text)
        elif isinstance(part, Table):
            sheet.write("\n".join(_rows(part)), "table")
    title = " ".join((document.core_properties.title or "").split())[:300]
    if not title and sheet.blocks and sheet.blocks[0].path:
        title = sheet.blocks[0].path[0]
    return title, sheet


def _level(paragraph: Paragraph) -> int:
    """Return a heading's level, or 0 for other paragraphs."""
    name = (paragraph.style.name if paragraph.style else None) or ""
    if name == "Title":
        return 1
    kind, _, number = name.partition(" ")
    return min(int(number) + 1, 6) if kind == "Heading" and number.isdecimal() else 0


def _rows(table: Table) -> Iterable[str]:
    # Walking the rows' own cells is linear; asking the table for its cells is not.
    for row in table.rows:
        cells = [" ".join(cell.text.split()) for cell in row.cells]
        if any(cells):
            yield "| " + " | ".join(cells) + " |"
