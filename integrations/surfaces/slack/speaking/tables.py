"""Tables for Slack: its own block where the table fits into one.

Decides whether it does. Refuses to know what else is in the message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from integrations.markdown.document import Span, plain
from integrations.surfaces.slack.speaking.rich import inline, weight

if TYPE_CHECKING:
    from integrations.markdown.document import Spans, Table
    from integrations.surfaces.slack.speaking.rich import Element

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


def _cell(spans: Spans, *, head: bool) -> Element:
    if not head and any(replace(span, text="") != Span("") for span in spans):
        section = {"type": "rich_text_section", "elements": inline(spans)}
        return {"type": "rich_text", "elements": [section]}
    return {"type": "raw_text", "text": plain(spans) or " "}
