from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.roles import ROLE_NAMES, role
from learning.routing.declared import AVOID_PENALTY, POLICIES, Arm, RoutingContext
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from learning.roles import RoleName
    from learning.routing.declared import Choice
    from learning.task_types import TaskType

RNG = random.Random(0)
EACH_OWN = [Arm(name, f"x:{name}") for name in ROLE_NAMES]
contexts = st.builds(
    RoutingContext,
    st.lists(st.floats(0.001, 1), min_size=4, max_size=4).map(
        lambda ps: dict(zip(TASK_TYPES, (p / sum(ps) for p in ps), strict=True))
    ),
    st.frozensets(st.sampled_from(ROLE_NAMES)),
    st.sampled_from([None, *ROLE_NAMES]),
)


def chosen(task: TaskType, arms: list[Arm] = EACH_OWN, **more: object) -> Choice:
    context = RoutingContext({task: 1.0}, **more)  # type: ignore[arg-type]
    return POLICIES["declared_strengths"]().choose(context, arms, RNG)


@pytest.mark.parametrize(
    ("task", "name"),
    [("maths", "math"), ("code", "lead"), ("architecture", "architect"), ("general", "router")],
)
def test_the_strongest_role_answers(task: TaskType, name: RoleName) -> None:
    choice = chosen(task)
    assert choice.arm == Arm(name, f"x:{name}")
    assert choice.candidates[0].score == role(name).strengths.of(task)


def test_a_mixture_is_weighed() -> None:
    context = RoutingContext({"maths": 0.5, "code": 0.5})
    choice = POLICIES["declared_strengths"]().choose(context, EACH_OWN, RNG)
    scores = {c.arm.role: c.score for c in choice.candidates}
    assert scores["lead"] == pytest.approx((0.55 + 0.80) / 2)
    assert choice.arm.role == "lead"


def test_a_disliked_role_comes_after_the_others_and_says_why() -> None:
    choice = chosen("code", avoid=frozenset({"lead"}))
    assert choice.arm.role == "senior"
    lead = next(c for c in choice.candidates if c.arm.role == "lead")
    assert lead.score == pytest.approx(0.80 - AVOID_PENALTY)
    assert lead.note == "its last answer to this question was disliked"
    assert chosen("code", [EACH_OWN[2]], avoid=frozenset({"lead"})).arm.role == "lead", (
        "the only one"
    )


def test_who_was_asked_for_answers() -> None:
    choice = chosen("maths", prefer="architect")
    assert choice.arm.role == "architect"
    assert choice.candidates[0].note == "asked for"


def test_roles_that_share_a_model_are_one_try() -> None:
    arms = [Arm(name, "x:same" if name != "math" else "x:math") for name in ROLE_NAMES]
    choice = chosen("code", arms)
    assert [(a.role, a.model) for a in choice.order] == [("lead", "x:same"), ("math", "x:math")]
    assert len(choice.candidates) == 5


def test_without_arms_there_is_no_choice() -> None:
    with pytest.raises(ValueError, match="map at least one role"):
        chosen("code", [])


@given(contexts, st.lists(st.sampled_from(EACH_OWN), min_size=1, unique=True), st.integers(0, 9))
def test_every_policy_keeps_its_word(context: RoutingContext, arms: list[Arm], seed: int) -> None:
    for name, policy in POLICIES.items():
        choice = policy().choose(context, arms, random.Random(seed))
        assert choice.policy == policy().name == name
        assert choice.arm in arms
        assert 0 < choice.propensity <= 1
        assert choice.order[0] == choice.arm
        assert sorted(a.model for a in choice.order) == sorted({a.model for a in arms})
        assert {c.arm for c in choice.candidates} == set(arms)
        assert choice == policy().choose(context, arms, random.Random(seed)), "the same again"
