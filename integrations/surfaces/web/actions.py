"""What can be done about an answer: the buttons, as HTML, and what they call.

Decides which actions there are, what they are called and which clicks count.
Refuses to know what they do, and which answer offers which of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nicegui import ui

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from integrations.surfaces.web.pressing import Pressing

SEEN = "Number(document.querySelector('.m-messages').dataset.version)"
"""JavaScript for the version of the transcript that is on the page at this moment."""

# A browser numbers the clicks of a double click; what they ask for is meant once. Copying is
# done where the clipboard is, in the browser.
_ACTED = f"""(e) => {{
    const b = e.target.closest("[data-do]");
    if (b && b.dataset.do !== "copy" && e.detail < 2) emit({{ do: b.dataset.do, seen: {SEEN} }});
}}"""


def _act(do: str, name: str, icon: str, *, full: str = "", more: str = "") -> str:
    """Return one button as HTML. A full name must contain the one on the button."""
    return (
        f'<button type="button" class="m-act" data-do="{do}" title="{full or name}"'
        f' aria-label="{full or name}"{more}>'
        f'<i class="material-icons" aria-hidden="true" translate="no">{icon}</i>{name}</button>'
    )


# It has no words of its own, so that the row fits beside the reactions; the browser puts
# what came of it into the span.
_COPY = _act("copy", "<span></span>", "content_copy", full="Copy answer")
_WHY = _act("why", "Why", "help_outline")
_FORGET = _act("forget", "Forget", "delete_outline")
_AGAIN = _act("again", "Regenerate", "refresh")
_EXPERT = _act(
    "expert",
    "Ask another",
    "groups",
    full="Ask another expert",
    more=' aria-haspopup="menu"',
)
_TRY_AGAIN = _act("again", "Try again", "refresh")

ABOUT_QUESTION = _WHY + _FORGET
"""Under a question of ours: there is no answer yet to judge, to mend or to have anew."""

ABOUT_CORRECTION = (
    _COPY
    + _act("correct", "Correct", "edit")
    + _WHY
    + _FORGET
    + _act("learned", "Learned", "lightbulb")
)
ABOUT_STOPPED = ABOUT_CORRECTION + _EXPERT
"""Under an answer that ``RETRY`` stands above."""

ABOUT_ACTION = _COPY + _WHY + _FORGET + _act("learned", "Learned", "lightbulb")
"""Under what was done: there is no better answer to write, and it is done once."""

ABOUT_ANSWER = ABOUT_CORRECTION + _AGAIN + _EXPERT

RETRY = _TRY_AGAIN
RETRY_TROUBLE = _TRY_AGAIN + _EXPERT


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
    choose: Callable[[UUID, str], Awaitable[str]]
    """Called with the id of a reading; returns why it was not taken, or nothing."""
    copied: Callable[[UUID], Awaitable[None]]
    stop: Callable[[UUID], Awaitable[None]]
    pressing: Pressing
    """Gives the commands of buttons."""


def row(on_act: Callable[..., object]) -> ui.html:
    """Return an empty row of buttons in the current container.

    One element instead of six Quasar buttons: a page holds many answers, and every
    change on it is weighed against all of its elements.
    """
    return ui.html("", sanitize=False).classes("m-actions").on("click", on_act, js_handler=_ACTED)


def quiet(text: str, icon: str, on_click: Callable[[], object]) -> ui.button:
    """Return a button that does not call for attention."""
    button = ui.button(text, icon=icon, color=None, on_click=on_click)
    if text:
        button.props["title"] = text
        button.props["aria-label"] = text
    button.props("flat dense no-caps").classes("m-quiet")
    return button
