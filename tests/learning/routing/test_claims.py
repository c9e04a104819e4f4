"""How claims are named and how they replace each other."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.routing.claims import SUBJECT_KINDS, Claim, Subject, changes
from learning.routing.crediting import Story, Voices, claims
from learning.routing.slots import Tally
from tests.learning.routing.stories import Ledger, stories, voiced

names = st.text(max_size=12)


@given(st.sampled_from(SUBJECT_KINDS), names, names, names, names)
def test_a_subject_can_be_read_back_from_its_key(
    kind: str, role: str, task_type: str, option: str, user_id: str
) -> None:
    subject = Subject(kind, role, task_type, option, user_id)  # type: ignore[arg-type] # sampled
    assert Subject.parse(str(subject)) == subject


@pytest.mark.parametrize("key", ["", "arm", "arm|a|b|c", "arm|a|b|c|d|e", "mood|a|b|c|d"])
def test_a_key_that_is_none_says_how_one_reads(key: str) -> None:
    with pytest.raises(ValueError, match=r"kind\|role\|task_type\|option\|user_id"):
        Subject.parse(key)


def test_a_key_stays_what_it_is() -> None:
    """It stands in ledgers; another spelling would orphan what is counted there."""
    subject = Subject("variant", "lead", "code", "detailed+comments", "U|1")
    assert str(subject) == "variant|lead|code|detailed%2Bcomments|U%7C1"


@given(stories, voiced, voiced)
def test_whatever_came_between_only_the_newest_state_stands(
    story: Story, earlier: Voices, later: Voices
) -> None:
    wandering, direct = Ledger(), Ledger()
    for voices in (earlier, later, later):
        wandering.apply("turn", story, voices)
    direct.apply("turn", story, later)
    assert changes(claims(story, later), claims(story, later)) == ()
    for subject in {*wandering.tallies, *direct.tallies}:
        one, other = wandering.tallies[subject], direct.tallies[subject]
        assert math.isclose(one.weight, other.weight, abs_tol=1e-12)
        assert math.isclose(one.total, other.total, abs_tol=1e-12)


def test_only_what_changed_is_touched() -> None:
    kept, moved, gone, new = (Subject("variant", "lead", "code", o, "ann") for o in "abcd")
    found = changes(
        [Claim(kept, 1.0, 0.5, "said"), Claim(moved, 1.0, 0.5, "said"), Claim(gone, 0.5, 1.0, "")],
        [Claim(kept, 1.0, 0.5, "else"), Claim(moved, 0.0, 1.0, "said"), Claim(new, 1.0, 1.0, "")],
    )
    assert {change.subject.option: change.tally for change in found} == {
        "b": Tally(0.5, -0.5),
        "c": Tally(-1.0, -0.5),
        "d": Tally(1.0, 1.0),
    }
