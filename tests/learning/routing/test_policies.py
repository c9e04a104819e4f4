from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.routing.codec import pack, unpack
from learning.routing.contract import Context, Credit, Evidence, Option, Policy
from learning.routing.influence import burst_weight, vote_weight
from learning.routing.registry import DEFAULT, POLICIES, UnreadableState, open_policy
from tests.learning.routing import world

LEARNING = (DEFAULT, "epsilon_greedy", "beta_thompson", "linucb")
rewards = st.floats(0.0, 1.0)
every_policy = pytest.mark.parametrize("name", POLICIES)
every_learner = pytest.mark.parametrize("name", LEARNING)


def lived(name: str, turns: int = 40, incumbent: str | None = None) -> Policy:
    policy = open_policy(name, world.STRENGTHS, incumbent, None)
    world.live(policy, np.random.default_rng(turns), np.full((3, 3), 0.6), turns)
    return policy


def believed(policy: Policy) -> list[tuple[str, float, float]]:
    """Return what the policy expects of each arm for each kind of prompt."""
    found = []
    for kind in range(3):
        context = world.prompt(np.random.default_rng(kind), kind)
        decision = policy.choose(context, world.ARMS, np.random.default_rng(0))
        found += sorted((e.arm, e.mean, e.deviation) for e in decision.estimates)
    return found


def agree(one: Policy, other: Policy) -> bool:
    pairs = zip(believed(one), believed(other), strict=True)
    return all(a[0] == b[0] and np.allclose(a[1:], b[1:], atol=1e-9) for a, b in pairs)


def test_the_names_are_those_people_can_switch_to() -> None:
    assert set(POLICIES) == {
        "hierarchical_thompson",
        "fixed",
        "static_rules",
        "epsilon_greedy",
        "beta_thompson",
        "linucb",
        "random",
    }
    assert DEFAULT == "hierarchical_thompson"
    for name in POLICIES:
        assert open_policy(name, {}, None, None).name == name
    with pytest.raises(ValueError, match="no routing policy 'best'; choose one of: hier"):
        open_policy("best", {}, None, None)


@every_policy
def test_estimates_cover_every_option_and_sum_to_one(name: str) -> None:
    rng = np.random.default_rng(1)
    policy = lived(name)
    for explore in (True, False):
        for _ in range(20):
            decision = policy.choose(world.prompt(rng), world.ARMS, rng, explore=explore)
            assert {e.arm for e in decision.estimates} == {arm.name for arm in world.ARMS}
            assert sum(e.propensity for e in decision.estimates) == pytest.approx(1.0)
            means = [e.mean for e in decision.estimates]
            assert means == sorted(means, reverse=True)
            chosen = next(e for e in decision.estimates if e.arm == decision.arm)
            assert 0.0 < decision.propensity == chosen.propensity <= 1.0
            assert decision.policy == name


@every_policy
def test_arms_are_chosen_as_often_as_their_propensities_say(name: str) -> None:
    policy = lived(name)
    context = world.prompt(np.random.default_rng(7), 1)
    wins = dict.fromkeys(("math", "lead", "router"), 0.0)
    promised = dict.fromkeys(wins, 0.0)
    for seed in range(600):
        decision = policy.choose(context, world.ARMS, np.random.default_rng(seed))
        wins[decision.arm] += 1 / 600
        for estimate in decision.estimates:
            promised[estimate.arm] += estimate.propensity / 600
    assert wins == pytest.approx(promised, abs=0.06)


@every_policy
def test_who_opted_out_of_chance_gets_the_same_answerer_every_time(name: str) -> None:
    policy = lived(name, incumbent="lead")
    context = world.prompt(np.random.default_rng(7), 1)
    decisions = [
        policy.choose(context, world.ARMS, np.random.default_rng(seed), explore=False)
        for seed in range(30)
    ]
    assert len({decision.arm for decision in decisions}) == 1
    assert {decision.propensity for decision in decisions} == {1.0}


@every_policy
def test_choosing_leaves_the_state_as_it_is(name: str) -> None:
    policy = lived(name)
    before = policy.dump()
    rng = np.random.default_rng(0)
    arms = [Option("math", "2"), *world.ARMS[1:], Option("never seen")]
    for _ in range(5):
        decision = policy.choose(world.prompt(rng), arms, rng)
        assert {e.arm for e in decision.estimates} == {arm.name for arm in arms}
        policy.choose(Context({}), arms, rng, {"math": math.nan, "nobody": 1.0}, explore=False)
    assert policy.dump() == before


@every_policy
def test_no_arm_at_all_is_an_error(name: str) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no arm to choose from"):
        open_policy(name, {}, None, None).choose(world.prompt(rng), [], rng)


