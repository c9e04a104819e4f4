"""A person's week, foreseen from when they did things before.

Decides how much it counts what they do lately and what they always did, at this hour and on days
like this, how much what most people do, and how those are weighed for this person. Refuses to know
what is done, and how many days ago today's weekday last was active: what is foreseen is the week,
not the morrow.

Five estimates are multiplied, each to a power: when most people do things, on which days most do,
on which days this person does, at which hours lately, at which hours always. The powers begin as
they fit other people (``forecast.toml``), and each active day moves them to what would have
foreseen it better, as far as it outweighs how much people differ in them. Half-lives are counted
in active days, as somebody who is seldom here does not change faster; the fourth of four things
done in an hour says less than the first. How slots are ordered within a day is a plain mean of the
late estimates: it has nothing that was fitted, and orders better.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from learning.habits.contract import (
    USUAL_SUCCESS,
    Done,
    Floats,
    Forecaster,
    packed,
    unpacked,
)
from learning.habits.design import Design
from learning.habits.week import DAYS, HOURS, SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BRIEF: Final = (6.0, 12.0)
HALF_LIVES: Final = (25.0, 100.0, math.inf)
"""In active days."""
_BRIEF_DECAYS: Final = np.array([0.5 ** (1.0 / each) for each in BRIEF])[:, None]
_DECAYS: Final = np.array([0.5 ** (1.0 / each) for each in HALF_LIVES])[:, None]
_REFUSED_DAYS: Final = 60.0
"""Days after which a refusal says half as much."""
_KEPT: Final = 0.998
"""How much an active day leaves of what was learned about the powers: they may change, too."""
_POOLED: Final = 5
_LATELY: Final = 3
"""Which of the five is the mean of the late ones, …"""
_MEANS: Final = 8
"""… and of how many."""
_SURE: Final = 4.0
"""Things done around a slot after which how they went there outweighs what is usual."""
_SHAPES: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    ("brief", (len(BRIEF), HOURS)),
    ("sums", (len(HALF_LIVES), SLOTS)),
    ("powers", (_POOLED,)),
    ("certainty", (_POOLED, _POOLED)),
)
"""What is kept to seven digits, in its order, …"""
_ENDS: Final = tuple(accumulate(math.prod(shape) for _, shape in _SHAPES))
"""… and where each of it ends."""
_WEEKEND: Final = (0, 6)


def ring(size: int, width: float) -> Floats:
    """Return what spreads numbers on a circle to their neighbours: a matrix to multiply with."""
    steps = np.minimum(np.arange(size), size - np.arange(size))
    bell = np.exp(-0.5 * (steps / width) ** 2)
    bell /= bell.sum()
    return np.array([np.roll(bell, turn) for turn in range(size)])


_NEAR: Final = ring(HOURS, 0.8)
_NEAREST: Final = ring(HOURS, 0.6)
_NEIGHBOURS: Final = ring(DAYS, 0.7)
_RESTS: Final = np.isin(np.arange(DAYS), _WEEKEND)
_KINDS: Final = (_RESTS[:, None] == _RESTS).astype(np.float64)
"""Which days are of one kind: a matrix to multiply with."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before anything is known of a person.

    Attributes:
        hours: how much of what people do is done in each hour, shape ``(24,)``.
        days: on each day, shape ``(7,)``.
        powers: of the five estimates.
        spreads: how far people differ in them; standard deviations.
    """

    hours: Floats
    days: Floats
    powers: Floats
    spreads: Floats

    @classmethod
    def load(cls) -> Prior:
        """Return what Mynah comes with."""
        text = files("learning.habits").joinpath("forecast.toml").read_text("utf-8")
        data = tomllib.loads(text)
        weekend = float(data["weekend"])
        days = np.full(DAYS, (1.0 - weekend) / 5)
        days[list(_WEEKEND)] = weekend / 2
        hours = np.array(data["hours"], dtype=np.float64)
        powers, spreads = (np.array(list(data[name].values())) for name in ("powers", "spreads"))
        return cls(hours / hours.sum(), days, powers, spreads)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a person's week.

    Attributes:
        brief: sums of what was done before ``day``, by the hour alone, one row a brief half-life,
            shape ``(2, 24)``.
        sums: the same by slot, for longer ones, shape ``(3, 168)``.
        outcome: how well it went in all, and what was counted, shape ``(2, 168)``.
        refused: how much each slot was refused, as of ``refused_on``.
        powers: of the five estimates, as they suit this person.
        certainty: how sure they are: an inverse covariance.
        day: the last active day; not yet part of the sums, as it may go on.
        today: how much was done on it, by slot.
    """

    brief: Floats
    sums: Floats
    outcome: Floats
    refused: Floats
    powers: Floats
    certainty: Floats
    day: date | None = None
    today: Mapping[int, int] = field(default_factory=dict)
    refused_on: date | None = None


