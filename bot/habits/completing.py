"""Completing: something was done, and its person's week is told in the same transaction.

Sequence only. What one thing teaches is decided in ``learning.habits``. The log of what was done
is what counts: a week is summed up again from it when something in it was forgotten, rated or
told late.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from learning.consent import lacking, said_in
from learning.habits.contract import Done
from learning.habits.energy import rated, unrated
from learning.habits.habit import ALL, Habit, Refusal
from learning.habits.week import slot_of, zone_of
from learning.store.completing import Completed
from learning.store.habits import Completion, Completions, Energy, Habits, Week
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from bot.clock import Clock
    from learning.store.store import Unit


class Completing:
    """Learns when people do what.

    Args:
        clock: tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def record(
        self,
        unit: Unit,
        user_id: str,
        task_type: str,
        done_at: datetime,
        zone: str,
        success: float | None = None,
        energy: float | None = None,
        source: str = "said",
        *,
        surface: str,
        comment: str = "",
        interaction_id: UUID | None = None,
        action_id: UUID | None = None,
    ) -> UUID | None:
        """Record something that was done and learn from it.

        Args:
            unit: an open transaction.
            user_id: who did it.
            task_type: what kind of work.
            done_at: when; aware.
            zone: the name of the time zone where they were; UTC if there is none of that name.
            success: how it went, in [0, 1]; what is out of it counts as the nearest in it.
            energy: what energy was left, likewise.
            source: said, message, action or reminder.
            surface: where that became known; what may be learned there depends on it.
            comment: in their own words.
            interaction_id: the message that said so.
            action_id: the action that it was.

        Returns:
            Its id; nothing if it was known before, or nothing may be learned from the person.
        """
        there = zone_of(zone)
        done = Done(
            slot_of(done_at, there or UTC),
            done_at.astimezone(there or UTC).date(),
            _bounded(success),
            _bounded(energy),
        )
        completion = Completion(
            new_id(),
            user_id,
            task_type,
            done_at,
            done,
            there.key if there else "UTC",
            source,
            comment,
            interaction_id,
            action_id,
        )
        learned = await self._learned(unit, completion, surface, self._clock())
        return completion.id if learned else None

    async def rate(
        self,
        unit: Unit,
        user_id: str,
        completion_id: UUID,
        *,
        success: float | None = None,
        energy: float | None = None,
    ) -> bool:
        """Take back what was said of how something went, and say this instead.

        Args:
            unit: an open transaction.
            user_id: who says so; only whoever did it may.
            completion_id: what was done.
            success: how it went; what was said before stays if nothing is.
            energy: what energy was left, likewise.

        Returns:
            Whether it is still known, and theirs.
        """
        completion = await Completions(unit).get(completion_id)
        if completion is None or completion.user_id != user_id:
            return False
        done = completion.done
        success, energy = _bounded(success), _bounded(energy)
        said = replace(
            done,
            success=done.success if success is None else success,
            energy=done.energy if energy is None else energy,
        )
        if said != done:
            await Completions(unit).rate(replace(completion, done=said))
            await self.resum(unit, user_id)
        return True

    async def refused(
        self,
        unit: Unit,
        user_id: str,
        task_type: str,
        slots: Collection[int],
        day: date,
        weight: float = 1.0,
    ) -> None:
        """Learn that slots were offered and not taken.

        Args:
            unit: an open transaction.
            user_id: to whom.
            task_type: for what kind of work.
            slots: of their week.
            day: when, on their clock.
            weight: how much that says; less if they only did not answer.
        """
        habits = Habits(unit)
        left = {task_type}
        while left:
            week = (await habits.lock(user_id, left)).get(task_type, Week(Habit()))
            habit = week.habit
            for slot in slots:
                habit = habit.refused(Refusal(slot, day, weight))
            left = await habits.save(
                user_id, {task_type: replace(week, habit=habit)}, self._clock()
            )

    async def resum(self, unit: Unit, user_id: str) -> None:
        """Sum a person's weeks up again from what is left of what they did.

        Called in the transaction in which some of it was forgotten or changed.
        """
        now = self._clock()
        habits = Habits(unit)
        weeks = await habits.lock(user_id)
        # Read after the lock: whoever is learning of this person meanwhile waits for it.
        log = await Completions(unit).of(user_id)
        kinds = {ALL, *(each.task_type for each in log)} if log else set()
        gone = {
            kind for kind, week in weeks.items() if kind not in kinds and not week.habit.refusals
        }
        await habits.forget(user_id, gone)
        again = {}
        for kind in kinds | (weeks.keys() - gone):
            week = weeks.get(kind, Week(Habit()))
            done = [each.done for each in log if kind in {ALL, each.task_type}]
            again[kind] = replace(week, habit=week.habit.again(done))
        if await habits.save(user_id, again, now):
            # Somebody else made one of them; now it is there, and can be locked.
            await self.resum(unit, user_id)
            return
        ratings = unrated()
        for each in log:
            if each.done.energy is not None:
                ratings = rated(ratings, each.done.slot, each.done.energy)
        if ratings.count:
            await Energy(unit).save(user_id, ratings, now)
        else:
            await Energy(unit).forget(user_id)

    async def _learned(
        self, unit: Unit, completion: Completion, surface: str, now: datetime
    ) -> bool:
        """Record something and learn from it; tell whether that is allowed, and it was new."""
        done, kinds = completion.done, {ALL, completion.task_type}
        before = await Completed(unit).before(completion.user_id, kinds)
        if lacking(surface, said_in(unit.workspace_id, before.words)):
            return False
        if any(_later(week.habit.latest, done.at_day) for week in before.weeks.values()):
            # Told late, after what came later.
            added = await Completions(unit).add(completion, now)
            if added:
                await self.resum(unit, completion.user_id)
            return added
        weeks = {kind: before.weeks.get(kind, Week(Habit())) for kind in kinds}
        saved = await Completed(unit).after(
            completion,
            {kind: replace(week, habit=week.habit.observed(done)) for kind, week in weeks.items()},
            None if done.energy is None else rated(before.ratings, done.slot, done.energy),
            now,
        )
        if saved is False:
            # Somebody else made one of them first; now it is there, and can be locked.
            await self.resum(unit, completion.user_id)
        return saved is not None


def _later(latest: date | None, day: date) -> bool:
    return latest is not None and latest > day


def _bounded(rating: float | None) -> float | None:
    if rating is None or not math.isfinite(rating):
        return None
    return min(max(rating, 0.0), 1.0)
