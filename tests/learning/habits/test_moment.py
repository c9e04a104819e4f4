from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from learning.habits.moment import Response, done_already, lead_of, moment

AT = datetime(2026, 3, 13, 15, tzinfo=UTC)


def test_it_comes_a_quarter_of_an_hour_before_and_within_the_hour() -> None:
    when = moment([900, 902, 898, 905, 896, 900], 900)
    assert when.lead == 15
    assert when.chance > 0.85


def test_it_comes_earlier_where_the_act_often_does() -> None:
    early = moment([870, 905, 868, 910, 872, 900, 869, 901], 900)
    assert early.lead >= 35
    assert moment([870, None, 990, None, 850], 900).chance < 0.6


@pytest.mark.parametrize(
    ("responses", "low", "high"),
    [
        ([], 15, 15),
        ([Response(15, early=True)] * 20, 5, 7),
        ([Response(15, -40.0)] * 20, 50, 60),
        ([Response(15, 2.0)] * 6, 15, 20),
        ([Response(15, 500.0)] * 50, 5, 60),
    ],
)
def test_the_lead_is_learned_from_what_people_do_and_stays_within_the_hour(
    responses: list[Response], low: int, high: int
) -> None:
    assert low <= lead_of(responses) <= high


def test_what_was_done_shortly_before_is_done() -> None:
    assert done_already([AT - timedelta(hours=1)], AT, AT - timedelta(minutes=15))
    assert not done_already([AT - timedelta(hours=9), AT], AT, AT - timedelta(minutes=15))
