"""The store itself: an engine, and one way to open a transaction.

Decides nothing. ``Store.begin`` is the only place that commits; it runs every
transaction as a role that row-level security binds, with the workspace and the
readable audiences set for that transaction alone. A workspace can be erased while
any number of processes know it: each transaction is told which one it is in.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

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
from learning.store.errors import StoreUnavailable, WorkspaceErased
from learning.store.types import CIPHER_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import datetime

EVERYONE = "*"
_SEPARATOR = "\x1f"
_KEYS_REMEMBERED = 256

SEARCH_PATH = f"-csearch_path={tables.SCHEMA},public,extensions"
"""Where names are looked up; ``extensions`` is where Supabase keeps pgvector."""

# Every transaction begins with it: by the driver alone it costs a third.
_ENTER: Final = "SELECT mynah.enter(%s, %s, %s, %s)"

_SEEN: ContextVar[dict[str, datetime] | None] = ContextVar("workspaces_seen", default=None)
"""When the workspaces were made that the running job has been in; none outside of a job."""


@contextmanager
def staying() -> Iterator[None]:
    """Let no workspace be made within the block, nor one that is made anew be taken for the old.

    For jobs: what one knows of a workspace that is erased meanwhile must not be written again.
    """
    if _SEEN.get() is not None:
        yield
        return
    token = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(token)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a process remembers of a workspace; another one of the same name was made later."""

    made: datetime
    hasher: LexemeHasher
    key: bytes


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
        return await _driver(self.connection)

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
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._engine = create_async_engine(
            url_of(conninfo),
            pool_size=pool_size,
            max_overflow=4,
            pool_timeout=30,
            pool_use_lifo=True,  # those used last know the statements already
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
        self,
        workspace_id: str,
        audiences: Sequence[Audience] | None = (WORKSPACE,),
        *,
        alone: bool = False,
    ) -> AsyncIterator[Unit]:
        """Open a transaction; commit when the block ends, roll back when it raises.

        Args:
            workspace_id: whose rows are visible.
            audiences: which of them; ``None`` for all of the workspace's, which
                is for background work and for a person's own export and erasure.
            alone: wait for the other transactions of the workspace, for seconds at most,
                and let none begin before this one ends.

        Raises:
            WorkspaceErased: within ``staying``, if the workspace is not there (any more).
        """
        while True:
            known = await self._know(workspace_id)
            async with self._engine.begin() as connection:
                # What this process knows may be of a workspace that another one erased.
                if await self._enter(connection, workspace_id, audiences, alone) == known.made:
                    _stay(workspace_id, known.made)
                    yield Unit(
                        connection,
                        workspace_id,
                        None if audiences is None else tuple(audiences),
                        known.hasher,
                        known.key,
                    )
                    return
            self._known.pop(workspace_id, None)

    def begin_in(self, scope: Scope) -> Any:  # noqa: ANN401 - the context manager of begin
        """Open a transaction that sees what a reply in this scope may draw on."""
        return self.begin(scope.workspace_id, scope.readable())

    async def _enter(
        self,
        connection: AsyncConnection,
        workspace_id: str,
        audiences: Sequence[Audience] | None,
        alone: bool = False,
    ) -> datetime | None:
        """Bind a transaction to a workspace; return when that was made, if it is there."""
        names = EVERYONE if audiences is None else _joined(audiences)
        driver = await _driver(connection)
        try:
            entered = await driver.execute(_ENTER, (tables.ROLE, workspace_id, names, alone))
        except psycopg.OperationalError:
            if driver.closed:
                # Heard of by SQLAlchemy, it lets go of the other connections to a dead server too.
                await connection.execute(text("SELECT 1"))
            raise
        (made,) = await entered.fetchone() or (None,)
        return made

    async def _know(self, workspace_id: str) -> _Known:
        """Return the workspace's hasher and key, making the workspace at first sight."""
        if (known := self._known.get(workspace_id)) is not None:
            self._known.move_to_end(workspace_id)
            return known
        table = schema.workspaces
        async with self._engine.begin() as connection:
            if await self._enter(connection, workspace_id, ()) is None:
                if _SEEN.get() is not None:
                    raise WorkspaceErased
                await connection.execute(
                    upsert(table)
                    .values(workspace_id=workspace_id, lexeme_key=Cipher.new_key())
                    .on_conflict_do_nothing()
                )
            row = (await connection.execute(select(table.c.lexeme_key, table.c.created_at))).one()
        key = row.lexeme_key.encode()
        self._known[workspace_id] = known = _Known(row.created_at, LexemeHasher(key), key)
        if len(self._known) > _KEYS_REMEMBERED:
            self._known.popitem(last=False)
        return known

    async def vacuum(self, *, everything: bool = False) -> None:
        """Clear deleted rows out of the tables' files, where that is allowed.

        What was deleted is sealed and unreachable already; this takes away the
        sealed bytes too. A managed database does it in its own time.

        Args:
            everything: also tables that hold nothing of one person's.
        """
        async with self._engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for table in tables.metadata.sorted_tables:
                of = table.info["person"]
                if everything or of.column or of.parent:
                    await plain.exec_driver_sql(f"VACUUM {table.fullname}")

    def connect(self) -> AsyncConnection:
        """Return a bare connection, for notifications; rows are reached through ``begin``."""
        return self._engine.connect()

    async def workspace_ids(self) -> list[str]:
        """Return every workspace, for background work; none that stands for no workspace."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT workspace_id FROM mynah.all_workspaces()"))
            return [row[0] for row in rows if not row[0].startswith(tables.NO_WORKSPACE)]

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


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"the store runs on psycopg, not on {type(driver).__name__}")
    return driver


def _stay(workspace_id: str, made: datetime) -> None:
    """Hold a job to the workspace that it was in first.

    Raises:
        WorkspaceErased: if this is another one.
    """
    seen = _SEEN.get()
    if seen is not None and seen.setdefault(workspace_id, made) != made:
        raise WorkspaceErased


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
