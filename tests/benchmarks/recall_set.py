"""Conversations with questions, read from a file of the shape ``recall/NAME.json``.

``{"name", "conversations": [{"id", "messages": [{"id", "speaker", "time", "text"}],
"questions": [{"text", "evidence": [message id…]}]}]}``
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ASKER = "user"
"""Who asks; the speaker "user" is that person."""
MYNAH = "mynah"
"""What Mynah calls itself; the speaker "assistant" is Mynah."""

_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=1)
_FORMATS = (
    "%I:%M %p on %d %B, %Y",
    "%B-%d-%Y",
    "%Y/%m/%d (%a) %H:%M",
    "%Y/%m/%d %H:%M",
    "%d %B %Y",
    "%B %d, %Y",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message; ``who`` is the id of the person, as Mynah knows it."""

    id: str
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the ids of the messages that answer it."""

    text: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One scope."""

    id: str
    messages: tuple[Said, ...]
    questions: tuple[Question, ...]

    @property
    def ends(self) -> datetime:
        """When it is asked about: as the last message was said."""
        return self.messages[-1].at


def read(path: Path, most: int | None = None) -> tuple[str, list[Conversation]]:
    """Return the name of a set and its conversations, the first ``most`` of them."""
    data = json.loads(path.read_text("utf-8"))
    return data["name"], [_conversation(each) for each in data["conversations"][:most]]


def _conversation(data: dict[str, Any]) -> Conversation:
    at = _first_time(data["messages"])
    messages = []
    for raw in data["messages"]:
        # Many messages carry no time of their own: they were said after the one before.
        at = _time(raw["time"]) or at + _STEP
        messages.append(Said(raw["id"], _who(raw["speaker"]), at, raw["text"]))
    questions = [Question(q["text"], frozenset(q["evidence"])) for q in data["questions"]]
    return Conversation(data["id"], tuple(messages), tuple(q for q in questions if q.evidence))


def _who(speaker: str) -> str:
    return MYNAH if speaker == "assistant" else speaker


def _first_time(messages: list[dict[str, Any]]) -> datetime:
    return next((found for raw in messages if (found := _time(raw["time"]))), _UNDATED)


def _time(written: str | None) -> datetime | None:
    """Return the time in UTC, or ``None`` where none is given or it cannot be read."""
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(written.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
