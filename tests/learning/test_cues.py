from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.cues import Span, read_query

NOW = datetime(2024, 3, 14, 15, 0, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("question", "start", "days"),
    [
        ("What did we decide on 2023-05-07?", (2023, 5, 7), 1),
        ("the call of 7 May 2023", (2023, 5, 7), 1),
        ("the call on May 7th, 2023", (2023, 5, 7), 1),
        ("the call on 7 May", (2023, 5, 7), 1),  # the latest that has begun
        ("on the 2nd of February", (2024, 2, 2), 1),
        ("the plan of March-15-2023", (2023, 3, 15), 1),
        ("in May 2022", (2022, 5, 1), 31),
        ("Where did Ann go in May?", (2023, 5, 1), 31),
        ("Where did Ann go in February?", (2024, 2, 1), 29),
        ("What happened in 2022?", (2022, 1, 1), 365),
        ("what did I say yesterday", (2024, 3, 13), 1),
        ("what did I say today", (2024, 3, 14), 1),
        ("last Tuesday", (2024, 3, 12), 1),
        ("last Thursday", (2024, 3, 7), 1),
        ("last week", (2024, 3, 4), 7),
        ("this week", (2024, 3, 11), 7),
        ("last month", (2024, 2, 1), 29),
        ("last year", (2023, 1, 1), 365),
        ("3 days ago", (2024, 3, 11), 1),
        ("two weeks ago", (2024, 2, 26), 7),
    ],
)
def test_times_are_read(question: str, start: tuple[int, int, int], days: int) -> None:
    begin = datetime(*start, tzinfo=UTC)
    assert read_query(question, now=NOW).spans == (Span(begin, begin + timedelta(days=days)),)


@pytest.mark.parametrize(
    "question", ["May I ask?", "You may march on", "30 February 2023", "page 2023", "version 3.11"]
)
def test_what_is_no_time_is_not_read_as_one(question: str) -> None:
    assert read_query(question, now=NOW).spans == ()


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Span(NOW, NOW + timedelta(days=1))
    assert span.holds(NOW)
    assert not span.holds(NOW + timedelta(days=1))
    assert not span.holds(NOW - timedelta(seconds=1))


def test_names_count_as_whole_words_in_any_case() -> None:
    cues = read_query("What did MELANIE tell Ann?", now=NOW, speakers=["Melanie", "An", "Ann", ""])
    assert cues.speakers == {"melanie", "ann"}


@pytest.mark.parametrize(
    ("question", "asker", "mynah"),
    [
        ("When does my first sprint end?", True, False),
        ("Have I met Laura?", True, False),
        ("What did you recommend?", False, True),
        ("What was your suggestion for my essay?", True, True),
        ("What do you think of Rust?", False, False),
        ("What did Caroline paint?", False, False),
        ("Give me the deadline", False, False),  # asks me for something, not about me
    ],
)
def test_whose_words_are_meant(question: str, asker: bool, mynah: bool) -> None:
    cues = read_query(question, now=NOW)
    assert (cues.about_asker, cues.about_mynah) == (asker, mynah)


@given(st.text(), st.datetimes(datetime(1970, 1, 2), datetime(2900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the strategy adds the zone
def test_any_question_is_read_and_spans_run_forward(text: str, now: datetime) -> None:
    assert all(span.start < span.end for span in read_query(text, now=now).spans)


@given(
    st.sampled_from(["29 February", "in February", "31 June", "12 months ago", "999 years ago"]),
    st.datetimes(datetime(1970, 1, 2), datetime(2900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as above
)
def test_calendar_corners_do_not_raise(text: str, now: datetime) -> None:
    assert all(span.start < span.end for span in read_query(text, now=now).spans)
