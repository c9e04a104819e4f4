from __future__ import annotations

import numpy as np
import pytest

from learning.routing.contract import Context, Credit, Evidence, Option
from learning.routing.guarded import HierarchicalThompson
from learning.routing.influence import vote_weight
from tests.learning.routing import world


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_before_any_feedback_the_declared_specialist_answers(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    for kind, arm in enumerate(("math", "lead", "router")):
        assert policy.choose(world.prompt(rng, kind), world.ARMS, rng, explore=False).arm == arm


def test_wrong_declarations_yield_to_evidence_in_most_worlds() -> None:
    backwards = world.SPECIALISTS[:, ::-1]
    recovered = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        policy = HierarchicalThompson(world.STRENGTHS)
        world.live(policy, rng, backwards, 700)
        maths = world.means(policy, world.prompt(rng, 0))
        talk = world.means(policy, world.prompt(rng, 2))
        recovered += max(maths, key=maths.__getitem__) == "router"
        recovered += max(talk, key=talk.__getitem__) == "math"
    assert recovered >= 8, recovered


def test_without_embedder_and_declarations_types_are_enough(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    right = 0
    for turn in range(900):
        kind = turn % 3
        context = Context(world.KINDS[kind])
        decision = policy.choose(context, world.ARMS, rng)
        policy.chosen()
        at = [arm.name for arm in world.ARMS].index(decision.arm)
        reward = float(rng.random() < world.SPECIALISTS[kind, at])
        policy.credit(Evidence(world.ARMS[at], context, reward))
        right += turn >= 600 and at == kind
    assert right / 300 > 0.75


def test_topics_tell_apart_what_task_types_do_not(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    world.live(policy, rng, world.SPECIALISTS, 600, types=world.TALK)
    for kind, arm in enumerate(("math", "lead", "router")):
        context = world.prompt(rng, kind, world.TALK)
        assert policy.choose(context, world.ARMS, rng, explore=False).arm == arm


def test_an_incumbent_is_left_on_evidence_only(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(incumbent="lead")
    equal = np.full((3, 3), 0.6)
    assert world.share_of(world.live(policy, rng, equal, 300), "lead") > 0.7
    better = np.array([[0.9, 0.4, 0.4]] * 3)
    world.live(policy, rng, better, 400)
    assert world.share_of(world.live(policy, rng, better, 100), "math") > 0.6


def test_where_all_arms_are_alike_the_incumbent_keeps_most_prompts() -> None:
    shares = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        policy = HierarchicalThompson(world.STRENGTHS, "router")
        shares.append(world.share_of(world.live(policy, rng, np.full((3, 3), 0.6), 300), "router"))
    assert np.mean(shares) > 0.7


def test_an_incumbent_that_is_not_there_is_no_obstacle(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS, "gone")
    assert policy.choose(world.prompt(rng, 0), world.ARMS, rng, explore=False).arm == "math"


def test_when_the_arms_change_places_so_does_the_choice(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, world.SPECIALISTS, 500)
    assert policy.state.alarms == 0
    swapped = world.SPECIALISTS[:, [1, 2, 0]]
    world.live(policy, rng, swapped, 500)
    assert policy.state.alarms >= 1
    assert not policy.state.trusted
    maths = world.means(policy, world.prompt(rng, 0))
    assert max(maths, key=lambda arm: maths[arm]) == "router"


def test_what_was_credited_before_an_alarm_is_not_taken_off_what_came_after(
    rng: np.random.Generator,
) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    context = world.prompt(rng, 0)
    old = world.credited(policy.credit(Evidence(world.ARMS[0], context, 1.0)))
    for _ in range(60):
        policy.credit(Evidence(world.ARMS[0], context, 1.0))
    said: list[Credit] = []
    while policy.state.alarms == 0:
        assert len(said) < 200
        said.append(world.credited(policy.credit(Evidence(world.ARMS[0], context, 0.0))))
    counts = policy.state.sums.counts.copy()
    assert counts.sum() == 1.0, "the one that raised the alarm"
    policy.credit(Evidence(world.ARMS[0], context, None), old)
    policy.credit(Evidence(world.ARMS[0], context, None), said[0])
    assert np.array_equal(policy.state.sums.counts, counts)
    policy.credit(Evidence(world.ARMS[0], context, None), said[-1])
    assert np.allclose(policy.state.sums.squares, 0.0)
    assert np.isfinite(list(world.means(policy, context).values())).all()


def test_few_responses_mean_little_exploring(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, np.full((3, 3), 0.6), 30)
    before = policy.choose(world.prompt(rng, 0), world.ARMS, rng)
    policy.chosen(1_000)
    after = policy.choose(world.prompt(rng, 0), world.ARMS, rng)
    assert max(e.propensity for e in before.estimates) < 0.98
    assert max(e.propensity for e in after.estimates) > 0.98
    policy.chosen(float("nan"))
    policy.chosen(-5_000.0)
    assert policy.state.answered[1] == 1_040.0


def test_evaluations_are_no_sign_of_how_often_people_respond(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    for _ in range(200):
        policy.credit(Evidence(world.ARMS[0], world.prompt(rng), 1.0))
    policy.chosen(1_000)
    decision = policy.choose(world.prompt(rng, 0), world.ARMS, rng)
    assert max(e.propensity for e in decision.estimates) > 0.98


def test_a_vanished_arm_is_not_chosen_and_not_forgotten(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, world.SPECIALISTS, 200)
    left = world.ARMS[1:]
    chosen = {policy.choose(world.prompt(rng), left, rng).arm for _ in range(50)}
    assert chosen <= {"lead", "router"}
    row = policy.state.row(world.ARMS[0])
    assert row is not None
    assert policy.state.sums.counts[row] > 0


def test_a_better_new_arm_is_found(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson()
    world.live(policy, rng, np.full((3, 3), 0.4), 300)
    arms = [*world.ARMS, Option("new")]
    quality = np.c_[np.full((3, 3), 0.4), np.full(3, 0.95)]
    world.live(policy, rng, quality, 300, arms)
    assert world.share_of(world.live(policy, rng, quality, 100, arms), "new") > 0.6


def test_versions_come_and_go_without_the_state_growing(rng: np.random.Generator) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    first = world.credited(policy.credit(Evidence(Option("math", "0"), world.prompt(rng), 1.0)))
    for version in range(1, 60):
        policy.credit(Evidence(Option("math", str(version)), world.prompt(rng), 1.0))
        policy.credit(Evidence(Option(f"arm {version}"), world.prompt(rng), 1.0))
    state = policy.state
    assert len(state.options) <= 24
    assert sum(option.name == "math" for option in state.options) <= 4
    assert len(set(state.epochs)) == len(state.epochs)
    counts = state.sums.counts.copy()
    policy.credit(Evidence(Option("math", "0"), world.prompt(rng), None), first)
    assert np.array_equal(state.sums.counts, counts), "it is long forgotten"


def test_a_forgotten_version_that_is_back_is_not_charged_for_its_former_life(
    rng: np.random.Generator,
) -> None:
    policy = HierarchicalThompson()
    context = world.prompt(rng)
    old = world.credited(policy.credit(Evidence(Option("math", "0"), context, 1.0)))
    for version in range(1, 6):
        policy.credit(Evidence(Option("math", str(version)), context, 1.0))
    policy.credit(Evidence(Option("math", "0"), context, 0.5))
    policy.credit(Evidence(Option("math", "0"), context, None), old)
    row = policy.state.row(Option("math", "0"))
    assert row is not None
    assert policy.state.sums.counts[row] == 1.0


def test_a_thousand_votes_of_one_person_do_not_decide_other_topics(
    rng: np.random.Generator,
) -> None:
    policy = HierarchicalThompson(world.STRENGTHS)
    world.live(policy, rng, np.array([[0.9, 0.3, 0.3]] * 3), 500)
    poison = 0.0
    for _ in range(1_000):
        weight = vote_weight(poison, others=0.0)
        policy.credit(Evidence(world.ARMS[1], world.prompt(rng, 0), 1.0, weight))
        poison += weight
    after = world.means(policy, world.prompt(rng, 2))
    assert poison < 160.0
    assert after["math"] > after["router"]


def test_a_seed_determines_everything() -> None:
    def run() -> tuple[list[str], bytes]:
        policy = HierarchicalThompson(world.STRENGTHS)
        decisions = world.live(policy, np.random.default_rng(9), world.SPECIALISTS, 120)
        return [decision.arm for decision in decisions], policy.dump()

    assert run() == run()
