"""What can be pressed below something that Mynah says, and what comes of it.

Decides which presses count, and that what a command says is shown beside what it was about, to
the person before the page alone. Refuses to know what the commands do.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from nicegui import ui
from nicegui.element import Element

from integrations.surfaces.pressable import pressable
from integrations.surfaces.web.dialogs import WordingDialog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nicegui.events import GenericEventArguments

    from integrations.contracts.delivery import Button, Picture
    from integrations.contracts.host import CommandReply
    from integrations.surfaces.web.markdown import Markdown


class Pressing:
    """Gives the commands of buttons.

    Args:
        run: runs a command line.
        follow: shows what a command changed elsewhere on the page.
        markdown: renders what commands say.
        explain: turns a failure into a sentence.
    """

    def __init__(
        self,
        run: Callable[[str], Awaitable[CommandReply]],
        follow: Callable[[], Awaitable[None]],
        markdown: Markdown,
        explain: Callable[[Exception], str],
    ) -> None:
        self._run = run
        self._follow = follow
        self.markdown = markdown
        self._explain = explain
        self._dialog: WordingDialog | None = None

    def build_dialog(self) -> None:
        """Build the dialog that asks for words, in the current container."""
        self._dialog = WordingDialog()

    async def press(self, button: Button, told: Told) -> None:
        """Give a button's command, or ask for the words that it needs first."""
        if button.asks and self._dialog is not None:
            self._dialog.open(button, lambda text: self.give(f"{button.line} {text}", told))
        else:
            await self.give(button.line, told)

    async def give(self, line: str, told: Told) -> bool:
        """Run a command, and show what it says; return whether it did what was asked."""
        try:
            reply = await self._run(line)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it here
            told.say(self._explain(error), failed=True)
            return False
        told.say(reply.text, reply.buttons, reply.pictures, failed=not reply.ok)
        await self._follow()
        return reply.ok


class Told:
    """Buttons with what was said when one of them was pressed, which may have buttons itself.

    Args:
        pressing: gives their commands.
    """

    def __init__(self, pressing: Pressing) -> None:
        self._pressing = pressing
        self._said: ui.element | None = None
        self._running: set[str] = set()
        with ui.element("div").classes("m-told") as self.element:
            self._view = _View(self._press)
            self._status = ui.element("div").props("role=status")

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return self._said is None and not self._view.offered

    def offer(self, buttons: Sequence[Button], pictures: Sequence[Picture] = ()) -> None:
        """Show these buttons, and no others."""
        self._view.show(buttons, pictures)

    def say(
        self,
        text: str,
        buttons: Sequence[Button] = (),
        pictures: Sequence[Picture] = (),
        *,
        failed: bool = False,
    ) -> None:
        """Show what a command said, in the place of what the one before it did."""
        if self.element.is_deleted:  # the page was closed, or the answer is gone; it has run
            return
        self._hush()
        with self._status, ui.element("div").classes("m-outcome-said") as self._said:
            with ui.element("div").classes("m-outcome-head"):
                ui.label("only you see this").classes("m-hint")
                close = ui.button(icon="close", color=None, on_click=self._hush)
                close.props('flat dense round aria-label="Dismiss"').classes("m-quiet")
            said = ui.html(self._pressing.markdown.answer(text)).classes("m-prose")
            if failed:
                said.classes("m-warn").props("role=alert")
            if buttons or pictures:
                Told(self._pressing).offer(buttons, pictures)

    def _hush(self) -> None:
        said, self._said = self._said, None
        if said is not None:
            said.delete()

    async def _press(self, button: Button) -> None:
        if button.line in self._running:
            return
        self._running.add(button.line)
        try:
            await self._pressing.press(button, self)
        finally:
            self._running.discard(button.line)
            if not self._view.is_deleted:
                self._view.run_method("settled")


class _View(Element, component="pressing.js"):
    """The buttons and pictures themselves."""

    def __init__(self, on_press: Callable[[Button], Awaitable[None]]) -> None:
        super().__init__()
        self._on_press = on_press
        self.offered: dict[str, Button] = {}
        self._props["buttons"] = []
        self._props["pictures"] = []
        self.on("press", self._press)

    def show(self, buttons: Sequence[Button], pictures: Sequence[Picture]) -> None:
        """Show these."""
        self.offered = {
            f"{'ask' if each.asks else 'run'} {each.line}": each for each in pressable(buttons)
        }
        self._props["buttons"] = [
            {"key": key, "label": each.label, "style": each.style, "asks": bool(each.asks)}
            for key, each in self.offered.items()
        ]
        self._props["pictures"] = [
            {"src": f"data:image/png;base64,{b64encode(each.png).decode()}", "alt": each.alt}
            for each in pictures
        ]

    async def _press(self, event: GenericEventArguments) -> None:
        button = self.offered.get(event.args) if isinstance(event.args, str) else None
        if button is not None:
            await self._on_press(button)
        else:  # it was taken away meanwhile
            self.run_method("settled")
