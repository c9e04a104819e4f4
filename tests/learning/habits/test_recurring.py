from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from learning.habits.occasions import Occurrence, Recurring, Shape, occasions
from learning.habits.recurring import recurring

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 12, 8, tzinfo=BERLIN)
"""A Friday."""


def acts(
    kind: str,
    shape: Shape,
    minute: float,
    *,
    weeks: int = 16,
    spread: float = 6,
    drift: float = 0,
    without: set[date] | None = None,
    until: int = 1,
) -> list[Occurrence]:
    rng = np.random.default_rng(3)
    made = []
    for ago in range(until, weeks * 7):
        day = NOW.date() - timedelta(days=ago)
        if shape.on(day) and day not in (without or set()):
            at = datetime.combine(day, datetime.min.time(), BERLIN)
            off = rng.normal(0, spread) + drift * ago / 7
            made.append(Occurrence(kind, at + timedelta(minutes=minute + off)))
    return made


def found(log: list[Occurrence]) -> list[str]:
    return [f"{each.kind} {each.shape}" for each in recurring(log, NOW, BERLIN)]


def test_deploys_fridays_at_15_00() -> None:
    (habit,) = recurring(acts("deploy", Shape("weekly", (5,)), 900, spread=4), NOW, BERLIN)
    assert str(habit.shape) == "on Fridays"
    assert abs(habit.minute - 900) <= 3
    assert habit.support == 15
    assert habit.confidence > 0.9
    (_, at), *_ = occasions(habit, NOW, BERLIN)
    assert at.astimezone(BERLIN).date() == NOW.date()


@pytest.mark.parametrize(
    ("shape", "called"),
    [
        (Shape("weekly"), "every day"),
        (Shape("weekly", (1, 2, 3, 4, 5)), "on weekdays"),
        (Shape("weekly", (1, 4)), "on Mondays and Thursdays"),
        (Shape("fortnightly", (2,), 1), "every second Tuesday"),
        (Shape("monthly", (1,), 1), "on the first Monday of the month"),
        (Shape("monthly", (5,), -1), "on the last Friday of the month"),
        (Shape("monthly", day=15), "on day 15 of the month"),
    ],
)
def test_every_shape_is_found_and_called_by_its_name(shape: Shape, called: str) -> None:
    assert found(acts("email", shape, 540, weeks=26)) == [f"email {called}"]


def test_a_habit_that_drifts_or_is_left_out_on_holidays_is_followed() -> None:
    (habit,) = recurring(acts("deploy", Shape("weekly", (5,)), 900, drift=-6), NOW, BERLIN)
    assert 865 <= habit.minute <= 900
    away = {NOW.date() - timedelta(days=n) for n in (*range(1, 15), 42)}
    log = acts("deploy", Shape("weekly", (5,)), 900, without=away)
    log += acts("email", Shape("weekly", (1, 2, 3, 4, 5)), 600, without=away, spread=90)
    assert "deploy on Fridays" in found(log)


def test_one_that_ended_or_is_too_young_is_none() -> None:
    busy = acts("email", Shape("weekly", (2,)), 600)
    assert found(busy + acts("deploy", Shape("weekly", (5,)), 900, until=15)) == [
        "email on Tuesdays"
    ]
    assert found(busy + acts("deploy", Shape("weekly", (5,)), 900, weeks=4)) == [
        "email on Tuesdays"
    ]
    assert recurring(acts("email", Shape("weekly"), 600), NOW + timedelta(days=30), UTC) == []


def test_chance_makes_no_habit() -> None:
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(40):
        log = [
            Occurrence("email", NOW - timedelta(days=int(d), minutes=int(m)))
            for d, m in zip(rng.integers(1, 120, 80), rng.integers(0, 600, 80), strict=True)
        ]
        false += len(recurring(log, NOW, BERLIN))
    assert false <= 1


def test_the_time_that_a_day_does_not_have_is_none_of_its_occasions() -> None:
    habit = Recurring("x", Shape("weekly", (0,)), 150, 9, 1, 1)
    spring = [day for day, _ in occasions(habit, datetime(2026, 3, 26, tzinfo=UTC), BERLIN)]
    assert date(2026, 3, 29) not in spring
    assert date(2026, 4, 5) in spring
    autumn = [d for d, _ in occasions(habit, datetime(2026, 10, 22, tzinfo=UTC), BERLIN, 6)]
    assert autumn == [date(2026, 10, 25)]
