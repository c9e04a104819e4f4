"""Our forecaster: it finds habits, follows their drift, and beats the design on other people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from learning.habits.contract import Done
from learning.habits.forecast import DEFAULT, FORECASTERS, Mynah
from learning.habits.habit import Habit, Refusal
from tests.benchmarks.habits import foreseen
from tests.benchmarks.habits_policies import BASELINES, Learning
from tests.benchmarks.habits_set import made_up

SUNDAY = date(2026, 3, 1)
OURS = FORECASTERS[DEFAULT]


def done(weeks: int, weekday: int, hour: int, success: float | None = None, start: int = 0) -> Any:
    """Return something done at the same time every week."""
    return [
        Done(weekday * 24 + hour, SUNDAY + timedelta(weeks=start + n, days=weekday), success)
        for n in range(weeks)
    ]


def learned(log: list[Done], state: Any = None) -> Any:
    state = OURS.empty() if state is None else state
    for each in log:
        state = OURS.observe(state, each)
    return state


def test_somebody_new_has_the_week_of_most_people() -> None:
    week = OURS.week(OURS.empty(), SUNDAY)
    assert week.sum() == pytest.approx(1.0)
    assert week[2 * 24 + 10] > 4 * week[2 * 24 + 4]
    assert (OURS.score(OURS.empty(), SUNDAY) <= 1.0).all()


def test_what_is_done_on_tuesdays_at_ten_is_foreseen_there_and_suits() -> None:
    state = learned(done(12, 2, 10, 0.9))
    later = SUNDAY + timedelta(weeks=12)
    week, rank = OURS.week(state, later), OURS.rank(state, later)
    assert week.argmax() == rank.argmax() == 58
    assert week[58] > 5 / 168
    assert OURS.score(state, later)[58] > 0.85
    # The hours beside it are likelier than those across the day; other days are not forgotten.
    assert week[57] > week[51]
    assert (week > 0).all()


def test_a_habit_that_moved_is_followed() -> None:
    moved = learned(done(30, 2, 10) + done(20, 2, 16, start=30))
    week = OURS.week(moved, SUNDAY + timedelta(weeks=50))
    assert week[2 * 24 + 16] > week[2 * 24 + 10]


def test_many_things_in_one_hour_say_less_than_fewer_on_several_days() -> None:
    burst = [Done(58, SUNDAY + timedelta(days=2))] * 9
    week = OURS.week(learned(burst + done(6, 2, 16, start=1)), SUNDAY + timedelta(weeks=7))
    assert week[58] < 0.7 * week[2 * 24 + 16]


def test_how_it_went_says_how_well_a_slot_suits_and_not_when_it_is_done() -> None:
    well, badly = learned(done(12, 2, 10, 1.0)), learned(done(12, 2, 10, 0.1))
    later = SUNDAY + timedelta(weeks=12)
    assert OURS.week(well, later) == pytest.approx(OURS.week(badly, later))
    assert OURS.score(well, later)[58] > OURS.score(badly, later)[58] + 0.3


def test_a_refused_slot_is_offered_less_until_it_is_done_or_long_ago() -> None:
    later = SUNDAY + timedelta(weeks=4)
    before = learned(done(4, 2, 10))
    refused = OURS.refuse(OURS.refuse(before, 58, later), 58, later)
    assert OURS.week(refused, later)[58] < 0.8 * OURS.week(before, later)[58]
    assert OURS.week(refused, later).sum() == pytest.approx(1.0)
    faded = OURS.week(refused, later + timedelta(days=600))[58]
    assert faded == pytest.approx(OURS.week(before, later)[58], rel=0.01)
    ignored = OURS.refuse(before, 58, later, 0.1)
    assert OURS.week(ignored, later)[58] > OURS.week(refused, later)[58]


def test_a_state_comes_back_as_it_was_kept_and_rubbish_is_somebody_new() -> None:
    state = OURS.refuse(learned(done(7, 2, 10, 0.9) + done(1, 3, 9, start=7)), 3, SUNDAY)
    later = SUNDAY + timedelta(weeks=9)
    again = OURS.decode(OURS.encode(state))
    assert OURS.rank(again, later) == pytest.approx(OURS.rank(state, later), rel=1e-5)
    assert OURS.score(again, later) == pytest.approx(OURS.score(state, later), rel=1e-3)
    new = OURS.week(OURS.empty(), later)
    for rubbish in ([], [1] * 5, ["", "", "", [], []], OURS.encode(state)[:-1]):
        assert OURS.week(OURS.decode(rubbish), later) == pytest.approx(new)


def test_a_habit_summed_up_again_is_what_it_was_without_what_was_forgotten() -> None:
    log = done(6, 2, 10, 0.9) + done(6, 4, 15, start=6)
    refusal = Refusal(70, SUNDAY + timedelta(weeks=3))
    habit = Habit(beside={"adjustments": []})
    for each in log[:3]:
        habit = habit.observed(each)
    habit = habit.refused(refusal)
    for each in log[3:]:
        habit = habit.observed(each)
    later = SUNDAY + timedelta(weeks=13)
    kept = Habit.from_data(habit.as_data(), habit.count)
    assert kept == habit
    again = kept.again(log)
    assert (again.count, again.latest, again.beside) == (12, log[-1].at_day, {"adjustments": []})
    for name in FORECASTERS:
        assert again.week(later, name) == pytest.approx(habit.week(later, name), rel=1e-3)
    assert again.again(log[:6]).week(later)[4 * 24 + 15] < 0.5 * again.week(later)[4 * 24 + 15]


def test_other_people_are_foreseen_better_than_by_every_baseline() -> None:
    people = made_up(seed=7, people=4, weeks=30)
    figures = foreseen(people, {DEFAULT: lambda: Learning(Mynah()), **BASELINES})
    ours = figures.pop(DEFAULT)
    assert ours["bits"] < min(each["bits"] for each in figures.values()) - 0.05
    assert ours["hit"] > 1.08 * figures["design"]["hit"]
    assert ours["day_hit"] > 1.1 * figures["design"]["day_hit"]
    assert np.isfinite(list(ours.values())).all()
