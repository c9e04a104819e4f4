"""How one setting of the chosen arm is picked."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.routing.slots import ONE_PERSON, Pick, SlotPolicy, Tally, pick, voice

OPTIONS = ("default", "detailed", "concise")
POLICIES: tuple[SlotPolicy, ...] = ("thompson", "epsilon_greedy")
numbers = st.floats(allow_nan=True, allow_infinity=True)
tallies = st.dictionaries(st.sampled_from((*OPTIONS, "gone")), st.builds(Tally, numbers, numbers))


def leader(shared: dict[str, Tally], own: dict[str, Tally] | None = None) -> str:
    return pick(OPTIONS, shared, own or {}, np.random.default_rng(0), explore=False).option


def estimates(shared: dict[str, Tally], own: dict[str, Tally] | None = None) -> Pick:
    return pick(OPTIONS, shared, own or {}, np.random.default_rng(0))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("shared", "own"),
    [
        ({}, {}),
        ({"detailed": Tally(5.0, 4.5), "default": Tally(4.0, 1.0)}, {}),
        ({"default": Tally(20.0, 12.0)}, {"concise": Tally(1.0, 1.0), "default": Tally(1.0, 0.0)}),
    ],
)
def test_logged_propensities_are_the_frequencies(
    policy: SlotPolicy, shared: dict[str, Tally], own: dict[str, Tally]
) -> None:
    rng = np.random.default_rng(5)
    picks = [pick(OPTIONS, shared, own, rng, policy=policy) for _ in range(1_500)]
    expected = {e.option: e.propensity for e in picks[0].estimates}
    assert math.isclose(sum(expected.values()), 1.0)
    for option, propensity in expected.items():
        seen = [p for p in picks if p.option == option]
        error = 4.0 * math.sqrt(propensity * (1.0 - propensity) / len(picks)) + 1e-3
        assert abs(len(seen) / len(picks) - propensity) < error
        assert all(p.propensity == propensity for p in seen)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_leave_to_explore_the_leader_is_certain(policy: SlotPolicy) -> None:
    rng = np.random.default_rng(0)
    found = [pick(OPTIONS, {}, {}, rng, explore=False, policy=policy) for _ in range(50)]
    assert {p.option for p in found} == {"default"}
    assert {p.propensity for p in found} == {1.0}


def test_exploration_is_rare_and_reaches_every_option() -> None:
    found = estimates({})
    assert found.estimates[0].propensity >= 0.95
    assert all(e.propensity > 0.0 for e in found.estimates)


def test_epsilon_greedy_takes_any_option_one_time_in_ten() -> None:
    shared = {"concise": Tally(1.0, 0.9)}
    found = pick(OPTIONS, shared, {}, np.random.default_rng(0), policy="epsilon_greedy")
    assert [round(e.propensity, 4) for e in found.estimates] == [0.0333, 0.0333, 0.9333]


def test_a_default_that_is_merely_disliked_stays() -> None:
    """Most feedback is about the model; no other setting was seen to do better."""
    assert leader({"default": Tally(30.0, 3.0)}) == "default"
    assert leader({}, {"default": Tally(30.0, 0.0)}) == "default"


def test_what_nobody_tried_is_expected_to_do_about_as_well_as_the_rest() -> None:
    for mean in (0.1, 0.9):
        default, untried, _ = estimates({"default": Tally(30.0, 30.0 * mean)}).estimates
        assert abs(untried.mean - mean) < 0.1
        assert untried.mean < default.mean


def test_the_default_of_all_moves_when_several_prefer_another_and_not_before() -> None:
    def after(people: int) -> str:
        votes = float(people)
        return leader({"default": Tally(votes, 0.1 * votes), "detailed": Tally(votes, 0.9 * votes)})

    assert [after(people) for people in (1, 2, 3, 5)] == [
        "default",
        "default",
        "detailed",
        "detailed",
    ]


def test_a_few_among_many_do_not_move_everybody() -> None:
    few = {"default": Tally(60.0, 45.0), "detailed": Tally(4.0, 4.0)}
    assert leader(few) == "default"
    assert leader({**few, "detailed": Tally(20.0, 20.0)}) == "detailed"


def test_an_option_that_is_no_better_does_not_move_anybody() -> None:
    assert leader({"default": Tally(20.0, 14.0), "detailed": Tally(20.0, 14.6)}) == "default"


def test_one_explicit_wish_changes_what_the_person_gets() -> None:
    own = {"default": Tally(1.0, 0.0), "concise": Tally(1.0, 1.0)}
    assert leader({}, own) == "concise"
    assert leader({"default": Tally(200.0, 180.0)}, own) == "concise", "whatever others think"
    content = {"default": Tally(6.0, 5.0), "concise": Tally(1.0, 1.0)}
    assert leader({}, content) == "concise", "however content they were for fifty votes before"


def test_a_person_can_keep_the_old_form_when_all_others_left_it() -> None:
    shared = {"default": Tally(9.0, 1.0), "detailed": Tally(9.0, 8.5)}
    assert leader(shared) == "detailed"
    assert leader(shared, {"detailed": Tally(1.0, 0.0), "default": Tally(1.0, 1.0)}) == "default"


def test_who_said_what_they_want_is_not_experimented_on() -> None:
    own = {"default": Tally(1.0, 0.0), "concise": Tally(1.0, 1.0)}
    assert (estimates({}, own).option, estimates({}, own).propensity) == ("concise", 1.0)
    assert estimates({}, {"default": Tally(2.0, 1.5)}).estimates[1].propensity > 0.0


def test_an_estimate_says_whose_feedback_moved_it() -> None:
    found = estimates({"detailed": Tally(4.0, 3.0)}, {"concise": Tally(1.5, 1.0)})
    assert [e.option for e in found.estimates] == list(OPTIONS)
    assert [e.people_weight for e in found.estimates] == [0.0, 4.0, 0.0]
    assert [e.own_weight for e in found.estimates] == [0.0, 0.0, 1.5]


def test_more_feedback_makes_an_estimate_more_certain() -> None:
    few = estimates({"default": Tally(2.0, 1.2)}).estimates[0]
    many = estimates({"default": Tally(200.0, 120.0)}).estimates[0]
    assert many.deviation < few.deviation / 3


@pytest.mark.parametrize(
    "bad", [Tally(-3.0, 1.0), Tally(math.nan, 1.0), Tally(1.0, math.nan), Tally(math.inf, 1.0)]
)
def test_a_tally_that_is_no_tally_counts_as_none(bad: Tally) -> None:
    clean, spoilt = estimates({}), estimates({"detailed": bad}, {"concise": bad})
    assert spoilt.estimates == clean.estimates


@settings(max_examples=60, deadline=None)
@given(tallies, tallies, st.sampled_from(POLICIES), st.booleans())
def test_any_state_gives_a_sound_pick(
    shared: dict[str, Tally], own: dict[str, Tally], policy: SlotPolicy, explore: bool
) -> None:
    found = pick(OPTIONS, shared, own, np.random.default_rng(0), explore=explore, policy=policy)
    assert found.option in OPTIONS
    assert math.isclose(sum(e.propensity for e in found.estimates), 1.0)
    assert all(0.0 <= e.propensity <= 1.0 and 0.0 <= e.mean <= 1.0 for e in found.estimates)
    assert all(0.0 < e.deviation <= 1.0 for e in found.estimates)
    assert 0.0 < found.propensity <= 1.0


def test_no_option_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="name at least the default"):
        pick((), {}, {}, np.random.default_rng(0))


def test_one_option_is_certain_and_a_name_counts_once() -> None:
    found = pick(("default", "default"), {}, {}, np.random.default_rng(0))
    assert (found.option, found.propensity, len(found.estimates)) == ("default", 1.0, 1)


def test_nobody_counts_for_more_than_one_among_everybody() -> None:
    assert voice(Tally(0.4, 0.3)) == Tally(0.4, 0.3)
    thousand = voice(Tally(1_000.0, 900.0))
    assert thousand.weight == ONE_PERSON
    assert math.isclose(thousand.total, 0.9 * ONE_PERSON)
    assert voice(Tally(-1.0, 5.0)) == Tally()


def test_learning_finds_what_people_prefer_and_costs_little_where_they_do_not_care() -> None:
    rng = np.random.default_rng(11)
    for quality, best in (((0.3, 0.3, 0.8), "concise"), ((0.7, 0.7, 0.7), "default")):
        shared: dict[str, Tally] = {}
        people: dict[tuple[int, str], Tally] = {}
        got: list[str] = []
        for turn in range(3_000):
            person = turn % 8
            own = {o: people[person, o] for o in OPTIONS if (person, o) in people}
            found = pick(OPTIONS, shared, own, rng).option
            got.append(found)
            liked = float(rng.random() < quality[OPTIONS.index(found)])
            before = people.get((person, found), Tally())
            after = before + Tally(0.1, 0.1 * liked)
            people[person, found] = after
            shared[found] = shared.get(found, Tally()) + voice(after) - voice(before)
        assert got[-500:].count(best) > 450


def test_a_pick_takes_less_than_a_millisecond() -> None:
    names = [f"option {n}" for n in range(11)]
    shared = {name: Tally(5.0, 0.3 * n) for n, name in enumerate(names)}
    rng = np.random.default_rng(0)
    times = []
    for _ in range(200):
        began = time.perf_counter()
        pick(names, shared, shared, rng)
        times.append(time.perf_counter() - began)
    assert np.median(times) < 1e-3
