"""All that is kept of when a person does one kind of work.

Decides what goes with one thing done, or one slot refused: every forecaster learns of it, so that
another can be used at once. Refuses to know where it is kept, and what others lay over it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from learning.habits.forecast import DEFAULT, FORECASTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.habits.contract import Done, Floats

ALL: Final = ""
"""Names all kinds of work together."""
_MOST_REFUSALS: Final = 100
_OURS: Final = frozenset({"weeks", "refusals", "latest"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A slot that was offered and not taken.

    Attributes:
        slot: of the week.
        day: when.
        weight: how much that says, in [0, 1].
    """

    slot: int
    day: date
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Habit:
    """A person's week for one kind of work.

    Attributes:
        weeks: each forecaster's state, by its name, ready for JSON.
        refusals: the latest, oldest first.
        count: how much was done.
        latest: on which day it was last done.
        beside: what others keep beside it.
    """

    weeks: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    count: int = 0
    latest: date | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)

    def observed(self, done: Done) -> Habit:
        """Return it after something was done."""
        weeks = {
            name: each.encode(each.observe(each.decode(self.weeks.get(name, ())), done))
            for name, each in FORECASTERS.items()
        }
        latest = done.at_day if self.latest is None else max(self.latest, done.at_day)
        return replace(self, weeks=weeks, count=self.count + 1, latest=latest)

    def refused(self, refusal: Refusal) -> Habit:
        """Return it after a slot was refused."""
        weeks = {
            name: each.encode(
                each.refuse(
                    each.decode(self.weeks.get(name, ())),
                    refusal.slot,
                    refusal.day,
                    refusal.weight,
                )
            )
            for name, each in FORECASTERS.items()
        }
        return replace(self, weeks=weeks, refusals=(*self.refusals, refusal)[-_MOST_REFUSALS:])

    def again(self, log: Iterable[Done]) -> Habit:
        """Return it summed up again from a log, oldest first, and its refusals."""
        told: list[tuple[date, Done | Refusal]] = [(each.at_day, each) for each in log]
        count, latest = len(told), max((day for day, _ in told), default=None)
        told += [(each.day, each) for each in self.refusals]
        told.sort(key=lambda each: each[0])
        weeks = {}
        for name, forecaster in FORECASTERS.items():
            state = forecaster.empty()
            for _, each in told:
                if isinstance(each, Refusal):
                    state = forecaster.refuse(state, each.slot, each.day, each.weight)
                else:
                    state = forecaster.observe(state, each)
            weeks[name] = forecaster.encode(state)
        return replace(self, weeks=weeks, count=count, latest=latest)

    def week(self, today: date, forecaster: str = DEFAULT) -> Floats:
        """Return how probable each slot is."""
        foreseen = FORECASTERS[forecaster]
        return foreseen.week(foreseen.decode(self.weeks.get(forecaster, ())), today)

    def rank(self, today: date, forecaster: str = DEFAULT) -> Floats:
        """Return what orders the slots."""
        foreseen = FORECASTERS[forecaster]
        return foreseen.rank(foreseen.decode(self.weeks.get(forecaster, ())), today)

    def score(self, today: date, forecaster: str = DEFAULT) -> Floats:
        """Return how well each slot suits, in [0, 1]."""
        foreseen = FORECASTERS[forecaster]
        return foreseen.score(foreseen.decode(self.weeks.get(forecaster, ())), today)

    def as_data(self) -> dict[str, Any]:
        """Return it ready for JSON, without its count."""
        refusals = [[each.slot, each.day.isoformat(), each.weight] for each in self.refusals]
        return {
            **self.beside,
            "weeks": dict(self.weeks),
            "refusals": refusals,
            "latest": self.latest.isoformat() if self.latest else None,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], count: int) -> Habit:
        """Read back what ``as_data`` wrote; refusals that cannot be read are left out."""
        beside = {name: each for name, each in data.items() if name not in _OURS}
        weeks, latest = data.get("weeks"), data.get("latest")
        refusals = [found for each in data.get("refusals") or () if (found := _refusal(each))]
        return cls(
            weeks if isinstance(weeks, dict) else {},
            tuple(refusals),
            count,
            date.fromisoformat(latest) if latest else None,
            beside,
        )


def _refusal(data: Any) -> Refusal | None:  # noqa: ANN401 - whatever was kept
    try:
        slot, day, weight = data
        return Refusal(int(slot), date.fromisoformat(day), float(weight))
    except (TypeError, ValueError):
        return None
