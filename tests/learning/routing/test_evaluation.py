from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.routing.baselines import EpsilonGreedy, Fixed, Random, StaticRules
from learning.routing.contract import Context, Evidence, Option
from learning.routing.evaluation import Logged, compare, effective, evaluate
from learning.routing.guarded import HierarchicalThompson

if TYPE_CHECKING:
    from collections.abc import Callable

    from learning.routing.contract import Policy
    from learning.task_types import TaskType

BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KINDS: tuple[TaskType, ...] = ("maths", "code", "general")
ARMS = (Option("math", "m/1"), Option("lead", "l/1"), Option("router", "r/1"))
QUALITY = np.array([[0.9, 0.5, 0.2], [0.2, 0.8, 0.5], [0.3, 0.4, 0.7]])
"""A row a kind of prompt, a column an arm."""
RIGHT = {
    arm.name: {kind: float(QUALITY[row, column]) for row, kind in enumerate(KINDS)}
    for column, arm in enumerate(ARMS)
}
WRONG = {name: {kind: 1.0 - value for kind, value in row.items()} for name, row in RIGHT.items()}
BEST = float(QUALITY.max(1).mean())
WORST = float(QUALITY.min(1).mean())


def uniform(_kind: int) -> np.ndarray:
    return np.full(3, 1 / 3)


def greedy(kind: int) -> np.ndarray:
    """Mostly the worst arm."""
    chances = np.full(3, 0.1)
    chances[QUALITY[kind].argmin()] = 0.8
    return chances


def log_of(
    seed: int,
    size: int,
    logging: Callable[[int], np.ndarray] = uniform,
    rated: float = 1.0,
) -> list[Logged]:
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        kind = int(rng.integers(3))
        chances = logging(kind)
        arm = int(rng.choice(3, p=chances))
        reward = float(rng.random() < QUALITY[kind, arm])
        rows.append(
            Logged(
                context=Context({KINDS[kind]: 1.0}),
                options=ARMS,
                arm=ARMS[arm].name,
                propensity=float(chances[arm]),
                reward=reward if rng.random() < rated else None,
                at=BEGIN + timedelta(minutes=number),
            )
        )
    return rows


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("logging", [uniform, greedy])
def test_policies_are_ranked_as_they_would_have_fared(
    logging: Callable[[int], np.ndarray],
) -> None:
    policies: list[Policy] = [Random(), StaticRules(WRONG), StaticRules(RIGHT), Fixed("lead")]
    found = compare(log_of(1, 1_000, logging), policies, chance())
    assert [e.policy for e in found.evaluations] == [
        "static_rules",
        "fixed",
        "random",
        "static_rules",
    ]
    best, worst = found.evaluations[0], found.evaluations[-1]
    assert best.dr is not None
    assert worst.dr is not None
    assert best.dr.low < BEST < best.dr.high
    assert worst.dr.low < WORST < worst.dr.high


def test_a_policy_that_learns_is_followed_from_its_first_choice() -> None:
    log = log_of(2, 900)
    found = compare(log, [HierarchicalThompson(), Random()], chance())
    learner, random = found.evaluations
    assert learner.policy == HierarchicalThompson.name
    assert learner.dr is not None
    assert random.dr is not None
    assert learner.dr.low > random.dr.high
    early = evaluate(log[:60], HierarchicalThompson(), chance())
    assert early.dr is not None
    assert early.dr.value < learner.dr.value


def test_the_order_of_the_log_is_that_of_time() -> None:
    log = log_of(3, 200)
    shuffled = [log[i] for i in chance(1).permutation(len(log))]
    assert evaluate(shuffled, EpsilonGreedy(), chance()) == evaluate(log, EpsilonGreedy(), chance())


def test_intervals_contain_the_truth_as_often_as_they_say() -> None:
    runs = [evaluate(log_of(s, 120, greedy), StaticRules(RIGHT), chance()) for s in range(100)]
    for name in ("ips", "snips", "dr"):
        intervals = [getattr(run, name) for run in runs]
        covered = np.mean([i.low <= BEST <= i.high for i in intervals])
        assert 0.88 <= covered <= 0.99, (name, covered)
    values = np.array([run.ips.value for run in runs if run.ips])
    assert abs(values.mean() - BEST) < 3 * values.std() / math.sqrt(len(values))


