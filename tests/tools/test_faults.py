"""What words and statuses amount to."""

from __future__ import annotations

import pytest

from integrations.tools.faults import of_status, of_words, wait_in, wait_of
from learning.actions.contract import HARMLESS


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("title must be a string", "invalid"),
        ("Invalid arguments for tool echo: Required", "invalid"),
        ("repository not found", "not_found"),
        ("Unknown tool: x", "not_found"),
        ("unknown argument colour", "invalid"),
        ("401 Unauthorized", "denied"),
        ("expired access token", "denied"),
        ("429 Too Many Requests", "rate_limited"),
        ("that name already exists", "conflict"),
        ("upstream timed out", "timeout"),
        ("503 Service Unavailable", "unavailable"),
    ],
)
def test_words_that_say_what_is_wrong_are_understood(said: str, kind: str) -> None:
    assert of_words(said, "writes") == kind


def test_words_that_say_nothing_never_promise_that_nothing_happened() -> None:
    assert of_words("kaboom", "writes") not in HARMLESS
    assert of_words("kaboom", "reads") == "invalid"


def test_statuses_have_their_kind() -> None:
    assert [of_status(x) for x in (400, 401, 404, 409, 413, 422, 429)] == [
        "invalid",
        "denied",
        "not_found",
        "conflict",
        "too_large",
        "invalid",
        "rate_limited",
    ]
    assert not {of_status(x) for x in (500, 502, 503, 504, 408)} & HARMLESS


def test_how_long_to_wait_is_read_and_bounded() -> None:
    assert wait_in("try again in 2 minutes") == 120.0
    assert wait_in("retry after 500 ms") == 0.5
    assert wait_in("slow down") is None
    assert wait_of({"retry-after": "7"}) == 7.0
    assert wait_of({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert wait_of({"retry-after": "9" * 20}) == 86_400.0
