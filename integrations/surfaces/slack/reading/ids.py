"""The names that our buttons and dialogs carry to Slack and bring back.

Decides them once, for what draws a button and for what reads a press of it. Refuses to
know what either looks like.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from integrations.contracts.delivery import Button

FEEDBACK: Final = "mynah_feedback"
"""The pair 👍 👎; the value is ``GOOD`` or ``BAD`` with the interaction: "good:ID"."""
GOOD: Final = "good"
BAD: Final = "bad"
CHOOSE: Final = "mynah_choose"
"""One of the readings: ``mynah_choose_h1``; the value is "ID:h1"."""
CORRECT: Final = "mynah_correct"
"""The value of this one and of the next three is the interaction."""
WHY: Final = "mynah_why"
FORGET: Final = "mynah_forget"
REGENERATE: Final = "mynah_regenerate"
SAY_WHY: Final = "mynah_say_why"
"""Asks for the dialog below that asks why; the value is the interaction."""
ANOTHER: Final = "mynah_another"
"""Ask another expert: a menu, or one button a role (``mynah_another_math``); "ID:math"."""
RUN: Final = "mynah_run"
"""Any button that stands for a command; the value is the command line: "forget 3f2a"."""
ASK: Final = "mynah_ask"
"""Any button that asks for words before; the value is what ``asking`` makes of it."""

ITEM: Final = "mynah_item"
"""The menu beside one thing that is known of a person; the value is "correct ID" or "forget ID"."""
PAGE: Final = "mynah_page"
"""Another page of a person's tab: ``mynah_page_older``; the value is its number."""

REWRITTEN: Final = "mynah_rewritten"
"""``callback_id`` of the dialog in which somebody puts right what is known of them."""
CORRECTED: Final = "mynah_corrected"
"""``callback_id`` of the dialog in which somebody writes what the answer should have been."""
REASON: Final = "mynah_reason"
"""``callback_id`` of the dialog that asks why an answer was not good."""
WORDED: Final = "mynah_worded"
"""``callback_id`` of the dialog of a button that asks for words; what is kept is the line."""
TEXT: Final = "mynah_text"
"""``action_id`` of what is written in any dialog."""
REASONS: Final = "mynah_reasons"
"""``action_id`` of reasons to pick from, in the second; the value of each is its name."""

RIGHT: Final = "mynah_right"
"""``action_id`` of what would have been right, in the second."""
STARRED: Final = "mynah_starred"
"""``callback_id`` of the dialog in which somebody gives an answer stars."""
STARS: Final = "mynah_stars"
"""``action_id`` of the stars, in the third; the values are "1" to "5"."""

RATE_THIS: Final = "mynah_rate_this"
"""``callback_id`` of the message shortcuts "Rate", "Teach Mynah this" and "Forget this"."""
TEACH_THIS: Final = "mynah_teach_this"
FORGET_THIS: Final = "mynah_forget_this"

COMMAND: Final = "/mynah"

MOST_VALUE: Final = 2_000
"""Characters that Slack takes as the value of a button."""


def asking(button: Button) -> str:
    """Return the value of a button that asks for words.

    What stands in the field at first is left out where there is no room for all of it: half of
    it would be sent as if it were meant.
    """
    whole = _packed(button)
    return whole if len(whole) <= MOST_VALUE else _packed(replace(button, filled=""))


def asked(value: str) -> Button | None:
    """Return the button that such a value is of; nothing if it is none."""
    try:
        label, line, asks, filled = json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in (label, line, asks, filled)) or not line.strip():
        return None
    return Button(label, line, asks=asks, filled=filled)


def _packed(button: Button) -> str:
    kept = [button.label, button.line, button.asks[:_MOST_ASKS], button.filled]
    return json.dumps(kept, ensure_ascii=False)


_MOST_ASKS: Final = 300
