"""What suits a person when, as far as it is known, and what their choices teach of it.

Sequence only. Of whom nothing may be learned nothing is: they are offered what suits most people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.habits.energy import energy, unrated
from learning.habits.free import waking
from learning.habits.habit import ALL, Habit
from learning.habits.kinds import named
from learning.habits.suited import suited
from learning.habits.week import slot_of, zone_of
from learning.store.consents import Consents
from learning.store.habits import Energy, Habits
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    import numpy as np
    from numpy.typing import NDArray

    from bot.clock import Clock
    from bot.habits.completing import Completing
    from integrations.contracts.host import Person
    from learning.store.slot_offers import Offer
    from learning.store.store import Unit

SEEN: Final = 3
"""Things done of one kind before Mynah speaks of when they are usually done."""
_SURE: Final = 5
"""Things done of one kind after which they say as much as everything that was done."""


@dataclass(frozen=True, slots=True)
class Suited:
    """What suits a person for a task.

    Attributes:
        task_type: the kind of work that it is.
        habits: how well each slot of the week suits, in [0, 1].
        energy: how much energy they have in it, in [0, 1].
        up: of each hour of the day, whether they are up.
        known: how often they did such work.
    """

    task_type: str
    habits: NDArray[np.float64]
    energy: NDArray[np.float64]
    up: NDArray[np.bool_]
    known: int


class Suiting:
    """Knows what suits people, and learns from what they choose.

    Args:
        completing: learns from what is done.
        clock: tells the time.
    """

    def __init__(self, completing: Completing, clock: Clock) -> None:
        self._completing = completing
        self._clock = clock

    async def of(self, unit: Unit, who: Person, task: str, zone: ZoneInfo) -> Suited:
        """Return what suits a person for a task."""
        today = self._clock().astimezone(zone).date()
        new = Habit().score(today)
        if not await Consents(unit).learns(who.user_id, who.surface):
            return Suited(named(task), new, energy(unrated()), waking(), 0)
        kind = named(task, await Weeks(unit).kinds(who.user_id))
        known = await Habits(unit).of(who.user_id, {ALL, kind})
        whole, own = known.get(ALL, Habit()), known.get(kind, Habit())
        sure = own.count / (own.count + _SURE)
        # Work that is new to somebody is done when they do things at all.
        scores = [suited(each.score(today), each.beside) for each in (own, whole)]
        habits = sure * scores[0] + (1 - sure) * scores[1]
        if own.refusals and not own.count:
            habits = scores[0]
        ratings = await Energy(unit).load(who.user_id)
        up = waking(whole.week(today), whole.count)
        return Suited(kind, habits, energy(ratings), up, own.count)

    async def refuse(
        self, unit: Unit, offer: Offer, against: Sequence[datetime], weight: float
    ) -> bool:
        """Learn that slots were not wanted, or not used; return whether it may be learned."""
        zone = zone_of(offer.zone)
        learns = await Consents(unit).learns(offer.user_id, offer.surface)
        if zone is None or not learns or not against:
            return False
        await self._completing.refused(
            unit,
            offer.user_id,
            offer.task_type,
            [slot_of(at, zone) for at in against],
            self._clock().astimezone(zone).date(),
            weight,
        )
        return True

    async def done(self, unit: Unit, who: Person, offer: Offer, at: datetime) -> UUID | None:
        """Learn that what was booked was done; return its id, if it may be learned."""
        return await self._completing.record(
            unit,
            who.user_id,
            offer.task_type,
            at,
            offer.zone,
            source="reminder",
            surface=who.surface,
        )
