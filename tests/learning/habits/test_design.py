"""The design's week: its own example, and what it makes of bad numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from learning.habits.contract import Done
from learning.habits.design import Design

TUESDAY_10 = 58
DAY = date(2026, 3, 3)


@pytest.mark.parametrize("adaptive", [False, True])
def test_a_success_of_nine_tenths_lifts_six_tenths_to_two_thirds(adaptive: bool) -> None:
    design = Design(adaptive=adaptive)
    scores = design.empty().scores
    scores[TUESDAY_10] = 0.6
    after = design.observe(replace(design.empty(), scores=scores), Done(TUESDAY_10, DAY, 0.9))
    assert after.scores[TUESDAY_10] == pytest.approx(0.66)
    assert after.count == 1
    assert np.delete(after.scores, TUESDAY_10) == pytest.approx(0.5)


def test_the_adaptive_rate_falls_with_what_was_done() -> None:
    design = Design(adaptive=True)
    known = replace(design.empty(), count=20)
    after = design.observe(known, Done(TUESDAY_10, DAY, 1.0))
    assert after.scores[TUESDAY_10] == pytest.approx(0.5 + 0.1 * 0.5)


def test_a_refusal_lowers_a_slot_by_its_weight_and_a_rating_stays_in_bounds() -> None:
    design = Design()
    assert design.refuse(design.empty(), 3, DAY, 0.5).scores[3] == pytest.approx(0.45)
    assert design.observe(design.empty(), Done(3, DAY, 40.0)).scores[3] == pytest.approx(0.6)


def test_a_state_comes_back_as_it_was_kept_and_rubbish_is_somebody_new() -> None:
    design = Design()
    state = design.observe(design.empty(), Done(TUESDAY_10, DAY, 0.9))
    again = design.decode(design.encode(state))
    assert again.scores == pytest.approx(state.scores, rel=1e-3)
    assert again.count == 1
    for rubbish in ([], ["", 1], [None, 2], ["%%", 1]):
        assert design.decode(rubbish).scores == pytest.approx(0.5)
    assert design.week(state, DAY).sum() == pytest.approx(1.0)
