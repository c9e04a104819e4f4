from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.sources import FIRST_HAND, SECOND_HAND, trust_of


@pytest.mark.parametrize(
    "name",
    [
        "project/tests/test_client.py",
        "tests/data.txt",
        "project/test/Client.java",
        "src/__tests__/client.ts",
        "src/client.test.ts",
        "src/client.spec.js",
        "pkg/client_test.go",
        "test_client.py",
        "conftest.py",
        "examples/basic/main.rs",
        "project/benchmarks/load.py",
        "CHANGELOG.md",
        "docs/changelog.rst",
        "HISTORY",
        "project/release-notes.md",
    ],
)
def test_what_talks_about_the_thing(name: str) -> None:
    assert trust_of(name) == SECOND_HAND


@pytest.mark.parametrize(
    "name",
    [
        "project/src/client.py",
        "README.md",
        "src/contest.py",
        "src/latest/client.py",
        "attestation/keys.py",
        "src/test_drive/client.py",
        "docs/testing.md",
        "news/today.md",
        "src/history_view.py",
        "protest.py",
        "",
    ],
)
def test_what_is_the_thing(name: str) -> None:
    assert trust_of(name) == FIRST_HAND


@given(st.text())
def test_any_name_gets_a_trust(name: str) -> None:
    assert trust_of(name) in {FIRST_HAND, SECOND_HAND}
