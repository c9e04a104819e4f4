from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.roles import ROLE_NAMES, declared_strengths
from learning.routing.baselines import EpsilonGreedy
from learning.routing.contract import Context, Evidence, Option
from learning.routing.guarded import HierarchicalThompson
from learning.routing.health import Health
from learning.routing.plan import plan
from learning.routing.registry import POLICIES, open_policy
from learning.routing.situation import Operation, Wanted
from learning.routing.slots import Tally, best_supported, pick
from learning.routing.spending import Budget
from learning.routing.variants import portfolio
from tests.learning.routing.planning import (
    ARMS,
    FREE,
    NOW,
    RESTING,
    operations,
    order,
    planned,
    situation,
)

if TYPE_CHECKING:
    from learning.routing.contract import Policy


def test_a_wish_shapes_every_step_and_is_not_experimented_with() -> None:
    shared = {"detailed": Tally(9.0, 9.0), "default": Tally(9.0, 1.0)}
    tallies = {("variant", role, ""): shared for role in ROLE_NAMES}
    for seed in range(60):
        made = planned(
            seed=seed, explore=True, wanted=Wanted(aspects=("comments",)), tallies=tallies
        )
        for step in made.steps:
            assert step.settings["variant"] == "detailed+comments"
            assert step.propensities["variant"] == 1.0


def test_whoever_opted_out_is_never_experimented_on() -> None:
    policy = EpsilonGreedy()
    policy.credit(Evidence(ARMS[2].option, Context({"code": 1.0}), 1.0))
    for seed in range(80):
        made = planned(policy, seed, slot_policy="epsilon_greedy")
        assert (order(made)[0], made.propensity) == ("lead", 1.0)
        assert made.steps[0].settings == {
            "variant": "default",
            "temperature": "provider",
            "max_tokens": "1",
        }
        assert set(made.steps[0].propensities.values()) == {1.0}


def test_settings_keep_to_the_leader_where_the_policy_leaves_nothing_to_chance() -> None:
    for seed in range(150):
        made = planned(seed=seed, explore=True, try_settings=False)
        assert made.steps[0].settings["variant"] == "default"
        assert made.steps[0].propensities["variant"] == 1.0


def test_what_is_logged_as_probable_is_how_often_it_is_drawn() -> None:
    policy = EpsilonGreedy()
    policy.credit(Evidence(ARMS[2].option, Context({"code": 1.0}), 1.0))
    rng, turns = np.random.default_rng(7), 1_500
    arms: Counter[str] = Counter()
    variants: Counter[str] = Counter()
    told: dict[str, float] = {}
    where = situation(explore=True, slot_policy="epsilon_greedy")
    for _ in range(turns):
        made = plan(where, policy, rng, NOW)
        first = made.steps[0]
        arms[first.arm.role] += 1
        chances = {c.arm.role: c.propensity for c in made.candidates}
        assert math.isclose(sum(chances.values()), 1.0)
        assert made.propensity == chances[first.arm.role]
        variants[first.settings["variant"]] += 1
        told[first.settings["variant"]] = first.propensities["variant"]
        for stand_in in made.steps[1:]:
            assert set(stand_in.propensities.values()) == {1.0}, "only the chosen one is tried out"
    assert {role: n / turns for role, n in arms.items()} == pytest.approx(
        {role: 0.92 if role == "lead" else 0.02 for role in ROLE_NAMES}, abs=0.025
    )
    assert told == pytest.approx(
        {"default": 0.1 / 3 + 0.9, "detailed": 0.1 / 3, "concise": 0.1 / 3}
    )
    assert {v: n / turns for v, n in variants.items()} == pytest.approx(told, abs=0.025)


weights = st.floats(0.0, 12.0) | st.just(math.nan) | st.just(-1.0)
tallies_ = st.dictionaries(
    st.sampled_from(["default", "detailed", "concise", "comments", "unheard of"]),
    st.builds(Tally, weights, weights),
)


@settings(max_examples=150, deadline=None)
@given(shared=tallies_, own=tallies_)
def test_the_short_way_to_a_setting_says_what_the_long_way_says(
    shared: dict[str, Tally], own: dict[str, Tally]
) -> None:
    made = planned(tallies={("variant", "lead", ""): shared, ("variant", "lead", "own"): own})
    options = portfolio("lead", "code", best_supported(shared, own))
    long = pick(options, shared, own, np.random.default_rng(0), explore=False)
    assert made.steps[0].settings["variant"] == long.option


def test_what_was_learned_of_a_model_that_has_vanished_changes_nothing() -> None:
    context = Context({"code": 1.0})
    policy = HierarchicalThompson(declared_strengths())
    for _ in range(30):
        policy.credit(Evidence(Option("lead", "gone-1"), context, 1.0))
    tallies = {("fallback", "senior", ""): {"lead": Tally(9.0, 9.0), "nobody": Tally(9.0, 9.0)}}
    arms = [arm for arm in ARMS if arm.role != "lead"]
    made = planned(policy, arms=arms, tallies=tallies, wanted=Wanted(earlier="lead"))
    assert sorted(order(made)) == sorted(arm.role for arm in arms)
    assert made.forced == ""


strange = st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 0.0, 1e308])


@settings(max_examples=60, deadline=None)
@given(strange, strange, strange, st.sampled_from(sorted(POLICIES)), st.integers(0, 5))
def test_numbers_that_are_none_still_lead_to_a_plan(
    price: float, tally: float, spent: float, policy: str, back: int
) -> None:
    opened: Policy = open_policy(policy, declared_strengths(), None, None)
    opened.credit(Evidence(ARMS[0].option, Context({"code": tally}), tally, price))
    seen = Health.from_data({"seen_at": tally, "recent": [tally, price], "carried": price})
    broken = {
        (kind, role, whose): {"default": Tally(tally, tally), "detailed": Tally(price, tally)}
        for kind in ("variant", "fallback")
        for role in ROLE_NAMES
        for whose in ("", "own")
    }
    made = planned(
        opened,
        now=NOW - timedelta(days=400 * back),
        context=Context({"code": tally}, (tally,) * 16, (price,) * 24, tally),
        operations={model: Operation(seen, price) for model in FREE},
        budgets=[Budget("person", 1.0, spent, tally)],
        tallies=broken,
        explore=True,
    )
    assert made.steps or made.unpaid
    assert 0.0 <= made.propensity <= 1.0
    assert all(math.isfinite(c.score) for c in made.candidates)


def test_a_clock_that_was_set_back_does_not_keep_models_at_rest() -> None:
    made = planned(
        now=NOW - timedelta(hours=3), operations=operations(lead=Operation(RESTING, 0.0))
    )
    assert order(made)[0] == "lead"
