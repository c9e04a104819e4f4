"""What a person does about an answer, and how the page thanks them for it.

Decides when a reaction is acknowledged and with which words: with what was
learned from it, as soon as learning has caught up. Refuses to know how
anything looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from integrations.surfaces.web.actions import Actions
from integrations.surfaces.web.dialogs import CorrectionDialog, ForgetDialog
from integrations.surfaces.web.learned import LearnedPanel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from integrations.contracts.host import Host, Person
    from integrations.surfaces.web.pressing import Pressing
    from integrations.surfaces.web.thread import Thread
    from integrations.surfaces.web.transcript import Transcript

_log = structlog.get_logger(__name__)


class Feedback:
    """Reactions, corrections, questions back, and the side panel.

    Args:
        host: what Mynah offers.
        person: who sits before the page.
        thread: returns the open thread.
        transcript: returns the transcript on the page.
        run: runs a command line and shows its reply under a title.
        refresh: reads the transcript again.
    """

    def __init__(
        self,
        host: Host,
        person: Person,
        *,
        thread: Callable[[], Thread],
        transcript: Callable[[], Transcript],
        run: Callable[[str, str], Awaitable[None]],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._host = host
        self._person = person
        self._thread = thread
        self._transcript = transcript
        self._run = run
        self._refresh = refresh
        self._learned_before: dict[UUID, frozenset[str]] = {}
        self._selected: UUID | None = None
        self._heard: set[UUID] = set()
        self._correction = CorrectionDialog(self._save_correction)
        self._forget = ForgetDialog(self._forget_answer)

    def build_panel(self) -> None:
        """Build the side panel in the current container."""
        self._panel = LearnedPanel(self._close_panel)

    def actions(
        self,
        *,
        again: Callable[[UUID, int], Awaitable[None]],
        expert: Callable[[UUID], None],
        choose: Callable[[UUID, str], Awaitable[str]],
        pressing: Pressing,
    ) -> Actions:
        """Return what the cards of answers call.

        Args:
            again: asks an answer's question again.
            expert: offers the experts who can be asked instead.
            choose: goes on with another reading of a question.
            pressing: gives the commands of buttons.
        """
        return Actions(
            react=self._react,
            correct=self._correct,
            why=self._why,
            forget=self._forget.open,
            inspect=self._inspect,
            again=again,
            expert=expert,
            choose=choose,
            copied=self._copied,
            stop=self._stop,
            pressing=pressing,
        )

    def reset(self) -> None:
        """Another thread is about to be shown."""
        self._learned_before.clear()
        self._close_panel()

    async def _react(self, interaction_id: UUID, emoji: str, removed: bool) -> None:
        before = await self._host.learned(self._person, interaction_id)
        self._learned_before[interaction_id] = frozenset(before)
        await self._thread().react(interaction_id, emoji, removed=removed)
        self._note(interaction_id, "Taken back." if removed else "Noted. Thank you.")
        await self._refresh()
        await self.acknowledge(interaction_id)

    def _correct(self, interaction_id: UUID) -> None:
        answer = self._transcript().answered(interaction_id)
        if answer is not None:
            self._correction.open(interaction_id, answer.text)

    async def _save_correction(self, interaction_id: UUID, text: str, event_id: str) -> None:
        before = await self._host.learned(self._person, interaction_id)
        await self._thread().correct(interaction_id, text, event_id)
        self._learned_before[interaction_id] = frozenset(before)
        self._note(interaction_id, "Noted. Thank you for the correction.")
        await self._refresh()
        await self.acknowledge(interaction_id)

    async def _why(self, interaction_id: UUID) -> None:
        await self._run(f"why {interaction_id}", "why")

    async def _forget_answer(self, interaction_id: UUID) -> None:
        self._learned_before.pop(interaction_id, None)
        if interaction_id == self._selected:
            self._close_panel()
        await self._run(f"forget {interaction_id}", "forget")

    async def _copied(self, interaction_id: UUID) -> None:
        if interaction_id in self._heard:
            return
        self._heard.add(interaction_id)
        try:
            await self._thread().copied(interaction_id)
        except Exception as error:  # noqa: BLE001 - the copy is made; nobody waits for this
            self._heard.discard(interaction_id)
            _log.warning("copy_unheard", error=type(error).__name__)

    async def _stop(self, interaction_id: UUID) -> None:
        card = self._transcript().running().get(interaction_id)
        if card is not None:
            card.status("Stopping")
        await self._thread().stop(interaction_id)

    async def _inspect(self, interaction_id: UUID, mark: int | None) -> None:
        entry = self._transcript().answered(interaction_id)
        if entry is None:
            return
        learned = await self._host.learned(self._person, interaction_id)
        self._selected = interaction_id
        self._transcript().select(interaction_id)
        self._panel.show(entry, learned, mark)

    def _close_panel(self) -> None:
        self._selected = None
        self._transcript().select(None)
        self._panel.close()

    def _note(self, interaction_id: UUID, text: str) -> None:
        card = self._transcript().answer(interaction_id)
        if card is not None:
            card.note(text)

    async def acknowledge(self, interaction_id: UUID) -> None:
        """Say what a reaction taught, as soon as learning has caught up with it."""
        if interaction_id not in self._learned_before and interaction_id != self._selected:
            return
        learned = await self._host.learned(self._person, interaction_id)
        before = self._learned_before.get(interaction_id)
        fresh = [] if before is None else [text for text in learned if text not in before]
        if fresh:
            self._note(interaction_id, f"Noted: {fresh[-1]}")
        if interaction_id == self._selected:
            self._panel.show_learned(learned)
