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
        ("Which tools would you suggest for it?", False, False),  # something new, not what was said
        ("Which tools had you suggested?", False, True),
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


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What did Ann tell IBM about v2.1?", {"ann", "ibm", "v2.1"}),
        ('Where is "blue folder" kept?', {"blue", "folder"}),
        ("who calls get_user_id here", {"get_user_id", "user", "id", "get"}),
        ("What do they like?", set()),
        ("WHERE IS THE API KEY", set()),  # capitals everywhere say nothing
        ("what did ann say", set()),
    ],
)
def test_names_identifiers_and_numbers_are_things(question: str, found: set[str]) -> None:
    assert read_query(question, now=NOW).things >= found
    assert bool(read_query(question, now=NOW).things) == bool(found)


@pytest.mark.parametrize(
    ("question", "preference", "holds"),
    [
        ("Can you recommend a restaurant?", True, "prefer"),
        ("What should I cook tonight?", True, "love"),
        ("What would I enjoy on a weekend?", True, "enjoy"),
        ("What did you recommend?", False, ""),
        ("When does the sprint end?", False, "monday"),
        ("Since when do we use it?", False, "march"),
        ("What colour is the logo?", False, ""),
    ],
)
def test_what_an_answer_holds_is_expected(question: str, preference: bool, holds: str) -> None:
    cues = read_query(question, now=NOW)
    assert cues.preference == preference
    assert (holds in cues.expected) if holds else not cues.expected
