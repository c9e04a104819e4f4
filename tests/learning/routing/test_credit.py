from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.routing.baselines import BetaThompson, EpsilonGreedy, LinUcb
from learning.routing.codec import dump, load
from learning.routing.contract import Evidence, Learner
from learning.routing.costs import Costs
from learning.routing.guarded import HierarchicalThompson, State
from learning.routing.influence import vote_weight
from tests.learning.routing import world

rewards = st.floats(0.0, 1.0)
POLICIES = (HierarchicalThompson, EpsilonGreedy, BetaThompson, LinUcb)


def lived(turns: int) -> HierarchicalThompson:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, np.random.default_rng(turns), np.full((3, 3), 0.6), turns)
    return policy


def same(one: State, other: State) -> bool:
    return (
        np.allclose(one.sums.squares, other.sums.squares)
        and np.allclose(one.sums.products, other.sums.products)
        and np.allclose(one.sums.counts, other.sums.counts)
        and np.allclose(one.sums.rewards, other.sums.rewards)
        and np.allclose(one.change, other.change)
        and np.allclose(one.answered, other.answered)
        and len(one.early) == len(other.early)
    )


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([5, 70]), rewards, st.floats(0.01, 1.0), st.integers(0, 2))
def test_what_was_credited_can_be_taken_back(
    turns: int, reward: float, weight: float, arm: int
) -> None:
    policy = lived(turns)
    before = load(dump(policy.state))
    context = world.prompt(np.random.default_rng(7))
    credit = world.credited(policy.credit(Evidence(world.ARMS[arm], context, reward, weight)))
    assert not same(policy.state, before)
    assert policy.credit(Evidence(world.ARMS[arm], context, None), credit).credit is None
    assert same(policy.state, before)


@settings(max_examples=15, deadline=None)
@given(st.lists(rewards, min_size=2, max_size=6))
def test_only_the_last_word_on_an_answer_counts(said: list[float]) -> None:
    policy, direct = lived(70), lived(70)
    context = world.prompt(np.random.default_rng(7))
    standing = None
    for reward in said:
        standing = policy.credit(Evidence(world.ARMS[0], context, reward), standing).credit
    direct.credit(Evidence(world.ARMS[0], context, said[-1]))
    assert np.allclose(policy.state.sums.products, direct.state.sums.products)
    assert np.allclose(policy.state.sums.counts, direct.state.sums.counts)


def test_what_came_before_the_topics_can_be_taken_back_after_they_were_found() -> None:
    rng = np.random.default_rng(4)
    with_it, without = HierarchicalThompson(), HierarchicalThompson()
    context = world.prompt(rng)
    for policy in (with_it, without):
        policy.choose(context, world.ARMS, np.random.default_rng(0))
    credit = world.credited(with_it.credit(Evidence(world.ARMS[0], context, 1.0)))
    rest = [world.prompt(rng) for _ in range(80)]
    with_it.prepare(rest)
    without.prepare(rest)
    assert with_it.state.topics is not None
    assert with_it.state.sums.counts[0] == 1.0
    with_it.credit(Evidence(world.ARMS[0], context, None), credit)
    assert np.allclose(with_it.state.sums.squares, without.state.sums.squares)


@pytest.mark.parametrize("make", POLICIES)
def test_feedback_that_comes_twice_counts_once(make: type[Learner]) -> None:
    policy = make()
    evidence = Evidence(world.ARMS[0], world.prompt(np.random.default_rng(7)), 1.0)
    first = policy.credit(evidence)
    second = policy.credit(evidence, first.credit)
    assert first.changed
    assert not second.changed
    assert second.credit == first.credit


@pytest.mark.parametrize("make", POLICIES)
@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(make: type[Learner], reward: float) -> None:
    outcome = make().credit(Evidence(world.ARMS[0], world.prompt(np.random.default_rng(7)), reward))
    assert not outcome.changed
    assert outcome.credit is None
    assert "not a number" in outcome.problem


