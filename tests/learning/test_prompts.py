"""Which questions are suggested, and how they read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from learning.prompts import FIRST, MOST, MOST_CHARS, suggested

GOALS = ["build a REST API", "learn Rust", "move to Fly"]


def test_goals_come_first_then_threads_then_what_a_newcomer_sees() -> None:
    found = suggested(GOALS, ["Which team owns billing?", "hi", "how do retries work"])
    assert found == (
        "What is my next step to build a REST API?",
        "What is my next step to learn Rust?",
        "What came of “Which team owns billing”?",
        "What came of “how do retries work”?",
    )


def test_a_newcomer_sees_what_can_be_done() -> None:
    assert suggested((), ()) == FIRST


def test_the_same_goal_in_other_capitals_is_suggested_once() -> None:
    assert suggested(["learn Rust", "Learn rust"], ())[1:] == FIRST[:3]


@given(st.lists(st.text(max_size=300), max_size=6), st.lists(st.text(max_size=300), max_size=6))
def test_whatever_was_said_fits_on_buttons(goals: list[str], topics: list[str]) -> None:
    found = suggested(goals, topics)
    assert len(found) == len(set(found)) == MOST
    assert all(0 < len(prompt) <= MOST_CHARS and "\n" not in prompt for prompt in found)
