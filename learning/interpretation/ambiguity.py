"""Decides whether a request could mean several things, so that asking may be worth it.

Precision first: to be asked needlessly annoys more than a fair guess. So a text is
ambiguous only if all of it is a known verb and a bare noun, or a bare topic; whatever is
not read that way is not. Refuses to know the readings, and what a person knows to be meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from learning.interpretation.intents import intents
from learning.interpretation.request import read
from learning.routing.wishes import wishes

if TYPE_CHECKING:
    from learning.interpretation.request import Request
    from learning.task_types import TaskEstimate

AMBIGUOUS: Final = 0.5
"""From here on readings are made."""

_VERB_AND_TOPIC: Final = 0.9
_TOPIC_ALONE: Final = 0.8
_UNKNOWN_NOUN: Final = 0.6
_WITH_ARTICLE: Final = 0.05
"""What an article takes off: whoever writes it out has often said all they want to."""
_IN_THREAD: Final = 0.15
"""What earlier messages take off: they may say what is meant."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """How open a request is.

    Attributes:
        score: in [0, 1].
        reason: one sentence for a person.
    """

    score: float
    reason: str

    @property
    def open(self) -> bool:
        """Whether readings are worth making."""
        return self.score >= AMBIGUOUS


def ambiguous(text: str, *, task: TaskEstimate, history: int, known_answer: bool) -> Ambiguity:
    """Return how open a request is.

    Args:
        text: the message.
        task: what kind of task it is taken to be.
        history: earlier messages of the thread.
        known_answer: whether a well-rated answer to the same question is known.
    """
    request = None if known_answer else read(text)
    if request is None:
        return Ambiguity(
            0.0,
            "A rated answer to the same question is known."
            if known_answer
            else "It is not a bare verb and noun, nor a bare topic.",
        )
    settled = _settled(text, request, task, history)
    if settled:
        return Ambiguity(0.0, settled)
    score = _score(request) - _WITH_ARTICLE * request.article - _IN_THREAD * bool(history)
    return Ambiguity(
        score, f"“{request.noun}” can be wanted in several ways, and no detail says which."
    )


def _score(request: Request) -> float:
    if request.topic is None:
        return _UNKNOWN_NOUN
    return _VERB_AND_TOPIC if request.verb else _TOPIC_ALONE


def _settled(text: str, request: Request, task: TaskEstimate, history: int) -> str:
    """Return why a short request is clear all the same; empty if it is not."""
    topic, noun = request.topic, request.noun
    technical = request.verb in intents().technical or task.type in {"code", "architecture"}
    reasons = (
        (task.type == "maths", "It is mathematics, which says what it means."),
        (bool(wishes(text)), "It says how the answer before should look."),
        (topic is None and not technical, f"What “{noun}” may mean is not known."),
        (topic is None and history > 0, f"The thread may say what “{noun}” is."),
        (
            topic is not None and not topic.alone and not request.verb,
            f"“{noun}” alone asks for nothing in particular.",
        ),
        (
            topic is not None and topic.leans and history > 0,
            f"“{noun}” is about what the thread is about.",
        ),
    )
    return next((reason for holds, reason in reasons if holds), "")
