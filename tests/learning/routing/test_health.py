from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integrations.contracts.model import FailureKind
from learning.routing.breaker import TRIPPED_BY
from learning.routing.cost_model import UNPRICED_USD, Cost
from learning.routing.health import AVAILABILITY, FOR_GOOD, LENGTH, TASK, Attempt, Health
from learning.task_types import TASK_TYPES

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OK = Attempt("ok", 1500.0, 400.0, 0.002, "code", 900)
DOWN = replace(OK, outcome="unavailable", first_piece_ms=None, cost_usd=None)
CUT = replace(DOWN, outcome="timeout")
SKIPPED_FROM = 0.5
"""Where the plan begins to pass a model over."""

outcomes = ["ok", "cancelled", "something new", *get_args(FailureKind)]
odd = st.one_of(
    st.floats(), st.floats(0, 1e5), st.sampled_from([0.0, -1.0, math.nan, math.inf, 1e300])
)
attempts = st.builds(
    Attempt,
    st.sampled_from(outcomes),
    odd,
    st.none() | odd,
    st.none() | odd,
    st.sampled_from([*TASK_TYPES, "juggling", ""]),
    st.integers(-1, 10**7),
    st.none() | odd,
    st.integers(-1, 10**6),
)
moves = st.sampled_from([0, 1, 60, 3600, 86_400, 10**8, -1, -3600, -(10**8)])
stories = st.lists(st.tuples(attempts, moves), max_size=12)


def after(health: Health, *tried: Attempt, at: datetime = NOW) -> Health:
    for attempt in tried:
        health = health.after(attempt, at)
    return health


def told(story: list[tuple[Attempt, int]]) -> tuple[Health, datetime]:
    health, at = Health(), NOW
    for attempt, seconds in story:
        at += timedelta(seconds=seconds)
        health = health.after(attempt, at)
    return health, at


def failing(health: Health, *, at: datetime = NOW, task: str = "code", length: int = 900) -> float:
    return health.failure_probability(task, length, at)


def later(**times: float) -> datetime:
    return NOW + timedelta(**times)


def test_every_kind_of_failure_says_something_about_one_thing_at_most() -> None:
    silent = {"over_budget"}
    assert AVAILABILITY | TASK | LENGTH | silent == set(get_args(FailureKind))
    assert not AVAILABILITY & (TASK | LENGTH)
    assert not TASK & LENGTH
    assert FOR_GOOD < AVAILABILITY


@pytest.mark.parametrize("outcome", ["cancelled", "over_budget", "something new"])
def test_what_says_nothing_about_the_model_changes_no_probability(outcome: str) -> None:
    before = after(Health(), OK, DOWN)
    silent = replace(OK, outcome=outcome, cost_usd=9.0)
    assert failing(after(before, *[silent] * 50)) == failing(before)
    assert after(before, silent).costs == before.costs


def test_a_model_that_nobody_has_tried_fails_seldom() -> None:
    assert 0.01 < failing(Health()) < 0.1
    assert Health().allows(NOW)


@settings(max_examples=60)
@given(stories, st.integers(-1, 10**9), st.integers(-1, 10**6))
def test_whatever_happened_everything_stays_a_number_within_bounds(
    story: list[tuple[Attempt, int]], length: int, load: int
) -> None:
    health, at = told(story)
    for moment in (at, at - timedelta(days=900), at + timedelta(days=900)):
        for task in (*TASK_TYPES, "juggling"):
            assert 0.0 <= health.failure_probability(task, length, moment, load) <= 1.0
    assert 2.0 <= health.patience_s(60.0) <= 60.0
    assert health.patience_s(1.0) == 1.0
    for task in TASK_TYPES:
        assert 0.0 < health.expected_latency_s(task) <= 3600.0
        for prior in (None, 0.0, 0.01, math.nan, -1.0):
            cost = health.expected_cost(task, prior)
            assert 0.0 <= cost.mean <= cost.high < math.inf


@settings(max_examples=40)
@given(stories)
def test_it_is_the_same_after_it_was_saved_as_json(story: list[tuple[Attempt, int]]) -> None:
    health, at = told(story)
    text = json.dumps(health.as_data(), allow_nan=False)
    again = Health.from_data(json.loads(text))
    assert again.as_data() == health.as_data()
    assert again.after(OK, at) == health.after(OK, at)


