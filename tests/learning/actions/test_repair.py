from typing import Any

import pytest

from learning.actions.repair import repairs
from learning.confidence import ASK, SUGGEST
from tests.learning.actions.calls import NOW, Calls, fault


def first(params: dict[str, Any], said: str, **schema: Any) -> dict[str, Any]:
    return dict(repairs(params, fault(said, params), schema, (), NOW)[0].params)


@pytest.mark.parametrize(
    ("params", "said", "mended"),
    [
        ({"sort": "Created"}, "sort must be one of 'created', 'updated'", {"sort": "created"}),
        ({"length": 900}, "length must be ≤ 240", {"length": 240}),
        ({"due": "03.12.2026"}, "due: expected ISO 8601", {"due": "2026-12-03T00:00:00Z"}),
        ({"limit": 5}, "Unknown parameter limit. Did you mean per_page?", {"per_page": 5}),
        ({"n": 500}, ('{"detail":[{"loc":["body","n"],"msg":"Input should be less than or equal to '
         '100","type":"less_than_equal"}]}'), {"n": 100}),
        ({"n": "5"}, "'5' is not of type 'integer' [json-pointer:/n]", {"n": 5}),
        ({"x": 1, "y": 2}, "Additional properties are not allowed ('y' was unexpected)", {"x": 1}),
        ({"labels": "bug"}, ('{"message":"Validation Failed","errors":[{"field":"labels","message":'
         '"must be an array"}]}'), {"labels": ["bug"]}),
    ],
)  # fmt: skip
def test_what_a_failure_asks_for_is_offered_but_never_sure(
    params: dict[str, Any], said: str, mended: dict[str, Any]
) -> None:
    found = repairs(params, fault(said, params), {}, (), NOW)

    assert found[0].params == mended
    assert ASK <= found[0].confidence < SUGGEST
    assert found[0].source == "said"


def test_what_is_required_comes_from_the_schema() -> None:
    schema = {"properties": {"lang": {"default": "en"}}}
    said = (
        '{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":'
        '["[ERROR] missing required field: lang [json-pointer:/lang]"]}}'
    )

    assert first({"a": 1}, said, **schema) == {"a": 1, "lang": "en"}


def test_a_missing_right_has_no_repair() -> None:
    for kind in ("denied", "rate_limited", "timeout", "unavailable"):
        why = fault('{"error":"missing_scope","needed":"chat:write"}', {"a": "1"}, kind)

        assert repairs({"a": "1"}, why, {}, (), NOW) == ()


def test_what_mended_a_failure_before_is_sure_the_next_time() -> None:
    calls = Calls()
    calls.mended({"labels": "bug"}, "labels: wrong shape", {"labels": ["bug"]})
    params = {"labels": "idea"}

    found = repairs(params, fault("labels: wrong shape", params), {}, calls.tries, NOW)

    assert found[0].params == {"labels": ["idea"]}
    assert found[0].source == "history"
    assert found[0].confidence >= SUGGEST


def test_a_recovery_that_failed_is_no_longer_sure() -> None:
    calls = Calls()
    calls.mended({"labels": "bug"}, "labels: wrong shape", {"labels": ["bug"]})
    for word in ("idea", "todo"):
        calls.failed_then({"labels": word}, {"labels": word}, "labels: wrong shape",
                          {"labels": f"{word}!"})  # fmt: skip
    params = {"labels": "new"}

    found = repairs(params, fault("labels: wrong shape", params), {}, calls.tries, NOW)

    listed = [each for each in found if each.params == {"labels": ["new"]}]
    assert all(each.confidence < SUGGEST for each in listed)


def test_a_look_alike_is_never_sure() -> None:
    calls = Calls()
    said = "size is not acceptable"
    for size in (70, 80, 90):
        calls.mended({"mode": "draft", "size": size}, said, {"mode": "draft", "size": 50})
        calls.worked({"mode": "final", "size": size})
    params = {"mode": "final", "size": 85}
    found = repairs(params, fault(said, params), {}, calls.tries, NOW)
    elsewhere = repairs(params, fault("tempo is not acceptable", params), {}, calls.tries, NOW)
    other = repairs(params, fault(said, params, "conflict", 409), {}, calls.tries, NOW)

    for each in (*found, *elsewhere, *other):
        assert each.source != "history" or each.confidence < SUGGEST


def test_a_failure_that_says_nothing_is_mended_by_a_figure_only_once_that_has_settled() -> None:
    calls = Calls()
    params = {"n": 900}
    why = fault("400 Bad Request", params)
    sure = []
    for asked in (300, 500, 700):
        sure.append(repairs(params, why, {}, calls.tries, NOW)[0].confidence >= SUGGEST)
        calls.mended({"n": asked}, "400 Bad Request", {"n": 100})
    found = repairs(params, why, {}, calls.tries, NOW)

    assert sure == [False, False, True]
    assert (found[0].params, found[0].source) == ({"n": 100}, "history")
    assert found[0].confidence >= SUGGEST


def test_a_failure_that_says_nothing_is_not_about_what_is_named_when_it_is_wrong() -> None:
    calls = Calls()
    calls.mended({"n": 1, "labels": "bug"}, "400 Bad Request",
                 {"n": 1, "labels": ["bug"], "region": "eu"})  # fmt: skip
    calls.mended({"n": 1}, "region is required, for instance eu", {"n": 1, "region": "eu"})
    params = {"n": 2, "labels": "idea"}

    found = repairs(params, fault("400 Bad Request", params), {}, calls.tries, NOW)

    assert found[0].params == {"n": 2, "labels": ["idea"]}
    assert found[0].confidence >= SUGGEST


def test_a_word_that_the_tool_no_longer_lists_is_not_put_there() -> None:
    calls = Calls()
    calls.mended({"level": "minor"}, "level must be one of low, top", {"level": "low"})
    params = {"level": "minor"}

    found = repairs(params, fault("level must be one of p1, p2", params), {}, calls.tries, NOW)

    assert {"level": "low"} not in [each.params for each in found]


def test_what_was_asked_for_is_tried_again_when_a_habit_failed() -> None:
    asked, sent = {"length": 900}, {"length": 240}

    found = repairs(sent, fault("refused", sent), {}, (), NOW, asked=asked)

    assert asked in [each.params for each in found]


def test_a_message_that_says_too_much_gives_few_and_the_same_offers() -> None:
    params = {f"p{n}": n for n in range(200)}
    said = " ".join(f"p{n} must be at most 1." for n in range(200)) + " {" * 50

    found = repairs(params, fault(said, params), {}, (), NOW)

    assert len(found) <= 8
    assert found == repairs(params, fault(said, params), {}, (), NOW)
