"""Our dialogs in Slack, as views.

Decides what they ask and show. Refuses to know when they are opened.
Shapes: https://docs.slack.dev/reference/views
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from integrations.markdown.cutting import clip
from integrations.surfaces.sayings import REASONS, STARS
from integrations.surfaces.slack.reading import ids
from integrations.surfaces.slack.reading.intents import metadata

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.delivery import Button
    from integrations.surfaces.slack.reading.intents import Press

MOST_INPUT: Final = 3_000
"""Characters that a field of a dialog takes."""
MOST_TITLE: Final = 24
MOST_ASKED: Final = 300

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


def reason(by: Press, interaction_id: UUID) -> View:
    """Return the dialog that asks why an answer was not good. Nothing in it has to be said."""
    words = {
        "type": "plain_text_input",
        "action_id": ids.TEXT,
        "multiline": True,
        "max_length": MOST_INPUT,
    }
    picked = {
        "type": "checkboxes",
        "action_id": ids.REASONS,
        "options": [{"text": _plain(text), "value": name} for name, text in REASONS.items()],
    }
    return {
        "type": "modal",
        "callback_id": ids.REASON,
        "private_metadata": metadata(by, interaction_id),
        "title": _plain("Why was it not good?"),
        "submit": _plain("Send"),
        "close": _plain("Skip"),
        "blocks": [
            _optional("reasons", "What is it?", picked),
            _optional("words", "In your words", words),
            _optional("right", "The right answer, if you know it", words | {"action_id": ids.RIGHT})
            | {"hint": _plain("It takes the place of mine, for you and whoever reads it")},
        ],
    }


def stars(by: Press, interaction_id: UUID) -> View:
    """Return the dialog in which somebody gives an answer stars."""
    named = reversed(list(enumerate(STARS, start=1)))
    options = [{"text": _plain(f"{'★' * n} {name}"), "value": str(n)} for n, name in named]
    return {
        "type": "modal",
        "callback_id": ids.STARRED,
        "private_metadata": metadata(by, interaction_id),
        "title": _plain("Rate this answer"),
        "submit": _plain("Rate"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "stars",
                "label": _plain("How good is it?"),
                "element": {
                    "type": "radio_buttons",
                    "action_id": ids.STARS,
                    "options": options,
                },
            }
        ],
    }


def wording(by: Press, button: Button) -> View:
    """Return the dialog of a button that asks for words before it gives its command."""
    field: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": ids.TEXT,
        "multiline": True,
        "max_length": MOST_INPUT,
    }
    if button.filled:
        field["initial_value"] = button.filled[:MOST_INPUT]
    return {
        "type": "modal",
        "callback_id": ids.WORDED,
        "private_metadata": metadata(by, None, button.line),
        "title": _plain(clip(button.label, MOST_TITLE)),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "wording",
                "label": _plain(clip(button.asks or button.label, MOST_ASKED)),
                "element": field,
            }
        ],
    }


def saying_why(interaction_id: UUID) -> View:
    """Return the block with a button that opens the dialog that asks why."""
    button = {
        "type": "button",
        "text": _plain("Say why"),
        "action_id": ids.SAY_WHY,
        "value": str(interaction_id),
    }
    return {"type": "actions", "elements": [button]}


def _optional(block_id: str, label: str, element: View) -> View:
    return {
        "type": "input",
        "block_id": block_id,
        "optional": True,
        "label": _plain(label),
        "element": element,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
