"""The port to where it is kept which workspaces let us in, and with which tokens.

A platform's adapter knows what a token is; whoever keeps it knows only that it is secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace that let us in.

    Attributes:
        surface: the platform, as the surface calls itself.
        workspace_id: the id that our data is kept under.
        body: tokens and ids as the platform gave them, JSON; sealed wherever it is kept.
        installed_at: when we were let in, or in again.
        version: counts every change, the renewing of tokens too.
    """

    surface: str
    workspace_id: str
    body: Mapping[str, Any] = field(repr=False)
    installed_at: datetime
    version: int


class Installations(Protocol):
    """Keeps installations, for every process."""

    async def save(self, surface: str, workspace_id: str, body: Mapping[str, Any]) -> Installation:
        """Keep an installation in the place of an earlier one of the workspace."""

    async def find(self, surface: str, workspace_id: str) -> Installation | None:
        """Return a workspace's installation, if we were let in."""

    async def all(self, surface: str) -> Sequence[str]:
        """Return the workspaces of a surface that let us in."""

    async def renew(self, installation: Installation, body: Mapping[str, Any]) -> bool:
        """Keep renewed tokens, unless the installation changed since it was read.

        Returns:
            Whether they are kept; if not, ``find`` knows newer ones.
        """

    async def claim(self, installation: Installation, seconds: float) -> bool:
        """Reserve the renewing of tokens, which a platform may let us do only once.

        Returns:
            Whether this process is to do it; if not, another one does, or did already.
        """

    def staying(self) -> AbstractContextManager[None, bool | None]:
        """Let nothing within the block make a workspace: each of them let us in before.

        What is done there for one that was erased meanwhile ends, and the block with it.
        """

    async def issue_state(self, surface: str, seconds: float) -> str:
        """Return a secret that shows, when it comes back, that we began an installation."""

    async def consume_state(self, surface: str, state: str) -> bool:
        """Tell whether a secret is one of ours, not used before and in time; it is used now."""
