"""Reads a set of prompts with every arm's score, and shuffles it into a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.contract import Context, Option
from learning.task_types import classify

if TYPE_CHECKING:
    from pathlib import Path

    from learning.routing.contract import Floats
    from learning.task_types import TaskType

_DECLARED: Final[dict[str, tuple[TaskType, ...]]] = {
    "math": ("maths",),
    "code": ("code", "architecture"),
    "general": ("general",),
}
"""What the set calls a strength, and the task types that it is one for."""
_SPECIALIST: Final = 0.85
_OTHERWISE: Final = 0.5


@dataclass(frozen=True, slots=True)
class PromptSet:
    """Prompts and what every arm would get for them.

    Attributes:
        scores: shape ``(prompts, arms)``, in [0, 1].
        costs: the same shape, in dollars; zeros if the set has none.
    """

    name: str
    contexts: list[Context]
    options: list[Option]
    scores: Floats
    costs: Floats
    strengths: dict[str, dict[TaskType, float]]


def read(path: Path) -> PromptSet:
    """Read ``NAME.jsonl``, and ``NAME.minilm.npy`` and ``NAME.json`` if they are beside it."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    about_file = path.with_suffix(".json")
    about = json.loads(about_file.read_text("utf-8")) if about_file.exists() else {}
    arms = about.get("arms") or list(rows[0]["scores"])
    vectors_file = path.with_suffix(".minilm.npy")
    vectors = np.load(vectors_file).astype(np.float32) if vectors_file.exists() else None
    contexts = [
        Context(
            classify(row["prompt"]).probabilities,
            None if vectors is None else vectors[number],
            "" if vectors is None else "minilm",
        )
        for number, row in enumerate(rows)
    ]
    return PromptSet(
        about.get("name", path.stem),
        contexts,
        [Option(arm) for arm in arms],
        np.array([[float(row["scores"][arm]) for arm in arms] for row in rows]),
        np.array([[float(row.get("cost", {}).get(arm, 0.0)) for arm in arms] for row in rows]),
        _strengths(arms, about.get("prior") or {}),
    )


def _strengths(arms: list[str], prior: dict[str, str]) -> dict[str, dict[TaskType, float]]:
    if not prior:
        return {}
    unknown = sorted(set(prior) - set(_DECLARED))
    if unknown:
        raise SystemExit(f"the set declares {unknown}; known are {sorted(_DECLARED)}")
    return {
        arm: {
            task: _SPECIALIST if prior.get(kind) == arm else _OTHERWISE
            for kind, tasks in _DECLARED.items()
            for task in tasks
        }
        for arm in arms
    }


@dataclass(frozen=True, slots=True)
class Stream:
    """One shuffle of a set; the same for every policy."""

    order: list[int]
    scores: Floats
    costs: Floats
    votes: Floats
    answered: np.ndarray
    """Whether the choice at each step gets feedback."""


def shuffled(
    prompts: PromptSet, seed: int, *, feedback: float, flip: float, binary: bool, shift: bool
) -> Stream:
    """Return a stream.

    Args:
        prompts: the set.
        seed: of the shuffle and of all noise.
        feedback: share of choices that people respond to.
        flip: share of responses that say the opposite.
        binary: whether a response is 1 with the score as its probability, else 0.
        shift: whether every arm becomes another one half-way.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(prompts.contexts))
    scores, costs = prompts.scores[order], prompts.costs[order]
    arms = scores.shape[1]
    if shift and arms > 1:
        others = _derangement(arms, rng)
        half = len(order) // 2
        scores[half:], costs[half:] = scores[half:][:, others], costs[half:][:, others]
    votes = (rng.random(scores.shape) < scores).astype(float) if binary else scores.copy()
    flipped = rng.random(len(order)) < flip
    votes[flipped] = 1.0 - votes[flipped]
    return Stream(order.tolist(), scores, costs, votes, rng.random(len(order)) < feedback)


def _derangement(size: int, rng: np.random.Generator) -> np.ndarray:
    while True:
        found = rng.permutation(size)
        if not (found == np.arange(size)).any():
            return found