@every_policy
@pytest.mark.parametrize("turns", [0, 1, 70])
def test_a_stored_state_goes_on_where_it_was(name: str, turns: int) -> None:
    policy = lived(name, turns)
    again = open_policy(name, world.STRENGTHS, None, policy.dump())
    assert again.dump() == policy.dump()
    ours = world.live(policy, np.random.default_rng(2), world.SPECIALISTS, 30)
    theirs = world.live(again, np.random.default_rng(2), world.SPECIALISTS, 30)
    assert ours == theirs
    assert len(again.dump()) < 120_000


@every_policy
@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\x80\x04K\x01.",
        b"[1]",
        b'{"format":1,"kind":"hierarchical_thompson","fields":{}}',
        b'{"format":2,"kind":"somebody else","fields":{}}',
    ],
)
def test_a_state_of_another_format_says_what_to_do(name: str, stored: bytes) -> None:
    with pytest.raises(UnreadableState, match="start from an empty state"):
        open_policy(name, {}, None, stored)


@every_learner
def test_a_state_that_is_cut_short_is_refused(name: str) -> None:
    stored = lived(name).dump()
    empty = stored[: stored.index(b'"fields"')] + b'"fields": {}}'
    for broken in (stored[:-20], empty):
        with pytest.raises(UnreadableState, match="start from an empty state"):
            open_policy(name, {}, None, broken)


@every_learner
def test_a_state_that_is_not_made_of_numbers_is_refused(name: str) -> None:
    fields = unpack(name, lived(name).dump())
    for key, value in fields.items():
        if isinstance(value, np.ndarray):
            broken: object = np.full_like(value, np.nan)
        elif key == "totals":
            broken = [[*row[:-1], math.nan] for row in value]
        else:
            continue
        with pytest.raises(UnreadableState, match="start from an empty state"):
            open_policy(name, {}, None, pack(name, fields | {key: broken}))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(LEARNING),
    rewards,
    st.floats(0.01, 1.0),
    st.integers(0, 2),
    st.lists(rewards, max_size=4),
)
def test_what_was_credited_can_be_taken_back(
    name: str, reward: float, weight: float, arm: int, between: list[float]
) -> None:
    with_it, without = lived(name, 20), lived(name, 20)
    context = world.prompt(np.random.default_rng(7))
    saved = context.as_data()
    credit = world.credited(with_it.credit(Evidence(world.ARMS[arm], context, reward, weight)))
    for policy in (with_it, without):
        for number, said in enumerate(between):
            other = world.prompt(np.random.default_rng(number))
            policy.credit(Evidence(world.ARMS[number % 3], other, said))
    stored = Credit.from_data(credit.as_data())
    gone = with_it.credit(Evidence(world.ARMS[arm], Context.from_data(saved), None), stored)
    assert gone.credit is None
    assert gone.changed
    assert agree(with_it, without)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(LEARNING), st.lists(rewards, min_size=2, max_size=6))
def test_only_the_last_word_on_an_answer_counts(name: str, said: list[float]) -> None:
    policy, direct = lived(name, 20), lived(name, 20)
    context = world.prompt(np.random.default_rng(7))
    standing = None
    for reward in said:
        standing = policy.credit(Evidence(world.ARMS[0], context, reward), standing).credit
    direct.credit(Evidence(world.ARMS[0], context, said[-1]))
    assert agree(policy, direct)


@every_learner
def test_feedback_moves_the_estimate_its_way(name: str) -> None:
    policy = lived(name, 5)
    context = world.prompt(np.random.default_rng(7), 0)
    expected = []
    for reward in (0.0, 1.0):
        for _ in range(10):
            policy.credit(Evidence(world.ARMS[1], context, reward))
        expected.append(world.means(policy, context)["lead"])
    assert expected[1] > expected[0]


@every_learner
def test_feedback_that_comes_twice_counts_once(name: str) -> None:
    policy = open_policy(name, {}, None, None)
    evidence = Evidence(world.ARMS[0], world.prompt(np.random.default_rng(7)), 1.0)
    first = policy.credit(evidence)
    stored = policy.dump()
    second = policy.credit(evidence, first.credit)
    assert first.changed
    assert not second.changed
    assert second.credit == first.credit
    assert policy.dump() == stored


@every_policy
@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(name: str, reward: float) -> None:
    policy = lived(name, 5)
    before = policy.dump()
    context = world.prompt(np.random.default_rng(7))
    outcome = policy.credit(Evidence(world.ARMS[0], context, reward))
    assert not outcome.changed
    assert outcome.credit is None
    assert "not a number" in outcome.problem
    assert policy.dump() == before


