from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.traits import MOST_TRAITS, Trait, traits


def told(text: str) -> list[tuple[str, str | float | None]]:
    return [(t.slot, t.value or t.number) for t in traits(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write a TypeScript function", [("language", "typescript")]),
        ("make a hip-hop song at 145 BPM", [("music_genre", "hip-hop"), ("tempo_bpm", 145.0)]),
        (
            "landing page with dark mode, deployed to Vercel",
            [("theme", "dark mode"), ("deployment", "vercel")],
        ),
        ("hip-hop beat, 90bpm", [("music_genre", "hip-hop"), ("tempo_bpm", 90.0)]),
        ("make it 120-130 bpm", [("tempo_bpm", 125.0)]),
        ("a beat at 140+ BPM", [("tempo_bpm", 140.0)]),
        ("How do I deploy this to Vercel?", [("deployment", "vercel")]),
        (
            "Can you build a REST API with FastAPI?",
            [("api_style", "rest"), ("framework", "fastapi")],
        ),
        ("I want to build an app in Kotlin", [("language", "kotlin")]),
        ("I need a script in Bash", [("language", "bash")]),
        ("port this from Python to Rust", [("language", "rust")]),
        ("Build a dashboard from a CSV file", [("file_format", "csv")]),
        ("write 1,500 words", [("length_words", 1500.0)]),
        ("write no more than 200 words", [("length_words", 200.0)]),
        ("give me a two-page summary", [("length_pages", 2.0)]),
        ("make a 90 second video", [("length_minutes", 1.5)]),
        ("fix this\n```python\nx = 1\n```", [("language", "python")]),
        ("Schreibe eine Funktion in Kotlin", [("language", "kotlin")]),
        ("Écris une fonction en TypeScript", [("language", "typescript")]),
        ("escribe una función en TypeScript", [("language", "typescript")]),
        ("Make a song. It should be about rain. Use jazz.", [("music_genre", "jazz")]),
    ],
)
def test_a_request_tells_what_it_asks_for(
    text: str, expected: list[tuple[str, str | float | None]]
) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "What is Rust?",
        "how does Redis work?",
        "Explain Kubernetes",
        "Is TypeScript better than JavaScript?",
        "Why is Docker slow",
        "what does this do\n```python\nx\n```",
        "compare Vercel and Netlify",
        "I prefer TypeScript",
        "Bob prefers TypeScript",
        "We use Docker at work.",
        "make it without Docker",
        "not in Java",
        "write it, but not in Java or Kotlin",
        "avoid TypeScript",
        "write it without Java, Kotlin, Scala or PHP",
        "write a blog post about Docker",
        "set a timeout of 5 minutes",
        "write to bob 500 times",
        "> write it in TypeScript",
        'Fix "I wrote TypeScript"',
        "",
        "👍",
        "...",
        "hello",
    ],
)
def test_what_is_no_wish_has_no_traits(text: str) -> None:
    assert traits(text) == ()


def test_what_is_ruled_out_leaves_the_rest() -> None:
    assert told("write it in Python, not in Java or Kotlin") == [("language", "python")]
    assert told("write tests in Python, no pytest please") == [("language", "python")]


def test_each_trait_is_told_once() -> None:
    assert told("write TypeScript. Write more TypeScript.") == [("language", "typescript")]


def test_a_list_of_everything_is_no_wish() -> None:
    names = (
        "Python Java Kotlin Scala Ruby PHP Perl Lua Elixir Erlang Haskell OCaml Zig Nim Dart "
        "Docker Podman Redis MySQL SQLite MongoDB Vercel Netlify Heroku Jest Vitest Mocha"
    )
    text = f"write it in {', '.join(f'the {name} language' for name in names.split())}"
    assert len(names.split()) > MOST_TRAITS
    assert traits(text) == ()


@given(st.text(max_size=500))
def test_any_text_can_be_read(text: str) -> None:
    for trait in traits(f"write {text}"):
        assert isinstance(trait, Trait)
        assert bool(trait.value) != (trait.number is not None)
