"""What the options of temperature and length mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.roles import ROLE_NAMES, RoleName
from learning.routing.parameters import temperature_of, temperatures, token_shares, tokens_of
from learning.task_types import TASK_TYPES, TaskType


@pytest.mark.parametrize("role", ROLE_NAMES)
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_the_default_changes_nothing_and_the_rest_are_real(
    role: RoleName, task_type: TaskType
) -> None:
    default, *others = temperatures(role, task_type)
    assert temperature_of(default) is None
    assert others
    assert all(temperature_of(option) is not None for option in others)
    unchanged, *lengths = token_shares(role, task_type)
    assert tokens_of(unchanged, 1024) == 1024
    assert lengths
    assert all(tokens_of(option, 1024) != 1024 for option in lengths)


def test_a_mathematician_is_never_asked_to_improvise() -> None:
    assert temperatures("math", "general") == temperatures("math", "maths")
    assert temperatures("router", "general") != temperatures("math", "general")


@pytest.mark.parametrize(("option", "value"), [("0.2", 0.2), ("0.0", 0.0), ("2", 2.0)])
def test_a_temperature_is_the_number_it_names(option: str, value: float) -> None:
    assert temperature_of(option) == value


@pytest.mark.parametrize("option", ["", "provider", "warm", "nan", "inf", "-0.1", "2.1"])
def test_a_temperature_that_is_none_is_left_to_the_provider(option: str) -> None:
    assert temperature_of(option) is None


@pytest.mark.parametrize(("option", "tokens"), [("0.5", 500), ("1", 1000), ("2", 2000)])
def test_a_length_is_a_share_of_what_was_configured(option: str, tokens: int) -> None:
    assert tokens_of(option, 1000) == tokens


@pytest.mark.parametrize("option", ["", "long", "nan", "inf", "0", "-1", "1000"])
def test_a_length_that_is_none_is_what_was_configured(option: str) -> None:
    assert tokens_of(option, 1000) == 1000


@given(st.text(max_size=12), st.integers(-5, 10**6))
def test_an_answer_always_has_room_for_a_word(option: str, configured: int) -> None:
    assert 1 <= tokens_of(option, configured) <= max(1, 4 * configured)
