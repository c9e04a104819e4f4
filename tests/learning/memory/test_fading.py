"""Which learnings and memories fade, and how sure the rest is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.confidence import FADE, SUGGEST, of_lesson, permits
from learning.memory.fading import GOAL_DAYS, STATED_DAYS, Candidate, confidence_of, faded

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def candidate(name: str = "x", days: float = 0.0, **changes: Any) -> Candidate:
    at = NOW - timedelta(days=days)
    plain = Candidate(
        id=uuid5(UUID(int=0), name),
        kind="preference",
        origin="observed",
        times_observed=1,
        times_used=0,
        successes=0,
        failures=0,
        last_seen=at,
        created=at,
    )
    return replace(plain, **changes)


# uses/10·0.3 + success·0.4 + (1 − days/30)·0.2 + (1 − variance)·0.1, by hand.
@pytest.mark.parametrize(
    ("changes", "days", "expected"),
    [
        ({"origin": "stated"}, 0, 0.03 + 0.4 + 0.2 + 0.1),
        ({"origin": "inferred"}, 0, 0.03 + 0.24 + 0.2 + 0.1 * (1 - 0.96)),
        ({"origin": "inferred"}, 15, 0.03 + 0.24 + 0.1 + 0.1 * (1 - 0.96)),
        ({"origin": "chosen"}, 30, 0.03 + 0.32 + 0.0 + 0.1 * (1 - 0.64)),
        ({"origin": "chosen", "times_observed": 10}, 0, 0.3 + 0.32 + 0.2 + 0.1 * (1 - 0.64)),
        ({"origin": "chosen", "times_observed": 99}, 0, 0.3 + 0.32 + 0.2 + 0.1 * (1 - 0.64)),
        ({"origin": "stated", "times_used": 4, "successes": 3}, 0, 0.15 + 0.4 + 0.2 + 0.1),
        (
            {"origin": "stated", "times_used": 1, "failures": 1},
            0,
            0.03 + 0.4 * 0.5 + 0.2 + 0.0,
        ),
        ({"origin": "inferred"}, 120, (0.03 + 0.24) / 2 + 0.0 + 0.1 * (1 - 0.96)),
        # The clock that saw it was ahead of ours.
        ({"origin": "chosen"}, -400, 0.03 + 0.32 + 0.2 + 0.1 * (1 - 0.64)),
    ],
)
def test_the_confidence_is_lmnhs(changes: dict[str, Any], days: float, expected: float) -> None:
    assert confidence_of(candidate(days=days, **changes), NOW) == pytest.approx(expected)


def test_what_was_just_said_is_as_sure_as_a_lesson() -> None:
    said = candidate(origin="stated")
    assert confidence_of(said, NOW) == pytest.approx(of_lesson(1.0, 1))
    assert confidence_of(said, NOW) >= SUGGEST


def test_looking_at_what_was_not_tried_makes_it_no_surer() -> None:
    doubtful = candidate(times_observed=4, confidence=0.5)
    assert confidence_of(doubtful, NOW) == 0.5
    assert confidence_of(replace(doubtful, times_used=2, successes=2), NOW) > 0.5
    later = NOW + timedelta(days=150)
    assert confidence_of(doubtful, later) < 0.5
    assert confidence_of(replace(doubtful, confidence=-1.0), NOW) == 0.0


def test_uses_that_failed_make_it_less_sure_however_many_they_are() -> None:
    sure = [
        confidence_of(candidate(times_used=n, failures=n, origin="stated"), NOW) for n in range(12)
    ]
    assert sure[0] > sure[1]
    assert all(permits(value) == "silent" for value in sure[2:])


@pytest.mark.parametrize(
    ("origin", "days", "fades"),
    [
        ("inferred", 30, False),
        ("inferred", 90, True),
        ("chosen", 90, False),
        ("chosen", 180, True),
        ("observed", 300, True),
        ("stated", 300, False),
        ("stated", STATED_DAYS - 1, False),
        ("stated", STATED_DAYS + 1, True),
        ("of a later version", 90, True),
    ],
)
def test_want_of_use_takes_the_least_believed_first(origin: str, days: int, fades: bool) -> None:
    each = candidate(days=days, origin=origin)
    result = faded([each], NOW)
    assert bool(result.ids) is fades
    assert (result.confidences[each.id] < FADE) is fades
    if fades:
        assert result.reasons[each.id] == f"it was not seen or used for {days} days"


def test_a_statement_of_this_year_is_as_sure_as_on_its_first_day() -> None:
    first, later = (confidence_of(candidate(days=d, origin="stated"), NOW) for d in (0, 300))
    assert first == later


def test_a_correction_never_fades_for_want_of_use() -> None:
    correction = candidate(kind="correction", origin="stated", days=4_000)
    assert faded([correction], NOW).ids == ()
    answer = candidate(kind="rated_answer", origin="observed", days=4_000)
    assert faded([answer], NOW).counts == {"rated_answer": 1}


def test_what_failed_fades_and_says_so() -> None:
    failed = candidate(times_used=3, failures=3, origin="chosen", days=31)
    result = faded([failed], NOW)
    assert result.ids == (failed.id,)
    assert result.reasons[failed.id] == "it did not help in 3 of 3 answers"
    helped = replace(failed, failures=0, successes=3)
    assert faded([helped], NOW).ids == ()


@pytest.mark.parametrize("origin", ["stated", "chosen", "inferred"])
def test_a_goal_that_nobody_came_back_to_fades(origin: str) -> None:
    recent = candidate("recent", days=GOAL_DAYS - 1, kind="goal", origin=origin, times_observed=9)
    old = candidate("old", days=GOAL_DAYS, kind="goal", origin=origin, times_observed=9)
    result = faded([recent, old], NOW)
    assert result.ids == (old.id,)
    assert result.counts == {"goal": 1}
    assert result.reasons == {old.id: "nobody came back to this goal in 60 days"}


def test_what_was_to_hold_until_a_day_ends_then_and_does_not_count_as_faded() -> None:
    over = candidate("over", origin="stated", valid_to=NOW)
    holding = candidate("holding", origin="stated", valid_to=NOW + timedelta(seconds=1))
    result = faded([over, holding], NOW)
    assert (result.ended, result.ids, result.counts) == ((over.id,), (), {})
    assert result.reasons == {over.id: "it was to hold until 20 May 2026"}
    assert set(result.confidences) == {holding.id}


def test_what_fades_is_counted_by_kind() -> None:
    old = [
        candidate("a", days=400, kind="goal"),
        candidate("b", days=400, kind="goal"),
        candidate("c", days=400, kind="insight"),
        candidate("d", days=1, kind="insight"),
    ]
    result = faded(old, NOW)
    assert result.counts == {"goal": 2, "insight": 1}
    assert set(result.ids) == {each.id for each in old[:3]}
    assert set(result.confidences) == {each.id for each in old}


counts = st.integers(-3, 10**6)
candidates = st.builds(
    candidate,
    st.text(max_size=3),
    st.floats(-1e4, 1e4),
    kind=st.sampled_from(["goal", "preference", "correction", "later"]),
    origin=st.sampled_from(["stated", "chosen", "observed", "inferred", ""]),
    times_observed=counts,
    times_used=counts,
    successes=counts,
    failures=counts,
    confidence=st.floats(0.0, 1.0),
)


@given(st.lists(candidates, max_size=10))
def test_whatever_the_counts_confidence_is_bounded_and_pruning_twice_agrees(
    some: list[Candidate],
) -> None:
    result = faded(some, NOW)
    assert all(0.0 <= sure <= 1.0 for sure in result.confidences.values())
    assert set(result.ids) <= set(result.reasons)
    assert sum(result.counts.values()) == len(result.ids)
    assert faded(some, NOW) == result


@given(candidates, st.integers(0, 400), st.integers(0, 400))
def test_time_alone_never_makes_anything_surer(each: Candidate, some: int, more: int) -> None:
    sooner, later = (NOW + timedelta(days=days) for days in (some, some + more))
    assert confidence_of(each, later) <= confidence_of(each, sooner) + 1e-12
