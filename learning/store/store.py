"""The store itself: an engine, and one way to open a transaction.

Decides nothing. ``Store.begin`` is the only place that commits; it runs every
transaction as a role that row-level security binds, with the workspace and the
readable audiences set for that transaction alone.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psycopg
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from learning.lexemes import LexemeHasher
from learning.scope import WORKSPACE, Audience, Scope
from learning.store import schema, tables
from learning.store.address import url_of
from learning.store.cipher import Cipher
from learning.store.errors import StoreUnavailable
from learning.store.types import CIPHER_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

EVERYONE = "*"
_SEPARATOR = "\x1f"
_KEYS_REMEMBERED = 256

SEARCH_PATH = f"-csearch_path={tables.SCHEMA},public,extensions"
"""Where names are looked up; ``extensions`` is where Supabase keeps pgvector."""

_ENTER = text(
    "SELECT set_config('role', :role, true), "
    "set_config('mynah.workspace_id', :workspace_id, true), "
    "set_config('mynah.audiences', :audiences, true)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One open transaction, bound to a workspace and to what it may read.

    Attributes:
        connection: SQLAlchemy's connection, for the repositories.
        workspace_id: every row read and written belongs to it.
        audiences: what may be read; ``None`` means all, for background work.
        hasher: turns this workspace's words into hashes.
    """

    connection: AsyncConnection
    workspace_id: str
    audiences: tuple[Audience, ...] | None
    hasher: LexemeHasher
    key: bytes

    async def driver_connection(self) -> psycopg.AsyncConnection[Any]:
        """Return the psycopg connection under this transaction, for the queue to join it."""
        raw = await self.connection.get_raw_connection()
        driver = raw.driver_connection
        if not isinstance(driver, psycopg.AsyncConnection):
            raise TypeError(f"the store runs on psycopg, not on {type(driver).__name__}")
        return driver

    def digest(self, *parts: str) -> bytes:
        """Return a keyed digest: equal for equal text, meaningless without the key."""
        return hmac.digest(self.key, _SEPARATOR.join(parts).encode(), "sha256")


class Store:
    """PostgreSQL behind one door.

    Args:
        conninfo: a libpq connection string; ``address.conninfo_of`` makes one.
        cipher: the keyring for encrypted columns.
        pool_size: connections kept open.
    """

    def __init__(self, conninfo: str, cipher: Cipher, *, pool_size: int = 8) -> None:
        self.conninfo = conninfo
        self._cipher = cipher
        self._keys: OrderedDict[str, tuple[LexemeHasher, bytes]] = OrderedDict()
        self._engine = create_async_engine(
            url_of(conninfo),
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=30,
            connect_args={"options": SEARCH_PATH},
        )
        setattr(self._engine.dialect, CIPHER_ATTRIBUTE, cipher)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def ping(self) -> None:
        """Make one round trip.

        Raises:
            StoreUnavailable: if the database does not answer.
        """
        try:
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (OperationalError, OSError) as error:
            raise unreachable(error) from error

    @asynccontextmanager
    async def begin(
        self, workspace_id: str, audiences: Sequence[Audience] | None = (WORKSPACE,)
    ) -> AsyncIterator[Unit]:
        """Open a transaction; commit when the block ends, roll back when it raises.

        Args:
            workspace_id: whose rows are visible.
            audiences: which of them; ``None`` for all of the workspace's, which
                is for background work and for a person's own export and erasure.
        """
        hasher, key = await self._key_of(workspace_id)
        async with self._engine.begin() as connection:
            await self._enter(connection, workspace_id, audiences)
            yield Unit(
                connection,
                workspace_id,
                None if audiences is None else tuple(audiences),
                hasher,
                key,
            )

    def begin_in(self, scope: Scope) -> Any:  # noqa: ANN401 - the context manager of begin
        """Open a transaction that sees what a reply in this scope may draw on."""
        return self.begin(scope.workspace_id, scope.readable())

    async def _enter(
        self, connection: AsyncConnection, workspace_id: str, audiences: Sequence[Audience] | None
    ) -> None:
        names = EVERYONE if audiences is None else _joined(audiences)
        await connection.execute(
            _ENTER, {"role": tables.ROLE, "workspace_id": workspace_id, "audiences": names}
        )

    async def _key_of(self, workspace_id: str) -> tuple[LexemeHasher, bytes]:
        """Return the workspace's hasher and key, making the workspace at first sight."""
        if (known := self._keys.get(workspace_id)) is not None:
            self._keys.move_to_end(workspace_id)
            return known
        table = schema.workspaces
        async with self._engine.begin() as connection:
            await self._enter(connection, workspace_id, ())
            await connection.execute(
                upsert(table)
                .values(workspace_id=workspace_id, lexeme_key=Cipher.new_key())
                .on_conflict_do_nothing()
            )
            key = (await connection.execute(select(table.c.lexeme_key))).scalar_one().encode()
        self._keys[workspace_id] = (LexemeHasher(key), key)
        if len(self._keys) > _KEYS_REMEMBERED:
            self._keys.popitem(last=False)
        return self._keys[workspace_id]

    async def vacuum(self) -> None:
        """Clear deleted rows out of the tables' files, where that is allowed.

        What was deleted is sealed and unreachable already; this takes away the
        sealed bytes too. A managed database does it in its own time.
        """
        async with self._engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables.metadata.sorted_tables:
                if table.info["person"].column or table.info["person"].parent:
                    await plain.exec_driver_sql(f"VACUUM {table.fullname}")

    def connect(self) -> AsyncConnection:
        """Return a bare connection, for notifications; rows are reached through ``begin``."""
        return self._engine.connect()

    async def workspace_ids(self) -> list[str]:
        """Return every workspace, for background work."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT workspace_id FROM mynah.all_workspaces()"))
            return [row[0] for row in rows]

    async def check_key(self) -> None:
        """Make sure that the keyring opens this store.

        Raises:
            StoreUnavailable: if it was made with another key.
        """
        table = schema.store_facts
        async with self._engine.begin() as connection:
            # Two processes may start at once: the second makes sure of the first's key.
            await connection.execute(
                upsert(table).values(name="key_probe", value="open").on_conflict_do_nothing()
            )
            probe = select(table.c.value).where(table.c.name == "key_probe")
            (await connection.execute(probe)).scalar_one()


def _joined(audiences: Sequence[Audience]) -> str:
    names = [str(audience) for audience in audiences]
    # An id with the separator in it would be read as a further audience.
    if odd := [name for name in names if _SEPARATOR in name]:
        raise ValueError(f"{odd[0]!r} is no audience: its id contains a control character")
    return _SEPARATOR.join(names)


def unreachable(error: BaseException) -> StoreUnavailable:
    """Return what to tell a person when the database does not answer; never the URL's password."""
    cause = getattr(error, "orig", error)
    first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return StoreUnavailable(
        f"the database cannot be reached ({first}): check MYNAH_DATABASE_URL, "
        "or unset it to use the embedded server"
    )
