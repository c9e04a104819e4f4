"""Answers, corrections and questions back: the card with its reactions and actions.

Decides what an answer shows and which actions it offers. Refuses to know what
the actions do. Cards change in place, so that focus and reading position stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from integrations.contracts.delivery import Outcome
from integrations.surfaces.web.actions import (
    ABOUT_ACTION,
    ABOUT_ANSWER,
    ABOUT_CORRECTION,
    ABOUT_QUESTION,
    ABOUT_STOPPED,
    RETRY,
    RETRY_TROUBLE,
    quiet,
    row,
)
from integrations.surfaces.web.pressing import Told
from integrations.surfaces.web.readings import Readings
from integrations.surfaces.web.theme import LOGO
from learning.interpretation.contract import ASKING

if TYPE_CHECKING:
    from nicegui.events import GenericEventArguments

    from integrations.contracts.host import Entry
    from integrations.surfaces.web.actions import Actions
    from integrations.surfaces.web.markdown import Markdown

ALWAYS = ("👍", "👎")
MORE = ("😄", "❤️", "🎉", "😕")
_NAMES = {
    "👍": "Helpful",
    "👎": "Not helpful",
    "😄": "Fun",
    "❤️": "Love it",
    "🎉": "Solved it",
    "😕": "Confusing",
}
_OUTCOMES = {
    Outcome.FELL_BACK: "second choice",
    Outcome.DECLINED: "no expert knew",
    Outcome.FAILED: "failed",
    Outcome.TIMED_OUT: "took too long",
    Outcome.CANCELLED: "stopped",
    Outcome.OVER_BUDGET: "over budget",
}
_TROUBLE = {Outcome.FAILED, Outcome.TIMED_OUT, Outcome.OVER_BUDGET}
_RETRIED = _TROUBLE | {Outcome.CANCELLED}
_CITED = "(e) => { const c = e.target.closest('.m-cite'); if (c) emit(Number(c.dataset.mark)); }"


class AnswerCard:
    """A finished answer, with everything that can be done about it."""

    def __init__(self, entry: Entry, markdown: Markdown, actions: Actions) -> None:
        self._entry = entry
        self._markdown = markdown
        self._actions = actions
        self._reactions: dict[str, ui.button] = {}
        self._picker: ui.menu | None = None
        self._counting: set[tuple[str, bool]] = set()
        self._about: ui.html | None = None
        self._readings: Readings | None = None
        self._told: Told | None = None
        corrected = entry.by == "correction"
        with ui.element("article").classes("m-answer") as self.element:
            ui.html(LOGO, sanitize=False).classes("m-avatar")
            with ui.element("div").classes("m-body") as self._body:
                with ui.element("div").classes("m-byline"):
                    # A person wrote this one, in the place of an answer of ours.
                    author = f"{entry.author or 'You'} corrected this answer"
                    ui.label(author if corrected else "Mynah").classes("m-author")
                    self._byline = ui.label()
                    self._outcome = ui.label().classes("m-outcome")
                self._content = (
                    ui.html("").classes("m-prose").on("click", self._cited, js_handler=_CITED)
                )
                self._retry = row(self._act).classes("m-retry")
                self._foot = ui.element("div").classes("m-foot")
                self._note = ui.label().classes("m-note").props("role=status")
        self.element.props["data-interaction"] = str(entry.interaction_id or "")
        self._set_class("m-correction", corrected)
        self.note("")
        if entry.interaction_id is not None:
            self._build_foot()
        self.update(entry)

    def update(self, entry: Entry) -> None:
        """Show what the entry says now."""
        self._entry = entry
        self._content.content = self._rendered()
        # The browser copies from here what was written, not what became of it on the page.
        asks = entry.outcome is Outcome.ASKED
        self.element.props["data-markdown"] = "" if asks else entry.text
        self._byline.text = " · ".join(part for part in (entry.role, entry.model) if part)
        self._byline.set_visibility(bool(self._byline.text))
        outcome = _OUTCOMES.get(entry.outcome, "") if entry.outcome else ""
        self._outcome.text = outcome
        self._outcome.set_visibility(bool(outcome))
        trouble = entry.outcome in _TROUBLE
        self._set_class("m-trouble", trouble)
        self._foot.set_visibility(not trouble)  # there is no answer to judge
        retried = entry.outcome in _RETRIED and entry.interaction_id is not None
        self._retry.content = (RETRY_TROUBLE if trouble else RETRY) if retried else ""
        self._retry.set_visibility(retried)
        self._show_readings()
        self._show_buttons()
        if self._about is not None:
            self._judging.set_visibility(not asks)
            self._about.content = _about(entry, retried=retried)
        for emoji in [*entry.reactions, *entry.mine]:
            if emoji not in self._reactions:
                self._add_reaction(emoji)
        for emoji, button in self._reactions.items():
            self._show_reaction(emoji, button)

    def note(self, text: str) -> None:
        """Show a quiet line under the answer, or none."""
        self._note.text = text
        self._note.set_visibility(bool(text))

    def mark_selected(self, *, selected: bool) -> None:
        """Show whether the side panel is about this answer."""
        self._set_class("m-selected", selected)

    def _set_class(self, name: str, present: bool) -> None:
        self.element.classes(add=name if present else "", remove="" if present else name)

    def _build_foot(self) -> None:
        with self._foot:
            self._judging = ui.element("div").classes("m-reactions")
            with self._judging.props('role=group aria-label="React"'):
                self._reaction_row = ui.element("div").classes("m-reactions")
                for emoji in ALWAYS:
                    self._add_reaction(emoji)
                more = quiet("", "add_reaction", self._open_picker).classes("m-more")
                more.props('aria-label="More reactions" title="More reactions"')
                self._more = more
            self._about = row(self._act)

    def _rendered(self) -> str:
        entry = self._entry
        if entry.by == "correction":
            return self._markdown.speech(entry.text)
        if entry.outcome is Outcome.ASKED:
            return self._markdown.answer(ASKING)  # its text lists the readings as well
        return self._markdown.answer(entry.text, {citation.mark for citation in entry.citations})

    def _show_readings(self) -> None:
        # Few answers ever have readings, so what shows them is built for those alone.
        entry = self._entry
        if not entry.readings or entry.interaction_id is None:
            if self._readings is not None:
                self._readings.delete()
                self._readings = None
            return
        if self._readings is None:
            with self._body:
                self._readings = Readings(self._choose)
            self._readings.move(target_index=self._body.default_slot.children.index(self._retry))
        self._readings.show(entry.readings, entry.read_as)

    def _show_buttons(self) -> None:
        # What a command said stays until the person is done with it, its button or not.
        if self._told is None:
            if not self._entry.buttons:
                return
            with self._body:
                self._told = Told(self._actions.pressing)
            under = self._body.default_slot.children.index(self._retry)
            self._told.element.move(target_index=under)
        self._told.offer(self._entry.buttons)

    async def _choose(self, reading: str) -> str:
        interaction_id = self._entry.interaction_id
        return "" if interaction_id is None else await self._actions.choose(interaction_id, reading)

    def _open_picker(self) -> None:
        # Most answers never need the menu, so it is built when first asked for.
        if self._picker is None:
            with self._more, ui.menu().classes("m-picker").props("auto-close") as self._picker:
                for emoji in MORE:
                    choice = ui.item(emoji, on_click=lambda e=emoji: self._toggle(e))
                    choice.props["aria-label"] = _NAMES[emoji]
                    choice.props["title"] = _NAMES[emoji]
                    choice.props("clickable")
        self._picker.open()

    def _add_reaction(self, emoji: str) -> None:
        if self._entry.interaction_id is None:
            return
        with self._reaction_row:
            button = ui.button(color=None, on_click=lambda: self._toggle(emoji))
        button.props("flat dense no-caps").classes("m-reaction")
        self._reactions[emoji] = button

    def _show_reaction(self, emoji: str, button: ui.button) -> None:
        count = self._entry.reactions.get(emoji, 0)
        mine = emoji in self._entry.mine
        shown = emoji if not emoji.isascii() else f":{emoji}:"
        button.text = f"{shown} {count}" if count else shown
        name = _NAMES.get(emoji, emoji)
        button.props["aria-label"] = f"{name}, {count}" if count else name
        button.props["title"] = name
        button.props["aria-pressed"] = "true" if mine else "false"
        button.classes(add="m-mine" if mine else "", remove="" if mine else "m-mine")
        button.set_visibility(emoji in ALWAYS or count > 0 or mine)

    async def _toggle(self, emoji: str) -> None:
        # A second click that comes before the first has counted would not take it back;
        # one that comes after it has counted does, even if thanks are still being said.
        wanted = (emoji, emoji in self._entry.mine)
        if self._entry.interaction_id is None or wanted in self._counting:
            return
        self._counting.add(wanted)
        try:
            await self._actions.react(self._entry.interaction_id, *wanted)
        finally:
            self._counting.discard(wanted)

    async def _act(self, event: GenericEventArguments) -> None:
        interaction_id, actions = self._entry.interaction_id, self._actions
        if interaction_id is None:
            return
        match event.args:
            case {"do": "correct"}:
                actions.correct(interaction_id)
            case {"do": "why"}:
                await actions.why(interaction_id)
            case {"do": "forget"}:
                actions.forget(interaction_id)
            case {"do": "learned"}:
                await actions.inspect(interaction_id, None)
            case {"do": "again", "seen": int(seen)}:
                await actions.again(interaction_id, seen)
            case {"do": "expert"}:
                actions.expert(interaction_id)

    async def _cited(self, event: GenericEventArguments) -> None:
        if self._entry.interaction_id is not None and isinstance(event.args, int):
            await self._actions.inspect(self._entry.interaction_id, event.args)


def _about(entry: Entry, *, retried: bool) -> str:
    """Return the actions under an answer, as HTML."""
    if entry.by == "correction":
        return ABOUT_CORRECTION
    if entry.outcome is Outcome.ASKED:
        return ABOUT_QUESTION
    if entry.outcome is Outcome.ACTED:
        return ABOUT_ACTION
    return ABOUT_STOPPED if retried else ABOUT_ANSWER
