"""What is done without asking, what is asked, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from learning.actions.approval import decide, sureness, technical
from learning.actions.contract import Acted, Effect, Origin
from learning.confidence import SUGGEST
from learning.scope import WORKSPACE

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def decided(days_ago: float = 1, **values: object) -> Acted:
    at = NOW - timedelta(days=days_ago)
    acted = Acted(
        id=uuid4(), user_id="ann", audience=WORKSPACE, kind="github.create_issue",
        origin="person", status="done", created_at=at, decided="asked", decided_at=at, success=True,
    )  # fmt: skip
    return replace(acted, **values)  # type: ignore[arg-type]


SURE = [decided(days) for days in range(1, 9)]


@pytest.mark.parametrize("origin", ["person", "model", "pattern", "task", "schedule"])
def test_what_only_reads_runs_whoever_wants_it(origin: Origin) -> None:
    assert decide("reads", origin, "", [], tainted=True, now=NOW).answer == "run"


@pytest.mark.parametrize("effect", ["reads", "own", "writes"])
def test_what_is_switched_off_is_refused(effect: Effect) -> None:
    assert decide(effect, "person", "off", SURE, tainted=False, now=NOW).answer == "refuse"


def test_what_we_keep_ourselves_runs_on_somebodys_own_words_and_else_only_when_sure() -> None:
    assert decide("own", "person", "", [], tainted=False, now=NOW).answer == "run"
    assert decide("own", "model", "", [], tainted=False, now=NOW).answer == "ask"
    assert decide("own", "model", "", SURE, tainted=False, now=NOW).answer == "run"
    assert decide("own", "model", "", SURE, tainted=True, now=NOW).answer == "ask"


def test_writing_asks_until_an_admin_allows_it_and_the_person_is_sure_to_say_yes() -> None:
    assert decide("writes", "person", "", SURE, tainted=False, now=NOW).answer == "ask"
    assert decide("writes", "person", "auto", [], tainted=False, now=NOW).answer == "ask"
    verdict = decide("writes", "model", "auto", SURE, tainted=False, now=NOW)
    assert (verdict.answer, verdict.decided) == ("run", "sure")


def test_words_of_others_never_trigger_a_write() -> None:
    assert decide("writes", "model", "auto", SURE, tainted=True, now=NOW).answer == "ask"


def test_five_recent_yeses_make_sure_and_four_do_not() -> None:
    assert sureness([decided(0)] * 4, NOW) < SUGGEST <= sureness([decided(0)] * 5, NOW)
    assert sureness([decided(200)] * 5, NOW) < SUGGEST


@pytest.mark.parametrize(
    "latest",
    [
        {"status": "rejected", "success": None},
        {"changed": {"title": ["a", "b"]}},
        {"rating": 1.0},
        {"decided": "sure", "rating": 2.0, "decided_at": None, "finished_at": NOW},
    ],
)
def test_a_no_a_change_or_a_dislike_ends_it_at_once(latest: dict[str, object]) -> None:
    assert sureness([*SURE, decided(0, **latest)], NOW) == 0


def test_what_was_done_without_asking_says_nothing_of_the_next_time() -> None:
    assert sureness([decided(0, decided="sure")] * 9, NOW) == 0


SCHEMA = {
    "properties": {
        "to": {"type": "string"}, "text": {"type": "string"}, "tempo": {"type": "integer"},
        "style": {"type": "string", "enum": ["rock", "pop"]}, "labels": {"type": "array"},
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ({"tempo": 400}, {"tempo": 240}, True),
        ({"tempo": "120"}, {"tempo": 120}, True),
        ({"style": "Rock"}, {"style": "rock"}, True),
        ({"style": "metal"}, {"style": "rock"}, True),
        ({"labels": "bug"}, {"labels": ["bug"]}, True),
        ({"to": "#dev"}, {"to": "dev"}, True),
        ({"to": "#dev"}, {"channel": "dev"}, True),
        ({"to": "#dev"}, {"to": "#all"}, False),
        ({"text": "We ship"}, {"text": "We do not ship"}, False),
        ({"to": "#dev", "text": "x"}, {"to": "#dev"}, False),
        ({"to": "#dev"}, {"to": "#dev", "text": "hello all"}, False),
    ],
)
def test_only_the_form_of_what_was_approved_may_be_mended(
    before: dict[str, object], after: dict[str, object], same: bool
) -> None:
    assert technical(before, after, SCHEMA) is same
