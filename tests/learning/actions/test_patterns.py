from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.actions.lessons import Lesson
from learning.actions.patterns import Applied, own_words_kept, prepare
from tests.learning.actions.calls import NOW, Calls

VALUES = st.sampled_from([1, 500, "main", "Big House", True, ["bug"], None, "03.12.2026"])
PARAMS = st.dictionaries(st.sampled_from(["a", "b", "mode"]), VALUES, max_size=3)


def sent(calls: Calls, asked: dict[str, Any], **schema: Any) -> dict[str, Any]:
    return dict(prepare(asked, schema, calls.tries, NOW).params)


def test_a_limit_that_was_met_once_holds_for_the_next_call_and_says_why() -> None:
    calls = Calls()
    calls.mended({"length": 900}, "length must be at most 240", {"length": 240})
    calls.mended({"length": 300}, "length must be at most 240", {"length": 240})

    found = prepare({"length": 600}, {}, calls.tries, NOW)

    assert found.params == {"length": 240}
    assert str(found.applied[0].lesson) == "length: at most 240"
    assert "worked" in found.applied[0].because
    assert sent(calls, {"length": 100}) == {"length": 100}


def test_a_rule_under_a_condition_is_not_used_without_it() -> None:
    calls = Calls()
    for length in (80, 90, 130):
        calls.worked({"mode": "audio", "length": length})
        calls.mended({"mode": "video", "length": length}, "Bad Request",
                     {"mode": "video", "length": 60})  # fmt: skip

    assert sent(calls, {"mode": "video", "length": 200})["length"] == 60
    assert sent(calls, {"mode": "audio", "length": 200})["length"] == 200


def test_a_rule_that_changed_is_unlearned_within_three_failures() -> None:
    calls = Calls()
    for length in (300, 400, 500, 600, 700, 800):
        calls.mended({"length": length}, "too long", {"length": 240})
    for length in (500, 600, 700):
        now = sent(calls, {"length": length})
        if now["length"] <= 100:
            break
        calls.failed_then({"length": length}, now, "too long", {"length": 100})

    assert sent(calls, {"length": 800}) == {"length": 100}


def test_other_words_are_learned_one_by_one() -> None:
    calls = Calls()
    calls.mended({"state": "done"}, "state is unknown", {"state": "closed_ok"})
    calls.mended({"state": "new"}, "state is unknown", {"state": "opened"})
    calls.mended({"state": "done"}, "state is unknown", {"state": "closed_ok"})

    assert sent(calls, {"state": "done"}) == {"state": "closed_ok"}
    assert sent(calls, {"state": "new"}) == {"state": "opened"}
    assert sent(calls, {"state": "odd"}) == {"state": "odd"}


def test_what_others_put_there_is_no_constant_for_me_but_structure_is() -> None:
    calls = Calls()
    for who in ("ana", "ben"):
        calls.mended({"user": who}, "Bad Request", {"login": who, "team": "blue-birds"}, own=False)

    assert sent(calls, {"user": "cleo"}) == {"login": "cleo"}


def test_a_constant_that_the_tool_itself_names_may_come_from_others() -> None:
    calls = Calls()
    for title in ("one", "two"):
        calls.mended({"title": title}, "region is required, for instance eu1",
                     {"title": title, "region": "eu1"}, own=False)  # fmt: skip

    assert sent(calls, {"title": "three"}) == {"title": "three", "region": "eu1"}


def test_somebodys_own_words_are_never_left_out() -> None:
    calls = Calls()
    told = {"note": "please be gentle with it", "n": 1}
    for _ in range(3):
        calls.mended(told, "note is not allowed", {"n": 1})

    assert sent(calls, told) == told


def test_the_schema_fills_casts_and_spells() -> None:
    schema = {
        "properties": {
            "n": {"type": "integer", "maximum": 50},
            "mode": {"enum": ["Fast", "Slow"]},
            "lang": {"type": "string", "default": "en"},
        },
        "required": ["lang"],
    }

    assert sent(Calls(), {"n": "7", "mode": "fast"}, **schema) == {
        "n": 7, "mode": "Fast", "lang": "en",
    }  # fmt: skip
    assert sent(Calls(), {"n": 70}, **schema)["n"] == 50


def test_what_was_learned_under_another_schema_counts_less() -> None:
    calls = Calls()
    calls.mended({"length": 900}, "length must be at most 240", {"length": 240})
    tries = [replace(each, schema="old") for each in calls.tries]
    told = {"length": 500}

    assert prepare(told, {}, tries, NOW, digest="old").applied
    assert not prepare(told, {}, tries, NOW, digest="new").applied
    assert not prepare(told, {}, tries, NOW + timedelta(days=900), digest="old").applied


def test_what_somebody_wrote_stays_even_if_its_name_is_refused() -> None:
    asked = {"memo": "the door does not close in winter", "n": 1}
    left = [Applied(Lesson("memo", drop=True), 1.0, ""), Applied(Lesson("n", drop=True), 1.0, "")]

    kept, applied = own_words_kept(asked, {}, left)
    moved, _ = own_words_kept(asked, {"note": f"> {asked['memo']}"}, left)

    assert (kept, [each.lesson.field for each in applied]) == ({"memo": asked["memo"]}, ["n"])
    assert "memo" not in moved


@pytest.mark.parametrize(
    ("field", "calls_so_far", "asked"),
    [
        ("number", [(1234, "1234-0"), (529, "529-6"), (77, "77-4"), (95, "95-4")], 3516),
        ("size", [(77, 72), (79, 72), (100, 96)], 119),
        ("size", [(77, 72), (79, 72)], 119),
    ],
)
def test_a_figure_that_is_another_one_each_time_is_no_rule(
    field: str, calls_so_far: list[tuple[Any, Any]], asked: int
) -> None:
    calls = Calls()
    for before, after in calls_so_far:
        calls.mended({field: before}, f"{field} is wrong", {field: after})

    assert sent(calls, {field: asked}) == {field: asked}


def test_what_was_offered_and_taken_teaches_as_what_was_mended() -> None:
    calls = Calls()
    calls.mended({"tempo": 400}, "tempo must be at most 240", {"tempo": 240})
    taken = replace(calls.tries[1], learned_from=UUID(int=99))
    tries = [calls.tries[0], taken]

    assert prepare({"tempo": 300}, {}, tries, NOW).params == {"tempo": 240}
    late = replace(taken, at=taken.at + timedelta(hours=1))
    assert prepare({"tempo": 300}, {}, [tries[0], late], NOW).params == {"tempo": 300}


def test_a_figure_with_another_parameter_in_it_holds_only_for_that() -> None:
    calls = Calls()
    for branch in ("main", "next"):
        calls.mended({"mode": "draft", "branch": branch}, "at is required",
                     {"mode": "draft", "branch": branch, "at": f"draft/{branch}"})  # fmt: skip

    assert sent(calls, {"mode": "draft", "branch": "fix"})["at"] == "draft/fix"
    assert "at" not in sent(calls, {"mode": "final", "branch": "fix"})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(PARAMS, PARAMS, st.booleans()), max_size=8), PARAMS)
def test_any_history_gives_a_call_and_changes_nothing_of_what_was_asked(
    history: list[tuple[dict[str, Any], dict[str, Any], bool]], asked: dict[str, Any]
) -> None:
    calls = Calls()
    for one, other, fine in history:
        if fine:
            calls.worked(one)
        else:
            calls.mended(one, "Bad Request: b", other)
    before = repr(asked)

    first, second = sent(calls, asked), sent(calls, asked)

    assert first == second
    assert repr(asked) == before
