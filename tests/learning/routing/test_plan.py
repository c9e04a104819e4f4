from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from learning.roles import ROLE_NAMES
from learning.routing.health import Health
from learning.routing.plan import STICKY_MARGIN
from learning.routing.situation import Operation, Wanted
from learning.routing.slots import Tally
from learning.routing.spending import Budget, period_of
from tests.learning.routing.planning import (
    ARMS,
    FREE,
    MEANS,
    NOW,
    OK,
    REFUSING,
    RESTING,
    Believes,
    health,
    notes,
    operations,
    order,
    planned,
    priced,
)


def test_the_best_arm_answers_and_the_others_stand_behind_it_by_worth() -> None:
    made = planned()
    assert order(made) == ["lead", "senior", "architect", "math", "router"]
    assert [c.arm.role for c in made.candidates] == order(made)
    assert (made.propensity, made.forced, made.unpaid) == (1.0, "", None)


def test_without_arms_there_is_nothing_to_plan() -> None:
    with pytest.raises(ValueError, match="map at least one role"):
        planned(arms=())


def test_a_single_arm_answers_with_full_patience_and_nothing_behind_it() -> None:
    quick = health(*[replace(OK, first_piece_ms=50.0)] * 40)
    made = planned(arms=ARMS[:1], operations=operations(router=Operation(quick, 0.0)))
    assert (order(made), made.forced, made.propensity) == (["router"], "only_one", 1.0)
    assert made.steps[0].patience_s == 60.0


@pytest.mark.parametrize(
    ("wanted", "first", "forced"),
    [
        (Wanted(asked="math"), "math", "asked"),
        (Wanted(pinned="senior"), "senior", "pinned"),
        (Wanted(asked="math", pinned="senior"), "math", "asked"),
        (Wanted(asked="math", banned=frozenset({"math"})), "lead", ""),
        (Wanted(pinned="senior", banned=frozenset({"senior"})), "lead", ""),
        (Wanted(banned=frozenset({"lead"})), "senior", ""),
        (Wanted(avoid=frozenset({"lead"})), "senior", ""),
        (Wanted(pinned="lead", avoid=frozenset({"lead"})), "lead", "pinned"),
        (Wanted(earlier="senior"), "lead", ""),
        (Wanted(earlier="nobody"), "lead", ""),
    ],
)
def test_what_people_asked_for_and_forbade_comes_first(
    wanted: Wanted, first: str, forced: str
) -> None:
    made = planned(wanted=wanted)
    assert (order(made)[0], made.forced) == (first, forced)
    assert not set(order(made)) & wanted.banned, "nor is a banned one asked after a failure"
    assert made.propensity == 1.0


def test_when_everybody_is_banned_somebody_answers_all_the_same() -> None:
    made = planned(wanted=Wanted(banned=frozenset(ROLE_NAMES)))
    assert order(made)[0] == "lead"
    assert notes(made) == {}


def test_a_banned_or_unaffordable_model_is_not_asked_even_when_it_rests() -> None:
    made = planned(
        wanted=Wanted(banned=frozenset({"senior"})),
        operations=operations(
            senior=Operation(RESTING, 0.0),
            architect=Operation(RESTING, 9.0),
            math=Operation(RESTING, 0.0),
        ),
    )
    assert order(made) == ["lead", "router", "math"]
    assert notes(made) == {
        "senior": "banned here",
        "architect": "over the turn budget",
        "math": "resting after failures",
    }


@pytest.mark.parametrize(("gap", "stays"), [(0.04, True), (STICKY_MARGIN + 0.01, False)])
def test_a_thread_changes_hands_only_for_somebody_clearly_better(
    gap: float, *, stays: bool
) -> None:
    policy = Believes({**MEANS, "senior": MEANS["lead"] - gap})
    made = planned(policy, wanted=Wanted(earlier="senior"))
    assert (order(made)[0], made.forced) == (("senior", "sticky") if stays else ("lead", ""))


