"""Answers and corrections: the finished card with its reactions, and the one being written.

Decides what an answer shows and which actions it offers. Refuses to know what
the actions do. Cards change in place, so that focus and reading position stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nicegui import ui

from integrations.contracts.surface import Outcome
from integrations.surfaces.web.theme import LOGO

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from nicegui.events import GenericEventArguments

    from integrations.contracts.surface import Entry
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
SEEN = "Number(document.querySelector('.m-messages').dataset.version)"
"""JavaScript for the version of the transcript that is on the page at this moment."""

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
# A browser numbers the clicks of a double click; what they ask for is meant once.
_ACTED = f"""(e) => {{
    const b = e.target.closest("[data-do]");
    if (b && e.detail < 2) emit({{ do: b.dataset.do, seen: {SEEN} }});
}}"""


def _act(do: str, name: str, icon: str, *, full: str = "", more: str = "") -> str:
    """Return one button as HTML. A full name must contain the one on the button."""
    return (
        f'<button type="button" class="m-act" data-do="{do}" title="{full or name}"'
        f' aria-label="{full or name}"{more}>'
        f'<i class="material-icons" aria-hidden="true" translate="no">{icon}</i>{name}</button>'
    )


_ABOUT = (
    _act("correct", "Correct", "edit")
    + _act("why", "Why", "help_outline")
    + _act("forget", "Forget", "delete_outline")
    + _act("learned", "Learned", "lightbulb")
)
_AGAIN = _act("again", "Regenerate", "refresh")
_EXPERT = _act(
    "expert",
    "Ask another",
    "groups",
    full="Ask another expert",
    more=' aria-haspopup="menu"',
)
_TRY_AGAIN = _act("again", "Try again", "refresh")


@dataclass(frozen=True, slots=True)
class Actions:
    """What can be done about an answer; each is called with its interaction."""

    react: Callable[[UUID, str, bool], Awaitable[None]]
    correct: Callable[[UUID], None]
    why: Callable[[UUID], Awaitable[None]]
    forget: Callable[[UUID], None]
    inspect: Callable[[UUID, int | None], Awaitable[None]]
    again: Callable[[UUID, int], Awaitable[None]]
    """Called with the version of the transcript that the person saw, besides."""
    expert: Callable[[UUID], None]
    stop: Callable[[UUID], Awaitable[None]]


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
        corrected = entry.by == "correction"
        with ui.element("article").classes("m-answer") as self.element:
            ui.html(LOGO, sanitize=False).classes("m-avatar")
            with ui.element("div").classes("m-body"):
                with ui.element("div").classes("m-byline"):
                    # A person wrote this one, in the place of an answer of ours.
                    author = f"{entry.author or 'You'} corrected this answer"
                    ui.label(author if corrected else "Mynah").classes("m-author")
                    self._byline = ui.label()
                    self._outcome = ui.label().classes("m-outcome")
                self._content = (
                    ui.html("").classes("m-prose").on("click", self._cited, js_handler=_CITED)
                )
                self._retry = self._row().classes("m-retry")
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
        marks = {citation.mark for citation in entry.citations}
        self._content.content = (
            self._markdown.speech(entry.text)
            if entry.by == "correction"
            else self._markdown.answer(entry.text, marks)
        )
        self._byline.text = " · ".join(part for part in (entry.role, entry.model) if part)
        self._byline.set_visibility(bool(self._byline.text))
        outcome = _OUTCOMES.get(entry.outcome, "") if entry.outcome else ""
        self._outcome.text = outcome
        self._outcome.set_visibility(bool(outcome))
        trouble = entry.outcome in _TROUBLE
        self._set_class("m-trouble", trouble)
        self._foot.set_visibility(not trouble)  # there is no answer to judge
        retried = entry.outcome in _RETRIED and entry.interaction_id is not None
        self._retry.content = _TRY_AGAIN + (_EXPERT if trouble else "") if retried else ""
        self._retry.set_visibility(retried)
        if self._about is not None:
            ours = entry.by == "mynah"
            again = ("" if retried else _AGAIN) + _EXPERT if ours else ""
            self._about.content = _ABOUT + again
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
            with ui.element("div").classes("m-reactions").props('role=group aria-label="React"'):
                self._reaction_row = ui.element("div").classes("m-reactions")
                for emoji in ALWAYS:
                    self._add_reaction(emoji)
                more = _quiet("", "add_reaction", self._open_picker).classes("m-more")
                more.props('aria-label="More reactions" title="More reactions"')
                self._more = more
            self._about = self._row()

    def _row(self) -> ui.html:
        # One element instead of six Quasar buttons: a page holds many answers, and every
        # change on it is weighed against all of its elements.
        row = ui.html("", sanitize=False).classes("m-actions")
        return row.on("click", self._act, js_handler=_ACTED)

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
                    _quiet("Stop", "stop", lambda: actions.stop(interaction_id)).classes("m-stop")

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


def _quiet(text: str, icon: str, on_click: Callable[[], object]) -> ui.button:
    button = ui.button(text, icon=icon, color=None, on_click=on_click)
    if text:
        button.props["title"] = text
        button.props["aria-label"] = text
    button.props("flat dense no-caps").classes("m-quiet")
    return button
