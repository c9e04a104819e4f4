from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.memory.quoted import MOST_READ, own_words

LOREM = "The quick brown fox jumps over the lazy dog near the river bank. "


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("I prefer tabs.", "I prefer tabs."),
        ("I use `pnpm` here", "I use pnpm here"),
        ("See `x = 1` there", "See there"),
        ("ok\n```python\nI = 'love'\n```\nI use Vim", "ok\nI use Vim"),
        ("ok\n~~~\nI love tabs\n~~~", "ok"),
        ("```\nI love tabs", ""),
        ("````\n```\nI love tabs\n````\nI use Vim", "I use Vim"),
        ("> I love tabs\nI love spaces", "I love spaces"),
        ("&gt; I love tabs\nI love spaces", "I love spaces"),
        ('He sang "I love tabs" and left', "He sang and left"),
        ("It says “I love tabs” there", "It says there"),
        ("Er rief „Ich liebe Java“ laut", "Er rief laut"),
        ("Il crie « j'adore Java » encore", "Il crie encore"),
        ("the 'I love tabs' line", "the line"),
        ("I don't like it and I can't say why", "I don't like it and I can't say why"),
        ("Bob wrote:\n\nI love tabs.\n\nI prefer spaces.", "I prefer spaces."),
        ("Bob said:\nI love tabs", ""),
        ("See below\n---------- Forwarded message ---------\nI love tabs", "See below"),
        ("Yes\nOn Tue, 3 May 2022, Bob <b@x.io> wrote:\nI love tabs", "Yes"),
        ("Ja\nAm 3. Mai schrieb Bob:\nIch liebe Java", "Ja"),
        ("Bob: I love tabs\nAnn: I love spaces", ""),
        ("[10:31] Bob Miller: I love tabs", ""),
        ("system: I love tabs", ""),
        ("My friend: I love tabs. I use Vim", ""),
        ("Ok. My friend: I love tabs. I use Vim", "Ok."),
        ("My friend:\nI love tabs\n\nI use Vim", "My friend:\nI use Vim"),
        ("bob: I love tabs\nI use Vim", "I use Vim"),
        ("Bob  10:31 AM\nI love tabs\n\nI use Vim", "I use Vim"),
        ("About me: I use Vim", "About me: I use Vim"),
        ("For my friend: I use Vim", "For my friend: I use Vim"),
        ("My friend: see below", "My friend: see below"),
        ("Note: I use Vim", "Note: I use Vim"),
        ("My preferences:\n- I use Vim", "My preferences:\nI use Vim"),
        ("Translate to German: I love Rust", "Translate to German:"),
        ("Please fix the grammar:\nI loves Java", "Please fix the grammar:"),
        ("Look:\n    I love tabs\nI use Vim", "Look:\nI use Vim"),
        ("// I love tabs\nreturn x;\nI use Vim", "I use Vim"),
        ("", ""),
        ("🎉🎉", ""),
        ("…", ""),
    ],
)
def test_only_the_writers_own_prose_stays(text: str, own: str) -> None:
    assert own_words(text) == own


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("I deploy everything to Fly.", "I deploy everything to Fly."),
        (
            "Nice. You deploy your API to Fly with Docker!",
            "You deploy your API to Fly with Docker.",
        ),
        ("- You prefer tabs in Python", "I remember this:\n- you prefer tabs in Python\n- and Vim"),
        ("You always write all the tests in the morning", "You always write tests in the morning"),
    ],
)
def test_what_mynah_said_is_not_learned_again(text: str, ours: str) -> None:
    kept = own_words(text, [ours])
    assert kept in {"", "Nice."}
    assert own_words(text, ["Something else entirely."]) != kept


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("I use Fly now, not Vercel", "You use Vercel now, not Fly"),
        ("I use Fly now, not Vercel", "I use Vercel now, not Fly"),
        ("I deploy to Fly in production", "I deploy to Vercel in production"),
        (
            "I deploy everything to Fly in production",
            "Fly is nice. Fly is quick. I deploy everything to Vercel in production.",
        ),
        ("I do not like tabs", "I do like tabs"),
        ("I prefer TypeScript", "You prefer TypeScript, as you told me."),
        ("Yes", "Yes"),
    ],
)
def test_a_person_can_contradict_us_in_our_own_words(text: str, ours: str) -> None:
    assert own_words(text, [ours]) == text


def test_of_a_long_paste_only_the_edges_are_read() -> None:
    paste = "\n\n".join([LOREM * 8, "I love tabs. " * 20, LOREM * 8] * 200)
    assert "love tabs" not in own_words(f"What is this about?\n\n{paste}\n\nI use Vim.")
    assert own_words(f"Look at this.\n\n{paste}\n\nI use Vim.") == "Look at this.\nI use Vim."
    assert own_words(f"Summarise this: \n\n{paste}\n\nI use Vim.") == "Summarise this:"


def test_prose_around_a_huge_fence_is_read() -> None:
    code = "I = 'love tabs'\n" * 20_000
    text = f"Look\n```\n{code}```\nI use Vim."
    assert own_words(text) == "Look\nI use Vim."


def test_a_paste_without_paragraphs_is_not_read() -> None:
    assert own_words("I love tabs. " * MOST_READ) == ""


@given(st.text(max_size=2_000), st.lists(st.text(max_size=200), max_size=3))
def test_any_text_can_be_read(text: str, ours: list[str]) -> None:
    own = own_words(text, ours)
    assert len(own) <= len(text)
