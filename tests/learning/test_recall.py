from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.budget import fill_budget
from learning.cues import QueryFeatures, read_query
from learning.evidence import MOST_LEAN, UNTRAINED_QUALITY, Outcome, ScopeEvidence, evidence_of
from learning.recall import WEIGHTS, Candidate, Scored, dense_share, fuse, indexed_text
from learning.reranking import blend
from learning.tokens import estimated_tokens

NOW = datetime(2024, 3, 14, 15, 0, tzinfo=UTC)
PLAIN = QueryFeatures()
EVIDENCE = ScopeEvidence()


def found(id_: str, lexical: float = 0.0, dense: float | None = 0.0, **rest: Any) -> Candidate:
    given_ = {"kind": "message", "text": f"text of {id_}", "said_at": NOW, **rest}
    return Candidate(id=id_, lexical=lexical, dense=dense, **given_)


def order(
    *candidates: Candidate, query: QueryFeatures = PLAIN, evidence: ScopeEvidence = EVIDENCE
) -> list[Any]:
    return [scored.candidate.id for scored in fuse(query, candidates, evidence, NOW)]


def test_a_rare_word_wins_when_meanings_tie() -> None:
    assert order(found("other", 1.0, 0.40), found("rare", 9.0, 0.38)) == ["rare", "other"]


def test_a_paraphrase_wins_when_words_say_nothing() -> None:
    assert order(found("other", 1.0, 0.1), found("same meaning", 0.9, 0.8))[0] == "same meaning"


def test_an_untrained_embedder_persuades_less() -> None:
    pair = (found("words", 9.0, 0.2), found("letters", 3.0, 0.9))
    untrained = ScopeEvidence(dense_quality=UNTRAINED_QUALITY)
    assert order(*pair)[0] == "letters"
    assert order(*pair, evidence=untrained)[0] == "words"


def test_without_vectors_words_decide_alone_and_take_the_whole_score() -> None:
    scored = fuse(PLAIN, [found("a", 2.0, None), found("b", 4.0, None)], EVIDENCE, NOW)
    with_vectors = fuse(PLAIN, [found("b", 4.0, 0.5)], EVIDENCE, NOW)
    assert [s.candidate.id for s in scored] == ["b", "a"]
    assert scored[0].score == pytest.approx(with_vectors[0].score)


def test_a_neighbour_lifts_but_only_in_its_own_thread() -> None:
    hit = found("hit", 10.0, 0.9, thread="t", position=5)
    reply = found("reply", 0.0, 0.1, thread="t", position=6)
    far = found("far", 0.0, 0.1, thread="t", position=20)
    elsewhere = found("elsewhere", 0.0, 0.11, thread="u", position=6)
    second = found("second", 0.0, 0.1, thread="t", position=7)
    assert order(elsewhere, far, second, reply, hit) == [
        "hit",
        "reply",
        "second",
        "elsewhere",
        "far",
    ]


def test_a_named_speaker_is_preferred_unless_only_they_spoke() -> None:
    query = read_query("What did Ann cook?", now=NOW, speakers=["Ann", "Bob"])
    ann, bob = found("ann", 4.0, 0.4, speaker="Ann"), found("bob", 5.0, 0.4, speaker="Bob")
    assert order(ann, bob, query=query) == ["ann", "bob"]
    alone = fuse(query, [ann], EVIDENCE, NOW)[0]
    assert "speaker" not in alone.signals


def test_my_question_prefers_my_words_and_yours_mynahs() -> None:
    mine = found("mine", 4.0, 0.4, author="asker")
    yours = found("yours", 4.2, 0.4, author="mynah")
    assert order(mine, yours, query=read_query("When is my exam?", now=NOW))[0] == "mine"
    assert order(mine, yours, query=read_query("What did you suggest?", now=NOW))[0] == "yours"


def test_a_time_in_the_question_prefers_what_was_said_then() -> None:
    query = read_query("What did we cook last week?", now=NOW)
    then = found("then", 4.0, 0.4, said_at=NOW - timedelta(days=7))
    today = found("today", 4.2, 0.41, said_at=NOW)
    assert order(then, today) == ["today", "then"]
    assert order(then, today, query=query) == ["then", "today"]


def test_statements_before_questions_and_short_before_long() -> None:
    ask = found("ask", 4.0, 0.4, text="Do you like tea?")
    tell = found("tell", 4.0, 0.4, text="I like tea.")
    essay = found("essay", 4.0, 0.4, text="I like tea.", length=900)
    assert order(essay, ask, tell) == ["tell", "ask", "essay"]


