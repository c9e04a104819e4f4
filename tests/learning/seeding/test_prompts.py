from __future__ import annotations

import contextlib
import io
import tomllib
from collections import Counter
from importlib import resources

import pytest

from learning.seeding.prompts import DIFFICULTIES, SeedPrompt, picked, seed_prompts
from learning.task_types import TASK_TYPES

PROMPTS = seed_prompts()
ROWS = [
    row
    for task in TASK_TYPES
    for row in tomllib.loads(
        resources.files("learning.seeding").joinpath(f"{task}.toml").read_text("utf-8")
    )["prompt"]
]
SAMPLES = {  # answers to those whose check is a form or a list of points
    "READY": "READY",
    "a-b-c-d-e": "a-b-c-d-e",
    r"blue\s*\n\s*red\s*\n\s*yellow": "blue\nred\nyellow",
    "2026-03-07": "2026-03-07",
    r"\[10; 8; 6; 4; 2\]": "[10; 8; 6; 4; 2]",
    "b[a-z]+ i[a-z]* r[a-z]+ d[a-z]+": "birds in rainy deserts",
}


def right(row: dict[str, object]) -> str:
    """Return an answer that is right by the table."""
    if "whole" in row:
        return SAMPLES[str(row["whole"])]
    if "json" in row:
        return str(row["json"])
    if isinstance(points := row.get("points"), list):
        return "This is so: " + " with ".join(point[0] for point in points)
    known = ("number", "letter", "exact", "prints")
    said = next((row[key] for key in known if key in row), None)
    if said is None:
        assert isinstance(row["one_of"], list)
        said = row["one_of"][0]
    return f"Let me see. It takes 3 steps.\n\nAnswer: {said}"


@pytest.mark.parametrize(
    ("program", "prints"),
    [(row["program"], row["prints"]) for row in ROWS if "program" in row],
)
def test_programs_print_what_the_table_says(program: str, prints: str) -> None:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(program, {"__name__": "program"})
    assert shown.getvalue() == f"{prints}\n"


@pytest.mark.parametrize(("prompt", "row"), list(zip(PROMPTS, ROWS, strict=True)))
def test_the_right_answer_gets_full_marks(prompt: SeedPrompt, row: dict[str, object]) -> None:
    assert prompt.score(right(row)) == 1.0
    assert prompt.score(f"{prompt.text}\n\n{right(row)}") == 1.0


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_question_is_no_answer(prompt: SeedPrompt) -> None:
    text = prompt.text
    for echo in (
        text,
        prompt.asked,
        prompt.asked.upper(),
        f"{text}\n{prompt.asked}",
        text[5:],
        f"Answer: {text}",
        " ".join(text.split()[-12:]),
        text.splitlines()[-1][3:],
        prompt.check.instruction,
    ):
        assert prompt.score(echo) == 0.0, echo


def test_no_answer_is_right_twice_too_often() -> None:
    """Somebody who always says the same gets next to nothing."""
    for same in ("Answer: A", "Answer: B", "Answer: C", "Answer: 2", "Answer: 42", "I do not know"):
        assert sum(prompt.score(same) for prompt in PROMPTS) < 0.1 * len(PROMPTS), same


def test_one_text_with_every_answer_gets_next_to_nothing() -> None:
    everything = "\n".join(right(row) for row in ROWS)
    values = ", ".join(right(row).splitlines()[-1].removeprefix("Answer: ") for row in ROWS)
    for text in (everything, values, values.replace(", ", "\n"), f"Answer: {values}"):
        assert sum(prompt.score(text) for prompt in PROMPTS) <= 1.0


def test_there_are_enough_of_every_kind() -> None:
    assert 100 <= len(PROMPTS) <= 200
    assert len({prompt.key for prompt in PROMPTS}) == len(PROMPTS)
    kinds = Counter((prompt.task_type, prompt.difficulty) for prompt in PROMPTS)
    assert min(kinds[task, difficulty] for task in TASK_TYPES for difficulty in DIFFICULTIES) >= 6


def test_a_few_prompts_are_of_all_kinds_and_always_the_same() -> None:
    few = picked(PROMPTS, 12)
    assert Counter((p.task_type, p.difficulty) for p in few) == {
        (task, difficulty): 1 for task in TASK_TYPES for difficulty in DIFFICULTIES
    }
    assert picked(PROMPTS, 30)[:12] == few
    assert sorted(p.key for p in picked(PROMPTS, 999)) == sorted(p.key for p in PROMPTS)
    assert picked(PROMPTS, 0) == ()
    with pytest.raises(ValueError, match="-1 prompts"):
        picked(PROMPTS, -1)
