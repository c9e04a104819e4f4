"""Databases for tests: one server a run, a migrated template, and clones of it.

With ``MYNAH_TEST_DATABASE_URL`` set, that server is used (its user must be allowed to create
databases); otherwise the embedded one, which all processes of a run share.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bot.queue import schema_sql
from learning.store.address import conninfo_of
from learning.store.embedded import EmbeddedPostgres
from learning.store.errors import StoreUnavailable
from learning.store.flock import FileLock
from learning.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAIT_S = 120.0
ADDRESS_VARIABLE = "MYNAH_TEST_DATABASE_URL"


class Server:
    """The database server of a test run; the last process of the run that leaves ends it.

    Not in pytest's own temporary folder: pytest closes that to other users at each run, and as
    root the server runs as another user.

    Args:
        run: names the run; the same for all of its processes.
    """

    def __init__(self, run: str) -> None:
        name = hashlib.sha256(run.encode()).hexdigest()[:10]
        self._folder = Path(tempfile.gettempdir()) / f"mynah-tests-{os.geteuid()}"
        self._home = self._folder / name
        self._template = f"mynah_template_{name}"
        # Held by whoever starts or ends a server, of any run; and by the users of this run's.
        self._change = FileLock(self._folder / "change")
        self._use = FileLock(self._home.with_suffix(".use"))
        self._given = os.environ.get(ADDRESS_VARIABLE, "")
        self._embedded = EmbeddedPostgres(self._home, deadline_s=_WAIT_S)
        self.conninfo = ""
        """How to reach the server's maintenance database."""

    @property
    def data(self) -> Path | None:
        """Return the folder of the server's files, if they are on this machine."""
        return None if self._given else self._home / "postgres"

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o711, exist_ok=True)
        with self._changing():
            assert self._use.acquire(shared=True, timeout_s=_WAIT_S)
            self._clear_away()
            try:
                self.conninfo = conninfo_of(self._given) if self._given else self._start()
                self._make_template()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._changing():
            self._leave()

    @contextmanager
    def clone(self) -> Iterator[str]:
        """Make a migrated database of its own; yield its connection string and drop it."""
        name = f"mynah_test_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, self._template)
        try:
            yield make_conninfo(self.conninfo, dbname=name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Make a database with nothing in it; yield its connection string and drop it."""
        name = f"mynah_test_{uuid4().hex[:12]}"
        self._run("CREATE DATABASE {}", name)
        try:
            yield make_conninfo(self.conninfo, dbname=name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _start(self) -> str:
        conninfo = self._embedded.start()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            # Nobody needs a test's data after a power cut.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        return conninfo

    def _make_template(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            found = connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", (self._template,)
            )
            if found.rowcount:
                return
        # Renamed when it is whole, so that one that was cut short is never taken for it.
        half = f"{self._template}_new"
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", half)
        self._run("CREATE DATABASE {}", half)
        migrate(make_conninfo(self.conninfo, dbname=half), schema_sql())
        self._run("ALTER DATABASE {} RENAME TO {}", half, self._template)

    def _leave(self) -> None:
        last = self._use.alone()
        try:
            if last and self._given and self.conninfo:
                self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._template)
            self._embedded.stop()
            if last:
                _remove(self._home)
        finally:
            self._use.release()

    def _clear_away(self) -> None:
        """End the servers of runs that were killed and could not do it themselves."""
        for path in self._folder.glob("*.use"):
            lock = FileLock(path)
            if lock.acquire():
                home = path.with_suffix("")
                if (home / "postgres" / "postmaster.pid").exists():
                    # What cannot be started does not run either.
                    with suppress(StoreUnavailable), EmbeddedPostgres(home):
                        pass
                _remove(home)
                lock.release()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        assert self._change.acquire(timeout_s=_WAIT_S), "another run's process hangs"
        try:
            yield
        finally:
            self._change.release()

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _remove(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.with_suffix(".use").unlink(missing_ok=True)