junk: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, "x", math.nan, math.inf, -1.0, 1e300, 10**400, [], [1e9] * 3, [1.0, math.nan], {}]
)
nested = st.one_of(
    junk,
    st.dictionaries(st.sampled_from([*TASK_TYPES, "paid", "free", "opened_at", "rest_s"]), junk),
    st.lists(junk, min_size=5, max_size=5),
    st.sampled_from([[1e300] * 30, [-1.0] * 30, {"paid": {"code": [1.0, 1e9, 1e9]}}]),
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*Health().as_data(), "more"]), nested))
def test_what_cannot_be_read_is_as_if_never_seen(stored: dict[str, Any]) -> None:
    health = Health.from_data(stored)
    assert 0.0 <= failing(health) <= 1.0
    assert 0.0 <= failing(health.after(DOWN, NOW)) <= 1.0
    assert math.isfinite(health.expected_cost("code", None).high)
    assert math.isfinite(health.expected_latency_s("code"))
    json.dumps(health.after(OK, NOW).as_data(), allow_nan=False)


def test_values_at_the_bounds_and_full_counts_are_read_back_digit_for_digit() -> None:
    health, at = Health(), NOW
    shortest = replace(OK, latency_ms=0.0, cost_usd=1e-12)
    for attempt in [shortest, replace(shortest, latency_ms=1e9, cost_usd=1e9)] * 70:
        at += timedelta(seconds=61)
        health = health.after(attempt, at)
        assert Health.from_data(health.as_data()) == health


def test_nothing_stored_is_a_fresh_model() -> None:
    assert Health.from_data({}) == Health()
    assert Health.from_data({"recent": [math.nan, 1.0], "first": [1.0]}) == Health()
    assert Health.from_data({"seen_at": 10**400, "carried": -(10**400)}) == Health()


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([OK, DOWN, CUT]), max_size=12),
    st.integers(0, 12),
    st.sampled_from(["unavailable", "declined", "too_long"]),
)
def test_one_more_failure_never_makes_a_failure_less_probable(
    tried: list[Attempt], place: int, outcome: str
) -> None:
    bad = replace(OK, outcome=outcome, first_piece_ms=None)
    place = min(place, len(tried))
    stories = [*tried[:place], OK, *tried[place:]], [*tried[:place], bad, *tried[place:]]
    better, worse = Health(), Health()
    for fine, failed in zip(*stories, strict=True):
        better, worse = after(better, fine), after(worse, failed)
        # While a breaker is open failing is near certain; what tripped it is then forgotten.
        assume(better.state(NOW) == worse.state(NOW) == "closed")
    assert failing(worse) > failing(better)


def test_recent_errors_are_forgotten_within_the_hour() -> None:
    flaky = after(Health(), *[OK, DOWN] * 20)
    assert failing(flaky) > 0.3
    assert failing(flaky, at=later(hours=1)) < failing(flaky) / 1.5
    assert failing(flaky, at=later(days=9)) == pytest.approx(failing(Health()), abs=0.02)


def test_a_clock_that_goes_backwards_is_no_time_passed() -> None:
    health = after(Health(), OK, DOWN, OK)
    assert failing(health, at=later(days=-400)) == failing(health)
    set_back = health.after(OK, later(days=-400))
    assert set_back.recent.mass == pytest.approx(4.0)
    # And the wrong time is not kept: what follows is measured from the clock as it is now.
    assert set_back.after(OK, later(days=-400, minutes=5)).recent.mass == pytest.approx(3.0)


def test_a_breaker_of_the_future_does_not_rest_until_then() -> None:
    health = after(Health(), DOWN, DOWN, DOWN, at=later(days=400))
    assert health.allows(NOW)


def test_what_a_model_cannot_do_is_not_held_against_what_it_can() -> None:
    declined = replace(OK, outcome="declined", task_type="general")
    solver = after(Health(), *[declined] * 30, *[replace(OK, task_type="maths")] * 5)
    assert failing(solver, task="general") >= SKIPPED_FROM
    assert failing(solver, task="maths") < 0.2
    assert failing(solver, task="code") < SKIPPED_FROM, "never tried, so it has to be"
    assert solver.allows(NOW), "it was reached each time"


def test_a_prompt_that_was_too_long_says_so_of_longer_ones_only() -> None:
    long = replace(OK, outcome="too_long", length=40_000)
    health = after(Health(), *[long] * 12)
    assert failing(health, length=50_000) >= SKIPPED_FROM
    assert failing(health, length=500_000) >= SKIPPED_FROM
    assert failing(health, length=1_000) == pytest.approx(failing(Health()), abs=0.02)
    longer = after(health, *[replace(OK, length=200_000)] * 30)
    shorter = after(health, *[replace(OK, length=1_000)] * 30)
    assert failing(longer, length=50_000) < failing(shorter, length=50_000) - 0.1


def test_more_at_once_than_it_ever_bore_is_a_risk() -> None:
    def under(load: int, health: Health) -> float:
        return health.failure_probability("code", 900, NOW, load)

    fresh = Health()
    assert under(1, fresh) == under(0, fresh)
    assert under(0, fresh) < under(10, fresh) < under(100, fresh) < SKIPPED_FROM
    proven = after(fresh, replace(OK, load=50))
    assert under(40, proven) == under(0, proven)
    assert under(10, after(fresh, replace(DOWN, load=50))) > under(0, after(fresh, DOWN))


