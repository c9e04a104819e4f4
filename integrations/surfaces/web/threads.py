"""The left drawer: the person's threads, and the doors to new ones, to knowledge and to memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from integrations.surfaces.web.theme import LOGO
from integrations.surfaces.web.when import ago

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from nicegui.events import GenericEventArguments

    from integrations.contracts.host import ThreadSummary

BREAKPOINT_PX = 900
"""Below this width the drawer lies over the page."""

_NARROW = f"() => emit(window.innerWidth < {BREAKPOINT_PX})"


class ThreadDrawer:
    """The list of threads.

    Args:
        on_new: called for a new thread.
        on_open: called with the thread to open.
        on_add: called to add knowledge.
        on_about: called to show what is known about the person.
    """

    def __init__(
        self,
        *,
        on_new: Callable[[], Awaitable[None]],
        on_open: Callable[[ThreadSummary], Awaitable[None]],
        on_add: Callable[[], None],
        on_about: Callable[[], Awaitable[None]],
    ) -> None:
        async def open_knowledge() -> None:
            on_add()

        self._on_open = on_open
        self._listed: list[tuple[ThreadSummary, str, bool]] = []
        # Quasar's drawer itself: NiceGUI's asks the browser for its state and complains in the
        # log when a slow one does not answer within a second. Nothing here needs to know it.
        layout = ui.context.client.layout.props('view="hhh Lpr fff"')
        with layout:
            self._drawer = ui.element("q-drawer").classes("m-nav").move(target_index=0)
        self._drawer.props(f"side=left show-if-above width=272 breakpoint={BREAKPOINT_PX}")
        with self._drawer:
            with ui.element("div").classes("m-brand"):
                ui.html(LOGO, sanitize=False).classes("m-logo")
                ui.label("Mynah")
            new = ui.button("New thread", icon="add", color=None).props("flat no-caps align=left")
            new.classes("m-new")
            new.on("click", lambda event: self._leave(event, on_new), js_handler=_NARROW)
            self._list = ui.element("nav").classes("m-threads").props('aria-label="Threads"')
            add = ui.button("Add knowledge", icon="library_add", color=None)
            add.on("click", lambda event: self._leave(event, open_knowledge), js_handler=_NARROW)
            add.props("flat no-caps align=left").classes("m-quiet m-add")
            about = ui.button("What I know about you", icon="psychology", color=None)
            about.on("click", lambda event: self._leave(event, on_about), js_handler=_NARROW)
            about.props("flat no-caps align=left").classes("m-quiet m-add")

    def toggle(self) -> None:
        """Show or hide the drawer."""
        self._drawer.run_method("toggle")

    def show(self, threads: Sequence[ThreadSummary], current: UUID | None, now: datetime) -> None:
        """List the threads, newest first, and mark the open one."""
        listed = [
            (thread, ago(thread.updated_at, now), thread.conversation_id == current)
            for thread in threads
        ]
        if listed == self._listed:
            return
        self._listed = listed
        self._list.clear()
        with self._list:
            if not listed:
                ui.label("Your threads will be listed here.").classes("m-hint")
            for thread, when, is_current in listed:
                self._row(thread, when, is_current=is_current)

    def _row(self, thread: ThreadSummary, when: str, *, is_current: bool) -> None:
        with ui.element("button").classes("m-thread").props("type=button") as row:
            ui.label(thread.title or "Untitled").classes("m-thread-title")
            ui.label(when).classes("m-thread-when")
        row.props["title"] = thread.title
        if is_current:
            row.classes("m-current").props("aria-current=true")

        async def open_thread() -> None:
            await self._on_open(thread)

        row.on("click", lambda event: self._leave(event, open_thread), js_handler=_NARROW)

    async def _leave(self, event: GenericEventArguments, go: Callable[[], Awaitable[None]]) -> None:
        if event.args is True:
            self._drawer.run_method("hide")
        await go()
