from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.seeding.checks import Check, Choice, Covers, Exact, Json, Number, Shape, Word
from learning.seeding.statement import MAX_READ, Statement, conclusion, without

NUMBER = Number(1234.5, 0.01)
WORD = Word(("Canberra",), ("Sydney", "Melbourne"))
CHOICE = Choice("B")
EXACT = Exact("[1, 2]")
SHAPE = Shape(r"a-b-c", ("x",))
JSON = Json('{"name": "mynah", "ports": [80, 443], "tls": true}')
COVERS = Covers((("lock", "locks"), ("pool", "connections")), ("faster",), most_words=20)
ALL: tuple[Check, ...] = (NUMBER, WORD, CHOICE, EXACT, SHAPE, JSON, COVERS)


@pytest.mark.parametrize(
    "answer",
    [
        "1234.5",
        "Answer: 1,234.50",
        "First 2 × 600 = 1200, then more.\n\n**Answer:** 1 234.5".replace("1 234", "1\u202f234"),
        "The final answer is **1234.5 km**.",
        "ANSWER: $1{,}234.5$",
        "Answer: \\boxed{1234.5}",
        "Answer: \\(\\frac{2469}{2}\\)",
        "Answer: 1.2345 × 10^3",
        "answer = 1.2345e3",
        "Answer:\n1234.5",
        "It is 600 + 634.5 = 1234.5.",
        "2 and 617.25 make 1234.5",
        "Answer: 1234.5 m (that is 1.2345 km)",
        "Answer: 1234.5 or 1234.50",
    ],
)
def test_a_number_is_read_however_it_is_written(answer: str) -> None:
    assert NUMBER.score(answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I do not know.",
        "Answer: 1235",
        "Answer: -1234.5",
        "1, 2, 1000, 1234.5",
        "1\n2\n1000\n1234.5",
        "1\n\n2\n\n3\n\n" * 20 + "1234.5",
        "Answer: 1000 or 1234.5",
        "Answer: 1234.5 or 1000",
        "Answer: 1000\nAnswer: 1234.5",
        "Answer: 1,2,3,1234.5",
        "either 1000 or maybe 1234.5",
        " ".join(f"Perhaps it is {n}." for n in range(1, 20)) + " Perhaps it is 1234.5",
        "x = 1, x = 2, " + ", ".join(f"x = {n}" for n in range(3, 20)) + ", x = 1234.5",
        "12345",
        "v1234.5.6",
        "1234.5 is wrong, it is 7",
        "Answer: 1/0",
    ],
)
def test_a_number_among_many_or_a_wrong_one_gets_nothing(answer: str) -> None:
    assert NUMBER.score(answer) == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        "canberra",
        "Answer: **Canberra**",
        "The capital of Australia is Canberra.",
        "Many think of Sydney because it is the largest.\n\nAnswer: Canberra",
        "It is not Sydney, it is Canberra.",
        "Sydney is large. " * 20 + "\n\nThe capital is Canberra.",
    ],
)
def test_a_word_is_found_in_what_an_answer_concludes(answer: str) -> None:
    assert WORD.score(answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Sydney",
        "Answer: Canberra or Sydney",
        "Answer: Canberra\nAnswer: Sydney",
        "It is not Canberra.",
        "Canberran",
        "Answer: Perth, Adelaide, Hobart, Darwin, Cairns, Geelong, Canberra",
        "Perth\nAdelaide\nHobart\nDarwin\nCairns\nGeelong\nCanberra",
        "Canberra " + "and more words about it " * 40,
    ],
)
def test_a_word_that_is_denied_hedged_or_listed_gets_nothing(answer: str) -> None:
    assert WORD.score(answer) == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        "B",
        "(B)",
        "Answer: B",
        "**Answer: B)**",
        "Answer: B) A durable queue",
        "The answer is B, a durable queue",
        "Option B is right.",
    ],
)
def test_a_letter_is_read_however_it_is_written(answer: str) -> None:
    assert CHOICE.score(answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "C",
        "b",
        "A, B, C, D",
        "Answer: A or B",
        "Answer: A\nAnswer: B",
        "A) one\nB) two\nC) three",
        "B) one\nB) two",
        "Because",
        "A queue",
    ],
)
def test_several_letters_or_none_get_nothing(answer: str) -> None:
    assert CHOICE.score(answer) == 0.0


