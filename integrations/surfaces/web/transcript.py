"""The transcript: decides which messages are on the page, and in which order.

A long conversation shows its end first and more on demand. Messages are
matched by their id, so reading the transcript again changes only what changed.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nicegui import ui
from nicegui.element import Element

from integrations.contracts.delivery import Outcome
from integrations.surfaces.web.answer import AnswerCard
from integrations.surfaces.web.pressing import Told
from integrations.surfaces.web.writing import LiveCard
from learning.roles import role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from nicegui.events import GenericEventArguments

    from integrations.contracts.host import CommandReply, Entry
    from integrations.surfaces.web.actions import Actions
    from integrations.surfaces.web.markdown import Markdown
    from integrations.surfaces.web.pressing import Pressing
    from learning.roles import RoleName

WINDOW = 50
"""Messages shown at first, and with each "show earlier"."""

_NO_ANSWER = {
    Outcome.ASKED,
    Outcome.DECLINED,
    Outcome.FAILED,
    Outcome.OVER_BUDGET,
    Outcome.TIMED_OUT,
}
"""Who copies one of these does not use an answer."""


class _Scroller(Element, component="scroller.js"):
    """Keeps the newest message in sight while the reader is there."""


class PersonMessage:
    """What a person said, or a line that says that they asked it again.

    Args:
        entry: the message.
        markdown: renders it.
        repeats: the words for a question asked again, or none for one that was typed.
    """

    def __init__(self, entry: Entry, markdown: Markdown, repeats: str) -> None:
        self._markdown = markdown
        with ui.element("article") as self.element:
            self._content = ui.html("").classes("m-prose")
        self.update(entry, repeats)

    def update(self, entry: Entry, repeats: str) -> None:
        """Show what the entry says now."""
        self.element.classes(
            add="m-again" if repeats else "m-said", remove="m-said" if repeats else "m-again"
        )
        if not repeats:
            self._content.content = self._markdown.speech(entry.text)
            return
        # The question stands beside it in one line: the answer may be to one far above.
        self._content.content = (
            '<i class="material-icons" aria-hidden="true" translate="no">refresh</i>'
            f"<span>{escape(repeats)}</span><q>{escape(' '.join(entry.text.split()))}</q>"
        )


class CommandCard:
    """The reply to a command; only this page shows it."""

    def __init__(
        self, line: str, reply: CommandReply, pressing: Pressing, on_close: Callable[[], None]
    ) -> None:
        with ui.element("article").classes("m-card") as self.element:
            with ui.element("div").classes("m-card-head"):
                ui.label("/" + line).classes("m-card-line")
                ui.label("only you see this").classes("m-hint")
                close = ui.button(icon="close", color=None, on_click=on_close)
                close.props('flat dense round aria-label="Dismiss"').classes("m-quiet")
            ui.html(pressing.markdown.answer(reply.text)).classes("m-prose")
            if reply.buttons or reply.pictures:
                Told(pressing).offer(reply.buttons, reply.pictures)
        if not reply.ok:
            self.element.classes("m-trouble")


class Transcript:
    """The messages of one thread.

    Args:
        markdown: renders messages.
        actions: what can be done about answers.
        empty: builds what an empty thread shows.
    """

    def __init__(self, markdown: Markdown, actions: Actions, empty: Callable[[], None]) -> None:
        self._markdown = markdown
        self._actions = actions
        self._entries: Sequence[Entry] = ()
        self._shown: dict[UUID, tuple[Entry, AnswerCard | PersonMessage]] = {}
        self._cards: list[tuple[datetime, CommandCard]] = []
        self._live: dict[UUID, LiveCard] = {}
        self._order: list[Element] = []
        self._version = 0
        self._window = WINDOW
        self._scroller = _Scroller().on("copied", self._copied)
        with self._scroller, ui.element("div").classes("m-column"):
            with ui.element("div") as self._empty:
                empty()
            self._earlier = ui.button("Show earlier messages", color=None, on_click=self._more)
            self._earlier.props("flat dense no-caps").classes("m-quiet m-earlier")
            self._column = ui.element("section").classes("m-messages")
            self._column.props('aria-label="Conversation"')
            self._announced = ui.label().classes("m-unseen").props("role=status aria-live=polite")
        self._earlier.set_visibility(False)

    def reset(self) -> None:
        """Show nothing: another thread is about to be read."""
        self._column.clear()
        self._shown.clear()
        self._cards.clear()
        self._live.clear()
        self._entries = ()
        self._window = WINDOW
        self._announced.text = ""
        self._arrange()

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these messages, oldest first."""
        before = {entry.id for entry in self._entries}
        new = [e for e in entries if e.by == "mynah" and e.id not in before]
        if before and new:
            asks = new[-1].outcome is Outcome.ASKED
            self._announced.text = "Mynah asks what you mean." if asks else "Mynah answered."
        self._entries = entries
        for answered in {entry.interaction_id for entry in entries if entry.by == "mynah"}:
            if answered is not None and answered in self._live:
                self._live.pop(answered).element.delete()
        window = entries[-self._window :]
        kept = {entry.id for entry in window}
        for gone in [id_ for id_ in self._shown if id_ not in kept]:
            self._shown.pop(gone)[1].element.delete()
        for entry in window:
            self._show_entry(entry)
        self._arrange()

    def live(self, interaction_id: UUID, *, from_start: bool) -> LiveCard:
        """Return the card of a running answer, which appears at the end."""
        card = self._live.get(interaction_id)
        if card is None:
            with self._column:
                card = LiveCard(
                    interaction_id, self._markdown, self._actions, from_start=from_start
                )
            self._live[interaction_id] = card
            self._arrange()
        return card

    def running(self) -> dict[UUID, LiveCard]:
        """Return the cards of running answers."""
        return dict(self._live)

    def end_live(self, keep: set[UUID]) -> None:
        """Remove the cards of all running answers but these."""
        for gone in [id_ for id_ in self._live if id_ not in keep]:
            self._live.pop(gone).element.delete()

    def add_card(self, line: str, reply: CommandReply, at: datetime) -> None:
        """Show the reply to a command where the conversation is now."""

        def close() -> None:
            self._cards.remove((at, card))
            card.element.delete()
            self._arrange()

        with self._column:
            card = CommandCard(line, reply, self._actions.pressing, close)
        self._cards.append((at, card))
        self._arrange()
        self.to_latest()

    def to_latest(self) -> None:
        """Scroll to the newest message."""
        self._scroller.run_method("latest")

    def answer(self, interaction_id: UUID) -> AnswerCard | None:
        """Return the card of an answer that is on the page."""
        for entry, item in self._shown.values():
            if entry.interaction_id == interaction_id and isinstance(item, AnswerCard):
                return item
        return None

    def answered(self, interaction_id: UUID) -> Entry | None:
        """Return the answer of an interaction, or the correction that it is."""
        found = (e for e in self._entries if e.interaction_id == interaction_id)
        return next((e for e in found if e.by != "person"), None)

    def question(self, interaction_id: UUID) -> Entry | None:
        """Return the question of an interaction."""
        found = (e for e in self._entries if e.interaction_id == interaction_id)
        return next((e for e in found if e.by == "person"), None)

    def select(self, interaction_id: UUID | None) -> None:
        """Mark the answer that the side panel is about."""
        for entry, item in self._shown.values():
            if isinstance(item, AnswerCard):
                chosen = interaction_id is not None and entry.interaction_id == interaction_id
                item.mark_selected(selected=chosen)

    def _show_entry(self, entry: Entry) -> None:
        known = self._shown.get(entry.id)
        repeats = "" if entry.again is None else _repeats(entry.asked_role)
        if known is None:
            with self._column:
                item: AnswerCard | PersonMessage = (
                    PersonMessage(entry, self._markdown, repeats)
                    if entry.by == "person"
                    else AnswerCard(entry, self._markdown, self._actions)
                )
        else:
            item = known[1]
            if known[0] != entry:
                if isinstance(item, PersonMessage):
                    item.update(entry, repeats)
                else:
                    item.update(entry)
        self._shown[entry.id] = (entry, item)

    def _arrange(self) -> None:
        """Put messages and command cards in the order of time, running answers last."""
        cards = sorted(self._cards, key=lambda timed: timed[0])
        order: list[Element] = []
        for entry in self._entries[-self._window :]:
            while cards and cards[0][0] < entry.said_at:
                order.append(cards.pop(0)[1].element)
            order.append(self._shown[entry.id][1].element)
        order += [card.element for _, card in cards]
        order += [card.element for card in self._live.values()]
        if self._column.default_slot.children != order:
            self._column.default_slot.children = order
            self._column.update()
        if self._order != order:
            # Tells clicks on what stood there before from clicks on what stands there now.
            self._order = list(order)
            self._version += 1
            self._column.props["data-version"] = self._version
        self._empty.set_visibility(not order)
        self._earlier.set_visibility(len(self._entries) > self._window)

    async def _copied(self, event: GenericEventArguments) -> None:
        """Hear of a copy of an answer; the browser tells which one by its interaction."""
        for entry, _ in list(self._shown.values()):
            interaction_id = entry.interaction_id
            if interaction_id is None or str(interaction_id) != event.args:
                continue
            if entry.by == "mynah" and entry.outcome not in _NO_ANSWER:
                await self._actions.copied(interaction_id)

    def _more(self) -> None:
        self._scroller.run_method("keep")
        self._window += WINDOW
        self.show(self._entries)


def _repeats(name: RoleName | None) -> str:
    """Return what stands in the place of a question that was asked again."""
    return "Asked again" if name is None else f"Asked again, for {role(name).display_name}"
