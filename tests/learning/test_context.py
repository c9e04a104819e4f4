from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from learning.context import CAPS, HISTORY_TOKENS, compose, fit_history, tokens
from learning.recall import Candidate, Scored
from learning.recollection import Recollection
from learning.tokens import estimated_tokens

Message = tuple[Literal["person", "mynah"], str]
messages = st.lists(st.tuples(st.sampled_from(["person", "mynah"]), st.text(max_size=3_000)))


def test_a_token_is_four_characters_rounded_up() -> None:
    assert [tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]


def test_the_latest_messages_stay_in_order() -> None:
    said: list[Message] = [("person", "one"), ("mynah", "two"), ("person", "three")]
    assert fit_history(said) == said
    assert fit_history(said, budget=3) == said[1:]
    assert fit_history(said, budget=0) == []


def test_a_message_that_does_not_fit_ends_the_history() -> None:
    said: list[Message] = [("person", "old"), ("mynah", "x" * 400), ("person", "new")]
    assert fit_history(said, budget=50) == [("person", "new")], "no gap in a conversation"


def test_of_a_long_message_the_beginning_goes_along() -> None:
    ((by, text),) = fit_history([("mynah", "a" * 2_000 + "b")])
    assert (by, text) == ("mynah", "a" * 2_000 + " …")


@given(messages, st.integers(0, 3_000))
def test_the_budget_holds_and_nothing_is_made_up(said: list[Message], budget: int) -> None:
    kept = fit_history(said, budget)
    assert sum(tokens(text) for _, text in kept) <= budget
    assert len(kept) <= len(said)
    for (by, text), (by_kept, shown) in zip(reversed(said), reversed(kept), strict=False):
        assert by == by_kept
        assert shown == text or text.startswith(shown.removesuffix(" …").rstrip())


def test_a_usual_conversation_fits_as_a_whole() -> None:
    said: list[Message] = [("person", "A question of usual length?" * 4)] * 20
    assert len(fit_history(said, HISTORY_TOKENS)) == 20


def _recalled(kind: str, text: str, *, memory: str = "") -> Recollection:
    said_at = datetime(2026, 3, 2, tzinfo=UTC)
    return Recollection(uuid4(), kind, text, 0.5, said_at, memory=memory)  # type: ignore[arg-type]


def _found(recollection: Recollection, score: float) -> tuple[Scored, Recollection]:
    candidate = Candidate(recollection.id, recollection.kind, recollection.text, 1.0, None)
    return Scored(candidate, score), recollection


def test_each_section_is_counted_and_the_order_is_rated_found_profile() -> None:
    rated = _recalled("answer", "The kiln is cooled by the rotor.")
    passage = _recalled("knowledge", "Kilns are fired on Tuesdays.")
    goal = _recalled("memory", "build a kiln", memory="goal")
    composed = compose([rated], [_found(passage, 0.9)], [goal], 4_000, 12)
    assert composed.recollections == (rated, passage, goal)
    assert set(composed.tokens) == {"rated", "knowledge", "goals"}
    assert composed.tokens["goals"] == estimated_tokens("build a kiln")


def test_a_profile_stays_within_its_cap_and_leaves_the_rest_to_what_was_found() -> None:
    wishes = [
        _recalled("memory", f"likes thing{n} {'very ' * 20}much", memory="preference")
        for n in range(40)
    ]
    passages = [_found(_recalled("knowledge", f"fact{n} about item{n}"), 0.9) for n in range(5)]
    composed = compose([], passages, wishes, 4_000, 12)
    assert composed.tokens["preferences"] <= CAPS["preferences"]
    assert sum(r.kind == "knowledge" for r in composed.recollections) == 5


def test_what_is_both_found_and_profile_goes_in_once() -> None:
    goal = _recalled("memory", "build a kiln", memory="goal")
    assert compose([], [_found(goal, 0.9)], [goal], 4_000, 12).recollections == (goal,)
