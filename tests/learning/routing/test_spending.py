from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from learning.routing.cost_model import Cost
from learning.routing.spending import (
    Budget,
    affordable,
    exhausted_words,
    penalties,
    period_of,
    price_of_a_dollar,
)
from learning.routing.weights import Weights

WEIGHTS = Weights.load()
NOW = datetime(2026, 11, 21, 19, 10, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
anything = st.floats()
budgets = st.builds(
    Budget,
    st.sampled_from(["turn", "person", "workspace"]),
    anything,
    anything,
    anything,
    st.sampled_from([None, MIDNIGHT]),
)


def day(spent: float, elapsed: float, limit: float = 1.0) -> Budget:
    return Budget("person", limit, spent, elapsed, MIDNIGHT)


def test_the_tightest_budget_forbids() -> None:
    turn, person = Budget("turn", 0.5), day(0.9, 0.5)
    assert affordable(0.05, [turn, person]) is None
    assert affordable(0.2, [turn, person]) == person
    assert affordable(0.6, [turn, person]) == affordable(0.6, [person, turn]) == person
    assert affordable(0.6, [turn]) == turn
    assert affordable(1e9, []) is None


def test_a_budget_can_be_spent_to_the_last_cent() -> None:
    assert affordable(0.1, [day(0.1 + 0.2, 0.5, 0.4)]) is None


def test_a_budget_of_nothing_lets_only_what_is_free_be_asked() -> None:
    nothing = Budget("workspace", 0.0)
    assert affordable(0.0, [nothing]) is None
    assert affordable(1e-6, [nothing]) == nothing
    assert affordable(0.0, [day(9.0, 0.5)]) is None, "overspent, but it is free"


def test_a_cost_or_a_budget_that_is_no_number_is_read_carefully() -> None:
    assert affordable(math.nan, [day(0.0, 0.5)]) is not None
    assert affordable(0.01, [Budget("person", math.nan)]) is not None
    assert affordable(0.01, [day(math.nan, 0.5)]) is not None
    assert affordable(0.01, [day(-5.0, 0.5)]) is None
    assert affordable(1.01, [day(-5.0, 0.5)]) is not None, "nobody is paid back"


@settings(max_examples=60)
@given(st.lists(budgets, max_size=4), anything, anything)
def test_penalties_are_never_less_than_nothing_and_always_a_number(
    given_budgets: list[Budget], cost: float, latency: float
) -> None:
    price = price_of_a_dollar(WEIGHTS, given_budgets)
    assert WEIGHTS.quality_per_usd <= price <= 1000 * WEIGHTS.quality_per_usd
    off = penalties({"a": (Cost(cost, cost), latency), "free": (Cost(0, 0), 0)}, WEIGHTS, [])
    assert 0.0 <= off["a"] < math.inf
    assert off["free"] == 0.0
    forbidding = affordable(cost, given_budgets)
    assert forbidding is None or forbidding in given_budgets
    assert exhausted_words(given_budgets, NOW).endswith(".")


@settings(max_examples=60)
@given(st.floats(0, 1.2), st.floats(0, 1.2), st.floats(0, 1), st.floats(0, 1))
def test_a_dollar_gets_dearer_with_spending_and_cheaper_with_time(
    spent: float, more: float, elapsed: float, passed: float
) -> None:
    assume(elapsed + passed <= 1.0)
    now = price_of_a_dollar(WEIGHTS, [day(spent, elapsed)])
    assert price_of_a_dollar(WEIGHTS, [day(spent + more, elapsed)]) >= now
    later = price_of_a_dollar(WEIGHTS, [day(spent, elapsed + passed)])
    assert later <= now or spent >= 1.0
    if spent <= 1.0:
        in_step = price_of_a_dollar(WEIGHTS, [day(spent * elapsed, elapsed)])
        assert in_step == pytest.approx(WEIGHTS.quality_per_usd)


def test_a_dollar_costs_more_while_spending_runs_ahead_and_falls_back_when_it_does_not() -> None:
    prices = [price_of_a_dollar(WEIGHTS, [day(0.5, elapsed)]) for elapsed in (0.2, 0.4, 0.5, 0.9)]
    assert prices[0] > 10 * WEIGHTS.quality_per_usd
    assert prices[0] > prices[1] > prices[2]
    assert prices[2] == prices[3] == pytest.approx(WEIGHTS.quality_per_usd)


def test_a_budget_without_a_period_does_not_press_and_the_tightest_does() -> None:
    turn = Budget("turn", 0.5, 0.4, 0.0)
    assert price_of_a_dollar(WEIGHTS, [turn]) == WEIGHTS.quality_per_usd
    assert price_of_a_dollar(WEIGHTS, []) == WEIGHTS.quality_per_usd
    ahead, behind = day(0.8, 0.5), day(0.1, 0.5)
    assert price_of_a_dollar(WEIGHTS, [behind, ahead]) == price_of_a_dollar(WEIGHTS, [ahead])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("turns", "cost", "limit", "gain"),
    [
        (1000, 0.01, 4.0, (0.1, 0.5)),
        (1000, 0.01, 4.0, (0.3, 0.3)),
        (1000, 0.01, 1.0, (0.1, 0.9)),
        (2000, 0.001, 0.6, (0.02, 0.6)),
        (60, 0.02, 0.5, (0.2, 0.5)),
    ],
)
def test_a_day_of_questions_neither_runs_dry_early_nor_leaves_money_unused(
    turns: int, cost: float, limit: float, gain: tuple[float, float], seed: int
) -> None:
    rng = random.Random(seed)
    spent, dry_at, bought, wanted = 0.0, 1.0, [], []
    for at in sorted(rng.random() for _ in range(turns)):
        better = rng.uniform(*gain)
        wanted.append(better)
        budget = day(spent, at, limit)
        paid = cost * math.exp(rng.gauss(0.0, 0.3))
        off = penalties(
            {"strong": (Cost(cost, cost), 2.0), "cheap": (Cost(0, 0), 1.0)}, WEIGHTS, [budget]
        )
        if affordable(cost, [budget]) is not None:
            dry_at = min(dry_at, at)
        elif better - off["strong"] > -off["cheap"]:
            spent += paid
            bought.append(better)
    assert dry_at >= 0.85
    assert 0.85 * limit <= spent <= 1.05 * limit
    if gain[0] < gain[1]:
        # And it went to those questions that gained by it: more than chance would have.
        assert sum(bought) / len(bought) > 1.03 * sum(wanted) / len(wanted)


