"""Secrets do not survive what is stored of an action."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.actions.redaction import (
    CUT,
    MOST_STORED,
    MOST_TEXT,
    SECRET,
    holds_secret,
    redact,
    redact_text,
    unmarked,
)

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def _random(size: int) -> st.SearchStrategy[str]:
    return st.text(_LETTERS, min_size=size, max_size=size)


shaped = st.one_of(
    _random(36).map("ghp_{}".format),
    _random(40).map("github_pat_{}".format),
    _random(32).map("sk-proj-{}".format),
    _random(24).map("xoxb-1234567890-{}".format),
    st.text("ABCDEFGHIJKLMNOP234567", min_size=16, max_size=16).map("AKIA{}".format),
    st.builds("eyJ{}.eyJ{}.{}".format, _random(20), _random(30), _random(20)),
    _random(60).map("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----".format),
)
named = st.sampled_from(
    ["token", "password", "Authorization", "apiKey", "api_key", "X-Api-Key", "client_secret",
     "Cookie", "accessToken", "DB_PASSWORD", "private-key", "Set-Cookie"]
)  # fmt: skip
plain = st.text("abcdefghij klmnop,.", max_size=30)


def _nested(secret: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        secret,
        lambda inside: st.one_of(
            st.lists(inside, min_size=1, max_size=2),
            st.dictionaries(st.sampled_from(["title", "body", "items", "x"]), inside, min_size=1),
        ),
        max_leaves=3,
    )


@given(st.data(), plain, plain)
def test_a_secret_of_a_known_shape_never_survives(
    data: st.DataObject, before: str, after: str
) -> None:
    secret = data.draw(shaped)
    value = data.draw(_nested(st.just(f"{before} {secret} {after}")))
    stored = json.dumps(redact({"params": value}), ensure_ascii=False)
    assert secret.split("\n")[len(secret.split("\n")) // 2][5:] not in stored
    assert holds_secret({"params": value})


@given(named, _random(12), st.sampled_from(["{}={}", '{{"{}": "{}"}}', "{}: {}", "{} = '{}'"]))
def test_a_secret_by_its_name_never_survives(name: str, secret: str, form: str) -> None:
    stored = json.dumps(
        redact({name: secret, "deep": [{name: {"of": secret}}, {"name": name, "value": secret}]})
    )
    assert secret not in stored
    assert secret not in redact_text(f"it said {form.format(name, secret)} and left")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:hunter2@db:5432/x", "hunter2"),
        ("GET https://api.example/x?access_token=abcd1234&page=2", "abcd1234"),
        ("curl -H 'Authorization: Bearer abc.def-123456'", "abc.def-123456"),
        ("Set-Cookie: sid=s3cr3t; Path=/; HttpOnly", "s3cr3t"),
        ("Incorrect API key provided: Zk39dkXkqL02ldkfjQpw.", "Zk39dkXkqL02ldkfjQpw"),
        ("the secret for it was q8Wm2Zr7Lk4Tn9Xc", "q8Wm2Zr7Lk4Tn9Xc"),
        ("https://hooks.slack.com/services/T0/B0/abcdEFGH1234", "abcdEFGH1234"),
    ],
)
def test_secrets_in_what_tools_say_are_taken_out(text: str, secret: str) -> None:
    assert secret not in redact_text(text)
    assert SECRET in redact_text(text)


@pytest.mark.parametrize(
    "value",
    [
        {"title": "Login fails", "labels": ["bug"], "number": 12, "draft": False},
        {"max_tokens": 400, "page_token": "abc", "key": "C minor", "keyboard": "de"},
        "password: must be at least 8 characters",
        "The token is expired. A secret is something else; basic understanding helps.",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b of https://github.com/acme/api#12",
        {"id": "0192f0c4-7d6a-7c33-9f0e-0123456789ab", "author": "ada", "authors": ["x"]},
    ],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert redact(value) == value
    assert not holds_secret(value)


def test_what_is_kept_is_small_whatever_comes() -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    huge = {"a": "word " * 100_000, "b": [{"c": "d" * 900}] * 5_000, "deep": deep}
    kept = redact(huge)
    assert len(json.dumps(kept)) <= MOST_STORED
    assert redact_text("word " * 10_000).endswith(CUT)
    assert len(redact_text("word " * 10_000)) == MOST_TEXT


def test_nothing_learns_from_what_was_taken_out() -> None:
    kept = redact({"title": "x", "headers": {"Authorization": "Bearer abc123def"}})
    assert unmarked(kept) == {"title": "x"}
