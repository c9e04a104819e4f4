"""What short follow-ups ask about form, in four languages, and what does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.routing.variants import ASPECTS
from learning.routing.wishes import MOST_CHARS, wishes

ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("explain more", ("detail",)),
    ("Explain this in more detail, please.", ("detail",)),
    ("please explain it further", ("detail",)),
    ("more detail please", ("detail",)),
    ("Can you elaborate?", ("detail",)),
    ("could you expand on that", ("detail",)),
    ("go into more detail", ("detail",)),
    ("I'd like more detailed explanations", ("detail",)),
    ("Your answer was too short.", ("detail",)),
    ("not detailed enough", ("detail",)),
    ("next time give me a longer answer", ("detail",)),
    ("too long", ("brief",)),
    ("That's way too long 🙄", ("brief",)),
    ("That's too long, can you make it shorter?", ("brief",)),
    ("shorter", ("brief",)),
    ("Shorter please!", ("brief",)),
    ("please keep it short", ("brief",)),
    ("be more concise", ("brief",)),
    ("tl;dr", ("brief",)),
    ("TL;DR please", ("brief",)),
    ("the answer is too verbose", ("brief",)),
    ("less detail", ("brief",)),
    ("don't explain so much", ("brief",)),
    ("just the answer please", ("brief",)),
    ("no explanation please", ("brief",)),
    ("add comments", ("comments",)),
    ("Add comments to the code please", ("comments",)),
    ("can you comment the code?", ("comments",)),
    ("could you please add some comments to it", ("comments",)),
    ("with comments please", ("comments",)),
    ("more comments", ("comments",)),
    ("great, but add comments and examples", ("comments", "examples")),
    ("Please provide detailed comments and explanations", ("comments", "detail")),
    ("don't add comments", ("no_comments",)),
    ("Please don’t comment the code", ("no_comments",)),
    ("without comments", ("no_comments",)),
    ("remove the comments", ("no_comments",)),
    ("too many comments", ("no_comments",)),
    ("simpler please", ("plain",)),
    ("in simple terms", ("plain",)),
    ("explain it in plain English", ("plain",)),
    ("ELI5", ("plain",)),
    ("too technical for me", ("plain",)),
    ("I don't understand, simpler please", ("plain",)),
    ("be more technical", ("technical",)),
    ("step by step", ("steps",)),
    ("Explain it step-by-step", ("steps",)),
    ("walk me through it step by step", ("steps",)),
    ("show your work", ("steps",)),
    ("skip the steps", ("no_steps",)),
    ("give an example", ("examples",)),
    ("Show me a concrete example!", ("examples",)),
    ("for example?", ("examples",)),
    ("explain it with an example", ("examples",)),
    ("no examples please", ("no_examples",)),
    ("just the code", ("code_only",)),
    ("only the code please", ("code_only",)),
    ("show the code first, then explain", ("code_first",)),
    ("use bullet points", ("bullets",)),
    ("no bullet points", ("prose",)),
    ("more formal please", ("formal",)),
    ("less formal", ("casual",)),
    ("from now on, always add comments", ("comments",)),
    ("the same with comments", ("comments",)),
    ("could you give me a bit more detail on this?", ("detail",)),
    # German
    ("Kürzer bitte", ("brief",)),
    ("Das ist viel zu lang.", ("brief",)),
    ("Bitte ausführlicher", ("detail",)),
    ("Erkläre es genauer", ("detail",)),
    ("mehr Details bitte", ("detail",)),
    ("Schritt für Schritt bitte", ("steps",)),
    ("Kannst du den Code kommentieren?", ("comments",)),
    ("Ein Beispiel bitte", ("examples",)),
    ("nur den Code", ("code_only",)),
    ("keine Kommentare", ("no_comments",)),
    # French
    ("Plus court s'il te plaît", ("brief",)),
    ("c'est trop long", ("brief",)),
    ("plus de détails", ("detail",)),
    ("Étape par étape", ("steps",)),
    ("ajoute des commentaires", ("comments",)),
    ("un exemple ?", ("examples",)),
    ("sans commentaires", ("no_comments",)),
    # Spanish
    ("¡Más corto, por favor!", ("brief",)),
    ("es demasiado largo", ("brief",)),
    ("Explica más por favor", ("detail",)),
    ("paso a paso", ("steps",)),
    ("añade comentarios", ("comments",)),
    ("sin comentarios", ("no_comments",)),
)

OTHER: tuple[str, ...] = (
    "",
    "   ",
    "?!",
    "thanks",
    "thank you so much",
    "why?",
    "explain more about the retry policy in courier/net",
    "explain the retry policy in more detail",
    "can you elaborate on the retry policy?",
    "explain retry.py step by step",
    "give me an example of a decorator",
    "is there an example in the docs?",
    "add comments to the retry function",
    "add comments to PR 42",
    "add a comment to the ticket",
    "show me the comments",
    "how do I add comments in YAML?",
    "where are the comments?",
    "there are no comments",
    "what do the comments in the code say?",
    "comment on the design of the queue",
    "how long is too long for a function?",
    "why is this too long?",
    "is this too long?",
    "the function is too long",
    "the build takes too long",
    "it was too long ago",
    "so long",
    "what is a shorter way to write this loop?",
    "make the timeout shorter",
    "find a shorter path",
    "shorten the timeout to 3 seconds",
    "simplify (x^2 - 1)/(x - 1)",
    "simplify this",
    "Simple!",
    "summarize this",
    "summarize the meeting",
    "what are the next steps?",
    "list the steps to deploy",
    "is there a step by step guide for the release?",
    "what is the short version of the licence?",
    "which code comes first?",
    "just the code in the first file",
    "only the code owners may merge",
    "don't add comments to the database",
    "who wrote the example?",
    "I need more details about the offsite",
    "more memory please",
    "too long. What is the capital of France?",
    "add comments and fix the bug",
    "more examples of metaclasses please",
    "explain like the docs do",
    "please translate this in plain English",
    "in english please",
    "add comments\n```python\nx = 1\n```",
    "was bedeutet zu lang?",
    "erkläre die Schleife genauer",
    "donne-moi un exemple de décorateur",
    "explica más sobre la caché",
    "kommentiere das Ticket",
)


@pytest.mark.parametrize(("text", "aspects"), ASKED)
def test_a_message_about_form_is_read(text: str, aspects: tuple[str, ...]) -> None:
    assert wishes(text) == aspects


@pytest.mark.parametrize("text", OTHER)
def test_a_message_about_anything_else_wishes_for_nothing(text: str) -> None:
    assert wishes(text) == ()


@pytest.mark.parametrize("text", ["explain more", "don't add comments", "Kürzer bitte"])
def test_a_message_that_goes_on_about_more_wishes_for_nothing(text: str) -> None:
    assert wishes(text) != ()
    assert wishes(f"{text} about the retry policy") == ()
    assert wishes(f"{text}. What is the capital of France?") == ()
    assert wishes(text + " " * MOST_CHARS) == ()


def test_the_tables_are_large_enough_to_mean_something() -> None:
    assert len(ASKED) >= 60
    assert len(OTHER) >= 25


def test_every_aspect_can_be_asked_for_and_is_known() -> None:
    asked = {aspect for _, aspects in ASKED for aspect in aspects}
    assert asked == {aspect.name for aspect in ASPECTS}


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text: str) -> None:
    assert set(wishes(text)) <= {aspect.name for aspect in ASPECTS}


@pytest.mark.parametrize("word", ["please ", "more ", "much ", "a bit ", "could you ", "it ", "("])
def test_a_message_made_to_be_slow_is_read_at_once(word: str) -> None:
    text = (word * MOST_CHARS)[: MOST_CHARS - 1] + "x"
    began = time.perf_counter()
    wishes(text)
    assert time.perf_counter() - began < 0.25
