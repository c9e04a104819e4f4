from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from learning.due import due, lasting, recurs

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("said", "at", "words"),
    [
        ("call Bob tomorrow at 9", "2026-03-03T09:00", "call Bob"),
        ("in 20 minutes check the build", "2026-03-02T09:50", "check the build"),
        ("me in half an hour to stretch", "2026-03-02T10:00", "to stretch"),
        ("stand-up on friday afternoon", "2026-03-06T14:00", "stand-up"),
        ("pay the rent on May 3rd", "2026-05-03T09:00", "pay the rent"),
        ("pay the rent 3 May 14:00", "2026-05-03T14:00", "pay the rent"),
        ("look at 9", "2026-03-03T09:00", "look"),
        ("look at 17:15.", "2026-03-02T17:15", "look"),
        ("look 5 pm", "2026-03-02T17:00", "look"),
        ("look tonight at 8", "2026-03-02T20:00", "look"),
        ("look at noon tomorrow", "2026-03-03T12:00", "look"),
        ("look on 5.3. at 8", "2026-03-05T08:00", "look"),
        ("look 2026-03-05 14:00", "2026-03-05T14:00", "look"),
        ("look next week", "2026-03-09T09:00", "look"),
        ("look monday", "2026-03-09T09:00", "look"),
        ("look today", "2026-03-02T17:00", "look"),
        ("look 1 February", "2027-02-01T09:00", "look"),
    ],
)
def test_a_time_to_come_is_read_at_either_end(said: str, at: str, words: str) -> None:
    found = due(said, MONDAY)
    assert found is not None
    assert (found.at.isoformat()[:16], found.words) == (at, words)
    assert found.at.tzinfo is BERLIN


@pytest.mark.parametrize(
    "said", ["read the 3 May report", "on 31 February", "look at 25:00", "look 13 pm", "buy 3 eggs"]
)
def test_what_is_no_time_to_do_anything_at_is_none(said: str) -> None:
    assert due(said, MONDAY) is None


def test_a_day_later_is_the_same_time_of_day_and_an_hour_later_is_an_hour() -> None:
    before_summer = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    day, hours = due("in 1 day", before_summer), due("in 24 hours", before_summer)
    assert day is not None
    assert hours is not None
    assert (day.at.hour, hours.at.hour) == (12, 13)


def test_lengths_and_repetitions_are_told_apart_from_words() -> None:
    assert lasting("1h") == timedelta(hours=1)
    assert lasting("20 minutes") == timedelta(minutes=20)
    assert lasting("two weeks") == timedelta(days=14)
    assert lasting("soon") is None
    assert recurs("water the plants every day")
    assert not recurs("read the daily report")