def test_the_doubly_robust_interval_is_narrower_than_that_of_plain_weights() -> None:
    found = evaluate(log_of(4, 800), StaticRules(RIGHT), chance())
    assert found.ips is not None
    assert found.dr is not None
    assert found.dr.high - found.dr.low < 0.85 * (found.ips.high - found.ips.low)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 1.0), st.floats(0.0, 1.0))
def test_self_normalised_estimates_move_with_rewards_that_are_shifted_and_stretched(
    stretch: float, shift: float
) -> None:
    shift *= 1.0 - stretch
    log = log_of(5, 120, greedy)
    moved = [replace(row, reward=stretch * (row.reward or 0.0) + shift) for row in log]
    before = evaluate(log, StaticRules(RIGHT), chance())
    after = evaluate(moved, StaticRules(RIGHT), chance())
    assert before.snips is not None
    assert after.snips is not None
    for end in ("value", "low", "high"):
        assert getattr(after.snips, end) == pytest.approx(
            stretch * getattr(before.snips, end) + shift
        )


def test_the_policy_that_logged_is_estimated_at_what_was_rated() -> None:
    log = log_of(6, 400)
    found = compare(log, [Random()], chance())
    (same,) = found.evaluations
    mean = float(np.mean([row.reward for row in log]))
    assert found.logged is not None
    assert found.logged.value == pytest.approx(mean)
    assert same.ips is not None
    assert same.ips.value == pytest.approx(mean)
    assert same.effective_sample_size == pytest.approx(400)
    assert same.matched == pytest.approx(1 / 3)
    assert same.gain is not None
    assert same.gain.low <= 0.0 <= same.gain.high
    assert same.warnings == ()


def test_a_better_policy_gains_for_certain_and_a_worse_one_loses() -> None:
    log = log_of(7, 800)
    better = evaluate(log, StaticRules(RIGHT), chance()).gain
    worse = evaluate(log, StaticRules(WRONG), chance()).gain
    assert better is not None
    assert worse is not None
    assert better.low > 0.0
    assert worse.high < 0.0


def test_a_log_without_chance_is_said_to_tell_nothing_of_other_arms() -> None:
    log = [replace(row, arm="math", propensity=1.0) for row in log_of(8, 200)]
    found = evaluate(log, Fixed("lead"), chance())
    assert (found.ips, found.snips, found.dr, found.gain) == (None, None, None, None)
    assert "certain" in found.warnings[0]
    assert any("never tried lead" in said and "100%" in said for said in found.warnings)


def test_arms_without_support_are_named() -> None:
    log = [row for row in log_of(9, 300) if row.arm != "router"]
    found = evaluate(log, Random(), chance())
    assert any("never tried router" in said and "33%" in said for said in found.warnings)
    assert not any("never tried math" in said for said in found.warnings)


def test_propensities_that_are_not_how_the_choices_were_made_are_noticed() -> None:
    log = [replace(row, propensity=0.9) for row in log_of(10, 300)]
    found = evaluate(log, Random(), chance())
    assert any("should average 1" in said for said in found.warnings)


def test_few_ratings_are_said_to_be_few() -> None:
    assert any("least" in w for w in evaluate(log_of(11, 40), Random(), chance()).warnings)
    assert not any("least" in w for w in evaluate(log_of(11, 80), Random(), chance()).warnings)


@pytest.mark.parametrize("bad", [0.0, -0.5, 1.5, math.nan, math.inf])
def test_a_propensity_that_cannot_be_is_left_out_and_counted(bad: float) -> None:
    log = log_of(12, 100)
    spoiled = [*log, replace(log[0], propensity=bad)]
    found, clean = (evaluate(rows, Random(), chance()) for rows in (spoiled, log))
    assert found.dropped == 1
    assert any("1 choices were left out" in said for said in found.warnings)
    assert (found.ips, found.snips, found.dr) == (clean.ips, clean.snips, clean.dr)


