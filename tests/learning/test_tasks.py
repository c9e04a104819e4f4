from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from learning.scope import person
from learning.tasks import (
    BoardTask,
    Move,
    State,
    asks_why,
    may_move,
    noted,
    reading,
    spent,
    state_of,
    worked,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODO, DOING, DONE = State.TODO, State.DOING, State.DONE


def moved(before: State | None, after: State, minutes: int) -> Move:
    return Move(uuid4(), uuid4(), "ann", before, after, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("said", "state"),
    [("DONE", DONE), ("in progress", DOING), ("to do", TODO), ("Closed", DONE), ("soon", None)],
)
def test_states_are_named_as_people_name_them(said: str, state: State | None) -> None:
    assert state_of(said) is state


def test_only_a_step_back_asks_why() -> None:
    assert asks_why(DONE, TODO)
    assert asks_why(State.FAILED, TODO)
    assert not asks_why(TODO, DOING)
    assert not asks_why(DOING, State.FAILED)


def test_outsiders_move_only_what_is_theirs() -> None:
    task = BoardTask(uuid4(), "ann", person("ann"), "Fix it", TODO, NOW, NOW)
    assert may_move(task, "bob")
    assert may_move(task, "ann", outsider=True)
    assert not may_move(task, "bob", outsider=True)


def test_time_is_counted_in_each_state_and_for_the_last_stretch_of_work() -> None:
    moves = [moved(None, TODO, 0), moved(TODO, DOING, 10), moved(DOING, DONE, 30)]
    moves += [moved(DONE, TODO, 90), moved(TODO, DOING, 100), moved(DOING, DONE, 105)]
    stood = spent(moves, NOW + timedelta(minutes=200))
    assert {state: s / 60 for state, s in stood.items()} == {TODO: 20, DOING: 25, DONE: 155}
    assert worked(moves, NOW + timedelta(minutes=200)) == 5 * 60
    assert worked(moves[:2], NOW + timedelta(minutes=12)) == 2 * 60


def test_a_reason_says_what_went_wrong_and_is_read_only_of_those_who_allow_it() -> None:
    why = "It crashes on login, and there are no tests."
    assert reading(why) == ("broken", "untested")
    assert reading("Thanks!") == ()
    assert "wants brief" in reading("shorter please")
    note = noted(why, "template", 300.04, learns=True)
    assert note == {
        "why": why,
        "approach": "template",
        "seconds": 300.0,
        "reading": ["broken", "untested"],
    }
    assert "reading" not in noted(why, "template", 300, learns=False)
