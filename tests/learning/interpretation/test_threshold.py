"""From which confidence a reading is taken, and that learning it pays."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.interpretation.contract import Asked, Reading
from learning.interpretation.threshold import (
    HIGHEST,
    LOWEST,
    NEEDLESS,
    START,
    WRONG,
    decide,
    threshold,
)
from tests.learning.interpretation.support import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from learning.interpretation.contract import AskedOutcome

    Person = Callable[[float, int, random.Random], bool]


def asked(
    outcome: AskedOutcome | None, confidence: float = 0.75, *, days_ago: float = 0.0
) -> Asked:
    return Asked(confidence, "asked", outcome, NOW - timedelta(days=days_ago))


def reading(confidence: float, number: int = 1) -> Reading:
    return Reading(f"h{number}", f"build thing {number}", confidence)


def test_before_anything_is_known_the_first_examples_are_asked_about() -> None:
    fresh = threshold([], NOW)
    assert fresh.at == pytest.approx(START)
    assert fresh.outcomes == 0
    assert decide([reading(0.75), reading(0.68, 2)], fresh) == "ask"
    assert decide([reading(0.84), reading(0.78, 2)], fresh) == "ask"
    assert decide([reading(0.90), reading(0.82, 2)], fresh) == "take"


def test_at_the_threshold_asking_and_taking_cost_the_same() -> None:
    learned = threshold([asked("first"), asked("another", 0.6), asked("first", 0.9)], NOW)
    assert learned.cost_of_asking(learned.at) == pytest.approx(learned.cost_of_taking(learned.at))
    assert learned.cost_of_taking(learned.at + 0.02) < learned.cost_of_asking(learned.at + 0.02)
    assert learned.outcomes == 3


def test_a_person_who_means_the_first_is_soon_taken_at_their_word() -> None:
    history = [asked("first", days_ago=n) for n in range(8)]
    assert threshold(history, NOW).at < 0.75


@pytest.mark.parametrize("outcome", ["another", "typed"])
def test_a_person_who_means_something_else_is_asked_more(outcome: AskedOutcome) -> None:
    history = [asked(outcome, 0.9, days_ago=n) for n in range(4)]
    assert threshold(history, NOW).at > START


def test_a_question_that_was_left_unanswered_says_nothing() -> None:
    assert threshold([asked(None), asked(None)], NOW) == threshold([], NOW)


def test_silence_on_a_reading_taken_says_first_but_less_than_saying_it() -> None:
    silent = [Asked(0.86, "advanced", None, NOW)] * 5
    said = [Asked(0.86, "advanced", "first", NOW)] * 5
    assert threshold(said, NOW).at < threshold(silent, NOW).at < START


def test_old_outcomes_are_forgotten() -> None:
    then = [asked("another", 0.9, days_ago=720 + n) for n in range(10)]
    lately = [asked("another", 0.9, days_ago=n) for n in range(10)]
    assert threshold(then, NOW).at < threshold(lately, NOW).at
    assert threshold(then, NOW).at == pytest.approx(START, abs=0.01)


def test_a_hundred_older_outcomes_do_not_drown_fifteen_newer_ones() -> None:
    liked = [asked("first", days_ago=0.2)] * 100
    left = [asked("another", days_ago=0.1)] * 15
    assert threshold(liked, NOW).at < 0.75 < threshold(liked + left, NOW).at


def test_the_order_of_the_history_does_not_matter() -> None:
    history = [asked("first", 0.6, days_ago=3), asked("another", 0.9), asked("typed", 0.7)]
    assert threshold(history, NOW) == threshold(history[::-1], NOW)


def test_dearer_mistakes_raise_the_threshold() -> None:
    assert threshold([], NOW, wrong=9).at > START > threshold([], NOW, wrong=2).at


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_cost_is_refused(cost: float) -> None:
    with pytest.raises(ValueError, match="costs are positive"):
        threshold([], NOW, wrong=cost)


def test_where_there_is_nothing_to_choose_nobody_is_asked() -> None:
    fresh = threshold([], NOW)
    assert decide([], fresh) == "leave"
    assert decide([reading(0.6)], fresh) == "leave"
    assert decide([reading(0.95)], fresh) == "take"


_OUTCOMES = st.builds(
    Asked,
    confidence=st.floats(allow_nan=True),
    mode=st.sampled_from(["asked", "advanced"]),
    outcome=st.sampled_from(["first", "another", "typed", None]),
    at=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - made aware
        lambda d: d.replace(tzinfo=NOW.tzinfo)
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_OUTCOMES, max_size=40))
def test_the_threshold_stays_within_its_bounds_whatever_happened(history: list[Asked]) -> None:
    learned = threshold(history, NOW)
    assert LOWEST <= learned.at <= HIGHEST
    assert 0.0 <= learned.right(0.7) <= learned.right(0.9) <= 1.0


# A simulation: 200 requests of each of three kinds of people, three a day.


def always_first(confidence: float, at: int, rng: random.Random) -> bool:
    del confidence, at, rng
    return True


def often_another(confidence: float, at: int, rng: random.Random) -> bool:
    del at
    return rng.random() < confidence - 0.35


def drifting(confidence: float, at: int, rng: random.Random) -> bool:
    return rng.random() < (0.98 if at < 100 else confidence - 0.35)


@dataclass(frozen=True)
class Played:
    cost: float
    asked_at: list[int]


def play(person: Person, seed: int, fixed: float | None = None) -> Played:
    """Return what 200 requests cost with a fixed threshold or the learned one.

    Three in ten wrong guesses are never objected to: the policy does not hear of them.
    """
    rng = random.Random(seed)
    history: list[Asked] = []
    cost, asked_at = 0.0, []
    for n in range(200):
        now = NOW + timedelta(hours=8 * n)
        confidence = rng.uniform(0.55, 0.95)
        right, heard = person(confidence, n, rng), rng.random() > 0.3
        told = Asked(confidence, "advanced", None, now)
        if confidence >= (fixed if fixed is not None else threshold(history, now).at):
            cost += 0.0 if right else WRONG
            history.append(told if right or not heard else replace(told, outcome="another"))
        else:
            asked_at.append(n)
            cost += NEEDLESS if right else 0.0
            history.append(replace(told, mode="asked", outcome="first" if right else "another"))
    return Played(cost, asked_at)


@pytest.mark.parametrize("person", [always_first, often_another, drifting])
def test_the_learned_threshold_costs_less_than_any_fixed_one(person: Person) -> None:
    seeds = range(4)
    learned = sum(play(person, seed).cost for seed in seeds)
    for fixed in (0.6, 0.75, 0.9):
        assert learned < sum(play(person, seed, fixed).cost for seed in seeds), fixed


@pytest.mark.parametrize("seed", range(4))
def test_a_person_who_always_means_the_first_is_not_asked_for_ever(seed: int) -> None:
    played = play(always_first, seed)
    assert len(played.asked_at) <= 12
    assert max(played.asked_at, default=0) < 30


def test_after_a_drift_the_person_is_asked_again() -> None:
    played = play(drifting, 1)
    before = sum(60 <= n < 100 for n in played.asked_at)
    after = sum(160 <= n < 200 for n in played.asked_at)
    assert before <= 2
    assert after >= 30
