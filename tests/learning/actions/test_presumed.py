"""What somebody means is never filled in from what they meant before."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from learning.actions.contract import Fault, Try
from learning.actions.lessons import Lesson, When
from learning.actions.patterns import prepare
from learning.actions.presumed import kept, presumes
from tests.learning.actions.doings import MONDAY

WORDS = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {"text": WORDS, "at": WORDS, "to": WORDS, "where": WORDS, "tone": WORDS},
}


def by_hand(name: str, value: str) -> list[Try]:
    """Calls that failed because something was missing, until the person said it."""
    fault = Fault("invalid", f"{name}: required", 422, f"{name}: required")
    tries = []
    for number in range(5):
        at = MONDAY - timedelta(days=5 - number)
        asked = {"text": f"call number {number} about something"}
        said = asked | {name: value}
        ids = UUID(int=2 * number + 1), UUID(int=2 * number + 2)
        tries.append(Try("x.do", asked, asked, ok=False, at=at, fault=fault, learned_from=ids[0]))
        at += timedelta(minutes=1)
        tries.append(Try("x.do", said, said, ok=True, at=at, learned_from=ids[1]))
    return tries


@pytest.mark.parametrize(
    ("name", "value", "filled"),
    [
        ("at", "friday", False),
        ("to", "#dev", False),
        ("where", "#dev", False),
        ("tone", "warm", True),
    ],
)
def test_what_was_meant_is_left_open_and_what_is_form_is_filled(
    name: str, value: str, *, filled: bool
) -> None:
    asked = {"text": "write the letter"}
    prepared = prepare(asked, SCHEMA, by_hand(name, value), MONDAY)
    assert prepared.params == asked | {name: value}
    left = kept(asked, prepared, SCHEMA)
    assert left.params == (asked | {name: value} if filled else asked)
    assert len(left.applied) == int(filled)


def test_another_spelling_of_what_was_said_is_form() -> None:
    spelt = Lesson("to", steps=(("set", "#dev"),), when=(When("to", "is", "dev"),))
    moved = Lesson("at", steps=(("set", "monday"),), when=(When("at", "is", "friday"),))
    assert (presumes(spelt, SCHEMA), presumes(moved, SCHEMA)) == (False, True)
    stated = {"properties": {"to": {"enum": ["#dev", "#ops"]}}}
    assert not presumes(Lesson("to", steps=(("set", "#dev"),)), stated)
    assert not presumes(Lesson("to", steps=(("prefix", "#"),)), SCHEMA)
