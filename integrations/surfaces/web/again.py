"""Asking again: the same question once more, of whoever is chosen now or of somebody named.

Decides which clicks are one question, and who can be asked besides the expert
who answered. Refuses to know how a question travels and what comes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from nicegui import ui

from integrations.surfaces.web.actions import SEEN
from integrations.surfaces.web.thread import Question, Refused
from learning.roles import ROLES, role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from integrations.surfaces.web.transcript import Transcript
    from learning.roles import RoleName

_CHOSEN = f"(e) => {{ if (e.detail < 2) emit({SEEN}); }}"
_WALK = """(e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const items = [...e.currentTarget.querySelectorAll("[role=menuitem]")]
        .filter((item) => item.offsetParent !== null);
    const at = items.indexOf(document.activeElement);
    const next = at < 0 && step < 0 ? -1 : at + step;
    items.at(next % items.length).focus();
}"""


class AskingAgain:
    """Regenerates answers, and asks other experts.

    Args:
        transcript: returns the transcript on the page.
        send: takes a question to the host; when it returns, the transcript shows it.
        apologise: tells the person what went wrong.
    """

    def __init__(
        self,
        transcript: Callable[[], Transcript],
        send: Callable[[Question], Awaitable[None]],
        apologise: Callable[[Exception], None],
    ) -> None:
        self._transcript = transcript
        self._send = send
        self._apologise = apologise
        self._about: UUID | None = None
        self._asked: dict[tuple[UUID, RoleName | None, int], str] = {}
        self._items: dict[RoleName, ui.item] = {}

    def build_menu(self) -> None:
        """Build the menu of experts, one for all answers on the page."""
        with ui.menu().classes("m-experts") as self._menu:
            for expert in ROLES:
                with ui.item() as item:
                    ui.label(expert.display_name).classes("m-expert-name")
                    ui.label(expert.purpose).classes("m-hint")
                item.props("clickable role=menuitem")
                item.on(
                    "click",
                    lambda event, name=expert.name: self._choose(name, event.args),
                    js_handler=_CHOSEN,
                )
                self._items[expert.name] = item
        self._menu.props('auto-close no-parent-event anchor="bottom middle" self="top middle"')
        self._menu.props('aria-label="Ask another expert"')
        self._menu.on("keydown", js_handler=_WALK)

    async def regenerate(self, interaction_id: UUID, seen: int) -> None:
        """Ask an answer's question again; once for each version of the transcript seen."""
        await self._ask(interaction_id, None, seen)

    def offer(self, interaction_id: UUID) -> None:
        """Show who else can be asked about an answer's question; shown already, hide it."""
        entry = self._transcript().answered(interaction_id)
        if entry is None:
            return
        if self._menu.value and self._about == interaction_id:
            self._menu.close()
            return
        self._about = interaction_id
        for name, item in self._items.items():
            item.set_visibility(entry.role not in {name, role(name).display_name})
        self._menu.props["target"] = f'[data-interaction="{interaction_id}"] [data-do="expert"]'
        self._menu.open()

    async def _choose(self, name: RoleName, seen: object) -> None:
        if self._about is not None and isinstance(seen, int):
            await self._ask(self._about, name, seen)

    async def _ask(self, interaction_id: UUID, name: RoleName | None, seen: int) -> None:
        transcript = self._transcript()
        asked = transcript.question(interaction_id)
        if asked is None:
            gone = "The question of this answer is gone. Write it anew to ask it again."
            self._apologise(Refused(gone))
            return
        running = (transcript.question(id_) for id_ in transcript.running())
        if any(question is not None and question.text == asked.text for question in running):
            transcript.to_latest()  # its answer is being written there
            return
        # A second click on what the person still sees is the same question, however late it
        # is heard, and also when the first could not be sent.
        event_id = self._asked.setdefault((interaction_id, name, seen), uuid4().hex)
        try:
            await self._send(Question(asked.text, event_id, interaction_id, name))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it
            self._apologise(error)