class Mynah:
    """The forecaster that is used unless somebody asks for another.

    Args:
        prior: what is known before; what Mynah comes with by default.
    """

    name = "mynah"

    def __init__(self, prior: Prior | None = None) -> None:
        self._given = prior

    @cached_property
    def _prior(self) -> Prior:
        return self._given or Prior.load()

    @cached_property
    def _doubt(self) -> Floats:
        doubt: Floats = np.diag(self._prior.spreads**-2.0)
        return doubt

    def empty(self) -> Kept:
        """Return what is known of somebody new."""
        nothing = np.zeros(SLOTS)
        return Kept(
            np.zeros((len(BRIEF), HOURS)),
            np.zeros((len(HALF_LIVES), SLOTS)),
            np.zeros((2, SLOTS)),
            nothing,
            self._prior.powers,
            self._doubt,
        )

    def observe(self, state: Kept, done: Done) -> Kept:
        """Return what is known after something was done."""
        if state.day is None or done.at_day > state.day:
            state = replace(self._settled(state), day=done.at_day, today={})
        # What is told late counts as done on the last active day; summing up again puts it right.
        today = {**state.today, done.slot: state.today.get(done.slot, 0) + 1}
        outcome = state.outcome
        if done.success is not None:
            outcome = outcome.copy()
            outcome[:, done.slot] += (min(max(done.success, 0.0), 1.0), 1.0)
        return replace(state, today=today, outcome=outcome)

    def refuse(self, state: Kept, slot: int, at_day: date, weight: float = 1.0) -> Kept:
        """Return what is known after a slot was offered and not taken."""
        refused = self._refused(state, at_day)
        refused[slot] += min(max(weight, 0.0), 1.0)
        latest = at_day if state.refused_on is None else max(at_day, state.refused_on)
        return replace(state, refused=refused, refused_on=latest)

    def week(self, state: Kept, today: date) -> Floats:
        """Return how probable each slot is."""
        settled = self._settled(state)
        week = _shares(settled.powers @ self._estimates(settled))
        return self._without_refused(week, settled, today)

    def rank(self, state: Kept, today: date) -> Floats:
        """Return what orders the slots."""
        settled = self._settled(state)
        estimates = self._estimates(settled)
        days = _shares(settled.powers @ estimates).reshape(DAYS, HOURS).sum(1, keepdims=True)
        hours = np.exp(estimates[_LATELY]).reshape(DAYS, HOURS)
        return self._without_refused(
            (days * hours / hours.sum(1, keepdims=True)).ravel(), settled, today
        )

    def score(self, state: Kept, today: date) -> Floats:
        """Return how well each slot suits."""
        well, counted = (np.ravel(each.reshape(DAYS, HOURS) @ _NEAR) for each in state.outcome)
        success = (well + _SURE * USUAL_SUCCESS) / (counted + _SURE)
        # Half where it is as likely as anywhere and went as it usually does.
        odds = self.week(state, today) * SLOTS
        suits: Floats = (odds / (1.0 + odds) * success / USUAL_SUCCESS).clip(0.0, 1.0)
        return suits

    def encode(self, state: Kept) -> list[Any]:
        """Return a state ready for JSON."""
        return [
            packed(np.concatenate([np.ravel(getattr(state, name)) for name, _ in _SHAPES])),
            packed(state.outcome, coarse=True),
            packed(state.refused) if state.refused.any() else "",
            [_text(state.day), _text(state.refused_on)],
            [[slot, count] for slot, count in state.today.items()],
        ]

    def decode(self, data: Sequence[Any]) -> Kept:
        """Read back what ``encode`` wrote."""
        try:
            fine, outcome, refused, (day, refused_on), today = data
            found = np.split(unpacked(fine, _ENDS[-1]), _ENDS[:-1])
            shaped = {
                name: part.reshape(shape)
                for part, (name, shape) in zip(found, _SHAPES, strict=True)
            }
            return Kept(
                outcome=unpacked(outcome, 2, SLOTS, coarse=True).clip(0.0),
                refused=unpacked(refused, SLOTS).clip(0.0) if refused else np.zeros(SLOTS),
                day=_day(day),
                today={int(slot) % SLOTS: max(1, int(count)) for slot, count in today},
                refused_on=_day(refused_on),
                **shaped,
            )
        except (TypeError, ValueError):
            return self.empty()

    def _settled(self, state: Kept) -> Kept:
        """Return it with the last active day learned from and added to the sums."""
        if state.day is None or not state.today:
            return state
        done = np.zeros(SLOTS)
        done[list(state.today)] = list(state.today.values())
        damped = np.sqrt(done)
        powers, certainty = self._learned(state, done)
        return replace(
            state,
            brief=(state.brief + damped.reshape(DAYS, HOURS).sum(0)) * _BRIEF_DECAYS,
            sums=(state.sums + damped) * _DECAYS,
            outcome=state.outcome * _DECAYS[-2],
            powers=powers,
            certainty=certainty,
            today={},
        )

    def _learned(self, state: Kept, done: Floats) -> tuple[Floats, Floats]:
        """Return the powers that would have foreseen a day better, by a step of Newton's."""
        estimates = self._estimates(state)
        week = _shares(state.powers @ estimates)
        count = float(done.sum())
        weight = count**-0.5  # a day's things hang together: they tell less than so many days'
        mean = estimates @ week
        spread = (estimates * week) @ estimates.T - np.outer(mean, mean)
        certainty = self._doubt + _KEPT * (state.certainty - self._doubt) + weight * count * spread
        step = np.linalg.solve(certainty, weight * (count * mean - estimates @ done))
        return np.maximum(0.0, state.powers - step), certainty

    def _estimates(self, state: Kept) -> Floats:
        """Return the logarithms of the five estimates, shape ``(5, 168)``."""
        weeks = state.sums.reshape(-1, DAYS, HOURS)
        counts = np.concatenate([state.brief, weeks.sum(1)])
        hours = (counts @ _NEAR + self._prior.hours) / (counts.sum(1)[:, None] + 1.0)
        month, long, always = hours[2:]
        # The shortest have too little for each kind of day, and only the longest has enough for
        # each hour of a single day.
        of_days = (
            _alike(weeks[0], month)
            * _around(weeks[0], month)
            * _alike(weeks[1], long)
            * _around(weeks[1], long)
            * _pooled(weeks[1] @ _NEAREST, long, 1.0)
        )
        done = weeks[-1].sum(1)
        days = (done + self._prior.days) / (done.sum() + 1.0)
        found = np.empty((_POOLED, DAYS, HOURS))
        found[0] = np.log(self._prior.hours)
        found[1] = np.log(self._prior.days)[:, None]
        found[2] = np.log(days)[:, None]
        found[_LATELY] = (np.log(hours[:3]).sum(0) + np.log(of_days)) / _MEANS
        found[4] = np.log(always)
        return found.reshape(_POOLED, SLOTS)

    @staticmethod
    def _refused(state: Kept, today: date) -> Floats:
        if state.refused_on is None:
            return state.refused.copy()
        days = max(0, (today - state.refused_on).days)
        faded: Floats = state.refused * 0.5 ** (days / _REFUSED_DAYS)
        return faded

    def _without_refused(self, week: Floats, settled: Kept, today: date) -> Floats:
        """Return a week in which refused slots weigh less, the less was ever done in them."""
        if not settled.refused.any():
            return week
        refused = (self._refused(settled, today).reshape(DAYS, HOURS) @ _NEAREST).ravel()
        done = (settled.sums[-2].reshape(DAYS, HOURS) @ _NEAREST).ravel()
        left = week * (done + 1.0) / (done + 1.0 + refused)
        shares: Floats = left / left.sum()
        return shares


def _alike(grid: Floats, hours: Floats) -> Floats:
    """Return the hours of workdays and of weekends."""
    return _pooled(_KINDS @ grid @ _NEAR, hours, 2.0)


def _around(grid: Floats, hours: Floats) -> Floats:
    """Return the hours of each day, with those of its neighbours."""
    return _pooled(_NEIGHBOURS @ grid @ _NEAR, hours, 2.0)


def _pooled(grid: Floats, hours: Floats, weight: float) -> Floats:
    """Return each day's shares of its hours, drawn to those of all days."""
    shares: Floats = (grid + weight * hours) / (grid.sum(1, keepdims=True) + weight)
    return shares


def _shares(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max())
    shares: Floats = weights / weights.sum()
    return shares


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: Any) -> date | None:  # noqa: ANN401 - whatever was kept
    return date.fromisoformat(text) if text else None


FORECASTERS: Final[Mapping[str, Forecaster[Any]]] = {
    Mynah.name: Mynah(),
    Design.name: Design(),
}
DEFAULT: Final = Mynah.name
