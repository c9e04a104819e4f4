from __future__ import annotations

import numpy as np

from learning.habits.similar import blended, shared

RNG = np.random.default_rng(7)
OWN = np.full(168, 0.5)
OWN[[33, 34, 58]] = 0.9


def alike(n: int, own_slot: int | None = None) -> list[np.ndarray]:
    """Return weeks of people who do the same as we; one of them something else too."""
    weeks = []
    for number in range(n):
        week = np.full(168, np.nan)
        week[[33, 34, 58]] = 0.8 + 0.02 * number
        week[[90, 91]] = 0.3
        if number == 0 and own_slot is not None:
            week[own_slot] = 1.0
        weeks.append(week)
    return weeks


def test_of_fewer_than_five_people_nothing_is_passed_on() -> None:
    assert shared(OWN, alike(4)) is None
    assert shared(OWN, alike(5)) is not None


def test_an_hour_of_one_person_alone_cannot_be_told_from_the_sum() -> None:
    with_ = shared(OWN, alike(6, own_slot=3))
    without = shared(OWN, alike(6))
    assert with_ is not None
    assert np.isnan(with_[3])
    np.testing.assert_array_equal(with_, without)
    np.testing.assert_allclose(with_[58], 0.8, atol=0.1)


def test_people_who_differ_are_left_out_and_what_is_alike_counts_one_part_in_ten() -> None:
    others = [np.where(np.isnan(week), np.nan, 1 - week) for week in alike(9)]
    assert shared(OWN, others) is None
    signal = shared(OWN, alike(5))
    assert signal is not None
    week = blended(OWN, signal)
    assert week[90] == 0.5 * 0.9 + signal[90] * 0.1
    assert week[0] == 0.5
    assert blended(OWN, None) is OWN
