"""The dialog "What I know about you": to see it, correct it, forget it, and end it.

Decides which command each click is, and what a person reads about its result.
Refuses to know what there is to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from nicegui import ui
from nicegui.element import Element
from pydantic import ValidationError

from integrations.surfaces.web.known import Known
from integrations.surfaces.web.thread import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nicegui.events import GenericEventArguments

    from integrations.contracts.host import CommandReply
    from integrations.surfaces.web.markdown import Markdown

_log = structlog.get_logger(__name__)


class _View(Element, component="about.js"):
    """The lists and the switch; what is being typed lives in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self._props["known"] = None
        self._props["looking"] = True


class AboutDialog:
    """Shows what is known of the person before the page.

    Args:
        run: runs a command line.
        markdown: renders what commands say.
        explain: turns a failure into a sentence.
    """

    def __init__(
        self,
        run: Callable[[str], Awaitable[CommandReply]],
        markdown: Markdown,
        explain: Callable[[Exception], str],
    ) -> None:
        self._run = run
        self._markdown = markdown
        self._explain = explain
        self._known: Known | None = None
        with ui.dialog() as self._dialog, ui.card().classes("m-dialog m-about-dialog"):
            with ui.element("div").classes("m-about-head"):
                title = ui.label("What I know about you").classes("m-dialog-title")
                title.props("role=heading aria-level=2")
                close = ui.button(icon="close", color=None, on_click=self._dialog.close)
                close.props('flat dense round aria-label="Close"').classes("m-quiet")
            self._said = ui.html("").classes("m-about-said m-prose").props("role=status")
            self._view = _View().on("act", self._act)
        self._say("")

    async def open(self) -> None:
        """Show the dialog, with what is known now."""
        self._say("")
        self._dialog.open()
        try:
            await self._look()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it here
            self._say(self._explain(error), failed=True)

    async def _look(self) -> None:
        self._view.props["looking"] = True
        try:
            reply = await self._run("me")
            if not reply.ok:
                raise Refused(reply.text)
            try:
                self._known = Known.model_validate(dict(reply.data))
            except ValidationError as error:
                _log.error("known_unreadable", problems=error.error_count())
                raise Refused(
                    "What I know about you came in a form that this page cannot show. "
                    "Type /me to read it in the conversation."
                ) from None
        finally:
            self._view.props["looking"] = False
        self._view.props["known"] = self._known.shown()

    async def _act(self, event: GenericEventArguments) -> None:
        done = False
        try:
            done = await self._do(event.args)
            if done:
                await self._look()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it here
            self._say(self._explain(error), failed=True)
        finally:
            if not self._view.is_deleted:
                self._view.run_method("settled", done)

    async def _do(self, wish: object) -> bool:
        """Run the command that a click stands for; return whether it did what was wished."""
        shown = {memory.id for memory in self._known.memories} if self._known else set()
        match wish:
            case {"do": "correct", "id": str(id_), "text": str(text)} if id_ in shown:
                words = " ".join(text.split())
                if not words:
                    raise Refused("Write how it should read, or choose Forget.")
                return await self._tell(f"correct {id_} {words}", "Corrected. Thank you.")
            case {"do": "forget", "id": str(id_)} if id_ in shown:
                return await self._tell(f"forget {id_}")
            case {"do": "learning", "on": bool(on)}:
                return await self._tell("on" if on else "off")
            case _:
                raise Refused("That is not here any more. Close this and open it again.")

    async def _tell(self, line: str, instead: str = "") -> bool:
        """Run a command and show what it says; if it worked, something shorter instead."""
        reply = await self._run(line)
        self._say(instead if reply.ok and instead else reply.text, failed=not reply.ok)
        return reply.ok

    def _say(self, text: str, *, failed: bool = False) -> None:
        if self._said.is_deleted:  # the page was closed; the command has run
            return
        self._said.content = self._markdown.answer(text) if text else ""
        self._said.classes(add="m-warn" if failed else "", remove="" if failed else "m-warn")
        self._said.set_visibility(bool(text))
