"""The answer that is being written: decides what of it is shown, and how often.

Refuses to know where its pieces come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from integrations.surfaces.web.actions import quiet
from integrations.surfaces.web.theme import LOGO

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.surfaces.web.actions import Actions
    from integrations.surfaces.web.markdown import Markdown


class LiveCard:
    """An answer while it is being written.

    Args:
        from_start: whether the page has watched since the question was sent;
            if not, the first words may be missing and an ellipsis says so.
    """

    def __init__(
        self, interaction_id: UUID, markdown: Markdown, actions: Actions, *, from_start: bool
    ) -> None:
        self._markdown = markdown
        self._from_start = from_start
        self._text = ""
        self._dirty = False
        with ui.element("article").classes("m-answer m-live") as self.element:
            ui.html(LOGO, sanitize=False).classes("m-avatar")
            with ui.element("div").classes("m-body"):
                with ui.element("div").classes("m-byline"):
                    ui.label("Mynah").classes("m-author")
                self._content = ui.html("").classes("m-prose")
                with ui.element("div").classes("m-progress"):
                    ui.element("span").classes("m-pulse")
                    self._status = ui.label("Thinking").props("role=status")
                    quiet("Stop", "stop", lambda: actions.stop(interaction_id)).classes("m-stop")

    def status(self, text: str) -> None:
        """Show what is going on."""
        self._status.text = text or "Thinking"

    def append(self, text: str) -> None:
        """Take some more of the answer; ``flush`` shows it."""
        self._text += text
        self._dirty = True

    def restart(self) -> None:
        """Take back what was shown."""
        self._text = ""
        self._from_start = True
        self._dirty = True

    def flush(self) -> None:
        """Show what has come since the last time."""
        if not self._dirty:
            return
        self._dirty = False
        text = self._text if self._from_start or not self._text else "… " + self._text
        self._content.content = self._markdown.answer(text)
        if self._text:
            self._status.text = "Writing"
