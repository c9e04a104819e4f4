"""Tables for Slack: its own block where the table fits into one, else aligned text.

Decides which of the two, and how wide a column of text is. Refuses to know what else is
in the message.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from integrations.surfaces.slack.document import Span, plain
from integrations.surfaces.slack.rich import inline, weight

if TYPE_CHECKING:
    from integrations.surfaces.slack.document import Spans, Table
    from integrations.surfaces.slack.rich import Element

MOST_ROWS: Final = 100
MOST_COLUMNS: Final = 20
"""What Slack takes; and it takes one table a message."""


def table_block(table: Table, most: int) -> Element | None:
    """Return Slack's own block, or ``None`` if the table is not one, or weighs more than that."""
    rows, columns = table.rows, len(table.aligns)
    if len(rows) > MOST_ROWS or not 0 < columns <= MOST_COLUMNS:
        return None
    block: Element = {
        "type": "table",
        "rows": [[_cell(cell, head=i == 0) for cell in row] for i, row in enumerate(rows)],
        "column_settings": [{"align": align, "is_wrapped": True} for align in table.aligns],
    }
    return block if weight(block) <= most else None


def aligned(table: Table) -> list[str]:
    """Return the table as lines of text, the header and a line below it first.

    Columns are as wide as their widest cell, up to a limit; a longer cell sticks out.
    Where the blanks would be more than the text, there are none.
    """
    rows = [[re.sub(r"\s+", " ", plain(cell)).strip() for cell in row] for row in table.rows]
    widths = [min(max(map(_width, column)), _WIDEST) for column in zip(*rows, strict=True)]
    text = sum(_width(cell) + len(_BETWEEN) for row in rows for cell in row)
    if (sum(widths) + len(_BETWEEN) * len(widths)) * len(rows) > 2 * text + _SPARE:
        widths = [0] * len(widths)
    below = _BETWEEN.join("─" * max(width, 1) for width in widths)
    lines = [_BETWEEN.join(map(_padded, row, widths, table.aligns)).rstrip() for row in rows]
    return [lines[0], below, *lines[1:]]


_BETWEEN: Final = "  "
_WIDEST: Final = 40
_SPARE: Final = 1000


def _cell(spans: Spans, *, head: bool) -> Element:
    if not head and any(replace(span, text="") != Span("") for span in spans):
        section = {"type": "rich_text_section", "elements": inline(spans)}
        return {"type": "rich_text", "elements": [section]}
    return {"type": "raw_text", "text": plain(spans) or " "}


def _padded(text: str, width: int, align: str) -> str:
    missing = max(width - _width(text), 0)
    match align:
        case "right":
            return " " * missing + text
        case "center":
            return " " * (missing // 2) + text + " " * (missing - missing // 2)
        case _:
            return text + " " * missing


def _width(text: str) -> int:
    """Columns in a monospaced font: East Asian wide characters take two, marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(ch)
        else 2
        if unicodedata.east_asian_width(ch) in {"W", "F"}
        else 1
        for ch in text
    )
