"""What people's weeks are made of: what they do, what they see of it, slots, nudges.

Part of the composition root: constructors only, in the order in which they need each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.habits.ahead import Ahead
from bot.habits.booking import Booking
from bot.habits.calendars import Calendaring, guarded
from bot.habits.nudging import Nudging
from bot.habits.planner import Planner
from bot.habits.progress import Progressing
from bot.habits.saying import Saying
from bot.habits.scheduling import Scheduling
from bot.habits.suiting import Suiting
from bot.habits.syncing import Syncing
from bot.habits.zones import Zoning, zone_of_person
from bot.queue import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.acting.parts import ActingParts
    from bot.clock import Clock
    from bot.command import Command
    from bot.forget import Forgetting
    from bot.memorise import Memorising
    from bot.metrics import Metrics
    from bot.queue import Queue
    from integrations.contracts.model import Model
    from integrations.contracts.surface import Surface
    from learning.store.store import Store


@dataclass(frozen=True, slots=True)
class HabitParts:
    """Everything about people's weeks.

    Attributes:
        progressing: tells people of their week.
        commands: the rows of the table of commands.
        tasks: the kinds of jobs.
    """

    progressing: Progressing
    commands: tuple[Command, ...]
    tasks: tuple[Task, ...]


def habits_of(
    store: Store,
    queue: Queue,
    surfaces: Mapping[str, Surface],
    acting: ActingParts,
    forgetting: Forgetting,
    reader: Model | None,
    memorising: Memorising,
    metrics: Metrics,
    now: Clock,
) -> HabitParts:
    """Return what knows people's weeks.

    Args:
        store: where everything is.
        queue: takes the jobs.
        surfaces: those of this process.
        acting: what does things, and speaks first.
        forgetting: deletes what people did.
        reader: the model that reads what people say about their week; none if there is none.
        memorising: keeps insights.
        metrics: counts nudges.
        now: tells the time.
    """
    suiting = Suiting(acting.completing, now)
    calendars = Calendaring(store, guarded, zone_of_person, now)
    booking = Booking(store, queue, surfaces, acting.speaking, acting.reminding, suiting, now)
    scheduling = Scheduling(store, calendars, suiting, booking, zone_of_person, now)
    progressing = Progressing(store, zone_of_person, now)
    ahead = Ahead(store, calendars, suiting, now)
    nudging = Nudging(
        store,
        queue,
        surfaces,
        acting.speaking,
        acting.acting,
        now,
        (ahead.full, ahead.best),
        metrics.nudge,
    )
    return HabitParts(
        progressing,
        (
            *Saying(
                store, acting.completing, zone_of_person, now, forgetting.completion
            ).commands(),
            *progressing.commands(),
            *scheduling.commands(),
            *calendars.commands(),
            *nudging.commands(),
            *Zoning(store, now).commands(),
        ),
        (
            *scheduling.tasks(),
            *nudging.tasks(),
            *Planner(store, queue, now).tasks(),
            Task("sync", Syncing(store, reader, memorising, now).sync),
        ),
    )
