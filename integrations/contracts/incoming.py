"""What comes in from a surface: messages, edits, reactions, reasons, corrections, choices, stops.

Decides what counts as readable text. An event is checked here, once; behind this
door nobody needs to ask whether a text is empty or a name too long.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from learning.roles import RoleName

MAX_TEXT = 40_000
"""Longest message taken, in characters: Slack's own limit, the largest of the platforms."""
MOST_FILES = 10
"""Files with one message: Slack's and Discord's own limit."""


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    surface: str = Field(min_length=1, max_length=32)
    workspace_id: str = Field(min_length=1, max_length=200)
    event_id: str = Field(min_length=1, max_length=200)
    """Unique per surface and workspace; a second event with the same id is a repeat."""
    user_id: str = Field(min_length=1, max_length=200)
    channel_id: str = Field(min_length=1, max_length=200)
    private: bool
    """Whether the person who wrote is the only one who can read the reply."""
    occurred_at: AwareDatetime


class IncomingFile(BaseModel):
    """A file that came with a message; it is fetched when it is read, not before.

    Attributes:
        media_type: as the platform tells it; not to be believed.
        size: bytes, 0 if not known.
        ref: what the surface needs to fetch it; means nothing to anybody else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=300)
    media_type: str = Field(default="", max_length=100)
    size: int = Field(default=0, ge=0)
    ref: str = Field(max_length=2_000)


class IncomingMessage(_Event):
    """Somebody said something to Mynah, or sent it files without a word."""

    kind: Literal["message"] = "message"
    thread_id: str = Field(default="main", min_length=1, max_length=200)
    text: str
    message_ref: str = Field(default="", max_length=200)
    """The platform's id of this message, for edits, deletions and replies."""
    again: UUID | None = None
    """The answer that somebody wants another one for, in the same thread; ``text`` is then
    that answer's question."""
    role: RoleName | None = None
    """Who is to answer, if somebody in particular is asked."""
    files: tuple[IncomingFile, ...] = Field(default=(), max_length=MOST_FILES)

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, values: object) -> object:
        if not isinstance(values, dict) or not isinstance(values.get("text"), str):
            return values
        text = clean(values["text"]) if values.get("files") else readable(values["text"])
        return values | {"text": readable(text) if text else ""}


class IncomingReaction(_Event):
    """Somebody reacted to one of our messages, or took a reaction back."""

    kind: Literal["reaction"] = "reaction"
    interaction_id: UUID
    emoji: str = Field(min_length=1, max_length=64)
    """The emoji itself or its short name, without colons; skin tones allowed."""
    removed: bool = False


class IncomingCorrection(_Event):
    """Somebody wrote what the answer should have been."""

    kind: Literal["correction"] = "correction"
    interaction_id: UUID
    text: str

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        return readable(text)


class IncomingEdit(_Event):
    """Somebody rewrote a message that may have been a question of theirs."""

    kind: Literal["edit"] = "edit"
    message_ref: str = Field(min_length=1, max_length=200)
    text: str
    """Empty where nothing but files is left of the message."""

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        return readable(text) if clean(text) else ""


Reason = Literal[
    "wrong", "outdated", "misunderstood", "too_long", "too_short", "unclear", "off_tone", "other"
]
"""Why an answer was not good, to pick from."""


class IncomingReason(_Event):
    """Somebody said why an answer was not good: by picking reasons, in words, or both."""

    kind: Literal["reason"] = "reason"
    interaction_id: UUID
    picked: tuple[Reason, ...] = Field(default=(), max_length=8)
    text: str = Field(default="", max_length=3_000)

    @field_validator("text")
    @classmethod
    def _clean(cls, text: str) -> str:
        return clean(text)


class IncomingChoice(_Event):
    """Somebody chose one of the readings of a question of theirs."""

    kind: Literal["choice"] = "choice"
    thread_id: str = Field(default="main", min_length=1, max_length=200)
    interaction_id: UUID
    """The question that could be read in several ways."""
    reading: str = Field(min_length=1, max_length=8)
    """The reading's id."""


class IncomingSignal(_Event):
    """Somebody did something with an answer that says what they think of it."""

    kind: Literal["signal"] = "signal"
    interaction_id: UUID
    signal: Literal["copied"]


class IncomingStop(_Event):
    """Somebody pressed stop on a running answer."""

    kind: Literal["stop"] = "stop"
    interaction_id: UUID


Incoming = Annotated[
    IncomingMessage
    | IncomingReaction
    | IncomingCorrection
    | IncomingEdit
    | IncomingReason
    | IncomingChoice
    | IncomingSignal
    | IncomingStop,
    Field(discriminator="kind"),
]


def clean(text: str) -> str:
    """Return the text without control and zero-width characters, NFC-normalised and stripped.

    Newlines and tabs stay; so do joiners inside words and emoji, and
    right-to-left marks, because scripts need them.
    """
    kept = "".join(
        ch
        for ch in text.replace("\r\n", "\n").replace("\r", "\n")
        if ch in "\n\t" or (unicodedata.category(ch) not in {"Cc", "Cs"} and ch not in _INVISIBLE)
    )
    kept = unicodedata.normalize("NFC", kept).strip()
    return kept if any(unicodedata.category(ch)[0] not in {"C", "Z"} for ch in kept) else ""


def readable(text: str) -> str:
    """Return the cleaned text.

    Raises:
        ValueError: if nothing is left of it, or too much.
    """
    cleaned = clean(text)
    if not cleaned:
        raise ValueError("the message is empty: write a question")
    if len(cleaned) > MAX_TEXT:
        raise ValueError(
            f"the message has {len(cleaned):,} characters and at most {MAX_TEXT:,} fit: "
            "shorten it, or put it in a file and ingest that"
        )
    return cleaned


_INVISIBLE = frozenset(
    "\u200b\u2060\ufeff\u00ad\u180e\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Zero-width space, word joiner, BOM, soft hyphen, and the bidi overrides that disguise text."""
