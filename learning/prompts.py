"""What a person may want to ask next.

Decides which of their goals and threads are worth a question, how it reads, and what is offered
to somebody of whom nothing is known. Refuses to know where they are and what else is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST: Final = 4
MOST_CHARS: Final = 75
"""What a button takes."""
MOST_GOALS: Final = 2
"""A person with many goals still finds their last thread again."""
MOST_TOPICS: Final = 2
LEAST_TOPIC: Final = 8
"""Characters; "hi" is no topic."""

NEXT_STEP: Final = "What is my next step to {}?"
CAME_OF: Final = "What came of “{}”?"
FIRST: Final = (
    "What can you do for me?",
    "Solve x^2 - 5x + 6 = 0 step by step",
    "Which questions can you answer from what you have read?",
    "Compare two ways to design an API",
)
"""For newcomers: each shows something that can be done here."""


def suggested(goals: Sequence[str], topics: Sequence[str]) -> tuple[str, ...]:
    """Return up to ``MOST`` questions, the likeliest first, each said once.

    Args:
        goals: what the person wants to get done, latest first: "build a REST API".
        topics: how their latest threads began, latest first.
    """
    steps = (_fitted(NEXT_STEP, goal) for goal in goals)
    threads = (_fitted(CAME_OF, topic) for topic in topics if len(topic.strip()) >= LEAST_TOPIC)
    found = [*_some(steps, MOST_GOALS), *_some(threads, MOST_TOPICS), *FIRST]
    return tuple(_some(found, MOST))


def _some(prompts: Iterable[str], most: int) -> Iterator[str]:
    seen: set[str] = set()
    for prompt in prompts:
        if len(seen) == most:
            return
        if prompt and prompt.casefold() not in seen:
            seen.add(prompt.casefold())
            yield prompt


def _fitted(frame: str, words: str) -> str:
    """Return the frame with the words in it, cut at a word's end where they are too long."""
    said = " ".join(words.split()).rstrip("?.!… ")
    room = MOST_CHARS - len(frame.format(""))
    if len(said) > room:
        said = f"{said[: room - 1].rpartition(' ')[0] or said[: room - 1]}…"
    return frame.format(said) if said else ""
