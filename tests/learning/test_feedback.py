from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.feedback import (
    BEST,
    CONTENT,
    LEFT_OPEN,
    RATINGS,
    UNSATISFIED,
    WORST,
    Feedback,
    Signal,
    canonical,
    implied,
    interpret,
    served,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def vote(user: str, value: str, second: int = 0, kind: str = "reaction") -> Signal:
    return Signal(user, kind, value, NOW + timedelta(seconds=second))


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("👍", "👍"),
        ("👍🏽", "👍"),
        ("+1", "👍"),
        (":+1:", "👍"),
        (":+1::skin-tone-3:", "👍"),
        ("+1::skin-tone-6", "👍"),
        ("ThumbsUp", "👍"),
        (" thumbsdown ", "👎"),
        ("❤️", "❤"),
        ("heart", "❤"),
        ("100", "💯"),
        ("party_parrot", "party_parrot"),
        ("🦜", "🦜"),
    ],
)
def test_an_emoji_has_one_spelling(given_: str, meant: str) -> None:
    assert canonical(given_) == meant
    assert canonical(canonical(given_)) == meant


def test_no_vote_is_missing_data() -> None:
    nothing = interpret([])
    assert nothing == Feedback(None, 0)
    assert (nothing.liked, nothing.disliked, nothing.reward) == (False, False, None)
    assert interpret([vote("ann", "🦜"), vote("bob", "👍", kind="correction")]) == nothing


def test_the_rating_is_the_mean_of_one_vote_each() -> None:
    signals = [vote("ann", "👍"), vote("ann", "👎", 5), vote("bob", "😄", 1), vote("bob", "🦜", 9)]
    assert interpret(signals) == Feedback(2.5, 2), (
        "Ann's later one, Bob's last that means something"
    )
    assert interpret(reversed(signals)) == interpret(signals)


def test_own_reactions_do_not_count() -> None:
    signals = [vote("mynah", "👍"), vote("ann", "👎")]
    assert interpret(signals, own_ids=frozenset({"mynah"})) == Feedback(1.0, 1)


@pytest.mark.parametrize(
    ("rating", "liked", "disliked", "reward"),
    [
        (5.0, True, False, 1.0),
        (4.0, True, False, 0.75),
        (3.9, False, False, 0.725),
        (3.0, False, False, 0.5),
        (2.1, False, False, 0.275),
        (2.0, False, True, 0.25),
        (1.0, False, True, 0.0),
    ],
)
def test_what_a_rating_makes_of_an_answer(
    rating: float, liked: bool, disliked: bool, reward: float
) -> None:
    feedback = Feedback(rating, 1)
    assert (feedback.liked, feedback.disliked) == (liked, disliked)
    assert feedback.reward == pytest.approx(reward)


@given(
    st.lists(
        st.builds(
            vote,
            st.sampled_from(["ann", "bob", "cem", "mynah"]),
            st.sampled_from([*RATINGS, "🦜", "👍🏽"]),
            st.integers(0, 100),
        )
    )
)
def test_any_signals_give_a_rating_in_range(signals: list[Signal]) -> None:
    feedback = interpret(signals, own_ids=frozenset({"mynah"}))
    voters = {s.user_id for s in signals if canonical(s.value) in RATINGS} - {"mynah"}
    assert feedback.votes == len(voters)
    assert (feedback.rating is None) == (not voters)
    assert feedback.rating is None or WORST <= feedback.rating <= BEST


def did(*kinds: str, user: str = "ann") -> list[Signal]:
    """Return signals that one person gave one after the other."""
    return [vote(user, "", second, kind) for second, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "hold"),
    [
        ((), ()),
        (("thanked",), ("thanked",)),
        (("thanked", "copied"), ("thanked", "copied")),
        (("thanked", "rejected"), ("rejected",)),
        (("rejected", "asked_again", "accepted"), ("accepted",)),
        (("copied", "regenerated"), ("regenerated",)),
        (("rejected", "asked_other"), ("rejected", "asked_other")),
        (("followed_up",), ("followed_up",)),
        (("accepted", "followed_up"), ("accepted",)),
        (("followed_up", "rejected"), ("rejected",)),
        (("reaction", "wish", "correction"), ()),
    ],
)
def test_of_what_one_person_did_the_later_side_holds(
    kinds: tuple[str, ...], hold: tuple[str, ...]
) -> None:
    assert tuple(sign.kind for sign in implied(reversed(did(*kinds)))) == hold


def test_everybody_has_a_side_of_their_own_and_mynah_has_none() -> None:
    signs = [*did("thanked", "rejected"), *did("copied", user="bob"), *did("copied", user="mynah")]
    held = implied(signs, own_ids=frozenset({"mynah"}))
    assert {(s.user_id, s.kind) for s in held} == {("ann", "rejected"), ("bob", "copied")}


@pytest.mark.parametrize(
    ("signals", "meant"),
    [
        ([], None),
        (did("thanked"), True),
        (did("copied"), True),
        (did("rejected"), False),
        (did("regenerated"), False),
        (did("asked_other"), None),
        (did("asked_again"), None),
        (did("followed_up"), None),
        (did("thanked", user="bob"), None),
        ([vote("ann", "👎", 0), *did("thanked")], False),
        ([vote("ann", "👍", 0), *did("rejected")], True),
        ([vote("ann", "😐", 0), *did("rejected")], None),
        ([vote("ann", "👍", 0), vote("ann", "👎", 1)], False),
        ([vote("bob", "👎", 0)], None),
    ],
)
def test_who_asked_says_whether_they_were_understood(
    signals: list[Signal], meant: bool | None
) -> None:
    assert served(signals, "ann") is meant


@given(
    st.lists(
        st.builds(
            vote,
            st.sampled_from(["ann", "bob"]),
            st.just(""),
            st.integers(0, 9),
            st.sampled_from([*CONTENT, *UNSATISFIED, LEFT_OPEN, "reaction"]),
        )
    )
)
def test_nobody_is_content_and_unsatisfied_at_once(signals: list[Signal]) -> None:
    held = implied(signals)
    for user in ("ann", "bob"):
        kinds = {s.kind for s in held if s.user_id == user}
        assert sum(bool(kinds & side) for side in (CONTENT, UNSATISFIED, {LEFT_OPEN})) <= 1
        assert bool(kinds) == any(s.user_id == user and s.kind != "reaction" for s in signals)
