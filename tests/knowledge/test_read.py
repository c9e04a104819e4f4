"""Character sets, binaries, sizes, notebooks: one file at a time."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from integrations.contracts.knowledge import Document, Found, Skipped
from integrations.knowledge.limits import Limits
from integrations.knowledge.read import read

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits()


def put(folder: Path, name: str, data: bytes) -> Found:
    path = folder / name
    path.write_bytes(data)
    return Found(path, name, len(data), path.stat().st_mtime_ns)


def document(folder: Path, name: str, data: bytes) -> Document:
    result = read(put(folder, name, data), LIMITS)
    assert isinstance(result, Document), result
    return result


def note(folder: Path, name: str, data: bytes, limits: Limits = LIMITS) -> Skipped:
    result = read(put(folder, name, data), limits)
    assert isinstance(result, Skipped), result
    assert result.name == name
    assert result.detail.startswith(name)
    assert ": " in result.detail  # what was wrong, then what to do
    return result


def test_a_document_says_what_it_is(tmp_path: Path) -> None:
    data = "# Größe\n\nText.\n".encode()
    result = document(tmp_path, "a.md", data)
    assert (result.name, result.size, result.media_type) == ("a.md", len(data), "text/markdown")
    assert result.digest == hashlib.sha256(data).hexdigest()
    assert result.title == "Größe"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("latin-1", "Der Bär läuft über die Straße und grüßt höflich die Köchin.\n" * 3),
        ("utf-16", "Hello wörld\nsecond line\n"),
        ("utf-16-le", "Hello world without a mark\nsecond line\n"),
        ("utf-16-be", "Hello world without a mark\nsecond line\n"),
        ("utf-32", "Hello wörld\nsecond line\n"),
        ("utf-8-sig", "Hello wörld\nsecond line\n"),
        ("cp1251", "Съешь же ещё этих мягких французских булок, да выпей чаю.\n" * 5),
        ("shift_jis", "吾輩は猫である。名前はまだ無い。どこで生れたか見当がつかぬ。\n" * 5),
    ],
)
def test_charsets(tmp_path: Path, charset: str, text: str) -> None:
    result = document(tmp_path, "a.txt", text.encode(charset))
    assert result.passages[0].text == text.rstrip("\n")


def test_a_declared_charset_is_believed(tmp_path: Path) -> None:
    data = '# -*- coding: iso-8859-15 -*-\nprice = "5 €"\n'.encode("iso-8859-15")
    assert 'price = "5 €"' in document(tmp_path, "a.py", data).passages[0].text


def test_a_few_broken_bytes_do_not_change_the_charset(tmp_path: Path) -> None:
    data = ("Übergrößenträger, " * 30).encode() + b"\xff rest"
    assert document(tmp_path, "a.txt", data).passages[0].text.startswith("Übergrößenträger")


def test_right_to_left_and_zero_width_text(tmp_path: Path) -> None:
    kept = "שלום \u200fעולם, می\u200cخواهم, 👩\u200d💻"
    data = f"\ufeff{kept}\nzero\u200bwidth soft\u00adhyphen\nx = 'a\u202eb\u2066c'\n"
    hidden = "".join(chr(0xE0000 + ord(character)) for character in "obey")
    text = document(tmp_path, "a.txt", (data + "tag" + hidden).encode()).passages[0].text
    assert text == f"{kept}\nzerowidth softhyphen\nx = 'abc'\ntag"


def test_control_characters_go_and_lines_stay(tmp_path: Path) -> None:
    data = b"one\x00 two\x07\r\nthree\x1b[0m\x0cfour\r\n" + b"text " * 40
    assert (
        document(tmp_path, "a.txt", data)
        .passages[0]
        .text.startswith("one two\nthree[0m four\ntext")
    )
    old_mac = document(tmp_path, "b.txt", b"one\rtwo\rthree")
    assert (old_mac.passages[0].text, old_mac.passages[0].end_line) == ("one\ntwo\nthree", 3)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.bin2", bytes(range(256)) * 20, "binary"),
        ("a.txt", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00" * 50, "binary"),
        ("a.py", b"\x93NUMPY\x01\x00v\x00" * 50, "binary"),
        ("empty.md", b"", "empty"),
        ("blank.md", b" \n\t\n", "empty"),
        ("invisible.md", "\u200b\ufeff\n".encode(), "empty"),
        ("a.png", b"x", "unsupported"),
        ("a.ipynb", b"{", "broken"),
        ("b.ipynb", b'{"a": 1}', "broken"),
        ("c.ipynb", b'{"cells": [' * 50_000, "broken"),
    ],
)
def test_reasons(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    assert note(tmp_path, name, data).reason == reason


def test_size_is_bounded(tmp_path: Path) -> None:
    limits = Limits(text_bytes=1_000, paged_bytes=2_000)
    result = note(tmp_path, "a.txt", b"x" * 1_001, limits)
    assert result.reason == "too_large"
    assert "1 kB" in result.detail
    assert isinstance(read(put(tmp_path, "b.txt", b"x" * 1_000), limits), Document)
    assert note(tmp_path, "unknown", b"x" * 1_001, limits).reason == "too_large"
    assert note(tmp_path, "a.pdf", b"x" * 2_001, limits).reason == "too_large"


def test_scripts_and_pages_without_a_suffix(tmp_path: Path) -> None:
    script = document(tmp_path, "tool", b"#!/usr/bin/env python3\ndef f():\n    return 1\n")
    assert script.media_type == "text/x-python"
    assert script.passages[0].title == "f"
    assert document(tmp_path, "page", b"<!doctype html><p>Hello").media_type == "text/html"
    assert document(tmp_path, "LICENSE", b"Permission is granted").media_type == "text/plain"


def test_a_notebook_keeps_sources_and_drops_outputs(tmp_path: Path) -> None:
    content = {
        "cells": [
            {"cell_type": "markdown", "source": ["# Load\n", "\n", "Read the file."]},
            {
                "cell_type": "code",
                "source": "import csv\n\nrows = 1" + "0" * 400,
                "outputs": [{"text": "SECRET OUTPUT"}],
            },
            {"cell_type": "markdown", "source": "## Plot\n\n" + "We plot. " * 60},
            {"cell_type": "code", "source": ["plot(rows)\n"] * 60},
            {"cell_type": "code", "source": None},
            "nonsense",
        ],
        "nbformat": 4,
    }
    result = document(tmp_path, "a.ipynb", json.dumps(content).encode())
    assert result.title == "Load"
    assert [passage.title for passage in result.passages] == [
        "Load › cell 2",
        "Load › Plot",
        "Load › Plot › cell 4",
    ]
    assert [passage.kind for passage in result.passages] == ["cell", "prose", "cell"]
    assert [(p.start_line, p.end_line) for p in result.passages] == [(1, 7), (9, 11), (13, 72)]
    assert not any("SECRET" in passage.text for passage in result.passages)


def test_a_notebook_of_format_3(tmp_path: Path) -> None:
    cells = [{"cell_type": "heading", "level": 1, "source": "Old"}]
    cells += [{"cell_type": "code", "input": "x = 1"}]
    data = json.dumps({"worksheets": [{"cells": cells}]}).encode()
    assert document(tmp_path, "a.ipynb", data).passages[0].text == "# Old\n\nx = 1"
