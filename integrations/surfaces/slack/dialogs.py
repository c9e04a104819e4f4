"""Our dialogs and our tab in Slack, as views.

Decides what they ask and show. Refuses to know when they are opened.
Shapes: https://docs.slack.dev/reference/views
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integrations.surfaces.slack import ids
from integrations.surfaces.slack.document import Code, Item, Prose, Span, Table, read
from integrations.surfaces.slack.intents import metadata
from integrations.surfaces.slack.rich import rich_text, shown

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.surfaces.slack.document import Piece
    from integrations.surfaces.slack.intents import Press

MOST_INPUT: Final = 3_000
"""Characters that a field of a dialog takes."""
MOST_TAB: Final = 10_000
"""Characters of what is known of a person that their tab shows."""

View = dict[str, Any]


def correction(by: Press, interaction_id: UUID, answer: str) -> View:
    """Return the dialog in which somebody writes what the answer should have been.

    It begins with the answer as it is, if that fits.
    """
    field: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": ids.TEXT,
        "multiline": True,
        "max_length": MOST_INPUT,
        "placeholder": _plain("What should the answer have been?"),
    }
    if answer and len(answer) <= MOST_INPUT:
        field["initial_value"] = answer
    return {
        "type": "modal",
        "callback_id": ids.CORRECTED,
        "private_metadata": metadata(by, interaction_id),
        "title": _plain("Correct this answer"),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "correction",
                "label": _plain("The right answer"),
                "hint": _plain("Your answer takes the place of mine, for you and whoever reads it"),
                "element": field,
            }
        ],
    }


def home(text: str, *, learning: bool) -> View:
    """Return a person's tab.

    Args:
        text: what is known of them, as Markdown.
        learning: whether they are learned from.
    """
    cut = text if len(text) <= MOST_TAB else text[:MOST_TAB].rsplit("\n", 1)[0] + "\n\n…"
    pieces = [_fit(piece) for group in read(cut) for piece in group]
    off = _button("Stop learning from me", "off")
    on = _button("Learn from me again", "on")
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": _plain("What Mynah knows about you")},
            rich_text([piece for piece in pieces if piece is not None] or [_NOTHING]),
            {"type": "divider"},
            {"type": "actions", "elements": [off if learning else on]},
            {
                "type": "context",
                "elements": [
                    _plain(f"{ids.COMMAND} forget ID deletes one of these, {ids.COMMAND} help …")
                ],
            },
        ],
    }


_NOTHING: Final = Prose((Span("Nothing yet."),))


def _fit(piece: Piece) -> Piece | None:
    """Return a piece as rich text takes it: tables as text, rules not at all."""
    match piece:
        case Table():
            return Code(shown(piece))
        case Prose() | Item() | Code():
            return piece
        case _:
            return None


def _button(label: str, line: str) -> dict[str, Any]:
    return {
        "type": "button",
        "text": _plain(label),
        "action_id": f"{ids.RUN}_{line}",
        "value": line,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
