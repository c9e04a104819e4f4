"""Reads one file, or the bytes of a page, into a document.

Decides which reader takes it and turns every way of failing into a note with
the mend. Refuses to raise on bad input: whatever a file holds, the result is a
document or a reason.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from integrations.contracts.knowledge import Document, Found, Passage, Skipped
from integrations.knowledge import paged, prose
from integrations.knowledge.code import source
from integrations.knowledge.cut import Block, cut
from integrations.knowledge.decode import decode
from integrations.knowledge.formats import PDF, Format, by_content, by_name, declined
from integrations.knowledge.limits import Limits, megabytes
from integrations.knowledge.markup import html
from integrations.knowledge.notebook import notebook
from integrations.knowledge.paged import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGED = frozenset({"pdf", "docx"})
_MINIFIED_LINE = 5_000
"""Source with lines longer than this on average was written by a program."""


def read(found: Found, limits: Limits) -> Document | Skipped:
    """Read a file and cut it into passages. Blocking; safe in any thread or process."""
    what = declined(found.name)
    if what is not None:
        return Skipped(found.name, "unsupported", unsupported(found.name, what))
    known = by_name(found.name)
    # A name that says nothing may still hold a PDF, so the larger bound applies to it for now.
    bound = largest(known, limits) if known else limits.paged_bytes
    try:
        data = _bytes(found, bound)
    except OSError as error:
        return Skipped(
            found.name,
            "unreadable",
            f"{found.name} cannot be read ({error.strerror or error}): "
            "check that it still exists and that Mynah may read it",
        )
    if data is None:
        return Skipped(
            found.name, "unsupported", f"{found.name} is a device or a pipe: ingest a regular file"
        )
    return parse(found.name, data, limits, known)


def parse(
    name: str,
    data: bytes,
    limits: Limits,
    known: Format | None = None,
    charset: str | None = None,
) -> Document | Skipped:
    """Turn bytes into a document.

    Args:
        name: what citations show.
        data: the whole content.
        limits: the bounds.
        known: the format, if the name or the sender tells it.
        charset: the character set the sender declared.

    Returns:
        The document, or why there is none. Never raises on bad input.
    """
    if known is None and data.startswith(b"%PDF-"):
        known = PDF
    bound = largest(known, limits)
    if len(data) > bound:
        return Skipped(name, "too_large", too_large(name, bound))
    if not data.strip():
        return Skipped(name, "empty", f"{name} is empty: there is nothing to learn from it")
    try:
        if known is not None and known.reader in _PAGED:
            return _paged(name, data, limits, known)
        return _text(name, data, limits, known, charset)
    except Unreadable as unreadable:
        return Skipped(name, unreadable.reason, f"{name} {unreadable}")
    except Exception as error:  # noqa: BLE001 - parsers of foreign formats raise anything
        return Skipped(
            name,
            "broken",
            f"{name} is damaged or not what its name says ({type(error).__name__}): "
            "open it in the program it was made with, save it again and ingest that",
        )


def largest(known: Format | None, limits: Limits) -> int:
    """Return the bound for a format, in bytes."""
    paged_format = known is not None and known.reader in _PAGED
    return limits.paged_bytes if paged_format else limits.text_bytes


def too_large(name: str, bound: int) -> str:
    """Return the sentence for something over its bound."""
    return (
        f"{name} is larger than the {megabytes(bound)} that are read: split it, or raise the limit"
    )


def unsupported(name: str, what: str) -> str:
    """Return the sentence for a format that has no reader."""
    return f"{name} is {what}, which Mynah does not read: export its text as Markdown or PDF"


def _bytes(found: Found, bound: int) -> bytes | None:
    """Return at most one byte more than the bound, or ``None`` if it is no regular file."""
    # Opening a pipe would wait for a writer for ever.
    descriptor = os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(bound + 1)


def _paged(name: str, data: bytes, limits: Limits, known: Format) -> Document | Skipped:
    reader = paged.pdf if known.reader == "pdf" else paged.word
    title, sheet = reader(data, limits)
    passages = sheet.passages(limits)
    if not passages:
        return Skipped(
            name,
            "empty",
            f"{name} holds no text, perhaps only scanned pages: run text recognition on it first",
        )
    return _document(name, data, known, title, passages)


def _text(
    name: str, data: bytes, limits: Limits, known: Format | None, charset: str | None
) -> Document | Skipped:
    text = decode(data, charset)
    if text is None:
        return Skipped(
            name,
            "binary",
            f"{name} is not text: export what it holds as text, Markdown or PDF",
        )
    known = known or by_content(text)
    lines = text.split("\n")
    if known.reader == "code" and len(text) > _MINIFIED_LINE * len(lines):
        return Skipped(
            name, "ignored", f"{name} looks minified or generated: ingest what it was made from"
        )
    title, known, passages = _cut(text, lines, limits, known)
    if not passages:
        return Skipped(
            name,
            "empty",
            f"{name} shows no text (a page may need its scripts): save what you see as text",
        )
    return _document(name, data, known, title, passages)


def _cut(
    text: str, lines: list[str], limits: Limits, known: Format
) -> tuple[str, Format, tuple[Passage, ...]]:
    if known.reader == "notebook":
        title, sheet = notebook(text)
        return title, known, sheet.passages(limits)
    if known.reader == "html":
        title, sheet = html(text)
        return title, known, sheet.passages(limits)
    title, blocks = "", None
    # A text whose structure cannot be told is still a text with paragraphs.
    with suppress(Exception):
        title, blocks = _blocks(lines, limits, known)
    if blocks is None:
        blocks = [Block(1, len(lines), kind="code" if known.reader == "code" else "prose")]
    separator = "." if known.reader == "code" else " › "
    return title, known, cut(lines, blocks, limits, separator)


def _blocks(lines: list[str], limits: Limits, known: Format) -> tuple[str, list[Block]]:
    if known.reader == "code":
        return "", source(lines, known.language, limits)
    readers: dict[str, Callable[[list[str]], prose.Prose]] = {
        "markdown": prose.markdown,
        "rest": prose.rest,
        "asciidoc": lambda text: prose.marked(text, "asciidoc"),
        "org": lambda text: prose.marked(text, "org"),
    }
    found = readers.get(known.reader, prose.plain)(lines)
    return found.title, found.blocks


def _document(
    name: str, data: bytes, known: Format, title: str, passages: tuple[Passage, ...]
) -> Document:
    return Document(
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        media_type=known.media_type,
        title=" ".join(title.split())[:300],
        passages=passages,
    )
