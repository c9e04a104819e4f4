"""What a question could mean: the buttons to choose from, and the choice on its way.

Decides what the buttons say and which choices are one. Refuses to know what is
done with a choice, and what makes a question ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from nicegui.element import Element

from learning.interpretation.contract import MOST_READINGS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nicegui.events import GenericEventArguments

    from learning.interpretation.contract import Reading


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading that somebody chose.

    Attributes:
        interaction_id: the question that could be read in several ways.
        reading: its id.
        event_id: the same id again is the same choice.
    """

    interaction_id: UUID
    reading: str
    event_id: str


class Choosing:
    """Takes choices to the host.

    Args:
        send: takes one to the host; when it returns, the transcript shows what follows.
        explain: turns a failure into a sentence.
    """

    def __init__(
        self, send: Callable[[Choice], Awaitable[None]], explain: Callable[[Exception], str]
    ) -> None:
        self._send = send
        self._explain = explain
        self._chosen: dict[tuple[UUID, str], str] = {}

    async def choose(self, interaction_id: UUID, reading: str) -> str:
        """Send a choice; return why it was not taken, or nothing."""
        # One that is made again because it was not confirmed is still the same choice.
        event_id = self._chosen.setdefault((interaction_id, reading), uuid4().hex)
        try:
            await self._send(Choice(interaction_id, reading, event_id))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the person reads it
            return self._explain(error)
        return ""


class Readings(Element, component="readings.js"):
    """The readings of one question, to choose from.

    Args:
        on_choose: called with the id of a reading; returns why it was not taken, or nothing.
    """

    def __init__(self, on_choose: Callable[[str], Awaitable[str]]) -> None:
        super().__init__()
        self._on_choose = on_choose
        self._offered: frozenset[str] = frozenset()
        self._props["readings"] = []
        self._props["taken"] = ""
        self.on("choose", self._choose)

    def show(self, readings: Sequence[Reading], read_as: str) -> None:
        """Offer these readings, all but the one that was taken already."""
        taken = next((each.text.rstrip(" .") for each in readings if each.id == read_as), "")
        others = [each for each in readings[:MOST_READINGS] if each.id != read_as]
        self._offered = frozenset(each.id for each in others)
        self._props["readings"] = [{"id": each.id, "text": capital(each.text)} for each in others]
        self._props["taken"] = taken

    async def _choose(self, event: GenericEventArguments) -> None:
        if not isinstance(event.args, str) or event.args not in self._offered:
            return
        refusal = await self._on_choose(event.args)
        if refusal and not self.is_deleted:
            self.run_method("refused", refusal)


def capital(text: str) -> str:
    """Return a reading as it stands on a button."""
    return text[:1].upper() + text[1:]