def test_passages_are_not_held_back_for_their_form() -> None:
    scored = fuse(PLAIN, [found("p", 4.0, 0.4, kind="knowledge", length=900)], EVIDENCE, NOW)
    assert "form" not in scored[0].signals


def test_poorly_rated_answers_and_superseded_items_are_left_out() -> None:
    assert order(
        found("poor", 9.0, 0.9, kind="answer", rating=1.5),
        found("old", 9.0, 0.9, valid_until=NOW - timedelta(days=1)),
        found("good", 1.0, 0.1, kind="answer", rating=4.0),
    ) == ["good"]


def test_votes_corrections_trust_and_confidence_move_equals() -> None:
    assert order(
        found("doubtful", 4.0, 0.4, kind="memory", confidence=0.2),
        found("unrated", 4.0, 0.4, kind="answer"),
        found("liked", 4.0, 0.4, kind="answer", rating=5.0),
        found("correction", 4.0, 0.4, kind="correction"),
        found("disliked", 4.0, 0.4, kind="answer", rating=2.5),
        found("distrusted", 4.0, 0.4, trust=0.1),
    ) == ["correction", "liked", "unrated", "disliked", "doubtful", "distrusted"]


def test_among_equals_the_newer_comes_first() -> None:
    assert order(
        found("unknown", 1.0, said_at=None),
        found("old", 1.0, said_at=NOW - timedelta(days=9)),
        found("new", 1.0),
    ) == ["new", "old", "unknown"]


def test_nothing_in_nothing_out() -> None:
    assert fuse(PLAIN, [], EVIDENCE, NOW) == []
    assert order(found("a"), found("b")) == ["a", "b"]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.uuids(),
        kind=st.sampled_from(["message", "answer", "correction", "memory", "knowledge"]),
        text=st.sampled_from(["a fact", "a question?", ""]),
        lexical=st.floats(0, 50),
        dense=st.none() | st.floats(-1, 1),
        thread=st.integers(0, 2),
        position=st.none() | st.integers(0, 20),
        speaker=st.sampled_from(["", "Ann", "Bob"]),
        author=st.sampled_from(["asker", "mynah", "other"]),
        said_at=st.none() | st.just(NOW),
        length=st.integers(0, 5000),
        rating=st.none() | st.floats(1, 5),
        trust=st.floats(0, 1),
        confidence=st.floats(0, 1),
        entities=st.floats(0, 5),
        expected=st.floats(0, 5),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.id,
)
QUERIES = st.builds(
    QueryFeatures,
    speakers=st.sampled_from([frozenset(), frozenset({"ann"})]),
    about_asker=st.booleans(),
    about_mynah=st.booleans(),
    preference=st.booleans(),
)


@given(QUERIES, CANDIDATES, st.floats(0, 1))
def test_scores_are_ordered_bounded_and_explained(
    query: QueryFeatures, candidates: list[Candidate], quality: float
) -> None:
    scored = fuse(query, candidates, ScopeEvidence(quality), NOW)
    scores = [s.score for s in scored]
    assert scores == sorted(scores, reverse=True)
    assert {s.candidate.id for s in scored} <= {c.id for c in candidates}
    assert len({s.candidate.id for s in scored}) == len(scored)
    for s in scored:
        assert 0 <= s.score <= 1
        assert s.score == pytest.approx(min(1.0, max(0.0, sum(s.signals.values()))), abs=1e-9)


@given(QUERIES, CANDIDATES, st.floats(0.1, 10))
def test_the_scale_of_a_leg_does_not_matter(
    query: QueryFeatures, candidates: list[Candidate], factor: float
) -> None:
    scaled = [replace(c, lexical=c.lexical * factor) for c in candidates]
    before = {s.candidate.id: s.score for s in fuse(query, candidates, EVIDENCE, NOW)}
    after = {s.candidate.id: s.score for s in fuse(query, scaled, EVIDENCE, NOW)}
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("base", [0.0, 0.4, 0.7])
def test_the_range_of_an_embedders_cosines_hardly_matters(base: float) -> None:
    crowd = [(f"c{n}", 0.5, 0.002 * n) for n in range(150)]
    legs = [*crowd, ("meaning", 2.0, 0.6), ("words", 6.0, 0.05), ("both", 3.9, 0.5)]
    moved = [found(id_, lexical, base + (1 - base) * cos) for id_, lexical, cos in legs]
    assert order(*moved)[:3] == ["both", "words", "meaning"]


