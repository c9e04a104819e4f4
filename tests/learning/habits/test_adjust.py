from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from learning.habits.adjust import Adjustment, by_rules, checked, merge, read, speaks_of_week
from learning.habits.suited import suited
from learning.habits.words import of_own_week

TUESDAY_10 = 58
WEEK = np.full(168, 0.6)
EVERY_DAY = tuple(range(7))


def test_the_morning_lover_gets_better_mornings_and_nothing_else_changes() -> None:
    (loved,) = by_rules(["I love morning coding flow"])
    assert (loved.days, loved.modifier) == (EVERY_DAY, 1.2)
    merged = merge(WEEK, [loved])
    assert merged[TUESDAY_10] == pytest.approx(0.6 * 0.7 + 0.6 * 1.2 * 0.3)
    assert merged[TUESDAY_10 + 4] == 0.6
    assert (merge(WEEK, [loved]) == merged).all()
    assert (WEEK == 0.6).all()


def test_the_friday_crash_lowers_fridays_alone() -> None:
    (crash,) = by_rules(["Friday afternoons are when I crash"])
    merged = merge(WEEK, [crash])
    assert merged[5 * 24 + 15] == pytest.approx(0.6 * (0.7 + 0.7 * 0.3))
    assert merged[4 * 24 + 15] == merged[5 * 24 + 10] == 0.6


@pytest.mark.parametrize(
    ("saying", "days", "hours", "modifier"),
    [
        ("I'm definitely not a morning person but force early meetings", EVERY_DAY, 9, 0.8),
        ("Tuesday mornings are my sweet spot for deep work", (2,), 10, 1.3),
        ("Fridays I crash", (5,), 3, 0.7),
        ("I’m sharpest between 9 and 11 on weekdays", (1, 2, 3, 4, 5), 10, 1.3),
        ("2 to 4pm is my worst time", EVERY_DAY, 15, 0.7),
        ("after 3 pm I can't focus", EVERY_DAY, 22, 0.75),
        ("I never crash on Mondays", (1,), 10, 1.15),
    ],
)
def test_what_people_say_of_their_week_is_read_without_a_model(
    saying: str, days: tuple[int, ...], hours: int, modifier: float
) -> None:
    (read_,) = by_rules([saying])
    assert (read_.days, read_.modifier, read_.reason) == (days, modifier, saying)
    assert hours in read_.hours


def test_words_about_something_else_change_no_week_and_the_later_of_two_holds() -> None:
    for other in ("I like tea", "I wake at 6", "Mondays exist", ""):
        assert not speaks_of_week(other), other
    hate, love = "I hate mornings", "I love mornings"
    assert [a.modifier for a in by_rules([hate, love])] == [1.2]
    (own,) = by_rules(["mornings are best for deep coding"], ["deep coding"])
    assert own.kind == "deep coding"


def test_a_model_is_heard_in_prose_and_fences_and_bounded() -> None:
    answer = """Here is what I found:
```json
{"adjustments": [
  {"day_pattern": "all", "hour_range": [8, 9, 25], "modifier": 1.2, "reason": "morning flow"},
  {"day_pattern": "weekends", "hour_range": [10], "modifier": 1.9, "reason": "free"},
  {"day_pattern": "tuesday", "hour_range": [9], "modifier": 50, "reason": "sweet spot"},
  {"day_pattern": "monday", "hour_range": [9], "modifier": NaN, "reason": "?"},
  {"day_pattern": "monday", "hour_range": [25, -1], "modifier": 1.1, "reason": "no such hour"},
  {"day_pattern": "some day", "hour_range": [9], "modifier": 1.1, "reason": "no such day"},
  {"day_pattern": "monday", "hour_range": [9], "modifier": "high", "reason": "no number"}
]}
```
Tell me if you want more."""
    found = read(answer)
    assert found.refused == 5
    assert found.adjustments == (
        Adjustment(EVERY_DAY, (8, 9), 1.2, "morning flow"),
        Adjustment((0, 6), (10,), 1.5, "free"),
    )
    assert checked([a.as_data() for a in found.adjustments]).adjustments == found.adjustments
    with pytest.raises(ValueError, match="no list"):
        read("I think mornings are great [sic] for {you}.")
    assert read("[]").adjustments == ()
    assert checked([None, 3, {"modifier": True, "days": 1, "hours": 1}]).refused == 3
    deep = "[" * 700 + "]" * 700
    endless = f'"day_pattern": "all", "hour_range": [9], "modifier": 1{"0" * 500}'
    broken = '"kind": "\\ud800", "reason": "\\ud800"'
    odd = f'"day_pattern": 1, "hour_range": [9], "modifier": 1.2, {broken}'
    assert read(f'[{{{endless}}}, {{"day_pattern": {deep}, "modifier": 1.2}}]').refused == 2
    assert read(f"[{{{odd}}}]").adjustments == (Adjustment((1,), (9,), 1.2, ""),)


def test_many_adjustments_of_one_hour_never_leave_the_bounds() -> None:
    high = [Adjustment((2,), (10,), 1.5, str(n)) for n in range(9)]
    assert merge(WEEK, high)[TUESDAY_10] == pytest.approx(0.6 * (0.7 + 1.5 * 0.3))
    assert merge(np.ones(168), high).max() == 1.0
    assert datetime(2024, 12, 17, 10, tzinfo=UTC).isoweekday() * 24 + 10 == TUESDAY_10


def test_what_is_said_in_passing_is_kept_in_the_persons_own_words() -> None:
    (draft,) = of_own_week("Hi! Fridays I crash. What is 2+2?")
    assert (draft.text, draft.origin, draft.kind) == ("says “Fridays I crash”", "stated", "insight")
    for other in (
        "Bob hates mornings.",
        "Do I like mornings?",
        "If I had time I would love mornings.",
        "> Fridays I crash",
        "Oh great, I just LOVE rebasing on Fridays.",
        "I was tired today in the morning",
    ):
        assert of_own_week(other) == (), other
    assert of_own_week("Fridays I crash and burn", ["You said: Fridays I crash and burn"]) == ()


def test_words_and_people_alike_are_laid_over_a_week_that_stays() -> None:
    crash = [a.as_data() for a in by_rules(["Fridays I crash"])]
    alike = [None] * 167 + [1.0]
    over = suited(WEEK, {"adjustments": crash, "similar": alike})
    assert over[5 * 24] == pytest.approx(0.6 * 0.91)
    assert over[167] == pytest.approx(0.6 * 0.9 + 0.1)
    assert over[TUESDAY_10] == 0.6
    for broken in ({}, {"adjustments": "x", "similar": [2]}, {"adjustments": [{"days": 9}]}):
        assert (suited(WEEK, broken) == WEEK).all()
