"""The side panel: what was learned from an answer, and the sources it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from integrations.contracts.delivery import Citation
    from integrations.contracts.host import Entry


class LearnedPanel:
    """At the right of a wide page, at the foot of a narrow one.

    Args:
        on_close: called when the person closes it.
    """

    def __init__(self, on_close: Callable[[], None]) -> None:
        with ui.element("aside").classes("m-panel") as self._panel:
            with ui.element("div").classes("m-panel-head"):
                ui.label("What I learned from this").classes("m-panel-title").props(
                    "role=heading aria-level=2"
                )
                close = ui.button(icon="close", color=None, on_click=on_close)
                close.props('flat dense round aria-label="Close panel"').classes("m-quiet")
            self._learned = ui.element("div").classes("m-learned")
            self._sources_title = (
                ui.label("Sources").classes("m-panel-title").props("role=heading aria-level=2")
            )
            self._sources = ui.element("div").classes("m-sources")
        self._panel.props('aria-label="What I learned, and sources" inert')
        self._panel.on("keydown.esc", on_close)

    def close(self) -> None:
        """Take the panel out of sight and out of the order of focus."""
        self._panel.classes(remove="m-open").props("inert")

    def show(self, entry: Entry, learned: Sequence[str], mark: int | None) -> None:
        """Open the panel on an answer.

        Args:
            entry: the answer.
            learned: plain sentences.
            mark: the citation to point at, if one was clicked.
        """
        self._panel.classes(add="m-open").props(remove="inert")
        self.show_learned(learned)
        self._sources.clear()
        self._sources_title.set_visibility(bool(entry.citations))
        chosen = None
        with self._sources:
            for citation in entry.citations:
                element = _source(citation, chosen=citation.mark == mark)
                chosen = element if citation.mark == mark else chosen
        if chosen is not None:
            ui.run_javascript(
                f"getHtmlElement({chosen.id})?.scrollIntoView({{block: 'nearest'}});"
                f"getHtmlElement({chosen.id})?.focus({{preventScroll: true}})"
            )

    def show_learned(self, learned: Sequence[str]) -> None:
        """Replace the list of what was learned."""
        self._learned.clear()
        with self._learned:
            if not learned:
                ui.label(
                    "Nothing yet. React to the answer or correct it, and what I take from "
                    "that appears here."
                ).classes("m-hint")
                return
            with ui.element("ul"):
                for sentence in learned:
                    with ui.element("li"):
                        ui.label(sentence)


def _source(citation: Citation, *, chosen: bool) -> ui.element:
    with ui.element("article").classes("m-source").props("tabindex=-1") as element:
        with ui.element("div").classes("m-source-head"):
            ui.label(str(citation.mark)).classes("m-mark")
            ui.label(citation.label).classes("m-source-label")
        place = citation.place
        if place is not None and place.title:
            ui.label(place.title).classes("m-hint")
        if place is not None and str(place) != citation.label:
            ui.label(str(place)).classes("m-hint m-path")
        with ui.element("blockquote"):
            ui.label(citation.quote)
    if chosen:
        element.classes("m-chosen")
    return element
