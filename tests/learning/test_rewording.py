"""Which edits ask for something else."""

from __future__ import annotations

import pytest

from learning.rewording import asks_anew


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("What is a moon?", "what is a moon"),
        ("who owns billing", "Who owns billing?!"),
        ("Which team owns billling?", "Which team owns billing?"),
        ("how do I chagne the port?", "how do I change the port?"),
        ("deploy the servce", "Please deploy the service, thanks"),
        ("the   same\nwords", "the same words"),
        ("don’t stop the build", "don't stop the build"),
    ],
)
def test_another_spelling_asks_for_the_same(before: str, after: str) -> None:
    assert not asks_anew(before, after)
    assert not asks_anew(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("what is 6 * 7?", "what is 6 * 8?"),
        ("what is 6 * 7?", "what is 6 + 7?"),
        ("what is 5 - 3?", "what is 5 + -3?"),
        ("what is 1.5 times 2?", "what is 15 times 2?"),
        ("may I deploy?", "may I not deploy?"),
        ("why can I log in?", "why can't I log in?"),
        ("run `a == b`", "run `a = b`"),
        ("```\nx = 1\n```", "```\nx  = 1\n```"),
        ("is the cat in?", "is the car in?"),
        ("import the table", "export the table"),
        ("who owns billing?", "who owns billing and payments?"),
        ("look into bot/turn.py", "look into bot/tune.py"),
        ("what is 5!?", "what is 5?"),
        ("is C slow?", "is C++ slow?"),
        ("what came before that?", "what came after that?"),
    ],
)
def test_other_words_figures_and_code_ask_for_something_else(before: str, after: str) -> None:
    assert asks_anew(before, after)
    assert asks_anew(after, before)


def test_many_mended_words_are_another_message() -> None:
    assert asks_anew("alpah betta gamna", "alpha beta gamma")


def test_scripts_without_spaces_are_told_apart() -> None:
    assert asks_anew("東京の天気", "大阪の天気")
    assert not asks_anew("東京の天気", "東京の天気?")