@pytest.mark.parametrize(("reward", "counted"), [(7.0, 1.0), (-3.0, 0.0)])
def test_a_reward_out_of_range_is_clipped_and_said(reward: float, counted: float) -> None:
    outcome = lived(5).credit(
        Evidence(world.ARMS[0], world.prompt(np.random.default_rng(7)), reward)
    )
    assert world.credited(outcome).reward == counted
    assert "outside" in outcome.problem


def test_a_weight_that_is_no_number_leaves_what_stands() -> None:
    policy = lived(5)
    context = world.prompt(np.random.default_rng(7))
    standing = world.credited(policy.credit(Evidence(world.ARMS[0], context, 1.0)))
    outcome = policy.credit(Evidence(world.ARMS[0], context, 0.0, math.nan), standing)
    assert outcome.credit == standing
    assert not outcome.changed


def test_an_embedding_that_is_no_number_does_no_harm() -> None:
    policy = lived(70)
    broken = world.prompt(np.random.default_rng(7))
    assert broken.embedding is not None
    broken.embedding[:] = np.nan
    policy.choose(broken, world.ARMS, np.random.default_rng(1))
    policy.credit(Evidence(world.ARMS[0], broken, 1.0))
    assert np.isfinite(policy.state.sums.squares).all()


def test_votes_of_one_person_are_bounded() -> None:
    weight = 0.0
    for _ in range(1_000):
        weight += vote_weight(weight, others=10.0)
    assert weight < 160.0
    assert vote_weight(5.0, others=0.0) == 1.0
    assert vote_weight(500.0, others=5_000.0) == 1.0


def test_a_thousand_votes_of_one_person_move_estimates_by_a_bounded_weight() -> None:
    rng = np.random.default_rng(5)
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, np.array([[0.9, 0.3, 0.3]] * 3), 600)
    poison = 0.0
    for _ in range(1_000):
        weight = vote_weight(poison, others=0.0)
        policy.credit(Evidence(world.ARMS[1], world.prompt(rng, 0), 1.0, weight))
        poison += weight
    after = world.means(policy, world.prompt(rng, 2))
    assert poison < 160.0
    assert after["math"] > after["router"]


@given(st.lists(rewards, max_size=20), st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_propensities_are_probabilities(said: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    policy = HierarchicalThompson(world.STRENGTHS)
    for reward in said:
        policy.credit(Evidence(world.ARMS[int(rng.integers(3))], world.prompt(rng), reward))
    decision = policy.choose(world.prompt(rng), world.ARMS, rng)
    assert 0.0 < decision.propensity <= 1.0
    assert sum(e.propensity for e in decision.estimates) == pytest.approx(1.0)
    assert {e.arm for e in decision.estimates} == {arm.name for arm in world.ARMS}


def test_arms_are_chosen_as_often_as_their_propensities_say() -> None:
    policy = lived(30)
    context = world.prompt(np.random.default_rng(7))
    stored = dump(policy.state)
    wins = dict.fromkeys(("math", "lead", "router"), 0.0)
    promised = dict.fromkeys(wins, 0.0)
    for seed in range(400):
        copy = HierarchicalThompson(world.STRENGTHS, state=load(stored))
        decision = copy.choose(context, world.ARMS, np.random.default_rng(seed))
        wins[decision.arm] += 1 / 400
        for estimate in decision.estimates:
            promised[estimate.arm] += estimate.propensity / 400
    assert wins == pytest.approx(promised, abs=0.08)


def test_costs_follow_prices_and_refuse_what_is_none() -> None:
    costs = Costs()
    for _ in range(300):
        assert costs.add("math", 1.0)
    for _ in range(1_000):
        costs.add("math", 3.0)
    assert costs.add("lead", 0.0)
    assert not costs.add("lead", math.nan)
    assert not costs.add("lead", -1.0)
    assert costs.penalties(0.1) == pytest.approx({"math": 0.3, "lead": 0.0}, abs=0.01)
