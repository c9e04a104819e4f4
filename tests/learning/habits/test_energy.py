"""Energy: neutral where nobody rated it, and what was rated reaches to what is near."""

from __future__ import annotations

import pytest

from learning.habits.energy import decode, encode, energy, rated, unrated

TUESDAY_10, FRIDAY_15 = 58, 135


def test_energy_is_neutral_until_it_is_rated() -> None:
    assert energy(unrated()) == pytest.approx(0.5)


def test_the_morning_lovers_mornings_are_high_and_their_friday_crashes() -> None:
    ratings = unrated()
    for _ in range(8):
        ratings = rated(rated(ratings, TUESDAY_10, 0.95), FRIDAY_15, 0.1)
    week = energy(ratings)
    assert week[TUESDAY_10] > 0.7
    assert week[FRIDAY_15] < 0.3
    # Mornings of other days follow, less; the middle of the night stays as it was.
    assert week[TUESDAY_10] > week[24 * 5 + 10] > 0.55
    assert week[TUESDAY_10 + 1] > 0.55
    assert week[24 * 3 + 3] == pytest.approx(0.5, abs=0.01)


def test_a_rating_out_of_range_counts_as_the_nearest_and_rubbish_as_none() -> None:
    high = rated(unrated(), TUESDAY_10, 50.0)
    assert high.count == 1
    assert energy(high) == pytest.approx(energy(rated(unrated(), TUESDAY_10, 1.0)))
    assert energy(high).max() <= 1.0
    assert energy(decode(encode(high))) == pytest.approx(energy(high))
    for rubbish in ([], [1, 2], ["", 0]):
        assert energy(decode(rubbish)) == pytest.approx(0.5)