@pytest.mark.parametrize(
    "changes",
    [
        {"wanted": Wanted(earlier="senior", banned=frozenset({"senior"}))},
        {"wanted": Wanted(earlier="senior", avoid=frozenset({"senior"}))},
        {"operations": operations(senior=Operation(RESTING, 0.0))},
        {"operations": priced(senior=0.9)},
    ],
)
def test_a_thread_is_handed_on_when_who_had_it_cannot_go_on(changes: dict[str, Any]) -> None:
    policy = Believes({**MEANS, "senior": 0.79})
    assert planned(policy, wanted=Wanted(earlier="senior")).forced == "sticky"
    made = planned(policy, **{"wanted": Wanted(earlier="senior"), **changes})
    assert (order(made)[0], made.forced) == ("lead", "")


def test_a_pinned_model_that_rests_is_asked_last() -> None:
    made = planned(
        wanted=Wanted(pinned="senior"), operations=operations(senior=Operation(RESTING, 0.0))
    )
    assert order(made) == ["lead", "architect", "math", "router", "senior"]


def test_a_pinned_model_that_cannot_be_afforded_is_not_asked() -> None:
    made = planned(wanted=Wanted(pinned="senior"), operations=priced(senior=2.0))
    assert order(made) == ["lead", "architect", "math", "router"]
    assert notes(made)["senior"] == "over the turn budget"


def test_a_model_that_will_probably_fail_is_skipped_and_asked_last() -> None:
    made = planned(operations=operations(lead=Operation(REFUSING, 0.0)))
    assert order(made) == ["senior", "architect", "math", "router", "lead"]
    assert notes(made)["lead"].startswith("would probably fail (")


def test_when_every_model_rests_they_are_asked_all_the_same() -> None:
    made = planned(operations={model: Operation(RESTING, 0.0) for model in FREE})
    assert order(made)[0] == "lead"
    assert sorted(order(made)) == sorted(ROLE_NAMES)


def test_roles_that_share_a_model_fall_back_to_it_once() -> None:
    arms = [replace(arm, model="openai:one") for arm in ARMS[:3]]
    arms += [replace(arm, model="openai:two") for arm in ARMS[3:]]
    both = {"openai:one": Operation(Health(), 0.0), "openai:two": Operation(Health(), 0.0)}
    made = planned(arms=arms, operations=both)
    assert [(s.arm.role, s.arm.model) for s in made.steps] == [
        ("lead", "openai:one"),
        ("senior", "openai:two"),
    ]


def test_the_architect_comes_next_after_math_where_that_went_well_before() -> None:
    tallies = {
        ("fallback", "math", ""): {"architect": Tally(4.0, 4.0), "lead": Tally(4.0, 0.5)},
        ("fallback", "senior", ""): {"router": Tally(4.0, 4.0)},
    }
    policy = Believes({**MEANS, "math": 0.9})
    assert order(planned(policy))[:2] == ["math", "lead"]
    assert order(planned(policy, tallies=tallies))[:2] == ["math", "architect"]
    asked = Wanted(asked="lead")
    assert order(planned(policy, tallies=tallies, wanted=asked))[:2] == ["lead", "math"]


def test_who_fails_less_comes_next_even_when_all_are_dear() -> None:
    """Expectations below 0 times availability must not turn the order round."""
    slow = replace(OK, latency_ms=9_000.0)
    failing = health(*[replace(slow, outcome="refused")] * 6, *[slow] * 7)
    spent = Budget("person", 100.0, 99.0, 0.1, NOW + timedelta(hours=9))
    made = planned(
        Believes(dict.fromkeys(MEANS, 0.5)),
        operations={
            model: Operation(failing if model == "openai:senior" else Health(), 0.05)
            for model in FREE
        },
        budgets=[spent],
    )
    assert all(c.score < 0 for c in made.candidates)
    assert order(made)[-1] == "senior"