@every_policy
@pytest.mark.parametrize(("reward", "counted"), [(7.0, 1.0), (-3.0, 0.0)])
def test_a_reward_out_of_range_is_clipped_and_said(
    name: str, reward: float, counted: float
) -> None:
    context = world.prompt(np.random.default_rng(7))
    outcome = lived(name, 5).credit(Evidence(world.ARMS[0], context, reward, 40.0))
    assert world.credited(outcome).reward == counted
    assert world.credited(outcome).weight == 1.0
    assert "outside" in outcome.problem


@every_learner
def test_a_weight_that_is_no_number_leaves_what_stands(name: str) -> None:
    policy = lived(name, 5)
    context = world.prompt(np.random.default_rng(7))
    standing = world.credited(policy.credit(Evidence(world.ARMS[0], context, 1.0)))
    outcome = policy.credit(Evidence(world.ARMS[0], context, 0.0, math.nan), standing)
    assert outcome.credit == standing
    assert not outcome.changed


@every_learner
def test_another_version_of_a_model_starts_afresh(name: str) -> None:
    policy = open_policy(name, {}, None, None)
    context = world.prompt(np.random.default_rng(7), 0)
    for _ in range(30):
        policy.credit(Evidence(Option("math", "1"), context, 0.0))
        policy.credit(Evidence(Option("lead", "1"), context, 0.6))
    rng = np.random.default_rng(0)

    def estimates(version: str) -> dict[str, tuple[float, float]]:
        arms = [Option("math", version), Option("lead", "1")]
        decision = policy.choose(context, arms, rng)
        return {e.arm: (e.mean, e.deviation) for e in decision.estimates}

    old, new = estimates("1"), estimates("2")
    assert new["math"][0] > old["math"][0] + 0.1 or name == "linucb"
    assert new["math"][1] > old["math"][1]
    assert new["lead"][0] == pytest.approx(old["lead"][0])
    policy.credit(Evidence(Option("math", "2"), context, 1.0))
    for _ in range(30):
        policy.credit(Evidence(Option("math", "1"), context, 0.0))
    assert estimates("2")["math"][0] > estimates("1")["math"][0] + 0.1, "late feedback stays there"


@every_learner
def test_penalties_turn_the_choice(name: str) -> None:
    policy = lived(name)
    rng = np.random.default_rng(0)
    decision = policy.choose(world.prompt(rng, 0), world.ARMS, rng, {"math": 5.0}, explore=False)
    assert decision.arm != "math"
    assert decision.estimates[-1].arm == "math"


def test_the_rules_keep_to_what_they_say() -> None:
    rng = np.random.default_rng(0)
    rules = open_policy("static_rules", world.STRENGTHS, None, None)
    assert [rules.choose(world.prompt(rng, kind), world.ARMS, rng).arm for kind in range(3)] == [
        "math",
        "lead",
        "router",
    ]
    fixed = open_policy("fixed", {}, "lead", None)
    assert fixed.choose(world.prompt(rng), world.ARMS, rng, {"lead": 9.0}).arm == "lead"
    assert fixed.choose(world.prompt(rng), world.ARMS[2:], rng).arm == "router"
    assert open_policy("fixed", {}, None, None).choose(
        world.prompt(rng), world.ARMS, rng
    ).arm == "math"  # fmt: skip


def test_one_choice_in_ten_is_any_arm_for_epsilon_greedy() -> None:
    policy = open_policy("epsilon_greedy", {}, None, None)
    context = world.prompt(np.random.default_rng(0))
    policy.credit(Evidence(world.ARMS[2], context, 1.0))
    decision = policy.choose(context, world.ARMS, np.random.default_rng(0))
    chances = {e.arm: e.propensity for e in decision.estimates}
    assert chances["router"] == pytest.approx(0.9 + 0.1 / 3)
    assert chances["math"] == pytest.approx(0.1 / 3)


def test_votes_of_one_person_are_bounded() -> None:
    weight = 0.0
    for _ in range(1_000):
        weight += vote_weight(weight, others=10.0)
    assert weight < 160.0
    assert vote_weight(5.0, others=0.0) == 1.0
    assert vote_weight(500.0, others=5_000.0) == 1.0


@given(st.integers(-5, 10_000), st.integers(-2, 9))
def test_votes_that_agree_at_once_weigh_no_more_than_a_few(agreeing: int, free: int) -> None:
    weight = burst_weight(agreeing, free)
    assert 0.0 < weight <= 1.0
    assert agreeing * weight <= max(free, 1) + 1e-9
    if agreeing <= free:
        assert weight == 1.0


def test_three_at_once_count_in_full_and_ten_count_as_three() -> None:
    assert burst_weight(3) == 1.0
    assert 10 * burst_weight(10) == pytest.approx(3.0)