def test_what_is_not_yet_embedded_counts_as_unrelated_not_as_lost() -> None:
    scored = fuse(
        PLAIN,
        [found("fresh", 9.0, None), found("a", 1.0, 0.2), found("b", 1.0, 0.6)],
        EVIDENCE,
        NOW,
    )
    parts = {s.candidate.id: s.signals for s in scored}
    assert "dense" not in parts["fresh"]
    assert parts["fresh"]["lexical"] > parts["b"]["lexical"]


def scored(id_: str, text: str, score: float = 0.5) -> Scored:
    return Scored(found(id_, text=text), score)


def ids(chosen: list[Scored]) -> list[Any]:
    return [item.candidate.id for item in chosen]


def test_near_duplicates_are_merged_into_the_better_one() -> None:
    chosen = fill_budget(
        [
            scored("first", "The launch moved to Friday 12 May."),
            scored("echo", "the launch moved to Friday, 12 May!"),
            scored("other", "The launch needs a checklist."),
        ],
        max_tokens=1_000,
    )
    assert ids(chosen) == ["first", "other"]


def test_what_does_not_fit_is_passed_over_and_short_ones_still_come() -> None:
    items = [scored("a", "alpha beta"), scored("long", "gamma " * 500), scored("b", "delta")]
    assert ids(fill_budget(items, max_tokens=20)) == ["a", "b"]
    assert ids(fill_budget(items, max_tokens=5_000)) == ["a", "long", "b"]


def test_counts_and_scores_bound_the_choice() -> None:
    items = [scored("a", "alpha", 0.9), scored("b", "beta", 0.5), scored("c", "gamma", 0.1)]
    assert ids(fill_budget(items, max_tokens=99, max_items=1)) == ["a"]
    assert ids(fill_budget(items, max_tokens=99, min_score=0.3)) == ["a", "b"]
    assert fill_budget(items, max_tokens=0) == []


@given(st.lists(st.text(max_size=80), max_size=12), st.integers(0, 60))
def test_the_budget_is_never_exceeded(texts: list[str], room: int) -> None:
    chosen = fill_budget([scored(str(n), text) for n, text in enumerate(texts)], room)
    assert sum(estimated_tokens(item.candidate.text) for item in chosen) <= room


@pytest.mark.parametrize(
    ("speaker", "indexed"), [("Ann", "Ann: hello"), ("", "hello"), ("User", "hello")]
)
def test_people_are_named_in_what_is_indexed_and_roles_are_not(speaker: str, indexed: str) -> None:
    assert indexed_text("hello", speaker) == indexed


def test_only_as_many_as_are_wanted_are_returned() -> None:
    candidates = [found(name, float(n), None) for n, name in enumerate("abcd", 1)]
    every = fuse(PLAIN, candidates, EVIDENCE, NOW)
    assert fuse(PLAIN, candidates, EVIDENCE, NOW, most=2) == every[:2]


FLAT = np.array([1.0, 0.9, 0.9, 0.8, 0.9, 0.8, 0.9, 0.8])
CLEAR = np.array([1.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1])


def test_the_leg_that_tells_its_best_hit_apart_counts_more() -> None:
    even = dense_share(CLEAR, CLEAR, EVIDENCE)
    assert even == pytest.approx(WEIGHTS.dense)
    assert dense_share(FLAT, CLEAR, EVIDENCE) > even > dense_share(CLEAR, FLAT, EVIDENCE)
    still = replace(WEIGHTS, adaptivity=0.0)
    assert dense_share(FLAT, CLEAR, EVIDENCE, still) == pytest.approx(WEIGHTS.dense)


def test_a_leg_that_says_nothing_has_no_say() -> None:
    silent = np.zeros(8)
    assert dense_share(CLEAR, silent, EVIDENCE) == 0.0
    assert dense_share(silent, CLEAR, EVIDENCE) == WEIGHTS.dense
    assert dense_share(CLEAR, np.zeros(0), EVIDENCE) == 0.0


def test_what_has_no_vector_yet_does_not_make_the_others_look_clear() -> None:
    some = [found(str(n), 5.0 - n, 0.5 - 0.01 * n) for n in range(5)]
    late = [found(f"late{n}", 5.0 - n % 5, None) for n in range(30)]  # words as spread as before
    alone = fuse(PLAIN, some, EVIDENCE, NOW)
    beside = fuse(PLAIN, [*some, *late], EVIDENCE, NOW)
    parts = {s.candidate.id: s.signals["dense"] for s in alone if "dense" in s.signals}
    assert parts
    assert parts == pytest.approx(
        {s.candidate.id: s.signals["dense"] for s in beside if "dense" in s.signals}
    )