def test_the_letter_a_is_an_option_and_an_article() -> None:
    assert Choice("A").score("Answer: A") == 1.0
    assert Choice("A").score("Answer: A) a queue") == 1.0
    assert Choice("A").score("A queue is what you want.") == 0.0
    assert Choice("B").score("Answer: B, a plan and A queue") == 1.0


@pytest.mark.parametrize(
    "answer", ["[1, 2]", "Answer: `[1,2]`", "It prints\n```\n[1, 2]\n```", "Answer: '[1, 2]'."]
)
def test_a_text_is_compared_to_the_letter(answer: str) -> None:
    assert EXACT.score(answer) == 1.0


@pytest.mark.parametrize(
    "answer",
    ["", "[1, 2, 3]", "[1, 2] or [2, 1]", "Answer: [1, 2]\nAnswer: [2, 1]", "[12]", "It is [1, 2]"],
)
def test_a_text_with_more_around_it_gets_nothing(answer: str) -> None:
    assert EXACT.score(answer) == 0.0


def test_words_of_a_text_keep_apart() -> None:
    assert Exact("1 9").score("1  9") == 1.0
    assert Exact("1 9").score("19") == 0.0


@pytest.mark.parametrize(
    ("answer", "score"),
    [("a-b-c", 1.0), (" a–b–c\n", 1.0), ("a-b-c!", 0.0), ("Sure: a-b-c", 0.0), ("", 0.0)],
)
def test_a_form_holds_for_the_whole_answer(answer: str, score: float) -> None:
    assert SHAPE.score(answer) == score


def test_a_banned_word_spoils_a_form() -> None:
    assert Shape(".*", ("x",)).score("y x") == 0.0


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ('{"tls": true, "ports": [80, 443], "name": "mynah"}', 1.0),
        ('```json\n{"name": "mynah", "ports": [80, 443], "tls": true}\n```', 1.0),
        ('{"name": "mynah", "ports": [80, 443], "tls": 1}', 0.0),
        ('{"name": "mynah", "ports": [443, 80], "tls": true}', 0.0),
        ('{"name": "mynah", "ports": [80, 443], "tls": true, "more": 1}', 0.0),
        ('Here: {"name": "mynah", "ports": [80, 443], "tls": true}', 0.0),
        ("{", 0.0),
        ("[" * 100_000, 0.0),
    ],
)
def test_json_is_compared_by_value_and_type(answer: str, score: float) -> None:
    assert JSON.score(answer) == score


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("It holds locks, and the pool runs dry.", 1.0),
        ("It holds locks.", 0.5),
        ("No locks, no connections: it is faster.", 0.0),
        ("locks, pool, faster, disk, cpu, memory, network, log, cache", 0.0),
        ("locks, pool, disk, cpu, memory, network, log, cache", 0.0),
        ("locks and the pool " + "and so on " * 30, 0.0),
        ("", 0.0),
    ],
)
def test_points_are_counted_in_a_short_text_only(answer: str, score: float) -> None:
    assert COVERS.score(answer) == score


@pytest.mark.parametrize("check", ALL)
@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_breaks_a_check(check: Check, text: str) -> None:
    assert 0.0 <= check.score(text) <= 1.0
    assert 0.0 <= check.score(f"Answer: {text}") <= 1.0


@pytest.mark.parametrize("check", ALL)
def test_a_text_without_end_is_read_in_bounded_time(check: Check) -> None:
    for piece in ("1,", "a ", "\n", "answer ", "1 or ", "**", "```\n", "( ", "{", "\\frac{", "1/ "):
        assert 0.0 <= check.score(piece * (10 * MAX_READ // len(piece))) <= 1.0


def test_a_repeated_question_is_no_part_of_the_answer() -> None:
    echo = "You asked: what  is\nTWO and 2?\nAnswer: 4"
    assert without(echo, "What is two and 2?").split() == ["You", "asked:", "Answer:", "4"]
    assert without("4", "") == "4"


def test_a_bold_first_line_is_the_conclusion_ahead_of_the_way_to_it() -> None:
    assert conclusion("**42**\n\n1. Read as `6 * 7`.") == Statement("42", marked=True)
    assert conclusion("**42**") == Statement("**42**", marked=False)
    assert conclusion("**Note** that 6 * 7 = 42\n\nAnswer: 41").text == "41"


def test_the_last_paragraph_of_a_long_answer_is_its_conclusion() -> None:
    assert conclusion("word " * 50 + "\n\nSo it is seven.").text == "So it is seven."
    assert conclusion("Short and\n\nwhole").text == "Short and\n\nwhole"
    assert conclusion("Answer: 3\n\nAnswer: 4").text == ""