@pytest.mark.parametrize(
    "spoil", [{"reward": math.nan}, {"reward": 7.0}, {"weight": math.nan}, {"arm": "nobody"}]
)
def test_a_row_that_cannot_be_read_changes_no_estimate(spoil: dict[str, float]) -> None:
    log = log_of(12, 100)
    found = evaluate([*log, replace(log[0], **spoil)], EpsilonGreedy(), chance())  # type: ignore[arg-type]
    assert found.dropped == 1
    assert found.dr == evaluate(log, EpsilonGreedy(), chance()).dr


def test_large_weights_are_clipped_and_counted() -> None:
    log = log_of(13, 200)
    log[5] = replace(log[5], arm="math", propensity=1e-6, reward=1.0)
    found = evaluate(log, Fixed("math"), chance())
    assert found.clipped == 1
    assert any("clipped" in said for said in found.warnings)
    assert found.ips is not None
    assert found.ips.value < 2.0


def test_silence_is_no_bad_mark() -> None:
    found = evaluate(log_of(14, 1_500, rated=0.4), StaticRules(RIGHT), chance())
    assert found.n == 1_500
    assert 500 < found.used < 700
    assert found.dr is not None
    assert found.dr.low < BEST < found.dr.high
    assert sum("never rated" in said for said in found.warnings) == 1
    assert not any("lean towards" in said for said in found.warnings)


def test_choices_that_nobody_rated_are_still_choices() -> None:
    policy = HierarchicalThompson()
    silent = [replace(row, reward=None) for row in log_of(15, 30)]
    found = evaluate(silent, policy, chance())
    assert found.used == 0
    assert found.dr is None
    assert "Nobody has rated" in found.warnings[0]
    fresh = HierarchicalThompson()
    fresh.chosen(30.0)
    assert policy.dump() == fresh.dump()


def test_people_who_rate_one_arm_only_are_noticed() -> None:
    log = [
        replace(row, reward=None) if row.arm == "lead" and number % 5 else row
        for number, row in enumerate(log_of(16, 600))
    ]
    assert any("lean towards" in said for said in evaluate(log, Random(), chance()).warnings)


def test_ratings_count_by_their_weight() -> None:
    log = log_of(17, 300)
    poisoned = [
        replace(row, reward=0.0, weight=1e-4) if number % 3 == 0 else row
        for number, row in enumerate(log)
    ]
    honest = [row for number, row in enumerate(log) if number % 3]
    one, other = (evaluate(rows, Random(), chance()) for rows in (poisoned, honest))
    assert one.ips is not None
    assert other.ips is not None
    assert one.ips.value == pytest.approx(other.ips.value, abs=1e-3)


def test_ratings_are_learned_by_their_weight() -> None:
    half = [replace(row, weight=0.5) for row in log_of(19, 20)]
    followed, direct = EpsilonGreedy(), EpsilonGreedy()
    evaluate(half, followed, chance())
    for row in half:
        arm = next(option for option in ARMS if option.name == row.arm)
        direct.chosen()
        direct.credit(Evidence(arm, row.context, row.reward, 0.5))
    assert followed.dump() == direct.dump()


def test_every_policy_has_chance_of_its_own_and_the_same_again() -> None:
    log = log_of(18, 100)
    both = compare(log, [EpsilonGreedy(), HierarchicalThompson()], chance(4))
    again = compare(log, [EpsilonGreedy(), HierarchicalThompson()], chance(4))
    assert both == again
    assert both.as_data()["evaluations"][0]["dr"]["low"] is not None


def test_an_empty_log_says_so() -> None:
    found = compare([], [Random()], chance())
    assert found.logged is None
    assert found.evaluations[0].dr is None
    assert "Nobody has rated" in found.evaluations[0].warnings[0]


@pytest.mark.parametrize("bad", [{"confidence": 1.0}, {"max_weight": math.nan}])
def test_settings_that_cannot_be_meant_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|the least"):
        evaluate([], Random(), chance(), **bad)


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1e3), min_size=1, max_size=30))
def test_the_effective_size_is_at_most_the_size(weights: list[float]) -> None:
    assert 0.0 <= effective(np.array(weights)) <= len(weights) + 1e-9
