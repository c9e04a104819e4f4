"""What of a person's memories goes along with a question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from learning.lexicon import Lexicon
from learning.memory.contract import Memory
from learning.memory.profile import FRESH_DAYS, MOST, bearing, may_stand, recollection_of
from learning.scope import person

if TYPE_CHECKING:
    from learning.memory.contract import MemoryKind

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LEXICON = Lexicon()


def memory(
    kind: MemoryKind, text: str, confidence: float = 1.0, *, slot: str = "", days: float = 0
) -> Memory:
    seen = NOW - timedelta(days=days)
    return Memory(
        id=uuid4(),
        kind=kind,
        user_id="ann",
        audience=person("ann"),
        text=text,
        origin="stated",
        slot=slot,
        value="",
        tags=(),
        confidence=confidence,
        trust=1.0,
        times_observed=1,
        times_used=0,
        successes=0,
        failures=0,
        valid_from=seen,
        valid_to=None,
        superseded_by=None,
        created_at=seen,
        last_seen_at=seen,
        last_used_at=None,
    )


def goes(question: str, one: Memory, *, found: bool = False) -> bool:
    return one in bearing(question, [one], {one.id} if found else (), LEXICON, NOW)


def test_a_sure_preference_goes_unasked_a_likely_one_only_if_spoken_of() -> None:
    assert goes("Write a parser", memory("preference", "prefers TypeScript", 0.7))
    likely = memory("preference", "prefers TypeScript", 0.5)
    assert not goes("Write a parser", likely)
    assert goes("Is TypeScript fine here?", likely)
    assert goes("Write a parser", likely, found=True)
    doubtful = memory("preference", "prefers TypeScript", 0.3)
    assert not goes("Is TypeScript fine here?", doubtful, found=True)


def test_a_question_may_speak_of_a_slot_instead_of_what_is_in_it() -> None:
    likely = memory("preference", "prefers TypeScript", 0.5, slot="language")
    assert goes("Which language suits us?", likely)


def test_a_goal_goes_along_while_it_is_fresh_and_later_if_spoken_of() -> None:
    assert goes("What is 2+2?", memory("goal", "build a REST API", days=FRESH_DAYS - 1))
    old = memory("goal", "build a REST API", days=FRESH_DAYS)
    assert not goes("What is 2+2?", old)
    assert goes("How is the REST API going?", old)


def test_an_insight_needs_the_question_to_speak_of_it() -> None:
    one = memory("insight", "asks mostly about deployment")
    assert not goes("What is 2+2?", one)
    assert goes("Anything about deployment?", one)


def test_what_is_spoken_of_comes_first_and_no_kind_takes_all_the_room() -> None:
    many = [memory("preference", f"prefers thing{n}") for n in range(12)]
    named = memory("preference", "prefers TypeScript", 0.75, days=30)
    kept = bearing("TypeScript?", [*many, named], (), LEXICON, NOW)
    assert len(kept) == MOST["preference"]
    assert kept[0] is named


def test_ones_own_profile_never_goes_in_as_something_found() -> None:
    own = recollection_of(memory("goal", "build a REST API"))
    assert not may_stand(own, "ann")
    assert may_stand(own, "bob")
    assert may_stand(recollection_of(memory("history", "asked “build api”")), "ann")
    assert not may_stand(recollection_of(memory("preference", "prefers tabs", 0.39)), "bob")
