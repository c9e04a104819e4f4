from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from learning.habits.fatigue import overload, tired
from learning.habits.free import edges, grid, waking
from learning.habits.slots import Proposal, propose, room
from learning.habits.week import slot_of
from learning.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 9, 8, 3, tzinfo=BERLIN)
TUESDAY_10 = 58


def at(day: int, hour: float) -> datetime:
    """Return an hour of a day, that Monday being the first."""
    midnight = MONDAY.replace(hour=0, minute=0)
    return midnight + timedelta(days=day) + timedelta(hours=hour)


def meeting(day: int, start: float, end: float) -> Span:
    return Span(at(day, start).astimezone(UTC), at(day, end).astimezone(UTC))


def week(**slots: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    found = np.full(168, 0.5)
    for name, value in slots.items():
        found[int(name[1:])] = value
    return found


def best(*busy: Span, minutes: int = 60, **more: Any) -> tuple[Proposal, ...]:
    habits = more.pop("habits", week(s58=0.9))
    energy = more.pop("energy", week())
    now = more.pop("now", MONDAY)
    return propose("deep coding", minutes, habits, energy, busy, now, BERLIN, **more)


def test_habits_count_six_tenths_and_energy_four_and_the_reasons_say_so() -> None:
    first = best(energy=week(s58=0.9))[0]
    assert first.start == at(1, 10)
    assert first.end == at(1, 11)
    assert first.reasons[:2] == ("you do deep coding best on Tuesdays at 10", "energy high")
    assert best(seen=False)[0].reasons[0] == "my guess so far"
    found = {p.start: p.score for p in best(energy=week(s82=0.9))}
    # What a day of waiting takes away is taken out again.
    assert found[at(1, 10)] / (1 - 0.01 * 1.078) == pytest.approx(0.9 * 0.6 + 0.5 * 0.4, abs=1e-3)
    assert found[at(2, 10)] / (1 - 0.01 * 2.078) == pytest.approx(0.5 * 0.6 + 0.9 * 0.4, abs=1e-3)


def test_a_stretch_is_worth_what_all_its_minutes_are() -> None:
    alone, both = week(s58=0.9), week(s58=0.8, s59=0.8)
    assert best(habits=alone, minutes=120)[0].score < best(habits=both, minutes=120)[0].score
    assert best(habits=both, minutes=100)[0].start in {at(1, 10), at(1, 10.25)}


def test_what_is_taken_is_never_offered_and_what_is_free_to_the_minute_is() -> None:
    (first, *_) = best(meeting(1, 9, 10), meeting(1, 11, 12))
    assert first.start == at(1, 10)
    assert "just fits before 11:00" in first.reasons
    assert best(meeting(1, 9, 10), meeting(1, 10.98, 12))[0].start != at(1, 10)
    assert "free until 12:00" in best(meeting(1, 12, 13))[0].reasons


def test_meetings_one_after_the_other_wear_somebody_out_more_the_more_they_are() -> None:
    within = grid(MONDAY, BERLIN)
    at_ten = next(n for n in range(200) if within.at(n) == at(1, 10))
    left = []
    for count in (0, 1, 2, 4):
        row = [meeting(1, 10 - n / 2, 10.5 - n / 2) for n in range(1, count + 1)]
        found = tired(edges([*row, meeting(1, 0, 9.99)], within), within)
        assert found.before[at_ten] == count
        left.append(float(found.factors[at_ten]))
        assert found.factors[at_ten + 24] > 0.99  # six hours later
    assert left == pytest.approx([1.0, 1.0, 0.8, 0.6])
    two = [meeting(1, 9, 9.5), meeting(1, 9.5, 10)]
    (first, *_) = best(*two, habits=week(s58=1.0), deadline=at(2, 0), after=at(1, 10))
    assert first.reasons[2] == "two meetings in a row just before"


def test_a_deadline_brings_things_forward_and_nothing_comes_after_it() -> None:
    habits = week(s58=0.9, s130=0.91)  # Tuesday and Friday at ten
    assert best(habits=habits)[0].start == at(1, 10)  # of two as good, the sooner
    habits[130] = 1.0
    habits[58] = 0.85
    assert best(habits=habits)[0].start == at(4, 10)
    pressed = best(habits=habits, deadline=at(4, 18))
    assert pressed[0].start == at(1, 10)
    assert any("to spare" in reason for reason in pressed[0].reasons)
    for found in (best(deadline=at(1, 10.5)), best(after=at(1, 10.25), deadline=at(3, 0))):
        assert found
        assert all(p.end <= at(3, 0) and p.start != at(1, 10) for p in found)


def test_proposals_are_a_choice_and_not_neighbours() -> None:
    for habits in (week(), week(s57=0.8, s58=0.9, s59=0.85)):
        found = best(habits=habits)
        assert len(found) == 3
        starts = sorted(p.start for p in found)
        assert all(later - sooner >= timedelta(hours=3) for sooner, later in pairwise(starts))
        assert len({slot_of(start, BERLIN) for start in starts}) > 1
        spans = [Span(p.start, p.end) for p in found]
        others = best(habits=habits, beside=spans)
        assert not {p.start for p in others} & set(starts)


def test_a_full_day_is_said_and_another_is_as_good() -> None:
    full = [meeting(1, hour, hour + 1.75) for hour in (7, 12, 14, 16, 18)]
    (first, *_) = best(*full)
    assert first.start.date() != at(1, 0).date() or "already" in first.reasons[-1]
    late = best(*full, habits=week(s58=1.0), deadline=at(6, 0))
    assert any("the day holds 9 h already" in p.reasons for p in late)


def test_an_hour_that_is_skipped_is_never_offered_and_one_that_comes_twice_is_one_slot() -> None:
    spring, autumn = (datetime(2026, m, d, 12, tzinfo=BERLIN) for m, d in ((3, 28), (10, 24)))
    night = np.ones(24, dtype=bool)
    early = week(**{f"s{hour}": 1.0 for hour in (1, 2, 3)})
    (first, *_) = propose("x", 60, early, week(), (), spring, BERLIN, up=night)
    assert {first.start.astimezone(UTC).astimezone(BERLIN).hour, first.start.hour} <= {1, 3}
    (long, *_) = propose("x", 180, early, week(), (), autumn, BERLIN, up=night)
    assert long.end.astimezone(UTC) - long.start.astimezone(UTC) == timedelta(hours=3)
    within = grid(spring, BERLIN, 1)
    wanted = [slot_of(within.at(step), BERLIN) for step in range(len(within.local))]
    assert within.slots.tolist() == wanted
    kathmandu = grid(spring, ZoneInfo("Asia/Kathmandu"), 1)
    assert kathmandu.slots[3] == slot_of(kathmandu.at(3), ZoneInfo("Asia/Kathmandu"))


def test_somebody_of_the_night_is_offered_the_night() -> None:
    nights = np.zeros(24)
    nights[[20, 21, 22, 23, 0, 1, 2, 3]] = 1.0
    up = waking(nights, 40)
    assert (up[23], up[2], up[12]) == (True, True, False)
    assert best(up=up, habits=week())[0].start.hour in {*range(20, 24), *range(4)}
    assert waking(nights, 3).tolist() == waking().tolist()


def test_no_room_is_no_proposal_and_the_longest_gap_is_known() -> None:
    busy = [meeting(day, 7, 21) for day in range(30)]
    assert best(*busy, minutes=90) == ()
    assert room(busy, MONDAY, BERLIN) == 60
    assert room([meeting(0, 0, 24 * 40)], MONDAY, BERLIN) == 0


@pytest.mark.parametrize("minutes", [0, -5, 721, 10_000])
def test_what_takes_no_time_or_too_long_is_refused_in_words(minutes: int) -> None:
    with pytest.raises(ValueError, match="how long"):
        best(minutes=minutes)


def test_a_week_that_is_not_known_well_breaks_nothing() -> None:
    habits = week()
    habits[3] = np.nan
    assert len(best(habits=habits)) == 3
    with pytest.raises(ValueError, match="168"):
        best(habits=np.ones(24))


def test_a_week_that_holds_too_much_is_said_before_it_comes() -> None:
    packed = [meeting(7 + day, 8, 14 + (day == 1)) for day in range(5)]
    split = [Span(s.start + n * (s.end - s.start) / 4, s.start + (n + 1) * (s.end - s.start) / 4)
             for s in packed for n in range(4)]  # fmt: skip
    found = overload(split, MONDAY, BERLIN)
    assert found is not None
    assert "Next week holds 31 h" in found.text
    assert "7 h of them on Tuesday" in found.text
    assert overload(split, MONDAY, BERLIN, following=False) is None
    assert overload(split[:8], MONDAY, BERLIN) is None
    assert overload([meeting(7, 0, 24 * 7)], MONDAY, BERLIN) is None  # a holiday is no load
