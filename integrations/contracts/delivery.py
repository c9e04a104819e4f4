"""A reply on its way to where it is shown: what it says, where it goes, how its turn ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from learning.interpretation.contract import Reading
    from learning.recollection import Place


class Outcome(StrEnum):
    """How a turn ended. Every turn ends in exactly one of these."""

    ANSWERED = "answered"
    FELL_BACK = "fell_back"  # answered, but not by the first choice
    DECLINED = "declined"  # no expert knows; the reply says how to go on
    FAILED = "failed"  # every model failed; the reply says why
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    OVER_BUDGET = "over_budget"
    ASKED = "asked"  # the question can be read in several ways; the reply asks which
    ACTED = "acted"  # something was done, or proposed; no expert was asked


@dataclass(frozen=True, slots=True)
class Citation:
    """A source behind an answer. ``mark`` is the number in the text, as in ``[1]``."""

    mark: int
    label: str
    """What to show: ``retry/handler.py:12-40``, or "your answer of 3 May"."""
    quote: str
    """The cited text, shortened."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reply goes."""

    surface: str
    workspace_id: str
    channel_id: str
    thread_id: str
    user_id: str
    conversation_id: UUID
    interaction_id: UUID | None
    private: bool
    title: str = ""
    """What the thread is called; everybody who reads the reply may read it."""
    message_ref: str = ""
    """Where the question is on the platform, if it came as a message; of one that asks for
    another answer, or says which reading was meant, where what it goes back to is."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a reply: it gives a command in the name of whoever presses.

    Attributes:
        label: what stands on it, at most 40 characters.
        line: the command line, at most 80 characters.
        style: how it looks.
        asks: what to ask for before, in a dialog with one long field; what is written there
            follows the line after a space. Empty where nothing is asked.
        filled: what stands in that field at first, at most 3,000 characters.
    """

    label: str
    line: str
    style: Literal["plain", "primary", "danger"] = "plain"
    asks: str = ""
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be shown with words: ``alt`` says what is to be seen on it."""

    name: str
    """A file name: "habits.png"."""
    png: bytes = field(repr=False)
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reply to be shown once.

    ``key`` names it for ever: delivering the same key again must leave one
    message, not two. ``ref`` is what an earlier attempt returned, if one did.
    """

    key: str
    target: Target
    text: str
    """Markdown."""
    citations: tuple[Citation, ...] = ()
    outcome: Outcome = Outcome.ANSWERED
    role: str = ""
    model: str = ""
    ref: str | None = None
    readings: tuple[Reading, ...] = ()
    """What else the question could have meant, to choose from with one tap. With the outcome
    ``ASKED`` the text is ``numbered(readings)``: a surface with buttons shows ``ASKING`` and
    one button a reading."""
    read_as: str = ""
    """The id of the reading that was taken without asking."""
    buttons: tuple[Button, ...] = ()
    """What can be pressed, at most ten. Once there is nothing left to press, the reply is
    restated without them."""
    below: str = ""
    """Markdown that stands in the thread below the reply, where a platform has such: the detail
    of a headline. Elsewhere it follows the text."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of an answer since it was shown.

    Attributes:
        up: how many people found it good.
        down: how many did not.
        corrected: whether somebody put another answer in its place.
    """

    up: int = 0
    down: int = 0
    corrected: bool = False
