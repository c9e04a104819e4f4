from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.actions.lessons import Lesson, apply, lessons

NAMES = st.text("abc", min_size=1, max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9999, 9999) | st.text("abC -_/.1", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PARAMS = st.dictionaries(st.text("abcd", min_size=1, max_size=3), JSON, max_size=5)


@pytest.mark.parametrize(
    ("failed", "worked", "asked", "sent"),
    [
        ({"limit": 500}, {"limit": 100}, {"limit": 30}, {"limit": 30}),
        ({"limit": 500}, {"limit": 100}, {"limit": 101}, {"limit": 100}),
        ({"length": 3}, {"length": 3000}, {"length": 4}, {"length": 4000}),
        ({"number": "7"}, {"number": 7}, {"number": "12"}, {"number": 12}),
        ({"labels": "bug"}, {"labels": ["bug"]}, {"labels": "idea"}, {"labels": ["idea"]}),
        ({"on": "yes"}, {"on": True}, {"on": "no"}, {"on": False}),
        ({"due": "03.12.2026"}, {"due": "2026-12-03"},
         {"due": "24.12.2026"}, {"due": "2026-12-24"}),
        ({"ref": "main"}, {"ref": "refs/heads/main"}, {"ref": "x"}, {"ref": "refs/heads/x"}),
        ({"who": "ana"}, {"user": "ana"}, {"who": "ben"}, {"user": "ben"}),
        ({"name": "Big House"}, {"name": "big-house"}, {"name": "A Tree"}, {"name": "a-tree"}),
        ({"state": "done"}, {"state": "closed"}, {"state": "open"}, {"state": "open"}),
        ({"title": "Big House", "n": 1}, {"title": "Big House", "n": 1, "slug": "big-house"},
         {"title": "My Tree"}, {"title": "My Tree", "slug": "my-tree"}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"b": 3, "c": 4}}, {"a": {"b": 3}}),
    ],
)  # fmt: skip
def test_what_mended_one_call_carries_over_to_another(
    failed: dict[str, Any], worked: dict[str, Any], asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    found = lessons(failed, worked)

    assert apply(found, failed) == worked
    assert apply(found, asked) == sent
    assert [Lesson.from_data(each.as_data()) for each in found] == list(found)


def test_somebodys_own_words_are_no_lesson() -> None:
    failed = {"title": "The door does not close in winter"}

    found = lessons(failed, {"title": "Please look at the door as soon as you can"})

    assert apply(found, failed) == failed


@given(PARAMS, PARAMS)
def test_any_two_calls_can_be_compared_and_the_lessons_kept(
    failed: dict[str, Any], worked: dict[str, Any]
) -> None:
    before = repr(failed)
    found = lessons(failed, worked)
    apply(found, failed)

    assert repr(failed) == before
    assert [Lesson.from_data(each.as_data()) for each in found] == list(found)


def test_what_is_no_lesson_is_refused() -> None:
    with pytest.raises(ValueError, match="no lesson"):
        Lesson.from_data({"op": "set"})