def test_a_few_votes_change_nothing_and_many_lean_to_the_leg_that_was_right() -> None:
    by_words, by_meaning = Outcome(0.4, 0.0, useful=False), Outcome(0.0, 0.4, useful=True)
    few = evidence_of([by_words, by_meaning])
    many = evidence_of([by_words, by_meaning] * 400)
    other = evidence_of([replace(by_words, useful=True), replace(by_meaning, useful=False)] * 400)
    assert 0 < few.lean < 0.1 < many.lean <= MOST_LEAN
    assert other.lean == pytest.approx(-many.lean)
    assert evidence_of([]).lean == 0.0
    assert dense_share(CLEAR, CLEAR, many) == pytest.approx(2 / 3)


def test_outcomes_that_both_legs_share_or_neither_brought_lean_nowhere() -> None:
    rows = [Outcome(0.3, 0.3, useful=True), Outcome(0.0, 0.0, useful=False)] * 200
    rows += [Outcome(float("nan"), 0.2, useful=True)] * 9
    evidence = evidence_of(rows, 0.6)
    assert evidence.dense_quality == 0.6
    assert evidence.lean == pytest.approx(0.0)


def test_names_and_numbers_of_the_question_are_worth_a_little() -> None:
    with_name = found("with", 4.0, 0.4, entities=3.0)
    assert order(found("without", 4.0, 0.4, said_at=NOW + timedelta(1)), with_name)[0] == "with"


def test_when_prefers_what_holds_words_of_time() -> None:
    query = read_query("When is the exam?", now=NOW)
    dated, undated = found("dated", 4.0, 0.4, expected=1.5), found("undated", 4.2, 0.41)
    assert order(dated, undated)[0] == "dated"  # the store gives a weight only where one is asked
    assert order(replace(dated, expected=0.0), undated, query=query)[0] == "undated"


def test_advice_is_not_taken_for_what_somebody_likes() -> None:
    query = read_query("Can you recommend a restaurant?", now=NOW)
    advice = found("advice", 4.0, 0.4, author="mynah", expected=4.0)
    said = found("said", 4.0, 0.4, author="asker", expected=1.0)
    assert order(advice, said, query=query)[0] == "said"
    assert "expected" not in fuse(query, [advice], EVIDENCE, NOW)[0].signals


def test_a_reranker_moves_what_it_has_read_and_signals_still_add_up() -> None:
    fused = [
        Scored(found(name), score, {"lexical": score})
        for name, score in zip("abcd", (0.8, 0.6, 0.5, 0.1), strict=True)
    ]
    moved = blend(fused, [-9.0, 4.0, -8.0])
    assert ids(moved) == ["b", "a", "c", "d"]
    assert all(sum(s.signals.values()) == pytest.approx(s.score) for s in moved)
    assert moved[-1] == fused[-1]


@pytest.mark.parametrize("said", [[], [1.0], [1.0, 1.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_reranker_that_says_nothing_changes_nothing(said: list[float]) -> None:
    fused = [Scored(found("a"), 0.8), Scored(found("b"), 0.6)]
    assert blend(fused, said) == fused


def test_of_near_duplicates_that_score_alike_the_newer_stands() -> None:
    older = Scored(
        found("older", text="We deploy on Fly since May.", said_at=NOW - timedelta(9)), 0.50
    )
    newer = Scored(found("newer", text="We deploy on fly since May!"), 0.49)
    weaker = replace(newer, score=0.3)
    assert ids(fill_budget([older, newer], 99)) == ["newer"]
    assert ids(fill_budget([older, weaker], 99)) == ["older"]


def test_what_adds_something_comes_before_more_of_the_same() -> None:
    chosen = fill_budget(
        [
            scored("first", "the launch is on friday at noon in the big hall", 0.60),
            scored(
                "again",
                "on friday at noon the launch begins in the big hall, doors open",
                0.59,
            ),
            scored("new", "catering needs a vegan menu for forty guests who come from far", 0.55),
        ],
        max_tokens=1_000,
        max_items=2,
    )
    assert ids(chosen) == ["first", "new"]


def test_a_long_item_is_not_worth_many_short_ones_of_like_score() -> None:
    long = scored("long", " ".join(f"word{n}" for n in range(150)), 0.60)
    short = [scored(f"s{n}", f"fact {n} about topic{n}", 0.58) for n in range(8)]
    room = estimated_tokens(long.candidate.text) + 5
    chosen = fill_budget([long, *short], max_tokens=room)
    assert {item.candidate.id for item in chosen} >= {f"s{n}" for n in range(8)}
