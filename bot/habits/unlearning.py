"""Unlearning: what is forgotten leaves people's weeks, and what was said of them.

Sequence only. Weeks are sums over what was done, so they are summed up again without it. What
quotes it goes: what was concluded, adjustments in somebody's words, habits, nudges and how they
were worded. What somebody did with a nudge stays, under a digest: a no holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from bot.habits.completing import Completing
from bot.habits.planner import known_of, zone_of
from learning.habits.insights import PREFIX
from learning.habits.phrases import kind_of, name_of
from learning.store.conversations import Conversations
from learning.store.doors import Outbox
from learning.store.habits import Completions
from learning.store.manners import MannersKept
from learning.store.memories import Memories
from learning.store.nudges import Nudges
from learning.store.people import REMOVED
from learning.store.weeks import Weeks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.clock import Clock
    from bot.standing import Standings
    from learning.actions.contract import Acted
    from learning.store.store import Unit

_MOST: Final = 2_000


class Unlearning:
    """Takes what is forgotten out of people's weeks.

    Args:
        standings: shows what was emptied as it is now.
        clock: tells the time.
    """

    def __init__(self, standings: Standings, clock: Clock) -> None:
        self._completing = Completing(clock)
        self._standings = standings
        self._clock = clock

    async def losing(
        self, unit: Unit, interaction_ids: Sequence[UUID], acted: Iterable[Acted] = ()
    ) -> dict[str, set[str]]:
        """Return whose weeks lose what with interactions and actions; asked before they go."""
        actions = list(acted)
        lost = await Completions(unit).resting_on(interaction_ids, [each.id for each in actions])
        for each in actions:
            lost.setdefault(each.user_id, set()).add(kind_of(each))
        return lost

    async def concluded(self, unit: Unit, people: Iterable[str]) -> list[UUID]:
        """Return what was concluded of people's weeks: it is drawn anew from what is left."""
        memories = Memories(unit)
        return [
            memory.id
            for user_id in sorted(people)
            for memory in await memories.of(user_id, kinds=["insight"], superseded=True)
            if memory.slot.startswith(PREFIX)
        ]

    async def lost(self, unit: Unit, lost: Mapping[str, set[str]]) -> None:
        """Take what is gone out of weeks, habits and nudges, in the transaction that deleted it."""
        for user_id, kinds in sorted(lost.items()):
            await self._completing.resum(unit, user_id)
            await Weeks(unit).lift(user_id, self._clock())
            await self._unsaid(unit, user_id, kinds)

    async def lift(self, unit: Unit, people: Iterable[str]) -> None:
        """Take away what people's words laid beside their weeks: some of the words are gone."""
        for user_id in sorted(set(people)):
            await Weeks(unit).lift(user_id, self._clock())

    async def _unsaid(self, unit: Unit, user_id: str, kinds: set[str]) -> None:
        """Empty the nudges about what somebody no longer does, as far as anything tells."""
        now, manners, nudges = self._clock(), MannersKept(unit), Nudges(unit)
        kept = await manners.find(user_id)
        known = await known_of(unit, user_id, now, zone_of(kept.content))
        if "recurring" in kept.content:
            # The planner works them out again at its next look.
            await manners.change(user_id, now, {"recurring": None}, look_at=now)
        gone = kinds - {each.kind for each in known.acts}
        if not gone:
            return
        names = {name_of(kind).casefold() for kind in gone}
        for nudge in await nudges.of(user_id, _MOST):
            about = nudge.content.get("habit", {}).get("kind")
            if about in gone:
                await nudges.empty(nudge, now)
            if about in gone or nudge.kind == "digest":
                count = nudge.content.get("put_off", 0) + 1
                keys = [nudge.key_of(nth) for nth in range(count)]
                await self.unsay(unit, keys, () if about in gone else names)

    async def unsay(self, unit: Unit, keys: Iterable[str], names: Collection[str] = ()) -> None:
        """Empty what was said outside of a turn, also where it is shown.

        Args:
            unit: open for all audiences.
            keys: under which it was said.
            names: only where one of these is in it, whatever the case.
        """
        outbox, conversations = Outbox(unit), Conversations(unit)
        for key in keys:
            if (said := await outbox.of_key(key)) is None:
                continue
            text = str(said.body["text"]).casefold()
            if names and not any(name in text for name in names):
                continue
            body = {**said.body, "text": REMOVED, "below": "", "buttons": []}
            await outbox.change(said.id, body)
            if message_id := said.body.get("message_id"):
                await conversations.reword(UUID(message_id), REMOVED, self._clock())
            await self._standings.restated(unit, said.id, said.surface)
