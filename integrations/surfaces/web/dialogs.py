"""The dialogs: add knowledge, correct an answer, forget one, say what a button asks for.

Each keeps what was typed until it has been taken.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from nicegui import ui

from integrations.contracts.incoming import readable
from integrations.surfaces.web.thread import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from integrations.contracts.delivery import Button

_LINES = 200
"""Lines of progress kept in sight."""


class KnowledgeDialog:
    """Points Mynah at a folder, a file or an address, and shows how it gets on.

    Args:
        ingest: reads a path or URL, yielding progress in plain sentences.
        explain: turns a failure into a sentence.
    """

    def __init__(
        self, ingest: Callable[[str], AsyncIterator[str]], explain: Callable[[Exception], str]
    ) -> None:
        self._ingest = ingest
        self._explain = explain
        self._lines: deque[str] = deque(maxlen=_LINES)
        with ui.dialog() as self._dialog, ui.card().classes("m-dialog"):
            _title("Add knowledge")
            ui.label(
                "Point me at a folder, a file or a web address. I read it, cut it into passages "
                "and cite them by line when I answer."
            ).classes("m-hint")
            self._path = ui.input("Path or URL", placeholder="~/projects/docs")
            self._path.props("outlined dense autofocus").classes("m-wide")
            self._path.on("keydown.enter", self._start)
            self._log = ui.label().classes("m-log").props('role=log aria-label="Progress"')
            with ui.element("div").classes("m-dialog-foot"):
                self._busy = ui.spinner(size="1.4em")
                _button("Close", self._dialog.close)
                self._add = _button("Add", self._start, primary=True)
        self._log.set_visibility(False)
        self._busy.set_visibility(False)

    def open(self) -> None:
        """Show the dialog; one that is at work shows its progress."""
        self._dialog.open()

    async def _start(self) -> None:
        path = str(self._path.value or "").strip()
        if not self._add.enabled:
            return
        if not path:
            self._say("Type a path or a web address first.", fresh=True)
            return
        self._working(True)
        self._say(f"Reading {path}", fresh=True)
        try:
            async for line in self._ingest(path):
                self._say(line)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it here
            self._say(self._explain(error))
        finally:
            self._working(False)

    def _say(self, line: str, *, fresh: bool = False) -> None:
        if self._dialog.is_deleted:  # the page was closed; the work goes on
            return
        if fresh:
            self._lines.clear()
        self._lines.append(line)
        self._log.text = "\n".join(self._lines)
        self._log.set_visibility(True)
        ui.run_javascript(f"const e = getHtmlElement({self._log.id}); e.scrollTop = e.scrollHeight")

    def _working(self, working: bool) -> None:
        self._busy.set_visibility(working)
        self._add.set_enabled(not working)


class CorrectionDialog:
    """Asks what an answer should have been.

    Args:
        on_save: called with the interaction, the text and an event id that
            stays the same while the dialog is open.
    """

    def __init__(self, on_save: Callable[[UUID, str, str], Awaitable[None]]) -> None:
        self._on_save = on_save
        self._about: UUID | None = None
        self._event_id = ""
        with ui.dialog() as self._dialog, ui.card().classes("m-dialog"):
            _title("Correct this answer")
            ui.label("Write what it should have said. I will prefer your words next time.").classes(
                "m-hint"
            )
            self._text = ui.textarea("The right answer").props("outlined autogrow autofocus")
            self._text.classes("m-wide m-correct-text")
            self._problem = ui.label().classes("m-warn").props("role=alert")
            with ui.element("div").classes("m-dialog-foot"):
                _button("Cancel", self._dialog.close)
                _button("Save correction", self._save, primary=True)

    def open(self, interaction_id: UUID, text: str) -> None:
        """Show the dialog with the answer to change."""
        if self._about != interaction_id:
            self._about = interaction_id
            self._text.value = text
        self._event_id = uuid4().hex
        self._problem.text = ""
        self._dialog.open()

    async def _save(self) -> None:
        if self._about is None:
            return
        try:
            await self._on_save(self._about, str(self._text.value or ""), self._event_id)
        except Refused as refused:
            self._problem.text = str(refused)
            return
        self._about = None
        self._dialog.close()


class ForgetDialog:
    """Asks before an answer and what was learned from it are deleted."""

    def __init__(self, on_forget: Callable[[UUID], Awaitable[None]]) -> None:
        self._on_forget = on_forget
        self._about: UUID | None = None
        with ui.dialog() as self._dialog, ui.card().classes("m-dialog"):
            _title("Forget this answer?")
            ui.label(
                "The question, the answer and everything learned from them are deleted. "
                "This cannot be undone."
            ).classes("m-hint")
            with ui.element("div").classes("m-dialog-foot"):
                _button("Keep it", self._dialog.close)
                _button("Forget it", self._forget, primary=True).classes("m-danger")

    def open(self, interaction_id: UUID) -> None:
        """Ask about this answer."""
        self._about = interaction_id
        self._dialog.open()

    async def _forget(self) -> None:
        about, self._about = self._about, None
        self._dialog.close()
        if about is not None:
            await self._on_forget(about)


class WordingDialog:
    """Asks for the words that a button needs before it gives its command."""

    def __init__(self) -> None:
        self._about: Button | None = None
        self._give: Callable[[str], Awaitable[bool]] | None = None
        with ui.dialog() as self._dialog, ui.card().classes("m-dialog"):
            self._title = _title("")
            self._text = ui.textarea("").props("outlined autogrow autofocus")
            self._text.classes("m-wide m-correct-text")
            self._problem = ui.label().classes("m-warn").props("role=alert")
            with ui.element("div").classes("m-dialog-foot"):
                _button("Cancel", self._dialog.close)
                _button("Send", self._send, primary=True)

    def open(self, button: Button, give: Callable[[str], Awaitable[bool]]) -> None:
        """Ask; what was typed for the same button before, and not taken, is still there."""
        if self._about != button:
            self._about = button
            self._text.value = button.filled
        self._give = give
        self._title.text = button.label
        self._text.label = button.asks
        self._problem.text = ""
        self._dialog.open()

    async def _send(self) -> None:
        give, about = self._give, self._about
        if give is None:
            return
        try:
            text = readable(str(self._text.value or ""))
        except ValueError as problem:
            self._problem.text = str(problem)
            return
        self._give = None
        self._dialog.close()
        if await give(text) and self._about is about:
            self._about = None


def _title(text: str) -> ui.label:
    return ui.label(text).classes("m-dialog-title").props("role=heading aria-level=2")


def _button(text: str, on_click: Callable[[], object], *, primary: bool = False) -> ui.button:
    button = ui.button(text, color=None, on_click=on_click).props("flat no-caps")
    return button.classes("m-primary" if primary else "m-quiet")
