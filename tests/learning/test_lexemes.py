from __future__ import annotations

import random
import string
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.lexemes import (
    STOP_WORDS,
    TERM_SPACE,
    LexemeHasher,
    bm25_weights,
    idf,
    lexemes,
    terms_for_index,
)

KEY = b"a key that is only used in tests"
PARTS = ["".join(letters) for letters in product("bcdfghjklmnp", repeat=4)]
WORDS = st.text(alphabet=string.ascii_letters, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("She was painting sunsets", "painted sunset"),
        ("Caroline's bakery", "Caroline"),
        ("call getUserById first", "getuserbyid"),
        ("call getUserById first", "user"),
        ("set MAX_RETRY_COUNT", "retry count"),
        ("use os.path.join here", "os.path.join"),
        ("use os.path.join here", "join"),
        ("an HTTPServer", "http server"),
        ("that costs $12,500 now", "12500"),
        ("pi is 3.14", "3.14"),
        ("take 60mg", "60"),
        ("written in C++", "C++"),
        ("ＦＵＬＬ width", "full"),
        ("Straße", "STRASSE"),
        ("it’s O’Reilly’s book", "O'Reilly"),
        ("we met in May", "may"),
    ],
)
def test_what_is_asked_is_found_in_what_was_said(said: str, asked: str) -> None:
    assert lexemes(asked).keys() <= lexemes(said).keys()
    assert lexemes(asked)


def test_function_words_are_dropped() -> None:
    assert not lexemes("What did you do with it, and why don't we have ours?")
    assert set(lexemes("the cat sat on the mat")) == {"cat", "sat", "mat"}


def test_unspaced_scripts_become_bigrams_and_spaced_ones_stay_whole() -> None:
    assert set(lexemes("日本語")) == {"日本", "本語"}
    assert set(lexemes("猫")) == {"猫"}
    assert set(lexemes("GPTで検索")) >= {"gpt", "検索"}
    assert lexemes("ภาษาไทย").keys() & lexemes("เรียนภาษา").keys()
    assert set(lexemes("हिन्दी में")) == {"हिन्दी", "में"}
    assert set(lexemes("Новые книги")) == {"новые", "книги"}


def test_terms_are_counted() -> None:
    assert lexemes("Run, runs, running: a runner") == {"run": 3, "runner": 1}


@given(st.text())
def test_any_text_is_read_and_no_stop_word_comes_out(text: str) -> None:
    found = lexemes(text)
    assert all(lexeme and times > 0 for lexeme, times in found.items())
    assert not found.keys() & STOP_WORDS


@given(st.lists(WORDS, max_size=8), st.lists(WORDS, max_size=8))
def test_terms_of_a_part_are_terms_of_the_whole(one: list[str], other: list[str]) -> None:
    joined = lexemes(" ".join([*one, *other]))
    assert joined == lexemes(" ".join(one)) + lexemes(" ".join(other))


@pytest.mark.parametrize(
    "kind", ["words", "names", "one letter", "dots", "humps", "kana", "ligatures"]
)
def test_a_megabyte_is_read_in_bounded_time_and_size(kind: str) -> None:
    rng = random.Random(7)
    text = {
        "words": " ".join(
            "".join(rng.choices(string.ascii_lowercase, k=8)) for _ in range(112_000)
        ),
        "names": " ".join("_".join(rng.choices(PARTS, k=3)) for _ in range(60_000)),
        "one letter": "x" * 1_000_000,
        "dots": "a.b'" * 250_000,
        "humps": "aB" * 500_000,
        "kana": "日本語の" * 250_000,
        "ligatures": "\ufdfa" * 1_000_000,
    }[kind]
    start = time.process_time()
    found = lexemes(text)
    assert time.process_time() - start < 3.0  # a quarter of a second on an idle core
    assert sum(found.values()) <= 8_192 * 64
    assert len(found) <= 16_000  # what a sparse vector holds
    if kind == "words":
        assert len(found) <= 8_192


def test_hashes_are_keyed_stable_and_fit_a_sparse_vector() -> None:
    hasher = LexemeHasher(KEY)
    assert hasher.terms("hello hello world") == terms_for_index("world hello hello", KEY)
    assert sorted(hasher.terms("hello hello world").values()) == [1, 2]
    assert (
        not hasher.terms("hello world").keys() & LexemeHasher(KEY[::-1]).terms("hello world").keys()
    )
    assert all(0 < hasher.term(str(n)) < TERM_SPACE for n in range(2_000))


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 65])
def test_a_key_that_is_no_secret_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=f"{len(key)} bytes"):
        LexemeHasher(key)


def test_bm25_by_hand() -> None:
    # tf 2, length 10, average 5, k1 1.2, b 0.75: norm = 1.2·(0.25 + 0.75·2) = 2.1
    assert bm25_weights({7: 2}, 10, 5.0, k1=1.2, b=0.75) == {7: pytest.approx(2 * 2.2 / 4.1)}


@given(st.integers(1, 50), st.integers(1, 500), st.floats(1, 500))
def test_bm25_grows_with_use_shrinks_with_length_and_saturates(
    times: int, length: int, average: float
) -> None:
    def weight(tf: int, long: int) -> float:
        return bm25_weights({1: tf}, long, average)[1]

    assert weight(times, length) < weight(times + 1, length) < 2.2
    assert weight(times, length) > weight(times, length + 1)


def test_bm25_needs_a_positive_average() -> None:
    with pytest.raises(ValueError, match="above 0"):
        bm25_weights({1: 1}, 1, 0.0)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_idf_is_never_negative_and_rarer_is_worth_more(df: int, n: int) -> None:
    assert idf(df, n) > 0
    if df + 1 <= n:
        assert idf(df, n) > idf(df + 1, n)
