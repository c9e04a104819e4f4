"""Tables as aligned lines of text, for where a surface has no tables of its own.

Decides how wide a column is. Refuses to know how wide a screen is.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from integrations.markdown.document import plain

if TYPE_CHECKING:
    from integrations.markdown.document import Table


def aligned(table: Table) -> list[str]:
    """Return the table as lines of text, the header and a line below it first.

    Columns are as wide as their widest cell, up to a limit; a longer cell sticks out.
    Where the blanks would be more than the text, there are none.
    """
    rows = [[re.sub(r"\s+", " ", plain(cell)).strip() for cell in row] for row in table.rows]
    widths = [min(max(map(width, column)), _WIDEST) for column in zip(*rows, strict=True)]
    text = sum(width(cell) + len(_BETWEEN) for row in rows for cell in row)
    if (sum(widths) + len(_BETWEEN) * len(widths)) * len(rows) > 2 * text + _SPARE:
        widths = [0] * len(widths)
    below = _BETWEEN.join("─" * max(each, 1) for each in widths)
    lines = [_BETWEEN.join(map(_padded, row, widths, table.aligns)).rstrip() for row in rows]
    return [lines[0], below, *lines[1:]]


def width(text: str) -> int:
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


_BETWEEN: Final = "  "
_WIDEST: Final = 40
_SPARE: Final = 1000


def _padded(text: str, columns: int, align: str) -> str:
    missing = max(columns - width(text), 0)
    match align:
        case "right":
            return " " * missing + text
        case "center":
            return " " * (missing // 2) + text + " " * (missing - missing // 2)
        case _:
            return text + " " * missing
