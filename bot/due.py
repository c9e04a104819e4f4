"""What is due: nudges and reminders that wait for their time, and people whose week has grown.

Sequence only. Counts and times, nobody's words and nobody's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.schedule import next_firing
from learning.store.nudges import Nudges
from learning.store.reminders import Reminders
from learning.store.syncs import Syncs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from learning.store.store import Store, Unit

WAITING: Final = ("nudge", "remind", "slot_ask", "sync", "plan")
"""The jobs that wait for a time."""


@dataclass(frozen=True, slots=True)
class Due:
    """What waits for its time.

    Attributes:
        what: nudges, reminders or sync.
        count: how many.
        at: when the next is due, if any waits.
    """

    what: str
    count: int
    at: datetime | None

    def data(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {"count": self.count, "next": self.at.isoformat() if self.at else None}

    def __str__(self) -> str:
        said = f"{self.what} {self.count}"
        return f"{said}, next {self.at:%Y-%m-%d %H:%M} UTC" if self.at else said


async def due_in(unit: Unit, now: datetime) -> tuple[Due, ...]:
    """Return what is due in a workspace."""
    people = await Syncs(unit).waiting()
    return (
        Due("nudges", *await Nudges(unit).waiting()),
        Due("reminders", *await Reminders(unit).due()),
        Due("sync", people, next_firing("sync", now) if people else None),
    )


async def due_everywhere(store: Store, now: datetime) -> tuple[Due, ...]:
    """Return what is due in all workspaces together."""
    found: list[Due] = []
    for workspace_id in await store.workspace_ids():
        async with store.begin(workspace_id, None) as unit:
            found += await due_in(unit, now)
    return tuple(_together(what, found) for what in ("nudges", "reminders", "sync"))


def _together(what: str, found: Iterable[Due]) -> Due:
    some = [each for each in found if each.what == what]
    times = [each.at for each in some if each.at is not None]
    return Due(what, sum(each.count for each in some), min(times, default=None))
