"""What can be pressed below what Mynah says, on every platform that has buttons.

Decides which buttons are shown, and what a dialog of one begins with when the platform has no
room to carry that along. Refuses to know what a button looks like, and what its command does.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from integrations.contracts.delivery import Button
from integrations.markdown.cutting import clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from integrations.contracts.host import Host, Person

MOST_BUTTONS: Final = 10
MOST_LABEL: Final = 40
MOST_LINE: Final = 80
"""A longer line fits into no button of Discord's; half of one is another command."""
MOST_FILLED: Final = 3_000
PATIENCE_S: Final = 1.5
"""A dialog has to be open before three seconds are over."""
_MOST_KEPT: Final = 1_000
_log = structlog.get_logger("mynah.surfaces")


def pressable(buttons: Iterable[Button]) -> tuple[Button, ...]:
    """Return the buttons that are shown: ten at most, each with a line that fits, none twice."""
    found: dict[tuple[str, bool], Button] = {}
    for each in buttons:
        line = " ".join(each.line.split())
        if line and len(line) <= MOST_LINE and each.label.strip():
            label = clip(" ".join(each.label.split()), MOST_LABEL)
            shown = replace(each, label=label, line=line, filled=each.filled[:MOST_FILLED])
            found.setdefault((line, bool(each.asks)), shown)
    return tuple(found.values())[:MOST_BUTTONS]


class Offered:
    """Buttons that ask for something, as far as this process showed them.

    A platform that carries no more than the line has the question, and what is filled in, from
    here; failing that from the transcript, and failing that it asks without them.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Button] = OrderedDict()

    def note(self, buttons: Iterable[Button]) -> None:
        """Take in what is shown."""
        for each in pressable(buttons):
            if each.asks:
                self._kept[each.line] = each
                self._kept.move_to_end(each.line)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    async def find(self, host: Host, person: Person, ref: str, line: str, label: str) -> Button:
        """Return the button of a line.

        Args:
            host: whose transcript is read.
            person: who pressed it; it is looked for in what they may read.
            ref: the message that it is on.
            line: its command line.
            label: what stands on it.
        """
        found = await shown_at(host, person, ref, line)
        return found or self._kept.get(line) or Button(label, line, asks=label)


async def shown_at(host: Host, person: Person, ref: str, line: str) -> Button | None:
    """Return the button below a reply that asks for something before it gives a line.

    Nothing if it is not there, not for this person to read, or not told in time: a dialog with
    fewer words is better than none.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            interaction_id = await host.find(person, ref) if ref else None
            if interaction_id is None:
                return None
            entries = await host.exchange(person, interaction_id)
    except Exception as error:  # noqa: BLE001 - see above
        _log.warning("button not looked up", error=type(error).__name__)
        return None
    shown = pressable(button for entry in entries for button in entry.buttons)
    return next((each for each in shown if each.asks and each.line == line), None)
