"""What the week to come holds for somebody: what fills it, and when their work goes best in it.

Sequence only. For the weekly message; calendars are read again before, if they are old.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.habits.booking import KEPT_FOR
from integrations.contracts.host import Person
from learning.habits.fatigue import overload
from learning.habits.slots import propose
from learning.habits.week import zone_of
from learning.store.manners import MannersKept
from learning.store.slot_offers import SlotOffers
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.habits.calendars import Calendaring
    from bot.habits.suiting import Suiting
    from learning.spans import Span
    from learning.store.store import Store

_MINUTES: Final = 60
_DAYS: Final = timedelta(days=6)
_KNOWN: Final = 3
"""How often work must have been done before its best times are told unasked."""


class Ahead:
    """Tells of somebody's week to come.

    Args:
        store: where weeks and bookings are.
        calendars: know when people are busy.
        suiting: knows what suits them.
        clock: tells the time.
    """

    def __init__(
        self, store: Store, calendars: Calendaring, suiting: Suiting, clock: Clock
    ) -> None:
        self._store = store
        self._calendars = calendars
        self._suiting = suiting
        self._clock = clock

    async def full(self, workspace_id: str, user_id: str) -> str:
        """Return what to say of a week that holds too much; nothing of one that does not."""
        who, zone = await self._who(workspace_id, user_id)
        busy = await self._busy(who, zone)
        found = overload(busy, self._clock(), zone, following=False)
        return found.text if found else ""

    async def best(self, workspace_id: str, user_id: str) -> str:
        """Return the best free hours of the week for what somebody does most."""
        who, zone = await self._who(workspace_id, user_id)
        busy = await self._busy(who, zone)
        now = self._clock()
        async with self._store.begin(workspace_id, None) as unit:
            kinds = await Weeks(unit).kinds(user_id)
            if not kinds:
                return ""
            suited = await self._suiting.of(unit, who, kinds[0], zone)
        if suited.known < _KNOWN:
            return ""
        found = propose(
            kinds[0],
            _MINUTES,
            suited.habits,
            suited.energy,
            busy,
            now,
            zone,
            now + _DAYS,
            up=suited.up,
        )
        times = [each.start.astimezone(zone) for each in sorted(found, key=lambda p: p.start)]
        if not times:
            return ""
        said = ", ".join(f"{at:%A} at {at:%H:%M}" for at in times)
        return f"For {kinds[0]} these hours suit you best: {said}. `when {kinds[0]} 1h` books one."

    async def _who(self, workspace_id: str, user_id: str) -> tuple[Person, ZoneInfo]:
        async with self._store.begin(workspace_id, None) as unit:
            kept = await MannersKept(unit).find(user_id)
        zone = zone_of(kept.content.get("zone")) or zone_of(kept.content.get("tz"))
        return Person(workspace_id, user_id, kept.surface), zone or ZoneInfo("UTC")

    async def _busy(self, who: Person, zone: ZoneInfo) -> tuple[Span, ...]:
        busy, _ = await self._calendars.busy(who.workspace_id, who.user_id, zone)
        async with self._store.begin(who.workspace_id, None) as unit:
            booked = await SlotOffers(unit).booked(who.user_id, self._clock(), KEPT_FOR)
        return busy + tuple(each.booked for each in booked if each.booked is not None)
