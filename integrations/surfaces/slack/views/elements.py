"""The small parts that our views in Slack are made of.

Decides that what we and people say in them is plain text. Refuses to know what it says.
"""

from __future__ import annotations

from typing import Any, Final

from integrations.surfaces.slack.reading import ids

LABEL: Final = 75
"""Characters of the label of an option or a button."""

Block = dict[str, Any]


def plain(text: str) -> dict[str, Any]:
    """Return a text object in which nothing is read as a style or a mention."""
    return {"type": "plain_text", "text": text, "emoji": True}


def confirm(title: str, text: str, yes: str) -> dict[str, Any]:
    """Return a question that is asked before something is done."""
    return {
        "title": plain(title),
        "text": plain(text),
        "confirm": plain(yes),
        "deny": plain("Cancel"),
    }


def run_button(label: str, line: str, name: str = "") -> dict[str, Any]:
    """Return a button that stands for a command."""
    return button(label, f"{ids.RUN}_{name or line}", line)


def button(label: str, action_id: str, value: str) -> dict[str, Any]:
    """Return a button."""
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": value}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain(text)}


def section(text: str) -> Block:
    """Return a paragraph of plain text."""
    return {"type": "section", "text": plain(text)}


def cut(text: str, most: int) -> str:
    """Return the text on one line, no longer than this."""
    said = " ".join(text.split())
    return said if len(said) <= most else f"{said[: most - 1]}…"