def test_a_budget_is_not_used_up_for_what_is_not_worth_it() -> None:
    off = penalties(
        {"strong": (Cost(0.01, 0.01), 1.0), "cheap": (Cost(0, 0), 1.0)},
        WEIGHTS,
        [day(0.0, 0.99, 100.0)],
    )
    assert off["strong"] - off["cheap"] == pytest.approx(0.01 * WEIGHTS.quality_per_usd)


def test_a_period_is_the_day_in_utc() -> None:
    begin, end = period_of(NOW)
    assert (begin, end) == (datetime(2026, 11, 21, tzinfo=UTC), MIDNIGHT)
    assert period_of(end) == (MIDNIGHT, MIDNIGHT + timedelta(days=1))
    sydney = timezone(timedelta(hours=11))
    assert period_of(datetime(2026, 11, 22, 3, tzinfo=sydney)) == (begin, end)


def test_a_person_is_told_which_budget_how_much_when_it_resets_and_what_to_do() -> None:
    words = exhausted_words([Budget("turn", 0.5), day(0.9, 0.8)], NOW)
    for wanted in (
        "Your budget of $1.00 a day",
        "$0.90 of it is spent",
        "00:00 UTC, in about 5 hours",
        "an admin can raise MYNAH_PERSON_BUDGET_USD",
        "a model that costs nothing",
    ):
        assert wanted in words
    assert "in 5 minutes" in exhausted_words([day(0.999, 0.9)], MIDNIGHT - timedelta(minutes=5))


def test_a_person_is_told_when_one_question_is_too_dear() -> None:
    words = exhausted_words([Budget("turn", 0.005), day(0.0, 0.8)], NOW)
    assert "One question may cost $0.0050 at most" in words
    assert "MYNAH_TURN_BUDGET_USD" in words


def test_a_person_is_told_when_nothing_may_be_spent_at_all() -> None:
    words = exhausted_words([Budget("workspace", 0.0, 0.0, 0.3, MIDNIGHT)], NOW)
    assert words.startswith("No money may be spent here: the workspace's budget is $0.00.")
    assert "MYNAH_WORKSPACE_BUDGET_USD" in words
    assert exhausted_words([], NOW)
