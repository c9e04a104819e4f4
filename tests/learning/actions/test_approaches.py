"""Which way to take the next time, from those that were taken before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from learning.actions.approaches import Attempt, attempts_of, choose, duration
from tests.learning.actions.doings import MONDAY, acted

PAGE = "landing page"


def tried(approach: str, *, success: bool, days: float = 0, **further: object) -> Attempt:
    given: dict[str, object] = {"seconds": 600.0, "why": "", "project": "shop"} | further
    return Attempt(approach, PAGE, success=success, at=MONDAY - timedelta(days=days), **given)  # type: ignore[arg-type]


def test_what_worked_once_is_taken_and_what_failed_is_not() -> None:
    known = choose(
        [
            tried("template", success=False, why="it looked like every other page"),
            tried("existing pages", success=True),
        ],
        PAGE,
        "shop",
        MONDAY,
    )
    assert known.use is not None
    assert known.use.approach == "existing pages"
    assert [record.approach for record in known.avoid] == ["template"]
    assert "Not again: “template”" in known.sentence()
    assert "it looked like every other page" in known.sentence()


def test_nothing_known_is_nothing_said() -> None:
    known = choose([], PAGE, "shop", MONDAY)
    assert known.use is None
    assert known.sentence() == ""


def test_of_two_that_work_the_fast_one_is_taken() -> None:
    attempts = [tried("slow", success=True, seconds=3_600.0) for _ in range(4)]
    attempts += [tried("fast", success=True, seconds=600.0) for _ in range(3)]
    known = choose(attempts, PAGE, "shop", MONDAY)
    assert known.use is not None
    assert known.use.approach == "fast"
    assert [record.slow for record in known.records] == [False, True]


def test_a_fast_one_that_fails_is_not() -> None:
    attempts = [tried("slow", success=True, seconds=1_800.0) for _ in range(4)]
    attempts += [tried("fast", success=n == 0, seconds=300.0) for n in range(4)]
    known = choose(attempts, PAGE, "shop", MONDAY)
    assert known.use is not None
    assert known.use.approach == "slow"


def test_what_failed_lately_outweighs_what_worked_long_ago() -> None:
    attempts = [tried("old way", success=True, days=300) for _ in range(3)]
    attempts += [tried("old way", success=False), tried("old way", success=False, days=1)]
    assert [r.approach for r in choose(attempts, PAGE, "shop", MONDAY).avoid] == ["old way"]


def test_other_projects_count_less_and_other_work_not_at_all() -> None:
    there = [tried("template", success=True, project="blog"), tried("template", success=False)]
    assert choose(there, PAGE, "shop", MONDAY).records[0].rate < 0.5
    assert choose(there, PAGE, "blog", MONDAY).records[0].rate > 0.5
    assert choose(there, "deployment", "shop", MONDAY).records == ()


def test_attempts_are_actions_whose_approach_has_a_name() -> None:
    log = [
        acted(1, "task.do", MONDAY, approach="template", task_type=PAGE, time_ms=4_000.0),
        acted(2, "task.do", MONDAY),
        acted(3, "task.do", MONDAY, approach="x", success=None, finished_at=None),
    ]
    assert [(each.approach, each.seconds) for each in attempts_of(log)] == [("template", 4.0)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (2.25, "2.2 seconds"),
        (90, "1.5 minutes"),
        (600, "10 minutes"),
        (5_400, "1.5 hours"),
    ],
)
def test_lengths_of_time_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
