"""The surface port: where people talk to Mynah, and how replies reach them.

A surface translates its platform's events into ``Incoming`` and asks the
``Host`` for everything else. What it delivers is idempotent by ``Delivery.key``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from integrations.contracts.delivery import Delivery, Standing, Target
    from integrations.contracts.host import Host
    from integrations.contracts.incoming import IncomingFile


class Live(Protocol):
    """A reply while it is being written. Losing it loses nothing: ``deliver`` follows."""

    async def status(self, text: str) -> None:
        """Show what is going on ("looking through 3 sources")."""

    async def append(self, text: str) -> None:
        """Show some more of the answer."""

    async def restart(self) -> None:
        """Take back what was shown: another model starts over."""


class FileUnavailable(Exception):  # noqa: N818 - it is the file that is unavailable
    """A file cannot be had; the message says why, to the person who sent it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere that Mynah can speak first.

    Attributes:
        channel_id: as in ``Target``, as is ``thread_id``.
        private: whether only the person reads it.
        label: what people call it: "#dev", "your direct messages".
    """

    channel_id: str
    thread_id: str
    private: bool
    label: str


class NoSuchSpot(Exception):  # noqa: N818 - it is the spot that is missing
    """Somewhere cannot be spoken; the message says why and what to do, to who wanted it."""


Presence = Literal["there", "away", "gone"]
"""Whether somebody can be spoken to first: ``away`` wants no notifications now (or nobody can
tell that they do), ``gone`` was deactivated or left."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a surface can do; the turn adapts to it."""

    streaming: bool
    max_chars: int
    keeps: bool = False
    """Whether the platform keeps what it was given: it is restated and withdrawn there then."""


class Surface(Protocol):
    """One place where people talk to Mynah."""

    @property
    def name(self) -> str:
        """Short and fixed: "web", "console", "slack", "discord"."""

    @property
    def capabilities(self) -> Capabilities:
        """What this surface can do."""

    async def start(self, host: Host) -> None:
        """Begin to listen; hand every event to ``host.accept``."""

    async def stop(self) -> None:
        """Stop listening. Nothing accepted may be lost by it."""

    def live(self, target: Target) -> AbstractAsyncContextManager[Live]:
        """Open a reply that can be watched while it is written."""

    async def deliver(self, delivery: Delivery) -> str:
        """Show the reply once; return the platform's reference to it.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """

    # What follows has an answer for surfaces that show a transcript of their own and keep no
    # copy of it. A platform that does keep one says more.

    async def abandon(self, target: Target) -> None:
        """Take away what was shown of a reply that will not come: its question is gone.

        Never fails; what cannot be taken away stays.
        """
        del target

    async def restate(self, delivery: Delivery, standing: Standing) -> None:
        """Show beside a reply, at ``delivery.ref``, what became of it; once more changes nothing.

        Raises:
            DeliveryFailure: if it cannot be shown now, or ever.
        """
        del delivery, standing

    async def withdraw(self, workspace_id: str, ref: str) -> None:
        """Take a reply away from where it was shown; one that is gone already stays so.

        Raises:
            DeliveryFailure: if it cannot be taken away now, or ever.
        """
        del workspace_id, ref

    async def outsiders(self, target: Target) -> bool:
        """Tell whether somebody who is not of the workspace reads along.

        Guests and people of other organisations are outsiders. Who cannot be told counts as one.
        """
        del target
        return False

    async def fetch(self, workspace_id: str, file: IncomingFile) -> bytes:
        """Return what a file holds that came with a message.

        Raises:
            FileUnavailable: if it cannot be had, or is larger than it may be.
        """
        del workspace_id
        raise FileUnavailable(f"{file.name} cannot be fetched here")

    async def spot(self, workspace_id: str, user_id: str, name: str) -> Spot:
        """Return where something can be said on a person's behalf, or to them.

        Args:
            workspace_id: where.
            user_id: on whose behalf. A channel must be open to them and to us.
            name: a channel as people or the platform write it ("#dev", its id, its mention);
                empty for the person's own direct messages.

        Raises:
            NoSuchSpot: if there is none, or it is not for them, or not for us.
            DeliveryFailure: if it cannot be told now.
        """
        del workspace_id, user_id, name
        raise NoSuchSpot("nothing can be said here before somebody asks")

    async def presence(self, workspace_id: str, user_id: str) -> Presence:
        """Tell whether somebody can be spoken to first.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        del workspace_id, user_id
        return "there"

    async def zone(self, workspace_id: str, user_id: str) -> str:
        """Return the name of somebody's time zone, "Europe/Berlin"; empty if nobody knows.

        Never fails; it is asked for every message that speaks of a time.
        """
        del workspace_id, user_id
        return ""

    async def holds(self, workspace_id: str) -> bool:
        """Tell whether the platform still lets us into a workspace.

        Raises:
            DeliveryFailure: if it cannot be told now.
        """
        del workspace_id
        return True


class DeliveryFailure(Exception):  # noqa: N818 - the field's word for this outcome is failure
    """A reply could not be shown. ``final`` means that trying again is useless."""

    def __init__(
        self, message: str, *, final: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.final = final
        self.retry_after_s = retry_after_s
