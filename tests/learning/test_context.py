from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from learning.context import HISTORY_TOKENS, fit_history, tokens

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
