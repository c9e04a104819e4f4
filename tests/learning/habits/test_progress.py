from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from learning.habits.insights import Deed
from learning.habits.progress import Spent, counted, maturity, progress, trend

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_week_ripens_from_bootstrap_to_forming_to_mature() -> None:
    assert [maturity(n) for n in (0, 9, 10, 39, 40)] == [
        "bootstrap",
        "bootstrap",
        "forming",
        "forming",
        "mature",
    ]


def test_progress_tells_of_all_together_and_of_each_kind() -> None:
    log = [Deed("coding", 58, NOW - timedelta(days=7 * n), 0.9) for n in range(9)]
    log += [Deed("writing", 30, NOW - timedelta(days=3), None)]
    score = np.linspace(0, 1, 168)
    every, coding, writing = progress({"": score, "coding": score}, log, NOW)
    assert (every.kind, every.completions, every.maturity) == ("", 10, "forming")
    assert (coding.peaks, coding.best_day) == ((58,), "Tuesday")
    assert coding.success == pytest.approx(0.9)
    assert (writing.peaks, writing.success, writing.trend) == ((30,), None, "steady")
    assert counted(log)[58] == 9
    assert progress({}, [], NOW)[0].completions == 0


@pytest.mark.parametrize(
    ("late", "early", "way"), [(8, 4, "up"), (4, 8, "down"), (5, 5, "steady"), (3, 1, "steady")]
)
def test_a_trend_compares_the_last_four_weeks_with_the_four_before(
    late: int, early: int, way: str
) -> None:
    times = [NOW - timedelta(days=n) for n in range(late)]
    times += [NOW - timedelta(days=50 + 0.1 * n) for n in range(early)]
    assert trend(times, NOW) == way


def test_what_was_saved_is_counted_against_a_call_for_each_schedule() -> None:
    spent = Spent(schedules=20, calls=4, cost_usd=0.08)
    assert (spent.saved, spent.share) == (16, 0.8)
    assert Spent().share == 0.0
    assert Spent(schedules=1, calls=3).saved == 0
