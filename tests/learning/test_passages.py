from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.embedding import parts_of
from learning.passages import MOST_WINDOWS, WINDOW_TOKENS, windows
from learning.tokens import estimated_tokens

SENTENCE = "The quick brown fox number {n} jumps over the lazy dog near the river bank. "


def prose(count: int) -> str:
    return "".join(SENTENCE.format(n=n) for n in range(count))


@pytest.mark.parametrize("text", ["", "hello", "Ann: a short message.", "好" * 100])
def test_a_short_text_is_one_window_and_unchanged(text: str) -> None:
    assert windows(text) == (text,)


def test_windows_end_with_sentences_and_are_about_equally_long() -> None:
    found = windows(prose(40), most=8)
    assert 2 < len(found) <= 8
    assert all(window.startswith("The quick") and window.endswith("bank.") for window in found)
    sizes = [estimated_tokens(window) for window in found]
    assert max(sizes) <= WINDOW_TOKENS
    assert min(sizes) > max(sizes) / 2


def test_every_word_is_in_a_window_unless_there_are_too_many() -> None:
    text = prose(60)
    assert " ".join(windows(text, most=99)).split() == text.split()


def test_a_very_long_text_has_few_windows_with_its_beginning_and_its_end() -> None:
    found = windows(prose(1_000))
    assert len(found) == MOST_WINDOWS
    assert "number 0 " in found[0]
    assert "number 999 " in found[-1]


def test_code_and_pastes_without_sentences_are_cut_too() -> None:
    for text in ("x = f(y)\n" * 200, "word " * 1_000, "a" * 9_000, "好" * 3_000):
        found = windows(text)
        assert 1 < len(found) <= MOST_WINDOWS
        assert all(estimated_tokens(window) <= WINDOW_TOKENS for window in found)


@given(st.text(max_size=2_000), st.integers(8, 60), st.integers(1, 6))
def test_any_text_has_bounded_windows_of_its_own_words(text: str, tokens: int, most: int) -> None:
    found = windows(text, tokens, most)
    assert 1 <= len(found) <= most
    assert all(window in text for window in found)


def test_hashing_reads_a_text_whole_and_a_model_in_windows() -> None:
    text = prose(40)
    assert parts_of(text, "hashing:v1-512") == (text,)
    assert parts_of(text, "onnx:any") == windows(text)
