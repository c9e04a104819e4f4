from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.confidence import (
    ASK,
    FADE,
    SUGGEST,
    confidence,
    of_evidence,
    of_lesson,
    of_trials,
    permits,
)

number = st.floats(-1e6, 1e6)


def of(uses: int = 0, success: float = 0.0, days: float = 30.0, variance: float = 1.0) -> float:
    return confidence(
        times_used=uses, success_rate=success, days_since_used=days, variance=variance
    )


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, 0.0),
        ({"uses": 10}, 0.3),
        ({"uses": 5}, 0.15),
        ({"success": 1.0}, 0.4),
        ({"days": 0}, 0.2),
        ({"days": 15}, 0.1),
        ({"variance": 0}, 0.1),
        ({"uses": 10, "success": 1.0, "days": 0, "variance": 0}, 1.0),
        ({"uses": 1_000}, 0.3),
        ({"days": -400}, 0.2),
        ({"days": 400}, 0.0),
        ({"success": 7.0}, 0.4),
        ({"variance": -3.0}, 0.1),
        ({"success": math.nan, "days": math.nan, "variance": math.nan}, 0.0),
        ({"success": math.inf}, 0.4),
        ({"days": -math.inf}, 0.2),
        ({"days": math.inf}, 0.0),
    ],
)
def test_each_term_has_its_weight_and_no_more(terms: dict[str, float], expected: float) -> None:
    assert of(**terms) == pytest.approx(expected)  # type: ignore[arg-type]


@given(st.integers(-100, 10**9), number, number, number)
def test_it_stays_between_0_and_1(uses: int, success: float, days: float, variance: float) -> None:
    assert 0.0 <= of(uses, success, days, variance) <= 1.0 + 1e-12


@given(st.integers(0, 20), st.integers(0, 20), number, number)
def test_more_uses_never_hurt(few: int, more: int, success: float, days: float) -> None:
    few, more = sorted((few, more))
    assert of(few, success, days) <= of(more, success, days)


@pytest.mark.parametrize(
    ("value", "may"),
    [
        (1.0, "suggest"),
        (SUGGEST, "suggest"),
        (0.699, "ask"),
        (ASK, "ask"),
        (0.399, "silent"),
        (FADE, "silent"),
        (0.199, "fade"),
        (0.0, "fade"),
    ],
)
def test_what_a_confidence_permits(value: float, may: str) -> None:
    assert permits(value) == may


def test_a_clear_dislike_teaches_as_much_as_a_clear_like() -> None:
    assert of_lesson(0.0, 3) == of_lesson(1.0, 3) > of_lesson(0.5, 3)
    assert of_lesson(None, 0) == of_lesson(1.0, 1)


def test_trials_that_went_well_raise_confidence_and_others_lower_it() -> None:
    untried = of_trials(2, 0, 0, 0.0)
    assert of_trials(2, 3, 0, 0.0) > untried > of_trials(2, 0, 3, 0.0)
    assert of_trials(2, 3, 0, 0.0) > of_trials(2, 3, 0, 29.0)


def evidence(
    observed: int = 1,
    belief: float = 1.0,
    used: int = 0,
    good: int = 0,
    bad: int = 0,
    days: float = 0,
) -> float:
    return of_evidence(
        times_observed=observed,
        belief=belief,
        times_used=used,
        successes=good,
        failures=bad,
        days_since_seen=days,
    )


def test_what_was_seen_once_and_is_believed_is_as_sure_as_a_lesson() -> None:
    assert evidence() == pytest.approx(of_lesson(1.0, 1))
    assert evidence(belief=0.6) < evidence(belief=0.9) < evidence()


def test_trials_move_evidence_up_and_down() -> None:
    untried = evidence(belief=0.8)
    assert evidence(belief=0.8, used=2, good=2) > untried > evidence(belief=0.8, used=2, bad=2)


def test_nothing_known_is_nothing_sure() -> None:
    assert evidence(observed=0) == pytest.approx(0.4 * 0.5 + 0.2)


def test_after_thirty_days_uses_and_success_halve_every_ninety() -> None:
    terms = 0.03 + 0.4
    assert evidence(days=30) == pytest.approx(terms + 0.1)
    assert evidence(days=120) == pytest.approx(terms / 2 + 0.1)
    assert evidence(days=210) == pytest.approx(terms / 4 + 0.1)
    assert permits(evidence(days=500)) == "fade"


@given(
    st.integers(-5, 10**9), st.floats(), st.integers(-5, 10**9), st.integers(-5, 10**9), st.floats()
)
def test_evidence_stays_between_0_and_1(
    observed: int, belief: float, good: int, bad: int, days: float
) -> None:
    assert 0.0 <= evidence(observed, belief, good + bad, good, bad, days) <= 1.0
