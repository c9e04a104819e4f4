"""What people ask for by buttons, menus, dialogs, shortcuts and commands in Slack.

Decides what each of them says, and how it goes through the front door. Refuses to know
how Slack tells it (``actions``) and what is done about it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from integrations.contracts.incoming import (
    IncomingChoice,
    IncomingCorrection,
    IncomingMessage,
    IncomingReaction,
    IncomingReason,
    Reason,
    clean,
)
from integrations.surfaces.slack.reading.payload import Ignored, Origin

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.delivery import Button
    from learning.roles import RoleName


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed something, where, and how they can be answered.

    Attributes:
        origin: ``thread_id`` is empty for a command in a channel: those are in no thread.
        ref: "CHANNEL:TS" of the message it was pressed on; empty if on none.
        trigger_id: opens a dialog, within three seconds.
        response_url: takes five answers within half an hour; empty if there is none.
    """

    origin: Origin
    ref: str
    trigger_id: str
    response_url: str


@dataclass(frozen=True, slots=True)
class Rated:
    """Somebody pressed 👍 or 👎 under an answer."""

    by: Press
    interaction_id: UUID
    good: bool

    def incoming(self) -> IncomingReaction:
        """Return what goes through the front door."""
        return IncomingReaction(
            **self.by.origin.common(),
            interaction_id=self.interaction_id,
            emoji="👍" if self.good else "👎",
        )


@dataclass(frozen=True, slots=True)
class Chose:
    """Somebody chose a reading of their question."""

    by: Press
    interaction_id: UUID
    reading: str

    def incoming(self) -> IncomingChoice:
        """Return what goes through the front door."""
        return IncomingChoice(
            **self.by.origin.common(),
            thread_id=self.by.origin.thread_id,
            interaction_id=self.interaction_id,
            reading=self.reading,
        )


@dataclass(frozen=True, slots=True)
class WantsCorrection:
    """Somebody wants to write an answer better."""

    by: Press
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class WantsWhy:
    """Somebody wants to know why an answer came out as it did."""

    by: Press
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class WantsForget:
    """Somebody wants an answer forgotten; without an id, the one shown at ``by.ref``."""

    by: Press
    interaction_id: UUID | None


@dataclass(frozen=True, slots=True)
class WantsAnother:
    """Somebody wants another answer, of somebody in particular if ``role`` is set."""

    by: Press
    interaction_id: UUID
    role: RoleName | None


@dataclass(frozen=True, slots=True)
class WantsRating:
    """Somebody wants to rate the answer at ``by.ref``."""

    by: Press
    ours: bool


@dataclass(frozen=True, slots=True)
class WantsTeaching:
    """Somebody wants the message at ``by.ref`` to be learned from.

    Attributes:
        text: of the message, as Markdown.
        author: its writer's id; empty if it is an app's.
        ours: whether it is one of our answers.
    """

    by: Press
    text: str
    author: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """Somebody wrote what an answer should have been; ``block_id`` is where they wrote it."""

    by: Press
    interaction_id: UUID
    text: str
    block_id: str

    def incoming(self) -> IncomingCorrection:
        """Return what goes through the front door.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingCorrection(
            **self.by.origin.common(), interaction_id=self.interaction_id, text=self.text
        )


@dataclass(frozen=True, slots=True)
class WantsReason:
    """Somebody wants to say why an answer was not good."""

    by: Press
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class Reasoned:
    """Somebody said why an answer was not good: in words, by picking reasons, or not at all.

    ``right`` is what they wrote as the right answer, if they did.
    """

    by: Press
    interaction_id: UUID
    text: str
    picked: tuple[str, ...]
    right: str = ""

    def incoming(self) -> IncomingReason | None:
        """Return what goes through the front door; nothing if they did not say."""
        picked = tuple(each for each in get_args(Reason) if each in self.picked)
        if not picked and not clean(self.text):
            return None
        return IncomingReason(
            **self.by.origin.common(),
            interaction_id=self.interaction_id,
            picked=picked,
            text=self.text,
        )

    def correction(self) -> IncomingCorrection | None:
        """Return the right answer as it goes through the front door, if they wrote one."""
        if not clean(self.right):
            return None
        common = self.by.origin.common()
        common["event_id"] = f"right:{common['event_id']}"[:200]
        return IncomingCorrection(**common, interaction_id=self.interaction_id, text=self.right)


@dataclass(frozen=True, slots=True)
class Starred:
    """Somebody gave an answer one to five stars."""

    by: Press
    interaction_id: UUID
    stars: int

    def incoming(self) -> IncomingReaction:
        """Return what goes through the front door: the digit on a key, as people react with it."""
        return IncomingReaction(
            **self.by.origin.common(),
            interaction_id=self.interaction_id,
            emoji=f"{self.stars}\ufe0f\u20e3",
        )


@dataclass(frozen=True, slots=True)
class Commanded:
    """Somebody gave a command, typed or by a button: "forget 3f2a". Never empty."""

    by: Press
    line: str


@dataclass(frozen=True, slots=True)
class WantsWording:
    """Somebody pressed a button that asks for words before it gives its command."""

    by: Press
    button: Button


@dataclass(frozen=True, slots=True)
class Worded:
    """Somebody wrote what such a button asked for; ``block_id`` is where they wrote it."""

    by: Press
    line: str
    text: str
    block_id: str


@dataclass(frozen=True, slots=True)
class TurnedPage:
    """Somebody wants to see another page of their tab."""

    by: Press
    page: int


@dataclass(frozen=True, slots=True)
class WantsRewriting:
    """Somebody wants to put right one thing that is known of them, by its ``item`` id."""

    by: Press
    item: str


@dataclass(frozen=True, slots=True)
class Rewrote:
    """Somebody put right what is known of them; ``block_id`` is where they wrote it."""

    by: Press
    item: str
    text: str
    block_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked a question by a command. Slack shows nobody what they typed."""

    by: Press
    text: str

    def incoming(self, thread_id: str, message_ref: str) -> IncomingMessage:
        """Return what goes through the front door.

        Args:
            thread_id: of the thread in which the question is shown.
            message_ref: "CHANNEL:TS" of the message that shows it.

        Raises:
            ValueError: if the text is empty or too long; its message is for the person.
        """
        return IncomingMessage(
            **self.by.origin.common(), thread_id=thread_id, message_ref=message_ref, text=self.text
        )


Intent = (
    Rated
    | Chose
    | WantsCorrection
    | WantsWhy
    | WantsForget
    | WantsAnother
    | WantsRating
    | WantsTeaching
    | Corrected
    | Reasoned
    | WantsReason
    | Starred
    | Commanded
    | TurnedPage
    | WantsWording
    | Worded
    | WantsRewriting
    | Rewrote
    | Asked
    | Ignored
)


def metadata(by: Press, interaction_id: UUID | None, line: str = "") -> str:
    """Return what a dialog keeps of where it was opened, as its ``private_metadata``.

    Args:
        by: the press that opens it.
        interaction_id: the answer that it is about, if it is about one.
        line: the command that it gives, if it gives one.
    """
    origin = by.origin
    about = {"line": line} if interaction_id is None else {"interaction": str(interaction_id)}
    return json.dumps(
        {
            **about,
            "channel": origin.channel_id,
            "thread": origin.thread_id,
            "ref": by.ref,
        }
    )
