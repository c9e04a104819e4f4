"""What people are told on every platform, in the same words.

Decides no more than the words. What names a platform's own commands stands with that platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKEN_IN: Final = "Thank you. That stands beside the answer now."
"""It promises no learning: that may take more than one yes."""
CORRECTED: Final = "Thank you. Your answer takes the place of mine."
STARRED: Final = "Thank you. Your stars count."
ASKING_WHY: Final = "Noted. Would you tell me why it was not good?"
HOW_TO_RATE: Final = "React to an answer of mine with 👍 or 👎, or press one under it."
NO_ANSWER: Final = "That is none of my answers, or I no longer have it."
WRONG: Final = "Something went wrong on my side. Try it once more in a moment."

REASONS: Final[Mapping[str, str]] = {
    "wrong": "It is wrong",
    "outdated": "It is out of date",
    "misunderstood": "It is not what I meant",
    "too_long": "Too long",
    "too_short": "Too short",
    "unclear": "Hard to understand",
    "off_tone": "The tone is off",
    "other": "Something else",
}
"""Why an answer was not good, to pick from."""
STARS: Final = ("Bad", "Weak", "All right", "Good", "Excellent")


def sentence(problem: ValueError) -> str:
    """Return what to tell a person about what they wrote."""
    if isinstance(problem, ValidationError):
        return "\n".join(e["msg"].removeprefix("Value error, ") for e in problem.errors())
    return str(problem)
