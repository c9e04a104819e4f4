"""What an empty thread shows: three steps, and questions to click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from integrations.surfaces.web.theme import LOGO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def welcome(
    examples: Sequence[str], *, on_add: Callable[[], None], on_ask: Callable[[str], None]
) -> None:
    """Build the empty state in the current container."""
    with ui.element("section").classes("m-welcome").props('aria-label="Getting started"'):
        ui.html(LOGO, sanitize=False).classes("m-welcome-logo")
        ui.label("Ask. React. I learn.").classes("m-welcome-title").props(
            "role=heading aria-level=1"
        )
        ui.label("I get better from what you do with my answers.").classes("m-welcome-lead")
        with ui.element("ol").classes("m-steps"):
            with _step("1", "Point me at a folder", "Docs or code; I cite them by line."):
                add = ui.button("Add knowledge", color=None, on_click=on_add)
                add.props("flat dense no-caps").classes("m-link")
            with _step("2", "Ask a question", "Enter sends, Shift+Enter starts a new line."):
                pass
            with _step("3", "React or correct", "A 👍, a 👎 or your own words change what I do."):
                pass
        with ui.element("div").classes("m-examples").props('role=group aria-label="Examples"'):
            for example in examples:
                button = ui.button(color=None, on_click=lambda text=example: on_ask(text))
                button.props("flat no-caps align=left").classes("m-example")
                button.text = example


def _step(number: str, title: str, text: str) -> ui.element:
    with ui.element("li").classes("m-step"):
        ui.label(number).classes("m-step-number").props("aria-hidden=true")
        with ui.element("div") as body:
            ui.label(title).classes("m-step-title")
            ui.label(text).classes("m-hint")
    return body
