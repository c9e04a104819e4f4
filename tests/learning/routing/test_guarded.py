from __future__ import annotations

import numpy as np
import pytest

from learning.routing.codec import dump, load
from learning.routing.contract import Context, Evidence, Option
from learning.routing.guarded import HierarchicalThompson
from tests.learning.routing import world

SPECIALISTS = np.array([[0.9, 0.4, 0.4], [0.4, 0.9, 0.4], [0.4, 0.4, 0.9]])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_before_any_feedback_the_declared_specialist_answers(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    for kind, arm in enumerate(("math", "lead", "router")):
        best = policy.choose(world.prompt(rng, kind), world.ARMS, rng).estimates[0]
        assert best.arm == arm


def test_wrong_declarations_yield_to_evidence_in_most_worlds() -> None:
    # A known weakness: an arm that disappoints early may stay out for long. Over 30 worlds,
    # 44 of 60 wrong declarations were overcome after 900 turns.
    backwards = SPECIALISTS[:, ::-1]
    recovered = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        policy = HierarchicalThompson(world.STRENGTHS)
        world.live(policy, rng, backwards, 900)
        maths = world.means(policy, world.prompt(rng, 0))
        talk = world.means(policy, world.prompt(rng, 2))
        recovered += max(maths, key=maths.__getitem__) == "router"
        recovered += max(talk, key=talk.__getitem__) == "math"
    assert recovered >= 13, recovered


def test_without_embedder_and_declarations_types_are_enough(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    right = 0
    for turn in range(1200):
        kind = turn % 3
        context = Context(world.KINDS[kind])
        decision = policy.choose(context, world.ARMS, rng)
        at = [arm.name for arm in world.ARMS].index(decision.arm)
        policy.credit(
            Evidence(world.ARMS[at], context, float(rng.random() < SPECIALISTS[kind, at]))
        )
        right += turn >= 900 and at == kind
    assert right / 300 > 0.75


def test_topics_tell_apart_what_task_types_do_not(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    right = 0
    for turn in range(900):
        kind = int(rng.integers(3))
        context = Context(world.TALK, world.prompt(rng, kind).embedding, "made up")
        decision = policy.choose(context, world.ARMS, rng)
        at = [arm.name for arm in world.ARMS].index(decision.arm)
        policy.credit(
            Evidence(world.ARMS[at], context, float(rng.random() < SPECIALISTS[kind, at]))
        )
        right += turn >= 600 and at == kind
    assert right / 300 > 0.75


def test_an_incumbent_is_left_on_evidence_only(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(incumbent="lead")
    equal = np.full((3, 3), 0.6)
    assert world.share_of(world.live(policy, rng, equal, 400), "lead") > 0.7
    better = np.array([[0.9, 0.4, 0.4]] * 3)
    world.live(policy, rng, better, 500)
    assert world.share_of(world.live(policy, rng, better, 100), "math") > 0.6


def test_when_the_arms_change_places_so_does_the_choice(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, SPECIALISTS, 600)
    assert policy.state.alarms == 0
    swapped = SPECIALISTS[:, [1, 2, 0]]
    world.live(policy, rng, swapped, 500)
    assert policy.state.alarms >= 1
    maths = world.means(policy, world.prompt(rng, 0))
    assert max(maths, key=lambda arm: maths[arm]) == "router"


def test_few_responses_mean_little_exploring(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    for _ in range(1_000):
        policy.choose(world.prompt(rng), world.ARMS, rng)
    decision = policy.choose(world.prompt(rng, 0), world.ARMS, rng)
    assert max(estimate.propensity for estimate in decision.estimates) > 0.98


def test_a_vanished_arm_is_not_chosen_and_not_forgotten(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, SPECIALISTS, 300)
    left = world.ARMS[1:]
    assert all(
        policy.choose(world.prompt(rng), left, rng).arm in {"lead", "router"} for _ in range(50)
    )
    known = policy.state.sums.counts[policy.state.names.index("math")]
    assert known > 0


def test_no_arm_at_all_is_an_error(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="no arm"):
        HierarchicalThompson().choose(world.prompt(rng), [], rng)


def test_a_better_new_arm_is_found(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    world.live(policy, rng, np.full((3, 3), 0.4), 300)
    arms = [*world.ARMS, Option("new")]
    quality = np.c_[np.full((3, 3), 0.4), np.full(3, 0.95)]
    world.live(policy, rng, quality, 300, arms)
    assert world.share_of(world.live(policy, rng, quality, 100, arms), "new") > 0.6


def test_another_version_of_a_model_starts_afresh(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    world.live(policy, rng, SPECIALISTS, 200)
    at = policy.state.names.index("math")
    others = policy.state.sums.counts.copy()
    old = world.credited(policy.credit(Evidence(Option("math"), world.prompt(rng, 0), 1.0)))
    policy.choose(world.prompt(rng), [Option("math", "2"), *world.ARMS[1:]], rng)
    assert policy.state.sums.counts[at] == 0.0
    others[at] = 0.0
    assert np.allclose(policy.state.sums.counts, others)
    gone = policy.credit(Evidence(Option("math", "2"), world.prompt(rng, 0), None), old)
    assert gone.credit is None
    assert policy.state.sums.counts[at] == 0.0


def test_late_feedback_for_an_older_version_does_not_bring_it_back(
    rng: np.random.Generator,
) -> None:
    policy = HierarchicalThompson()
    context = world.prompt(rng)
    policy.choose(context, [Option("math", "1")], rng)
    policy.choose(context, [Option("math", "2")], rng)
    outcome = policy.credit(Evidence(Option("math", "1"), context, 1.0))
    assert outcome.credit is None
    assert "version" in outcome.problem
    assert policy.state.versions == ["2"]
    assert policy.state.sums.counts[0] == 0.0


def test_penalties_turn_the_choice(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    decision = policy.choose(world.prompt(rng, 0), world.ARMS, rng, {"math": 5.0})
    assert decision.arm != "math"


def test_a_seed_determines_everything() -> None:
    def run() -> tuple[list[str], bytes]:
        policy = HierarchicalThompson(world.STRENGTHS)
        decisions = world.live(policy, np.random.default_rng(9), SPECIALISTS, 120)
        return [decision.arm for decision in decisions], dump(policy.state)

    first, second = run(), run()
    assert first[0] == second[0]
    assert np.array_equal(load(first[1]).sums.squares, load(second[1]).sums.squares)


@pytest.mark.parametrize("turns", [0, 10, 63, 64, 150])
def test_a_stored_state_goes_on_where_it_was(turns: int) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, np.random.default_rng(1), SPECIALISTS, turns)
    stored = dump(policy.state)
    again = HierarchicalThompson(world.STRENGTHS, state=load(stored))
    ours = world.live(policy, np.random.default_rng(2), SPECIALISTS, 80)
    theirs = world.live(again, np.random.default_rng(2), SPECIALISTS, 80)
    assert [d.arm for d in ours] == [d.arm for d in theirs]
    assert [d.propensity for d in ours] == pytest.approx([d.propensity for d in theirs])
    assert len(dump(again.state)) < 60_000


def test_a_state_of_another_format_says_what_to_do() -> None:
    state = HierarchicalThompson().state
    state.sums.products = np.zeros((0, 3))
    with pytest.raises(ValueError, match="start from an empty state"):
        load(dump(state))