def test_failures_in_a_row_open_the_breaker_until_it_has_rested() -> None:
    health = after(Health(), *[OK] * 30, *[DOWN] * (TRIPPED_BY - 1))
    assert health.state(NOW) == "closed"
    assert after(health, OK, DOWN).state(NOW) == "closed", "no longer in a row"
    health = after(health, DOWN)
    assert health.state(NOW) == "open"
    assert not health.allows(NOW)
    assert failing(health) > 0.9
    half = later(seconds=16)
    assert health.state(half) == "half_open"
    assert health.allows(half)
    assert not health.allows(half, load=1), "one probe at a time"
    assert health.after(OK, half).state(half) == "closed"


def test_a_model_that_has_rested_is_likely_enough_to_work_to_be_tried() -> None:
    outage = after(Health(), *[DOWN] * 60)
    assert outage.state(NOW) == "open"
    rested = NOW + timedelta(seconds=outage.breaker.rest_s)
    assert outage.allows(rested)
    assert failing(outage, at=rested) < SKIPPED_FROM
    worked = after(outage, *[OK] * 5, at=rested)
    assert failing(worked, at=rested) < failing(outage, at=rested)


def test_each_probe_that_fails_doubles_the_rest_up_to_a_limit() -> None:
    health, at, rests = after(Health(), *[DOWN] * TRIPPED_BY), NOW, []
    for _ in range(12):
        rests.append(health.breaker.rest_s)
        at += timedelta(seconds=health.breaker.rest_s)
        assert health.state(at) == "half_open"
        assert failing(health, at=at) < SKIPPED_FROM
        health = health.after(DOWN, at)
        assert health.state(at) == "open"
    assert rests[:4] == [15.0, 30.0, 60.0, 120.0]
    assert rests[-1] == rests[-2] == 600.0
    assert health.after(OK, at + timedelta(hours=1)).after(DOWN, at).breaker.trips == 0


def test_failures_that_were_under_way_when_it_opened_do_not_prolong_the_rest() -> None:
    opened = after(Health(), *[DOWN] * TRIPPED_BY)
    assert after(opened, *[DOWN] * 30).breaker.rest_s == opened.breaker.rest_s


@pytest.mark.parametrize("outcome", sorted(FOR_GOOD))
def test_what_only_a_person_can_mend_rests_at_once_and_longer(outcome: str) -> None:
    health = after(Health(), *[OK] * 30, replace(DOWN, outcome=outcome))
    assert not health.allows(later(minutes=4))
    assert health.allows(later(minutes=5))


def test_a_provider_that_says_how_long_to_wait_is_believed() -> None:
    asked = replace(DOWN, outcome="rate_limited", retry_after_s=90.0)
    health = after(Health(), OK, asked)
    assert not health.allows(later(seconds=89))
    assert health.allows(later(seconds=90))
    assert after(Health(), replace(asked, retry_after_s=2.0)).allows(later(seconds=2))
    for wrong in (math.nan, -5.0, None, 0.0):
        assert after(Health(), replace(asked, retry_after_s=wrong)).allows(NOW)
    for_ever = after(Health(), replace(asked, retry_after_s=1e12))
    assert for_ever.allows(later(hours=1))


def test_patience_is_the_ceiling_until_enough_was_seen_and_then_is_learned() -> None:
    health = after(Health(), *[OK] * 19)
    assert health.patience_s(60.0) == 60.0
    quick = after(health, OK)
    assert quick.patience_s(60.0) == 2.0, "twice 0.4 s would be too little for any model"
    slow = after(Health(), *[replace(OK, first_piece_ms=6000.0)] * 40)
    assert 10.0 < slow.patience_s(60.0) < 20.0
    assert slow.patience_s(8.0) == 8.0


def test_nine_in_ten_answers_are_waited_for_whatever_the_model_is_like() -> None:
    rng = random.Random(5)
    for usual, spread in ((0.3, 0.3), (3.0, 0.5), (8.0, 0.8)):
        waits = [usual * math.exp(rng.gauss(0.0, spread)) for _ in range(300)]
        health = after(Health(), *[replace(OK, first_piece_ms=1e3 * wait) for wait in waits])
        patience = health.patience_s(120.0)
        assert sum(wait <= patience for wait in waits) / len(waits) > 0.97
        assert patience < max(2.0, usual * 15), "and no longer than that takes"


