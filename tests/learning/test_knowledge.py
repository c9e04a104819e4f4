from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from learning.confidence import of_trials
from learning.knowledge import (
    HALF_LIFE_DAYS,
    KnownDocument,
    Seen,
    Trials,
    confidence_of,
    decide,
    page_due,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
READ = KnownDocument(UUID(int=1), "aa", 10, 5, NOW)
DOUBTED = KnownDocument(UUID(int=1), "aa", 10, 5, NOW, doubted=True)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("known", "seen", "finding"),
    [
        (READ, Seen(size=10, mtime_ns=5), "unchanged"),
        (READ, Seen(size=11, mtime_ns=5), "due"),
        (READ, Seen(size=10, mtime_ns=6), "due"),
        (READ, Seen(size=10, mtime_ns=6, digest="aa"), "unchanged"),
        (READ, Seen(size=10, mtime_ns=5, digest="bb"), "changed"),
        (READ, Seen(digest="aa"), "unchanged"),
        (DOUBTED, Seen(size=10, mtime_ns=5), "due"),
        (READ, Seen(there=False, certain=True), "gone"),
        (READ, Seen(there=False), "missing"),
        (DOUBTED, Seen(there=False), "gone"),
        (READ, Seen(reached=False, there=False, certain=True), "unreachable"),
        (DOUBTED, Seen(reached=False, there=False), "unreachable"),
    ],
)
def test_what_a_look_means(known: KnownDocument, seen: Seen, finding: str) -> None:
    assert decide(known, seen) == finding


@pytest.mark.parametrize(
    ("validated", "looked", "due"),
    [
        (None, None, True),
        (None, NOW - timedelta(hours=1), False),
        (None, NOW - DAY, True),
        (NOW - 6 * DAY, NOW - 6 * DAY, False),
        (NOW - 7 * DAY, NOW - 7 * DAY, True),
        (NOW - 8 * DAY, NOW - timedelta(hours=1), False),
        (NOW - 8 * DAY, NOW - DAY, True),
        (NOW + DAY, NOW + DAY, False),
    ],
)
def test_when_a_page_is_due(validated: datetime | None, looked: datetime | None, due: bool) -> None:
    assert page_due(validated, looked, NOW) is due


def test_a_document_begins_sure_and_halves_while_nobody_looks_at_it() -> None:
    later = NOW + timedelta(days=HALF_LIFE_DAYS)
    assert confidence_of("document_ingestion", NOW, NOW) == 1.0
    assert confidence_of("document_ingestion", NOW, later) == pytest.approx(0.5)
    assert confidence_of("document_ingestion", NOW, later, doubted=True) == pytest.approx(0.25)


def test_clocks_that_disagree_take_nothing_off() -> None:
    assert confidence_of("document_ingestion", NOW, NOW - DAY) == 1.0


def test_what_was_tried_is_believed_by_how_it_went() -> None:
    good, bad = Trials(8, 8, 0, 5.0), Trials(8, 0, 8, 5.0)
    sure = confidence_of("interaction_learning", NOW, NOW + DAY, trials=good)
    assert sure == pytest.approx(of_trials(8, 8, 0, 1.0))
    assert sure > confidence_of("interaction_learning", NOW, NOW + DAY, trials=bad)


def test_what_nobody_tried_yet_is_believed_by_its_own_rating_and_fades() -> None:
    def sure(rating: float | None, days: int = 0) -> float:
        return confidence_of("user_feedback", NOW, NOW + days * DAY, trials=Trials(rating=rating))

    assert sure(None) == sure(5.0) > sure(3.0)
    assert sure(None) > sure(None, 15) > sure(None, 30) == sure(None, 300)
    assert 0.0 < sure(None, 300) <= sure(None) <= 1.0
