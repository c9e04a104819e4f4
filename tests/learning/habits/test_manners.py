from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from learning.habits.manners import Manners, Past, Wish, cool_until, may

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2026, 3, 13, 15, tzinfo=BERLIN)
NOW = FRIDAY - timedelta(minutes=15)
YES = Manners(nudged=True)
WISH = Wish("deploy", FRIDAY)


def past(status: str, days: float = 7, *, same: bool = True, acted: bool = False) -> Past:
    return Past(same, status, NOW - timedelta(days=days), acted)  # type: ignore[arg-type]


def test_it_may_come_after_a_yes() -> None:
    assert may(NOW, YES, WISH, [], BERLIN).answer == "say"


@pytest.mark.parametrize(
    ("manners", "wish", "history", "why"),
    [
        (Manners(), WISH, [], "yes"),
        (replace(YES, off=frozenset({"deploy"})), WISH, [], "kind"),
        (replace(YES, weekly=True), WISH, [], "week"),
        (YES, replace(WISH, done=True), [], "done"),
        (YES, replace(WISH, chance=0.5), [], "likely"),
        (YES, replace(WISH, occasion=NOW - timedelta(hours=1)), [], "late"),
        (YES, WISH, [past("stopped", 300)], "stop"),
        (YES, WISH, [past("accepted", 0.1, same=False)] * 2, "day"),
        (YES, WISH, [past("refused", 6)], "lately"),
        (YES, WISH, [past("refused", 300 + n) for n in range(5)], "use"),
    ],
)
def test_it_does_not_come_where_it_is_not_wanted(
    manners: Manners, wish: Wish, history: list[Past], why: str
) -> None:
    verdict = may(NOW, manners, wish, history, BERLIN)
    assert verdict.answer == "skip"
    assert why in verdict.why


def test_each_no_doubles_the_pause_and_a_welcome_one_ends_it() -> None:
    refusals = [past("refused", 100), past("refused", 80), past("refused", 60)]
    pauses = [
        round((cool_until(refusals[:n]) - refusals[n - 1].at) / timedelta(weeks=1))
        for n in (1, 2, 3)
    ]
    assert pauses == [1, 2, 4]
    assert cool_until([*refusals, past("silent", 50, acted=True)]) < NOW
    silent = [past("silent", days) for days in (21, 14, 5)]
    assert cool_until(silent[:2]) < NOW < cool_until(silent)


@pytest.mark.parametrize(
    ("now", "occasion", "said", "until"),
    [
        ("2026-03-13 07:50", "2026-03-13 08:05", False, "2026-03-13 08:00"),
        ("2026-03-13 21:45", "2026-03-13 22:00", False, None),
        ("2026-03-13 21:45", "2026-03-13 22:00", True, "skip"),
        ("2026-03-14 10:00", "2026-03-14 10:15", False, None),
        ("2026-03-15 23:50", "2026-03-16 00:05", False, None),
    ],
)
def test_it_is_quiet_at_night_unless_the_habit_itself_is_there(
    now: str, occasion: str, said: bool, until: str | None
) -> None:
    at, usual = (
        datetime.fromisoformat(each).replace(tzinfo=BERLIN).astimezone(UTC)
        for each in (now, occasion)
    )
    verdict = may(at, replace(YES, said=said), replace(WISH, occasion=usual), [], BERLIN)
    if until is None:
        assert verdict.answer == "say"
    elif until == "skip":
        assert verdict.answer == "skip"
    else:
        assert verdict.until == datetime.fromisoformat(until).replace(tzinfo=BERLIN)


def test_who_is_away_is_tried_once_more_and_who_left_never() -> None:
    verdict = may(NOW, YES, WISH, [], BERLIN, presence="away")
    assert verdict.until == NOW + timedelta(minutes=15)
    again = may(NOW, YES, replace(WISH, tried=1), [], BERLIN, presence="away")
    assert (again.answer, again.why) == ("skip", "they are away")
    assert may(NOW, YES, WISH, [], BERLIN, presence="gone").answer == "skip"


def test_a_meeting_is_waited_for_unless_it_takes_too_long() -> None:
    short = [(NOW, NOW + timedelta(minutes=10)), (NOW + timedelta(minutes=10), FRIDAY)]
    assert may(NOW, YES, WISH, [], BERLIN, busy=short).until == FRIDAY
    long = [(NOW, NOW + timedelta(hours=2))]
    assert may(NOW, YES, WISH, [], BERLIN, busy=long).answer == "skip"
