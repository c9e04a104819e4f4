"""Keeps which workspaces let us in, for the surfaces: their tokens are sealed in the store.

Sequence only; the port is ``integrations.contracts.installations``.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from integrations.contracts.installations import Installation, Installations
from learning.store.errors import WorkspaceErased
from learning.store.installations import INSTALLING, Begun, KeptTokens, installed_workspaces
from learning.store.store import staying

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.clock import Clock
    from learning.store.installations import Installed
    from learning.store.store import Store

_SECRET_BYTES = 32


class KeptInstallations(Installations):
    """Keeps installations in the store.

    Args:
        store: where they are.
        clock: tells the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def save(self, surface: str, workspace_id: str, body: Mapping[str, Any]) -> Installation:
        """Keep an installation in the place of an earlier one of the workspace."""
        async with self._store.begin(workspace_id, None) as unit:
            kept = await KeptTokens(unit).put(surface, body, self._clock())
        return _of(workspace_id, kept)

    async def find(self, surface: str, workspace_id: str) -> Installation | None:
        """Return a workspace's installation, if we were let in."""
        # Asking for a workspace does not make one.
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(workspace_id, None) as unit:
                kept = await KeptTokens(unit).find(surface)
            return None if kept is None else _of(workspace_id, kept)
        return None

    async def all(self, surface: str) -> Sequence[str]:
        """Return the workspaces of a surface that let us in."""
        return await installed_workspaces(self._store, surface)

    async def renew(self, installation: Installation, body: Mapping[str, Any]) -> bool:
        """Keep renewed tokens, unless the installation changed since it was read."""
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(installation.workspace_id, None) as unit:
                kept = KeptTokens(unit)
                return await kept.renew(installation.surface, installation.version, body)
        return False

    async def claim(self, installation: Installation, seconds: float) -> bool:
        """Reserve the renewing of tokens; who dies over it loses the claim in its time."""
        now = self._clock()
        until = now + timedelta(seconds=seconds)
        with staying(), suppress(WorkspaceErased):
            async with self._store.begin(installation.workspace_id, None) as unit:
                kept = KeptTokens(unit)
                return await kept.claim(installation.surface, installation.version, now, until)
        return False

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Let nothing in the block make a workspace; what is for one that is gone is let be."""
        with staying(), suppress(WorkspaceErased):
            yield

    async def issue_state(self, surface: str, seconds: float) -> str:
        """Return a secret that shows, when it comes back, that we began an installation."""
        secret, now = secrets.token_urlsafe(_SECRET_BYTES), self._clock()
        async with self._store.begin(INSTALLING, None) as unit:
            await Begun(unit).put(surface, secret, now, now + timedelta(seconds=seconds))
        return secret

    async def consume_state(self, surface: str, state: str) -> bool:
        """Tell whether a secret is one of ours, not used before and in time; it is used now."""
        async with self._store.begin(INSTALLING, None) as unit:
            return await Begun(unit).take(surface, state, self._clock())


def _of(workspace_id: str, kept: Installed) -> Installation:
    return Installation(kept.surface, workspace_id, kept.body, kept.installed_at, kept.version)
