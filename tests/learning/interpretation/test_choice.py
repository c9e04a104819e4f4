"""What a typed reply chooses, and what is somebody's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.interpretation.choice import of_words, outcome_of, settles
from learning.interpretation.contract import Reading

THREE = (
    Reading("h1", "deploy your REST API to AWS", 0.8),
    Reading("h2", "containerise your REST API with Docker", 0.7),
    Reading("h3", "set up a CI/CD pipeline for your REST API", 0.6),
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("1", "h1"),
        ("1.", "h1"),
        ("2.", "h2"),
        ("#2", "h2"),
        ("(2)", "h2"),
        ("2)", "h2"),
        (" 3 ", "h3"),
        ("h2", "h2"),
        ("H2", "h2"),
        ("a", "h1"),
        ("B", "h2"),
        ("b)", "h2"),
        ("(c)", "h3"),
        ("the second", "h2"),
        ("the second one", "h2"),
        ("The second one, please.", "h2"),
        ("first one", "h1"),
        ("First!", "h1"),
        ("3rd", "h3"),
        ("option 2", "h2"),
        ("number three", "h3"),
        ("no. 2", "h2"),
        ("the last one", "h3"),
        ("the middle one", "h2"),
        ("I mean the first", "h1"),
        ("I meant 3", "h3"),
        ("ok, 2 thanks", "h2"),
        ("let’s do 2", "h2"),
        ("deploy your REST API to AWS", "h1"),
        ("Deploy my rest api to aws.", "h1"),
        ("deploy rest api to aws", "h1"),
        ("containerize your REST API with Docker", "h2"),
        ("set up a pipeline for my REST API, CI/CD", "h3"),
        ("containerise my api with dokcer", "h2"),
        ("the docker one", "h2"),
        ("no, the docker one", "h2"),
        ("Sorry, I meant the second", "h2"),
        ("the pipeline one please", "h3"),
    ],
)
def test_numbers_ordinals_letters_and_nearly_the_words_choose(text: str, chosen: str) -> None:
    found = of_words(text, THREE)
    assert found is not None
    assert found.id == chosen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "0",
        "12",
        "1 and 2",
        "both",
        "none",
        "neither",
        "no",
        "yes",
        "1 but with Podman",
        "not the first",
        "the first of May",
        "first build it",
        "second thoughts: GraphQL",
        "api",
        "REST API",
        "deploy your REST API to GCP",
        "deploy your REST API to AWS with Docker",
        "deploy your REST API to AWS without Docker",
        "don't deploy your REST API to AWS",
        "docker",
        "build a GraphQL API",
        "auth",
        "a thing",
        "the one",
        "👍",
        "zwei",
        "1" * 500,
    ],
)
def test_anything_else_is_the_persons_own_words(text: str) -> None:
    assert of_words(text, THREE) is None


def test_a_number_beyond_the_readings_shown_chooses_nothing() -> None:
    assert of_words("3", THREE[:2]) is None
    assert of_words("c", THREE[:2]) is None
    assert of_words("the middle one", THREE[:2]) is None
    assert of_words("last", THREE[:2]) == THREE[1]
    assert of_words("1", ()) is None


def test_of_two_readings_of_which_one_holds_the_other_the_one_said_in_full_is_meant() -> None:
    shorter = Reading("h1", "deploy your API", 0.7)
    longer = Reading("h2", "deploy your API with Docker", 0.6)
    assert of_words("deploy my api", (shorter, longer)) == shorter
    assert of_words("deploy my api with docker", (shorter, longer)) == longer


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("a GraphQL API please", True),
        ("deploy it on Fly", True),
        ("something with Docker", True),
        ("I mean a website", True),
        ("I meant soup", True),
        ("No, what I meant is soup", True),
        ("no, the blue one", True),
        ("Neither: a poem", True),
        ("none of these, write a poem", True),
        ("neither", False),
        ("I mean", False),
        ("nothing works", False),
        ("no, what is the capital of Peru?", False),
        ("What is the capital of Peru?", False),
        ("the one", False),
        ("", False),
    ],
)
def test_own_words_settle_a_question_if_they_share_a_word_with_it(text: str, about: bool) -> None:
    assert settles(text, "deploy api", THREE) is about


@given(st.text(max_size=250))
def test_no_reply_raises(text: str) -> None:
    assert of_words(text, THREE) in {None, *THREE}


def test_a_choice_speaks_of_the_order_that_was_shown() -> None:
    readings = tuple(Reading(f"h{n}", f"reading {n}", 0.5) for n in (1, 2, 3))
    assert outcome_of(readings[0], readings) == "first"
    assert outcome_of(readings[2], readings) == "another"
    assert outcome_of(None, readings) == "typed"
