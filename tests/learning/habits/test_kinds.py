from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from learning.habits.did import NotDone, did, rating
from learning.habits.kinds import kind_of, named, worked_on

NOW = datetime(2026, 3, 3, 11, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # a Tuesday


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("review the pull request, please", "reviewing"),
        ("90 minutes of deep work", "deep coding"),
        ("github.create_release", "deploying"),
        ("the weather", ""),
    ],
)
def test_kinds_are_told_by_words_and_tools(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_what_a_person_calls_their_work_goes_before_the_rules() -> None:
    assert named("Deep Code!") == "deep coding"
    assert named("  Juggling.  ") == "juggling"
    assert named("JUGGLES", ["juggling"]) == "juggling"
    assert kind_of("some more coding kata", ["coding kata"]) == "coding kata"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I just finished the code review", "reviewing"),
        ("deployed v2 to staging", "deploying"),
        ("I wrote the blog post", "writing"),
        ("can you review this PR?", "reviewing"),
        ("write a function that sorts", "deep coding"),
        ("what is deployment?", ""),
        ("did you review it?", ""),
        ("How did you write it?", ""),
        ("reviewers are nice", ""),
    ],
)
def test_a_message_is_work_only_where_it_says_so(text: str, kind: str) -> None:
    assert worked_on(text) == kind


@pytest.mark.parametrize(
    ("line", "work", "at", "minutes", "success", "comment"),
    [
        ("deep coding 90m well", "deep coding", "03 10:00", 90, 0.9, ""),
        ("email yesterday at 9 1h30m 4/5: calm", "email", "02 09:00", 90, 0.8, "calm"),
        ("deploying at 10:00", "deploying", "03 10:00", None, None, ""),
        ("writing on Friday afternoon badly", "writing", "27 14:00", None, 0.2, ""),
        ("coding well but I was tired", "coding", "03 11:30", None, 0.9, "but I was tired"),
        ("reading at 22:00 20%", "reading", "02 22:00", None, 0.2, ""),
        ("gym this morning for half an hour", "gym", "03 09:00", 30, None, ""),
        ("phase 2 review", "phase 2 review", "03 11:30", None, None, ""),
        ("coding 1.5h", "coding", "03 10:00", 90, None, ""),
        ("coding from 9 to 11:30 yesterday well", "coding", "02 09:00", 150, 0.9, ""),
        ("go from 3 to 4 servers", "go from 3 to 4 servers", "03 11:30", None, None, ""),
    ],
)
def test_what_was_done_is_read_from_a_line(
    line: str, work: str, at: str, minutes: int | None, success: float | None, comment: str
) -> None:
    found = did(line, NOW)
    assert (found.work, found.minutes, found.success) == (work, minutes, success)
    assert f"{found.at.astimezone(NOW.tzinfo):%d %H:%M}" == at
    assert found.comment == comment


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "Say what you did"),
        ("90m well", "Say what you did"),
        ("x today at 23:00", "still to come"),
        ("x at 25:00", "no such time"),
        ("x 2026-02-30 at 9", "no such time"),
        ("x 2020-01-01", "more than a year"),
        ("x 900h", "at most"),
        ("x 6/5", "out of range"),
    ],
)
def test_what_cannot_have_been_is_refused_in_words(line: str, says: str) -> None:
    with pytest.raises(NotDone, match=says):
        did(line, NOW)


def test_a_rating_out_of_range_is_refused_in_words() -> None:
    assert [rating(r) for r in ("0.9", "4/5", "90%", "1", "0")] == [0.9, 0.8, 0.9, 1.0, 0.0]
    for bad in ("50", "6/5", "101%", "-1", "nan", "high", "1/0"):
        with pytest.raises(NotDone, match=r"rating"):
            rating(bad)


def test_the_hour_that_does_not_exist_and_the_one_that_comes_twice_are_times() -> None:
    spring = datetime(2026, 3, 29, 12, tzinfo=NOW.tzinfo)
    assert f"{did('x at 02:30', spring).at:%H:%M}" == "01:30"  # it was 3:30 on the wall
    autumn = datetime(2026, 10, 25, 4, tzinfo=NOW.tzinfo)
    assert f"{did('x 3h', autumn).at:%H:%M}" == "00:00"
