from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from learning.habits.insights import Deed, best_day, insights, peaks

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TUESDAY_10 = 58


def weekly(kind: str, slot: int, success: float | None, times: int = 6) -> list[Deed]:
    """Return the same in each of the last weeks."""
    return [
        Deed(kind, slot, NOW - timedelta(weeks=n, days=1), success and success - 0.02 * (n % 2))
        for n in range(times)
    ]


def scored(slot: int, value: float) -> np.ndarray:
    week = np.full(168, 0.5)
    week[slot] = value
    return week


def test_who_excels_on_tuesdays_at_ten_is_told_so() -> None:
    log = weekly("deep coding", TUESDAY_10, 0.9)
    (draft,) = insights({"deep coding": scored(TUESDAY_10, 0.85)}, log, NOW)
    assert draft.text == "excels at deep coding on Tuesdays at 10:00"
    assert (draft.kind, draft.origin, draft.slot) == (
        "insight",
        "inferred",
        "week: excels at deep coding",
    )


def test_nothing_is_told_of_a_low_score_of_too_little_or_of_long_ago() -> None:
    log = weekly("deep coding", TUESDAY_10, 0.9)
    assert insights({"deep coding": scored(TUESDAY_10, 0.8)}, log, NOW) == ()
    assert insights({"deep coding": scored(TUESDAY_10, 0.9)}, log[:4], NOW) == ()
    assert insights({"deep coding": scored(TUESDAY_10, 0.9)}, log, NOW.replace(year=2027)) == ()
    bad = weekly("deep coding", TUESDAY_10, 0.3)
    assert insights({"deep coding": scored(TUESDAY_10, 0.9)}, bad, NOW) == ()


def test_the_friday_crash_is_told_with_its_numbers() -> None:
    log = weekly("coding", 24 + 10, 0.91, 8) + weekly("coding", 5 * 24 + 15, 0.51, 8)
    (draft,) = insights({}, log, NOW)
    assert draft.text == "Fridays go 44% below Mondays: 50% success in 8 against 90% in 8"
    mild = weekly("coding", 24 + 10, 0.91, 8) + weekly("coding", 5 * 24 + 15, 0.61, 8)
    assert insights({}, mild, NOW) == ()
    few = weekly("coding", 24 + 10, 0.91, 3) + weekly("coding", 5 * 24 + 15, 0.1, 3)
    assert insights({}, few, NOW) == ()


def test_what_holds_for_all_kinds_of_work_is_told_once() -> None:
    log = [
        *weekly("coding", 24 + 9, 0.95, 8),
        *weekly("writing", 48 + 9, 0.95, 8),
        *weekly("coding", 48 + 15, 0.6, 8),
        *weekly("writing", 24 + 15, 0.6, 8),
    ]
    (draft,) = insights({}, log, NOW)
    assert draft.text.startswith("whatever the work, mornings go better than afternoons: 94%")
    tired = [Deed("meetings", 30, NOW, None, 0.2)] * 5 + [Deed("coding", 30, NOW, None, 0.8)] * 5
    (draft,) = insights({}, tired, NOW)
    assert draft.text == "meetings leaves less energy than other work: 20% in 5 against 80% in 5"


def test_peaks_are_slots_where_something_was_done() -> None:
    log = weekly("a", TUESDAY_10, 1.0, 2) + weekly("a", 30, 0.5, 1)
    assert peaks(np.linspace(0, 1, 168), log) == (TUESDAY_10, 30)
    assert best_day(log) == "Tuesday"
    assert best_day([]) == ""
