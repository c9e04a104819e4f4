"""Reads Jupyter notebooks: their cells as numbered lines.

Decides what a cell becomes. Refuses outputs: they are data, often large, and
go stale.
"""

from __future__ import annotations

import json
from typing import Any

from integrations.knowledge.paged import Unreadable
from integrations.knowledge.prose import markdown
from integrations.knowledge.sheet import Sheet


def notebook(text: str) -> tuple[str, Sheet]:
    """Return a notebook's title and its cells.

    Lines are those of the extracted text: the cells in order, a blank line
    between two of them.

    Raises:
        Unreadable: if it is not a notebook.
        ValueError: if it is not JSON.
        RecursionError: if it nests too deeply to be a notebook.
    """
    content = json.loads(text)
    cells = _cells(content)
    if cells is None:
        raise Unreadable("broken", "has no list of cells: open it in Jupyter and save it again")
    sheet = Sheet()
    title = ""
    above: tuple[str, ...] = ()
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            continue
        source = _source(cell)
        kind = cell.get("cell_type")
        if kind == "markdown":
            title, above = _prose(sheet, source, title, above)
        elif kind == "heading":  # notebooks of format 3
            level = cell.get("level")
            sheet.heading(level if isinstance(level, int) else 1, source)
            above = sheet.path
        else:
            path = (*above, f"cell {number}")
            sheet.write(source, "cell" if kind == "code" else "prose", path)
    return title, sheet


def _prose(
    sheet: Sheet, source: str, title: str, above: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Write a Markdown cell; a heading in it holds for the cells that follow."""
    lines = source.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return title, above
    found = markdown(lines, above if not _opens_document(lines) else ())
    sheet.adopt(found.blocks, lines)
    return title or found.title, found.blocks[-1].path


def _opens_document(lines: list[str]) -> bool:
    """A heading of the first level leaves every section before it."""
    return any(line.startswith("# ") for line in lines[:3])


def _cells(content: object) -> list[Any] | None:
    if not isinstance(content, dict):
        return None
    cells = content.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = content.get("worksheets")
    if isinstance(sheets, list):
        return [cell for sheet in sheets if isinstance(sheet, dict) for cell in _cells(sheet) or []]
    return None


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
