from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from integrations.contracts.incoming import Reason
from learning.feedback import RATINGS, Signal, ratings_of, served, votes
from learning.reasons import TELLS, Why, form, given, held, told

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(*events: tuple[str, str, str], note: str = "") -> list[Signal]:
    """Return what people did, in order: who, kind, value."""
    return [
        Signal(user, kind, value, NOON + timedelta(seconds=i), note if kind == "reason" else "")
        for i, (user, kind, value) in enumerate(events)
    ]


def test_every_reason_that_can_be_picked_is_known() -> None:
    assert set(TELLS) == set(get_args(Reason))


def test_a_reason_holds_as_long_as_its_author_finds_the_answer_bad() -> None:
    why = ("ann", "reason", "wrong")
    bad = said(("ann", "reaction", "👎"), why, ("bob", "reaction", "👍"))
    assert held(bad) == {"ann": Why(("wrong",))}
    assert held(said(("ann", "reaction", "👎"), why, ("ann", "reaction", "👍"))) == {}
    assert held(said(why)) == {}
    assert held(said(("mynah", "reaction", "👎"), why), own_ids=frozenset({"mynah"})) == {}
    assert given(said(why, note="no")) == {"ann": Why(("wrong",), "no")}


def test_what_is_blamed_is_what_was_wrong_or_out_of_date() -> None:
    assert [name for name in TELLS if Why((name,)).blames] == ["wrong", "outdated"]
    assert told(Why(("wrong", "too_long"))) == "it was wrong, it was too long"


@pytest.mark.parametrize(
    ("why", "way", "wished"),
    [
        (Why(("too_long",)), "", ("brief",)),
        (Why(("too_short",)), "", ("detail",)),
        (Why(("unclear", "too_long")), "", ("brief", "plain")),
        (Why(("off_tone",)), "formal", ("casual",)),
        (Why(("off_tone",)), "casual+brief", ("formal",)),
        (Why(("off_tone",)), "", ()),
        (Why(("off_tone",), "too formal"), "", ("casual",)),
        (Why(("too_long",), "more detail please"), "", ("detail",)),
        (Why(("wrong",), "it is 54, not 42"), "formal", ()),
    ],
)
def test_what_a_reason_wishes_for(why: Why, way: str, wished: tuple[str, ...]) -> None:
    assert form(why, way) == wished


@pytest.mark.parametrize(
    ("reasons", "meant"),
    [((), False), (("misunderstood", "wrong"), False), (("wrong",), None), (("other",), False)],
)
def test_only_who_was_misunderstood_was_misread(
    reasons: tuple[str, ...], meant: bool | None
) -> None:
    events = [("ann", "reaction", "👎"), *(("ann", "reason", each) for each in reasons)]
    assert served(said(*events), "ann") is meant


def test_emoji_are_given_other_stars() -> None:
    ratings = ratings_of("rocket=5, eyes=none, 👍🏽=4, :partyparrot:=4.5, 👎=none")
    assert RATINGS.items() - ratings.items() == {("👍", 5.0), ("👎", 1.0)}
    given_ = said(("ann", "reaction", "👍🏿"), ("bob", "reaction", "partyparrot"))
    assert {user: vote.rating for user, vote in votes(given_, ratings=ratings).items()} == {
        "ann": 4.0,
        "bob": 4.5,
    }
    assert ratings_of(" ") == RATINGS
    assert [RATINGS[f"{n}\u20e3"] for n in range(1, 6)] == [1.0, 2.0, 3.0, 4.0, 5.0]


@pytest.mark.parametrize("text", ["rocket", "rocket=6", "rocket=0", "=5", "a b=2", "x=nan", "x="])
def test_stars_that_mean_nothing_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        ratings_of(text)
