"""Weeks: the slot is that of the clock on the wall, also on the two odd days of a year."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from learning.habits.week import SLOTS, instants, label, slot_of, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_week_begins_on_sunday_at_midnight_where_the_person_is() -> None:
    assert slot_of(datetime(2026, 3, 1, tzinfo=UTC), UTC) == 0
    tuesday = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)
    assert (slot_of(tuesday, UTC), slot_of(tuesday, BERLIN)) == (57, 58)
    assert (label(58), label(0), label(SLOTS - 1)) == (
        "Tuesday 10:00", "Sunday 00:00", "Saturday 23:00",
    )  # fmt: skip
    assert slot_of(datetime(2028, 2, 29, 12, tzinfo=UTC), UTC) == 60


def test_the_skipped_hour_is_no_slot_and_the_one_that_comes_twice_is_one() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert [slot for slot, _ in instants(spring, BERLIN)] == [0, 1, *range(3, 24)]
    assert [slot for slot, _ in instants(autumn, BERLIN)] == list(range(24))
    twice = dict(instants(autumn, BERLIN))
    assert twice[2] == datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert slot_of(datetime(2026, 10, 25, 1, tzinfo=UTC), BERLIN) == 2
    assert twice[3] == datetime(2026, 10, 25, 2, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_every_hour_of_a_usual_day_begins_in_its_slot(zone: str) -> None:
    there = ZoneInfo(zone)
    found = instants(date(2026, 6, 10), there)
    assert [slot for slot, _ in found] == list(range(72, 96))
    assert all(at.astimezone(there).minute == 0 for _, at in found)


@pytest.mark.parametrize(
    "name", ["", None, "Mars/Olympus", "../etc", "/etc/passwd", "Europe", "\0"]
)
def test_what_names_no_zone_is_none(name: str | None) -> None:
    assert zone_of(name) is None
    assert zone_of(" Europe/Berlin ") == BERLIN