def test_patience_recovers_when_a_model_has_become_slower_than_it() -> None:
    health = after(Health(), *[replace(OK, first_piece_ms=1000.0)] * 100)
    first_patience = health.patience_s(60.0)
    assert first_patience < 4.0
    waits, at = [], NOW
    for _ in range(60):
        # From now on the first piece takes ten seconds, and is cut off when patience ends.
        patience = health.patience_s(60.0)
        waits.append(patience)
        at += timedelta(minutes=20)
        took = min(patience, 10.0)
        outcome = OK if took < patience else CUT
        first = 1e3 * took if outcome is OK else None
        health = health.after(replace(outcome, latency_ms=1e3 * took, first_piece_ms=first), at)
    assert min(waits) >= first_patience - 0.5, "its own time-outs never shorten it"
    assert waits[-1] > 10.0
    assert health.patience_s(60.0) > 10.0, "and it stays long enough"


def test_an_answer_that_was_cut_off_counts_as_later_than_the_wait() -> None:
    cut = after(Health(), *[replace(CUT, latency_ms=4000.0)] * 30)
    assert (cut.first.quantile(0.0) or 0.0) > 4.0
    assert (cut.total.quantile(0.0) or 0.0) > 4.0
    between = after(Health(), *[replace(CUT, latency_ms=9000.0, first_piece_ms=300.0)] * 30)
    assert (between.first.quantile(1.0) or 9.0) < 0.5, "the first piece came"


def test_time_outs_alone_never_shorten_patience() -> None:
    health, waits = after(Health(), *[replace(OK, first_piece_ms=3000.0)] * 30), []
    for _ in range(300):
        waits.append(health.patience_s(60.0))
        health = after(health, replace(CUT, latency_ms=1e3 * waits[-1]))
    assert waits == sorted(waits)
    assert waits[-1] == 60.0


def test_the_quantiles_are_those_of_what_was_seen() -> None:
    assert Health().total.quantile(0.5) is None
    health = after(Health(), *[replace(OK, latency_ms=100.0 * n) for n in range(1, 91)])
    for q, seconds in ((0.1, 0.9), (0.5, 4.5), (0.9, 8.1)):
        assert health.total.quantile(q) == pytest.approx(seconds, rel=0.2)
    quantiles = [health.total.quantile(q / 20) or 0.0 for q in range(21)]
    assert quantiles == sorted(quantiles)


def test_an_answer_takes_as_long_as_answers_to_such_tasks_took() -> None:
    assert Health().expected_latency_s("code") == pytest.approx(5.0)
    quick, slow = replace(OK, latency_ms=500.0), replace(OK, latency_ms=20_000.0, task_type="maths")
    health = after(Health(), *[quick, slow] * 40)
    assert health.expected_latency_s("code") < 1.0
    assert 15.0 < health.expected_latency_s("maths") < 25.0
    assert 0.5 < health.expected_latency_s("general") < 20.0, "never seen: in between"


def test_before_anything_was_paid_the_list_price_is_expected() -> None:
    cost = Health().expected_cost("code", 0.01)
    assert cost.mean == pytest.approx(0.01)
    assert 0.02 < cost.high < 0.1
    assert Health().expected_cost("code", None) == Cost(0.0, UNPRICED_USD)


def test_what_is_free_stays_free() -> None:
    assert Health().expected_cost("code", 0.0) == Cost(0.0, 0.0)
    free = after(Health(), *[replace(OK, cost_usd=0.0)] * 9)
    assert free.expected_cost("code", 0.0) == Cost(0.0, 0.0)
    assert free.expected_cost("maths", None) == Cost(0.0, 0.0)


def test_what_was_paid_is_believed_more_than_the_list() -> None:
    dear = after(Health(), *[replace(OK, cost_usd=0.05)] * 40)
    assert dear.expected_cost("code", 0.01).mean == pytest.approx(0.05, rel=0.25)
    mixed = after(dear, *[replace(OK, cost_usd=0.001, task_type="general")] * 40)
    assert mixed.expected_cost("general", 0.01).mean < 0.005
    assert mixed.expected_cost("code", 0.01).mean > 0.03
    assert mixed.expected_cost("general", 0.4).high >= 0.4, "a prompt longer than any before"


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1.0])
def test_a_cost_that_cannot_be_is_not_counted(wrong: float) -> None:
    health = after(Health(), OK)
    assert after(health, replace(OK, cost_usd=wrong)).costs == health.costs


def test_the_spread_of_costs_shows_in_what_is_hardly_exceeded() -> None:
    even = after(Health(), *[OK] * 60).expected_cost("code", None)
    wide = [replace(OK, cost_usd=0.002 * factor) for factor in (0.2, 5.0)]
    uneven = after(Health(), *wide * 30).expected_cost("code", None)
    assert even.mean == pytest.approx(0.002, rel=0.1)
    assert uneven.high > 2 * even.high
