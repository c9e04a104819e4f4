"""Reads a set of prompts with every arm's score, and shuffles it into a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from learning.routing.contract import Option
from learning.routing.topics import FOUND_AFTER, Topics, context_of
from learning.task_types import classify

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from learning.routing.contract import Context, Floats
    from learning.task_types import TaskType

_DECLARED: Final[dict[str, tuple[TaskType, ...]]] = {
    "math": ("maths",),
    "code": ("code", "architecture"),
    "general": ("general",),
}
"""What the set calls a strength, and the task types that it is one for."""
_SPECIALIST: Final = 0.85
_OTHERWISE: Final = 0.5
_EMBEDDER: Final = "minilm"


@dataclass(frozen=True, slots=True)
class PromptSet:
    """Prompts and what every arm would get for them.

    Attributes:
        probabilities: of the task types, one mapping a prompt.
        vectors: shape ``(prompts, width)``; ``None`` if the set has none.
        scores: shape ``(prompts, arms)``, in [0, 1].
        costs: the same shape, in dollars; zeros if the set has none.
    """

    name: str
    texts: list[str]
    probabilities: list[dict[TaskType, float]]
    vectors: NDArray[np.float32] | None
    options: list[Option]
    scores: Floats
    costs: Floats
    strengths: dict[str, dict[TaskType, float]]

    def contexts(self, order: list[int], warm: int) -> list[Context]:
        """Return the contexts of prompts that come in this order.

        As in the product, topics are found once there are enough embeddings, and prompts
        before that have none. Prompts that are evaluated first are embedded before that.
        """
        topics, found_at = None, len(order)
        if self.vectors is not None and len(order) >= FOUND_AFTER:
            found_at = 0 if warm >= FOUND_AFTER else FOUND_AFTER
            topics = Topics.find(list(self.vectors[order[: max(warm, FOUND_AFTER)]]), _EMBEDDER)
        return [
            context_of(
                self.texts[number],
                self.probabilities[number],
                None if self.vectors is None else self.vectors[number],
                topics if step >= found_at else None,
                _EMBEDDER,
            )
            for step, number in enumerate(order)
        ]


def read(path: Path) -> PromptSet:
    """Read ``NAME.jsonl``, and ``NAME.minilm.npy`` and ``NAME.json`` if they are beside it."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    about_file = path.with_suffix(".json")
    about = json.loads(about_file.read_text("utf-8")) if about_file.exists() else {}
    arms = about.get("arms") or list(rows[0]["scores"])
    vectors_file = path.with_suffix(".minilm.npy")
    return PromptSet(
        about.get("name", path.stem),
        [row["prompt"] for row in rows],
        [dict(classify(row["prompt"]).probabilities) for row in rows],
        np.load(vectors_file).astype(np.float32) if vectors_file.exists() else None,
        [Option(arm) for arm in arms],
        np.array([[float(row["scores"][arm]) for arm in arms] for row in rows]),
        np.array([[float((row.get("cost") or {}).get(arm, 0.0)) for arm in arms] for row in rows]),
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

    contexts: list[Context]
    options: list[Option]
    """The arms in an order of this stream's own; columns below stay in the set's order."""
    scores: Floats
    costs: Floats
    votes: Floats
    answered: np.ndarray
    """Whether the choice at each step gets feedback."""


def shuffled(
    prompts: PromptSet,
    seed: int,
    *,
    feedback: float,
    flip: float,
    binary: bool,
    shift: bool,
    warm: int,
) -> Stream:
    """Return a stream.

    Args:
        prompts: the set.
        seed: of the shuffle and of all noise.
        feedback: share of choices that people respond to.
        flip: share of responses that say the opposite.
        binary: whether a response is 1 with the score as its probability, else 0.
        shift: whether every arm becomes another one half-way.
        warm: how many prompts are evaluated first.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(prompts.texts))
    scores, costs = prompts.scores[order], prompts.costs[order]
    arms = scores.shape[1]
    if shift and arms > 1:
        others = _derangement(arms, rng)
        half = len(order) // 2
        scores[half:], costs[half:] = scores[half:][:, others], costs[half:][:, others]
    votes = (rng.random(scores.shape) < scores).astype(float) if binary else scores.copy()
    flipped = rng.random(len(order)) < flip
    votes[flipped] = 1.0 - votes[flipped]
    answered = rng.random(len(order)) < feedback
    # Ties go to whoever comes first: no policy may gain by the order in which a set names its arms.
    # Drawn apart, so that the prompts of a seed stay those that they were.
    ordered = np.random.default_rng((seed, 1)).permutation(arms)
    return Stream(
        prompts.contexts(order.tolist(), warm),
        [prompts.options[at] for at in ordered],
        scores,
        costs,
        votes,
        answered,
    )


def _derangement(size: int, rng: np.random.Generator) -> np.ndarray:
    while True:
        found = rng.permutation(size)
        if not (found == np.arange(size)).any():
            return found
