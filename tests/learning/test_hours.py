"""When somebody usually asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from learning.hours import LEAST, usual

MONDAY = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)


def week_by_week(count: int, kind: str = "code") -> list[tuple[str, datetime]]:
    return [(kind, MONDAY + timedelta(weeks=week)) for week in range(count)]


def test_fewer_than_five_questions_say_nothing() -> None:
    assert usual(week_by_week(LEAST - 1), UTC) is None


def test_the_day_the_hour_and_the_kinds_are_those_that_stand_out() -> None:
    asked = [*week_by_week(6), ("maths", MONDAY + timedelta(days=2, hours=9))]
    found = usual(asked, UTC)
    assert found is not None
    assert (found.questions, found.days, found.hours) == (7, (0,), (7,))
    assert [kind for kind, _ in found.kinds] == ["code", "maths"]


def test_hours_are_those_of_the_person() -> None:
    found = usual(week_by_week(5), ZoneInfo("Asia/Tokyo"))
    assert found is not None
    assert (found.days, found.hours) == ((0,), (16,))
    found = usual(week_by_week(5), ZoneInfo("Pacific/Honolulu"))
    assert found is not None
    assert (found.days, found.hours) == ((6,), (21,))


def test_who_asks_at_any_time_has_no_usual_one() -> None:
    asked = [("code", MONDAY + timedelta(hours=25 * n)) for n in range(24 * 7)]
    found = usual(asked, UTC)
    assert found is not None
    assert (found.days, found.hours) == ((), ())
