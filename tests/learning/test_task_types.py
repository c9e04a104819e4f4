"""What kind of task a message is, on sentences in several languages."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.task_types import TASK_TYPES, TaskType, classify

CASES: tuple[tuple[str, TaskType], ...] = (
    ("what is 12% of 80?", "maths"),
    ("solve x^2-5x+6=0", "maths"),
    ("what is 17*23", "maths"),
    ("twelve plus thirty", "maths"),
    ("what is the derivative of sin(x)?", "maths"),
    ("integrate x^2 from 0 to 1", "maths"),
    ("is 97 prime?", "maths"),
    ("2+2", "maths"),
    ("sqrt(2) to 10 digits", "maths"),
    ("x + y = 10, x - y = 2", "maths"),
    ("mean of 3, 5 and 9", "maths"),
    ("convert 255 to binary", "maths"),
    ("If 3 pens cost 6 dollars, how much do 5 pens cost?", "maths"),
    ("A train travels 120 km in 2 hours. How fast is it?", "maths"),
    ("wie viel ist 15% von 240?", "maths"),
    ("berechne 3 mal 7", "maths"),
    ("löse x^2 = 16", "maths"),
    ("résous l'équation 2x + 3 = 7", "maths"),
    ("calcula 12 + 30", "maths"),
    ("eigenvalues of [[2,1],[1,2]]", "maths"),
    ("gcd of 12 and 18", "maths"),
    ("what's the probability of two sixes?", "maths"),
    ("lim x->0 sin(x)/x", "maths"),
    ("\\int_0^1 x^2 dx", "maths"),
    ("15 choose 4", "maths"),
    ("what is 20 plus 5", "maths"),
    ("factorise 360", "maths"),
    ("optimize this sorting algorithm", "code"),
    ("where is the retry handling?", "code"),
    ("where is RetryHandler defined?", "code"),
    ("how does parse_config work?", "code"),
    ("fix the bug in handler.py", "code"),
    ("```python\ndef f(x):\n    return x + 1\n```", "code"),
    ("why does this throw a KeyError?", "code"),
    ("refactor this function to use async", "code"),
    ("write a unit test for the parser", "code"),
    ("what does `prepare()` do?", "code"),
    ("TypeError: 'NoneType' object is not subscriptable", "code"),
    ("which timeout does the http client use?", "code"),
    ("SELECT name FROM users WHERE id = 3", "code"),
    ("how do I rebase my branch in git?", "code"),
    ("wo wird die Klasse Scope definiert?", "code"),
    ("pourquoi cette fonction renvoie une erreur ?", "code"),
    ("corrige el código de esta función", "code"),
    ("review this pull request", "code"),
    ("how can I make this loop faster?", "code"),
    ("for i in range(10): print(i * 2)", "code"),
    ("what arguments does Client.post take?", "code"),
    ("implement a linked list in rust", "code"),
    ("explain the binary search algorithm", "code"),
    ("what's the time complexity of quicksort?", "code"),
    ("how should we split the monolith?", "architecture"),
    ("design a system that handles a million users", "architecture"),
    ("should we use Kafka or RabbitMQ?", "architecture"),
    ("what are the trade-offs of event sourcing?", "architecture"),
    ("how do we scale the database to ten times the load?", "architecture"),
    ("microservices or a modular monolith for a team of five?", "architecture"),
    ("how should we organise the modules of the backend?", "architecture"),
    ("what's the best architecture for multi-tenant data?", "architecture"),
    ("Postgres vs MongoDB for our events?", "architecture"),
    ("how do we avoid a single point of failure?", "architecture"),
    ("wie sollen wir den Monolithen aufteilen und skalieren?", "architecture"),
    ("¿qué arquitectura conviene para el backend?", "architecture"),
    ("quelle architecture pour un système de paiement ?", "architecture"),
    ("design the schema of a billing platform", "architecture"),
    ("should we put a cache in front of the database?", "architecture"),
    ("pros and cons of a queue versus synchronous calls between services", "architecture"),
    ("when to use CQRS?", "architecture"),
    ("when is the offsite?", "general"),
    ("hello", "general"),
    ("thanks, that helped!", "general"),
    ("who is on call this week?", "general"),
    ("what's our vacation policy?", "general"),
    ("summarize the meeting notes", "general"),
    ("write a short email to Ana", "general"),
    ("where is the office?", "general"),
    ("translate this into French", "general"),
    ("tell me about the team", "general"),
    ("wann ist das nächste Treffen?", "general"),
    ("quand est la réunion ?", "general"),
    ("what can you do?", "general"),
    ("who won the table football?", "general"),
    ("the lunch is at 12 tomorrow", "general"),
    ("remind me to call Tom at 3pm", "general"),
    ("what is the capital of Peru?", "general"),
    ("our deadline is 2026-05-03", "general"),
    ("I have 2 questions about onboarding", "general"),
    ("what did we decide on Monday?", "general"),
    ("half of 30", "maths"),
    ("5!", "maths"),
    ("x^2 >= 4", "maths"),
    ("divide 60 in the ratio 2:3", "maths"),
    ("next number in 2, 4, 8, 16", "maths"),
    ("my python script is slow", "code"),
    ("which class sends the request?", "code"),
    ("solve this bug", "code"),
    ("simplify this code", "code"),
    ("explain our deployment pipeline", "general"),
    ("is the build green?", "general"),
    ("what's the plan for Q3?", "general"),
)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_type_of_a_sentence(text: str, expected: TaskType) -> None:
    estimate = classify(text)
    assert estimate.type == expected, estimate.why()


@given(st.text(max_size=400))
def test_any_text_has_probabilities_that_sum_to_one(text: str) -> None:
    estimate = classify(text)
    assert set(estimate.probabilities) == set(TASK_TYPES)
    assert math.isclose(sum(estimate.probabilities.values()), 1.0)
    assert all(0.0 <= p <= 1.0 for p in estimate.probabilities.values())
    assert estimate.confidence == estimate.probabilities[estimate.type]
    assert estimate.confidence == max(estimate.probabilities.values())


@given(st.text(max_size=200))
def test_evidence_quotes_the_text(text: str) -> None:
    flat = " ".join(text.split())
    for evidence in classify(text).evidence:
        # Code is blanked out of prose, so what was seen may span it.
        assert evidence.found.rstrip("…")[:5].strip() in flat or "`" in text


def test_why_names_what_spoke() -> None:
    why = classify("what is 12% of 80?").why()
    assert "maths" in why
    assert "percentage of a number" in why


def test_why_of_plain_talk_says_that_nothing_spoke() -> None:
    assert "nothing" in classify("hm").why()


def test_code_in_a_fence_does_not_count_as_mathematics() -> None:
    fenced = classify("```\nx = 3 * 4 + 12\n```")
    assert fenced.type == "code"
    assert "arithmetic" not in {e.feature for e in fenced.evidence}


def test_a_date_is_no_subtraction() -> None:
    found = {e.feature for e in classify("the release was on 2026-05-03").evidence}
    assert "arithmetic" not in found


def test_more_of_the_same_feature_says_more() -> None:
    once = classify("a function").probabilities["code"]
    thrice = classify("a function, a class and a module").probabilities["code"]
    assert thrice > once


def test_a_very_long_message_is_read_quickly_from_its_beginning() -> None:
    assert classify("solve x^2 = 4 " + "blah " * 100_000).type == "maths"