def test_patience_is_learned_has_a_floor_and_is_full_for_the_last() -> None:
    quick = health(*[replace(OK, first_piece_ms=50.0)] * 40)
    slow = health(*[replace(OK, first_piece_ms=5_000.0)] * 40)
    made = planned(
        operations=operations(
            lead=Operation(quick, 0.0),
            senior=Operation(quick, 0.0, floor_s=20.0),
            architect=Operation(slow, 0.0),
            router=Operation(quick, 0.0),
        )
    )
    patience = {step.arm.role: step.patience_s for step in made.steps}
    assert order(made)[-1] == "router"
    assert (patience["lead"], patience["senior"], patience["router"]) == (2.0, 20.0, 60.0)
    assert 8.0 < patience["architect"] < 30.0
    assert patience["math"] == 60.0, "nothing is known of it"


@pytest.mark.parametrize("price", [0.9, None])
def test_a_budget_that_is_used_up_leaves_what_is_free(price: float | None) -> None:
    gone = Budget("person", 1.0, 1.0, 0.5, NOW + timedelta(hours=12))
    dear = {model: Operation(Health(), price) for model in FREE}
    made = planned(operations={**dear, "openai:math": Operation(Health(), 0.0)}, budgets=[gone])
    assert (order(made), made.forced) == (["math"], "only_one")
    assert made.unpaid is not None, "if this one does not know either, the person is told"
    assert made.steps[0].free
    assert notes(made)["lead"] == "over the person budget"


@pytest.mark.parametrize("price", [1e-9, 0.9, math.nan, math.inf, -1.0, None])
def test_a_turn_budget_of_zero_asks_only_models_that_cost_nothing(price: float | None) -> None:
    nothing = [Budget("turn", 0.0)]
    made = planned(operations=priced(lead=price, senior=price), budgets=nothing)
    assert order(made) == ["architect", "math", "router"]
    made = planned(operations={m: Operation(Health(), price) for m in FREE}, budgets=nothing)
    assert made.steps == ()
    assert made.unpaid == nothing[0]


def test_models_of_unknown_price_are_asked_while_there_is_money() -> None:
    made = planned(operations={model: Operation(Health(), None) for model in FREE})
    assert len(made.steps) == 5
    assert not made.steps[0].free


def test_when_nothing_can_be_paid_quality_alone_orders_and_the_tightest_budget_is_named() -> None:
    turn = Budget("turn", 0.5)
    gone = Budget("workspace", 5.0, 4.9, 0.5, NOW + timedelta(hours=12))
    prices = {"router": 0.2, "math": 0.3, "lead": 2.0, "senior": 2.0, "architect": 2.0}
    made = planned(operations=priced(**prices), budgets=[turn, gone])
    assert (made.steps, made.propensity, made.unpaid) == ((), 0.0, gone)
    assert made.candidates[0].arm.role == "lead", "its built-in expert knows such questions best"
    made = planned(operations=priced(**prices), budgets=[Budget("turn", 0.1)])
    assert made.candidates[0].arm.role == "lead", "nobody is paid, so no price counts"
    banned = Wanted(banned=frozenset({"lead"}), avoid=frozenset({"router"}))
    made = planned(operations=priced(**prices), budgets=[turn, gone], wanted=banned)
    assert made.candidates[0].arm.role == "senior"
    assert made.candidates[-1].arm.role == "lead"


def test_late_in_an_overspent_day_the_cheap_arm_wins() -> None:
    begin, end = period_of(NOW)
    late = (NOW - begin) / (end - begin)
    dear = priced(lead=0.02, senior=0.02, architect=0.02, math=0.02, router=0.0)
    calm = Budget("person", 2.0, 0.5, late, end)
    assert order(planned(operations=dear, budgets=[calm]))[0] == "lead"
    pressed = replace(calm, spent_usd=1.9)
    made = planned(operations=dear, budgets=[pressed])
    assert order(made)[0] == "router"
    assert len(made.steps) == 5, "the others can still be paid"
