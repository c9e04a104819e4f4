from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from learning.habits.sought import NotSought, moved_to, sought

NOW = datetime(2026, 3, 12, 9, 3, tzinfo=ZoneInfo("Europe/Berlin"))  # a Thursday


@pytest.mark.parametrize(
    ("line", "task", "minutes", "deadline", "after"),
    [
        ("deep coding 90m by friday", "deep coding", 90, "2026-03-14T00:00", ""),
        ("deep coding 1h30 before friday", "deep coding", 90, "2026-03-13T00:00", ""),
        ("writing for 1.5h by 17:00", "writing", 90, "2026-03-12T17:00", ""),
        ("read 2 h by 20 March after monday", "read", 120, "2026-03-21T00:00", "2026-03-17T00:00"),
        ("mail half an hour from tomorrow at 14:00", "mail", 30, "", "2026-03-13T14:00"),
        ("stand by me 20 min", "stand by me", 20, "", ""),
        ("plan it from scratch 1 hour and 15 minutes", "plan it from scratch", 75, "", ""),
        ("email", "email", 60, "", ""),
        ("deep coding 90m tomorrow", "deep coding", 90, "2026-03-14T00:00", "2026-03-13T00:00"),
        ("call 15m on friday after 14:00", "call", 15, "2026-03-14T00:00", "2026-03-13T14:00"),
        ("yoga 1h tonight", "yoga", 60, "2026-03-13T00:00", "2026-03-12T20:00"),
        ("move house 3h by 9999-12-31", "move house", 180, "9999-12-31T12:00", ""),
    ],
)  # fmt: skip
def test_a_line_says_what_how_long_and_between_which_times(
    line: str, task: str, minutes: int, deadline: str, after: str
) -> None:
    found = sought(line, NOW)
    assert (found.task, found.minutes) == (task, minutes)
    times = [at.strftime("%Y-%m-%dT%H:%M") if at else "" for at in (found.deadline, found.after)]
    assert times == [deadline, after]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "when deep coding"),
        ("90m", "when deep coding"),
        ("coding 20h", "how long"),
        ("coding 1h by yesterday", "over already"),
        ("coding 3h by 10:00", "no 180 minutes"),
        ("coding 1h after 1 December", "ask again"),
    ],
)
def test_a_line_that_cannot_be_says_what_to_write(line: str, says: str) -> None:
    with pytest.raises(NotSought, match=says):
        sought(line, NOW)


def test_something_is_moved_to_a_time_to_come() -> None:
    moved = moved_to("tomorrow at 9", NOW, NOW.tzinfo or UTC)
    assert moved == datetime(2026, 3, 13, 8, tzinfo=UTC)
    assert moved_to("to the office", NOW, UTC) is None
