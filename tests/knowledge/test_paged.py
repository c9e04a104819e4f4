"""PDF and DOCX: pages, headings, tables, locks and damage."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from integrations.contracts.knowledge import Document, Skipped
from integrations.knowledge.formats import by_name
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import parse


def pdf(*pages: str, outline: bool = False, password: str | None = None) -> bytes:
    writer = PdfWriter()
    for number, text in enumerate(pages):
        page = writer.add_blank_page(600, 800)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        shown = "".join(f"({line}) Tj 0 -14 Td " for line in text.split("\n"))
        stream.set_data(f"BT /F1 12 Tf 20 700 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        if outline:
            writer.add_outline_item(title=f"Chapter {number + 1}", page_number=number)
    writer.add_metadata({"/Title": "The manual"})
    if password is not None:
        writer.encrypt(password, "owner", algorithm="AES-256")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def result_of(name: str, data: bytes, limits: Limits | None = None) -> Document | Skipped:
    return parse(name, data, limits or Limits(), by_name(name))


def reason(name: str, data: bytes, limits: Limits | None = None) -> str:
    result = result_of(name, data, limits)
    assert isinstance(result, Skipped), result
    assert result.detail.startswith(name)
    return result.reason


def test_pdf_pages_and_lines() -> None:
    result = result_of("a.pdf", pdf("First line\nSecond line", "Other page", outline=True))
    assert isinstance(result, Document)
    assert (result.title, result.media_type) == ("The manual", "application/pdf")
    assert [(p.page, p.start_line, p.end_line, p.title, p.text) for p in result.passages] == [
        (1, 1, 2, "Chapter 1", "First line\nSecond line"),
        (2, 4, 4, "Chapter 2", "Other page"),
    ]


def test_pdf_without_a_suffix_is_recognised() -> None:
    assert isinstance(result_of("manual", pdf("Text")), Document)


def test_pdf_with_a_password() -> None:
    assert reason("a.pdf", pdf("Secret", password="geheim")) == "encrypted"
    only_locked_for_printing = result_of("a.pdf", pdf("Open", password=""))
    assert isinstance(only_locked_for_printing, Document)


def test_pdf_without_text() -> None:
    assert reason("a.pdf", pdf("")) == "empty"


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_truncated_pdf(share: float) -> None:
    data = pdf(*["Some text"] * 20)
    result = result_of("a.pdf", data[: int(len(data) * share)])
    assert isinstance(result, Document) or result.reason in {"broken", "empty"}
    assert reason("b.pdf", b"%PDF-1.7\n" + b"\x00garbage" * 30) == "broken"


def test_pdf_pages_are_bounded() -> None:
    result = result_of("a.pdf", pdf("One", "Two", "Three"), Limits(pages=2))
    assert isinstance(result, Document)
    assert [passage.page for passage in result.passages] == [1, 2]


def word() -> bytes:
    document = docx.Document()
    document.add_heading("Manual", 0)
    document.add_heading("Install", 1)
    document.add_paragraph("Run the installer. " * 30)
    table = document.add_table(2, 2)
    for row in range(2):
        for column in range(2):
            table.cell(row, column).text = f"r{row}c{column}"
    document.add_heading("Use", 1)
    document.add_paragraph("Ask it something. " * 30)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def test_docx_headings_paragraphs_and_tables() -> None:
    result = result_of("a.docx", word())
    assert isinstance(result, Document)
    assert [passage.title for passage in result.passages] == ["Manual › Install", "Manual › Use"]
    first = result.passages[0]
    assert first.text.startswith("# Manual\n\n## Install\n\nRun the installer.")
    assert first.text.endswith("| r0c0 | r0c1 |\n| r1c0 | r1c1 |")
    assert (first.start_line, first.end_line) == (1, 8)
    assert result.passages[1].start_line == 10


def test_damaged_locked_and_explosive_docx() -> None:
    data = word()
    assert reason("a.docx", data[: len(data) // 2]) == "broken"
    assert reason("a.docx", b"not a zip") == "broken"
    assert reason("a.docx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600) == "encrypted"
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 3_000_000)
    assert reason("a.docx", output.getvalue(), Limits(unpacked_bytes=1_000_000)) == "too_large"
    assert reason("a.docx", output.getvalue()) == "broken"
