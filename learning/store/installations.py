"""Which workspaces let us in, with which tokens, and the secrets that installing begins with.

Decides which of two processes renews tokens. Refuses to know what a token is: it is sealed,
and handed back as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.schema import installations, oauth_states
from learning.store.tables import NO_WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from learning.store.store import Store, Unit

INSTALLING: Final = f"{NO_WORKSPACE}installing"
"""Stands for the workspace that an installation begun is for: it is not known before the end."""

_INSTALLED: Final = text("SELECT workspace_id FROM mynah.installed_workspaces(:surface)")


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation as it is kept; versions of one workspace's only grow."""

    surface: str
    body: Mapping[str, Any] = field(repr=False)
    installed_at: datetime
    version: int


class KeptTokens:
    """Reads and writes a workspace's installations within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(self, surface: str, body: Mapping[str, Any], now: datetime) -> Installed:
        """Keep an installation in the place of an earlier one."""
        statement = upsert(installations).values(
            workspace_id=self._unit.workspace_id,
            surface=surface,
            body=dict(body),
            installed_at=now,
        )
        version: int = (
            await self._db.execute(
                statement.on_conflict_do_update(
                    index_elements=["workspace_id", "surface"],
                    set_={
                        "body": statement.excluded.body,
                        "installed_at": now,
                        "version": installations.c.version + 1,
                        "claimed_until": None,
                    },
                ).returning(installations.c.version)
            )
        ).scalar_one()
        return Installed(surface, dict(body), now, version)

    async def find(self, surface: str) -> Installed | None:
        """Return the workspace's installation on a surface."""
        row = (
            await self._db.execute(select(installations).where(installations.c.surface == surface))
        ).one_or_none()
        if row is None:
            return None
        return Installed(row.surface, row.body, row.installed_at, row.version)

    async def renew(self, surface: str, version: int, body: Mapping[str, Any]) -> bool:
        """Keep renewed tokens if the installation has this version; return whether it had."""
        done = await self._db.execute(
            update(installations)
            .where(installations.c.surface == surface, installations.c.version == version)
            .values(body=dict(body), version=version + 1, claimed_until=None)
        )
        return bool(done.rowcount)

    async def claim(self, surface: str, version: int, now: datetime, until: datetime) -> bool:
        """Reserve the renewing of tokens; return whether nobody else had."""
        done = await self._db.execute(
            update(installations)
            .where(
                installations.c.surface == surface,
                installations.c.version == version,
                or_(installations.c.claimed_until.is_(None), installations.c.claimed_until <= now),
            )
            .values(claimed_until=until)
        )
        return bool(done.rowcount)


class Begun:
    """Secrets of installations that were begun, as keyed digests, within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def put(self, surface: str, secret: str, now: datetime, until: datetime) -> None:
        """Keep a secret until a time; those whose time is over go."""
        await self._db.execute(delete(oauth_states).where(oauth_states.c.expires_at <= now))
        await self._db.execute(
            upsert(oauth_states).values(
                workspace_id=self._unit.workspace_id,
                surface=surface,
                digest=self._unit.digest("state", surface, secret),
                expires_at=until,
            )
        )

    async def take(self, surface: str, secret: str, now: datetime) -> bool:
        """Tell whether a secret is kept and in time; it is gone then."""
        done = await self._db.execute(
            delete(oauth_states)
            .where(
                oauth_states.c.surface == surface,
                oauth_states.c.digest == self._unit.digest("state", surface, secret),
            )
            .returning(oauth_states.c.expires_at)
        )
        until: datetime | None = done.scalar_one_or_none()
        return until is not None and until > now


async def installed_workspaces(store: Store, surface: str) -> list[str]:
    """Return the workspaces of a surface that let us in, first come first."""
    async with store.connect() as connection:
        rows = await connection.execute(_INSTALLED, {"surface": surface})
        return [row[0] for row in rows]
