from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.things import (
    _table,
    folded,
    is_exclusive,
    is_taste,
    mentions,
    of_value,
    said,
    thing,
    things_in,
)


@pytest.mark.parametrize(
    ("text", "slot", "name"),
    [
        ("ts", "language", "TypeScript"),
        ("typescript", "language", "TypeScript"),
        ("go", "language", "Go"),
        ("C", "language", "C"),
        ("c++", "language", "C++"),
        ("F#", "language", "F#"),
        ("fly", "deployment", "Fly"),
        ("Fly.io.", "deployment", "Fly"),
        ("the Dark theme", "theme", "dark mode"),
        ("dark", "theme", "dark mode"),
        ("postgres", "database", "PostgreSQL"),
        ("next.js", "framework", "Next.js"),
        (".NET", "framework", ".NET"),
        ("hip hop", "music_genre", "hip-hop"),
        ("Drum & Bass", "music_genre", "drum and bass"),
        ("r'n'b", "music_genre", "R&B"),
        ("Rose Pine", "colour_scheme", "Rosé Pine"),
        ("`pnpm`", "package_manager", "pnpm"),
        ("2 spaces", "indentation", "two spaces"),
        ("snake_case", "naming", "snake_case"),
        ("gh actions", "ci", "GitHub Actions"),
    ],
)
def test_a_thing_is_known_by_any_of_its_spellings(text: str, slot: str, name: str) -> None:
    known = thing(text)
    assert known is not None
    assert (known.slot, known.name, known.value) == (slot, name, folded(name))
    assert of_value(slot, known.value) == known


@pytest.mark.parametrize("text", ["", " ", "…", "table", "go home", "ts es", "日本", "🦀"])
def test_what_is_not_in_the_table_is_no_thing(text: str) -> None:
    assert thing(text) is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("write a TypeScript function", ["typescript"]),
        ("a landing page with dark mode, deployed to Vercel", ["dark mode", "vercel"]),
        ("write it in go with express", ["go", "express"]),
        ("rewrite it in Rust", ["rust"]),
        ("the Rust compiler", ["rust"]),
        ("rust code, please", ["rust"]),
        ("Go and TypeScript", ["go", "typescript"]),
        ("deploy it to fly", ["fly"]),
        ("we moved from Vercel to Fly.", ["vercel", "fly"]),
        ("React Native, not React", ["react native", "react"]),
        ("Next.js on Fly's edge", ["next.js", "fly"]),
        ("Python, python and PYTHON", ["python"]),
        ("a metal song", ["metal"]),
        ("indent with tabs", ["tabs"]),
    ],
)
def test_things_are_found_in_running_text(text: str, values: list[str]) -> None:
    assert [each.value for each in things_in(text)] == values


@pytest.mark.parametrize(
    "text",
    [
        "let's go",
        "Go home now",
        "I want to fly to Rome",
        "the next step is to react swiftly",
        "my express train was late",
        "a metal door with rust on it",
        "the spring is here",
        "it is dark outside",
        "open three tabs and leave spaces between them",
        "a helm, a puppet and a chef",
        "the c in cat",
        "make it black",
        "react, native speakers",
        "EVERYBODY GO TO THE RUST BELT",
    ],
)
def test_plain_words_are_no_things(text: str) -> None:
    assert things_in(text) == ()


def test_the_table_is_large_and_every_name_leads_back_to_itself() -> None:
    table = _table()
    assert len(table.named) >= 250
    lost = [t.name for t in table.named.values() if thing(t.name) != t]
    assert lost == [], "two slots claim the same spelling"


def test_one_deployment_target_at_a_time_but_many_languages() -> None:
    assert is_exclusive("deployment")
    assert not is_exclusive("language")
    assert is_exclusive("favourite colour"), "a slot outside the table has one answer"
    assert not is_exclusive("")
    assert is_taste("theme")
    assert not is_taste("deployment")
    assert said("deployment", "Fly") == "deploys to Fly"
    assert said("language", "Rust") == "uses Rust"


@given(st.text(max_size=300))
def test_any_text_can_be_searched_and_every_mention_lies_in_it(text: str) -> None:
    thing(text)
    for mention in mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)
