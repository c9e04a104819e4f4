"""What follows what, and the offer that is made of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from learning.actions.sequences import filled, follow_up, mine
from tests.learning.actions.doings import MONDAY, acted

if TYPE_CHECKING:
    from learning.actions.contract import Acted

MERGE, POST = "github.merge_pull_request", "post.message"
NOW = MONDAY + timedelta(days=30)


def merged(number: int, at: datetime, title: str) -> Acted:
    return acted(
        number,
        MERGE,
        at,
        params={"repo": "acme/api", "number": number},
        result={"link": f"https://example.test/pull/{number}", "data": {"title": title}},
    )


def posted(number: int, at: datetime, title: str, pull: int, **further: object) -> Acted:
    text = f"Merged: {title} https://example.test/pull/{pull}"
    return acted(number, POST, at, params={"to": "#dev", "text": text}, **further)


def habit(times: int) -> list[Acted]:
    log = []
    for n in range(times):
        at = MONDAY + timedelta(days=n)
        log += [
            merged(n + 1, at, f"Change no {n}"),
            posted(100 + n, at + timedelta(minutes=4), f"Change no {n}", n + 1),
        ]
    return log


def test_after_merging_the_pull_request_is_offered_to_be_posted() -> None:
    done = merged(50, NOW, "Faster login")
    offer = follow_up(done, [*habit(5), done], NOW)
    assert offer is not None
    assert offer.sequence.combo == "github + post"
    assert offer.params == {
        "to": "#dev",
        "text": "Merged: Faster login https://example.test/pull/50",
    }
    assert (offer.sequence.support, offer.sequence.share) == (5, 1.0)
    assert offer.sequence.pause == timedelta(minutes=4, seconds=-1)


def test_twice_is_no_habit() -> None:
    assert mine(habit(2), NOW) == []


def test_what_comes_hours_later_does_not_follow() -> None:
    log = [
        each
        if each.kind == MERGE
        else posted(each.id.int, each.created_at + timedelta(hours=3), "x", 1)
        for each in habit(5)
    ]
    assert mine(log, NOW) == []


def test_offers_that_were_refused_end_it_and_accepted_ones_prove_nothing_new() -> None:
    refused = [
        posted(
            200 + n,
            NOW,
            "x",
            1,
            origin="pattern",
            status="rejected",
            after=MERGE,
            success=None,
            finished_at=None,
        )
        for n in range(12)
    ]
    done = merged(50, NOW + timedelta(days=1), "Faster login")
    assert follow_up(done, [*habit(4), *refused], NOW + timedelta(days=1)) is None
    taken = [posted(300 + n, NOW, "x", 1, origin="pattern") for n in range(4)]
    assert mine([*habit(4), *taken], NOW)[0].support == 4


def test_nothing_is_offered_that_was_done_meanwhile_or_failed() -> None:
    done = merged(50, NOW, "Faster login")
    already = posted(400, NOW + timedelta(seconds=30), "Faster login", 50)
    assert follow_up(done, [*habit(5), already], NOW) is None
    failed = acted(51, MERGE, NOW, success=False)
    assert follow_up(failed, habit(5), NOW) is None


def test_an_offer_needs_what_it_is_made_of() -> None:
    bare = acted(50, MERGE, NOW)
    assert filled({"text": {"text": "See {{link}}"}}, bare) is None
    assert filled({"to": "#dev"}, bare) == {"to": "#dev"}
    assert follow_up(bare, habit(5), NOW) is None
