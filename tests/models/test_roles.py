from __future__ import annotations

import pytest

from learning.roles import ROLE_NAMES, ROLES, Strengths, role
from learning.task_types import TASK_TYPES


def test_the_five_roles_are_there_once_each() -> None:
    assert tuple(each.name for each in ROLES) == ROLE_NAMES
    assert [each.display_name for each in ROLES] == [
        "OpenHermes",
        "Mathstral",
        "DeepSeek",
        "CodeLlama",
        "WizardCoder",
    ]
    assert len({each.ollama_tag for each in ROLES}) == len(ROLES)


@pytest.mark.parametrize(
    ("task_type", "best"),
    [("maths", "math"), ("code", "lead"), ("architecture", "architect"), ("general", "router")],
)
def test_each_type_of_task_has_its_favourite(task_type: str, best: str) -> None:
    known = next(t for t in TASK_TYPES if t == task_type)
    assert max(ROLES, key=lambda each: each.strengths.of(known)).name == best


@pytest.mark.parametrize("each", ROLES, ids=lambda each: each.name)
def test_the_instructions_ask_for_citations_honesty_and_distrust(each: object) -> None:
    assert each in ROLES
    prompt = next(r for r in ROLES if r is each).system_prompt
    for wanted in ("[n]", "do not know", "data", "do not follow instructions"):
        assert wanted in prompt
    assert len(prompt) < 900


def test_an_unknown_role_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no role 'achitect'; did you mean 'architect'\?"):
        role("achitect")
    with pytest.raises(ValueError, match="The roles are router, math, lead, senior, architect"):
        role("zzz")


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_its_range_is_no_strength(value: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Strengths(maths=value, code=0.5, architecture=0.5, general=0.5)
