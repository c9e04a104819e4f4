"""Which pieces of a passage answer a question."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.extract import best_units, rank, rarity, similarity, window
from learning.lexicon import Lexicon
from learning.recollection import Place, Recollection
from learning.sentences import units

LEXICON = Lexicon()


def knowledge(text: str, *, path: str = "notes.md", title: str = "") -> Recollection:
    return Recollection(
        UUID(int=1), "knowledge", text, 0.5, datetime(2026, 5, 3, tzinfo=UTC),
        place=Place(path, 1, 9, title),
    )  # fmt: skip


def test_stems_cut_identifiers_and_join_agents_with_deeds() -> None:
    assert LEXICON.stems("RetryHandler.prepare_request") == ["retri", "handl", "prepar", "request"]
    assert LEXICON.stems("handles the owner") == ["handl", "the", "own"]


def test_function_words_carry_no_weight_and_identifiers_double() -> None:
    terms = LEXICON.terms("where is the `max_redirects` limit used?")
    assert set(terms) == {"max", "redirect", "limit", "use"}
    assert terms["max"] == 2.0
    assert terms["limit"] == 1.0
    assert terms["use"] < 0.5


def test_rare_terms_weigh_more() -> None:
    weights = rarity({"a": 1.0, "b": 1.0, "c": 1.0}, [["a", "b"], ["a"], ["a"]])
    assert weights["c"] == 1.0
    assert weights["c"] > weights["b"] > weights["a"] > 0


def test_a_passage_that_covers_more_comes_first() -> None:
    both = knowledge("The upload retries five times.")
    one = knowledge("The upload is fast.")
    ranked, _ = rank("how often does an upload retry?", (one, both), LEXICON)
    assert ranked[0].index == 1
    assert ranked[0].coverage == pytest.approx(1.0)
    assert ranked[1].missing == {"retri"}


def test_the_definition_that_is_named_comes_first() -> None:
    caller = knowledge("x = build_request()\nbuild_request(x)", path="a.py", title="caller")
    named = knowledge("def _build_request(): ...", path="b.py", title="Client._build_request")
    ranked, _ = rank("what does build_request do?", (caller, named), LEXICON)
    assert ranked[0].index == 1
    assert ranked[0].named
    assert not ranked[1].named


def test_a_question_of_when_prefers_a_date() -> None:
    plain = knowledge("We deploy with a tool. It deploys containers; deploy it is.")
    dated = knowledge("We deploy on Tuesdays.")
    assert rank("when do we deploy?", (plain, dated), LEXICON)[0][0].index == 1


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("how do I run the benchmarks?", "how can I run benchmarks", True),
        ("which day do we deploy?", "on which day are we deploying?", True),
        ("how many retries on 4xx?", "how many retries on 5xx?", False),
        ("may I deploy on Friday?", "may I not deploy on Friday?", False),
        ("what is `timeout_s`?", "what is `retry_s`?", False),
        ("who owns staging?", "when is the offsite?", False),
        ("what is it?", "who are you?", False),
    ],
)
def test_when_two_questions_are_the_same(asked: str, stored: str, same: bool) -> None:
    assert (similarity(asked, stored, LEXICON) >= 0.7) is same
    assert similarity(asked, stored, LEXICON) == similarity(stored, asked, LEXICON)


def test_prose_is_cut_where_it_can_be_quoted() -> None:
    text = (
        "# Title\n\nOne sentence. Another\none.\n\n- first item\n- second item\n\n"
        "```sh\nmake\n```\n\n| Env | Owner |\n|---|---|\n| prod | Maria |\n"
    )
    assert [(u.text, u.line) for u in units(text)] == [
        ("One sentence.", 2),
        ("Another one.", 2),
        ("first item", 5),
        ("second item", 6),
        ("```sh\nmake\n```", 8),
        ("Env: prod; Owner: Maria", 14),
    ]


def test_only_the_sentence_that_answers_is_taken() -> None:
    text = "Petrel ships containers. Uploads are retried 5 times. Call us. Is it retried?"
    weights = LEXICON.terms("how many times are uploads retried?")
    chosen = best_units("how many times are uploads retried?", text, weights, LEXICON)
    assert [u.text for u in chosen] == ["Uploads are retried 5 times."]


def test_the_window_leaves_the_head_only_for_much_more() -> None:
    lines = ["def f():", *["    pass"] * 30, "    retry(backoff)", *["    pass"] * 5]
    weights = LEXICON.terms("retry backoff")
    assert 31 in window(lines, weights, LEXICON, 10)
    assert window(lines, LEXICON.terms("nothing here"), LEXICON, 10) == range(10)
    assert window(lines[:5], weights, LEXICON, 10) == range(5)


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=4))
def test_scores_are_sane_on_any_text(question: str, texts: list[str]) -> None:
    ranked, weights = rank(question, [knowledge(t) for t in texts], LEXICON)
    assert sorted(m.index for m in ranked) == list(range(len(texts)))
    assert all(0.0 <= m.coverage <= 1.0 + 1e-9 for m in ranked)
    assert all(w > 0 for w in weights.values())
    for text in texts:
        assert best_units(question, text, weights, LEXICON, limit=2) is not None
