"""The set of prompts with known answers, and how a few of them are picked.

Decides what is asked and what counts as right; the questions themselves are
tables beside this file. Refuses to know who is asked, and what it costs.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from learning.seeding.checks import Choice, Covers, Exact, Json, Number, Shape, Word
from learning.seeding.statement import without
from learning.task_types import TASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from learning.seeding.checks import Check
    from learning.task_types import TaskType

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: Final[tuple[Difficulty, ...]] = get_args(Difficulty)


@dataclass(frozen=True, slots=True)
class SeedPrompt:
    """One question with a known answer.

    Attributes:
        text: the question, as a person might put it.
        task_type: which kind of task it is.
        difficulty: as judged when it was written.
        check: tells right answers from wrong ones.
    """

    text: str
    task_type: TaskType
    difficulty: Difficulty
    check: Check

    @property
    def key(self) -> str:
        """Name of the question; another when the question or its check changes."""
        return sha256(f"{self.text}\0{self.check!r}".encode()).hexdigest()[:16]

    @property
    def asked(self) -> str:
        """The question, with how to put the answer so that it can be read."""
        return f"{self.text}\n\n{self.check.instruction}".strip()

    def score(self, answer: str) -> float:
        """Return how right an answer is, in [0, 1]; repeating the question is no answer."""
        for echo in (self.asked, self.text, self.check.instruction):
            answer = without(answer, echo)
        return self.check.score(answer)


def seed_prompts() -> tuple[SeedPrompt, ...]:
    """Return all prompts, those of each task type in a row.

    Raises:
        ValueError: if a table has a prompt that cannot be checked.
    """
    folder = resources.files("learning.seeding")
    return tuple(
        _prompt(row, task_type)
        for task_type in TASK_TYPES
        for row in tomllib.loads(folder.joinpath(f"{task_type}.toml").read_text("utf-8"))["prompt"]
    )


def picked(prompts: Sequence[SeedPrompt], count: int) -> tuple[SeedPrompt, ...]:
    """Return the first prompts of a fixed order in which task types and difficulties take turns.

    Raises:
        ValueError: if the count is negative.
    """
    if count < 0:
        raise ValueError(f"{count} prompts cannot be picked; give a number from 1 on")
    groups = [
        [p for p in prompts if (p.task_type, p.difficulty) == (task_type, difficulty)]
        for difficulty in ("medium", "easy", "hard")
        for task_type in TASK_TYPES
    ]
    turns = chain.from_iterable(zip_longest(*groups))
    return tuple(prompt for prompt in turns if prompt is not None)[:count]


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any]], Check]]] = {
    "number": lambda row: Number(float(row["number"]), float(row.get("tolerance", 1e-9))),
    "one_of": lambda row: Word(tuple(row["one_of"]), tuple(row.get("wrong", ()))),
    "letter": lambda row: Choice(row["letter"]),
    "exact": lambda row: Exact(row["exact"]),
    "prints": lambda row: Exact(row["prints"]),
    "whole": lambda row: Shape(row["whole"], tuple(row.get("banned", ()))),
    "json": lambda row: Json(row["json"]),
    "points": lambda row: Covers(
        tuple(tuple(point) for point in row["points"]),
        tuple(row.get("banned", ())),
        int(row.get("most_words", 60)),
    ),
}


def _prompt(row: Mapping[str, Any], task_type: TaskType) -> SeedPrompt:
    kinds = [kind for kind in _CHECKS if kind in row]
    if len(kinds) != 1 or row.get("difficulty") not in DIFFICULTIES:
        raise ValueError(
            f"a prompt about {task_type} needs exactly one of {', '.join(_CHECKS)} and a "
            f"difficulty of {', '.join(DIFFICULTIES)}: {dict(row)}"
        )
    text = row.get("text", "").strip()
    if "program" in row:
        program = row["program"].strip()
        text = f"What does this Python program print?\n\n```python\n{program}\n```"
    return SeedPrompt(text, task_type, row["difficulty"], _CHECKS[kinds[0]](row))
