"""Who asks, and who will be able to read the reply.

Decides which audiences a reply may draw on. Refuses to know how a platform
represents channels or direct messages; surfaces translate that before it gets
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

AudienceKind = Literal["workspace", "channel", "user"]


@dataclass(frozen=True, slots=True, order=True)
class Audience:
    """Everyone who may read a row: the workspace, one channel, or one person."""

    kind: AudienceKind
    id: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "workspace") != (self.id == ""):
            raise ValueError(
                f"audience {self.kind!r} with id {self.id!r}: only channels and users have ids"
            )

    def __str__(self) -> str:
        return self.kind if self.kind == "workspace" else f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read back what ``str()`` wrote.

        Raises:
            ValueError: if the text is not an audience.
        """
        kind, _, id_ = text.partition(":")
        if kind not in {"workspace", "channel", "user"}:
            raise ValueError(
                f"{text!r} is not an audience; expected workspace, channel:ID or user:ID"
            )
        return cls(kind, id_)  # type: ignore[arg-type]


WORKSPACE = Audience("workspace")


def channel(id_: str) -> Audience:
    """Return the audience of one channel."""
    return Audience("channel", id_)


def person(id_: str) -> Audience:
    """Return the audience of one person."""
    return Audience("user", id_)


@dataclass(frozen=True, slots=True)
class Scope:
    """The workspace, the person asking, and the audience of the reply."""

    workspace_id: str
    user_id: str
    audience: Audience
    member_of: frozenset[str] = frozenset()
    """Channels the person is known to belong to; used only for private replies."""
    outsiders: bool = False
    """Whether somebody who is not of the workspace reads along."""

    def readable(self) -> tuple[Audience, ...]:
        """Return the audiences a reply in this scope may draw on.

        A reply may use only what *everyone who can read it* may read: in a
        channel that is the workspace and the channel itself, never a direct
        message; in private it is also what the person and their channels hold.
        What the workspace holds is for its own people: where outsiders read along
        it stays out.
        """
        shared = () if self.outsiders else (WORKSPACE,)
        if self.audience.kind == "workspace":
            return shared
        if self.audience.kind == "channel":
            return (*shared, self.audience)
        return (*shared, self.audience, *(channel(c) for c in sorted(self.member_of)))


def may_tell(own: Audience, reply: Audience, *, outsiders: bool = False) -> bool:
    """Return whether something a person said of themselves may stand in a reply to them.

    In private all of it may; elsewhere only what everybody who reads along may read, and what
    was said to the workspace is not for outsiders.
    """
    return reply.kind == "user" or own == reply or (own == WORKSPACE and not outsiders)


def intersect(audiences: Iterable[Audience]) -> Audience | None:
    """Return the audience of a fact derived from several sources, or ``None``.

    ``None`` means that nobody is known to be allowed to read all sources, so
    the fact must not be derived. Two different channels have an intersection,
    but no name for it, so they count as none.
    """
    narrowest = WORKSPACE
    for audience in audiences:
        if audience.kind == "workspace" or audience == narrowest:
            continue
        if narrowest.kind == "workspace" or (
            narrowest.kind == "channel" and audience.kind == "user"
        ):
            narrowest = audience
        elif not (narrowest.kind == "user" and audience.kind == "channel"):
            return None
    return narrowest
