"""The names that our buttons, menus and dialogs carry to Discord and bring back.

Decides them once, for what draws a button and for what reads a press of it: a version, what the
press asks for, what it is about, what else it says, and a mark of whoever drew it. Names of a
version that we do not speak are of nobody's. Refuses to know what any of it looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

MOST: Final = 100
"""Characters that Discord takes for a ``custom_id``."""
VERSION: Final = "1"
OURS: Final = "mynah"

UP: Final = "up"
"""👍 under an answer. What this one and the next nine are about is the interaction."""
DOWN: Final = "down"
WHY: Final = "why"
CORRECT: Final = "correct"
REGENERATE: Final = "again"
"""What this one and the next say else is the thread of the answer, ``Target.thread_id``."""
ANOTHER: Final = "another"
"""A menu of roles to ask instead: its values are their names."""
FORGET: Final = "forget"
"""Asks whether it is meant; ``FORGET_SURELY`` does it."""
FORGET_SURELY: Final = "forgotten"
SAY_WHY: Final = "saywhy"
"""Asks for the dialog that asks why an answer is not good."""
CHOOSE: Final = "choose"
"""One of the readings; what else it says is the reading's id."""
RUN: Final = "run"
"""Any button that stands for a command; what else it says is the line: "forget 3f2a"."""
ASK: Final = "ask"
"""The same, after a dialog that asks for words: they follow the line."""

WORDED: Final = "say"
"""The dialog of such a button; what else it says is the line. There is room for eighty characters
of it and a short mark, with the words of three letters."""
CORRECTED: Final = "corrected"
"""The dialog in which somebody writes what the answer should have been."""
REASON: Final = "reason"
"""The dialog that asks why an answer was not good."""
STARRED: Final = "starred"
"""The dialog in which somebody gives an answer stars; it may say the guild of the answer."""

TEXT: Final = "text"
"""``custom_id`` of what is written in a dialog; the next three are of reasons to pick from, of
what would have been right, and of stars."""
REASONS: Final = "reasons"
RIGHT: Final = "right"
RATING: Final = "rating"


@dataclass(frozen=True, slots=True)
class Name:
    """What a ``custom_id`` says.

    Attributes:
        does: what the press asks for, one of the words above.
        interaction_id: what it is about, if that is an answer.
        says: what else it says: a reading's id, a command.
        mark: of whoever drew it, for finding it again; the press does not mind it.
    """

    does: str
    interaction_id: UUID | None = None
    says: str = ""
    mark: str = ""


def custom_id(
    does: str, interaction_id: UUID | None = None, says: str = "", *, mark: str = ""
) -> str:
    """Return the ``custom_id`` of something that can be pressed or submitted.

    The mark makes two of them differ that ask for the same, as Discord wants within a message.

    Raises:
        ValueError: if it would be too long, or could not be read again.
    """
    about = interaction_id.hex if interaction_id else ""
    made = f"{OURS}:{VERSION}:{does}:{about}:{mark}:{says}"
    if len(made) > MOST:
        raise ValueError(f"a custom_id has {len(made)} characters and at most {MOST} fit")
    if not _FORM.fullmatch(made):
        raise ValueError(f"{does!r} and {mark!r} are no words of a custom_id")
    return made


def read(made: str) -> Name | None:
    """Return what a ``custom_id`` says; nothing if it is not of this version, or not ours."""
    found = _FORM.fullmatch(made)
    if found is None:
        return None
    about = found["about"]
    return Name(found["does"], UUID(about) if about else None, found["says"], found["mark"])


_FORM: Final = re.compile(
    rf"{OURS}:{VERSION}:(?P<does>[a-z_]+):(?P<about>[0-9a-f]{{32}}|):(?P<mark>[\w.-]*):(?P<says>.*)"
)
