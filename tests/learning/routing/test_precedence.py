"""Rules, and who goes on answering a thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from learning.routing.crediting import CORRECTED, last_words
from learning.routing.precedence import (
    STICKS_FOR,
    LastAnswer,
    Ruled,
    goes_on,
    same_words,
    standing,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAST = LastAnswer("lead", "code", "answered", None, "", NOON)


def test_the_narrowest_pin_holds_and_every_ban_does() -> None:
    pins = [Ruled("pin", "math", 0), Ruled("pin", "lead", 2), Ruled("pin", "senior", 1)]
    assert standing(pins) == ("lead", frozenset())
    assert standing([*pins, Ruled("ban", "lead", 0)]) == ("senior", frozenset({"lead"}))
    assert standing([]) == (None, frozenset())


def test_who_answered_goes_on_with_the_same_kind_of_task() -> None:
    assert goes_on(LAST, "code", NOON + STICKS_FOR) == "lead"
    assert goes_on(replace(LAST, rating=2.5, forced="sticky"), "code", NOON) == "lead"


@pytest.mark.parametrize(
    "changes",
    [{"outcome": "fell_back"}, {"rating": 2.0}, {"forced": "pinned"}, {"task_type": "maths"}],
)
def test_what_was_no_good_or_another_task_binds_nobody(changes: dict[str, Any]) -> None:
    assert goes_on(replace(LAST, **changes), "code", NOON) is None


def test_a_thread_that_was_long_silent_binds_nobody() -> None:
    assert goes_on(LAST, "code", NOON + STICKS_FOR + timedelta(seconds=1)) is None
    assert goes_on(None, "code", NOON) is None


def test_questions_are_the_same_but_for_case_and_spaces() -> None:
    assert same_words("Where  is\nit?", "where is it?")
    assert not same_words("where is it?", "where is that?")


def test_of_a_like_and_a_correction_the_later_counts() -> None:
    liked, later = {"ann": (1.0, NOON)}, NOON + timedelta(seconds=1)
    assert last_words(liked, {"ann": later, "bob": NOON}) == {
        "ann": (CORRECTED, later),
        "bob": (CORRECTED, NOON),
    }
    assert last_words({"ann": (1.0, later)}, {"ann": NOON}) == {"ann": (1.0, later)}
