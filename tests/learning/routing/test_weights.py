from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from learning.routing.cost_model import Cost
from learning.routing.spending import penalties
from learning.routing.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

CHEAP, STRONG = "cheap", "strong"
OPTIONS = {CHEAP: (Cost(0.0, 0.0), 2.0), STRONG: (Cost(0.01, 0.02), 4.0)}


def best(quality: Mapping[str, float], weights: Weights) -> str:
    off = penalties(OPTIONS, weights, [])
    return max(quality, key=lambda arm: quality[arm] - off[arm])


def test_the_cheap_one_answers_easy_questions_and_the_strong_one_hard_ones() -> None:
    weights = Weights.load()
    assert best({CHEAP: 0.80, STRONG: 0.85}, weights) == CHEAP
    assert best({CHEAP: 0.45, STRONG: 0.75}, weights) == STRONG


def test_without_weights_for_money_and_time_only_quality_counts() -> None:
    assert best({CHEAP: 0.80, STRONG: 0.85}, Weights.load(0.0, 0.0)) == STRONG


def test_of_two_that_are_alike_the_quicker_one_answers() -> None:
    quick, slow = (Cost(0.01, 0.02), 3.0), (Cost(0.01, 0.02), 13.0)
    off = penalties({"quick": quick, "slow": slow}, Weights.load(), [])
    assert off["slow"] - off["quick"] == pytest.approx(10 * Weights.load().quality_per_second)
    assert off["slow"] > off["quick"]


def test_either_weight_can_be_set_alone() -> None:
    usual = Weights.load()
    assert Weights.load(3.0).quality_per_usd == 3.0
    assert Weights.load(3.0).quality_per_second == usual.quality_per_second
    assert Weights.load(quality_per_second=1.0).quality_per_usd == usual.quality_per_usd


def test_they_have_a_date_that_has_been() -> None:
    assert date(2026, 1, 1) <= Weights.load().as_of <= datetime.now(UTC).date()


def test_only_what_they_are_to_each_other_matters() -> None:
    usual = Weights.load()
    tenfold = Weights(
        10 * usual.quality, 10 * usual.quality_per_usd, 10 * usual.quality_per_second, usual.as_of
    )
    assert penalties(OPTIONS, tenfold, []) == pytest.approx(penalties(OPTIONS, usual, []))


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_weight_that_cannot_be_is_refused_by_name(wrong: float) -> None:
    with pytest.raises(ValueError, match=f"quality_per_usd is {wrong}: write a finite number"):
        Weights.load(wrong)
    with pytest.raises(ValueError, match="quality_per_second"):
        Weights.load(None, wrong)


def test_quality_itself_must_weigh_something() -> None:
    with pytest.raises(ValueError, match="quality is 0"):
        Weights(0.0, 1.0, 1.0, date(2026, 1, 1))
